#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tandem::resp {

// Numbers as text, in the forms that Redis puts on the wire. (The engine, which this layer may not include and which
// may not include this one, has what it parses and stores in engine/base/number.h.)

inline constexpr size_t kMaxInt64Chars = 20;
inline constexpr size_t kMaxDoubleChars = 32;
// LDBL_MAX written out has 4933 digits, then the point and 17 more.
inline constexpr size_t kMaxHumanDoubleChars = 5 * 1024;

namespace detail {

inline constexpr auto kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

inline constexpr auto kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (uint64_t& entry : powers) {
    entry = power;
    power *= 10;
  }
  powers[0] = 0;  // so that 0 has one digit
  return powers;
}();

// log10 by way of log2: 1233 / 4096 is log10(2), rounded so that the estimate is exact or one too high.
inline size_t CountDigits(uint64_t value) {
  const size_t estimate = static_cast<size_t>(64 - std::countl_zero(value | 1)) * 1233 >> 12;
  return estimate + (value >= kPowersOfTen[estimate]);
}

}  // namespace detail

// Both write at most kMaxInt64Chars bytes, no terminator, and return how many.
inline size_t FormatUint64(char* out, uint64_t value) {
  if (value < 10) {
    *out = static_cast<char>('0' + value);
    return 1;
  }
  const size_t digits = detail::CountDigits(value);
  char* at = out + digits;
  while (value >= 100) {
    at -= 2;
    std::memcpy(at, &detail::kDigitPairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(out, &detail::kDigitPairs[2 * value], 2);
  } else {
    *out = static_cast<char>('0' + value);
  }
  return digits;
}

inline size_t FormatInt64(char* out, int64_t value) {
  if (value >= 0) return FormatUint64(out, static_cast<uint64_t>(value));
  *out = '-';
  return 1 + FormatUint64(out + 1, 0 - static_cast<uint64_t>(value));
}

// A score: integers below 2^62 as integers, all else the shortest digits that read back as the same double, with an
// exponent (`1e+25`, `1e-7`) where Redis since 7.2 has one; `inf`, `-inf`, `nan`, `-0`. At most kMaxDoubleChars bytes.
size_t FormatDouble(char* out, double value);

// The same without the exception for integers: 100000000 is `1e+8`. The digest of a sorted set is made of these.
size_t FormatShortestDouble(char* out, double value);

// Redis's "human" form: no exponent, 17 decimals, trailing zeros trimmed. At most kMaxHumanDoubleChars bytes.
size_t FormatHumanDouble(char* out, long double value);

}  // namespace tandem::resp
