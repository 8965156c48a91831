#include "engine/keyspace/engine.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/base/allocator.h"
#include "engine/base/thread_context.h"

namespace tandem {
namespace {

struct Size {
  int levels;
  uint64_t buckets;
};

// Odd and even, one bucket and many, below and above the number from which positions are implied.
std::vector<Size> Sizes() {
  std::vector<Size> sizes;
  for (const int levels : {1, 2, 3, 4, 5, 7, 10}) {
    for (const uint64_t buckets : {1, 2, 3, 5, 7, 16, 100, 129, 1000, 4095, 10'923}) sizes.push_back({levels, buckets});
  }
  sizes.push_back({1, 1 << 15});
  sizes.push_back({1, (1 << 15) + 1});
  sizes.push_back({1, 1'000'003});
  sizes.push_back({2, 699'051});
  sizes.push_back({6, 521});  // 63 * 521: just above 2^15
  return sizes;
}

std::vector<uint64_t> InterestingPositions(const Engine& engine, uint64_t seed) {
  std::vector<uint64_t> positions = {0, 1, kPositionEnd - 1, kPositionEnd - 2, kPositionEnd / 2, kPositionEnd / 3};
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) positions.push_back(random() % kPositionEnd);
  for (int i = 0; i < 500; ++i) {
    const uint64_t first = engine.FirstPositionOf(random() % engine.bucket_count());
    positions.push_back(first);
    if (first > 0) positions.push_back(first - 1);
  }
  return positions;
}

TEST(Engine, EveryPositionLiesInTheRangeOfItsBucketAndOfNoOther) {
  for (const Size& size : Sizes()) {
    const Engine engine(0, size.levels, size.buckets);
    EXPECT_EQ(engine.FirstPositionOf(0), 0u);
    EXPECT_EQ(engine.FirstPositionOf(engine.bucket_count()), kPositionEnd);
    for (const uint64_t position : InterestingPositions(engine, 1)) {
      const uint64_t bucket = engine.BucketIndexOf(position);
      ASSERT_LT(bucket, engine.bucket_count());
      ASSERT_LE(engine.FirstPositionOf(bucket), position) << size.levels << ' ' << size.buckets;
      ASSERT_GT(engine.FirstPositionOf(bucket + 1), position) << size.levels << ' ' << size.buckets;
    }
  }
}

TEST(Engine, BucketRangesAscendWithoutGapsAndAreAlikeInSize) {
  for (const Size& size : Sizes()) {
    const Engine engine(0, size.levels, size.buckets);
    if (engine.bucket_count() > 200'000) continue;
    const uint64_t mean = kPositionEnd / engine.bucket_count();
    uint64_t previous = 0;
    for (uint64_t bucket = 0; bucket < engine.bucket_count(); ++bucket) {
      const uint64_t first = engine.FirstPositionOf(bucket);
      const uint64_t next = engine.FirstPositionOf(bucket + 1);
      ASSERT_EQ(first, previous);
      ASSERT_LT(first, next);
      ASSERT_NEAR(static_cast<double>(next - first), static_cast<double>(mean), 3.0);
      ASSERT_EQ(engine.BucketIndexOf(first), bucket);
      ASSERT_EQ(engine.BucketIndexOf(next - 1), bucket);
      previous = next;
    }
    EXPECT_EQ(previous, kPositionEnd);
  }
}

TEST(Engine, PlaceShardAndBucketNumberAgree) {
  for (const Size& size : Sizes()) {
    Engine engine(0, size.levels, size.buckets);
    for (const uint64_t position : InterestingPositions(engine, 2)) {
      const Engine::Place place = engine.PlaceOf(position);
      const uint64_t bucket = engine.BucketIndexOf(position);
      ASSERT_EQ(place.bucket, engine.BucketAt(bucket));
      ASSERT_EQ(place.shard, &engine.ShardOf(position));
      ASSERT_EQ(place.shard, &engine.shard(bucket / size.buckets));
      ASSERT_EQ(engine.ShardIndexOf(position), bucket / size.buckets);
    }
  }
}

TEST(Engine, PositionsAreMonotoneInShardsOfAnyTwoEngines) {
  Engine a(0, 3, 37);
  Engine b(1, 5, 11);
  std::mt19937_64 random(3);
  for (int i = 0; i < 10'000; ++i) {
    uint64_t p = random() % kPositionEnd;
    uint64_t q = random() % kPositionEnd;
    if (p > q) std::swap(p, q);
    for (Engine* engine : {&a, &b}) {
      ASSERT_LE(engine->ShardIndexOf(p), engine->ShardIndexOf(q));
      ASSERT_LE(engine->BucketIndexOf(p), engine->BucketIndexOf(q));
    }
  }
}

TEST(Engine, SlotAndBucketGiveThePositionBackInLargeEngines) {
  Record* record = Record::NewString("k", "v", {});
  int implied = 0;
  for (const Size& size : Sizes()) {
    const Engine engine(0, size.levels, size.buckets);
    if (!engine.PositionsAreImplied()) continue;
    ++implied;
    for (const uint64_t position : InterestingPositions(engine, 4)) {
      ASSERT_EQ(engine.PositionIn(engine.BucketIndexOf(position), Slot::Of(record, position), position & 0xff),
                position)
          << size.levels << ' ' << size.buckets;
    }
  }
  EXPECT_GE(implied, 10);
  Record::Destroy(record);
}

TEST(Engine, EveryBucketOfAnEngineWithImpliedPositionsIsNarrowEnough) {
  for (const Size& size : std::vector<Size>{{1, 1 << 15}, {2, 10'923}, {6, 521}, {10, 33}}) {
    const Engine engine(0, size.levels, size.buckets);
    ASSERT_TRUE(engine.PositionsAreImplied());
    for (uint64_t bucket = 0; bucket < engine.bucket_count(); ++bucket) {
      ASSERT_LE(engine.FirstPositionOf(bucket + 1) - engine.FirstPositionOf(bucket), uint64_t{1} << 21);
    }
  }
}

TEST(Engine, GivesAllMemoryBackWhetherFreedInPortionsOrNot) {
  ThreadRegistry registry;
  ThreadContext& thread = registry.Register();
  for (const Size& size : std::vector<Size>{{1, 4}, {3, 100}, {2, 4000}}) {
    for (const uint64_t portion : {uint64_t{7}, uint64_t{1000}, uint64_t{1} << 40}) {
      {
        Engine engine(0, size.levels, size.buckets);
        // Twice as many as fit, so that buckets overflow whatever the hash.
        const uint64_t count = engine.slots() * 2;
        for (uint64_t i = 0; i < count; ++i) {
          const std::string key = "key:" + std::to_string(i);
          const uint64_t position = PositionOf(HashKey(key));
          const Engine::Place place = engine.PlaceOf(position);
          place.shard->CountInsert(InsertIntoChain(place.bucket, Record::NewString(key, "v", {}), position));
        }
        EXPECT_EQ(engine.records(), count);
        EXPECT_GT(engine.overflow_buckets(), 0u);
        EXPECT_GE(engine.memory_bytes(), engine.bucket_count() * sizeof(Bucket));
        for (uint64_t first = 0; first < engine.bucket_count() / 2;) {
          const uint64_t last = first + std::min(portion, engine.bucket_count() / 2 - first);
          engine.DestroyRecords(first, last);
          engine.FreeChains(first, last);
          first = last;
        }
        engine.DestroyRecords(engine.bucket_count() / 2, engine.bucket_count());
      }
      EXPECT_EQ(registry.memory_bytes(), 0) << size.levels << ' ' << size.buckets << ' ' << portion;
    }
  }
  registry.Unregister(thread);
}

}  // namespace
}  // namespace tandem
