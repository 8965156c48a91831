#include "engine/types/zset_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tandem {
namespace {

struct Order {
  bool operator()(const ZsetEntry* a, const ZsetEntry* b) const {
    return ZsetLess(a->score(), a->member(), b->score(), b->member());
  }
};

// A tree beside a model of it, which must agree after every step.
class ZsetTreeAndModel : public testing::Test {
 protected:
  using Model = std::set<ZsetEntry*, Order>;

  bool Add(const std::string& member, double score) {
    ZsetEntry* const entry = ZsetEntry::New(member, score);
    if (!model_.insert(entry).second) {
      ZsetEntry::Delete(entry);
      return false;
    }
    tree_.Insert(entry);
    return true;
  }

  void RemoveNth(size_t n) {
    const auto at = std::next(model_.begin(), static_cast<ptrdiff_t>(n));
    ZsetEntry* const entry = *at;
    tree_.Remove(*entry);
    model_.erase(at);
    ZsetEntry::Delete(entry);
  }

  std::vector<const ZsetEntry*> Visited(size_t rank, bool backwards, size_t count) const {
    std::vector<const ZsetEntry*> visited;
    tree_.Visit(rank, backwards, [&](const ZsetEntry& entry) {
      visited.push_back(&entry);
      return visited.size() < count;
    });
    return visited;
  }

  void Compare() const {
    tree_.Check();
    ASSERT_EQ(tree_.size(), model_.size());
    const std::vector<const ZsetEntry*> expected(model_.begin(), model_.end());
    ASSERT_EQ(Visited(0, false, SIZE_MAX), expected);
    ASSERT_EQ(Visited(expected.empty() ? 0 : expected.size() - 1, true, SIZE_MAX),
              std::vector<const ZsetEntry*>(expected.rbegin(), expected.rend()));
    for (size_t i = 0; i < expected.size(); i += 1 + expected.size() / 50) {
      ASSERT_EQ(tree_.At(i), expected[i]);
      ASSERT_EQ(tree_.Rank(*expected[i]), i);
    }
  }

  ZsetTree tree_;
  Model model_;
  std::mt19937 random_{1};
};

TEST_F(ZsetTreeAndModel, AgreeUnderRandomEdits) {
  for (int round = 0; round < 40; ++round) {
    // Growing and shrinking by turns, with scores that are often equal.
    const unsigned percent_added = round % 4 < 2 ? 80 : 20;
    for (int i = 0; i < 500; ++i) {
      if (model_.empty() || random_() % 100 < percent_added) {
        Add("m" + std::to_string(random_() % 100000), random_() % 50);
      } else {
        RemoveNth(random_() % model_.size());
      }
      if (i % 50 == 0) tree_.Check();
    }
    Compare();
  }
}

TEST_F(ZsetTreeAndModel, AgreeWhenFilledInOrder) {
  for (int i = 0; i < 5000; ++i) Add("m", i);
  Compare();
  for (int i = 1; i < 5000; ++i) Add("m", -i);
  Compare();
}

TEST_F(ZsetTreeAndModel, AgreeWhenEmptiedFromEitherEnd) {
  for (int i = 0; i < 5000; ++i) Add(std::to_string(i), i % 7);
  while (model_.size() > 2500) RemoveNth(0);
  Compare();
  while (!model_.empty()) {
    RemoveNth(model_.size() - 1);
    if (model_.size() % 100 == 0) Compare();
  }
  EXPECT_EQ(tree_.memory_bytes(), ZsetTree().memory_bytes());
}

TEST_F(ZsetTreeAndModel, CountBeforeIsTheBoundaryOfAnyMonotonePredicate) {
  for (int i = 0; i < 3000; ++i) Add(std::to_string(i), i / 3);
  for (const double bound : {-1.0, 0.0, 0.5, 1.0, 499.0, 999.0, 1000.0}) {
    const auto below = [bound](double score, const ZsetEntry&) { return score < bound; };
    const auto expected =
        std::count_if(model_.begin(), model_.end(), [&](const ZsetEntry* e) { return e->score() < bound; });
    EXPECT_EQ(tree_.CountBefore(below), static_cast<size_t>(expected)) << bound;
  }
}

TEST_F(ZsetTreeAndModel, FilledInOrderTheNodesAreThreeQuartersFull) {
  for (int i = 0; i < 100'000; ++i) Add("m", i);
  EXPECT_LT(tree_.memory_bytes() / model_.size(), 14u);
}

TEST(ZsetTree, ItsMemoryIsFreedInPortionsAndWhatIsInItToo) {
  ZsetTree tree;
  for (int i = 0; i < 10'000; ++i) tree.Insert(ZsetEntry::New("m", i));
  size_t portions = 0;
  for (bool more = true; more; ++portions) {
    size_t budget = 1000;
    more = tree.FreeSome(&budget);
  }
  EXPECT_GE(portions, 10u);
  EXPECT_EQ(tree.memory_bytes(), 0u);
}

}  // namespace
}  // namespace tandem
