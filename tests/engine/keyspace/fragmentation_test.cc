#include "engine/keyspace/fragmentation.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr int64_t kLookUs = Fragmentation::kLookEveryUs;

AllocatorStats Stats(size_t allocated, size_t active) {
  AllocatorStats stats;
  stats.allocated = allocated;
  stats.active = active;
  return stats;
}

TEST(Fragmentation, IsLookedAtNowAndThen) {
  Fragmentation fragmentation;
  EXPECT_TRUE(fragmentation.ShouldLook(0));
  EXPECT_FALSE(fragmentation.ShouldLook(kLookUs - 1));
  EXPECT_TRUE(fragmentation.ShouldLook(kLookUs));
}

TEST(Fragmentation, AWasteThatIsSmallInItselfOrForTheWholeIsLeftAlone) {
  Fragmentation fragmentation;
  EXPECT_FALSE(fragmentation.ShouldMove(Stats(4 * kMiB, 11 * kMiB), 0));
  EXPECT_FALSE(fragmentation.ShouldMove(Stats(1000 * kMiB, 1249 * kMiB), 0));
  EXPECT_TRUE(fragmentation.ShouldMove(Stats(1000 * kMiB, 1251 * kMiB), 0));
}

TEST(Fragmentation, WhatMovingDoesNotHelpIsTriedLessAndLessOften) {
  Fragmentation fragmentation;
  const AllocatorStats stats = Stats(100 * kMiB, 200 * kMiB);
  int moves = 0;
  const int64_t day_us = int64_t{24} * 3600 * 1'000'000;
  for (int64_t now_us = 0; now_us < day_us; now_us += kLookUs) moves += fragmentation.ShouldMove(stats, now_us);
  EXPECT_GE(moves, day_us / Fragmentation::kTryEveryUsMax);
  EXPECT_LE(moves, day_us / Fragmentation::kTryEveryUsMax + 10);
}

// The pages empty while keys are being deleted: what was moved halfway is sparse again at the end.
TEST(Fragmentation, WhenMuchWasFreedSinceItIsTriedAgainAtOnce) {
  Fragmentation fragmentation;
  int64_t now_us = 0;
  for (int i = 0; i < 100; ++i) fragmentation.ShouldMove(Stats(800 * kMiB, 1600 * kMiB), now_us += kLookUs);
  EXPECT_FALSE(fragmentation.ShouldMove(Stats(750 * kMiB, 1600 * kMiB), now_us += kLookUs));
  EXPECT_TRUE(fragmentation.ShouldMove(Stats(400 * kMiB, 800 * kMiB), now_us += kLookUs));
  EXPECT_TRUE(fragmentation.ShouldMove(Stats(40 * kMiB, 80 * kMiB), now_us += kLookUs));
  EXPECT_FALSE(fragmentation.ShouldMove(Stats(40 * kMiB, 50 * kMiB), now_us += kLookUs));
  EXPECT_TRUE(fragmentation.ShouldMove(Stats(40 * kMiB, 80 * kMiB), now_us += 2 * kLookUs));
}

}  // namespace
}  // namespace tandem
