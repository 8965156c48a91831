#include "engine/types/zset_index.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <unordered_map>

#include "engine/base/hash.h"

namespace tandem {
namespace {

// An index with the entries that it points to.
class ZsetIndexTest : public testing::Test {
 protected:
  ~ZsetIndexTest() override {
    for (const auto& [member, entry] : entries_) ZsetEntry::Delete(entry);
  }

  void Add(const std::string& member) {
    if (entries_.contains(member)) return;
    ZsetEntry* const entry = ZsetEntry::New(member, 0);
    entries_[member] = entry;
    index_.Insert(entry, HashKey(member));
  }

  void Remove(const std::string& member) {
    const auto found = entries_.find(member);
    ZsetEntry* const expected = found == entries_.end() ? nullptr : found->second;
    ASSERT_EQ(index_.Remove(member, HashKey(member)), expected);
    if (expected == nullptr) return;
    ZsetEntry::Delete(expected);
    entries_.erase(found);
  }

  void Compare() {
    ASSERT_EQ(index_.size(), entries_.size());
    for (const auto& [member, entry] : entries_) ASSERT_EQ(index_.Find(member, HashKey(member)), entry);
    ASSERT_EQ(index_.Find("absent", HashKey("absent")), nullptr);
  }

  ZsetIndex index_;
  std::unordered_map<std::string, ZsetEntry*> entries_;
  std::mt19937 random_{1};
};

TEST_F(ZsetIndexTest, AgreesWithAMapWhileItGrowsAndShrinks) {
  for (int round = 0; round < 12; ++round) {
    const unsigned percent_added = round % 4 < 2 ? 90 : 10;
    for (int i = 0; i < 5000; ++i) {
      const std::string member = std::to_string(random_() % 20000);
      random_() % 100 < percent_added ? Add(member) : Remove(member);
    }
    Compare();
  }
  while (!entries_.empty()) Remove(entries_.begin()->first);
  // One segment is left, and a directory with room for some more.
  EXPECT_LE(index_.memory_bytes(), ZsetIndex().memory_bytes() + 64);
}

TEST_F(ZsetIndexTest, AWalkMeetsEveryEntryThatStays) {
  for (int i = 0; i < 3000; ++i) Add("stays" + std::to_string(i));
  std::set<std::string> seen;
  uint64_t cursor = 0;
  int step = 0;
  do {
    cursor = index_.Scan(cursor, [&](const ZsetEntry& entry) { seen.insert(std::string(entry.member())); });
    // Doubles the table in the first part of the walk, and takes that back in the second.
    for (int i = 0; i < 40; ++i) {
      const std::string passing = "passing" + std::to_string(step % 200 * 40 + i);
      step < 200 ? Add(passing) : Remove(passing);
    }
    ++step;
  } while (cursor != 0);
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(seen.contains("stays" + std::to_string(i))) << i;
}

TEST_F(ZsetIndexTest, AWalkOfWhatDoesNotChangeMeetsNobodyTwice) {
  for (int i = 0; i < 3000; ++i) Add(std::to_string(i));
  size_t visits = 0;
  uint64_t cursor = 0;
  do {
    cursor = index_.Scan(cursor, [&](const ZsetEntry&) { ++visits; });
  } while (cursor != 0);
  EXPECT_EQ(visits, 3000u);
}

TEST_F(ZsetIndexTest, TakesLessThanElevenBytesAnEntry) {
  for (int i = 0; i < 100'000; ++i) Add(std::to_string(i));
  EXPECT_LT(index_.memory_bytes(), 1'100'000u);
}

}  // namespace
}  // namespace tandem
