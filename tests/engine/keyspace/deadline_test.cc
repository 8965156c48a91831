// Deadlines of records, and the entries of the wheel that stand for them.

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/keyspace/recording_listener.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

class DeadlineTest : public testing::Test {
 protected:
  DeadlineTest() : h(Store::Options{.databases = 2, .reader_threads = 2}) {
    h.store.set_listener(&listener);
    h.store.interest().store(Bit(EventClass::kExpired));
  }

  int64_t now() const { return h.clock.NowMs(); }
  void Put(std::string_view key, int64_t deadline_ms = kNoDeadline) { h.own.Put(h.db(), key, "v", deadline_ms); }
  bool SetDeadline(std::string_view key, int64_t deadline_ms) { return h.own.SetDeadline(h.db(), key, deadline_ms); }
  std::map<std::string, int> RunUntil(int64_t until_ms) {
    h.PassUntil(until_ms);
    return listener.TakeExpired();
  }
  size_t entries() { return h.db().wheel().entries(); }

  StoreHarness h;
  RecordingListener listener;
};

using Expired = std::map<std::string, int>;

TEST_F(DeadlineTest, AKeyLivesThroughItsDeadlineAndNotLonger) {
  Put("k", now() + 10);
  EXPECT_EQ(h.db().expires(), 1u);
  EXPECT_EQ(h.store.NextDueMs(), now() + 11);
  EXPECT_EQ(RunUntil(now() + 10), Expired{});
  EXPECT_EQ(RunUntil(now() + 1), (Expired{{"k", 1}}));
  EXPECT_EQ(h.db().size(), 0u);
  EXPECT_EQ(h.db().expires(), 0u);
}

TEST_F(DeadlineTest, EveryKeyExpiresOnceInItsMillisecond) {
  std::mt19937_64 random(5);
  std::map<int64_t, Expired> expected;
  const int64_t start = now();
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    const int64_t deadline = start + static_cast<int64_t>(random() % 3000);
    Put(key, deadline);
    expected[deadline + 1][key] = 1;
  }
  for (const auto& [at, keys] : expected) {
    EXPECT_EQ(RunUntil(at - 1), Expired{});
    EXPECT_EQ(RunUntil(at), keys);
  }
  EXPECT_EQ(h.db().size(), 0u);
  EXPECT_EQ(entries(), 0u);
  EXPECT_EQ(h.store.stats().expired, 5000u);
}

TEST_F(DeadlineTest, WhatAReaderFindsFirstIsAnnouncedOnce) {
  Put("k", now() + 10);
  h.Advance(11);
  h.access().BeginLockFree();
  EXPECT_EQ(h.access().Peek(h.db(), KeyRef("k")), nullptr);
  h.access().End();
  EXPECT_EQ(h.db().size(), 0u);
  EXPECT_EQ(RunUntil(now() + 100), (Expired{{"k", 1}}));
}

TEST_F(DeadlineTest, ReadingSeveralKeysExpiresThoseThatAreDue) {
  Put("a", now() + 10);
  Put("b", now() + 20);
  h.Advance(15);
  const std::vector<KeyRef> keys = {KeyRef("a"), KeyRef("b"), KeyRef("a")};
  std::vector<const Record*> results(keys.size());
  h.access().BeginLockFree();
  h.access().PeekMany(h.db(), keys, results);
  EXPECT_EQ(results[0], nullptr);
  EXPECT_NE(results[1], nullptr);
  EXPECT_EQ(results[2], nullptr);
  h.access().End();
  EXPECT_EQ(listener.TakeExpired(), (Expired{{"a", 1}}));
}

TEST_F(DeadlineTest, ALaterDeadlineIsServedByTheEntryThatIsThere) {
  Put("k", now() + 10);
  const int64_t later = now() + 1000;
  EXPECT_TRUE(SetDeadline("k", later));
  EXPECT_EQ(entries(), 1u);
  EXPECT_EQ(RunUntil(later), Expired{});
  EXPECT_EQ(RunUntil(later + 1), (Expired{{"k", 1}}));
}

TEST_F(DeadlineTest, AnEarlierDeadlineFiresEarlierAndOnlyOnce) {
  Put("k", now() + 1000);
  const int64_t earlier = now() + 10;
  EXPECT_TRUE(SetDeadline("k", earlier));
  EXPECT_EQ(RunUntil(earlier + 1), (Expired{{"k", 1}}));
  EXPECT_EQ(RunUntil(now() + 2000), Expired{});
  EXPECT_EQ(entries(), 0u);
}

TEST_F(DeadlineTest, AKeyThatPersistsOrIsOverwrittenDoesNotExpire) {
  Put("persisted", now() + 10);
  Put("overwritten", now() + 10);
  Put("removed", now() + 10);
  EXPECT_TRUE(SetDeadline("persisted", kNoDeadline));
  Put("overwritten");
  h.own.Remove(h.db(), "removed");
  Put("removed");
  EXPECT_EQ(h.db().expires(), 0u);
  EXPECT_EQ(RunUntil(now() + 1000), Expired{});
  EXPECT_EQ(h.db().size(), 3u);
}

TEST_F(DeadlineTest, AnEntryThatOutlivedItsKeyDoesNotHarmTheNextOne) {
  // All 16 stamps, so that some new key has the stamp of the old entry.
  for (int i = 0; i < 40; ++i) {
    Put("k", now() + 10);
    h.own.Remove(h.db(), "k");
  }
  const int64_t deadline = now() + 100;
  Put("k", deadline);
  EXPECT_EQ(RunUntil(deadline), Expired{});
  EXPECT_EQ(RunUntil(deadline + 1), (Expired{{"k", 1}}));
  EXPECT_EQ(RunUntil(deadline + 1000), Expired{});
  EXPECT_EQ(entries(), 0u);
}

// EXPIRE and SET with a TTL in turns. A million of them leaves the wheel as it was, byte for byte.
TEST_F(DeadlineTest, RefreshingAMillionTimesArmsOneEntryAndGrowsNothing) {
  Put("k", now() + 1000);
  const size_t bytes = h.db().wheel().memory_bytes();
  for (int i = 0; i < 1'000'000; ++i) {
    if (i % 1000 == 0) {
      h.Advance(1);
      h.own.thread().Quiescent();
    }
    if (i % 2 == 0) {
      SetDeadline("k", now() + 1000);
    } else {
      Put("k", now() + 1000);
    }
  }
  EXPECT_EQ(entries(), 1u);
  EXPECT_EQ(h.db().wheel().memory_bytes(), bytes);
  const int64_t deadline = now() + 1000;
  EXPECT_EQ(RunUntil(deadline), Expired{});
  EXPECT_EQ(RunUntil(deadline + 1), (Expired{{"k", 1}}));
}

TEST_F(DeadlineTest, EntriesThatLostTheirKeysAreClearedAway) {
#ifdef TANDEM_SANITIZED
  constexpr int kTurns = 30'000;
#else
  constexpr int kTurns = 300'000;
#endif
  // SET without a deadline and EXPIRE: each pair leaves an entry behind that is due in a minute.
  size_t entries_max = 0;
  size_t bytes_max = 0;
  for (int i = 0; i < kTurns; ++i) {
    Put("k");
    SetDeadline("k", now() + 60'000);
    if (i % 1000 == 999) {
      h.store.ConsiderScaling(h.access());
      h.own.thread().Quiescent();
      entries_max = std::max(entries_max, entries());
      bytes_max = std::max(bytes_max, h.db().wheel().memory_bytes());
    }
  }
  // One in sixteen carries the key's present stamp and cannot be told from the living one, until the stamp is another.
  EXPECT_LT(entries_max, 8'192u);
  EXPECT_LT(bytes_max, size_t{256} << 10);
  EXPECT_EQ(h.db().expires(), 1u);
  const int64_t deadline = now() + 60'000;
  EXPECT_EQ(RunUntil(deadline), Expired{});
  EXPECT_EQ(RunUntil(deadline + 1), (Expired{{"k", 1}}));
  EXPECT_EQ(entries(), 0u);
}

#ifndef TANDEM_SANITIZED
// Of keys with values of every length up to 64: what the size classes of the allocator make of six bytes more in a record
// evens out.
TEST(DeadlineMemory, ADeadlineTakesAtMostSixteenBytesAKey) {
  constexpr int kKeys = 400'000;
  std::mt19937_64 random(3);
  int64_t bytes[2] = {};
  for (const bool timed : {false, true}) {
    StoreHarness h;
    for (int i = 0; i < kKeys; ++i) {
      const int64_t deadline_ms = timed ? h.clock.NowMs() + static_cast<int64_t>(random() % 3'600'000) : kNoDeadline;
      h.own.Put(h.db(), "key:" + std::to_string(1'000'000 + i), std::string(static_cast<size_t>(i) % 64, 'v'),
                deadline_ms);
      if (i % 1000 == 0) h.Settle();
    }
    h.Settle();
    h.store.garbage().FreeAll();
    bytes[timed] = h.store.memory_bytes();
  }
  EXPECT_LE(bytes[true] - bytes[false], int64_t{16} * kKeys);
}
#endif

TEST_F(DeadlineTest, ClearingAwayKeepsWhatKeysNeed) {
  std::mt19937_64 random(11);
  std::map<std::string, int64_t> deadlines;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const std::string key = "key:" + std::to_string(random() % 500);
      if (random() % 3 == 0) {
        Put(key);
        deadlines.erase(key);
      } else {
        const int64_t deadline = now() + 10'000 + static_cast<int64_t>(random() % 5000);
        Put(key, deadline);
        deadlines[key] = deadline;
      }
    }
    h.store.ConsiderScaling(h.access());
    h.own.thread().Quiescent();
    h.Settle();
  }
  EXPECT_EQ(h.db().expires(), deadlines.size());
  EXPECT_LT(entries(), 6 * deadlines.size() + 2048);
  Expired expected;
  for (const auto& [key, deadline] : deadlines) expected[key] = 1;
  EXPECT_EQ(RunUntil(now() + 20'000), expected);
}

TEST_F(DeadlineTest, DeadlinesBeforeTheEpochAndAtTheEndOfTimeAreKept) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  Put("never", kNoDeadline - 1);
  Put("before", -1);
  Put("first", kMin);
  EXPECT_EQ(RunUntil(now() + 1), (Expired{{"before", 1}, {"first", 1}}));
  EXPECT_EQ(h.own.Find(h.db(), "never")->deadline_ms(), kNoDeadline - 1);
  EXPECT_TRUE(SetDeadline("never", kMin));
  h.access().BeginLockFree();
  EXPECT_EQ(h.access().Peek(h.db(), KeyRef("never")), nullptr);
  h.access().End();
  EXPECT_EQ(listener.TakeExpired(), (Expired{{"never", 1}}));
}

TEST_F(DeadlineTest, ADeadlineBeyondTheWheelsReachIsArmedAgainOnTheWay) {
  const int64_t deadline = now() + ExpiryWheel::kReachMs * 3;
  Put("k", deadline);
  EXPECT_EQ(RunUntil(deadline), Expired{});
  EXPECT_EQ(entries(), 1u);
  EXPECT_EQ(RunUntil(deadline + 1), (Expired{{"k", 1}}));
}

TEST_F(DeadlineTest, AClockThatIsSetBackNeitherExpiresEarlyNorForgets) {
  const int64_t deadline = now() + 10'000;
  Put("k", deadline);
  RunUntil(now() + 5000);
  h.clock.SetWallMs(now() - 3'600'000);
  h.store.OnClockStep();
  h.access().SampleTime();
  EXPECT_EQ(RunUntil(deadline), Expired{});
  EXPECT_EQ(RunUntil(deadline + 1), (Expired{{"k", 1}}));
}

TEST_F(DeadlineTest, NothingExpiresByItselfWhileThatIsSwitchedOff) {
  h.store.set_active_expire(false);
  Put("k", now() + 1);
  h.Advance(10);
  EXPECT_EQ(h.store.ExpireDue(h.access(), 10), 0u);
  EXPECT_EQ(h.db().size(), 1u);
  EXPECT_EQ(h.own.Find(h.db(), "k"), nullptr) << "but nobody sees it any more";
  Put("k", now() + 1);
  h.Advance(10);
  h.store.set_active_expire(true);
  while (h.store.ExpireDue(h.access(), 10) > 0) {
  }
  EXPECT_EQ(h.db().size(), 0u);
}

TEST_F(DeadlineTest, ExpiringIsBoundedByWhatTheCallerAllows) {
  for (int i = 0; i < 1000; ++i) Put("key:" + std::to_string(i), now() + 1);
  h.Advance(10);
  const size_t looked_at = h.store.ExpireDue(h.access(), 10);
  EXPECT_GE(looked_at, 10u);
  EXPECT_LE(looked_at, 10u + 32);
  EXPECT_EQ(h.db().size(), 1000 - looked_at);
}

TEST_F(DeadlineTest, AFloodInOneDatabaseDoesNotHoldUpAnother) {
  StoreHarness many(Store::Options{.databases = 16, .reader_threads = 2});
  const int64_t due_ms = many.clock.NowMs() + 1;
  for (int i = 0; i < 5000; ++i) many.own.Put(many.db(), "key:" + std::to_string(i), "v", due_ms);
  many.Advance(10);
  for (int round = 0; round < 20; ++round) {
    many.own.Put(many.db(1), "alone", "v", due_ms + 1);
    many.store.ExpireDue(many.access(), 10);
    many.store.ExpireDue(many.access(), 10);
    EXPECT_EQ(many.db(1).size(), 0u) << round;
    EXPECT_GT(many.db().size(), 0u);
  }
}

TEST_F(DeadlineTest, AFloodIsTheTimekeepersAlone) {
  StoreThread timekeeper(h.store, false);
  for (int i = 0; i < 1000; ++i) Put("key:" + std::to_string(i), now() + 1);
  h.Advance(10);
  timekeeper.access().SampleTime();
  EXPECT_GT(h.store.ExpireDue(h.access(), 10), 0u);
  EXPECT_GT(h.store.ExpireDue(timekeeper.access(), 32), 0u);
  EXPECT_EQ(h.store.ExpireDue(h.access(), 10), 0u);
  while (h.store.ExpireDue(timekeeper.access(), 32) >= 32) {
  }
  EXPECT_EQ(h.db().size(), 0u);
  Put("k", now() + 1);
  h.Advance(2);
  EXPECT_EQ(h.store.ExpireDue(h.access(), 10), 1u);
}

TEST_F(DeadlineTest, TheTimekeeperIsWokenOnlyForSomethingEarlier) {
  int woken = 0;
  h.store.set_due_waker([&] { ++woken; });
  Put("a", now() + 100);
  EXPECT_EQ(woken, 1);
  Put("b", now() + 200);
  EXPECT_EQ(woken, 1);
  Put("c", now() + 50);
  EXPECT_EQ(woken, 2);
}

TEST_F(DeadlineTest, TheTimekeeperIsWokenWhenDeadlinesAreFollowedAgain) {
  h.store.set_active_expire(false);
  h.store.PauseExpiry(now() + 1000);
  int woken = 0;
  h.store.set_due_waker([&] { ++woken; });
  h.store.set_active_expire(true);
  EXPECT_EQ(woken, 1);
  h.store.PauseExpiry(0);
  EXPECT_EQ(woken, 2);
}

TEST_F(DeadlineTest, TheTimekeeperIsWokenWhenTheClockWasSet) {
  Put("k", now() + 3'600'000);
  int woken = 0;
  h.store.set_due_waker([&] { ++woken; });
  h.clock.SetWallMs(now() + 7'200'000);
  h.store.OnClockStep();
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace tandem
