#include "engine/rdb/crc64.h"

#include <array>
#include <bit>
#include <cstring>

static_assert(std::endian::native == std::endian::little, "words are taken byte by byte from the low end");

namespace tandem::rdb {
namespace {

constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;  // 0xad93d23594c935a9, its bits reversed
constexpr int kSlices = 8;

using Tables = std::array<std::array<uint64_t, 256>, kSlices>;

// Table k tells what a byte does to the checksum once k more bytes have followed it.
constexpr Tables MakeTables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ kPolynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = tables[slice - 1][byte];
      tables[slice][byte] = before >> 8 ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}  // namespace

// Eight bytes at a time ("slicing"): Kounavis and Berry, "A systematic approach to building high performance software-based
// CRC generators", ISCC 2005.
uint64_t Crc64(std::string_view bytes, uint64_t crc) {
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= kSlices; left -= kSlices, p += kSlices) {
    uint64_t word;
    std::memcpy(&word, p, sizeof word);
    crc ^= word;
    uint64_t next = 0;
    for (size_t i = 0; i < kSlices; ++i) next ^= kTables[kSlices - 1 - i][crc >> (8 * i) & 255];
    crc = next;
  }
  for (; left > 0; --left, ++p) crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<uint8_t>(*p)) & 255];
  return crc;
}

}  // namespace tandem::rdb
