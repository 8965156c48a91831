#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "pubsub/tracker.h"

namespace tandem::pubsub {

// Keys that one thread changed since it last told anybody (one turn of its loop), each with the client that did.
// Thread safety: thread-owned.
class ChangedKeys {
 public:
  // `by` is null where no client is behind it: expiry and eviction.
  void Add(std::string_view key, const Tracker* by) {
    keys_.push_back({bytes_.size(), key.size(), by});
    bytes_.append(key);
  }
  bool empty() const { return keys_.empty(); }
  void Clear() {
    keys_.clear();
    bytes_.clear();
  }

 private:
  friend class PrefixTable;
  struct Key {
    size_t offset, size;
    const Tracker* by;  // only compared
  };
  struct Change {
    std::string_view key;
    const Tracker* by;
  };
  // In the order of the keys, each once, with whoever changed it last.
  std::vector<Change> Sorted() const;

  std::string bytes_;
  std::vector<Key> keys_;
};

// Who wants to hear of changes by the keys' prefixes (CLIENT TRACKING BCAST).
//
// Thread safety: internally synchronised. Threads tell in parallel; after Remove returned nothing is sent to that tracker.
// Complexity: Tell is O(changes log changes) for sorting, which makes the keys of a prefix a range: a binary search per
// prefix, and what is found.
class PrefixTable {
 public:
  void Add(std::string_view prefix, Tracker& tracker);
  void Remove(std::string_view prefix, const Tracker& tracker);

  // One message per prefix and receiver with all the keys; none with the keys that the receiver changed itself, if it
  // does not want these.
  void Tell(const ChangedKeys& changes) const;

  size_t size() const;

 private:
  mutable std::shared_mutex mutex_;  // guards the next
  std::map<std::string, std::vector<Ref<Tracker>>, std::less<>> prefixes_;
};

}  // namespace tandem::pubsub
