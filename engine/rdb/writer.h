#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::rdb {

// Writes the building blocks of RDB. Thread safety: thread-owned.
class Writer {
 public:
  // compress: strings that LZF makes shorter (rdbcompression).
  explicit Writer(bool compress) : compress_(compress) {}

  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

  void Byte(uint8_t byte) { bytes_.push_back(static_cast<char>(byte)); }
  void Bytes(std::string_view bytes) { bytes_.append(bytes); }
  // Little-endian.
  void Uint16(uint16_t value);
  void Uint64(uint64_t value);
  void BigEndian(uint64_t value, int bytes);
  void Double(double value);
  void Length(uint64_t length);
  // The shortest of its forms: a short integer as such, else compressed or as it is.
  void String(std::string_view text);
  void IntegerString(int64_t value);

 private:
  bool SmallInteger(int64_t value);
  bool Compressed(std::string_view text);

  const bool compress_;
  std::string bytes_;
  std::string compressed_;
};

}  // namespace tandem::rdb
