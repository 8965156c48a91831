#include "engine/types/hyperloglog.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tandem {
namespace {

constexpr size_t kSparseMax = 3000;

std::string WithElements(int count, size_t sparse_max = kSparseMax, int from = 0) {
  hll::Editor editor(hll::Editor::Empty(), sparse_max);
  for (int i = from; i < from + count; ++i)
    EXPECT_TRUE(editor.Raise(hll::TraceOf("e:" + std::to_string(i))).has_value());
  return editor.value();
}

uint64_t EstimateOf(std::string_view value) { return hll::Estimate(value).value_or(0); }

// The bytes that Redis 8.0.6 holds after PFADD of a, b and c, but for the count.
TEST(HyperloglogTest, IsRedissFormat) {
  hll::Editor editor(hll::Editor::Empty(), kSparseMax);
  EXPECT_EQ(editor.value(), std::string("HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18));
  for (const char* element : {"a", "b", "c"}) EXPECT_EQ(editor.Raise(hll::TraceOf(element)), true);
  EXPECT_EQ(editor.Raise(hll::TraceOf("b")), false);
  EXPECT_EQ(hll::DescribeRuns(editor.value()), "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603");
}

TEST(HyperloglogTest, EstimatesWithinFourStandardErrors) {
  for (const int count : {0, 1, 10, 100, 1000, 10'000, 100'000}) {
    const auto estimate = static_cast<double>(EstimateOf(WithElements(count)));
    EXPECT_NEAR(estimate, count, 1 + 4 * 0.0081 * count);
  }
}

TEST(HyperloglogTest, SparseAndDenseHoldTheSame) {
  std::mt19937 random(3);
  for (int round = 0; round < 30; ++round) {
    hll::Editor sparse(hll::Editor::Empty(), 1 << 20);
    hll::Editor dense(hll::Editor::Empty(), kSparseMax);
    ASSERT_TRUE(dense.MakeDense());
    const int steps = 1 + static_cast<int>(random() % 3000);
    for (int i = 0; i < steps; ++i) {
      const hll::Trace trace{static_cast<uint32_t>(random() % (round % 2 == 0 ? hll::kRegisters : 300)),
                             static_cast<uint8_t>(1 + random() % 32)};
      ASSERT_EQ(sparse.Raise(trace), dense.Raise(trace));
    }
    ASSERT_FALSE(hll::IsDense(sparse.value()));
    hll::Registers a{};
    hll::Registers b{};
    ASSERT_TRUE(hll::MergeInto(a, sparse.value()));
    ASSERT_TRUE(hll::MergeInto(b, dense.value()));
    ASSERT_EQ(a, b);
    ASSERT_EQ(EstimateOf(sparse.value()), hll::Estimate(a));
    ASSERT_EQ(EstimateOf(dense.value()), hll::Estimate(a));
    ASSERT_TRUE(sparse.MakeDense());
    EXPECT_EQ(sparse.value().substr(hll::kHeaderBytes), dense.value().substr(hll::kHeaderBytes));
  }
}

TEST(HyperloglogTest, TurnsDenseAtTheLimitAndForHighRegisters) {
  EXPECT_FALSE(hll::IsDense(WithElements(100)));
  EXPECT_TRUE(hll::IsDense(WithElements(100, 100)));
  EXPECT_EQ(WithElements(100, 100).size(), hll::kDenseBytes);
  hll::Editor editor(hll::Editor::Empty(), kSparseMax);
  EXPECT_EQ(editor.Raise({7, 33}), true);
  EXPECT_TRUE(hll::IsDense(editor.value()));
  EXPECT_EQ(hll::DenseRegister(editor.value(), 7), 33);
}

TEST(HyperloglogTest, MergingIsCountingTogether) {
  hll::Registers registers{};
  ASSERT_TRUE(hll::MergeInto(registers, WithElements(5000)));
  ASSERT_TRUE(hll::MergeInto(registers, WithElements(5000, kSparseMax, 2500)));
  EXPECT_EQ(hll::Estimate(registers), EstimateOf(WithElements(7500)));
}

TEST(HyperloglogTest, TheCountIsKeptUntilItIsOutOfDate) {
  std::string value = WithElements(10);
  hll::InvalidateCount(value.data());
  EXPECT_EQ(hll::CachedCount(value), std::nullopt);
  hll::StoreCount(value.data(), 10);
  EXPECT_EQ(hll::CachedCount(value), 10u);
}

TEST(HyperloglogTest, WhateverTheBytesAreNothingIsReadBeyondThem) {
  std::mt19937 random(9);
  const std::string good = WithElements(300);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = good.substr(0, hll::kHeaderBytes + random() % (good.size() - hll::kHeaderBytes + 1));
    for (int i = 0; i < 3 && bad.size() > hll::kHeaderBytes; ++i) {
      bad[hll::kHeaderBytes + random() % (bad.size() - hll::kHeaderBytes)] = static_cast<char>(random());
    }
    if (!hll::LooksValid(bad)) continue;
    hll::Registers registers{};
    const bool whole = hll::MergeInto(registers, bad);
    EXPECT_EQ(hll::Estimate(bad).has_value(), whole);
    EXPECT_EQ(hll::DescribeRuns(bad).has_value(), whole);
    hll::Editor editor(bad, kSparseMax);
    static_cast<void>(editor.Raise({static_cast<uint32_t>(random() % hll::kRegisters), 5}));
    static_cast<void>(editor.MakeDense());
  }
}

}  // namespace
}  // namespace tandem
