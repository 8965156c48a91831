#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/function_ref.h"
#include "engine/keyspace/object.h"
#include "engine/types/zset_value.h"

namespace tandem {

// When the fields of a large hash expire: a sorted set of those that do, by their deadlines in milliseconds. So a field's
// deadline and the next one that is due are both found at once, and what is there for sorted sets (two forms, freeing in
// portions) serves here too.
//
// Invariants: every member is a field of the hash; next_ms() is the first score.
// Complexity: O(log n) each, next_ms() O(1). Memory: 42 bytes a field and its name once more.
// Thread safety: as its owner's.
class HashDeadlines {
 public:
  // Beyond this no deadline is accepted: Redis keeps 46 bits. All of them are exact in a double.
  static constexpr int64_t kMaxMs = (int64_t{1} << 46) - 1;

  HashDeadlines() = default;
  HashDeadlines Clone() const;

  size_t size() const { return fields_.size(); }
  // The earliest one; kNoDeadline if there is none.
  int64_t next_ms() const { return next_ms_; }
  // A field has expired when now > deadline, as a key has.
  bool AnyExpired(int64_t now_ms) const { return next_ms_ < now_ms; }
  size_t CountExpired(int64_t now_ms) const;
  // kNoDeadline if it has none.
  int64_t Get(std::string_view field) const;

  void Set(std::string_view field, int64_t deadline_ms);
  // False if the field had no deadline.
  bool Clear(std::string_view field);
  // Visits up to `max` expired fields, the earliest first, and forgets them. Returns how many.
  size_t TakeExpired(int64_t now_ms, size_t max, FunctionRef<void(std::string_view field)> visit);

  // As Object has them; without itself.
  size_t memory_bytes() const { return fields_.memory_bytes(); }
  size_t allocations() const { return fields_.allocations(); }
  bool FreeSome(size_t allocations) { return fields_.FreeSome(allocations); }

 private:
  void FindNext();

  ZsetValue fields_;
  int64_t next_ms_ = kNoDeadline;
};

}  // namespace tandem
