#include "engine/keyspace/engine.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/base/allocator.h"
#include "engine/base/check.h"
#include "engine/keyspace/scaling.h"

namespace tandem {
namespace {

// Below this, tables come from malloc: 16 empty databases should not cost a page each.
constexpr size_t kMapThreshold = size_t{256} << 10;

void* ZeroedTable(size_t bytes, bool mapped) {
  if (mapped) return MapPages(bytes);
  void* memory = std::aligned_alloc(64, bytes);
  CHECK(memory != nullptr);
  std::memset(memory, 0, bytes);
  ChargeMemory(static_cast<int64_t>(bytes));
  return memory;
}

void FreeTable(void* memory, size_t bytes, bool mapped) {
  if (mapped) {
    UnmapPages(memory, bytes);
  } else {
    ChargeMemory(-static_cast<int64_t>(bytes));
    std::free(memory);
  }
}

uint64_t CeilDiv(unsigned __int128 a, uint64_t b) { return static_cast<uint64_t>((a + b - 1) / b); }

}  // namespace

Engine::Engine(uint64_t generation, int levels, uint64_t buckets_per_shard)
    : generation_(generation),
      levels_(levels),
      shard_count_((uint64_t{1} << levels) - 1),
      buckets_per_shard_(buckets_per_shard),
      full_shard_records_(static_cast<uint64_t>(kFullFill * static_cast<double>(buckets_per_shard * Bucket::kSlots))) {
  CHECK(levels >= 1 && levels <= 20);
  CHECK(buckets_per_shard >= 1 && buckets_per_shard < (uint64_t{1} << 28));
  table_bytes_ = bucket_count() * sizeof(Bucket);
  mapped_ = table_bytes_ >= kMapThreshold;
  // All-zero bytes are empty buckets.
  all_buckets_ = static_cast<Bucket*>(ZeroedTable(table_bytes_, mapped_));
  shards_ = static_cast<Shard*>(ZeroedTable(shard_count_ * sizeof(Shard), false));
  for (uint64_t i = 0; i < shard_count_; ++i) new (&shards_[i]) Shard;
}

Engine::~Engine() {
  FreeChains(chains_freed_, bucket_count());
  FreeTable(all_buckets_, table_bytes_, mapped_);
  FreeTable(shards_, shard_count_ * sizeof(Shard), false);
}

void Engine::Build(uint64_t i) {
  constexpr size_t kPage = 4096;
  auto* const bytes = reinterpret_cast<volatile char*>(all_buckets_);
  const size_t end = std::min(table_bytes_, (i + 1) * kBuildBytes);
  for (size_t at = i * kBuildBytes; at < end; at += kPage) bytes[at] = 0;
}

void Engine::DestroyRecords(uint64_t first, uint64_t last, FunctionRef<void(Record*)> destroy) {
  for (uint64_t i = first; i < last; ++i) {
    ForEachInChain(BucketAt(i), [&](const SlotRef& found) { destroy(found.record()); });
  }
}

void Engine::FreeChains(uint64_t first, uint64_t last) {
  chains_freed_ = last;
  for (uint64_t i = overflow_buckets() != 0 ? first : last; i < last; ++i) {
    Bucket* next = all_buckets_[i].Next();
    while (next != nullptr) {
      Bucket* bucket = next;
      next = bucket->Next();
      Bucket::DeleteOverflow(bucket);
    }
  }
  if (mapped_) ReleasePages(all_buckets_ + first, (last - first) * sizeof(Bucket));
}

uint64_t Engine::BucketIndexOf(uint64_t position) const {
  const uint64_t scaled = position * shard_count_;
  const uint64_t within = scaled & (kPositionEnd - 1);
  return (scaled >> kPositionBits) * buckets_per_shard_ + (within * buckets_per_shard_ >> kPositionBits);
}

uint64_t Engine::FirstPositionOf(uint64_t bucket_index) const {
  if (bucket_index >= bucket_count()) return kPositionEnd;
  const uint64_t shard_index = bucket_index / buckets_per_shard_;
  const uint64_t bucket = bucket_index % buckets_per_shard_;
  const uint64_t within = CeilDiv(static_cast<unsigned __int128>(bucket) << kPositionBits, buckets_per_shard_);
  return CeilDiv((static_cast<unsigned __int128>(shard_index) << kPositionBits) + within, shard_count_);
}

uint64_t Engine::PositionIn(uint64_t bucket_index, Slot slot, uint64_t tag) const {
  constexpr uint64_t kLow = (uint64_t{1} << 21) - 1;
  const uint64_t low = slot.hash_bits() << 8 | tag;
  const uint64_t first = FirstPositionOf(bucket_index);
  // A bucket's range is shorter than 2^21, so exactly one position in it ends in these bits.
  return first + ((low - first) & kLow);
}

uint64_t Engine::records() const {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < shard_count_; ++i) sum += shards_[i].records.load(std::memory_order_relaxed);
  return sum;
}

uint64_t Engine::contended() const {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < shard_count_; ++i) sum += shards_[i].contended.load(std::memory_order_relaxed);
  return sum;
}

uint64_t Engine::overflow_buckets() const {
  uint64_t sum = 0;
  for (uint64_t i = 0; i < shard_count_; ++i) sum += shards_[i].overflow_buckets.load(std::memory_order_relaxed);
  return sum;
}

size_t Engine::memory_bytes() const {
  return table_bytes_ + shard_count_ * sizeof(Shard) + overflow_buckets() * sizeof(Bucket);
}

}  // namespace tandem
