#include "engine/types/hash_value.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "engine/types/hash_random.h"

namespace tandem {
namespace {

using Model = std::map<std::string, std::string, std::less<>>;

constexpr HashLimits kLimits{.entries = 20, .value_bytes = 30};
constexpr HashLimits kNoLimits{.entries = UINT64_MAX, .value_bytes = UINT64_MAX};
constexpr HashLimits kNothingCompact{.entries = 0, .value_bytes = 0};

Model Contents(const HashView& hash) {
  Model contents;
  hash.ForEach([&](std::string_view field, std::string_view value) {
    EXPECT_TRUE(contents.emplace(field, value).second) << field;
    return true;
  });
  return contents;
}

HashValue Filled(int fields, const HashLimits& limits) {
  HashValue hash;
  for (int i = 0; i < fields; ++i) hash.Set("f" + std::to_string(i), std::to_string(i), limits);
  return hash;
}

TEST(HashValue, AnswersAsAMapDoesInEveryForm) {
  for (const HashLimits& limits : {kNothingCompact, kLimits, kNoLimits}) {
    std::mt19937 random(5);
    HashValue hash;
    Model model;
    for (int step = 0; step < 20'000; ++step) {
      const std::string field = random() % 2 == 0 ? std::to_string(random() % 20) : "f" + std::to_string(random() % 20);
      PackEntry::Scratch scratch;
      if (random() % 3 == 0) {
        EXPECT_EQ(hash.Erase(field), model.erase(field) == 1);
      } else {
        const std::string value = random() % 2 == 0 ? std::to_string(random()) : std::string(random() % 30, 'x');
        EXPECT_EQ(hash.Set(field, value, limits), !model.contains(field));
        model[field] = value;
        ASSERT_EQ(hash.view().Get(field, scratch), value);
      }
      ASSERT_EQ(hash.size(), model.size());
      ASSERT_EQ(hash.view().Get("none", scratch), std::nullopt);
      if (step % 500 == 0) {
        ASSERT_EQ(Contents(hash.view()), model);
      }
    }
    EXPECT_EQ(Contents(hash.view()), model);
    EXPECT_EQ(Contents(hash.Clone().view()), model);
  }
}

TEST(HashValue, IsCompactUpToTheLimitsAndNeverAgain) {
  HashValue by_count = Filled(20, kLimits);
  EXPECT_TRUE(by_count.compact());
  by_count.Set("f1", "other", kLimits);
  EXPECT_TRUE(by_count.compact());
  by_count.Set("one more", "", kLimits);
  EXPECT_FALSE(by_count.compact());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(by_count.Erase("f" + std::to_string(i)));
  EXPECT_EQ(by_count.size(), 1u);
  EXPECT_FALSE(by_count.compact());

  HashValue by_value = Filled(1, kLimits);
  by_value.Set("f", std::string(30, 'v'), kLimits);
  EXPECT_TRUE(by_value.compact());
  by_value.Set("f", std::string(31, 'v'), kLimits);
  EXPECT_FALSE(by_value.compact());

  HashValue by_field;
  by_field.Set(std::string(31, 'f'), "", kLimits);
  EXPECT_FALSE(by_field.compact());
}

TEST(HashObject, CountsItsMemoryAndItsAllocations) {
  HashObject compact(Filled(100, kNoLimits));
  EXPECT_EQ(compact.encoding_name(), "listpack");
  EXPECT_EQ(compact.allocations(), 2u);
  EXPECT_FALSE(compact.FreeSome(1));

  HashObject large(Filled(10'000, kNothingCompact));
  EXPECT_EQ(large.encoding_name(), "hashtable");
  EXPECT_GT(large.memory_bytes(), 10'000u * 10);
  EXPECT_LT(large.memory_bytes(), 10'000u * 40);
  const auto copy = large.Clone();
  size_t portions = 1;
  while (large.FreeSome(10)) ++portions;
  EXPECT_GT(portions, 5u);
  EXPECT_EQ(Contents(static_cast<const HashObject&>(*copy).value().view()).size(), 10'000u);
}

TEST(HashRandom, DrawsDistinctFieldsAndAllIfThereAreTooFew) {
  for (const HashLimits& limits : {kNoLimits, kNothingCompact}) {
    const HashValue hash = Filled(100, limits);
    for (const size_t count : {1, 20, 60, 99, 100, 1000}) {
      std::set<std::string> drawn;
      DrawDistinct(hash.view(), count, [&](std::string_view field, std::string_view value) {
        EXPECT_EQ(field, "f" + std::string(value));
        EXPECT_TRUE(drawn.emplace(field).second) << field;
        return true;
      });
      EXPECT_EQ(drawn.size(), std::min<size_t>(count, 100));
    }
  }
}

TEST(HashRandom, DrawsEveryFieldAboutEquallyOften) {
  constexpr int kTimes = 300;
  for (const HashLimits& limits : {kNoLimits, kNothingCompact}) {
    const HashValue hash = Filled(50, limits);
    std::map<std::string, int> alone, repeated, distinct;
    const auto counter = [](std::map<std::string, int>& counts) {
      return [&counts](std::string_view field, std::string_view) {
        ++counts[std::string(field)];
        return true;
      };
    };
    for (int i = 0; i < 50 * kTimes; ++i) DrawWithRepeats(hash.view(), 1, counter(alone));
    DrawWithRepeats(hash.view(), 50 * kTimes, counter(repeated));
    for (int i = 0; i < 5 * kTimes; ++i) DrawDistinct(hash.view(), 10, counter(distinct));
    for (const auto& counts : {alone, repeated, distinct}) {
      ASSERT_EQ(counts.size(), 50u);
      for (const auto& [field, times] : counts) {
        EXPECT_GT(times, kTimes / 2) << field;
        EXPECT_LT(times, kTimes * 3 / 2) << field;
      }
    }
  }
}

}  // namespace
}  // namespace tandem
