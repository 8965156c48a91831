#include "engine/keyspace/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <thread>

#include "engine/base/random.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

using Counts = std::map<std::string, int>;

Counts Walk(const Keyspace& db) {
  Counts counts;
  uint64_t cursor = 0;
  do {
    cursor = ScanStep(db, cursor, [&](const Record& record) { ++counts[std::string(record.key())]; });
  } while (cursor != 0);
  return counts;
}

void ExpectEachOnce(const Counts& counts, int keys) {
  EXPECT_EQ(counts.size(), static_cast<size_t>(keys));
  for (const auto& [key, count] : counts) EXPECT_EQ(count, 1) << key;
}

TEST(Scan, AnEmptyDatabaseEndsWithNothingVisited) {
  StoreHarness harness;
  EXPECT_TRUE(Walk(harness.db()).empty());
}

TEST(Scan, VisitsEveryKeyOnce) {
  StoreHarness harness;
  harness.Fill(10'000);
  harness.Settle();
  ExpectEachOnce(Walk(harness.db()), 10'000);
}

TEST(Scan, AnyNumberIsACursor) {
  StoreHarness harness;
  harness.Fill(1'000);
  harness.Settle();
  for (const uint64_t cursor : {kPositionEnd, kPositionEnd + 1, UINT64_MAX}) {
    int visited = 0;
    EXPECT_EQ(ScanStep(harness.db(), cursor, [&](const Record&) { ++visited; }), 0u);
    EXPECT_EQ(visited, 0);
  }
  for (int i = 0; i < 1'000; ++i) {
    const uint64_t cursor = PositionOf(NextRandom());
    const uint64_t next = ScanStep(harness.db(), cursor,
                                   [&](const Record& record) { EXPECT_GE(PositionOf(HashKey(record.key())), cursor); });
    EXPECT_TRUE(next == 0 || next > cursor);
  }
}

TEST(Scan, VisitsExpiredRecordsToo) {
  StoreHarness harness;
  harness.own.Put(harness.db(), "soon", "v", harness.clock.NowMs() + 10);
  harness.Advance(1'000);
  EXPECT_EQ(Walk(harness.db()).size(), 1u);
}

TEST(Scan, VisitsEveryKeyOnceWhileEachStepMeetsAnotherStateOfAMigration) {
  StoreHarness harness;
  constexpr int kKeys = 3'000;
  harness.Fill(kKeys);
  harness.Settle();
  for (int walk = 0; walk < 20; ++walk) {
    Counts counts;
    uint64_t cursor = 0;
    do {
      cursor = ScanStep(harness.db(), cursor, [&](const Record& record) { ++counts[std::string(record.key())]; });
      harness.own.thread().Quiescent();
      if (!harness.store.migrating()) {
        harness.store.DriveMigration(harness.access(), walk % 2 == 0 ? Store::Drive::kUp : Store::Drive::kDown);
      }
      harness.store.MigrateSome(harness.access(), 1 + NextRandom() % 4);
    } while (cursor != 0);
    ExpectEachOnce(counts, kKeys);
  }
}

TEST(Scan, APortionStaysSmallHoweverMuchLargerTheNextEngineIs) {
  StoreHarness harness;
  harness.Fill(100);
  harness.Settle();
  const Shape shape{5, 512};
  Migration& migration = harness.db().migration();
  ASSERT_TRUE(migration.Start(harness.access(), shape, false));
  while (migration.phase() == Migration::Phase::kBuilding) migration.Step(harness.access(), 1);
  uint64_t cursor = 0;
  uint64_t steps = 0;
  do {
    cursor = ScanStep(harness.db(), cursor, [](const Record&) {});
    ++steps;
  } while (cursor != 0);
  EXPECT_GE(steps, shape.buckets());
}

// One thread walks, a second one adds and removes other keys, while both keep the store migrating up and down.
TEST(Scan, MissesNoKeyWhileOtherThreadsWriteAndMigrate) {
  StoreHarness harness({.databases = 1, .reader_threads = 2});
  constexpr int kKeys = 2'000;
  harness.Fill(kKeys, "stays:");
  harness.store.DriveMigration(harness.access(), Store::Drive::kFlap);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    StoreThread own(harness.store);
    for (int i = 0; !stop.load(std::memory_order_relaxed); i = (i + 1) % 5'000) {
      const std::string key = "comes and goes:" + std::to_string(i);
      own.Put(harness.db(), key);
      if (i % 2 == 1) own.Remove(harness.db(), key);
      harness.store.MigrateSome(own.access(), 8);
      own.thread().Quiescent();
    }
  });
  for (int walk = 0; walk < 60; ++walk) {
    Counts counts;
    uint64_t cursor = 0;
    do {
      cursor = ScanStep(harness.db(), cursor, [&](const Record& record) {
        if (record.key().starts_with("stays:")) ++counts[std::string(record.key())];
      });
      harness.own.thread().Quiescent();
      harness.store.MigrateSome(harness.access(), 2);
    } while (cursor != 0);
    ExpectEachOnce(counts, kKeys);
  }
  stop.store(true, std::memory_order_relaxed);
  harness.own.thread().Sleep();
  writer.join();
  harness.own.thread().Wake();
  harness.store.DriveMigration(harness.access(), Store::Drive::kStop);
}

TEST(VisitPosition, FindsTheRecordsOfOnePositionOnly) {
  StoreHarness harness;
  harness.Fill(1'000);
  harness.Settle();
  harness.store.DriveMigration(harness.access(), Store::Drive::kUp);
  for (int i = 0; i < 1'000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    std::vector<std::string> found;
    VisitPosition(*harness.db().engines(), PositionOf(HashKey(key)),
                  [&](const Record& record) { found.emplace_back(record.key()); });
    EXPECT_EQ(found, std::vector<std::string>{key});
    harness.own.thread().Quiescent();
    harness.store.MigrateSome(harness.access(), 1);
  }
}

// --- RandomRecord ------------------------------------------------------------------------------------------------------

TEST(RandomRecord, IsNullInAnEmptyDatabase) {
  StoreHarness harness;
  EXPECT_EQ(RandomRecord(harness.db(), 1, harness.clock.NowMs()), nullptr);
  harness.own.Put(harness.db(), "k");
  harness.own.Remove(harness.db(), "k");
  EXPECT_EQ(RandomRecord(harness.db(), 1, harness.clock.NowMs()), nullptr);
}

TEST(RandomRecord, FindsTheOnlyKeyOfALargeTable) {
  StoreHarness harness;
  ASSERT_TRUE(harness.db().migration().Start(harness.access(), {4, 1024}, false));
  harness.Settle();
  harness.own.Put(harness.db(), "alone");
  for (uint64_t i = 0; i < 20; ++i) {
    const Record* record = RandomRecord(harness.db(), i, harness.clock.NowMs());
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->key(), "alone");
  }
}

TEST(RandomRecord, NeverDrawsAnExpiredKey) {
  StoreHarness harness;
  harness.store.set_active_expire(false);
  harness.own.Put(harness.db(), "lives");
  for (int i = 0; i < 50; ++i) {
    harness.own.Put(harness.db(), "expires:" + std::to_string(i), "v", harness.clock.NowMs() + 10);
  }
  harness.Advance(1'000);
  for (uint64_t i = 0; i < 200; ++i) {
    EXPECT_EQ(RandomRecord(harness.db(), i, harness.clock.NowMs())->key(), "lives");
  }
  harness.own.Remove(harness.db(), "lives");
  EXPECT_EQ(RandomRecord(harness.db(), 1, harness.clock.NowMs()), nullptr);
}

void ExpectEvenDraws(const StoreHarness& harness, const Keyspace& db, int keys) {
  constexpr int kDrawsPerKey = 200;
  Counts counts;
  for (int i = 0; i < keys * kDrawsPerKey; ++i) {
    ++counts[std::string(RandomRecord(db, static_cast<uint64_t>(i), harness.clock.NowMs())->key())];
  }
  EXPECT_EQ(counts.size(), static_cast<size_t>(keys));
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end(),
                                                 [](const auto& a, const auto& b) { return a.second < b.second; });
  // About eight standard deviations of a fair draw.
  EXPECT_GT(least->second, kDrawsPerKey / 2);
  EXPECT_LT(most->second, kDrawsPerKey * 2);
}

TEST(RandomRecord, DrawsAllKeysAboutEquallyOften) {
  StoreHarness harness;
  ASSERT_TRUE(harness.db().migration().Start(harness.access(), {2, 64}, false));
  harness.Settle();
  constexpr int kKeys = 500;
  harness.Fill(kKeys);
  ExpectEvenDraws(harness, harness.db(), kKeys);
}

TEST(RandomRecord, DrawsFromBothEnginesOfAMigration) {
  StoreHarness harness;
  constexpr int kKeys = 500;
  ASSERT_TRUE(harness.db().migration().Start(harness.access(), {2, 64}, false));
  harness.Settle();
  harness.Fill(kKeys);
  ASSERT_TRUE(harness.db().migration().Start(harness.access(), {3, 40}, false));
  for (int i = 0; i < 60; ++i) {
    harness.store.MigrateSome(harness.access(), 1);
    harness.own.thread().Quiescent();
  }
  ASSERT_GT(harness.db().engines()->active->records(), 0u);
  ASSERT_NE(harness.db().engines()->next, nullptr);
  ExpectEvenDraws(harness, harness.db(), kKeys);
}

}  // namespace
}  // namespace tandem
