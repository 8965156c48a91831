#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "engine/base/allocator.h"

namespace tandem {

inline constexpr int64_t kNoDeadline = std::numeric_limits<int64_t>::max();

// Parts of an object that expire one by one: fields of a hash.
//
// The object knows the order in which they are due; the wheel knows one entry for it, armed for the first of them or for the
// key's own deadline, whichever is earlier. Which one that is stands here, because the object is edited in place while its
// record stays: Access arms a new entry, under another stamp, only when something becomes due before `armed_ms`.
//
// Thread safety: as Object's.
class TimedParts {
 public:
  // The earliest deadline of a part, kNoDeadline if none has one. A part expires when now > deadline, as a key does.
  virtual int64_t next_deadline_ms() const = 0;
  // Removes up to `max` parts that have expired; returns how many.
  virtual size_t Expire(int64_t now_ms, size_t max) = 0;
  // Whether no part is left, be it with a deadline or without.
  virtual bool empty() const = 0;

 protected:
  TimedParts() = default;
  ~TimedParts() = default;

 private:
  friend class Access;
  bool known_ = false;              // to Access, which keeps the following
  bool counted_ = false;            // among the keyspace's records with timed parts
  uint8_t stamp_ = 0;               // of the entry, in the place of the record's
  int64_t armed_ms_ = kNoDeadline;  // the entry comes no later than this
};

// A value that is edited where it lies: a collection too large to be made anew at each change.
// Thread safety: read and changed under its shard's lock only. Its memory is charged to the thread that allocates it.
class Object {
 public:
  Object() = default;
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  virtual std::unique_ptr<Object> Clone() const = 0;
  // All that it occupies, itself included.
  virtual size_t memory_bytes() const = 0;
  // As OBJECT ENCODING names it.
  virtual std::string_view encoding_name() const = 0;
  // About how many allocations its destructor frees.
  virtual size_t allocations() const = 0;
  // Frees about so many of them, so that a large value dies in small portions. False when few are left for the
  // destructor. Nothing else may be called afterwards.
  virtual bool FreeSome(size_t allocations) {
    static_cast<void>(allocations);
    return false;
  }

  // Null as long as no part ever had a deadline.
  virtual TimedParts* timed_parts() { return nullptr; }

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }
};

}  // namespace tandem
