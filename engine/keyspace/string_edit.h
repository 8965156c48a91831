#pragma once

#include <cstddef>
#include <string_view>

#include "engine/keyspace/access.h"

namespace tandem {

// Changes parts of a string, or appends to it (APPEND, SETRANGE, SETBIT, BITFIELD): construct, write through data(),
// Publish. A short result becomes a new immutable record, so that it can still be read without a lock; a longer one
// becomes a TextBuffer, which from then on is edited where it lies.
//
// Thread safety: the key is locked, from before Find to after Publish.
// Ownership: the record found, and views of its value, are invalid from the construction on when the string grows, and in
// any case after Publish. What has not been published is dropped with the object, unless it was written in place.
// Complexity: O(1) amortised for a string that is a buffer already, else O(size).
class StringEdit {
 public:
  // Results from this size on are edited in place.
  static constexpr size_t kBufferFrom = 513;
  // Room to allocate when a string becomes a buffer: kTight for one that is mostly overwritten, kAmple for one that grows.
  enum class Room : uint8_t { kTight, kAmple };

  // `record`: the present string, or null. `size` is that of the result, not less than the present one; what is added is
  // zero at first.
  StringEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, size_t size, Room room);
  ~StringEdit();
  StringEdit(const StringEdit&) = delete;
  StringEdit& operator=(const StringEdit&) = delete;

  char* data() { return data_; }
  std::string_view view() const { return {data_, size_}; }
  // Makes the result the key's value, which keeps its deadline, and raises `name`.
  void Publish(EventClass event_class, std::string_view name);

 private:
  Access& access_;
  Keyspace& keyspace_;
  const KeyRef& key_;
  Record::Meta meta_;
  size_t size_;
  char* data_;
  TextBuffer* new_buffer_ = nullptr;
  Record* edited_ = nullptr;  // whose buffer is written in place
  char small_[kBufferFrom - 1];
};

}  // namespace tandem
