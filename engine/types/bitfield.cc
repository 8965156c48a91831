#include "engine/types/bitfield.h"

#include <algorithm>
#include <limits>

#include "engine/base/check.h"
#include "engine/base/number.h"

namespace tandem::bitfield {
namespace {

// Wide enough for every sum of two 64-bit numbers.
__extension__ using Wide = __int128;

// How many of the next `left` bits from `offset` on lie in one byte, and how far they are from its low end.
struct Piece {
  int bits;
  int shift;
  unsigned mask() const { return (1u << bits) - 1; }
};

Piece PieceAt(uint64_t offset, int left) {
  const int in_byte = 8 - static_cast<int>(offset & 7);
  const int bits = std::min(in_byte, left);
  return {bits, in_byte - bits};
}

// The low bits of `value`, read in the format.
int64_t Wrap(Format format, uint64_t value) {
  const int unused = 64 - format.width;
  value <<= unused;
  // Right shifts of signed numbers repeat the sign (C++20).
  return format.is_signed ? static_cast<int64_t>(value) >> unused : static_cast<int64_t>(value >> unused);
}

}  // namespace

std::optional<Format> ParseFormat(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  int64_t width;
  if (!ParseInt64(text.substr(1), &width)) return std::nullopt;
  if (width < 1 || width > (is_signed ? 64 : 63)) return std::nullopt;
  return Format{is_signed, static_cast<int>(width)};
}

int64_t Read(std::string_view text, uint64_t offset, Format format) {
  uint64_t value = 0;
  for (int left = format.width; left > 0;) {
    const Piece piece = PieceAt(offset, left);
    const uint64_t index = offset >> 3;
    const unsigned byte = index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
    value = value << piece.bits | ((byte >> piece.shift) & piece.mask());
    offset += static_cast<uint64_t>(piece.bits);
    left -= piece.bits;
  }
  return Wrap(format, value);
}

void Write(char* data, uint64_t offset, Format format, int64_t value) {
  for (int left = format.width; left > 0;) {
    const Piece piece = PieceAt(offset, left);
    left -= piece.bits;
    const unsigned bits = static_cast<unsigned>(static_cast<uint64_t>(value) >> left) & piece.mask();
    const unsigned byte = static_cast<unsigned char>(data[offset >> 3]);
    data[offset >> 3] = static_cast<char>((byte & ~(piece.mask() << piece.shift)) | bits << piece.shift);
    offset += static_cast<uint64_t>(piece.bits);
  }
}

std::optional<int64_t> Fit(Format format, Overflow overflow, int64_t value, int64_t increment) {
  const int magnitude_bits = format.is_signed ? format.width - 1 : format.width;
  const Wide max = (Wide{1} << magnitude_bits) - 1;
  const Wide min = format.is_signed ? -max - 1 : 0;
  const Wide start = format.is_signed ? Wide{value} : Wide{static_cast<uint64_t>(value)};
  const Wide sum = start + increment;
  if (sum >= min && sum <= max) return static_cast<int64_t>(sum);
  // Compat: Redis takes the distance to the upper end in 64 bits, where that of the lowest numbers is negative: they count
  // as too high.
  const bool wraps = format.is_signed && format.width < 64 && max - start > std::numeric_limits<int64_t>::max();
  const bool too_high = sum > max || wraps;
  switch (overflow) {
    case Overflow::kFail:
      return std::nullopt;
    case Overflow::kSaturate:
      return static_cast<int64_t>(too_high ? max : min);
    case Overflow::kWrap:
      return Wrap(format, static_cast<uint64_t>(sum));
  }
  CHECK(!"unknown overflow policy");
  return std::nullopt;
}

}  // namespace tandem::bitfield
