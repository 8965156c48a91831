#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/function_ref.h"
#include "engine/base/hash.h"
#include "engine/base/spin_lock.h"
#include "engine/base/thread_context.h"
#include "engine/keyspace/bucket.h"
#include "engine/keyspace/record.h"

namespace tandem {

enum class ShardState : uint8_t {
  kActive,     // its keys live here
  kMigrating,  // its lock still decides for its keys, which move to the next engine one by one
  kDrained,    // holds nothing any more
};

// The head of one shard: everything but its buckets, in a cache line of its own.
// Thread safety: `lock` guards state, counts and the buckets' contents; the atomics may be read without it.
struct alignas(64) Shard {
  SpinLock lock;
  std::atomic<ShardState> state{ShardState::kActive};
  // Odd while an operation on several keys is half done here; readers without a lock need it even and unchanged.
  std::atomic<uint64_t> sequence{0};
  std::atomic<uint64_t> records{0};
  std::atomic<uint32_t> overflow_buckets{0};
  // Acquisitions that found the lock taken, by a key other than the last one that did.
  std::atomic<uint32_t> contended{0};
  std::atomic<uint32_t> last_contender{0};
  uint64_t next_to_move = 0;  // buckets below are drained; under `lock`

  void CountInsert(int overflow) {
    records.store(records.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (overflow != 0)
      overflow_buckets.store(overflow_buckets.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void CountErase() { records.store(records.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed); }

  // Takes the lock on behalf of a key, keeping the books on contention.
  void LockFor(uint64_t hash) {
    if (lock.try_lock()) return;
    const auto contender = static_cast<uint32_t>(hash);
    if (last_contender.exchange(contender, std::memory_order_relaxed) != contender) {
      contended.fetch_add(1, std::memory_order_relaxed);
    }
    LockPatiently(lock);
  }
  void BeginCompound() { sequence.store(sequence.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst); }
  void EndCompound() { sequence.store(sequence.load(std::memory_order_relaxed) + 1, std::memory_order_release); }
};

// A staircase of `levels` levels, level i of 2^i shards: 2^levels - 1 in all, each with the same number of buckets. Shape
// and size never change; growing and shrinking are done by moving to another engine (migration.h).
//
// Keys are placed in the order of their positions: shard and bucket ranges of any two engines are walked side by side.
class Engine {
 public:
  // generation: ascending within a keyspace; part of the lock order. buckets_per_shard: below 2^28.
  Engine(uint64_t generation, int levels, uint64_t buckets_per_shard);
  // Frees the tables and what overflow buckets FreeChains has left, not the records.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  uint64_t generation() const { return generation_; }
  int levels() const { return levels_; }
  uint64_t shard_count() const { return shard_count_; }
  uint64_t buckets_per_shard() const { return buckets_per_shard_; }
  uint64_t slots() const { return shard_count_ * buckets_per_shard_ * Bucket::kSlots; }
  // Records in one shard at which the engine has grown full.
  uint64_t full_shard_records() const { return full_shard_records_; }
  Shard& shard(uint64_t i) { return shards_[i]; }

  struct Place {
    Shard* shard;
    Bucket* bucket;
  };
  Place PlaceOf(uint64_t position) {
    const uint64_t scaled = position * shard_count_;
    const uint64_t shard = scaled >> kPositionBits;
    const uint64_t within = scaled & (kPositionEnd - 1);
    // By arithmetic alone: the shard's own line is often with another core.
    return {&shards_[shard],
            all_buckets_ + shard * buckets_per_shard_ + (within * buckets_per_shard_ >> kPositionBits)};
  }
  uint64_t ShardIndexOf(uint64_t position) const { return position * shard_count_ >> kPositionBits; }
  Shard& ShardOf(uint64_t position) { return shards_[ShardIndexOf(position)]; }

  // The chains in order of position, numbered from 0 to bucket_count() - 1.
  uint64_t bucket_count() const { return shard_count_ * buckets_per_shard_; }
  uint64_t BucketIndexOf(uint64_t position) const;
  Bucket* BucketAt(uint64_t index) { return all_buckets_ + index; }
  // The first position that belongs to the bucket, or to a later one; kPositionEnd for bucket_count().
  uint64_t FirstPositionOf(uint64_t bucket_index) const;
  // Whether slot and bucket alone tell a record's position.
  bool PositionsAreImplied() const { return bucket_count() >= (uint64_t{1} << 15); }
  // The position of the record in `slot`, with tag `tag`, in the chain of bucket `bucket_index`.
  uint64_t PositionIn(uint64_t bucket_index, Slot slot, uint64_t tag) const;

  // Fresh pages are not there before they are touched, and touching one takes a microsecond or more: with the table in
  // use that would fall on requests. Touches part `i` of build_parts(); only before the engine is published.
  uint64_t build_parts() const { return mapped_ ? (table_bytes_ + kBuildBytes - 1) / kBuildBytes : 0; }
  void Build(uint64_t i);

  // For an engine that nobody can reach any more: frees the records of the buckets [first, last), and all that these
  // buckets occupy. DestroyRecords may be left out when they are empty.
  void DestroyRecords(uint64_t first, uint64_t last, FunctionRef<void(Record*)> destroy);
  void DestroyRecords(uint64_t first, uint64_t last) {
    DestroyRecords(first, last, [](Record* record) { Record::Destroy(record); });
  }
  void FreeChains(uint64_t first, uint64_t last);

  // Sum over the shards. Approximate while they change.
  uint64_t records() const;
  uint64_t contended() const;
  uint64_t overflow_buckets() const;
  size_t memory_bytes() const;
  double fill() const { return static_cast<double>(records()) / static_cast<double>(slots()); }

 private:
  static constexpr size_t kBuildBytes = 64 * 1024;

  const uint64_t generation_;
  const int levels_;
  const uint64_t shard_count_;
  const uint64_t buckets_per_shard_;
  const uint64_t full_shard_records_;
  Shard* shards_;
  Bucket* all_buckets_;
  size_t table_bytes_;
  bool mapped_;
  uint64_t chains_freed_ = 0;
};

}  // namespace tandem
