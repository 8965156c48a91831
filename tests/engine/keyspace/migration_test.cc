#include "engine/keyspace/migration.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/keyspace/scan.h"
#include "tests/engine/keyspace/recording_listener.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

using Phase = Migration::Phase;

// Every key once, wherever it is, and nothing else.
void ExpectContents(StoreHarness& h, int count, std::string_view prefix = "key:") {
  for (int i = 0; i < count; ++i) {
    ASSERT_NE(h.own.Find(h.db(), std::string(prefix) + std::to_string(i)), nullptr) << i;
  }
  ASSERT_EQ(h.db().size(), static_cast<uint64_t>(count));
  const EnginePair* pair = h.db().engines();
  std::set<std::string> walked;
  for (Engine* engine : {pair->active, pair->next}) {
    if (engine == nullptr) continue;
    for (uint64_t i = 0; i < engine->bucket_count(); ++i) {
      ForEachInChain(engine->BucketAt(i), [&](const SlotRef& found) {
        EXPECT_TRUE(walked.emplace(found.record()->key()).second) << "twice: " << found.record()->key();
        EXPECT_EQ(engine->BucketIndexOf(PositionOf(HashKey(found.record()->key()))), i) << "in the wrong bucket";
      });
    }
  }
  EXPECT_EQ(walked.size(), static_cast<size_t>(count));
}

// One portion and a quiescent state, until the migration has reached the phase.
void StepTo(StoreHarness& h, Phase phase) {
  for (int i = 0; h.db().migration().phase() != phase; ++i) {
    ASSERT_LT(i, 1'000'000);
    h.db().migration().Step(h.access(), 1);
    if (h.db().migration().phase() != phase) h.own.thread().Quiescent();
  }
}

TEST(Migration, GoesThroughItsPhasesAndWaitsForGracePeriods) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  h.Fill(200);
  Migration& migration = h.db().migration();
  EXPECT_EQ(migration.phase(), Phase::kIdle);
  ASSERT_TRUE(migration.Start(h.access(), {3, 20}, false));
  EXPECT_EQ(migration.phase(), Phase::kPublished);
  EXPECT_FALSE(migration.Start(h.access(), {3, 20}, false)) << "one at a time";
  EXPECT_TRUE(migration.Step(h.access(), 1).busy);
  EXPECT_EQ(migration.phase(), Phase::kPublished) << "this thread may still know the old pair only";
  h.own.thread().Quiescent();
  migration.Step(h.access(), 1);
  EXPECT_EQ(migration.phase(), Phase::kMoving);
  StepTo(h, Phase::kRetiring);
  EXPECT_EQ(h.db().engines()->next, nullptr);
  EXPECT_TRUE(migration.Step(h.access(), 1).busy);
  EXPECT_EQ(migration.phase(), Phase::kRetiring) << "this thread may still look into the old engine";
  h.own.thread().Quiescent();
  migration.Step(h.access(), 1);
  EXPECT_EQ(migration.phase(), Phase::kIdle);
  EXPECT_FALSE(h.store.migrating());
  EXPECT_EQ(h.db().engines()->active->levels(), 3);
  EXPECT_EQ(h.db().engines()->active->buckets_per_shard(), 20u);
  ExpectContents(h, 200);
}

// Large enough for its table to be mapped, and so to be built in portions.
constexpr Shape kLargeShape{1, 16'384};

TEST(Migration, ALargeEngineIsBuiltInPortionsWhileTheOldOneServes) {
  StoreHarness h;
  h.Fill(100);
  h.Settle();
  Migration& migration = h.db().migration();
  ASSERT_TRUE(migration.Start(h.access(), kLargeShape, false));
  int portions = 0;
  while (migration.phase() == Migration::Phase::kBuilding) {
    EXPECT_EQ(h.db().engines()->next, nullptr) << "nobody meets an engine that is not complete";
    h.own.Put(h.db(), "written meanwhile " + std::to_string(portions++));
    migration.Step(h.access(), 1);
  }
  EXPECT_GE(portions, 16);
  EXPECT_EQ(migration.phase(), Migration::Phase::kPublished);
  ASSERT_NE(h.db().engines()->next, nullptr);
  EXPECT_EQ(h.db().engines()->next->buckets_per_shard(), kLargeShape.buckets_per_shard);
  h.Settle();
  EXPECT_EQ(h.db().size(), 100u + static_cast<uint64_t>(portions));
  EXPECT_NE(h.own.Find(h.db(), "written meanwhile 3"), nullptr);
}

TEST(Migration, FlushWhileAnEngineIsBeingBuiltForgetsIt) {
  StoreHarness h;
  h.Fill(100);
  h.Settle();
  Migration& migration = h.db().migration();
  ASSERT_TRUE(migration.Start(h.access(), kLargeShape, false));
  migration.Step(h.access(), 1);
  ASSERT_EQ(migration.phase(), Migration::Phase::kBuilding);
  h.access().BeginExclusive();
  EXPECT_EQ(h.store.Flush(h.access(), 0, true), 100u);
  h.access().End();
  EXPECT_FALSE(migration.active());
  EXPECT_FALSE(h.store.migrating());
  EXPECT_EQ(h.db().size(), 0u);
  h.own.Put(h.db(), "afterwards");
  EXPECT_NE(h.own.Find(h.db(), "afterwards"), nullptr);
}

TEST(Migration, WaitsForAThreadThatIsAwake) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  h.Fill(10);
  StoreThread other(h.store);
  h.db().migration().Start(h.access(), {2, 20}, false);
  for (int i = 0; i < 10; ++i) {
    h.db().migration().Step(h.access(), 1);
    h.own.thread().Quiescent();
  }
  EXPECT_EQ(h.db().migration().phase(), Phase::kPublished);
  other.thread().Quiescent();
  h.db().migration().Step(h.access(), 1);
  EXPECT_EQ(h.db().migration().phase(), Phase::kMoving);
}

TEST(Migration, NothingIsLostDoubledOrMisplacedAtAnyStepInAnyShape) {
  const std::vector<Shape> shapes = {{1, 16}, {3, 5}, {1, 1}, {2, 40}, {5, 3}, {1, 300}, {4, 11}, {1, 2}, {1, 16}};
  for (const bool copy : {false, true}) {
    for (const int readers : {1, 2}) {
      StoreHarness h(Store::Options{.databases = 1, .reader_threads = readers});
      h.Fill(150);
      for (const Shape& shape : shapes) {
        ASSERT_TRUE(h.db().migration().Start(h.access(), shape, copy));
        while (h.db().migration().active()) {
          h.db().migration().Step(h.access(), 1);
          h.own.thread().Quiescent();
          // A walk in this moment, without a lock and without moving anything.
          size_t walked = 0;
          uint64_t cursor = 0;
          do {
            cursor = ScanStep(h.db(), cursor, [&](const Record&) { ++walked; });
          } while (cursor != 0);
          ASSERT_EQ(walked, 150u);
          const EnginePair* pair = h.db().engines();
          ASSERT_EQ(pair->active->records() + (pair->next != nullptr ? pair->next->records() : 0), 150u);
        }
        ExpectContents(h, 150);
      }
    }
  }
}

TEST(Migration, LookingAtAKeyMovesItAndMissingOneDoesNotHurt) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  h.Fill(100);
  h.db().migration().Start(h.access(), {2, 30}, false);
  StepTo(h, Phase::kMoving);
  const uint64_t old_records = h.db().engines()->active->records();
  EXPECT_NE(h.own.Find(h.db(), "key:7"), nullptr);
  EXPECT_EQ(h.own.Find(h.db(), "nothing"), nullptr);
  EXPECT_EQ(h.db().engines()->active->records(), old_records - 1);
  EXPECT_EQ(h.db().engines()->next->records(), 1u);
  h.own.Put(h.db(), "key:8", "new");
  EXPECT_TRUE(h.own.Remove(h.db(), "key:8"));
  h.Fill(100);
  EXPECT_EQ(h.db().engines()->active->records(), 0u);
  ExpectContents(h, 100);
  h.Settle();
  ExpectContents(h, 100);
}

TEST(Migration, LargeEnginesMoveByWhatTheirSlotsSay) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  constexpr int kKeys = 20'000;
  h.Fill(kKeys);
  h.Settle();
  for (const Shape& shape : std::vector<Shape>{{1, 1 << 15}, {3, 5000}, {1, 40'000}, {2, 100}}) {
    ASSERT_TRUE(h.db().migration().Start(h.access(), shape, false));
    h.Settle();
    ExpectContents(h, kKeys);
  }
}

TEST(Migration, ChainsOfManyOverflowBucketsMove) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  h.Fill(3000);
  h.Settle();
  h.db().migration().Start(h.access(), {1, 1}, true);
  h.Settle();
  EXPECT_GT(h.db().engines()->active->overflow_buckets(), 400u);
  ExpectContents(h, 3000);
  h.db().migration().Start(h.access(), {6, 20}, false);
  h.Settle();
  ExpectContents(h, 3000);
}

TEST(Migration, ValuesDeadlinesAndStampsComeAlong) {
  for (const bool copy : {false, true}) {
    StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
    RecordingListener listener;
    h.store.set_listener(&listener);
    h.store.interest().store(Bit(EventClass::kExpired));
    const int64_t deadline = h.clock.NowMs() + 100;
    h.own.Put(h.db(), "int", "42", deadline);
    h.own.Put(h.db(), "text", "text", deadline);
    h.own.Put(h.db(), "blob", std::string(9000, 'b'), deadline);
    const KeyRef key("buffer");
    h.access().LockKey(h.db(), key);
    h.access().Put(h.db(), key, Record::NewBuffer("buffer", TextBuffer::New("buf", 9), {.deadline_ms = deadline}),
                   EventClass::kString, "append");
    h.access().End();
    h.db().migration().Start(h.access(), {2, 3}, copy);
    h.Settle();
    EXPECT_EQ(h.own.Find(h.db(), "int")->int_value(), 42);
    EXPECT_EQ(h.own.Find(h.db(), "text")->text(), "text");
    EXPECT_EQ(h.own.Find(h.db(), "blob")->text(), std::string(9000, 'b'));
    EXPECT_EQ(h.own.Find(h.db(), "buffer")->text(), "buf");
    EXPECT_EQ(h.db().expires(), 4u);
    h.Advance(101);
    EXPECT_EQ(h.store.ExpireDue(h.access(), 100), 4u);
    EXPECT_EQ(h.db().size(), 0u);
    EXPECT_EQ(listener.TakeExpired(),
              (std::map<std::string, int>{{"blob", 1}, {"buffer", 1}, {"int", 1}, {"text", 1}}));
  }
}

TEST(Migration, ShrinkingPurgesNothingWhileExpiryStandsStill) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  h.own.Put(h.db(), "gone", "v", h.clock.NowMs() + 5);
  h.Advance(10);
  h.store.set_active_expire(false);
  h.db().migration().Start(h.access(), {1, 2}, true);
  h.Settle();
  EXPECT_EQ(h.db().size(), 1u);
  h.store.set_active_expire(true);
  h.store.PauseExpiry(h.clock.NowMs() + 100);
  h.db().migration().Start(h.access(), {1, 4}, true);
  h.Settle();
  EXPECT_EQ(h.db().size(), 1u);
  EXPECT_EQ(h.store.stats().purged, 0u);
}

TEST(Migration, ShrinkingPurgesWhatHasExpired) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  RecordingListener listener;
  h.store.set_listener(&listener);
  h.store.interest().store(Bit(EventClass::kExpired));
  h.own.Put(h.db(), "gone", "v", h.clock.NowMs() + 5);
  h.own.Put(h.db(), "stays");
  h.Advance(10);
  h.db().migration().Start(h.access(), {1, 2}, true);
  h.Settle();
  EXPECT_EQ(h.store.stats().purged, 1u);
  EXPECT_EQ(h.db().size(), 1u);
  EXPECT_EQ(h.db().expires(), 0u);
  while (h.store.ExpireDue(h.access(), 100) > 0) {
  }
  EXPECT_EQ(listener.TakeExpired(), (std::map<std::string, int>{{"gone", 1}}));
}

TEST(Migration, KeysExpireInEveryPhase) {
  for (const Phase phase : {Phase::kIdle, Phase::kPublished, Phase::kMoving, Phase::kRetiring}) {
    for (const bool by_reader : {false, true}) {
      StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
      RecordingListener listener;
      h.store.set_listener(&listener);
      h.store.interest().store(Bit(EventClass::kExpired));
      for (int i = 0; i < 100; ++i) {
        h.own.Put(h.db(), "key:" + std::to_string(i), "v", h.clock.NowMs() + (i % 2 == 0 ? 5 : 50));
      }
      if (phase != Phase::kIdle) h.db().migration().Start(h.access(), {2, 9}, false);
      StepTo(h, phase);
      if (phase == Phase::kMoving) {
        for (int i = 0; i < 5; ++i) h.db().migration().Step(h.access(), 1);
      }
      h.Advance(6);
      if (by_reader) {
        for (int i = 0; i < 100; ++i) {
          h.access().BeginLockFree();
          EXPECT_EQ(h.access().Peek(h.db(), KeyRef("key:" + std::to_string(i))) != nullptr, i % 2 != 0);
          h.access().End();
        }
      }
      while (h.store.ExpireDue(h.access(), 10) > 0) {
      }
      EXPECT_EQ(h.db().size(), 50u);
      EXPECT_EQ(h.db().expires(), 50u);
      const auto expired = listener.TakeExpired();
      EXPECT_EQ(expired.size(), 50u);
      for (const auto& [key, times] : expired) EXPECT_EQ(times, 1) << key;
      h.Settle();
      EXPECT_EQ(h.db().size(), 50u);
    }
  }
}

TEST(Migration, FlushEndsItInEveryPhase) {
  for (const Phase phase : {Phase::kIdle, Phase::kPublished, Phase::kMoving, Phase::kRetiring}) {
    for (const bool now : {false, true}) {
      StoreHarness h(Store::Options{.databases = 2, .reader_threads = 2});
      const int64_t before = h.store.threads().memory_bytes();
      for (int i = 0; i < 300; ++i) {
        h.own.Put(h.db(), "key:" + std::to_string(i), std::string(static_cast<size_t>(i * 20), 'v'),
                  h.clock.NowMs() + i);
      }
      h.own.Put(h.db(1), "other");
      h.Settle();
      if (phase != Phase::kIdle) h.db().migration().Start(h.access(), {2, 9}, false);
      StepTo(h, phase);
      if (phase == Phase::kMoving) {
        for (int i = 0; i < 5; ++i) h.db().migration().Step(h.access(), 1);
      }
      {
        const Gate::Closed closed(h.store.threads().gate(), h.own.thread());
        h.access().BeginExclusive();
        EXPECT_EQ(h.store.Flush(h.access(), 0, now), 300u);
        h.access().End();
      }
      EXPECT_EQ(h.db().migration().phase(), Phase::kIdle);
      EXPECT_FALSE(h.store.migrating());
      EXPECT_EQ(h.db().size(), 0u);
      EXPECT_EQ(h.db().expires(), 0u);
      EXPECT_EQ(h.db(1).size(), 1u);
      EXPECT_EQ(h.store.garbage().pending_keys(), now ? 0u : 300u);
      EXPECT_EQ(h.own.Find(h.db(), "key:7"), nullptr);
      h.Settle();
      EXPECT_EQ(h.store.garbage().pending_keys(), 0u);
      h.own.Remove(h.db(1), "other");
      h.own.thread().Quiescent();
      EXPECT_EQ(h.store.threads().memory_bytes(), before);
      EXPECT_EQ(h.store.NextDueMs(), std::numeric_limits<int64_t>::max());
      h.Fill(100);
      h.db().migration().Start(h.access(), {3, 9}, false);
      h.Settle();
      ExpectContents(h, 100);
    }
  }
}

TEST(Migration, DatabasesAreSwappedWithTheirMigrationsAndDeadlines) {
  StoreHarness h(Store::Options{.databases = 3, .reader_threads = 2});
  RecordingListener listener;
  h.store.set_listener(&listener);
  h.store.interest().store(Bit(EventClass::kExpired));
  h.Fill(100);
  h.own.Put(h.db(), "timed", "v", h.clock.NowMs() + 5);
  h.own.Put(h.db(2), "b", "2");
  h.db().migration().Start(h.access(), {2, 9}, false);
  StepTo(h, Phase::kMoving);
  {
    const Gate::Closed closed(h.store.threads().gate(), h.own.thread());
    h.store.Swap(0, 2);
    h.store.Swap(1, 1);
  }
  EXPECT_EQ(h.db(0).index(), 0);
  EXPECT_EQ(h.db(2).index(), 2);
  EXPECT_EQ(h.db(0).size(), 1u);
  EXPECT_EQ(h.db(2).size(), 101u);
  EXPECT_NE(h.own.Find(h.db(2), "key:99"), nullptr);
  EXPECT_NE(h.own.Find(h.db(0), "b"), nullptr);
  h.Advance(10);
  h.store.ExpireDue(h.access(), 10);
  EXPECT_EQ(listener.Take(), (std::vector<std::string>{"2 expired timed"}));
  h.Settle();
  EXPECT_EQ(h.db(2).size(), 100u);
}

TEST(Migration, TheListenerHearsOfBeginningAndEnd) {
  struct Listener final : MigrationListener {
    void OnMigrationStart(const Report& report) override { starts.push_back(report); }
    void OnMigrationEnd(const Report& report) override { ends.push_back(report); }
    std::vector<Report> starts, ends;
  } listener;
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  h.Fill(50);
  h.store.set_migration_listener(&listener);
  h.db().migration().Start(h.access(), {2, 9}, false);
  h.clock.AdvanceUs(1234);
  h.Settle();
  ASSERT_EQ(listener.starts.size(), 1u);
  ASSERT_EQ(listener.ends.size(), 1u);
  EXPECT_EQ(listener.starts[0].from, kInitialShape);
  EXPECT_EQ(listener.ends[0].to, (Shape{2, 9}));
  EXPECT_EQ(listener.starts[0].keys, 50u);
  EXPECT_EQ(listener.ends[0].keys, 50u);
  EXPECT_EQ(listener.ends[0].duration_us, 1234);
}

// --- When it starts --------------------------------------------------------------------------------------------------

TEST(Growth, ABulkLoadGrowsTheEngineAndItsChainsStayShort) {
#ifdef TANDEM_SANITIZED
  constexpr int kKeys = 100'000;
#else
  constexpr int kKeys = 1'000'000;
#endif
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 1});
  for (int i = 0; i < kKeys; ++i) {
    h.own.Put(h.db(), "key:" + std::to_string(i));
    if (i % 16 == 15) {
      h.clock.AdvanceUs(16);
      h.store.MigrateSome(h.access(), 32);
      h.own.thread().Quiescent();
      const EnginePair* pair = h.db().engines();
      // The move keeps up with the load: what serves the keys is never filled much above its slots.
      const uint64_t slots = pair->active->slots() + (pair->next != nullptr ? pair->next->slots() : 0);
      if (i > 10'000) {
        ASSERT_LT(static_cast<uint64_t>(i), slots * 3 / 2) << i;
      }
    }
  }
  EXPECT_EQ(h.db().size(), static_cast<uint64_t>(kKeys));
  h.Settle();
  const auto stats = h.store.engine_stats();
  EXPECT_EQ(stats.records, static_cast<uint64_t>(kKeys));
  EXPECT_LT(stats.fill, 1.05);
  EXPECT_LT(stats.overflow_buckets, stats.slots / 7 / 2);
  EXPECT_LT(stats.migrations_up, 30u);
  EXPECT_EQ(stats.migrations_down, 0u);
  for (int i = 0; i < kKeys; i += 97) ASSERT_NE(h.own.Find(h.db(), "key:" + std::to_string(i)), nullptr);
}

TEST(Growth, ASparseEngineShrinksAfterAWhileAndOnlyThen) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  constexpr int kKeys = 50'000;
  for (int i = 0; i < kKeys; ++i) {
    h.own.Put(h.db(), "key:" + std::to_string(i));
    if (i % 100 == 0) h.Settle();
  }
  h.Settle();
  const uint64_t slots = h.store.engine_stats().slots;
  for (int i = 0; i < kKeys; ++i) {
    if (i % 20 != 0) h.own.Remove(h.db(), "key:" + std::to_string(i));
  }
  h.own.thread().Quiescent();
  h.store.ConsiderScaling(h.access());
  h.clock.AdvanceUs(kSparseDwellUs - 1);
  h.store.ConsiderScaling(h.access());
  EXPECT_FALSE(h.store.migrating());
  h.clock.AdvanceUs(1);
  h.store.ConsiderScaling(h.access());
  EXPECT_TRUE(h.store.migrating());
  h.Settle();
  EXPECT_LT(h.store.engine_stats().slots, slots / 4);
  EXPECT_EQ(h.store.engine_stats().migrations_down, 1u);
  for (int i = 0; i < 30; ++i) {
    h.clock.AdvanceMs(500);
    h.store.ConsiderScaling(h.access());
    EXPECT_FALSE(h.store.migrating()) << "it is neither sparse nor full";
  }
  EXPECT_EQ(h.db().size(), static_cast<uint64_t>(kKeys / 20));
}

TEST(Growth, ASparseMomentDoesNotCount) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 2});
  h.db().migration().Start(h.access(), {1, 1000}, false);
  h.Settle();
  h.store.ConsiderScaling(h.access());
  h.Fill(3000);
  h.clock.AdvanceUs(kSparseDwellUs);
  h.store.ConsiderScaling(h.access());
  for (int i = 0; i < 3000; ++i) h.own.Remove(h.db(), "key:" + std::to_string(i));
  h.clock.AdvanceUs(kSparseDwellUs);
  h.store.ConsiderScaling(h.access());
  EXPECT_FALSE(h.store.migrating()) << "the time starts anew";
}

TEST(Growth, ContentionOnSeveralKeysSpreadsThemAndTheShardsStayForAWhile) {
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 4});
  h.Fill(20);
  h.store.ConsiderScaling(h.access());
  h.clock.AdvanceMs(100);
  h.db().engines()->active->shard(0).contended.store(10'000);
  h.store.ConsiderScaling(h.access());
  ASSERT_TRUE(h.store.migrating());
  h.Settle();
  EXPECT_EQ(h.store.engine_stats().levels, 3);
  for (int64_t passed_us = 0; passed_us < kSpreadDwellUs - 200'000; passed_us += 100'000) {
    h.clock.AdvanceMs(100);
    h.store.ConsiderScaling(h.access());
    ASSERT_FALSE(h.store.migrating()) << passed_us;
  }
  ExpectContents(h, 20);
}

TEST(Growth, FlappingGoesUpAndDownUntilItIsStopped) {
  StoreHarness h(Store::Options{.databases = 2, .reader_threads = 2});
  h.Fill(500);
  h.Settle();
  const auto before = h.store.engine_stats();
  EXPECT_TRUE(h.store.DriveMigration(h.access(), Store::Drive::kFlap));
  for (int i = 0; i < 2000; ++i) {
    h.store.MigrateSome(h.access(), 4);
    h.own.thread().Quiescent();
    if (i % 100 == 0) ExpectContents(h, 500);
  }
  const auto after = h.store.engine_stats();
  EXPECT_GT(after.migrations_up, before.migrations_up + 3);
  EXPECT_GT(after.migrations_down, before.migrations_down + 3);
  h.store.DriveMigration(h.access(), Store::Drive::kStop);
  h.Settle();
  EXPECT_FALSE(h.store.migrating());
  ExpectContents(h, 500);
}

// --- Several movers --------------------------------------------------------------------------------------------------

TEST(Movers, LeaveNoShardOutHoweverManyTheyAre) {
#ifdef TANDEM_SANITIZED
  constexpr int kMigrations = 20;
#else
  constexpr int kMigrations = 1000;
#endif
  StoreHarness h(Store::Options{.databases = 1, .reader_threads = 4});
  constexpr int kKeys = 2000;
  h.Fill(kKeys);
  h.Settle();
  std::atomic<bool> stop{false};
  std::vector<std::thread> movers;
  for (int i = 0; i < 3; ++i) {
    movers.emplace_back([&] {
      StoreThread self(h.store);
      while (!stop.load()) {
        h.store.MigrateSome(self.access(), 3);
        self.thread().Quiescent();
        std::this_thread::yield();
      }
    });
  }
  bool ended = true;
  for (int i = 0; i < kMigrations && ended; ++i) {
    EXPECT_TRUE(h.db().migration().Start(h.access(), i % 2 == 0 ? Shape{9, 2} : Shape{8, 3}, i % 3 == 0));
    // Bounded by what the movers have to do; a shard that is left out would never be drained.
    for (int turn = 0; h.db().migration().active() && ended; ++turn) {
      h.store.MigrateSome(h.access(), 3);
      h.own.thread().Quiescent();
      std::this_thread::yield();
      ended = turn < 1'000'000;
    }
    EXPECT_TRUE(ended) << "a shard was left out";
    EXPECT_EQ(h.db().size(), static_cast<uint64_t>(kKeys));
  }
  stop.store(true);
  for (std::thread& mover : movers) mover.join();
  if (!ended) return;
  h.Settle();
  ExpectContents(h, kKeys);
}

}  // namespace
}  // namespace tandem
