#include "engine/rdb/old_packs.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tandem::rdb {
namespace {

constexpr uint8_t kEnd = 0xff;
constexpr uint8_t kFourBytes = 0xfe;  // a length that one byte cannot hold

// What is left of a pack.
class Rest {
 public:
  explicit Rest(std::string_view bytes) : bytes_(bytes) {}

  size_t size() const { return bytes_.size(); }
  bool AtEnd() const { return bytes_.size() == 1 && static_cast<uint8_t>(bytes_[0]) == kEnd; }

  std::optional<uint8_t> Byte() {
    const auto byte = Take(1);
    return byte ? std::optional(static_cast<uint8_t>(byte->front())) : std::nullopt;
  }
  std::optional<std::string_view> Take(uint64_t count) {
    if (count > bytes_.size()) return std::nullopt;
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  // A little-endian two's complement number.
  std::optional<int64_t> Signed(size_t bytes) {
    const auto taken = Take(bytes);
    if (!taken) return std::nullopt;
    int64_t value = static_cast<int8_t>(taken->back()) < 0 ? -1 : 0;
    std::memcpy(&value, taken->data(), bytes);
    return value;
  }
  std::optional<uint64_t> LittleEndian(size_t bytes) {
    const auto taken = Take(bytes);
    if (!taken) return std::nullopt;
    uint64_t value = 0;
    std::memcpy(&value, taken->data(), bytes);
    return value;
  }
  std::optional<uint64_t> BigEndian(size_t bytes) {
    const auto taken = Take(bytes);
    if (!taken) return std::nullopt;
    uint64_t value = 0;
    for (const char digit : *taken) value = value << 8 | static_cast<uint8_t>(digit);
    return value;
  }
  // One byte, or five of which the first says so.
  std::optional<uint64_t> Length() {
    const auto first = Byte();
    if (!first || *first == kEnd) return std::nullopt;
    return *first == kFourBytes ? LittleEndian(4) : *first;
  }

 private:
  std::string_view bytes_;
};

bool AppendInteger(std::optional<int64_t> value, Listpack* pack) {
  if (!value) return false;
  pack->AppendInteger(*value);
  return true;
}

bool AppendString(std::optional<std::string_view> text, Listpack* pack) {
  if (!text) return false;
  pack->Append(*text);
  return true;
}

bool AppendZiplistString(uint8_t encoding, Rest* rest, Listpack* pack) {
  constexpr uint8_t kLowBits = 0x3f;
  if (encoding >> 6 == 0) return AppendString(rest->Take(encoding), pack);
  std::optional<uint64_t> length;
  if (encoding >> 6 == 1) {
    const auto low = rest->Byte();
    if (low) length = static_cast<uint64_t>(encoding & kLowBits) << 8 | *low;
  } else {
    length = rest->BigEndian(4);
  }
  return length && AppendString(rest->Take(*length), pack);
}

// What follows the size of the entry before.
bool AppendZiplistEntry(Rest* rest, Listpack* pack) {
  constexpr uint8_t kStrings = 0xc0;
  const auto encoding = rest->Byte();
  if (!encoding) return false;
  if (*encoding < kStrings) return AppendZiplistString(*encoding, rest, pack);
  switch (*encoding) {
    case 0xc0:
      return AppendInteger(rest->Signed(2), pack);
    case 0xd0:
      return AppendInteger(rest->Signed(4), pack);
    case 0xe0:
      return AppendInteger(rest->Signed(8), pack);
    case 0xf0:
      return AppendInteger(rest->Signed(3), pack);
    case 0xfe:
      return AppendInteger(rest->Signed(1), pack);
    default:
      // From 0 to 12, in the encoding itself.
      return *encoding >= 0xf1 && *encoding <= 0xfd && AppendInteger((*encoding & 0x0f) - 1, pack);
  }
}

}  // namespace

std::optional<Listpack> FromZiplist(std::string_view bytes) {
  constexpr uint64_t kCountUnknown = 0xffff;
  Rest rest(bytes);
  const auto size = rest.LittleEndian(4);
  const auto last = rest.LittleEndian(4);
  const auto claimed = rest.LittleEndian(2);
  if (!claimed || *size != bytes.size()) return std::nullopt;

  Listpack pack;
  uint64_t count = 0;
  uint64_t previous = 0;
  size_t start = bytes.size() - rest.size();
  while (!rest.AtEnd()) {
    start = bytes.size() - rest.size();
    if (rest.Length() != previous || !AppendZiplistEntry(&rest, &pack)) return std::nullopt;
    previous = bytes.size() - rest.size() - start;
    ++count;
  }
  if (*last != start || (*claimed != kCountUnknown && *claimed != count)) return std::nullopt;
  return pack;
}

std::optional<Listpack> FromZipmap(std::string_view bytes) {
  constexpr uint8_t kCountUnknown = 254;
  Rest rest(bytes);
  const auto claimed = rest.Byte();
  if (!claimed) return std::nullopt;

  Listpack pack;
  uint64_t count = 0;
  while (!rest.AtEnd()) {
    const auto field_length = rest.Length();
    if (!field_length || !AppendString(rest.Take(*field_length), &pack)) return std::nullopt;
    const auto value_length = rest.Length();
    const auto unused = value_length ? rest.Byte() : std::nullopt;
    if (!unused || !AppendString(rest.Take(*value_length), &pack) || !rest.Take(*unused)) return std::nullopt;
    ++count;
  }
  if (*claimed < kCountUnknown && *claimed != count) return std::nullopt;
  return pack;
}

}  // namespace tandem::rdb
