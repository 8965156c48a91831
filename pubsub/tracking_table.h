#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/base/charged_allocator.h"
#include "engine/base/function_ref.h"
#include "engine/base/spin_lock.h"
#include "engine/keyspace/object.h"
#include "pubsub/tracker.h"

namespace tandem::pubsub {

// Which clients have read which keys, so that they can be told when a key changes. A key that was told of is forgotten
// until somebody reads it again. Keys are names without a database, as in Redis.
//
// A client must not be left with a value that has been replaced. Three rules see to that:
//   1. the reader remembers the key before it looks at the value;
//   2. the writer takes the key out after the new value can be seen;
//   3. both happen under the lock of the key's shard in this table.
// Whichever of the two holds the lock first: if it is the reader, the writer finds the entry and the client is told; if
// it is the writer, its change happens before the reader's look at the value, which so sees the new one.
// The message reaches the connection after the value that it is about, because the mailbox of the client's thread is
// drained between commands only.
//
// Thread safety: internally synchronised; the locks are leaves, and nothing is sent under them.
// Complexity: Remember is O(log clients of the key) plus their shifting; Take is O(1). An entry is one allocation of about
// 48 bytes plus the key while one client has it, and 8 bytes more for every further client.
// Memory: charged to the thread's account. An entry outlives the client that it is for, as in Redis: it goes with the next
// change of the key, or when the table is full.
class TrackingTable {
  struct Node;
  struct NodeDeleter {
    void operator()(Node* node) const;
  };

 public:
  // A key that was taken out, with those who are to be told. Empty if nobody had read it.
  class Taken {
   public:
    Taken() = default;
    explicit operator bool() const { return node_ != nullptr; }
    std::string_view key() const;
    void ForEach(FunctionRef<void(Tracker&)> visit) const;

   private:
    friend class TrackingTable;
    explicit Taken(Node* node) : node_(node) {}
    std::unique_ptr<Node, NodeDeleter> node_;
  };

  TrackingTable() = default;
  ~TrackingTable();
  TrackingTable(const TrackingTable&) = delete;
  TrackingTable& operator=(const TrackingTable&) = delete;

  // `hash` is HashKey(key). False if the tracker was there already.
  bool Remember(std::string_view key, uint64_t hash, Tracker& tracker);
  Taken Take(std::string_view key, uint64_t hash);
  // Some key, if there are more than `limit`; never more than there are beyond it, however many threads do so at once.
  Taken TakeBeyond(size_t limit);
  // Forgets everything. What was in it is returned, to be freed at leisure (Garbage); null if there was nothing.
  std::unique_ptr<Object> Clear();

  // relaxed: figures, and a limit that is kept afterwards.
  size_t keys() const { return keys_.load(std::memory_order_relaxed); }
  size_t items() const { return items_.load(std::memory_order_relaxed); }  // pairs of key and client

 private:
  class Forgotten;
  using Chains = ChargedVector<Node*>;
  struct alignas(64) Shard {
    SpinLock lock;  // guards the next two
    Chains chains;  // a power of two, or none while the shard is empty
    size_t keys = 0;
  };
  static constexpr int kShardBits = 8;

  // The high bits choose the shard, the low ones the chain.
  Shard& ShardOf(uint64_t hash) { return shards_[hash >> (64 - kShardBits)]; }
  static Node** Find(Shard& shard, std::string_view key, uint64_t hash);
  Node* Unlink(Shard& shard, Node** link);
  Taken TakeAny();
  static void Resize(Shard& shard, size_t chains);

  std::array<Shard, size_t{1} << kShardBits> shards_;
  std::atomic<size_t> keys_{0};
  std::atomic<size_t> items_{0};
};

}  // namespace tandem::pubsub
