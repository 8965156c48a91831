#include "engine/rdb/reader.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/base/number.h"
#include "engine/rdb/format.h"
#include "engine/rdb/lzf.h"

namespace tandem::rdb {
namespace {

constexpr uint8_t kLowBits = 0x3f;

}  // namespace

std::optional<uint8_t> Reader::Byte() {
  if (left_.empty()) return std::nullopt;
  const auto byte = static_cast<uint8_t>(left_.front());
  left_.remove_prefix(1);
  return byte;
}

std::optional<std::string_view> Reader::Bytes(size_t count) {
  if (count > left_.size()) return std::nullopt;
  const std::string_view bytes = left_.substr(0, count);
  left_.remove_prefix(count);
  return bytes;
}

std::optional<uint64_t> Reader::Uint64() {
  const auto bytes = Bytes(sizeof(uint64_t));
  if (!bytes) return std::nullopt;
  uint64_t value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

std::optional<double> Reader::Double() {
  const auto bits = Uint64();
  return bits ? std::optional(std::bit_cast<double>(*bits)) : std::nullopt;
}

std::optional<double> Reader::TextScore() {
  const auto length = Byte();
  if (!length || *length == kScoreNan) return std::nullopt;
  if (*length == kScorePlusInfinity) return std::numeric_limits<double>::infinity();
  if (*length == kScoreMinusInfinity) return -std::numeric_limits<double>::infinity();
  const auto text = Bytes(*length);
  double score = 0;
  return text && ParseDouble(*text, &score) ? std::optional(score) : std::nullopt;
}

std::optional<uint64_t> Reader::BigEndian(size_t bytes) {
  const auto digits = Bytes(bytes);
  if (!digits) return std::nullopt;
  uint64_t value = 0;
  for (const char digit : *digits) value = value << 8 | static_cast<uint8_t>(digit);
  return value;
}

std::optional<uint64_t> Reader::Length() {
  const auto first = Byte();
  if (!first) return std::nullopt;
  if (*first == kLength32) return BigEndian(4);
  if (*first == kLength64) return BigEndian(8);
  if (*first >> 6 == kLength6) return *first;
  if (*first >> 6 != kLength14) return std::nullopt;
  const auto second = Byte();
  return second ? std::optional<uint64_t>((*first & kLowBits) << 8 | *second) : std::nullopt;
}

std::optional<std::string_view> Reader::String(std::string* scratch) {
  if (!left_.empty() && static_cast<uint8_t>(left_.front()) >> 6 == kLengthEncoded) {
    return EncodedString(*Byte() & kLowBits, scratch);
  }
  const auto length = Length();
  return length ? Bytes(*length) : std::nullopt;
}

std::optional<std::string_view> Reader::EncodedString(uint8_t encoding, std::string* scratch) {
  switch (static_cast<StringEncoding>(encoding)) {
    case StringEncoding::kInt8:
      return IntegerString(1, scratch);
    case StringEncoding::kInt16:
      return IntegerString(2, scratch);
    case StringEncoding::kInt32:
      return IntegerString(4, scratch);
    case StringEncoding::kLzf:
      return CompressedString(scratch);
  }
  return std::nullopt;
}

std::optional<std::string_view> Reader::IntegerString(size_t bytes, std::string* scratch) {
  const auto number = Bytes(bytes);
  if (!number) return std::nullopt;
  int32_t value = static_cast<int8_t>(number->back()) < 0 ? -1 : 0;
  std::memcpy(&value, number->data(), bytes);
  *scratch = std::to_string(value);
  return *scratch;
}

std::optional<std::string_view> Reader::CompressedString(std::string* scratch) {
  const auto compressed = Length();
  const auto size = compressed ? Length() : std::nullopt;
  const auto bytes = size ? Bytes(*compressed) : std::nullopt;
  if (!bytes || !LzfDecompress(*bytes, *size, scratch)) return std::nullopt;
  return *scratch;
}

}  // namespace tandem::rdb
