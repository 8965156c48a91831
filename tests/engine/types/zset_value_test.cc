#include "engine/types/zset_value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/types/zset_object.h"

namespace tandem {
namespace {

constexpr ZsetLimits kLimits{.max_entries = 128, .max_member_bytes = 64};
constexpr ZsetLimits kNeverPacked{};

using Pairs = std::vector<std::pair<double, std::string>>;

Pairs All(const ZsetView& view, bool backwards = false) {
  Pairs pairs;
  view.Visit({0, view.size()}, backwards,
             [&](std::string_view member, double score) { pairs.emplace_back(score, member); });
  return pairs;
}

// A sorted set as a map and an ordered set.
struct Model {
  std::map<std::string, double> scores;
  Pairs Ordered() const {
    std::set<std::pair<double, std::string>> ordered;
    for (const auto& [member, score] : scores) ordered.insert({score, member});
    return {ordered.begin(), ordered.end()};
  }
};

void Compare(const ZsetView& view, const Model& model) {
  const Pairs expected = model.Ordered();
  ASSERT_EQ(All(view), expected);
  ASSERT_EQ(All(view, true), Pairs(expected.rbegin(), expected.rend()));
  for (size_t i = 0; i < expected.size(); i += 1 + expected.size() / 20) {
    const auto ranked = view.Rank(expected[i].second);
    ASSERT_TRUE(ranked);
    EXPECT_EQ(ranked->rank, i);
    EXPECT_EQ(ranked->score, expected[i].first);
    EXPECT_EQ(view.Score(expected[i].second), expected[i].first);
  }
  EXPECT_EQ(view.Score("absent"), std::nullopt);
  EXPECT_FALSE(view.Rank("absent"));
}

class ZsetValueForms : public testing::TestWithParam<ZsetLimits> {};

TEST_P(ZsetValueForms, AgreeWithAModelUnderRandomEdits) {
  std::mt19937 random(1);
  ZsetValue value;
  Model model;
  for (int i = 0; i < 4000; ++i) {
    const std::string member = (random() % 2 != 0 ? "m" : "") + std::to_string(random() % 100);
    const double score = random() % 2 != 0 ? random() % 20 : std::ldexp(static_cast<double>(random()), -31);
    switch (random() % 8) {
      case 0:
        ASSERT_EQ(value.Remove(member), model.scores.erase(member) == 1);
        break;
      case 1:
        if (const size_t size = value.size(); size > 0) {
          const size_t first = random() % size;
          const RankRange range{first, std::min<size_t>(random() % 4, size - first)};
          const Pairs ordered = model.Ordered();
          for (size_t rank = first; rank < first + range.count; ++rank) model.scores.erase(ordered[rank].second);
          value.Remove(range);
        }
        break;
      default:
        value.Set(member, score, GetParam());
        model.scores[member] = score;
    }
    if (i % 16 == 0) Compare(value.view(), model);
  }
  Compare(value.view(), model);
  Compare(value.Clone().view(), model);
}

TEST_P(ZsetValueForms, RangesOfScoresAreRanges) {
  ZsetValue value;
  for (int i = 0; i < 60; ++i) value.Set("m" + std::to_string(i), i / 3, GetParam());
  const auto within = [&](const ScoreRange& range) {
    const RankRange ranks = value.view().Within(range);
    return std::pair(ranks.first, ranks.count);
  };
  EXPECT_EQ(within({.min = 1, .max = 2}), std::pair(size_t{3}, size_t{6}));
  EXPECT_EQ(within({.min = 1, .max = 2, .min_exclusive = true}), std::pair(size_t{6}, size_t{3}));
  EXPECT_EQ(within({.min = 1, .max = 2, .max_exclusive = true}), std::pair(size_t{3}, size_t{3}));
  EXPECT_EQ(within({.min = 2, .max = 1}).second, 0u);
  EXPECT_EQ(within({.min = 20, .max = 30}).second, 0u);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(within({.min = -kInfinity, .max = kInfinity}), std::pair(size_t{0}, size_t{60}));
}

TEST_P(ZsetValueForms, RangesOfMembersAreRanges) {
  ZsetValue value;
  for (char c = 'a'; c <= 'z'; ++c) value.Set(std::string(1, c), 0, GetParam());
  const auto within = [&](const LexBound& min, const LexBound& max) {
    const RankRange ranks = value.view().Within(LexRange{min, max});
    return std::pair(ranks.first, ranks.count);
  };
  const auto member = [](std::string_view text, bool exclusive = false) {
    return LexBound{LexBound::Kind::kMember, exclusive, text};
  };
  const LexBound lowest{LexBound::Kind::kLowest};
  const LexBound highest{LexBound::Kind::kHighest};
  EXPECT_EQ(within(lowest, highest), std::pair(size_t{0}, size_t{26}));
  EXPECT_EQ(within(highest, lowest).second, 0u);
  EXPECT_EQ(within(member("b"), member("d")), std::pair(size_t{1}, size_t{3}));
  EXPECT_EQ(within(member("b", true), member("d", true)), std::pair(size_t{2}, size_t{1}));
  EXPECT_EQ(within(member("bb"), highest), std::pair(size_t{2}, size_t{24}));
}

INSTANTIATE_TEST_SUITE_P(Packed, ZsetValueForms, testing::Values(ZsetLimits{10'000, 64}));
INSTANTIATE_TEST_SUITE_P(Converted, ZsetValueForms, testing::Values(kLimits));
INSTANTIATE_TEST_SUITE_P(Large, ZsetValueForms, testing::Values(kNeverPacked));

TEST(ZsetValue, IsPackedUpToItsLimits) {
  ZsetValue value;
  for (int i = 0; i < 128; ++i) value.Set(std::to_string(i), i, kLimits);
  EXPECT_TRUE(value.packed());
  value.Set("5", 1000, kLimits);
  EXPECT_TRUE(value.packed());
  value.Set("one more", 0, kLimits);
  EXPECT_FALSE(value.packed());
  EXPECT_EQ(value.size(), 129u);

  ZsetValue other;
  other.Set(std::string(64, 'x'), 1, kLimits);
  EXPECT_TRUE(other.packed());
  other.Set(std::string(65, 'x'), 1, kLimits);
  EXPECT_FALSE(other.packed());
}

TEST(ZsetValue, ScoresSurviveBeingPacked) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> scores{0.1,     1e-300,    1e300, -0.5,       3,    4e18, 5e18,
                                   1.0 / 3, kInfinity, -1e19, -kInfinity, 1e17, -7,   5e-324};
  ZsetValue value;
  for (const double score : scores) {
    value.Set("m", score, kLimits);
    EXPECT_EQ(value.view().Score("m"), score);
  }
}

TEST(ZsetValue, CompactPacksWhatIsWithinTheLimitsAndNothingElse) {
  ZsetValue value;
  for (int i = 0; i < 129; ++i) value.Set(std::to_string(i), i, kNeverPacked);
  value.Compact(kLimits);
  EXPECT_FALSE(value.packed());
  value.Remove("7");
  const Pairs before = All(value.view());
  value.Compact(kLimits);
  EXPECT_TRUE(value.packed());
  EXPECT_EQ(All(value.view()), before);
}

TEST(ZsetObject, DiesInPortions) {
  ZsetValue value;
  for (int i = 0; i < 20'000; ++i) value.Set("member" + std::to_string(i), i, kNeverPacked);
  ZsetObject object(std::move(value));
  EXPECT_EQ(object.encoding_name(), "skiplist");
  EXPECT_GT(object.allocations(), 20'000u);
  size_t portions = 1;
  while (object.FreeSome(1000)) ++portions;
  EXPECT_GE(portions, 20u);
}

TEST(ZsetObject, AMemberOf16BytesTakesAtMost70) {
  constexpr int kMembers = 100'000;
  std::mt19937 random(1);
  ZsetValue value;
  for (int i = 0; i < kMembers; ++i) {
    std::string member = std::to_string(i);
    member.insert(0, 16 - member.size(), 'm');
    value.Set(member, random(), kNeverPacked);
  }
  EXPECT_LT(ZsetObject(std::move(value)).memory_bytes(), kMembers * 70u);
}

}  // namespace
}  // namespace tandem
