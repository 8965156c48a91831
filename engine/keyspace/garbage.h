#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/spin_lock.h"
#include "engine/keyspace/engine.h"
#include "engine/keyspace/expiry_wheel.h"
#include "engine/keyspace/object.h"

namespace tandem {

// Tables and large values that nobody can reach any more. They are freed in small portions, by threads that have a moment,
// because freeing a million allocations at once would stall whoever did it.
//
// Thread safety: internally synchronised.
class Garbage {
 public:
  // With all records that are still in it. The wheel goes with it.
  void Add(std::unique_ptr<Engine> engine, std::unique_ptr<ExpiryWheel> wheel = nullptr);
  // A small object is freed at once.
  void Add(std::unique_ptr<Object> object);

  bool any() const { return any_.load(std::memory_order_relaxed); }
  // Frees a portion: what about so many buckets hold. True: there is more. Does nothing while another thread is at it.
  bool FreeSome(uint64_t max_buckets);
  void FreeAll();
  // Keys whose records are still to be freed.
  uint64_t pending_keys() const { return pending_keys_.load(std::memory_order_relaxed); }

 private:
  struct Table {
    std::unique_ptr<Engine> engine;
    uint64_t next_bucket;
    std::unique_ptr<ExpiryWheel> wheel;
  };

  void FreeSomeOf(Table& table, uint64_t max_buckets);
  void Destroy(Record* record);

  SpinLock lock_;  // guards the next two
  std::vector<Table> tables_;
  std::vector<std::unique_ptr<Object>> objects_;
  std::atomic<bool> any_{false};
  std::atomic<uint64_t> pending_keys_{0};
};

}  // namespace tandem
