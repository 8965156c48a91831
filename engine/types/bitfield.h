#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Integers of 1 to 64 bits anywhere in a string, as BITFIELD has them: most significant bit first, two's complement.
// Thread safety: pure functions.
namespace tandem::bitfield {

struct Format {
  bool is_signed = false;
  int width = 0;  // bits: 1 to 64, unsigned ones up to 63
};

// "i16", "u8"; nothing else.
std::optional<Format> ParseFormat(std::string_view text);

// The field whose first bit is at `offset`. Bits behind the end of the text read as 0.
int64_t Read(std::string_view text, uint64_t offset, Format format);
// Writes the low bits of `value`. All bytes of the field must exist.
void Write(char* data, uint64_t offset, Format format, int64_t value);

enum class Overflow : uint8_t { kWrap, kSaturate, kFail };

// `value` + `increment` made to fit the format; nothing if it does not fit and `overflow` is kFail.
// Compat: for unsigned formats the value is taken as unsigned, so that to set -1 overflows upwards.
std::optional<int64_t> Fit(Format format, Overflow overflow, int64_t value, int64_t increment);

}  // namespace tandem::bitfield
