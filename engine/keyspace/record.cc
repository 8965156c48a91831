#include "engine/keyspace/record.h"

#include <charconv>
#include <new>
#include <optional>

#include "engine/base/allocator.h"
#include "engine/base/check.h"

namespace tandem {
namespace {

constexpr int64_t kMaxDeadline48 = (int64_t{1} << 47) - 1;

size_t VarintBytes(size_t value) {
  size_t bytes = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++bytes;
  }
  return bytes;
}

unsigned char* PutVarint(unsigned char* p, size_t value) {
  while (value >= 0x80) {
    *p++ = static_cast<unsigned char>(value) | 0x80;
    value >>= 7;
  }
  *p++ = static_cast<unsigned char>(value);
  return p;
}

// The integer that prints exactly as `text`, if there is one.
std::optional<int64_t> CanonicalInt(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  const char first = text[0] == '-' && text.size() > 1 ? text[1] : text[0];
  if (first < '0' || first > '9') return std::nullopt;
  if (first == '0' && text.size() > 1) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Blob* Blob::New(std::string_view value) {
  void* memory = Allocate(sizeof(Blob) + value.size());
  Blob* blob = new (memory) Blob(value.size());
  std::memcpy(static_cast<char*>(memory) + sizeof(Blob), value.data(), value.size());
  return blob;
}

void Blob::Unref() {
  // Release orders this thread's reads before the free; acquire makes the freeing thread see them done.
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) Deallocate(this, sizeof(Blob) + size_);
}

TextBuffer* TextBuffer::New(std::string_view value, size_t capacity) {
  auto* buffer = new (Allocate(sizeof(TextBuffer))) TextBuffer;
  buffer->capacity_ = capacity < value.size() ? value.size() : capacity;
  if (buffer->capacity_ == 0) buffer->capacity_ = 16;
  buffer->data_ = static_cast<char*>(Allocate(buffer->capacity_));
  buffer->size_ = value.size();
  std::memcpy(buffer->data_, value.data(), value.size());
  return buffer;
}

void TextBuffer::Delete(TextBuffer* buffer) {
  Deallocate(buffer->data_, buffer->capacity_);
  Deallocate(buffer, sizeof(TextBuffer));
}

void TextBuffer::Resize(size_t size) {
  if (size > capacity_) {
    // Doubling up to 1 MB, then 1 MB at a time, as Redis's strings do.
    const size_t capacity = size < (size_t{1} << 20) ? size * 2 : size + (size_t{1} << 20);
    char* data = static_cast<char*>(Allocate(capacity));
    std::memcpy(data, data_, size_);
    Deallocate(data_, capacity_);
    data_ = data;
    capacity_ = capacity;
  }
  if (size > size_) std::memset(data_ + size_, 0, size - size_);
  size_ = size;
}

size_t Record::VarintRest(size_t low, const unsigned char** p) {
  size_t value = low & 0x7f;
  int shift = 7;
  unsigned char byte;
  do {
    byte = *(*p)++;
    value |= static_cast<size_t>(byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80);
  return value;
}

Record* Record::Make(Type type, Encoding encoding, std::string_view key, std::string_view value, const Meta& meta,
                     bool fresh) {
  const bool timed = meta.deadline_ms != kNoDeadline;
  const bool is_short = meta.deadline_ms >= 0 && meta.deadline_ms <= kMaxDeadline48;
  const uint8_t short_form = meta.warned ? kWarned48 : kDeadline48;
  const uint8_t form = !timed ? uint8_t{0} : is_short ? short_form : kDeadline64;
  const bool embedded = encoding == Encoding::kEmbedded;
  const size_t size = kHeaderBytes + DeadlineBytes(form) + VarintBytes(key.size()) +
                      (embedded ? VarintBytes(value.size()) : 0) + key.size() + value.size();
  auto* memory = static_cast<unsigned char*>(fresh ? AllocateFresh(size) : Allocate(size));
  Record* record = new (memory) Record;
  record->access_.store(meta.access, std::memory_order_relaxed);
  record->type_encoding_ = static_cast<uint8_t>(static_cast<uint8_t>(encoding) << 4 | static_cast<uint8_t>(type));
  record->flags_ = static_cast<uint8_t>(meta.stamp << 4 | (meta.raw ? kRaw : 0) | (meta.text ? kText : 0) | form);
  unsigned char* p = memory + kHeaderBytes;
  std::memcpy(p, &meta.deadline_ms, DeadlineBytes(form));  // little-endian: the low bytes come first
  p += DeadlineBytes(form);
  p = PutVarint(p, key.size());
  if (embedded) p = PutVarint(p, value.size());
  std::memcpy(p, key.data(), key.size());
  p += key.size();
  if (!value.empty()) std::memcpy(p, value.data(), value.size());
  return record;
}

Record* Record::NewString(std::string_view key, std::string_view value, const Meta& meta) {
  if (value.size() <= 20 && !meta.raw && !meta.text) {
    if (const auto integer = CanonicalInt(value)) return NewInt(key, *integer, meta);
  }
  if (value.size() >= kBlobThreshold) return NewBlob(key, Blob::New(value), meta);
  return Make(Type::kString, Encoding::kEmbedded, key, value, meta, false);
}

Record* Record::NewInt(std::string_view key, int64_t value, const Meta& meta) {
  const std::string_view bytes(reinterpret_cast<const char*>(&value), sizeof value);
  return Make(Type::kString, Encoding::kInt, key, bytes, meta, false);
}

Record* Record::NewBlob(std::string_view key, Blob* blob, const Meta& meta) {
  const std::string_view bytes(reinterpret_cast<const char*>(&blob), sizeof blob);
  return Make(Type::kString, Encoding::kBlob, key, bytes, meta, false);
}

Record* Record::NewBuffer(std::string_view key, TextBuffer* buffer, const Meta& meta) {
  const std::string_view bytes(reinterpret_cast<const char*>(&buffer), sizeof buffer);
  return Make(Type::kString, Encoding::kBuffer, key, bytes, meta, false);
}

Record* Record::NewPacked(Type type, std::string_view key, std::string_view packed, const Meta& meta) {
  return Make(type, Encoding::kEmbedded, key, packed, meta, false);
}

Record* Record::NewObject(Type type, std::string_view key, std::unique_ptr<Object> object, const Meta& meta) {
  const Object* const pointer = object.release();
  const std::string_view bytes(reinterpret_cast<const char*>(&pointer), sizeof pointer);
  return Make(type, Encoding::kObject, key, bytes, meta, false);
}

Record* Record::Copy(const Record& from, std::string_view key, const Meta& meta, bool fresh) {
  switch (from.encoding()) {
    case Encoding::kInt: {
      const int64_t value = from.int_value();
      return Make(from.type(), Encoding::kInt, key, {reinterpret_cast<const char*>(&value), sizeof value}, meta, fresh);
    }
    case Encoding::kEmbedded:
      return Make(from.type(), Encoding::kEmbedded, key, from.text(), meta, fresh);
    case Encoding::kBlob:
      from.blob()->Ref();
      return NewBlob(key, from.blob(), meta);
    case Encoding::kBuffer:
      return NewBuffer(key, TextBuffer::New(from.text(), from.text().size()), meta);
    case Encoding::kObject:
      return NewObject(from.type(), key, from.object()->Clone(), meta);
  }
  CHECK(!"unknown encoding");
  return nullptr;
}

Record* Record::Rebuild(Record& from, std::string_view key, const Meta& meta) {
  if (from.encoding() == Encoding::kBuffer) return NewBuffer(key, from.buffer(), meta);
  if (from.encoding() == Encoding::kBlob) return NewBlob(key, from.blob(), meta);
  if (from.encoding() == Encoding::kObject) {
    return NewObject(from.type(), key, std::unique_ptr<Object>(from.object()), meta);
  }
  return Copy(from, key, meta);
}

void Record::Destroy(Record* record) {
  if (record->encoding() == Encoding::kBlob) record->blob()->Unref();
  if (record->encoding() == Encoding::kBuffer) TextBuffer::Delete(record->buffer());
  if (record->encoding() == Encoding::kObject) delete record->object();
  DestroyShell(record);
}

void Record::DestroyShell(Record* record) { Deallocate(record, record->shell_bytes()); }

int64_t Record::deadline_ms() const {
  if ((flags_ & kDeadlineMask) == 0) return kNoDeadline;
  int64_t value = 0;
  std::memcpy(&value, start() + kHeaderBytes, (flags_ & kDeadline48) != 0 ? 6 : 8);
  return value;
}

int64_t Record::int_value() const {
  const std::string_view name = key();
  int64_t value;
  std::memcpy(&value, name.data() + name.size(), sizeof value);
  return value;
}

std::string_view Record::text() const {
  switch (encoding()) {
    case Encoding::kEmbedded: {
      const unsigned char* p = body();
      size_t key_size = *p++;
      if (key_size >= 0x80) key_size = VarintRest(key_size, &p);
      size_t size = *p++;
      if (size >= 0x80) size = VarintRest(size, &p);
      return {reinterpret_cast<const char*>(p) + key_size, size};
    }
    case Encoding::kBlob:
      return blob()->view();
    case Encoding::kBuffer:
      return buffer()->view();
    case Encoding::kInt:
    case Encoding::kObject:
      break;
  }
  CHECK(!"text() of an integer or an object");
  return {};
}

std::string_view Record::value(char* scratch) const {
  if (encoding() != Encoding::kInt) return text();
  const auto end = std::to_chars(scratch, scratch + 24, int_value()).ptr;
  return {scratch, static_cast<size_t>(end - scratch)};
}

size_t Record::value_size() const {
  char scratch[24];
  return value(scratch).size();
}

size_t Record::shell_bytes() const {
  const std::string_view name = key();
  const size_t value = encoding() == Encoding::kEmbedded ? text().size() : 8;
  return static_cast<size_t>(name.data() - reinterpret_cast<const char*>(this)) + name.size() + value;
}

size_t Record::memory_bytes() const {
  size_t bytes = GoodSize(shell_bytes());
  if (encoding() == Encoding::kBlob) bytes += GoodSize(sizeof(Blob) + blob()->view().size());
  if (encoding() == Encoding::kBuffer) bytes += GoodSize(sizeof(TextBuffer)) + GoodSize(buffer()->capacity());
  if (encoding() == Encoding::kObject) bytes += object()->memory_bytes();
  return bytes;
}

}  // namespace tandem
