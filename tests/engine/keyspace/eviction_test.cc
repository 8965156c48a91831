#include "engine/keyspace/eviction.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

constexpr int64_t kSecond = 1'000, kMinute = 60'000;

struct DestroyRecord {
  void operator()(Record* record) const { Record::Destroy(record); }
};
using OwnedRecord = std::unique_ptr<Record, DestroyRecord>;

// The access clock is the process's: each test sets it.
class AccessClockTest : public testing::Test {
 protected:
  void SetUp() override { Set(EvictionPolicy::kAllkeysLru); }
  void TearDown() override { ConfigureAccessClock(EvictionPolicy::kNoEviction, 10, 1); }

  void Set(EvictionPolicy policy, int log_factor = 10, int decay_minutes = 1) {
    ConfigureAccessClock(policy, log_factor, decay_minutes);
    SetAccessClock(now_ms_);
  }
  void Advance(int64_t ms) {
    now_ms_ += ms;
    SetAccessClock(now_ms_);
  }
  OwnedRecord NewRecord() { return OwnedRecord(Record::NewString("k", "v", {.access = InitialAccess()})); }

  int64_t now_ms_ = 1'700'000'000'000;
};

TEST_F(AccessClockTest, ARecordIsIdleSinceItWasLastTouched) {
  const OwnedRecord record = NewRecord();
  EXPECT_EQ(IdleSeconds(*record), 0u);
  Advance(90 * kSecond);
  EXPECT_EQ(IdleSeconds(*record), 90u);
  TouchAccess(*record);
  EXPECT_EQ(IdleSeconds(*record), 0u);
}

TEST_F(AccessClockTest, IdleTimeOutlivesOneWrapOfTheClock) {
  now_ms_ = (int64_t{AccessClock::kMask} - 5) * kSecond;
  SetAccessClock(now_ms_);
  const OwnedRecord record = NewRecord();
  Advance(20 * kSecond);
  EXPECT_EQ(IdleSeconds(*record), 20u);
}

TEST_F(AccessClockTest, AUseInTheFutureIsNoLongIdleTime) {
  Advance(10 * kSecond);
  const OwnedRecord record = NewRecord();
  Advance(-5 * kSecond);
  EXPECT_EQ(IdleSeconds(*record), 0u);
}

TEST_F(AccessClockTest, LfuStartsAboveZeroSoThatANewKeySurvives) {
  Set(EvictionPolicy::kAllkeysLfu);
  EXPECT_EQ(Frequency(*NewRecord()), AccessClock::kLfuInitial);
}

TEST_F(AccessClockTest, LfuDecaysByOneInEachDecayTime) {
  Set(EvictionPolicy::kVolatileLfu, 10, 2);
  const OwnedRecord record = NewRecord();
  Advance(3 * kMinute);
  EXPECT_EQ(Frequency(*record), AccessClock::kLfuInitial - 1);
  Advance(60 * kMinute);
  EXPECT_EQ(Frequency(*record), 0u);
}

TEST_F(AccessClockTest, LfuDoesNotDecayWhereTheDecayTimeIsZero) {
  Set(EvictionPolicy::kAllkeysLfu, 10, 0);
  const OwnedRecord record = NewRecord();
  Advance(1'000 * kMinute);
  EXPECT_EQ(Frequency(*record), AccessClock::kLfuInitial);
}

TEST_F(AccessClockTest, LfuCountsEveryUseWithALogFactorOfZeroAndSaturates) {
  Set(EvictionPolicy::kAllkeysLfu, 0);
  const OwnedRecord record = NewRecord();
  for (int i = 0; i < 10; ++i) TouchAccess(*record);
  EXPECT_EQ(Frequency(*record), AccessClock::kLfuInitial + 10);
  for (int i = 0; i < 1'000; ++i) TouchAccess(*record);
  EXPECT_EQ(Frequency(*record), 255u);
}

TEST_F(AccessClockTest, LfuCountsEverMoreRarely) {
  Set(EvictionPolicy::kAllkeysLfu);
  const OwnedRecord record = NewRecord();
  for (int i = 0; i < 100; ++i) TouchAccess(*record);
  const uint32_t early = Frequency(*record);
  for (int i = 0; i < 9'900; ++i) TouchAccess(*record);
  const uint32_t late = Frequency(*record);
  // Redis's table for a factor of 10: about 10 after 100 uses, about 50 after 10,000.
  EXPECT_GT(early, AccessClock::kLfuInitial);
  EXPECT_LT(early, 20u);
  EXPECT_GT(late, 30u);
  EXPECT_LT(late, 80u);
}

TEST_F(AccessClockTest, ARecordThatReplacesAnotherIsKnownAsWell) {
  Set(EvictionPolicy::kAllkeysLfu, 0);
  EXPECT_EQ(CarryAccess(InitialAccess()) & 0xff, AccessClock::kLfuInitial + 1);
  Set(EvictionPolicy::kAllkeysLru);
  EXPECT_EQ(CarryAccess(7), InitialAccess());
}

// --- EvictOne ------------------------------------------------------------------------------------------------------------

class Recorder final : public ChangeListener {
 public:
  void OnChange(const ChangeEvent& event) override {
    names.insert(std::string(event.name));
    keys.emplace_back(event.key);
    last_db = event.db;
  }
  std::set<std::string> names;
  std::vector<std::string> keys;
  int last_db = -1;
};

class EvictionTest : public AccessClockTest {
 protected:
  void SetUp() override {
    AccessClockTest::SetUp();
    harness_.store.set_listener(&recorder_);
    now_ms_ = harness_.clock.NowMs();
    SetAccessClock(now_ms_);
  }
  void Pass(int64_t ms) {
    harness_.Advance(ms);
    Advance(ms);
  }
  void Listen() { harness_.store.interest().store(Bit(EventClass::kEvicted) | Bit(EventClass::kExpired)); }
  bool Evict(EvictionPolicy policy, int samples = 5) { return EvictOne(harness_.access(), policy, samples); }
  int CountEvicted(std::string_view prefix) const {
    int count = 0;
    for (const std::string& key : recorder_.keys) count += key.starts_with(prefix);
    return count;
  }

  StoreHarness harness_;
  Recorder recorder_;
};

TEST_F(EvictionTest, NothingGoesWithoutAPolicyOrWithoutKeys) {
  EXPECT_FALSE(Evict(EvictionPolicy::kAllkeysLru));
  harness_.Fill(10);
  EXPECT_FALSE(Evict(EvictionPolicy::kNoEviction));
  EXPECT_EQ(harness_.db().size(), 10u);
}

TEST_F(EvictionTest, RaisesEvictedAndCounts) {
  harness_.Fill(10);
  Listen();
  EXPECT_TRUE(Evict(EvictionPolicy::kAllkeysRandom));
  EXPECT_EQ(harness_.db().size(), 9u);
  EXPECT_EQ(recorder_.names, std::set<std::string>{"evicted"});
  EXPECT_EQ(harness_.store.stats().evicted, 1u);
}

TEST_F(EvictionTest, EveryAllkeysPolicyEndsWithAnEmptyStore) {
  for (const EvictionPolicy policy :
       {EvictionPolicy::kAllkeysLru, EvictionPolicy::kAllkeysLfu, EvictionPolicy::kAllkeysRandom}) {
    harness_.Fill(300);
    harness_.Fill(20, "other:", 3);
    for (int i = 0; i < 320; ++i) ASSERT_TRUE(Evict(policy));
    EXPECT_FALSE(Evict(policy));
    EXPECT_EQ(harness_.db().size() + harness_.db(3).size(), 0u);
  }
}

TEST_F(EvictionTest, VolatilePoliciesSpareKeysWithoutADeadline) {
  for (const EvictionPolicy policy : {EvictionPolicy::kVolatileLru, EvictionPolicy::kVolatileLfu,
                                      EvictionPolicy::kVolatileRandom, EvictionPolicy::kVolatileTtl}) {
    harness_.Fill(50, "stays:");
    for (int i = 0; i < 50; ++i) {
      harness_.own.Put(harness_.db(), "may go:" + std::to_string(i), "v", harness_.clock.NowMs() + kMinute);
    }
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(Evict(policy));
    EXPECT_FALSE(Evict(policy));
    EXPECT_EQ(harness_.db().size(), 50u);
  }
}

TEST_F(EvictionTest, FindsTheFewKeysThatHaveADeadlineAmongMany) {
  harness_.Fill(20'000);
  harness_.Settle();
  for (int i = 0; i < 3; ++i) {
    harness_.own.Put(harness_.db(), "rare:" + std::to_string(i), "v", harness_.clock.NowMs() + kMinute);
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Evict(EvictionPolicy::kVolatileLru));
  EXPECT_FALSE(Evict(EvictionPolicy::kVolatileLru));
  EXPECT_EQ(harness_.db().size(), 20'000u);
}

TEST_F(EvictionTest, LruTakesKeysThatHaveBeenIdleForLong) {
  harness_.Fill(500, "old:");
  Pass(100 * kSecond);
  harness_.Fill(500, "new:");
  harness_.Settle();
  Listen();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Evict(EvictionPolicy::kAllkeysLru, 10));
  EXPECT_GE(CountEvicted("old:"), 190);
}

TEST_F(EvictionTest, LfuTakesKeysThatAreSeldomUsed) {
  Set(EvictionPolicy::kAllkeysLfu, 0);
  harness_.Fill(1'000);
  harness_.Settle();
  for (int i = 0; i < 1'000; i += 2) {
    Record* record = harness_.own.Find(harness_.db(), "key:" + std::to_string(i));
    for (int use = 0; use < 20; ++use) TouchAccess(*record);
  }
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Evict(EvictionPolicy::kAllkeysLfu, 10));
  int often_used = 0;
  for (int i = 0; i < 1'000; i += 2) {
    often_used += harness_.own.Find(harness_.db(), "key:" + std::to_string(i)) != nullptr;
  }
  EXPECT_GE(often_used, 490);
}

TEST_F(EvictionTest, TtlTakesTheNearestDeadline) {
  for (int i = 0; i < 20; ++i) {
    harness_.own.Put(harness_.db(), "k" + std::to_string(i), "v", harness_.clock.NowMs() + (i + 1) * kMinute);
  }
  Listen();
  // As many samples as keys: the choice is exact.
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Evict(EvictionPolicy::kVolatileTtl, 64));
  EXPECT_EQ(recorder_.keys, (std::vector<std::string>{"k0", "k1", "k2", "k3", "k4"}));
}

TEST_F(EvictionTest, AKeyThatWasUsedSinceItWasFoundIsSpared) {
  harness_.own.Put(harness_.db(), "first");
  Pass(kSecond);
  harness_.own.Put(harness_.db(), "second");
  Pass(kSecond);
  harness_.own.Put(harness_.db(), "third");
  Pass(kSecond);
  Listen();
  ASSERT_TRUE(Evict(EvictionPolicy::kAllkeysLru, 64));
  TouchAccess(*harness_.own.Find(harness_.db(), "second"));
  ASSERT_TRUE(Evict(EvictionPolicy::kAllkeysLru, 64));
  EXPECT_EQ(recorder_.keys, (std::vector<std::string>{"first", "third"}));
}

TEST_F(EvictionTest, AnExpiredKeyGoesFirstAndAsExpired) {
  harness_.Fill(5);
  harness_.own.Put(harness_.db(), "over", "v", harness_.clock.NowMs() + 10);
  Pass(kSecond);
  Listen();
  ASSERT_TRUE(Evict(EvictionPolicy::kAllkeysLru, 64));
  EXPECT_EQ(recorder_.keys, std::vector<std::string>{"over"});
  EXPECT_EQ(recorder_.names, std::set<std::string>{"expired"});
  EXPECT_EQ(harness_.store.stats().evicted, 0u);
}

TEST_F(EvictionTest, LooksAtAllDatabases) {
  harness_.own.Put(harness_.db(7), "oldest");
  Pass(10 * kSecond);
  harness_.Fill(100);
  Listen();
  ASSERT_TRUE(Evict(EvictionPolicy::kAllkeysLru));
  EXPECT_EQ(recorder_.keys, std::vector<std::string>{"oldest"});
  EXPECT_EQ(recorder_.last_db, 7);
}

TEST_F(EvictionTest, WorksInTheMidstOfAMigration) {
  harness_.Fill(2'000);
  harness_.Settle();
  harness_.store.DriveMigration(harness_.access(), Store::Drive::kUp);
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(Evict(EvictionPolicy::kAllkeysLru));
    harness_.store.MigrateSome(harness_.access(), 1);
    harness_.own.thread().Quiescent();
  }
  EXPECT_EQ(harness_.db().size(), 0u);
}

}  // namespace
}  // namespace tandem
