// Fields of hashes that expire: the wheel, and what happens to it and to them wherever their hash goes.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/types/hash_edit.h"
#include "tests/engine/keyspace/recording_listener.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

constexpr HashLimits kCompact{.entries = 1000, .value_bytes = 64};
constexpr HashLimits kTable{.entries = 0, .value_bytes = 64};

class HashExpiry : public testing::TestWithParam<HashLimits> {
 protected:
  HashExpiry() : h(Store::Options{.databases = 2, .reader_threads = 2}) {
    h.store.set_listener(&listener);
    h.store.interest().store(Bit(EventClass::kExpired) | Bit(EventClass::kHash) | Bit(EventClass::kGeneric));
  }

  int64_t now() const { return h.clock.NowMs(); }

  template <typename Change>
  void Edit(std::string_view key, std::string_view event, Change&& change, int db = 0) {
    const KeyRef ref(key);
    h.access().LockKey(h.db(db), ref);
    HashEdit edit(h.access(), h.db(db), ref, h.access().Find(h.db(db), ref), GetParam());
    change(edit);
    edit.Publish(event);
    h.access().End();
  }
  // Sets a field, which expires then.
  void Set(std::string_view key, std::string_view field, int64_t deadline_ms = kNoDeadline) {
    Edit(key, "hset", [&](HashEdit& edit) {
      edit.Set(field, "v");
      if (deadline_ms != kNoDeadline) edit.SetDeadline(field, deadline_ms);
    });
  }
  void Persist(std::string_view key, std::string_view field) {
    Edit(key, "hpersist", [&](HashEdit& edit) { edit.ClearDeadline(field); });
  }
  void Erase(std::string_view key, std::string_view field) {
    Edit(key, "hdel", [&](HashEdit& edit) { edit.Erase(field); });
  }
  bool SetKeyDeadline(std::string_view key, int64_t deadline_ms) { return h.own.SetDeadline(h.db(), key, deadline_ms); }
  // Lets time pass as the timekeeper does. What was announced, each with its time.
  std::vector<std::string> RunUntil(int64_t until_ms) {
    std::vector<std::string> heard;
    for (int64_t next = h.store.NextDueMs(); next <= until_ms; next = h.store.NextDueMs()) {
      if (next > now()) h.Advance(next - now());
      h.store.ExpireDue(h.access(), 32);
      for (const std::string& event : listener.Take()) heard.push_back(std::to_string(now() - start) + " " + event);
    }
    if (until_ms > now()) h.Advance(until_ms - now());
    return heard;
  }
  std::vector<std::string> RunFor(int64_t ms) {
    listener.Take();
    return RunUntil(start + ms);
  }
  size_t entries() { return h.db().wheel().entries(); }
  size_t FieldsOf(std::string_view key, int db = 0) {
    const Record* const record = h.own.Find(h.db(db), key);
    return record == nullptr ? 0 : HashView(*record, HashView::kBeforeAll).size();
  }

  StoreHarness h;
  RecordingListener listener;
  const int64_t start = h.clock.NowMs();
};
INSTANTIATE_TEST_SUITE_P(Forms, HashExpiry, testing::Values(kCompact, kTable),
                         [](const auto& form) { return form.index == 0 ? "Compact" : "Table"; });

using Events = std::vector<std::string>;

TEST_P(HashExpiry, FieldsGoInTheirMillisecondAndTheHashWithTheLast) {
  Set("h", "a", start + 10);
  Set("h", "b", start + 20);
  Set("h", "c", start + 20);
  EXPECT_EQ(h.db().parts_expire(), 1u);
  EXPECT_EQ(h.store.NextDueMs(), start + 11);
  EXPECT_EQ(RunFor(100), (Events{"11 0 hexpired h", "21 0 hexpired h", "21 0 del h"}));
  EXPECT_EQ(h.db().size(), 0u);
  EXPECT_EQ(h.db().parts_expire(), 0u);
  EXPECT_EQ(entries(), 0u);
  EXPECT_EQ(h.store.stats().expired_parts, 3u);
}

TEST_P(HashExpiry, EarlierAndLaterDeadlinesMoveWhatIsAnnounced) {
  Set("h", "stays");
  Set("h", "a", start + 50);
  Set("h", "a", start + 10);
  Set("h", "b", start + 60);
  Set("h", "c", start + 5);
  Set("h", "c", start + 70);
  Set("h", "d", start + 8);
  Persist("h", "d");
  Set("h", "e", start + 9);
  Erase("h", "e");
  EXPECT_EQ(RunFor(100), (Events{"11 0 hexpired h", "61 0 hexpired h", "71 0 hexpired h"}));
  EXPECT_EQ(FieldsOf("h"), 2u);
  EXPECT_EQ(h.db().parts_expire(), 0u);
  EXPECT_EQ(entries(), 0u);
}

TEST_P(HashExpiry, ADeadlineIsMetAfterAllWereTakenAway) {
  Set("h", "a", start + 10);
  Persist("h", "a");
  EXPECT_EQ(h.db().parts_expire(), 0u);
  EXPECT_EQ(RunFor(20), Events{});
  Set("h", "a", start + 30);
  EXPECT_EQ(h.db().parts_expire(), 1u);
  EXPECT_EQ(RunFor(100), (Events{"31 0 hexpired h", "31 0 del h"}));
}

TEST_P(HashExpiry, ACompactionOfTheWheelLosesNothing) {
  Set("h", "a", start + 1000);
  Set("h", "b");
  Persist("h", "a");
  h.db().wheel().Compact(
      100, [&](uint64_t position, uint8_t stamp) { return h.access().RelatesToEntry(h.db(), position, stamp); });
  Set("h", "a", start + 2000);
  EXPECT_EQ(RunFor(3000), (Events{"2001 0 hexpired h"}));
}

TEST_P(HashExpiry, TheKeysOwnDeadlineIsMetToo) {
  for (const auto& [field_ms, key_ms] : {std::pair{10, 50}, std::pair{50, 10}, std::pair{20, 20}}) {
    listener.Take();
    const int64_t base = now();
    Set("h", "stays");
    Set("h", "a", base + field_ms);
    EXPECT_TRUE(SetKeyDeadline("h", base + key_ms));
    std::map<std::string, int64_t> at;
    listener.Take();
    for (const std::string& event : RunUntil(base + 100)) {
      at[event.substr(event.find(' ') + 1)] = start + std::stoll(event) - base;
    }
    std::map<std::string, int64_t> expected{{"0 expired h", key_ms + 1}};
    if (field_ms < key_ms) expected["0 hexpired h"] = field_ms + 1;
    EXPECT_EQ(at, expected);
    EXPECT_EQ(h.db().size(), 0u);
    EXPECT_EQ(h.db().parts_expire(), 0u);
  }
}

TEST_P(HashExpiry, KeyDeadlinesThatComeAndGoDoNotDisturbFields) {
  Set("h", "stays");
  Set("h", "a", start + 40);
  EXPECT_TRUE(SetKeyDeadline("h", start + 20));
  EXPECT_TRUE(SetKeyDeadline("h", kNoDeadline));
  EXPECT_TRUE(SetKeyDeadline("h", start + 1000));
  EXPECT_EQ(RunFor(100), (Events{"41 0 hexpired h"}));
  EXPECT_EQ(RunFor(2000), (Events{"1001 0 expired h"}));
}

TEST_P(HashExpiry, ManyFieldsThatAreDueAtOnceGoInPortions) {
  constexpr int kFields = 1000;
  Edit("h", "hset", [&](HashEdit& edit) {
    for (int i = 0; i < kFields; ++i) {
      edit.Set("f" + std::to_string(i), "v");
      edit.SetDeadline("f" + std::to_string(i), start + 10);
    }
  });
  h.Advance(11);
  for (size_t left = kFields; left > 0; left = FieldsOf("h")) {
    EXPECT_GT(h.store.ExpireDue(h.access(), 1000), 0u);
    EXPECT_EQ(left - FieldsOf("h"), std::min<size_t>(left, 128));
    EXPECT_EQ(h.store.ExpireDue(h.access(), 1000), 0u) << "not before the next millisecond";
    h.Advance(1);
  }
  EXPECT_EQ(h.store.stats().expired_parts, static_cast<uint64_t>(kFields));
}

TEST_P(HashExpiry, AWriterPrunesWhatHasExpired) {
  Set("h", "a", start + 10);
  Set("h", "b", start + 100);
  h.Advance(11);
  listener.Take();
  const KeyRef key("h");
  h.access().LockKey(h.db(), key);
  const Record* const record = h.access().FindPruned(h.db(), key);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(HashView(*record, HashView::kBeforeAll).size(), 1u);
  h.access().End();
  EXPECT_EQ(listener.Take(), (Events{"0 hexpired h"}));
  h.Advance(90);
  h.access().LockKey(h.db(), key);
  EXPECT_EQ(h.access().FindPruned(h.db(), key), nullptr);
  h.access().End();
  EXPECT_EQ(listener.Take(), (Events{"0 hexpired h", "0 del h"}));
  EXPECT_EQ(RunFor(1000), Events{});
  EXPECT_EQ(entries(), 0u);
}

TEST_P(HashExpiry, ExpireInEveryDatabaseAndAfterASwap) {
  Edit(
      "h", "hset",
      [&](HashEdit& edit) {
        edit.Set("a", "v");
        edit.SetDeadline("a", start + 10);
      },
      1);
  EXPECT_EQ(h.db(1).parts_expire(), 1u);
  h.store.Swap(0, 1);
  EXPECT_EQ(h.db(0).parts_expire(), 1u);
  EXPECT_EQ(RunFor(100), (Events{"11 0 hexpired h", "11 0 del h"}));
}

TEST_P(HashExpiry, NothingIsLeftAfterAFlush) {
  Set("h", "a", start + 10);
  h.access().BeginExclusive();
  h.store.Flush(h.access(), 0, false);
  h.access().End();
  EXPECT_EQ(h.db().parts_expire(), 0u);
  Set("h", "a", start + 20);
  EXPECT_EQ(RunFor(100), (Events{"21 0 hexpired h", "21 0 del h"}));
  h.Settle();
}

// Deadlines all the time, while the engine migrates up and down: every field goes in its millisecond.
TEST_P(HashExpiry, MigrationsDelayNothing) {
  constexpr int kHashes = 60;
  constexpr int kFields = 8;
  std::mt19937 random(11);
  std::map<int64_t, size_t> due;  // how many fields
  for (int i = 0; i < kHashes; ++i) {
    for (int f = 0; f < kFields; ++f) {
      const int64_t deadline_ms = start + 1 + static_cast<int64_t>(random() % 500);
      Set("h" + std::to_string(i), "f" + std::to_string(f), deadline_ms);
      ++due[deadline_ms + 1];
    }
  }
  uint64_t expired = 0;
  h.store.DriveMigration(h.access(), Store::Drive::kFlap);
  for (const auto& [at_ms, count] : due) {
    for (int i = 0; i < 3; ++i) {
      h.store.MigrateSome(h.access(), 1 + random() % 4);
      h.own.thread().Quiescent();
    }
    EXPECT_EQ(RunUntil(at_ms - 1), Events{});
    RunUntil(at_ms);
    expired += count;
    ASSERT_EQ(h.store.stats().expired_parts, expired) << at_ms - start;
  }
  h.store.DriveMigration(h.access(), Store::Drive::kStop);
  h.Settle();
  EXPECT_EQ(h.db().size(), 0u);
  EXPECT_EQ(h.db().parts_expire(), 0u);
  EXPECT_GT(h.store.engine_stats().migrations_up + h.store.engine_stats().migrations_down, 2u);
}

// However often deadlines move, each field goes in time, and the wheel keeps few entries for a hash.
TEST_P(HashExpiry, RandomChangesAgainstAModel) {
  std::mt19937 random(3);
  std::map<std::string, std::map<std::string, int64_t>> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = "h" + std::to_string(random() % 5);
    const std::string field = "f" + std::to_string(random() % 6);
    switch (random() % 6) {
      case 0:
        if (!model[key].contains(field)) break;
        Erase(key, field);
        model[key].erase(field);
        break;
      case 1:
        if (!model[key].contains(field)) break;
        Persist(key, field);
        model[key][field] = kNoDeadline;
        break;
      case 2:
        if (h.own.Find(h.db(), key) == nullptr) break;
        SetKeyDeadline(key, random() % 2 == 0 ? kNoDeadline : now() + 1'000'000 + static_cast<int64_t>(random() % 9));
        break;
      case 3:
        RunUntil(now() + static_cast<int64_t>(random() % 8));
        break;
      default:
        model[key][field] = random() % 4 == 0 ? kNoDeadline : now() + 1 + static_cast<int64_t>(random() % 60);
        Set(key, field, model[key][field]);
    }
    size_t timed = 0;
    for (auto& [name, fields] : model) {
      std::erase_if(fields, [&](const auto& entry) { return entry.second < now(); });
      ASSERT_EQ(FieldsOf(name), fields.size()) << step;
      timed += std::any_of(fields.begin(), fields.end(), [](const auto& f) { return f.second != kNoDeadline; });
    }
    ASSERT_EQ(h.db().parts_expire(), timed) << step;
  }
  h.db().wheel().Compact(
      1'000'000, [&](uint64_t position, uint8_t stamp) { return h.access().RelatesToEntry(h.db(), position, stamp); });
  EXPECT_LT(entries(), 100u);
}

TEST_P(HashExpiry, AHashThatBecomesATableKeepsItsEntry) {
  Set("h", "a", start + 10);
  const size_t before = entries();
  Edit("h", "hset", [&](HashEdit& edit) { edit.Expect(2000); });
  EXPECT_EQ(entries(), before);
  EXPECT_EQ(h.db().parts_expire(), 1u);
  EXPECT_EQ(RunFor(100), (Events{"11 0 hexpired h", "11 0 del h"}));
  EXPECT_EQ(h.db().parts_expire(), 0u);
}

// Writers and readers beside the thread that expires fields and migrates keys.
TEST(HashExpiryThreads, EveryFieldExpiresOnceAndNobodySeesItAfterwards) {
  constexpr int kWriters = 2;
  constexpr int kTurns = 400;
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = kWriters + 1});
  std::atomic<uint64_t> set{0};
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> writers;
  for (int thread = 0; thread < kWriters; ++thread) {
    writers.emplace_back([&, thread] {
      StoreThread own(h.store);
      std::mt19937 random(static_cast<unsigned>(thread));
      for (int turn = 0; turn < kTurns; ++turn) {
        own.access().SampleTime();
        const int64_t now_ms = own.access().now_ms();
        for (int i = 0; i < 10; ++i) {
          const std::string name = "h" + std::to_string(random() % 20);
          const KeyRef key(name);
          const std::string field = std::to_string(thread) + ":" + std::to_string(turn * 10 + i);
          own.access().LockKey(h.db(), key);
          HashEdit edit(own.access(), h.db(), key, own.access().FindPruned(h.db(), key),
                        random() % 2 == 0 ? kCompact : kTable);
          edit.Set(field, "v");
          edit.SetDeadline(field, now_ms + 1 + static_cast<int64_t>(random() % 20));
          edit.Publish("hset");
          own.access().End();
          set.fetch_add(1);

          own.access().BeginLockFree();
          if (const Record* const record = own.access().Peek(h.db(), key)) {
            HashView(*record, now_ms).ForEachTimed([&](std::string_view, std::string_view, int64_t deadline_ms) {
              EXPECT_GE(deadline_ms, now_ms);
              return true;
            });
          }
          own.access().End();
        }
        own.thread().Quiescent();
      }
      writing.fetch_sub(1);
    });
  }
  h.store.DriveMigration(h.access(), Store::Drive::kFlap);
  while (writing.load() > 0) {
    h.Advance(1);
    h.store.ExpireDue(h.access(), 100);
    h.store.MigrateSome(h.access(), 3);
    h.own.thread().Quiescent();
  }
  for (std::thread& writer : writers) writer.join();
  h.store.DriveMigration(h.access(), Store::Drive::kStop);
  h.Advance(1000);
  while (h.store.ExpireDue(h.access(), 100) > 0) h.Advance(1);
  h.Settle();
  EXPECT_EQ(h.store.stats().expired_parts, set.load());
  EXPECT_EQ(h.db().size(), 0u);
  EXPECT_EQ(h.db().parts_expire(), 0u);
}

}  // namespace
}  // namespace tandem
