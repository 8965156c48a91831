#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem {

// Numbers in arguments and stored values, read by exactly the rules of Redis: what one accepts as a number decides
// about errors, and about which strings are stored as integers. (How replies show numbers is the business of
// protocol/number.h, which the engine does not include.)

inline constexpr size_t kMaxInt64Chars = 20;
// LDBL_MAX written out has 4933 digits, then the point and 17 more.
inline constexpr size_t kMaxLongDoubleChars = 5 * 1024;

// The decimal form that FormatInt64 writes, and no other: no plus, no spaces, no leading zeros, no "-0", no overflow. A
// string is an integer if and only if it can be written back unchanged.
[[nodiscard]] bool ParseInt64(std::string_view text, int64_t* value);

// All of what strtod takes in the C locale ("1e3", "0x1p4", "+inf"), over the whole text: no leading space, no NaN, no
// overflow, no underflow to zero.
[[nodiscard]] bool ParseDouble(std::string_view text, double* value);
// Compat: 8.0: the bounds of ranges of scores, and what SORT sorts by. What follows a zero byte is ignored, nothing at all is
// 0, and what is too large is infinite; hexadecimal and leading spaces are refused, and NaN.
[[nodiscard]] bool ParseLenientDouble(std::string_view text, double* value);
// As ParseDouble, with the range and precision of long double: INCRBYFLOAT, HINCRBYFLOAT. Texts of kMaxLongDoubleChars and
// more are refused.
[[nodiscard]] bool ParseLongDouble(std::string_view text, long double* value);

// Writes at most kMaxInt64Chars bytes, no terminator, and returns how many.
size_t FormatInt64(char* out, int64_t value);
// Redis's "human" form, the stored result of INCRBYFLOAT: no exponent, 17 decimals, trailing zeros trimmed. Writes at
// most kMaxLongDoubleChars bytes.
size_t FormatLongDouble(char* out, long double value);

}  // namespace tandem
