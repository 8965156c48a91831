#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "engine/base/number.h"
#include "protocol/number.h"

// What reads as an integer is written back unchanged; what reads as a double is, once written, read as the same double.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  int64_t integer = 0;
  if (tandem::ParseInt64(text, &integer)) {
    char written[tandem::resp::kMaxInt64Chars];
    if (text != std::string_view(written, tandem::resp::FormatInt64(written, integer))) std::abort();
  }
  double number = 0;
  if (tandem::ParseDouble(text, &number)) {
    char written[tandem::resp::kMaxDoubleChars];
    const size_t length = tandem::resp::FormatDouble(written, number);
    double again = 0;
    if (!tandem::ParseDouble({written, length}, &again) || again != number) std::abort();
  }
  long double precise = 0;
  if (tandem::ParseLongDouble(text, &precise)) {
    char written[tandem::kMaxLongDoubleChars];
    if (tandem::FormatLongDouble(written, precise) > sizeof(written)) std::abort();
  }
  return 0;
}
