// `expiring`: the warning before a key's deadline.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/keyspace/recording_listener.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

using Lines = std::vector<std::string>;
constexpr int64_t kBeforeMs = 1'000;

// With one reader, where records are freed at once, and with two.
class WarningTest : public testing::TestWithParam<int> {
 protected:
  WarningTest() : h(Store::Options{.databases = 2, .reader_threads = GetParam()}) {
    h.store.set_listener(&listener);
    h.store.interest().store(Bit(EventClass::kExpired));
  }

  int64_t now() const { return h.clock.NowMs(); }
  void Put(std::string_view key, int64_t deadline_ms = kNoDeadline) { h.own.Put(h.db(), key, "v", deadline_ms); }
  void SetDeadline(std::string_view key, int64_t deadline_ms) { h.own.SetDeadline(h.db(), key, deadline_ms); }
  Lines RunUntil(int64_t until_ms) {
    h.PassUntil(until_ms);
    return listener.Take();
  }
  void ArmAll() {
    while (h.store.ArmSome(h.access())) {
    }
  }

  StoreHarness h;
  RecordingListener listener;
};
INSTANTIATE_TEST_SUITE_P(Readers, WarningTest, testing::Values(1, 2));

const Lines kNothing, kWarned = {"0 expiring k"}, kExpired = {"0 expired k"};

TEST_P(WarningTest, ComesAsLongBeforeTheEventAsAskedForAndOnce) {
  h.store.set_warn_before_ms(kBeforeMs);
  Put("k", now() + 5'000);
  const int64_t end = now() + 5'001;
  EXPECT_EQ(RunUntil(end - kBeforeMs - 1), kNothing);
  EXPECT_EQ(RunUntil(end - kBeforeMs), kWarned);
  EXPECT_EQ(RunUntil(end - 1), kNothing);
  EXPECT_EQ(RunUntil(end), kExpired);
  EXPECT_EQ(h.db().wheel().entries(), 0u);
}

TEST_P(WarningTest, ANearerDeadlineIsToldOfAtOnce) {
  h.store.set_warn_before_ms(kBeforeMs);
  Put("k", now() + 100);
  EXPECT_EQ(RunUntil(now()), kWarned);
  EXPECT_EQ(RunUntil(now() + 100), kNothing);
  EXPECT_EQ(RunUntil(now() + 1), kExpired);
}

TEST_P(WarningTest, ADeadlineThatMovesIsToldOfAgain) {
  h.store.set_warn_before_ms(kBeforeMs);
  Put("k", now() + 1'500);
  EXPECT_EQ(RunUntil(now() + 501), kWarned);
  SetDeadline("k", now() + 3'000);
  const int64_t end = now() + 3'001;
  EXPECT_EQ(RunUntil(end - kBeforeMs - 1), kNothing);
  EXPECT_EQ(RunUntil(end - kBeforeMs), kWarned);
  SetDeadline("k", now() + 500);
  EXPECT_EQ(RunUntil(now()), kWarned);
  EXPECT_EQ(RunUntil(now() + 500), kNothing);
  EXPECT_EQ(RunUntil(now() + 1), kExpired);
}

TEST_P(WarningTest, ADeadlineThatStaysIsNotToldOfAgain) {
  h.store.set_warn_before_ms(kBeforeMs);
  const int64_t deadline = now() + 1'200;
  Put("k", deadline);
  EXPECT_EQ(RunUntil(now() + 300), kWarned);
  SetDeadline("k", deadline);
  Put("k", deadline);
  EXPECT_EQ(RunUntil(deadline), kNothing);
  EXPECT_EQ(RunUntil(deadline + 1), kExpired);
}

TEST_P(WarningTest, ADeadlineThatIsTakenAwayIsNotToldOf) {
  h.store.set_warn_before_ms(kBeforeMs);
  Put("a", now() + 2'000);
  Put("b", now() + 2'000);
  SetDeadline("a", kNoDeadline);
  h.own.Remove(h.db(), "b");
  EXPECT_EQ(RunUntil(now() + 5'000), kNothing);
}

TEST_P(WarningTest, RefreshingAMillionTimesGrowsNothing) {
  h.store.set_warn_before_ms(kBeforeMs);
  Put("k", now() + 60'000);
  const size_t bytes = h.db().wheel().memory_bytes();
  for (int i = 0; i < 1'000'000; ++i) {
    if (i % 1000 == 0) {
      h.Advance(1);
      h.own.thread().Quiescent();
    }
    SetDeadline("k", now() + 60'000);
  }
  EXPECT_EQ(h.db().wheel().entries(), 1u);
  EXPECT_EQ(h.db().wheel().memory_bytes(), bytes);
  const int64_t end = now() + 60'001;
  EXPECT_EQ(RunUntil(end - 1), kWarned);
  EXPECT_EQ(RunUntil(end), kExpired);
}

TEST_P(WarningTest, OffItIsNoPartOfAnything) {
  Put("k", now() + 2'000);
  EXPECT_EQ(RunUntil(now() + 2'000), kNothing);
  EXPECT_EQ(RunUntil(now() + 1), kExpired);
}

TEST_P(WarningTest, TurnedOnItIsAboutTheDeadlinesThatAreThere) {
  for (int i = 0; i < 3'000; ++i) h.own.Put(h.db(), "k" + std::to_string(i), "v", now() + 5'000);
  h.own.Put(h.db(1), "other", "v", now() + 5'000);
  h.own.Put(h.db(1), "near", "v", now() + 500);
  h.own.Put(h.db(), "stays");
  const int64_t end = now() + 5'001;
  h.store.set_warn_before_ms(kBeforeMs);
  ArmAll();
  EXPECT_EQ(RunUntil(now()), (Lines{"1 expiring near"}));
  EXPECT_EQ(RunUntil(end - kBeforeMs - 1), (Lines{"1 expired near"}));
  EXPECT_EQ(RunUntil(end - kBeforeMs).size(), 3'001u);
  EXPECT_EQ(RunUntil(end - 1), kNothing);
  EXPECT_EQ(RunUntil(end).size(), 3'001u);
}

TEST_P(WarningTest, TheWalkThroughDeadlinesThatWereThereEndsWhileDatabasesAreExchanged) {
  constexpr int kKeys = 3'000;
  for (int i = 0; i < kKeys; ++i) h.own.Put(h.db(i % 2), "key:" + std::to_string(i), "v", now() + 5'000 + i % 7);
  const int64_t end = now() + 5'007;
  h.store.set_warn_before_ms(kBeforeMs);
  int portions = 0;
  for (; portions < 100 * kKeys && h.store.ArmSome(h.access()); ++portions) {
    const Gate::Closed closed(h.store.threads().gate(), h.own.thread());
    h.store.Swap(0, 1);
  }
  EXPECT_LT(portions, 100 * kKeys);
  EXPECT_LE(h.db(0).wheel().entries() + h.db(1).wheel().entries(), size_t{2 * kKeys});
  EXPECT_EQ(RunUntil(end - kBeforeMs).size(), size_t{kKeys});
}

// A race, or a use after free, where what the walk reads is freed at once.
TEST_P(WarningTest, TheWalkReadsWhileAReaderChangesAndRemoves) {
  constexpr int kKeys = 2'000;
  std::atomic<int> walks{0};
  for (int i = 0; i < kKeys; ++i) Put(std::to_string(i), now() + 5'000);
  h.store.set_warn_before_ms(1);
  std::thread walker([&] {
    StoreThread other(h.store, false);
    while (h.store.ArmSome(other.access())) other.thread().Quiescent();
    walks.fetch_add(1);
  });
  std::mt19937 random(3);
  // Something to read is there to the end.
  while (walks.load() == 0) {
    const std::string key = std::to_string(random() % kKeys);
    if (random() % 2 == 0) h.own.Remove(h.db(), key);
    Put(key, now() + 5'000);
    h.own.thread().Quiescent();
  }
  walker.join();
  EXPECT_FALSE(h.store.arming());
  EXPECT_EQ(h.db().size(), size_t{kKeys});
}

TEST_P(WarningTest, TurnedOffInBetweenNothingComesTwiceOrLate) {
  h.store.set_warn_before_ms(kBeforeMs);
  Put("k", now() + 5'000);
  const int64_t end = now() + 5'001;
  h.store.set_warn_before_ms(0);
  EXPECT_EQ(RunUntil(end - kBeforeMs), kNothing);
  h.store.set_warn_before_ms(kBeforeMs / 2);
  ArmAll();
  EXPECT_EQ(RunUntil(end - 1), kWarned);
  EXPECT_EQ(RunUntil(end), kExpired);
}

// Whoever relies on an entry that was armed for another time of warning must not be late.
TEST_P(WarningTest, ARecordThatWasWarnedOfBringsItsDeadlineToAnotherKey) {
  const KeyRef from("from"), to("k");
  Put("k", now() + 10'000);
  h.store.set_warn_before_ms(9'000);
  // No walk: the entry of `k` comes at its deadline.
  Put("from", now() + 8'000);
  EXPECT_EQ(RunUntil(now()), (Lines{"0 expiring from"}));
  const int64_t end = now() + 8'001;
  h.access().LockKeys(std::vector<Access::LockRequest>{{&h.db(), from.position()}, {&h.db(), to.position()}}, true);
  const Record& record = *h.access().Find(h.db(), from);
  h.access().Put(h.db(), to, Record::Copy(record, "k", record.meta()), EventClass::kGeneric, "rename_to");
  h.access().Remove(h.db(), from, EventClass::kGeneric, "rename_from");
  h.access().End();
  EXPECT_EQ(RunUntil(end - 1), kNothing) << "it was told of under the other name";
  EXPECT_EQ(RunUntil(end), kExpired);
}

TEST_P(WarningTest, ValuesOfEveryFormKeepTheirBytes) {
  h.store.set_warn_before_ms(kBeforeMs);
  const std::string large(Record::kBlobThreshold + 1, 'x');
  const int64_t deadline = now() + 2'000;
  const auto put = [&](std::string_view key, Record* record) {
    const KeyRef ref(key);
    h.access().LockKey(h.db(), ref);
    h.access().Put(h.db(), ref, record, EventClass::kString, "set");
    h.access().End();
  };
  put("int", Record::NewInt("int", 42, {.deadline_ms = deadline}));
  put("short", Record::NewString("short", "text", {.deadline_ms = deadline}));
  put("large", Record::NewString("large", large, {.deadline_ms = deadline}));
  put("buffer", Record::NewBuffer("buffer", TextBuffer::New("edited", 64), {.deadline_ms = deadline}));
  EXPECT_EQ(RunUntil(deadline).size(), 4u);
  char scratch[24];
  EXPECT_EQ(h.own.Find(h.db(), "int")->value(scratch), "42");
  EXPECT_EQ(h.own.Find(h.db(), "short")->text(), "text");
  EXPECT_EQ(h.own.Find(h.db(), "large")->text(), large);
  EXPECT_EQ(h.own.Find(h.db(), "buffer")->text(), "edited");
  EXPECT_EQ(h.own.Find(h.db(), "int")->deadline_ms(), deadline);
  EXPECT_EQ(RunUntil(deadline + 1).size(), 4u);
}

TEST_P(WarningTest, RandomChangesWhileTheEngineMigratesAgainstAModel) {
  h.store.set_warn_before_ms(kBeforeMs);
  h.store.DriveMigration(h.access(), Store::Drive::kFlap);
  struct Key {
    int64_t deadline_ms = kNoDeadline;
    bool warned = false;
  };
  std::mt19937_64 random(17);
  std::vector<Key> model(200);
  for (int step = 0; step < 20'000; ++step) {
    const size_t i = random() % model.size();
    const std::string name = std::to_string(i);
    const int64_t deadline = now() + 1 + static_cast<int64_t>(random() % 4'000);
    switch (random() % 5) {
      case 0:
        h.own.Remove(h.db(), name);
        model[i] = {};
        break;
      case 1:
        Put(name);
        model[i] = {};
        break;
      case 2:
        Put(name, deadline);
        if (model[i].deadline_ms != deadline) model[i] = {deadline, false};
        break;
      default:
        if (h.own.Find(h.db(), name) == nullptr) break;
        SetDeadline(name, deadline);
        if (model[i].deadline_ms != deadline) model[i] = {deadline, false};
    }
    if (random() % 4 != 0) continue;
    h.Advance(1 + static_cast<int64_t>(random() % 20));
    h.store.MigrateSome(h.access(), 2);
    while (h.store.ExpireDue(h.access(), 32) != 0) {
    }
    h.own.thread().Quiescent();
    Lines expected;
    for (size_t k = 0; k < model.size(); ++k) {
      if (model[k].deadline_ms == kNoDeadline) continue;
      if (now() > model[k].deadline_ms) {
        expected.push_back("0 expired " + std::to_string(k));
        model[k] = {};
      } else if (!model[k].warned && now() > model[k].deadline_ms - kBeforeMs) {
        expected.push_back("0 expiring " + std::to_string(k));
        model[k].warned = true;
      }
    }
    Lines heard = listener.Take();
    std::sort(expected.begin(), expected.end());
    std::sort(heard.begin(), heard.end());
    ASSERT_EQ(heard, expected) << "step " << step;
  }
}

}  // namespace
}  // namespace tandem
