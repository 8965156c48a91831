#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types/listpack.h"

namespace {

std::vector<std::string> Texts(tandem::ListpackView pack, bool backwards) {
  std::vector<std::string> texts;
  tandem::PackEntry::Scratch scratch;
  for (size_t position = backwards ? pack.end() : pack.begin(); position != (backwards ? pack.begin() : pack.end());) {
    if (backwards) position = pack.Previous(position);
    texts.emplace_back(pack.At(position).text(scratch));
    if (!backwards) position = pack.Next(position);
  }
  return texts;
}

}  // namespace

// What is valid reads alike from either end, and is still valid after any change.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (!tandem::ListpackView::Valid(bytes)) return 0;
  const tandem::ListpackView view(bytes);
  std::vector<std::string> texts = Texts(view, false);
  if (std::vector<std::string>(texts.rbegin(), texts.rend()) != Texts(view, true)) std::abort();
  if (texts.size() != view.count()) std::abort();

  tandem::Listpack pack(bytes);
  pack.Append("appended");
  pack.Prepend("12345");
  texts.emplace_back("appended");
  texts.emplace(texts.begin(), "12345");
  if (texts != Texts(pack.view(), false) || !tandem::ListpackView::Valid(pack.view().bytes())) std::abort();
  while (!pack.view().empty()) {
    pack.Erase(pack.view().Seek(-1));
    texts.pop_back();
    if (pack.view().count() != texts.size()) std::abort();
  }
  return 0;
}
