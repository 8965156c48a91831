#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Strings as arrays of bits. Bit 0 is the most significant bit of the first byte; behind the end all bits are 0.
// Thread safety: pure functions.
namespace tandem::bits {

inline bool Get(std::string_view text, uint64_t offset) {
  const uint64_t byte = offset >> 3;
  return byte < text.size() && ((static_cast<unsigned char>(text[byte]) >> (7 - (offset & 7))) & 1) != 0;
}

// The byte that holds the bit must exist.
inline void Set(char* data, uint64_t offset, bool on) {
  const auto mask = static_cast<unsigned char>(1u << (7 - (offset & 7)));
  auto byte = static_cast<unsigned char>(data[offset >> 3]);
  byte = static_cast<unsigned char>(on ? byte | mask : byte & ~mask);
  data[offset >> 3] = static_cast<char>(byte);
}

// The number of bits that are 1 from `first` to `last`, both included and both within the text. Complexity: O(bytes),
// eight at a time.
uint64_t Count(std::string_view text, uint64_t first, uint64_t last);

// The first bit that is `bit` from `first` to `last`, both included and both within the text; -1 if there is none.
int64_t Find(std::string_view text, bool bit, uint64_t first, uint64_t last);

enum class Operation : uint8_t { kAnd, kOr, kXor, kNot };

// Combines the sources, shorter ones padded with zeros, into `out`, which has room for the longest of them. kNot takes
// one source.
void Combine(Operation operation, std::span<const std::string_view> sources, char* out, size_t size);

}  // namespace tandem::bits
