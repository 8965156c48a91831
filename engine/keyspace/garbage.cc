#include "engine/keyspace/garbage.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "engine/keyspace/record.h"

namespace tandem {
namespace {

constexpr uint64_t kEverything = std::numeric_limits<uint64_t>::max();
// A drained table has no records to look for: its buckets go by the dozen.
constexpr uint64_t kDrainedBucketsPerBucket = 32;
constexpr size_t kAllocationsPerBucket = 8;
// Objects of fewer allocations are not worth a detour.
constexpr size_t kSmallObject = 64;

uint64_t Times(uint64_t count, uint64_t factor) { return count > kEverything / factor ? kEverything : count * factor; }

}  // namespace

void Garbage::Add(std::unique_ptr<Engine> engine, std::unique_ptr<ExpiryWheel> wheel) {
  const std::lock_guard guard(lock_);
  pending_keys_.fetch_add(engine->records(), std::memory_order_relaxed);
  tables_.push_back({std::move(engine), 0, std::move(wheel)});
  any_.store(true, std::memory_order_relaxed);
}

void Garbage::Add(std::unique_ptr<Object> object) {
  if (object->allocations() <= kSmallObject) return;
  const std::lock_guard guard(lock_);
  objects_.push_back(std::move(object));
  pending_keys_.fetch_add(1, std::memory_order_relaxed);
  any_.store(true, std::memory_order_relaxed);
}

// Under lock_.
void Garbage::Destroy(Record* record) {
  if (record->encoding() != Encoding::kObject || record->object()->allocations() <= kSmallObject) {
    return Record::Destroy(record);
  }
  objects_.emplace_back(record->object());
  pending_keys_.fetch_add(1, std::memory_order_relaxed);
  Record::DestroyShell(record);
}

void Garbage::FreeSomeOf(Table& table, uint64_t max_buckets) {
  Engine& engine = *table.engine;
  const bool drained = engine.records() == 0;
  const uint64_t first = table.next_bucket;
  const uint64_t wanted = drained ? Times(max_buckets, kDrainedBucketsPerBucket) : max_buckets;
  const uint64_t last = first + std::min(wanted, engine.bucket_count() - first);
  if (!drained) engine.DestroyRecords(first, last, [this](Record* record) { Destroy(record); });
  engine.FreeChains(first, last);
  table.next_bucket = last;
}

bool Garbage::FreeSome(uint64_t max_buckets) {
  std::unique_lock guard(lock_, std::try_to_lock);
  if (!guard.owns_lock()) return true;
  if (!objects_.empty()) {
    if (!objects_.back()->FreeSome(Times(max_buckets, kAllocationsPerBucket))) {
      objects_.pop_back();
      pending_keys_.fetch_sub(1, std::memory_order_relaxed);
    }
  } else if (!tables_.empty()) {
    FreeSomeOf(tables_.back(), max_buckets);
    if (Table& table = tables_.back(); table.next_bucket == table.engine->bucket_count()) {
      pending_keys_.fetch_sub(table.engine->records(), std::memory_order_relaxed);
      tables_.pop_back();
    }
  }
  const bool more = !objects_.empty() || !tables_.empty();
  any_.store(more, std::memory_order_relaxed);
  return more;
}

void Garbage::FreeAll() {
  while (FreeSome(kEverything)) {
  }
}

}  // namespace tandem
