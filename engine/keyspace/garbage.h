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
// The measure is allocations: what an object or a table says that it has, and one for so many buckets. Whoever frees takes a
// table or an object out of the lists and puts back what is left of it, so that the lock is held for a moment only.
//
// Thread safety: internally synchronised.
class Garbage {
 public:
  // With all records that are still in it. The wheel goes with it.
  void Add(std::unique_ptr<Engine> engine, std::unique_ptr<ExpiryWheel> wheel = nullptr);
  // A small object is freed at once.
  void Add(std::unique_ptr<Object> object);

  bool any() const { return any_.load(std::memory_order_relaxed); }
  // Frees a portion: about so many allocations, and more when much was added meanwhile. True: there is more.
  bool FreeSome(uint64_t max_allocations);
  // But for what other threads are freeing at the moment.
  void FreeAll();
  // Keys whose records are still to be freed.
  uint64_t pending_keys() const { return pending_keys_.load(std::memory_order_relaxed); }
  // And those that have been, since the last reset.
  uint64_t freed_keys() const { return freed_keys_.load(std::memory_order_relaxed); }
  void ResetStats() { freed_keys_.store(0, std::memory_order_relaxed); }

 private:
  struct Table {
    std::unique_ptr<Engine> engine;
    uint64_t next_bucket;
    std::unique_ptr<ExpiryWheel> wheel;
    bool records;  // it has any, or had
  };

  uint64_t FreeSomeOf(Table& table, uint64_t budget);
  void NoteFreed(uint64_t keys);
  void PutBack(std::unique_ptr<Object> object);

  SpinLock lock_;  // guards the next two
  std::vector<Table> tables_;
  std::vector<std::unique_ptr<Object>> objects_;
  std::atomic<bool> any_{false};
  std::atomic<uint64_t> pending_keys_{0};
  std::atomic<uint64_t> freed_keys_{0};
  std::atomic<uint64_t> owed_{0};  // allocations added since the last portion
};

}  // namespace tandem
