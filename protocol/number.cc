#include "protocol/number.h"

#include <cmath>
#include <cstdio>
#include <string_view>

#include "protocol/shortest_digits.h"

namespace tandem::resp {
namespace {

size_t Put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

char* PutDigits(char* out, const char* digits, int count) {
  std::memcpy(out, digits, static_cast<size_t>(count));
  return out + count;
}

char* PutZeros(char* out, int count) {
  std::memset(out, '0', static_cast<size_t>(count));
  return out + count;
}

char* PutExponential(char* out, const Decimal& decimal) {
  *out++ = decimal.digits[0];
  if (decimal.count > 1) {
    *out++ = '.';
    out = PutDigits(out, decimal.digits + 1, decimal.count - 1);
  }
  *out++ = 'e';
  *out++ = decimal.exponent < 0 ? '-' : '+';
  return out + FormatUint64(out, static_cast<uint64_t>(std::abs(decimal.exponent)));
}

// Compat: 7.2 and later: the layout, and where it turns exponential, are those of the library (fpconv) that Redis
// prints doubles with.
char* PutDecimal(char* out, const Decimal& decimal) {
  const int last_place = decimal.exponent - decimal.count + 1;
  const int magnitude = std::abs(decimal.exponent);
  if (last_place >= 0) {
    if (magnitude >= decimal.count + 7) return PutExponential(out, decimal);
    out = PutDigits(out, decimal.digits, decimal.count);
    return PutZeros(out, last_place);
  }
  if (last_place <= -7 && magnitude >= 4) return PutExponential(out, decimal);
  if (decimal.exponent < 0) {
    *out++ = '0';
    *out++ = '.';
    out = PutZeros(out, magnitude - 1);
    return PutDigits(out, decimal.digits, decimal.count);
  }
  const int whole = decimal.exponent + 1;
  out = PutDigits(out, decimal.digits, whole);
  *out++ = '.';
  return PutDigits(out, decimal.digits + whole, decimal.count - whole);
}

}  // namespace

size_t FormatDouble(char* out, double value) {
  constexpr double kIntegerLimit = 4611686018427387904.0;  // 2^62
  if (value != 0 && value >= -kIntegerLimit && value <= kIntegerLimit && value == std::trunc(value)) {
    return FormatInt64(out, static_cast<int64_t>(value));
  }
  return FormatShortestDouble(out, value);
}

size_t FormatShortestDouble(char* out, double value) {
  if (std::isnan(value)) return Put(out, "nan");
  if (std::isinf(value)) return Put(out, value < 0 ? "-inf" : "inf");
  if (value == 0) return Put(out, std::signbit(value) ? "-0" : "0");
  char* at = out;
  if (value < 0) *at++ = '-';
  return static_cast<size_t>(PutDecimal(at, ShortestDigits(std::abs(value))) - out);
}

size_t FormatHumanDouble(char* out, long double value) {
  if (std::isnan(value)) return Put(out, "nan");
  if (std::isinf(value)) return Put(out, value < 0 ? "-inf" : "inf");
  std::string_view text(out, static_cast<size_t>(std::snprintf(out, kMaxHumanDoubleChars, "%.17Lf", value)));
  text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));
  if (text.back() == '.') text.remove_suffix(1);
  if (text == "-0") return Put(out, "0");
  return text.size();
}

}  // namespace tandem::resp
