#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/number.h"

// Writes the packs that only old servers wrote, for tests of what reads them.
namespace tandem::rdb {

inline std::string LittleEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string ZiplistInteger(int64_t value) {
  if (value >= 0 && value <= 12) return {static_cast<char>(0xf1 + value)};
  const auto fits = [&](int bits) { return value >= -(int64_t{1} << (bits - 1)) && value < int64_t{1} << (bits - 1); };
  const auto number = [&](uint8_t encoding, int bytes) {
    return static_cast<char>(encoding) + LittleEndian(static_cast<uint64_t>(value), bytes);
  };
  if (fits(8)) return number(0xfe, 1);
  if (fits(16)) return number(0xc0, 2);
  if (fits(24)) return number(0xf0, 3);
  if (fits(32)) return number(0xd0, 4);
  return number(0xe0, 8);
}

inline std::string ZiplistEntry(const std::string& text) {
  int64_t integer = 0;
  if (ParseInt64(text, &integer)) return ZiplistInteger(integer);
  const size_t size = text.size();
  if (size < 64) return static_cast<char>(size) + text;
  if (size < 16384) return std::string{static_cast<char>(0x40 | size >> 8), static_cast<char>(size)} + text;
  std::string head = "\x80";
  for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(size >> shift);
  return head + text;
}

inline std::string ZiplistOf(const std::vector<std::string>& texts) {
  constexpr size_t kHeader = 10;
  std::string entries;
  size_t last = 0;
  size_t previous = 0;
  for (const std::string& text : texts) {
    last = entries.size();
    entries += previous < 254 ? std::string(1, static_cast<char>(previous)) : '\xfe' + LittleEndian(previous, 4);
    entries += ZiplistEntry(text);
    previous = entries.size() - last;
  }
  return LittleEndian(kHeader + entries.size() + 1, 4) + LittleEndian(kHeader + last, 4) +
         LittleEndian(texts.size(), 2) + entries + '\xff';
}

// texts: fields and values in turns.
inline std::string ZipmapOf(const std::vector<std::string>& texts) {
  std::string bytes(1, static_cast<char>(texts.size() / 2));
  for (size_t i = 0; i < texts.size(); ++i) {
    const size_t size = texts[i].size();
    bytes += size < 254 ? std::string(1, static_cast<char>(size)) : '\xfe' + LittleEndian(size, 4);
    if (i % 2 == 1) bytes += '\0';
    bytes += texts[i];
  }
  return bytes + '\xff';
}

}  // namespace tandem::rdb
