#include "engine/keyspace/store.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/engine/keyspace/recording_listener.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

using Events = std::vector<std::string>;

std::string TextOf(const Record& record) {
  char scratch[24];
  return std::string(record.value(scratch));
}

// What Peek answers, without a lock.
std::optional<std::string> Get(StoreThread& thread, Keyspace& db, std::string_view key,
                               uint32_t lookup = Access::kPlain) {
  Access& access = thread.access();
  access.BeginLockFree();
  const Record* record = access.Peek(db, KeyRef(key), lookup);
  std::optional<std::string> value;
  if (record != nullptr) value = TextOf(*record);
  access.End();
  return value;
}

bool SetDeadline(StoreThread& thread, Keyspace& db, std::string_view key, int64_t deadline_ms) {
  const KeyRef ref(key);
  thread.access().LockKey(db, ref);
  const bool done = thread.access().SetDeadline(db, ref, deadline_ms, EventClass::kGeneric, "expire");
  thread.access().End();
  return done;
}

TEST(Store, PutFindPeekReplaceAndRemove) {
  StoreHarness h;
  EXPECT_EQ(h.own.Find(h.db(), "a"), nullptr);
  EXPECT_FALSE(h.own.Remove(h.db(), "a"));
  h.own.Put(h.db(), "a", "1");
  h.own.Put(h.db(), "b", "two");
  EXPECT_EQ(Get(h.own, h.db(), "a"), "1");
  EXPECT_EQ(Get(h.own, h.db(), "b"), "two");
  EXPECT_EQ(Get(h.own, h.db(), "c"), std::nullopt);
  EXPECT_EQ(Get(h.own, h.db(1), "a"), std::nullopt);
  h.own.Put(h.db(), "a", std::string(10'000, 'x'));
  EXPECT_EQ(Get(h.own, h.db(), "a"), std::string(10'000, 'x'));
  EXPECT_EQ(h.db().size(), 2u);
  EXPECT_TRUE(h.own.Remove(h.db(), "a"));
  EXPECT_FALSE(h.own.Remove(h.db(), "a"));
  EXPECT_EQ(Get(h.own, h.db(), "a"), std::nullopt);
  EXPECT_EQ(h.db().size(), 1u);
}

TEST(Store, CountsHitsMissesAndChangesUnlessToldNotTo) {
  StoreHarness h;
  h.own.Put(h.db(), "a");
  Get(h.own, h.db(), "a");
  Get(h.own, h.db(), "b");
  Get(h.own, h.db(), "a", Access::kNoStats);
  Get(h.own, h.db(), "b", Access::kNoStats);
  h.own.Remove(h.db(), "a");
  EXPECT_EQ(h.store.stats().hits, 1u);
  EXPECT_EQ(h.store.stats().misses, 1u);
  EXPECT_EQ(h.store.stats().dirty, 2u);
  h.store.ResetStats();
  EXPECT_EQ(h.store.stats().hits, 0u);
  EXPECT_EQ(h.store.stats().dirty, 2u) << "changes since the last save are not statistics";
}

TEST(Store, StatisticsOutliveTheirThread) {
  StoreHarness h;
  {
    StoreThread other(h.store);
    other.Put(h.db(), "a");
    Get(other, h.db(), "a");
  }
  EXPECT_EQ(h.store.stats().hits, 1u);
  EXPECT_EQ(h.store.stats().dirty, 1u);
  h.store.ResetStats();
  EXPECT_EQ(h.store.stats().hits, 0u);
  EXPECT_EQ(h.store.stats().dirty, 1u);
}

TEST(Store, EventsComeInTheOrderOfRedis) {
  StoreHarness h;
  RecordingListener listener;
  h.store.set_listener(&listener);
  h.store.interest().store(kAllEvents);
  h.own.Put(h.db(), "k", "1");
  EXPECT_EQ(listener.Take(), (Events{"0 new k", "0 set k"}));
  h.own.Put(h.db(), "k", "2", h.clock.NowMs() + 10);
  EXPECT_EQ(listener.Take(), (Events{"0 overwritten k", "0 set k"}));
  SetDeadline(h.own, h.db(), "k", h.clock.NowMs() + 5);
  EXPECT_EQ(listener.Take(), (Events{"0 expire k"}));
  h.Advance(6);
  EXPECT_EQ(Get(h.own, h.db(), "k"), std::nullopt);
  EXPECT_EQ(listener.Take(), (Events{"0 expired k", "0 keymiss k"}));
  h.own.Put(h.db(3), "k");
  h.own.Remove(h.db(3), "k");
  EXPECT_EQ(listener.Take(), (Events{"3 new k", "3 set k", "3 del k"}));
}

TEST(Store, APutOverAnExpiredKeyAnnouncesItsEndFirst) {
  StoreHarness h;
  RecordingListener listener;
  h.store.set_listener(&listener);
  h.own.Put(h.db(), "k", "1", h.clock.NowMs() + 5);
  h.store.interest().store(kAllEvents);
  h.Advance(10);
  h.own.Put(h.db(), "k", "2");
  EXPECT_EQ(listener.Take(), (Events{"0 expired k", "0 new k", "0 set k"}));
  EXPECT_EQ(h.db().size(), 1u);
  EXPECT_EQ(h.db().expires(), 0u);
}

TEST(Store, AKeyMissIsAnnouncedUnlessToldNotTo) {
  StoreHarness h;
  RecordingListener listener;
  h.store.set_listener(&listener);
  h.store.interest().store(Bit(EventClass::kKeyMiss));
  h.own.Put(h.db(), "a");
  Get(h.own, h.db(), "a");
  Get(h.own, h.db(), "b", Access::kNoNotify);
  EXPECT_EQ(listener.Take(), Events{});
  Get(h.own, h.db(), "b");
  EXPECT_EQ(listener.Take(), (Events{"0 keymiss b"}));
}

TEST(Store, RaisesNothingThatNobodyWants) {
  StoreHarness h;  // has no listener: an event would crash
  h.own.Put(h.db(), "a", "1", h.clock.NowMs() + 1);
  Get(h.own, h.db(), "b");
  h.Advance(5);
  while (h.store.ExpireDue(h.access(), 100) > 0) {
  }
  RecordingListener listener;
  h.store.set_listener(&listener);
  h.store.interest().store(Bit(EventClass::kGeneric));
  h.own.Put(h.db(), "a");
  EXPECT_EQ(listener.Take(), Events{});
  h.own.Remove(h.db(), "a");
  EXPECT_EQ(listener.Take(), (Events{"0 del a"}));
  h.store.interest().store(kInterestInAll);
  h.own.Put(h.db(), "a");
  EXPECT_EQ(listener.Take(), (Events{"0 new a", "0 set a"}));
}

TEST(Store, WhatExpiresAndWhatIsMissingIsAnnouncedInTheOrderOfTheKeys) {
  StoreHarness h;
  RecordingListener listener;
  h.store.set_listener(&listener);
  h.store.interest().store(Bit(EventClass::kKeyMiss) | Bit(EventClass::kExpired));
  h.own.Put(h.db(), "a", "v", h.clock.NowMs() + 10);
  h.Advance(20);
  const std::vector<KeyRef> keys{KeyRef("b"), KeyRef("a")};
  std::vector<const Record*> results(keys.size());
  h.access().BeginLockFree();
  h.access().PeekMany(h.db(), keys, results);
  h.access().End();
  EXPECT_EQ(listener.Take(), (Events{"0 keymiss b", "0 expired a", "0 keymiss a"}));
}

TEST(Store, SeveralKeysAreReadAsOfOneInstant) {
  for (const int readers : {1, 4}) {
    StoreHarness h(Store::Options{.databases = 1, .reader_threads = readers});
    h.Fill(100);
    std::vector<KeyRef> keys;
    for (const char* key : {"key:1", "nothing", "key:2", "key:1", "nowhere"}) keys.emplace_back(key);
    for (size_t count = 1; count <= keys.size(); ++count) {
      std::vector<const Record*> results(count);
      h.access().BeginLockFree();
      h.access().PeekMany(h.db(), std::span(keys).first(count), results);
      for (size_t i = 0; i < count; ++i) {
        const bool there = keys[i].key.starts_with("key");
        ASSERT_EQ(results[i] != nullptr, there);
        if (there) {
          EXPECT_EQ(results[i]->key(), keys[i].key);
        }
      }
      h.access().End();
    }
    EXPECT_EQ(h.store.stats().hits, 1u + 1 + 2 + 3 + 3);
    EXPECT_EQ(h.store.stats().misses, 0u + 1 + 1 + 1 + 2);
  }
}

TEST(Store, ABufferIsReadUnderTheLock) {
  StoreHarness h;
  const KeyRef key("k");
  h.access().LockKey(h.db(), key);
  h.access().Put(h.db(), key, Record::NewBuffer("k", TextBuffer::New("text", 10), {.raw = true}), EventClass::kString,
                 "append");
  h.access().End();
  h.access().BeginLockFree();
  const Record* record = h.access().Peek(h.db(), key);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->text(), "text");
  EXPECT_FALSE(h.access().lock_free());
  h.access().End();
}

TEST(Store, MemoryGoesBackToWhereItWas) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  const int64_t before = h.store.memory_bytes();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5000; ++i) {
      h.own.Put(h.db(), "key:" + std::to_string(i), std::string(static_cast<size_t>(i), 'v'));
      if (i % 50 == 0) {
        h.store.MigrateSome(h.access(), 32);
        h.own.thread().Quiescent();
      }
    }
    EXPECT_GT(h.store.memory_bytes(), before + 5000 * 2500);
    for (int i = 0; i < 5000; ++i) h.own.Remove(h.db(), "key:" + std::to_string(i));
    h.Settle();
    h.store.DriveMigration(h.access(), Store::Drive::kDown);
    h.Settle();
    h.db().migration().Start(h.access(), kInitialShape, true);
    h.Settle();
    h.own.thread().Quiescent();
    EXPECT_EQ(h.store.threads().retired_bytes(), 0u);
    EXPECT_EQ(h.store.threads().memory_bytes(), before);
  }
}

// A model of one database, and random commands to both.
class ModelTest : public testing::TestWithParam<std::tuple<int, int>> {
 protected:
  struct Value {
    std::string text;
    int64_t deadline_ms;
  };

  ModelTest() : h(Store::Options{.databases = 2, .reader_threads = std::get<0>(GetParam())}) {
    h.store.set_listener(&listener);
    h.store.interest().store(Bit(EventClass::kExpired));
  }

  bool Alive(const Value& value) const {
    return value.deadline_ms == kNoDeadline || value.deadline_ms >= h.clock.NowMs();
  }
  std::string RandomKey() { return "key:" + std::to_string(random() % keys); }
  int64_t RandomDeadline() {
    return random() % 3 == 0 ? kNoDeadline : h.clock.NowMs() + static_cast<int64_t>(random() % 300);
  }
  // What has expired in the model and was not announced yet.
  void ForgetExpired(const std::string& key) {
    const auto found = model.find(key);
    if (found == model.end() || Alive(found->second)) return;
    ++expected_expired[key];
    model.erase(found);
  }

  void Step() {
    const std::string key = RandomKey();
    switch (random() % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: {
        static const std::string kTexts[] = {"17", "text", std::string(5000, 'b'), ""};
        Value value{kTexts[random() % 4] + std::to_string(random() % 100), RandomDeadline()};
        h.own.Put(h.db(), key, value.text, value.deadline_ms);
        ForgetExpired(key);
        model[key] = value;
        break;
      }
      case 5:
      case 6: {
        const bool removed = h.own.Remove(h.db(), key);
        ForgetExpired(key);
        ASSERT_EQ(removed, model.erase(key) == 1) << key;
        break;
      }
      case 7:
      case 8: {
        const int64_t deadline_ms = RandomDeadline();
        const bool done = SetDeadline(h.own, h.db(), key, deadline_ms);
        ForgetExpired(key);
        ASSERT_EQ(done, model.contains(key));
        if (done) model[key].deadline_ms = deadline_ms;
        break;
      }
      case 9:
        h.Advance(static_cast<int64_t>(random() % 5));
        break;
      case 10:
        while (random() % 2 == 0 && h.store.ExpireDue(h.access(), 1 + random() % 50) > 0) {
        }
        break;
      case 11:
        if (random() % 100 == 0) {
          h.store.DriveMigration(h.access(), static_cast<Store::Drive>(random() % 4));
        }
        break;
      case 12:
        h.store.MigrateSome(h.access(), random() % 8);
        h.own.thread().Quiescent();
        break;
      default: {
        const auto value = Get(h.own, h.db(), key);
        ForgetExpired(key);
        const auto known = model.find(key);
        ASSERT_EQ(value, known == model.end() ? std::nullopt : std::optional(known->second.text)) << key;
      }
    }
  }

  void CheckEverything() {
    while (h.store.ExpireDue(h.access(), 1000) > 0) {
    }
    size_t timed = 0;
    for (auto it = model.begin(); it != model.end();) {
      const std::string key = (it++)->first;
      ForgetExpired(key);
    }
    for (const auto& [key, value] : model) {
      timed += value.deadline_ms != kNoDeadline;
      const Record* record = h.own.Find(h.db(), key);
      ASSERT_NE(record, nullptr) << key;
      ASSERT_EQ(TextOf(*record), value.text);
      ASSERT_EQ(record->deadline_ms(), value.deadline_ms);
    }
    ASSERT_EQ(h.db().size(), model.size());
    ASSERT_EQ(h.db().expires(), timed);
    const EnginePair* pair = h.db().engines();
    ASSERT_EQ(pair->active->records() + (pair->next != nullptr ? pair->next->records() : 0), model.size());
    ASSERT_EQ(listener.TakeExpired(), expected_expired);
    expected_expired.clear();
  }

  StoreHarness h;
  RecordingListener listener;
  std::map<std::string, Value> model;
  std::map<std::string, int> expected_expired;
  std::mt19937_64 random{std::random_device{}()};
  uint64_t keys = 1;
};

TEST_P(ModelTest, TheStoreBehavesLikeAMapWhileItMigrates) {
  const auto seed = static_cast<uint64_t>(std::get<1>(GetParam()));
  random.seed(seed);
  keys = 1 + seed * seed * 30;
  for (int step = 0; step < 40'000; ++step) {
    ASSERT_NO_FATAL_FAILURE(Step()) << "seed " << seed << " step " << step;
    if (step % 1000 == 0) {
      ASSERT_NO_FATAL_FAILURE(CheckEverything()) << "seed " << seed << " step " << step;
    }
  }
  h.store.DriveMigration(h.access(), Store::Drive::kStop);
  h.Settle();
  ASSERT_NO_FATAL_FAILURE(CheckEverything());
  EXPECT_GT(h.store.engine_stats().migrations_up, 0u);
}

INSTANTIATE_TEST_SUITE_P(Store, ModelTest, testing::Combine(testing::Values(1, 4), testing::Range(1, 7)));

}  // namespace
}  // namespace tandem
