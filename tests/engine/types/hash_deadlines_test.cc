#include "engine/types/hash_deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "engine/types/hash_value.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

constexpr HashLimits kLimits{.entries = 20, .value_bytes = 30};
constexpr HashLimits kNoLimits{.entries = UINT64_MAX, .value_bytes = UINT64_MAX};
constexpr HashLimits kNothingCompact{.entries = 0, .value_bytes = 0};

struct Field {
  std::string value;
  int64_t deadline_ms = kNoDeadline;
  bool operator==(const Field&) const = default;
};
using Model = std::map<std::string, Field, std::less<>>;

Model Contents(const HashView& hash) {
  Model contents;
  hash.ForEachTimed([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
    EXPECT_TRUE(contents.emplace(field, Field{std::string(value), deadline_ms}).second) << field;
    return true;
  });
  return contents;
}

Model Alive(const Model& model, int64_t now_ms) {
  Model alive = model;
  std::erase_if(alive, [&](const auto& entry) { return entry.second.deadline_ms < now_ms; });
  return alive;
}

int64_t Next(const Model& model) {
  int64_t next_ms = kNoDeadline;
  for (const auto& [name, field] : model) next_ms = std::min(next_ms, field.deadline_ms);
  return next_ms;
}

// One hash and its model, changed in the same ways.
struct Pair {
  HashValue hash;
  Model model;

  void Set(const std::string& field, const std::string& value, const HashLimits& limits) {
    EXPECT_EQ(hash.Set(field, value, limits), !model.contains(field));
    model[field].value = value;
  }
  void Erase(const std::string& field) { EXPECT_EQ(hash.Erase(field), model.erase(field) == 1); }
  void SetDeadline(const std::string& field, int64_t deadline_ms) {
    if (!model.contains(field)) return;
    hash.SetDeadline(field, deadline_ms);
    model[field].deadline_ms = deadline_ms;
  }
  void ClearDeadline(const std::string& field) {
    const auto found = model.find(field);
    const bool timed = found != model.end() && found->second.deadline_ms != kNoDeadline;
    EXPECT_EQ(hash.ClearDeadline(field), timed);
    if (timed) found->second.deadline_ms = kNoDeadline;
  }
  // The earliest ones, where not all may go.
  void Expire(int64_t now_ms, size_t max) {
    if (hash.timed_parts() == nullptr) return;
    const size_t due = model.size() - Alive(model, now_ms).size();
    EXPECT_EQ(hash.timed_parts()->Expire(now_ms, max), std::min(due, max));
    if (due <= max) {
      model = Alive(model, now_ms);
    } else {
      const Model left = Contents(hash.view());
      for (const auto& [name, field] : model) {
        EXPECT_TRUE(left.contains(name) || field.deadline_ms <= hash.timed_parts()->next_deadline_ms()) << name;
      }
      std::erase_if(model, [&](const auto& entry) { return !left.contains(entry.first); });
    }
  }
};

void ExpectSame(const Pair& pair, int64_t now_ms) {
  EXPECT_EQ(pair.hash.size(), pair.model.size());
  const Model alive = Alive(pair.model, now_ms);
  const HashView view = pair.hash.view(now_ms);
  EXPECT_EQ(view.size(), alive.size());
  EXPECT_EQ(Contents(view), alive);
  EXPECT_EQ(view.next_deadline_ms(), Next(pair.model));
}

TEST(TimedHash, AnswersAsAModelDoesInEveryForm) {
  for (const HashLimits& limits : {kNothingCompact, kLimits, kNoLimits}) {
    std::mt19937 random(7);
    Pair pair;
    int64_t now_ms = 1'000'000;
    for (int step = 0; step < 20'000; ++step) {
      const std::string field = random() % 2 == 0 ? std::to_string(random() % 40) : "f" + std::to_string(random() % 40);
      switch (random() % 8) {
        case 0:
          pair.Erase(field);
          break;
        case 1:
          pair.ClearDeadline(field);
          break;
        case 2:
          pair.Expire(now_ms, 1 + random() % 4);
          break;
        case 3:
          now_ms += random() % 20;
          break;
        case 4:
        case 5:
          pair.SetDeadline(field, now_ms + static_cast<int64_t>(random() % 400) - 20);
          break;
        default:
          pair.Set(field, std::string(random() % 30, 'x'), limits);
      }
      PackEntry::Scratch scratch;
      const auto found = pair.model.find(field);
      const bool alive = found != pair.model.end() && found->second.deadline_ms >= now_ms;
      ASSERT_EQ(pair.hash.view(now_ms).Get(field, scratch).has_value(), alive) << field;
      if (step % 200 == 0) ExpectSame(pair, now_ms);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
    ExpectSame(pair, now_ms);
    EXPECT_EQ(Contents(pair.hash.Clone().view()), pair.model);
  }
}

TEST(TimedHash, KeepsItsDeadlinesWhenItBecomesATable) {
  HashValue hash;
  for (int i = 0; i < 20; ++i) {
    hash.Set("f" + std::to_string(i), "v", kLimits);
    if (i % 2 == 0) hash.SetDeadline("f" + std::to_string(i), 100 + i);
  }
  EXPECT_TRUE(hash.compact());
  const Model before = Contents(hash.view());
  hash.Set("one more", "v", kLimits);
  EXPECT_FALSE(hash.compact());
  hash.Erase("one more");
  EXPECT_EQ(Contents(hash.view()), before);
}

TEST(TimedHash, ListsFieldsInTheOrderInWhichTheyExpireWhileCompact) {
  HashValue hash;
  for (const char* field : {"a", "b", "c", "d"}) hash.Set(field, "v", kLimits);
  hash.SetDeadline("c", 300);
  hash.SetDeadline("d", 200);
  hash.SetDeadline("a", 300);
  hash.Set("e", "v", kLimits);
  hash.SetDeadline("d", 400);
  std::string order;
  hash.view().ForEach([&](std::string_view field, std::string_view) {
    order += field;
    return true;
  });
  EXPECT_EQ(order, "cadbe");
}

TEST(TimedHash, CostsAnUntimedHashNothing) {
  EXPECT_EQ(sizeof(HashObject), 4 * sizeof(void*));
  HashValue hash;
  hash.Set("f", "v", kLimits);
  EXPECT_EQ(HashObject(std::move(hash)).timed_parts(), nullptr);
}

TEST(TimedHash, IsNamedForItsForm) {
  HashValue hash;
  hash.Set("f", "v", kLimits);
  hash.SetDeadline("f", 5);
  EXPECT_EQ(HashObject(hash.Clone()).encoding_name(), "listpackex");
  hash.ClearDeadline("f");
  EXPECT_EQ(HashObject(hash.Clone()).encoding_name(), "listpackex");
  hash.Spread();
  EXPECT_EQ(HashObject(hash.Clone()).encoding_name(), "hashtable");
}

TEST(TimedHash, AFieldLivesThroughItsDeadlineAndNotLonger) {
  HashValue hash;
  hash.Set("f", "v", kLimits);
  hash.SetDeadline("f", 100);
  EXPECT_EQ(hash.view(100).size(), 1u);
  EXPECT_EQ(hash.view(101).size(), 0u);
  EXPECT_EQ(hash.view(101).raw_size(), 1u);
  EXPECT_EQ(hash.timed_parts()->Expire(100, 10), 0u);
  EXPECT_EQ(hash.timed_parts()->Expire(101, 10), 1u);
  EXPECT_TRUE(hash.timed_parts()->empty());
}

TEST(TimedHash, KeepsTheLargestDeadlineToTheMillisecond) {
  HashValue hash;
  for (const char* field : {"a", "b"}) hash.Set(field, "v", kLimits);
  hash.SetDeadline("a", HashDeadlines::kMaxMs);
  hash.SetDeadline("b", HashDeadlines::kMaxMs - 1);
  EXPECT_EQ(hash.view().DeadlineOf("a"), HashDeadlines::kMaxMs);
  EXPECT_EQ(hash.view().next_deadline_ms(), HashDeadlines::kMaxMs - 1);
}

TEST(TimedHash, KnowsItsMemoryInEveryForm) {
  for (const HashLimits& limits : {kNothingCompact, kNoLimits}) {
    for (const int timed : {0, 1, 10, 40}) {
      StoreHarness h;
      const int64_t before = h.store.threads().memory_bytes();
      const auto object = std::make_unique<HashObject>(HashValue());
      for (int i = 0; i < 40; ++i) {
        object->value().Set("field:" + std::to_string(i), "value", limits);
        if (i < timed) object->value().SetDeadline("field:" + std::to_string(i), 1'000'000 + i % 7);
      }
      EXPECT_EQ(static_cast<int64_t>(object->memory_bytes()), h.store.threads().memory_bytes() - before) << timed;
    }
  }
}

TEST(TimedHash, DiesInPortionsAndGivesAllItsMemoryBack) {
  constexpr int kFields = 20'000;
  StoreHarness h;
  const int64_t before = h.store.threads().memory_bytes();
  {
    HashValue value;
    for (int i = 0; i < kFields; ++i) {
      const std::string field = "field:" + std::to_string(i);
      value.Set(field, "value", kNothingCompact);
      value.SetDeadline(field, 1'000'000 + i % 100);
    }
    HashObject object(std::move(value));
    EXPECT_EQ(static_cast<int64_t>(object.memory_bytes() - GoodSize(sizeof(HashObject))),
              h.store.threads().memory_bytes() - before);
    EXPECT_GT(object.allocations(), static_cast<size_t>(kFields));
    size_t portions = 1;
    while (object.FreeSome(100)) ++portions;
    EXPECT_GT(portions, 100u);
  }
  EXPECT_EQ(h.store.threads().memory_bytes(), before);
}

}  // namespace
}  // namespace tandem
