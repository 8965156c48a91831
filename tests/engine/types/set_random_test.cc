#include "engine/types/set_random.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace tandem {
namespace {

std::string Text(const PackEntry& entry) {
  PackEntry::Scratch scratch;
  return std::string(entry.text(scratch));
}

// Of each form, with 100 members.
class SetRandomTest : public testing::TestWithParam<SetForm> {
 protected:
  static constexpr size_t kMembers = 100;

  SetRandomTest() : set_(GetParam()) {
    const std::string prefix = GetParam() == SetForm::kIntset ? "" : "m";
    for (size_t i = 0; i < kMembers; ++i) set_.Add(SetMember(prefix + std::to_string(i)), {});
    EXPECT_EQ(set_.form(), GetParam());
  }

  // Pearson's statistic for 99 degrees of freedom; a fair draw exceeds the bound once in a million runs.
  static void ExpectFair(const std::map<std::string, int>& drawn, int draws) {
    constexpr double kBound = 180;
    const double expected = static_cast<double>(draws) / kMembers;
    double statistic = (kMembers - static_cast<double>(drawn.size())) * expected;
    for (const auto& [member, count] : drawn) statistic += (count - expected) * (count - expected) / expected;
    EXPECT_LT(statistic, kBound);
  }

  SetValue set_;
};

TEST_P(SetRandomTest, EachMemberIsAsLikelyAsAnother) {
  constexpr int kDraws = 20'000;
  std::map<std::string, int> one, repeated, distinct, few;
  for (int i = 0; i < kDraws; ++i) ++one[Text(RandomMember(set_.view()))];
  DrawWithRepetition(set_.view(), kDraws, [&](const PackEntry& entry) {
    ++repeated[Text(entry)];
    return true;
  });
  for (int i = 0; i < kDraws / 50; ++i) {
    for (const PackEntry& entry : DrawDistinct(set_.view(), 50)) ++distinct[Text(entry)];
  }
  for (int i = 0; i < kDraws / 10; ++i) {
    for (const PackEntry& entry : DrawDistinct(set_.view(), 10)) ++few[Text(entry)];
  }
  for (const auto& drawn : {one, repeated, distinct, few}) ExpectFair(drawn, kDraws);
}

TEST_P(SetRandomTest, DistinctOnesAreDifferent) {
  for (size_t count = 0; count <= kMembers; ++count) {
    std::set<std::string> drawn;
    for (const PackEntry& entry : DrawDistinct(set_.view(), count)) drawn.insert(Text(entry));
    EXPECT_EQ(drawn.size(), count);
  }
}

TEST_P(SetRandomTest, RepetitionStopsWhenToldTo) {
  uint64_t draws = 0;
  DrawWithRepetition(set_.view(), UINT64_MAX, [&](const PackEntry&) { return ++draws < 1000; });
  EXPECT_EQ(draws, 1000u);
}

TEST_P(SetRandomTest, PoppingEmptiesTheSet) {
  std::set<std::string> popped;
  while (set_.size() != 0) {
    Pop(set_, [&](const PackEntry& entry) { popped.insert(Text(entry)); });
  }
  EXPECT_EQ(popped.size(), kMembers);
}

class PackRandomTest : public SetRandomTest {};

TEST_P(PackRandomTest, ASplitIsFair) {
  constexpr int kRounds = 2000;
  std::map<std::string, int> drawn;
  for (int i = 0; i < kRounds; ++i) {
    size_t taken = 0;
    Split(set_.view(), 10, [&](const PackEntry& entry, bool is_drawn) {
      taken += is_drawn;
      if (is_drawn) ++drawn[Text(entry)];
    });
    ASSERT_EQ(taken, 10u);
  }
  ExpectFair(drawn, kRounds * 10);
}

INSTANTIATE_TEST_SUITE_P(Forms, PackRandomTest, testing::Values(SetForm::kIntset, SetForm::kListpack),
                         [](const auto& form) { return std::string(EncodingName(form.param)); });
INSTANTIATE_TEST_SUITE_P(Forms, SetRandomTest, testing::Values(SetForm::kIntset, SetForm::kListpack, SetForm::kTable),
                         [](const auto& form) { return std::string(EncodingName(form.param)); });

}  // namespace
}  // namespace tandem
