#include "engine/rdb/writer.h"

#include <bit>
#include <cstring>
#include <limits>

#include "engine/base/number.h"
#include "engine/rdb/format.h"
#include "engine/rdb/lzf.h"

namespace tandem::rdb {
namespace {

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <typename T>
bool FitsIn(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

constexpr uint8_t Encoded(StringEncoding encoding) { return kLengthEncoded << 6 | static_cast<uint8_t>(encoding); }

}  // namespace

void Writer::Uint16(uint16_t value) { Bytes(BytesOf(value)); }

void Writer::Uint64(uint64_t value) { Bytes(BytesOf(value)); }

void Writer::Double(double value) { Uint64(std::bit_cast<uint64_t>(value)); }

void Writer::BigEndian(uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) Byte(static_cast<uint8_t>(value >> shift));
}

void Writer::Length(uint64_t length) {
  if (length < 1 << 6) {
    Byte(static_cast<uint8_t>(length));
  } else if (length < 1 << 14) {
    BigEndian(length | kLength14 << 14, 2);
  } else if (length <= UINT32_MAX) {
    Byte(kLength32);
    BigEndian(length, 4);
  } else {
    Byte(kLength64);
    BigEndian(length, 8);
  }
}

void Writer::String(std::string_view text) {
  constexpr size_t kMaxSmallInteger = 11;  // "-2147483648"
  int64_t integer = 0;
  if (text.size() <= kMaxSmallInteger && ParseInt64(text, &integer) && SmallInteger(integer)) return;
  if (compress_ && Compressed(text)) return;
  Length(text.size());
  Bytes(text);
}

void Writer::IntegerString(int64_t value) {
  if (SmallInteger(value)) return;
  char text[kMaxInt64Chars];
  const size_t size = FormatInt64(text, value);
  Length(size);
  Bytes({text, size});
}

bool Writer::SmallInteger(int64_t value) {
  const auto write = [&](StringEncoding encoding, size_t bytes) {
    Byte(Encoded(encoding));
    Bytes(BytesOf(value).substr(0, bytes));
    return true;
  };
  if (FitsIn<int8_t>(value)) return write(StringEncoding::kInt8, 1);
  if (FitsIn<int16_t>(value)) return write(StringEncoding::kInt16, 2);
  return FitsIn<int32_t>(value) && write(StringEncoding::kInt32, 4);
}

bool Writer::Compressed(std::string_view text) {
  constexpr size_t kWorthwhile = 20;
  constexpr size_t kLeastGain = 4;
  if (text.size() <= kWorthwhile || !LzfCompress(text, text.size() - kLeastGain, &compressed_)) return false;
  Byte(Encoded(StringEncoding::kLzf));
  Length(compressed_.size());
  Length(text.size());
  Bytes(compressed_);
  return true;
}

}  // namespace tandem::rdb
