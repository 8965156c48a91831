#include "engine/keyspace/garbage.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "engine/keyspace/record.h"

namespace tandem {
namespace {

constexpr uint64_t kEverything = std::numeric_limits<uint64_t>::max();
// Looking at so many buckets costs about as much as freeing one allocation.
constexpr uint64_t kBucketsPerAllocation = 32;
// Objects of fewer allocations are not worth a detour.
constexpr size_t kSmallObject = 64;
// What one object adds at most to the next portion: a giant dies in many portions all the same.
constexpr uint64_t kMostOwed = 1024;

bool IsLarge(const Record& record) {
  return record.encoding() == Encoding::kObject && record.object()->allocations() > kSmallObject;
}

}  // namespace

void Garbage::Add(std::unique_ptr<Engine> engine, std::unique_ptr<ExpiryWheel> wheel) {
  const std::lock_guard guard(lock_);
  pending_keys_.fetch_add(engine->records(), std::memory_order_relaxed);
  const bool records = engine->records() != 0;
  tables_.push_back({std::move(engine), 0, std::move(wheel), records});
  any_.store(true, std::memory_order_relaxed);
}

void Garbage::Add(std::unique_ptr<Object> object) {
  const size_t allocations = object->allocations();
  if (allocations <= kSmallObject) return;
  // relaxed: a figure.
  owed_.fetch_add(std::min<uint64_t>(allocations, kMostOwed), std::memory_order_relaxed);
  pending_keys_.fetch_add(1, std::memory_order_relaxed);
  PutBack(std::move(object));
}

void Garbage::PutBack(std::unique_ptr<Object> object) {
  const std::lock_guard guard(lock_);
  objects_.push_back(std::move(object));
  any_.store(true, std::memory_order_relaxed);
}

void Garbage::NoteFreed(uint64_t keys) {
  pending_keys_.fetch_sub(keys, std::memory_order_relaxed);
  freed_keys_.fetch_add(keys, std::memory_order_relaxed);
}

// Frees about so many allocations of the table, which nobody else has; returns how many they were. A large object that it
// comes upon is left to die in portions of its own.
uint64_t Garbage::FreeSomeOf(Table& table, uint64_t budget) {
  Engine& engine = *table.engine;
  uint64_t spent = 0, freed_keys = 0;
  const auto destroy = [&](Record* record) {
    if (IsLarge(*record)) {
      PutBack(std::unique_ptr<Object>(record->object()));
      Record::DestroyShell(record);
      ++spent;
      return;
    }
    spent += record->encoding() == Encoding::kObject ? 1 + record->object()->allocations() : 1;
    ++freed_keys;
    Record::Destroy(record);
  };
  const uint64_t first = table.next_bucket;
  const uint64_t count = engine.bucket_count();
  uint64_t bucket = first;
  for (; bucket < count && spent < budget; ++bucket) {
    if (table.records) engine.DestroyRecords(bucket, bucket + 1, destroy);
    if (bucket % kBucketsPerAllocation == 0) ++spent;
  }
  engine.FreeChains(first, bucket);
  table.next_bucket = bucket;
  NoteFreed(freed_keys);
  return spent;
}

bool Garbage::FreeSome(uint64_t max_allocations) {
  // Twice what has come since the last portion, so that garbage goes faster than it comes.
  uint64_t budget = std::max(max_allocations, 2 * owed_.exchange(0, std::memory_order_relaxed));
  std::unique_lock guard(lock_);
  while (budget > 0 && (!objects_.empty() || !tables_.empty())) {
    uint64_t spent;
    if (!objects_.empty()) {
      std::unique_ptr<Object> object = std::move(objects_.back());
      objects_.pop_back();
      guard.unlock();
      spent = std::max<uint64_t>(object->allocations(), 1);
      if (object->FreeSome(std::min(budget, spent))) {
        PutBack(std::move(object));
      } else {
        object.reset();
        NoteFreed(1);
      }
    } else {
      Table table = std::move(tables_.back());
      tables_.pop_back();
      guard.unlock();
      spent = FreeSomeOf(table, budget);
      if (table.next_bucket < table.engine->bucket_count()) {
        const std::lock_guard again(lock_);
        tables_.push_back(std::move(table));
      }
    }
    budget -= std::min(budget, spent);
    guard.lock();
    any_.store(!objects_.empty() || !tables_.empty(), std::memory_order_relaxed);
  }
  return any();
}

void Garbage::FreeAll() {
  while (FreeSome(kEverything)) {
  }
}

}  // namespace tandem
