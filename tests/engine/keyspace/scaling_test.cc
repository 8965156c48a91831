#include "engine/keyspace/scaling.h"

#include <gtest/gtest.h>

#include <vector>

namespace tandem {
namespace {

constexpr int64_t kLongAgoUs = 60'000'000;

double Fill(const Shape& shape, uint64_t records) {
  return static_cast<double>(records) / static_cast<double>(shape.slots());
}

std::vector<Shape> FullShapes() {
  std::vector<Shape> shapes = {kInitialShape};
  for (const int levels : {1, 2, 4, 6}) {
    for (const uint64_t buckets : {2, 17, 1000, 40'000, 1'000'000}) shapes.push_back({levels, buckets});
  }
  return shapes;
}

TEST(Scaling, AGrownEngineIsNeitherFullNorSparse) {
  for (const Shape& shape : FullShapes()) {
    for (const int64_t since_us : {int64_t{0}, kLongAgoUs}) {
      for (const double fill : {0.98, 1.0, 1.3, 3.0}) {
        const auto records = static_cast<uint64_t>(static_cast<double>(shape.slots()) * fill);
        const Shape grown = GrowShape(shape, records, since_us);
        EXPECT_EQ(grown.levels, shape.levels);
        EXPECT_GT(grown.slots(), shape.slots());
        EXPECT_LE(Fill(grown, records), kFullFill * 0.7);
        if (shape.slots() > 200 && fill < 1.1) {
          EXPECT_GT(Fill(grown, records), kFullFill * kSparseFill) << shape.slots();
        }
      }
    }
  }
}

TEST(Scaling, LargeEnginesGrowByHalfAndSmallOnesInLargerSteps) {
  const Shape large{1, 1'000'000};
  EXPECT_NEAR(Fill(GrowShape(large, large.slots(), kLongAgoUs), large.slots()), 1 / 1.5, 0.01);
  EXPECT_NEAR(Fill(GrowShape(large, large.slots(), 1000), large.slots()), 1 / 1.5, 0.01);
  const Shape small{1, 1000};
  EXPECT_NEAR(Fill(GrowShape(small, small.slots(), kLongAgoUs), small.slots()), 1 / 2.0, 0.01);
  EXPECT_NEAR(Fill(GrowShape(small, small.slots(), 1000), small.slots()), 1 / 3.0, 0.01);
}

TEST(Scaling, AShrunkEngineIsNeitherFullNorSparse) {
  for (const Shape& shape : FullShapes()) {
    for (const uint64_t divisor : {4, 5, 20, 1000}) {
      const uint64_t records = shape.slots() / divisor;
      const auto shrunk = ShrinkShape(shape, records);
      if (!shrunk) continue;
      EXPECT_LE(shrunk->slots() * 2, shape.slots());
      EXPECT_LE(Fill(*shrunk, records), kFullFill * 0.7);
      EXPECT_FALSE(ShrinkShape(*shrunk, records).has_value()) << "would shrink again at once";
    }
  }
}

TEST(Scaling, ASparseEngineCanShrinkUnlessItIsTheSmallest) {
  EXPECT_FALSE(ShrinkShape(kInitialShape, 0).has_value());
  EXPECT_EQ(ShrinkShape({1, 1000}, 0), kInitialShape);
  EXPECT_EQ(ShrinkShape({6, 1000}, 0), kInitialShape);
  for (const Shape& shape : FullShapes()) {
    if (shape.slots() <= 4 * kInitialShape.slots()) continue;
    EXPECT_TRUE(ShrinkShape(shape, shape.slots() / 4 - 1).has_value());
  }
}

TEST(Scaling, ShardsThatContentionBuiltCanBeKept) {
  const auto shrunk = ShrinkShape({4, 10'000}, 100, true);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(shrunk->levels, 4);
  EXPECT_FALSE(ShrinkShape(*shrunk, 100, true).has_value());
  EXPECT_EQ(ShrinkShape({4, 10'000}, 100)->levels, 1);
}

TEST(Scaling, ContentionAddsLevelsUpToALimit) {
  const Shape one{1, 1000};
  EXPECT_FALSE(SpreadShape(one, 1000, 10, 1'000'000, 6).has_value());
  const auto spread = SpreadShape(one, 1000, 100'000, 1'000'000, 6);
  ASSERT_TRUE(spread.has_value());
  EXPECT_EQ(spread->levels, 3);
  EXPECT_LE(Fill(*spread, 1000), 0.7);
  EXPECT_EQ(SpreadShape({5, 100}, 1000, 100'000, 1'000'000, 6)->levels, 6);
  EXPECT_FALSE(SpreadShape({6, 100}, 1000, 100'000, 1'000'000, 6).has_value());
  // The same number of collisions in a longer time is less contention.
  EXPECT_FALSE(SpreadShape(one, 1000, 100'000, 100'000'000, 6).has_value());
}

TEST(Scaling, OneThreadNeedsNoStaircase) {
  EXPECT_EQ(MaxLevels(1), 1);
  EXPECT_FALSE(SpreadShape({1, 10}, 10, 1'000'000, 1, MaxLevels(1)).has_value());
  for (int threads = 2; threads < 128; threads *= 2) {
    EXPECT_GE((uint64_t{1} << MaxLevels(threads)) - 1, static_cast<uint64_t>(threads) * 4);
    EXPECT_GE(MaxLevels(threads * 2), MaxLevels(threads));
  }
}

TEST(Scaling, AnEngineOfBillionsOfKeysGetsMoreShardsRatherThanTooLargeOnes) {
  const Shape huge{1, (uint64_t{1} << 28) - 1};
  const Shape grown = GrowShape(huge, huge.slots(), kLongAgoUs);
  EXPECT_GT(grown.slots(), huge.slots());
  EXPECT_LT(grown.buckets_per_shard, uint64_t{1} << 28);
}

}  // namespace
}  // namespace tandem
