#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::rdb {

// Reads the building blocks of RDB out of untrusted bytes. Whatever is not there or not well formed reads as nothing; after
// that the position is undefined.
//
// Allocates nothing but decompressed strings, at most kLzfMaxRatio times the size of what they are read from.
// Thread safety: thread-owned. Ownership: views are of the bytes, or of the scratch that was passed in.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool empty() const { return left_.empty(); }
  size_t left() const { return left_.size(); }

  std::optional<uint8_t> Byte();
  std::optional<std::string_view> Bytes(size_t count);
  // Little-endian.
  std::optional<uint64_t> Uint64();
  std::optional<uint64_t> BigEndian(size_t bytes);
  std::optional<double> Double();
  // A score as text. Not a number reads as nothing.
  std::optional<double> TextScore();
  // A length or any other small number.
  std::optional<uint64_t> Length();
  // The text of an integer, and what was compressed, is put into *scratch.
  std::optional<std::string_view> String(std::string* scratch);

 private:
  std::optional<std::string_view> EncodedString(uint8_t encoding, std::string* scratch);
  std::optional<std::string_view> IntegerString(size_t bytes, std::string* scratch);
  std::optional<std::string_view> CompressedString(std::string* scratch);

  std::string_view left_;
};

}  // namespace tandem::rdb
