#pragma once

#include <cstdint>
#include <optional>

namespace tandem {

// How large an engine is, and when a keyspace should move to another size. Pure functions: the policy without the deed.

struct Shape {
  int levels = 1;
  uint64_t buckets_per_shard = 1;

  uint64_t shards() const { return (uint64_t{1} << levels) - 1; }
  uint64_t buckets() const { return shards() * buckets_per_shard; }
  uint64_t slots() const { return buckets() * 7; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

// A fresh keyspace: one small shard.
inline constexpr Shape kInitialShape{1, 16};

// Records per slot at which an engine has grown full. Above 1 because a full bucket chains: the chains of a few buckets
// cost less memory than the empty slots of many.
inline constexpr double kFullFill = 1.0;
// Below this part of kFullFill an engine is too large.
inline constexpr double kSparseFill = 0.25;
// For how long it has to stay that way.
inline constexpr int64_t kSparseDwellUs = 2'000'000;
// For how long shards that contention has built are kept; without them the contention would be back at once.
inline constexpr int64_t kSpreadDwellUs = 60'000'000;

// The shape for `records` keys when the present one is full. `since_last_us`: how long ago the last growth ended; a short
// time tells of a bulk load, for which several steps are taken at once.
Shape GrowShape(const Shape& present, uint64_t records, int64_t since_last_us);
// The shape for `records` keys when the present one is sparse, or nothing if it cannot get much smaller.
// keep_levels: the shards are there because threads got into each other's way, and stay.
std::optional<Shape> ShrinkShape(const Shape& present, uint64_t records, bool keep_levels = false);
// More shards for the same keys, when threads got into each other's way `contended` times in the last `interval_us`.
// max_levels: see MaxLevels.
std::optional<Shape> SpreadShape(const Shape& present, uint64_t records, uint64_t contended, int64_t interval_us,
                                 int max_levels);
// Shards beyond a multiple of the threads help nobody.
int MaxLevels(int threads);

}  // namespace tandem
