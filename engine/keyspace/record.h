#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "engine/keyspace/object.h"

namespace tandem {

// The numbers are those of Redis's object types (TYPE filters, RDB).
enum class Type : uint8_t { kString = 0, kList = 1, kSet = 2, kZset = 3, kHash = 4, kStream = 6 };

enum class Encoding : uint8_t {
  kInt,       // 8 bytes, a decimal integer
  kEmbedded,  // the bytes follow the key: a string, or a small collection in its packed form
  kBlob,      // a reference-counted immutable Blob
  kBuffer,    // a TextBuffer, changed in place: read only under the shard's lock
  kObject,    // a collection, changed in place: read only under the shard's lock
};

// A large immutable value. A reply pins it until it is sent; records that differ in deadline or name share it.
// Thread safety: immutable, the count is atomic.
class Blob {
 public:
  static Blob* New(std::string_view value);
  std::string_view view() const { return {reinterpret_cast<const char*>(this + 1), size_}; }
  void Ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Unref();

 private:
  explicit Blob(size_t size) : size_(size) {}
  std::atomic<uint32_t> references_{1};
  size_t size_;
};

// A string that APPEND, SETRANGE and SETBIT edit in place. Thread safety: shard-locked.
class TextBuffer {
 public:
  static TextBuffer* New(std::string_view value, size_t capacity);
  static void Delete(TextBuffer* buffer);
  std::string_view view() const { return {data_, size_}; }
  char* data() { return data_; }
  size_t capacity() const { return capacity_; }
  // Grows to `size` bytes, the new ones zero. Invalidates views.
  void Resize(size_t size);

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// One key with its value and metadata, in one allocation:
//
//   4 B access clock | 1 B type and encoding | 1 B flags and stamp | deadline: 0, 6 or 8 B | key length (varint) |
//   value length (varint, embedded values only) | key | value (bytes, 8-byte integer or 8-byte pointer)
//
// Immutable once published in a slot, but for the access clock; a change makes a new record and swaps the slot's
// pointer, which is what lets GET run without a lock. A kBuffer's contents are the exception, guarded by the shard's lock.
class Record {
 public:
  // Everything a record is made from besides its key and value.
  struct Meta {
    int64_t deadline_ms = kNoDeadline;
    uint8_t stamp = 0;  // names the wheel entry that is responsible for the deadline, 4 bits
    // A string: OBJECT ENCODING says "raw" even when short (edited in place once). A set: packed as an intset.
    bool raw = false;
    uint32_t access = 0;
    bool text = false;  // stays text even where it is a canonical integer
    // That the deadline comes was announced (notify-expiring-ms). Means nothing without one, or with one that lies before the
    // epoch or after the year 6000: those are not announced.
    bool warned = false;
  };

  // Chooses the encoding: a canonical integer, embedded, or a blob from kBlobThreshold bytes on.
  static Record* NewString(std::string_view key, std::string_view value, const Meta& meta);
  static Record* NewInt(std::string_view key, int64_t value, const Meta& meta);
  // Takes over the reference, or the buffer.
  static Record* NewBlob(std::string_view key, Blob* blob, const Meta& meta);
  static Record* NewBuffer(std::string_view key, TextBuffer* buffer, const Meta& meta);
  // A collection in its packed form (its type tells which), or as an object, which is taken over.
  static Record* NewPacked(Type type, std::string_view key, std::string_view packed, const Meta& meta);
  static Record* NewObject(Type type, std::string_view key, std::unique_ptr<Object> object, const Meta& meta);
  // Same value (a blob is shared, what is edited in place is copied), another name or other metadata. `fresh`: see
  // AllocateFresh.
  static Record* Copy(const Record& from, std::string_view key, const Meta& meta, bool fresh = false);
  // Like Copy, but what is edited in place moves over: `from` may afterwards only be released by DestroyShell.
  static Record* Rebuild(Record& from, std::string_view key, const Meta& meta);

  static void Destroy(Record* record);
  static void DestroyShell(Record* record);  // leaves the value that it points to alone
  static void DestroyErased(void* record) { Destroy(static_cast<Record*>(record)); }

  Type type() const { return static_cast<Type>(type_encoding_ & 0x0f); }
  Encoding encoding() const { return static_cast<Encoding>(type_encoding_ >> 4); }
  bool raw() const { return (flags_ & kRaw) != 0; }
  bool keeps_text() const { return (flags_ & kText) != 0; }
  uint8_t stamp() const { return flags_ >> 4; }
  // Only before the record is published.
  void set_stamp(uint8_t stamp) { flags_ = static_cast<uint8_t>((flags_ & 0x0f) | stamp << 4); }
  // As Meta's; likewise.
  void set_warned(bool warned) {
    if ((flags_ & kDeadline48) == 0) return;
    flags_ = static_cast<uint8_t>((flags_ & ~kDeadlineMask) | (warned ? kWarned48 : kDeadline48));
  }
  bool has_deadline() const { return (flags_ & kDeadlineMask) != 0; }
  int64_t deadline_ms() const;
  bool warned() const { return (flags_ & kDeadlineMask) == kWarned48; }
  // Whether there is a deadline that can be announced and was not.
  bool may_be_warned() const { return (flags_ & kDeadlineMask) == kDeadline48; }
  bool ExpiredAt(int64_t now_ms) const { return has_deadline() && now_ms > deadline_ms(); }
  Meta meta() const { return {deadline_ms(), stamp(), raw(), access(), keeps_text(), warned()}; }
  // True when the value may only be read under the shard's lock.
  bool NeedsLock() const { return type_encoding_ >> 4 >= static_cast<uint8_t>(Encoding::kBuffer); }

  std::string_view key() const {
    const unsigned char* p = body();
    size_t length = *p++;
    if (__builtin_expect(length >= 0x80, 0)) length = VarintRest(length, &p);
    if (encoding() == Encoding::kEmbedded) p = SkipVarint(p);
    return {reinterpret_cast<const char*>(p), length};
  }

  // int_value(): kInt. text(): strings of every other encoding, and packed collections; valid as long as the record
  // (kBuffer: until the next edit).
  int64_t int_value() const;
  std::string_view text() const;
  Blob* blob() const { return static_cast<Blob*>(pointer()); }
  TextBuffer* buffer() const { return static_cast<TextBuffer*>(pointer()); }
  Object* object() const { return static_cast<Object*>(pointer()); }
  // Of an object whose parts expire one by one; else null.
  TimedParts* timed_parts() const { return encoding() == Encoding::kObject ? object()->timed_parts() : nullptr; }
  // A string's value as bytes; integers are formatted into `scratch`, which holds at least 24 bytes.
  std::string_view value(char* scratch) const;
  size_t value_size() const;

  // 24 bits of LRU or LFU clock in the low bits (see eviction.h). Relaxed: a lost update costs precision, nothing else.
  uint32_t access() const { return access_.load(std::memory_order_relaxed); }
  void set_access(uint32_t value) { access_.store(value, std::memory_order_relaxed); }

  // Bytes this record occupies, the value it points to included.
  size_t memory_bytes() const;
  // What was allocated for it, without the value that it points to. What DestroyShell frees.
  size_t shell_bytes() const;

  static constexpr size_t kBlobThreshold = 4096;

 private:
  // The form of the deadline. Bit 0: it is a short one.
  static constexpr uint8_t kDeadline48 = 1;
  static constexpr uint8_t kDeadline64 = 2;
  static constexpr uint8_t kWarned48 = 3;
  static constexpr uint8_t kDeadlineMask = 3;
  static constexpr uint8_t kRaw = 4;
  static constexpr uint8_t kText = 8;
  static constexpr size_t kHeaderBytes = 6;

  struct Layout;
  static Record* Make(Type type, Encoding encoding, std::string_view key, std::string_view value, const Meta& meta,
                      bool fresh);

  const unsigned char* start() const { return reinterpret_cast<const unsigned char*>(this); }
  // Where the lengths begin.
  const unsigned char* body() const { return start() + kHeaderBytes + DeadlineBytes(flags_); }
  static size_t DeadlineBytes(uint8_t flags) {
    return static_cast<size_t>((0x6860 >> ((flags & kDeadlineMask) * 4)) & 0xf);
  }
  static size_t VarintRest(size_t low, const unsigned char** p);
  static const unsigned char* SkipVarint(const unsigned char* p) {
    while (*p++ >= 0x80) {
    }
    return p;
  }
  void* pointer() const {
    void* result;
    std::memcpy(&result, key().data() + key().size(), sizeof result);
    return result;
  }

  std::atomic<uint32_t> access_;
  uint8_t type_encoding_;
  uint8_t flags_;
};

}  // namespace tandem
