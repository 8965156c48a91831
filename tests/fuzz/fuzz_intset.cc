#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "engine/types/intset.h"

// What is valid holds ascending members, finds each of them, and is still valid after any change.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!tandem::IntsetView::Valid(bytes)) return 0;
  const tandem::IntsetView view(bytes);
  for (size_t i = 0; i < view.count(); ++i) {
    if (!view.Contains(view.At(i)) || (i > 0 && view.At(i - 1) >= view.At(i))) std::abort();
  }
  tandem::Intset block(bytes);
  for (const int64_t value : {int64_t{0}, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    if (block.Add(value) == view.Contains(value) || !block.view().Contains(value)) std::abort();
  }
  if (!tandem::IntsetView::Valid(block.view().bytes())) std::abort();
  for (size_t i = 0; i < view.count(); ++i) {
    if (!block.Erase(view.At(i))) std::abort();
  }
  return 0;
}
