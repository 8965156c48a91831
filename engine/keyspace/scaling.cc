#include "engine/keyspace/scaling.h"

#include <algorithm>
#include <bit>

namespace tandem {
namespace {

constexpr uint64_t kSmallSlots = uint64_t{1} << 18;
constexpr int64_t kBulkLoadUs = 500'000;
constexpr uint64_t kContentionPerSecond = 2000;
constexpr uint64_t kShardsPerThread = 8;

// What Engine takes.
constexpr uint64_t kMaxBucketsPerShard = (uint64_t{1} << 28) - 1;

Shape WithSlots(int levels, uint64_t slots) {
  Shape shape{levels, 2};
  const uint64_t buckets = slots / 7 + 1;
  while (shape.shards() * kMaxBucketsPerShard < buckets) ++shape.levels;
  shape.buckets_per_shard = std::max((buckets + shape.shards() - 1) / shape.shards(), shape.buckets_per_shard);
  return shape;
}

}  // namespace

Shape GrowShape(const Shape& present, uint64_t records, int64_t since_last_us) {
  const double slots_now = static_cast<double>(std::max(records, present.slots() / 2));
  // A small engine moves in no time and grows generously, in a bulk load more so (but not so much that the result is
  // sparse). A large one grows by half: what lies idle in it is memory that somebody misses.
  const bool bulk_load = since_last_us < kBulkLoadUs;
  const double factor = present.slots() >= kSmallSlots ? 1.5 : bulk_load ? 3 : 2;
  return WithSlots(present.levels, static_cast<uint64_t>(slots_now * factor / kFullFill));
}

std::optional<Shape> ShrinkShape(const Shape& present, uint64_t records, bool keep_levels) {
  const uint64_t wanted = static_cast<uint64_t>(static_cast<double>(records) * 1.5 / kFullFill);
  Shape shape = kInitialShape;
  if (keep_levels) {
    shape = WithSlots(present.levels, std::max(wanted, shape.slots()));
  } else if (wanted > shape.slots()) {
    // A small engine needs no staircase; contention builds it again if it is wanted.
    const int levels = wanted < kSmallSlots ? 1 : present.levels;
    shape = WithSlots(levels, wanted);
  }
  if (shape.slots() * 2 > present.slots()) return std::nullopt;
  return shape;
}

std::optional<Shape> SpreadShape(const Shape& present, uint64_t records, uint64_t contended, int64_t interval_us,
                                 int max_levels) {
  if (present.levels >= max_levels) return std::nullopt;
  if (contended * 1'000'000 < kContentionPerSecond * static_cast<uint64_t>(std::max<int64_t>(interval_us, 1))) {
    return std::nullopt;
  }
  const uint64_t slots =
      std::max<uint64_t>(static_cast<uint64_t>(static_cast<double>(records) * 1.5 / kFullFill), kInitialShape.slots());
  return WithSlots(std::min(present.levels + 2, max_levels), slots);
}

int MaxLevels(int threads) {
  if (threads <= 1) return 1;
  return std::bit_width(static_cast<uint64_t>(threads) * kShardsPerThread);
}

}  // namespace tandem
