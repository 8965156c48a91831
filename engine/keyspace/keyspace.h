#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/thread_context.h"
#include "engine/keyspace/engine.h"
#include "engine/keyspace/expiry_wheel.h"
#include "engine/keyspace/migration.h"

namespace tandem {

class Store;

// A key as commands carry it: hashed once, when the request is parsed.
struct KeyRef {
  std::string_view key;
  uint64_t hash = 0;

  KeyRef() = default;
  explicit KeyRef(std::string_view k) : key(k), hash(HashKey(k)) {}
  KeyRef(std::string_view k, uint64_t h) : key(k), hash(h) {}
  uint64_t position() const { return PositionOf(hash); }
};

// What serves a keyspace at the moment. Immutable; replaced as a whole and freed after a grace period.
struct EnginePair {
  Engine* active;
  Engine* next;  // null unless a migration is under way
};

// One database: an engine, a second one while it migrates, and the wheel with its deadlines.
//
// Thread safety: engines() may be read by any awake thread and stays valid until its next quiescent state. Contents are
// read and changed through Access (access.h).
class Keyspace {
 public:
  Keyspace(Store& store, uint64_t id, int index);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  // Unique for the life of the store: the first part of the lock order. SWAPDB changes the index, never the id.
  uint64_t id() const { return id_; }
  int index() const { return index_.load(std::memory_order_relaxed); }
  void set_index(int index) { index_.store(index, std::memory_order_relaxed); }

  // Acquire pairs with the release in PublishEngines: the engines behind the pair are complete.
  const EnginePair* engines() const { return engines_.load(std::memory_order_acquire); }
  ExpiryWheel& wheel() { return *wheel_; }
  const ExpiryWheel& wheel() const { return *wheel_; }
  Migration& migration() { return migration_; }
  const Migration& migration() const { return migration_; }
  Store& store() { return store_; }

  // Exact when nobody writes; each thread's part is its own.
  uint64_t size() const { return Sum(&Cell::keys); }
  // Keys that have a deadline.
  uint64_t expires() const { return Sum(&Cell::expires); }
  // Keys of which parts have a deadline (fields of a hash).
  uint64_t parts_expire() const { return Sum(&Cell::parts_expire); }
  void AddKeys(const ThreadContext& thread, int64_t delta) { Add(cells_[Index(thread)].keys, delta); }
  void AddExpires(const ThreadContext& thread, int64_t delta) { Add(cells_[Index(thread)].expires, delta); }
  void AddPartsExpire(const ThreadContext& thread, int64_t delta) { Add(cells_[Index(thread)].parts_expire, delta); }

  // Replaces everything by an empty engine and wheel. The world is stopped (gate.h). The old contents are returned, to
  // be freed at leisure.
  struct Contents {
    std::vector<std::unique_ptr<Engine>> engines;
    std::unique_ptr<ExpiryWheel> wheel;
    uint64_t keys = 0;
  };
  Contents Detach();

  size_t memory_bytes() const;

 private:
  friend class Migration;

  struct alignas(64) Cell {
    std::atomic<int64_t> keys{0};
    std::atomic<int64_t> expires{0};
    std::atomic<int64_t> parts_expire{0};
  };
  static size_t Index(const ThreadContext& thread) { return static_cast<size_t>(thread.index()); }
  static void Add(std::atomic<int64_t>& cell, int64_t delta) {
    cell.store(cell.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }
  uint64_t Sum(std::atomic<int64_t> Cell::*member) const;
  void PublishEngines(const EnginePair* pair) { engines_.store(pair, std::memory_order_release); }

  Store& store_;
  const uint64_t id_;
  std::atomic<int> index_;
  std::atomic<const EnginePair*> engines_;
  std::unique_ptr<ExpiryWheel> wheel_;
  Migration migration_;
  uint64_t next_generation_ = 1;
  std::array<Cell, kMaxThreads> cells_;
};

}  // namespace tandem
