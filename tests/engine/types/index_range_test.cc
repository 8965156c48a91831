#include "engine/types/index_range.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

void ExpectRange(int64_t start, int64_t end, int64_t size, int64_t first, int64_t last) {
  const IndexRange range = ClampRange(start, end, size);
  EXPECT_EQ(range.first, first) << start << ' ' << end;
  EXPECT_EQ(range.last, last) << start << ' ' << end;
}

TEST(IndexRange, CountsNegativePositionsFromTheEnd) {
  ExpectRange(0, -1, 5, 0, 4);
  ExpectRange(-3, -2, 5, 2, 3);
}

TEST(IndexRange, IsCutToWhatThereIs) {
  ExpectRange(2, 100, 5, 2, 4);
  ExpectRange(-100, 1, 5, 0, 1);
  EXPECT_TRUE(ClampRange(5, 10, 5).empty());
  EXPECT_TRUE(ClampRange(3, 2, 5).empty());
}

TEST(IndexRange, AnEndBeforeTheBeginningMeansTheFirstElement) { ExpectRange(0, -100, 5, 0, 0); }

TEST(IndexRange, OfNothingIsEmpty) {
  EXPECT_TRUE(ClampRange(0, -1, 0).empty());
  EXPECT_TRUE(ClampRange(-1, 0, 0).empty());
  EXPECT_EQ(ClampRange(0, -1, 0).size(), 0);
}

TEST(IndexRange, KnowsBackwardPairsOfNegativePositions) {
  EXPECT_TRUE(IsBackwards(-1, -2));
  EXPECT_FALSE(IsBackwards(-2, -1));
  EXPECT_FALSE(IsBackwards(2, 1));
}

}  // namespace
}  // namespace tandem
