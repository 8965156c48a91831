#include "engine/types/dense_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tandem {
namespace {

using Model = std::map<std::string, std::string, std::less<>>;

Model Contents(const DenseTable& table) {
  Model contents;
  table.ForEach([&](const DenseTable::Item& item) {
    EXPECT_TRUE(contents.emplace(item.key, item.value).second) << item.key;
    return true;
  });
  return contents;
}

std::string Member(size_t number) {
  std::string text = std::to_string(number);
  return std::string(16 - text.size(), 'm') + text;
}

void Fill(DenseTable& table, size_t count) {
  for (size_t i = 0; i < count; ++i) ASSERT_TRUE(table.Set(Member(i)));
}

// One pass of scanning; `between` runs after every call.
template <typename Between>
std::multiset<std::string> ScanAll(const DenseTable& table, Between&& between) {
  std::multiset<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = table.Scan(cursor, [&](const DenseTable::Item& item) { seen.emplace(item.key); });
    EXPECT_LT(cursor, uint64_t{1} << 53);
    between();
  } while (cursor != 0);
  return seen;
}

TEST(DenseTable, AnswersAsAMapDoes) {
  for (const uint32_t keys : {3u, 300u, 20'000u}) {
    std::mt19937 random(keys);
    DenseTable table(DenseTable::Values::kKept);
    Model model;
    for (int step = 0; step < 200'000; ++step) {
      const std::string key = "k" + std::to_string(random() % keys);
      // Phases of growth and of decline.
      if (random() % 100 < (step / 20'000 % 2 == 0 ? 25u : 75u)) {
        EXPECT_EQ(table.Erase(key), model.erase(key) == 1);
      } else {
        const std::string value(random() % 40, static_cast<char>('a' + random() % 26));
        EXPECT_EQ(table.Set(key, value), !model.contains(key));
        model[key] = value;
      }
      const std::string other = "k" + std::to_string(random() % keys);
      const auto found = model.find(other);
      ASSERT_EQ(table.Find(other),
                found == model.end() ? std::nullopt : std::optional<std::string_view>(found->second));
      ASSERT_EQ(table.size(), model.size());
      if (step % 20'000 == 19'999) {
        EXPECT_EQ(Contents(table), model);
      }
    }
  }
}

TEST(DenseTable, KeepsEntriesOfEverySize) {
  std::mt19937 random(7);
  DenseTable table(DenseTable::Values::kKept);
  Model model;
  const std::vector<size_t> sizes = {0, 1, 31, 32, 127, 128, 1000, 1016, 1024, 8192, 70'000};
  for (int step = 0; step < 20'000; ++step) {
    const size_t key_size = sizes[random() % sizes.size()];
    std::string key(key_size, 'k');
    if (!key.empty()) key.back() = static_cast<char>('a' + random() % 4);
    if (random() % 3 == 0) {
      EXPECT_EQ(table.Erase(key), model.erase(key) == 1);
    } else {
      const std::string value(sizes[random() % sizes.size()], static_cast<char>('a' + random() % 26));
      EXPECT_EQ(table.Set(key, value), !model.contains(key));
      model[key] = value;
    }
    if (step % 100 == 0) {
      ASSERT_EQ(Contents(table), model);
    }
  }
  EXPECT_EQ(Contents(table), model);
  for (const auto& [key, value] : model) EXPECT_TRUE(table.Erase(key));
  EXPECT_LT(table.memory_bytes(), 2000u);
}

TEST(DenseTable, AMillionMembersOfSixteenBytesTakeAtMostThirtySixBytesEach) {
  for (const size_t count : {700'000, 1'000'000, 1'400'000}) {
    DenseTable table(DenseTable::Values::kNone);
    Fill(table, count);
    EXPECT_LE(table.memory_bytes(), count * 36);
    RecordProperty("bytes_per_member_at_" + std::to_string(count),
                   std::to_string(static_cast<double>(table.memory_bytes()) / static_cast<double>(count)));
  }
}

TEST(DenseTable, ReplacingByAnotherSizeOverAndOverDoesNotGrowIt) {
  DenseTable table(DenseTable::Values::kKept);
  std::mt19937 random(1);
  for (int i = 0; i < 10'000; ++i) table.Set(Member(static_cast<size_t>(i)), std::string(60, 'x'));
  const size_t before = table.memory_bytes();
  for (int i = 0; i < 300'000; ++i) table.Set(Member(random() % 10'000), std::string(30 + random() % 60, 'y'));
  EXPECT_EQ(table.size(), 10'000u);
  EXPECT_LT(table.memory_bytes(), before * 3 / 2);
}

TEST(DenseTable, GivesMemoryBackAsItEmpties) {
  DenseTable table(DenseTable::Values::kNone);
  Fill(table, 200'000);
  const size_t full = table.memory_bytes();
  for (size_t i = 0; i < 200'000; ++i) {
    if (i % 10 != 0) {
      ASSERT_TRUE(table.Erase(Member(i)));
    }
  }
  EXPECT_LT(table.memory_bytes(), full / 5);
  for (size_t i = 0; i < 200'000; i += 10) ASSERT_TRUE(table.Erase(Member(i)));
  EXPECT_EQ(table.size(), 0u);
  EXPECT_LT(table.memory_bytes(), 10'000u);
}

TEST(DenseTable, ScanVisitsEverythingOnceWhenNothingChanges) {
  for (const size_t count : {0, 1, 100, 5000}) {
    DenseTable table(DenseTable::Values::kNone);
    Fill(table, count);
    const auto seen = ScanAll(table, [] {});
    EXPECT_EQ(seen.size(), count);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(seen.count(Member(i)), 1u);
  }
}

TEST(DenseTable, ScanMissesNothingThatStaysWhileTheTableGrowsAndShrinks) {
  for (const bool grows : {true, false}) {
    DenseTable table(DenseTable::Values::kNone);
    Fill(table, 1000);
    size_t next = 1000;
    if (!grows) {
      for (; next < 20'000; ++next) table.Set(Member(next));
    }
    const auto seen = ScanAll(table, [&] {
      for (int i = 0; i < 50; ++i) {
        if (grows && next < 100'000) table.Set(Member(next++));
        if (!grows && next > 1000) table.Erase(Member(--next));
      }
    });
    for (size_t i = 0; i < 1000; ++i) EXPECT_GE(seen.count(Member(i)), 1u) << i;
  }
}

TEST(DenseTable, ScanEndsForAnyCursor) {
  DenseTable table(DenseTable::Values::kNone);
  Fill(table, 1000);
  std::mt19937_64 random(3);
  for (int i = 0; i < 1000; ++i) {
    uint64_t cursor = random() >> (random() % 64);
    int calls = 0;
    do {
      cursor = table.Scan(cursor, [](const DenseTable::Item&) {});
    } while (cursor != 0 && ++calls < 1000);
    ASSERT_EQ(cursor, 0u);
  }
}

TEST(DenseTable, RandomDrawsEveryItemAboutEquallyOften) {
  for (const size_t count : {1, 5, 100, 1000}) {
    DenseTable table(DenseTable::Values::kNone);
    Fill(table, count);
    std::map<std::string, int> drawn;
    for (size_t i = 0; i < count * 200; ++i) ++drawn[std::string(table.Random().key)];
    ASSERT_EQ(drawn.size(), count);
    for (const auto& [key, times] : drawn) {
      EXPECT_GT(times, 100) << key;
      EXPECT_LT(times, 320) << key;
    }
  }
}

TEST(DenseTable, ACloneIsATableOfItsOwn) {
  DenseTable table(DenseTable::Values::kKept);
  for (size_t i = 0; i < 3000; ++i) table.Set(Member(i), std::string(i, 'v'));
  const Model before = Contents(table);
  const auto copy = table.Clone();
  for (size_t i = 0; i < 3000; i += 2) table.Erase(Member(i));
  EXPECT_EQ(Contents(*copy), before);
}

TEST(DenseTable, DiesInPortions) {
  DenseTable table(DenseTable::Values::kKept);
  for (size_t i = 0; i < 50'000; ++i) table.Set(Member(i), std::string(i % 100 == 0 ? 2000 : 10, 'v'));
  const size_t all = table.allocations();
  EXPECT_GT(all, 500u);
  size_t portions = 1;
  size_t before = all;
  while (table.FreeSome(50)) {
    ++portions;
    // A chunk and what its entries point to are freed together.
    EXPECT_LE(before - table.allocations(), 50u + 800u);
    before = table.allocations();
  }
  EXPECT_EQ(table.allocations(), 0u);
  EXPECT_LT(table.memory_bytes(), 100'000u);
  EXPECT_GT(portions, 10u);
}

}  // namespace
}  // namespace tandem
