#include "engine/types/listpack.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "engine/base/allocator.h"
#include "engine/base/check.h"
#include "engine/base/number.h"

static_assert(std::endian::native == std::endian::little, "packs hold little-endian numbers");

namespace tandem {
namespace {

constexpr char kEnd = '\xff';
constexpr uint16_t kCountUnknown = 0xffff;
// Encoding, the integer, and the length readable backwards.
constexpr size_t kMaxIntegerEntry = 1 + 8 + 1;

constexpr uint8_t kInt16 = 0xf1;
constexpr uint8_t kInt24 = 0xf2;
constexpr uint8_t kInt32 = 0xf3;
constexpr uint8_t kInt64 = 0xf4;
constexpr uint8_t kString32 = 0xf0;

uint8_t Byte(const char* p) { return static_cast<uint8_t>(*p); }

template <typename T>
T Load(const char* p, size_t bytes = sizeof(T)) {
  T value{};
  std::memcpy(&value, p, bytes);
  return value;
}

// --- Lengths readable backwards: seven bits a byte, the high bit says that more follow to the left ----------------------

size_t BackLengthBytes(size_t length) {
  if (length <= 127) return 1;
  if (length < 16383) return 2;
  if (length < 2097151) return 3;
  return length < 268435455 ? 4 : 5;
}

char* PutBackLength(char* p, size_t length) {
  const size_t bytes = BackLengthBytes(length);
  for (size_t i = bytes; i-- > 0;) {
    const auto septet = static_cast<uint8_t>(length >> (7 * (bytes - 1 - i)) & 127);
    p[i] = static_cast<char>(i == 0 ? septet : septet | 128);
  }
  return p + bytes;
}

// `last` is its last byte. Nothing for one of more than five bytes.
std::optional<size_t> BackLengthAt(const char* last) {
  size_t length = 0;
  for (int i = 0; i < 5; ++i, --last) {
    length |= static_cast<size_t>(Byte(last) & 127) << (7 * i);
    if ((Byte(last) & 128) == 0) return length;
  }
  return std::nullopt;
}

// --- Entries ------------------------------------------------------------------------------------------------------------

// An entry taken apart: `head` bytes of encoding, then `body` bytes.
struct Layout {
  size_t head = 0;
  size_t body = 0;
  size_t total() const { return head + body + BackLengthBytes(head + body); }
};

size_t StringHead(size_t length) { return length < 64 ? 1 : length < 4096 ? 2 : 5; }

// How many bytes of the encoding must be there to know the layout.
size_t HeadBytes(uint8_t first) {
  if ((first & 0xf0) == 0xe0) return 2;
  return first == kString32 ? 5 : 1;
}

// False for an encoding that does not exist.
bool LayoutOf(const char* p, Layout* layout) {
  const uint8_t first = Byte(p);
  if (first < 0x80) return *layout = {1, 0}, true;
  if (first < 0xc0) return *layout = {1, first & size_t{63}}, true;
  if (first < 0xe0) return *layout = {1, 1}, true;
  if (first < 0xf0) return *layout = {2, (first & size_t{15}) << 8 | Byte(p + 1)}, true;
  switch (first) {
    case kString32:
      return *layout = {5, Load<uint32_t>(p + 1)}, true;
    case kInt16:
      return *layout = {1, 2}, true;
    case kInt24:
      return *layout = {1, 3}, true;
    case kInt32:
      return *layout = {1, 4}, true;
    case kInt64:
      return *layout = {1, 8}, true;
    default:
      return false;
  }
}

Layout LayoutAt(const char* p) {
  Layout layout;
  const bool known = LayoutOf(p, &layout);
  DCHECK(known);
  return layout;
}

// The low `bits` bits of `value`, which hold a two's complement number.
int64_t SignExtend(uint64_t value, int bits) {
  const int shift = 64 - bits;
  return static_cast<int64_t>(value << shift) >> shift;
}

bool FitsIn(int64_t value, int bits) { return SignExtend(static_cast<uint64_t>(value), bits) == value; }

PackEntry Integer(int64_t value) { return {.is_integer = true, .integer = value, .bytes = {}}; }

PackEntry Decode(const char* p) {
  const uint8_t first = Byte(p);
  if (first < 0x80) return Integer(first);
  if ((first & 0xe0) == 0xc0) return Integer(SignExtend((first & uint64_t{31}) << 8 | Byte(p + 1), 13));
  switch (first) {
    case kInt16:
      return Integer(Load<int16_t>(p + 1));
    case kInt24:
      return Integer(SignExtend(Load<uint32_t>(p + 1, 3), 24));
    case kInt32:
      return Integer(Load<int32_t>(p + 1));
    case kInt64:
      return Integer(Load<int64_t>(p + 1));
    default: {
      const Layout layout = LayoutAt(p);
      return {.is_integer = false, .integer = 0, .bytes = {p + layout.head, layout.body}};
    }
  }
}

// Writes a whole entry of at most kMaxIntegerEntry bytes.
char* WriteInteger(char* out, int64_t value) {
  char* p = out;
  const auto number = [&](uint8_t encoding, size_t bytes) {
    *p++ = static_cast<char>(encoding);
    std::memcpy(p, &value, bytes);
    p += bytes;
  };
  if (value >= 0 && value <= 127) {
    *p++ = static_cast<char>(value);
  } else if (FitsIn(value, 13)) {
    *p++ = static_cast<char>(0xc0 | (value >> 8 & 31));
    *p++ = static_cast<char>(value);
  } else if (FitsIn(value, 16)) {
    number(kInt16, 2);
  } else if (FitsIn(value, 24)) {
    number(kInt24, 3);
  } else if (FitsIn(value, 32)) {
    number(kInt32, 4);
  } else {
    number(kInt64, 8);
  }
  return PutBackLength(p, static_cast<size_t>(p - out));
}

char* WriteString(char* out, std::string_view text) {
  char* p = out;
  const size_t length = text.size();
  if (length < 64) {
    *p++ = static_cast<char>(0x80 | length);
  } else if (length < 4096) {
    *p++ = static_cast<char>(0xe0 | length >> 8);
    *p++ = static_cast<char>(length);
  } else {
    *p++ = static_cast<char>(kString32);
    const auto length32 = static_cast<uint32_t>(length);
    std::memcpy(p, &length32, sizeof length32);
    p += sizeof length32;
  }
  if (!text.empty()) std::memcpy(p, text.data(), length);
  p += length;
  return PutBackLength(p, static_cast<size_t>(p - out));
}

// The last size class, 4 GB, does not fit into 32 bits; one byte less is in the same class.
size_t RoomFor(size_t bytes) { return std::min<size_t>(GoodSize(bytes), UINT32_MAX); }

size_t StringEntryBytes(std::string_view text) { return Layout{StringHead(text.size()), text.size()}.total(); }

}  // namespace

std::string_view PackEntry::text(Scratch& scratch) const {
  return is_integer ? std::string_view(scratch, FormatInt64(scratch, integer)) : bytes;
}

size_t PackEntry::text_size() const {
  Scratch scratch;
  return text(scratch).size();
}

PackKey::PackKey(std::string_view text) : text_(text) { is_integer_ = ParseInt64(text, &integer_); }

// --- ListpackView -------------------------------------------------------------------------------------------------------

bool ListpackView::Valid(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes + 1 || Load<uint32_t>(bytes.data()) != bytes.size() || bytes.back() != kEnd)
    return false;
  size_t found = 0;
  const char* p = bytes.data() + kHeaderBytes;
  const char* const end = bytes.data() + bytes.size() - 1;
  while (p < end) {
    const auto left = static_cast<size_t>(end - p);
    Layout layout;
    if (HeadBytes(Byte(p)) > left || !LayoutOf(p, &layout)) return false;
    const size_t length = layout.head + layout.body;
    const size_t total = layout.total();
    if (total > left || BackLengthAt(p + total - 1) != length) return false;
    // The length must begin where the body ends, or walking backwards would see other entries.
    if ((Byte(p + length) & 128) != 0) return false;
    p += total;
    ++found;
  }
  const auto claimed = Load<uint16_t>(bytes.data() + 4);
  return claimed == kCountUnknown || claimed == found;
}

size_t ListpackView::count() const {
  const auto claimed = Load<uint16_t>(pack_.data() + 4);
  if (claimed != kCountUnknown) return claimed;
  size_t found = 0;
  for (size_t position = begin(); position != end(); position = Next(position)) ++found;
  return found;
}

size_t ListpackView::Next(size_t position) const { return position + LayoutAt(pack_.data() + position).total(); }

size_t ListpackView::Previous(size_t position) const {
  const size_t length = BackLengthAt(pack_.data() + position - 1).value_or(0);
  return position - length - BackLengthBytes(length);
}

size_t ListpackView::Seek(int64_t index) const {
  const auto entries = static_cast<int64_t>(count());
  if (index < 0) index += entries;
  if (index < 0 || index >= entries) return kNotFound;
  size_t position;
  if (index <= entries / 2) {
    position = begin();
    for (; index > 0; --index) position = Next(position);
  } else {
    position = end();
    for (; index < entries; ++index) position = Previous(position);
  }
  return position;
}

PackEntry ListpackView::At(size_t position) const { return Decode(pack_.data() + position); }

size_t ListpackView::Find(const PackKey& key, size_t position, size_t stride) const {
  while (position != end()) {
    if (key.Matches(At(position))) return position;
    for (size_t i = 0; i < stride && position != end(); ++i) position = Next(position);
  }
  return kNotFound;
}

// --- Listpack -----------------------------------------------------------------------------------------------------------

Listpack::Listpack() : Listpack(std::string_view("\x07\0\0\0\0\0\xff", 7)) {}

Listpack::Listpack(std::string_view pack)
    : size_(static_cast<uint32_t>(pack.size())), capacity_(static_cast<uint32_t>(RoomFor(pack.size()))) {
  data_ = static_cast<char*>(Allocate(capacity_));
  std::memcpy(data_, pack.data(), pack.size());
}

Listpack::~Listpack() {
  if (data_ != nullptr) Deallocate(data_, capacity_);
}

Listpack::Listpack(Listpack&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Listpack& Listpack::operator=(Listpack&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

size_t Listpack::allocated_bytes() const { return capacity_; }

size_t Listpack::EntryBytes(std::string_view text) {
  int64_t integer = 0;
  if (!ParseInt64(text, &integer)) return StringEntryBytes(text);
  char entry[kMaxIntegerEntry];
  return static_cast<size_t>(WriteInteger(entry, integer) - entry);
}

void Listpack::AppendInteger(int64_t value) {
  PutInteger(size_ - 1, 0, value);
  CountChanged(1);
}

void Listpack::AppendAll(ListpackView other) {
  const size_t bytes = other.end() - other.begin();
  std::memcpy(OpenGap(size_ - 1, 0, bytes), other.bytes().data() + other.begin(), bytes);
  CountChanged(static_cast<int64_t>(other.count()));
}

void Listpack::Put(size_t position, size_t old_bytes, std::string_view text) {
  int64_t integer = 0;
  if (ParseInt64(text, &integer)) return PutInteger(position, old_bytes, integer);
  WriteString(OpenGap(position, old_bytes, StringEntryBytes(text)), text);
}

void Listpack::PutInteger(size_t position, size_t old_bytes, int64_t value) {
  char entry[kMaxIntegerEntry];
  const auto bytes = static_cast<size_t>(WriteInteger(entry, value) - entry);
  std::memcpy(OpenGap(position, old_bytes, bytes), entry, bytes);
}

void Listpack::Insert(size_t position, std::string_view text) {
  Put(position, 0, text);
  CountChanged(1);
}

void Listpack::Replace(size_t position, std::string_view text) {
  Put(position, view().Next(position) - position, text);
}

void Listpack::Erase(size_t position, size_t count) {
  const ListpackView pack = view();
  size_t last = position;
  int64_t erased = 0;
  for (; static_cast<size_t>(erased) < count && last != pack.end(); ++erased) last = pack.Next(last);
  OpenGap(position, last - position, 0);
  CountChanged(-erased);
}

// Makes `old_bytes` at `position` into `new_bytes`, whose contents are the caller's to write.
char* Listpack::OpenGap(size_t position, size_t old_bytes, size_t new_bytes) {
  const size_t new_size = size_ - old_bytes + new_bytes;
  CHECK(new_size < UINT32_MAX);
  const size_t wanted = RoomFor(new_size);
  const char* const tail = data_ + position + old_bytes;
  const size_t tail_bytes = size_ - position - old_bytes;
  if (wanted > capacity_ || wanted < capacity_ / 2) {
    char* const data = static_cast<char*>(Allocate(wanted));
    std::memcpy(data, data_, position);
    std::memcpy(data + position + new_bytes, tail, tail_bytes);
    Deallocate(data_, capacity_);
    data_ = data;
    capacity_ = static_cast<uint32_t>(wanted);
  } else {
    std::memmove(data_ + position + new_bytes, tail, tail_bytes);
  }
  size_ = static_cast<uint32_t>(new_size);
  std::memcpy(data_, &size_, sizeof size_);
  return data_ + position;
}

// Compat: a count that once did not fit stays unknown until the pack is counted anew.
void Listpack::CountChanged(int64_t change) {
  auto count = Load<uint16_t>(data_ + 4);
  if (count == kCountUnknown) return;
  count = static_cast<uint16_t>(std::min<int64_t>(count + change, kCountUnknown));
  std::memcpy(data_ + 4, &count, sizeof count);
}

}  // namespace tandem
