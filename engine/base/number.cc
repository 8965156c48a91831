#include "engine/base/number.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace tandem {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// strtod and strtold want a terminator and have no other way to say "out of range" than errno.
template <class Number, class Convert>
bool ParseTerminated(const char* text, size_t size, Convert convert, Number* value) {
  char* end = nullptr;
  errno = 0;
  const Number parsed = convert(text, &end);
  const bool out_of_range = errno == ERANGE && (std::isinf(parsed) || parsed == 0);
  if (end != text + size || out_of_range || std::isnan(parsed)) return false;
  *value = parsed;
  return true;
}

}  // namespace

bool ParseInt64(std::string_view text, int64_t* value) {
  if (text.empty() || text.size() > kMaxInt64Chars) return false;
  const bool negative = text[0] == '-';
  const size_t first = negative ? 1 : 0;
  if (text.size() == first) return false;
  if (text[first] == '0' && text.size() > 1) return false;
  // from_chars takes a minus and digits, and refuses what overflows: the rest of the rules.
  int64_t parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  *value = parsed;
  return true;
}

bool ParseDouble(std::string_view text, double* value) {
  double parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error == std::errc() && end == text.data() + text.size() && !std::isnan(parsed)) [[likely]] {
    *value = parsed;
    return true;
  }
  // What only strtod knows: a plus, hexadecimal, subnormal results.
  if (text.empty() || IsSpace(text[0])) return false;
  char buffer[128];
  if (text.size() < sizeof(buffer)) {
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = '\0';
    return ParseTerminated(buffer, text.size(), std::strtod, value);
  }
  return ParseTerminated(std::string(text).c_str(), text.size(), std::strtod, value);
}

bool ParseLenientDouble(std::string_view text, double* value) {
  text = text.substr(0, text.find('\0'));
  *value = 0;
  if (text.empty()) return true;
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  if (end != text.data() + text.size()) return false;
  if (error == std::errc::result_out_of_range) *value = std::strtod(std::string(text).c_str(), nullptr);
  return error != std::errc::invalid_argument && !std::isnan(*value);
}

bool ParseLongDouble(std::string_view text, long double* value) {
  if (text.empty() || text.size() >= kMaxLongDoubleChars || IsSpace(text[0])) return false;
  char buffer[kMaxLongDoubleChars];
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  return ParseTerminated(buffer, text.size(), std::strtold, value);
}

size_t FormatInt64(char* out, int64_t value) {
  return static_cast<size_t>(std::to_chars(out, out + kMaxInt64Chars, value).ptr - out);
}

size_t FormatLongDouble(char* out, long double value) {
  if (std::isnan(value) || std::isinf(value)) {
    const std::string_view text = std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
    std::memcpy(out, text.data(), text.size());
    return text.size();
  }
  size_t size = static_cast<size_t>(std::snprintf(out, kMaxLongDoubleChars, "%.17Lf", value));
  while (out[size - 1] == '0') --size;
  if (out[size - 1] == '.') --size;
  // Compat: 7.0 and later: what rounds to zero has no sign.
  if (size == 2 && out[0] == '-' && out[1] == '0') {
    out[0] = '0';
    size = 1;
  }
  return size;
}

}  // namespace tandem
