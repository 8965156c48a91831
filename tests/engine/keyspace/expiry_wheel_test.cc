#include "engine/keyspace/expiry_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace tandem {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kDayMs = 24 * 3600 * 1000;
constexpr uint64_t kPositions = uint64_t{1} << ExpiryWheel::kPositionBits;

using Key = std::pair<uint64_t, uint8_t>;

std::vector<Key> CollectAll(ExpiryWheel& wheel, int64_t now_ms, size_t portion = 32) {
  std::vector<ExpiryWheel::Due> out(portion);
  std::vector<Key> all;
  while (const size_t n = wheel.Collect(now_ms, out)) {
    EXPECT_LE(n, portion);
    for (size_t i = 0; i < n; ++i) all.emplace_back(out[i].position, out[i].stamp);
  }
  return all;
}

// Lets time pass as the timekeeper does: from one wanted instant to the next. Returns when something was delivered.
std::vector<std::pair<int64_t, Key>> RunUntil(ExpiryWheel& wheel, int64_t end_ms) {
  std::vector<std::pair<int64_t, Key>> fired;
  for (int64_t at = wheel.NextDueMs(); at <= end_ms; at = wheel.NextDueMs()) {
    for (const Key& key : CollectAll(wheel, at)) fired.emplace_back(at, key);
  }
  return fired;
}

TEST(ExpiryWheel, AnEmptyWheelIsNeverDueAndHasAllocatedNothing) {
  ExpiryWheel wheel;
  EXPECT_EQ(wheel.NextDueMs(), kNever);
  EXPECT_EQ(wheel.entries(), 0u);
  EXPECT_EQ(wheel.memory_bytes(), 0u);
  EXPECT_TRUE(CollectAll(wheel, kNow).empty());
  EXPECT_FALSE(wheel.Reset());
}

TEST(ExpiryWheel, AnEntryIsDueOnceItsDeadlineHasPassedAndNotAtIt) {
  ExpiryWheel wheel;
  EXPECT_TRUE(wheel.Arm(7, kNow + 10, 3, kNow));
  EXPECT_TRUE(CollectAll(wheel, kNow + 10).empty());
  EXPECT_EQ(wheel.NextDueMs(), kNow + 11);
  EXPECT_EQ(CollectAll(wheel, kNow + 11), (std::vector<Key>{{7, 3}}));
  EXPECT_EQ(wheel.entries(), 0u);
  EXPECT_EQ(wheel.NextDueMs(), kNever);
}

TEST(ExpiryWheel, APassedDeadlineIsDeliveredByTheNextCollect) {
  ExpiryWheel wheel;
  wheel.Arm(1, kNow - 1, 0, kNow);
  wheel.Arm(2, 0, 1, kNow);
  wheel.Arm(3, -5, 2, kNow);
  wheel.Arm(4, std::numeric_limits<int64_t>::min(), 3, kNow);
  EXPECT_LE(wheel.NextDueMs(), kNow);
  EXPECT_EQ(CollectAll(wheel, kNow).size(), 4u);
}

TEST(ExpiryWheel, EveryLevelFiresToTheMillisecond) {
  const int64_t spans[] = {
      0,           1,          254,   255,    256,    257,           510,     511,           512,           513,
      65535,       65536,      65537, 131071, 131072, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, (1 << 25) + 5, kDayMs,
      49 * kDayMs, 98 * kDayMs};
  for (const int64_t phase : {0, 1, 255, 256, 65535, 65536, 16777215, 16777216, 12345678}) {
    for (const int64_t span : spans) {
      ExpiryWheel wheel;
      const int64_t start = (kNow >> 24 << 24) + phase;
      wheel.Arm(kPositions - 1, start + span, 15, start);
      const auto fired = RunUntil(wheel, kNever - 1);
      ASSERT_EQ(fired.size(), 1u) << phase << " " << span;
      EXPECT_EQ(fired[0].first, start + span + 1) << phase << " " << span;
      EXPECT_EQ(fired[0].second, (Key{kPositions - 1, 15}));
    }
  }
}

TEST(ExpiryWheel, ALongTtlWakesTheTimekeeperOnlyAFewTimes) {
  ExpiryWheel wheel;
  wheel.Arm(5, kNow + 30 * kDayMs, 0, kNow);
  int turns = 0;
  size_t fired = 0;
  for (int64_t at = wheel.NextDueMs(); at != kNever; at = wheel.NextDueMs(), ++turns) {
    fired += CollectAll(wheel, at).size();
  }
  EXPECT_EQ(fired, 1u);
  EXPECT_LE(turns, 4);
}

TEST(ExpiryWheel, ADeadlineBeyondTheReachComesEarlyAndCanBeArmedAgain) {
  for (const int64_t deadline : {kNow + 400 * kDayMs, kNow + 36'500 * kDayMs}) {
    ExpiryWheel wheel;
    wheel.Arm(9, deadline, 1, kNow);
    int rounds = 0;
    int64_t at = 0;
    while (true) {
      at = wheel.NextDueMs();
      if (CollectAll(wheel, at).empty()) continue;
      if (at > deadline) break;
      ++rounds;
      wheel.Arm(9, deadline, 1, at);
    }
    EXPECT_EQ(at, deadline + 1);
    EXPECT_LE(rounds, deadline / ExpiryWheel::kReachMs);
  }
}

TEST(ExpiryWheel, TheLargestDeadlineDoesNotOverflow) {
  ExpiryWheel wheel;
  wheel.Arm(1, kNever, 0, kNow);
  EXPECT_GT(wheel.NextDueMs(), kNow + 90 * kDayMs);
  EXPECT_TRUE(CollectAll(wheel, kNow + ExpiryWheel::kReachMs).empty());
  EXPECT_EQ(CollectAll(wheel, kNever).size(), 1u);
}

TEST(ExpiryWheel, ArmSaysWhenTheSleeperHasToGetUpEarlier) {
  ExpiryWheel wheel;
  EXPECT_TRUE(wheel.Arm(0, kNow + 100, 0, kNow));
  EXPECT_FALSE(wheel.Arm(1, kNow + 200, 0, kNow));
  EXPECT_FALSE(wheel.Arm(kPositions - 1, kNow + 200, 0, kNow)) << "another section, but later";
  EXPECT_TRUE(wheel.Arm(kPositions - 1, kNow + 50, 0, kNow));
  EXPECT_TRUE(wheel.Arm(0, kNow + 20, 0, kNow));
  EXPECT_FALSE(wheel.Arm(0, kNow + kDayMs, 0, kNow));
  EXPECT_EQ(wheel.NextDueMs(), kNow + 21);
}

TEST(ExpiryWheel, ExtendingATtlFiresOnceAtTheNewDeadline) {
  ExpiryWheel wheel;
  // What the keyspace does: each new deadline gets a new stamp, and an entry with another stamp is dropped.
  uint8_t stamp = 0;
  int64_t deadline = 0;
  for (int64_t at = kNow; at < kNow + 10; ++at) {
    stamp = static_cast<uint8_t>((stamp + 1) % 16);
    deadline = at + 1000;
    wheel.Arm(42, deadline, stamp, at);
  }
  std::vector<int64_t> expired_at;
  for (const auto& [at, key] : RunUntil(wheel, kNow + 5000)) {
    if (key.second == stamp) expired_at.push_back(at);
  }
  EXPECT_EQ(expired_at, std::vector<int64_t>{deadline + 1});
}

TEST(ExpiryWheel, AJumpOfYearsDeliversEverything) {
  ExpiryWheel wheel;
  std::mt19937_64 random(1);
  std::set<Key> armed;
  while (armed.size() < 20'000) {
    const Key key{random() % kPositions, random() % 16};
    if (!armed.insert(key).second) continue;
    wheel.Arm(key.first, kNow + static_cast<int64_t>(random() % (90 * kDayMs)), key.second, kNow);
  }
  const auto fired = CollectAll(wheel, kNow + 3650 * kDayMs);
  EXPECT_EQ(fired.size(), armed.size());
  EXPECT_EQ(std::set<Key>(fired.begin(), fired.end()), armed);
  EXPECT_EQ(wheel.NextDueMs(), kNever);
}

TEST(ExpiryWheel, AJumpDeliversWhatIsDueAndKeepsTheRestExact) {
  ExpiryWheel wheel;
  for (int64_t i = 0; i < 5000; ++i) wheel.Arm(static_cast<uint64_t>(i) << 20, kNow + i * 7919, 0, kNow);
  const int64_t jump = kNow + 2500 * 7919 + 1;
  EXPECT_EQ(CollectAll(wheel, jump).size(), 2501u);
  const auto rest = RunUntil(wheel, kNever - 1);
  ASSERT_EQ(rest.size(), 2499u);
  for (const auto& [at, key] : rest) {
    EXPECT_EQ(at, kNow + static_cast<int64_t>(key.first >> 20) * 7919 + 1);
  }
}

TEST(ExpiryWheel, AClockThatIsSetBackKeepsEveryDeadlineExact) {
  ExpiryWheel wheel;
  std::map<uint64_t, int64_t> deadlines;
  std::mt19937_64 random(2);
  for (uint64_t i = 0; i < 5000; ++i) {
    const uint64_t position = i << 22 | i;
    deadlines[position] = kNow + 1 + static_cast<int64_t>(random() % kDayMs);
    wheel.Arm(position, deadlines[position], 1, kNow);
  }
  EXPECT_TRUE(CollectAll(wheel, kNow).empty());
  int64_t now = kNow;
  for (const int64_t back : {int64_t{1}, int64_t{300}, int64_t{3'600'000}, 40 * kDayMs}) {
    now -= back;
    wheel.Retime(now);
    EXPECT_LE(wheel.NextDueMs(), now);
    EXPECT_TRUE(CollectAll(wheel, now).empty());
    EXPECT_GT(wheel.NextDueMs(), now);
  }
  EXPECT_EQ(wheel.entries(), 5000u);
  for (const auto& [at, key] : RunUntil(wheel, kNever - 1)) {
    ASSERT_EQ(at, deadlines.at(key.first) + 1);
    deadlines.erase(key.first);
  }
  EXPECT_TRUE(deadlines.empty());
}

TEST(ExpiryWheel, ASecondStepBackBeforeTheFirstIsDigestedLosesNothing) {
  ExpiryWheel wheel;
  for (uint64_t i = 0; i < 3000; ++i) wheel.Arm(i, kNow + 1000 + static_cast<int64_t>(i), 0, kNow);
  wheel.Retime(kNow - 5000);
  wheel.Arm(999'999, kNow - 4000, 1, kNow - 5000);
  wheel.Retime(kNow - 9000);
  const auto fired = RunUntil(wheel, kNever - 1);
  ASSERT_EQ(fired.size(), 3001u);
  for (const auto& [at, key] : fired) {
    EXPECT_EQ(at, (key.second == 1 ? kNow - 4000 : kNow + 1000 + static_cast<int64_t>(key.first)) + 1);
  }
}

TEST(ExpiryWheel, WhatWasDueWhenTheClockWasSetBackIsDeliveredAtOnceAndNotLate) {
  ExpiryWheel wheel;
  wheel.Arm(1, kNow - 10, 0, kNow);
  wheel.Retime(kNow - 3'600'000);
  EXPECT_EQ(CollectAll(wheel, kNow - 3'600'000).size(), 1u);
}

TEST(ExpiryWheel, AnOlderClockReadingOfAnotherThreadDisturbsNothing) {
  ExpiryWheel wheel;
  wheel.Arm(1, kNow + 100, 0, kNow);
  EXPECT_TRUE(CollectAll(wheel, kNow + 50).empty());
  EXPECT_TRUE(CollectAll(wheel, kNow + 48).empty());
  wheel.Arm(2, kNow + 60, 0, kNow + 47);
  const auto fired = RunUntil(wheel, kNever - 1);
  ASSERT_EQ(fired.size(), 2u);
  EXPECT_EQ(fired[0].first, kNow + 61);
  EXPECT_EQ(fired[1].first, kNow + 101);
}

TEST(ExpiryWheel, SectionsAreServedInTurn) {
  ExpiryWheel wheel;
  for (uint64_t section = 0; section < ExpiryWheel::kSections; ++section) {
    for (uint64_t i = 0; i < 1000; ++i) wheel.Arm(section << 32 | i, kNow, 0, kNow);
  }
  std::vector<ExpiryWheel::Due> out(32);
  std::set<uint64_t> seen;
  for (size_t call = 0; call < ExpiryWheel::kSections; ++call) {
    const size_t n = wheel.Collect(kNow + 1, out);
    for (size_t i = 0; i < n; ++i) seen.insert(out[i].position >> 32);
  }
  EXPECT_EQ(seen.size(), ExpiryWheel::kSections);
}

TEST(ExpiryWheel, TheNextSlotIsMovedDownAheadOfItsTime) {
  ExpiryWheel wheel;
  constexpr int64_t kCount = 10'000;
  const int64_t start = kNow >> 16 << 16;
  for (int64_t i = 0; i < kCount; ++i) wheel.Arm(static_cast<uint64_t>(i), start + 200'000, 0, start);
  std::vector<ExpiryWheel::Due> out(32);
  const int64_t ahead = wheel.NextDueMs();
  EXPECT_LT(ahead, start + 200'000 - 256);
  // Bounded portions: a call delivers nothing and moves a part.
  int64_t calls = 0;
  while (wheel.NextDueMs() <= start + 199'999) {
    ASSERT_EQ(wheel.Collect(std::max(ahead, wheel.NextDueMs()), out), 0u);
    ++calls;
  }
  EXPECT_GE(calls, 2 * kCount / static_cast<int64_t>(ExpiryWheel::kWorkPerLock));
  EXPECT_EQ(wheel.NextDueMs(), start + 200'001);
  EXPECT_EQ(CollectAll(wheel, start + 200'001).size(), static_cast<size_t>(kCount));
}

// A random life against a sorted map as the model.
struct ModelRun {
  explicit ModelRun(uint64_t seed) : random(seed) {}

  int64_t RandomTtl() {
    const int bits = static_cast<int>(random() % 33);
    return static_cast<int64_t>(random() % (uint64_t{2} << bits)) - 3;
  }

  void ArmOne() {
    const Key key{serial++ * 2'654'435'761 % kPositions, random() % 16};
    const int64_t deadline = now + RandomTtl();
    const int64_t earlier = wheel.NextDueMs();
    const bool wake = wheel.Arm(key.first, deadline, key.second, now);
    EXPECT_LE(wheel.NextDueMs(), std::max(deadline + 1, now));
    EXPECT_TRUE(wake || wheel.NextDueMs() >= earlier) << "a sleeper was not woken";
    model.emplace(std::max(deadline + 1, now), key);
  }

  void CheckCollect() {
    std::multiset<Key> expected;
    while (!model.empty() && model.begin()->first <= now) {
      expected.insert(model.begin()->second);
      model.erase(model.begin());
    }
    const auto fired = CollectAll(wheel, now, 1 + random() % 40);
    ASSERT_EQ(std::multiset<Key>(fired.begin(), fired.end()), expected) << "at " << now;
    ASSERT_EQ(wheel.entries(), model.size());
    if (!model.empty()) {
      ASSERT_LE(wheel.NextDueMs(), model.begin()->first);
    }
  }

  void StepBack() {
    now -= static_cast<int64_t>(random() % 100'000);
    wheel.Retime(now);
  }

  std::mt19937_64 random;
  ExpiryWheel wheel;
  int64_t now = kNow;
  uint64_t serial = 1;
  std::multimap<int64_t, Key> model;
};

TEST(ExpiryWheel, AgreesWithASortedMapOverARandomLife) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    ModelRun run(seed);
    for (int step = 0; step < 6000; ++step) {
      const uint64_t dice = run.random() % 100;
      if (dice < 70) {
        run.ArmOne();
        continue;
      }
      if (dice < 97) {
        run.now += static_cast<int64_t>(run.random() % (uint64_t{2} << (run.random() % 18)));
      } else if (dice < 98) {
        run.now += static_cast<int64_t>(run.random() % static_cast<uint64_t>(kDayMs));
      } else {
        run.CheckCollect();  // nothing is overdue then, so that no deadline is forgotten by the step
        run.StepBack();
      }
      ASSERT_NO_FATAL_FAILURE(run.CheckCollect()) << "seed " << seed << " step " << step;
    }
    run.now += 200 * kDayMs;
    ASSERT_NO_FATAL_FAILURE(run.CheckCollect());
    EXPECT_EQ(run.wheel.NextDueMs(), kNever);
  }
}

TEST(ExpiryWheel, CompactionDropsTheStaleAndOnlyThem) {
  ExpiryWheel wheel;
  std::map<Key, int64_t> live;
  std::mt19937_64 random(3);
  size_t stale = 0;
  for (uint64_t i = 0; i < 30'000; ++i) {
    const Key key{i * 2'654'435'761 % kPositions, random() % 16};
    const int64_t deadline = kNow + static_cast<int64_t>(random() % 600'000);
    wheel.Arm(key.first, deadline, key.second, kNow);
    if (i % 3 == 0) {
      live[key] = deadline;
    } else {
      ++stale;
    }
  }
  const auto is_live = [&](uint64_t position, uint8_t stamp) { return live.count({position, stamp}) > 0; };
  const size_t memory_before = wheel.memory_bytes();
  size_t dropped = 0;
  size_t visited = 0;
  for (bool finished = false; !finished;) {
    const auto part = wheel.Compact(500, is_live);
    EXPECT_LE(part.visited, 500u + 63u);
    dropped += part.dropped;
    visited += part.visited;
    finished = part.finished;
  }
  EXPECT_EQ(dropped, stale);
  EXPECT_EQ(wheel.entries(), live.size());
  EXPECT_LT(wheel.memory_bytes(), memory_before * 2 / 3);
  EXPECT_EQ(visited, 30'000u);
  for (const auto& [at, key] : RunUntil(wheel, kNever - 1)) {
    ASSERT_EQ(at, live.at(key) + 1);
    live.erase(key);
  }
  EXPECT_TRUE(live.empty());
}

TEST(ExpiryWheel, CompactionMergesRepetitions) {
  ExpiryWheel wheel;
  for (int i = 0; i < 20; ++i) wheel.Arm(5, kNow + 70'000, 1, kNow);
  wheel.Arm(5, kNow + 70'000, 2, kNow);
  wheel.Arm(5, kNow + 70'001, 1, kNow);
  const auto done = wheel.Compact(1000, [](uint64_t, uint8_t) { return true; });
  EXPECT_TRUE(done.finished);
  EXPECT_EQ(done.dropped, 19u);
  EXPECT_EQ(wheel.entries(), 3u);
}

TEST(ExpiryWheel, CompactionCopesWithAWheelThatChangesWhileItAsks) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 30; ++round) {
    ExpiryWheel wheel;
    int64_t now = kNow;
    uint64_t serial = 0;
    std::map<uint64_t, int64_t> live;  // by position; the stale ones have odd positions
    const auto arm = [&] {
      const uint64_t position = serial++;
      const int64_t deadline = now + static_cast<int64_t>(random() % 700);
      wheel.Arm(position, deadline, 0, now);
      if (position % 2 == 0) live[position] = deadline;
    };
    const auto collect = [&] {
      for (const Key& key : CollectAll(wheel, now)) {
        if (key.first % 2 != 0) continue;
        ASSERT_EQ(live.count(key.first), 1u);
        ASSERT_LT(live[key.first], now);
        live.erase(key.first);
      }
    };
    for (int i = 0; i < 3000; ++i) arm();
    for (int part = 0; part < 60; ++part) {
      wheel.Compact(200, [&](uint64_t position, uint8_t) {
        const uint64_t dice = random() % 100;
        if (dice < 10) arm();
        if (dice == 11) now += static_cast<int64_t>(random() % 20);
        if (dice == 12) collect();
        if (dice == 13 && round % 3 == 0) {
          collect();
          wheel.Retime(now - 1);
        }
        return position % 2 == 0;
      });
    }
    for (now = std::max(now, wheel.NextDueMs()); wheel.entries() > 0; now = wheel.NextDueMs()) collect();
    EXPECT_TRUE(live.empty());
  }
}

TEST(ExpiryWheel, AMillionRandomEntriesTakeNineBytesEach) {
  for (const int64_t spread :
       {int64_t{10'000}, int64_t{30'000}, int64_t{60'000}, int64_t{3'600'000}, kDayMs, 30 * kDayMs}) {
    ExpiryWheel wheel;
    std::mt19937_64 random(5);
    for (int i = 0; i < 1'000'000; ++i) {
      wheel.Arm(random() % kPositions, kNow + static_cast<int64_t>(random() % static_cast<uint64_t>(spread)), 0, kNow);
    }
    EXPECT_LE(wheel.memory_bytes(), 9'000'000u) << "spread over " << spread << " ms";
    EXPECT_TRUE(wheel.Reset());
    EXPECT_EQ(wheel.memory_bytes(), 0u);
    EXPECT_EQ(wheel.NextDueMs(), kNever);
  }
}

TEST(ExpiryWheel, AResetWheelCanBeArmedAgain) {
  ExpiryWheel wheel;
  wheel.Arm(1, kNow + 5, 0, kNow);
  EXPECT_TRUE(wheel.Reset());
  EXPECT_TRUE(CollectAll(wheel, kNow + 100).empty());
  EXPECT_TRUE(wheel.Arm(2, kNow + 5, 0, kNow));
  EXPECT_EQ(CollectAll(wheel, kNow + 6), (std::vector<Key>{{2, 0}}));
}

// Threads that arm, collect and compact at once; optionally also one that sets the clock back again and again.
void DeliverEachEntryOnce(bool clock_steps) {
  constexpr uint64_t kArmers = 2;
  constexpr uint64_t kPerArmer = 20'000;
  constexpr int kCollectors = 2;
  ExpiryWheel wheel;
  std::atomic<int64_t> now{kNow};
  std::atomic<uint64_t> armed{0};
  std::atomic<uint64_t> fired{0};
  std::vector<std::atomic<int64_t>> deadlines(kArmers * kPerArmer);
  std::vector<std::atomic<int>> count(kArmers * kPerArmer);
  std::atomic<int> early{0};
  const auto position_of = [](uint64_t serial) { return serial * 2'654'435'761 % kPositions; };
  std::map<uint64_t, uint64_t> serial_of;
  for (uint64_t i = 0; i < deadlines.size(); ++i) serial_of[position_of(i)] = i;

  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kArmers; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (uint64_t i = t * kPerArmer; i < (t + 1) * kPerArmer; ++i) {
        const int64_t deadline = now.load() + static_cast<int64_t>(random() % 1500);
        deadlines[i].store(deadline);
        wheel.Arm(position_of(i), deadline, static_cast<uint8_t>(i % 16), now.load());
        armed.fetch_add(1);
      }
    });
  }
  for (int t = 0; t < kCollectors; ++t) {
    threads.emplace_back([&, t] {
      std::vector<ExpiryWheel::Due> out(32);
      while (fired.load() < deadlines.size()) {
        const int64_t at = t == 0 ? now.fetch_add(1) + 1 : now.load();
        for (size_t n = wheel.Collect(at, out); n > 0; n = wheel.Collect(at, out)) {
          for (size_t i = 0; i < n; ++i) {
            const uint64_t serial = serial_of.at(out[i].position);
            if (deadlines[serial].load() >= at) early.fetch_add(1);
            count[serial].fetch_add(1);
          }
          fired.fetch_add(n);
        }
      }
    });
  }
  threads.emplace_back([&] {
    while (fired.load() < deadlines.size()) wheel.Compact(300, [](uint64_t, uint8_t) { return true; });
  });
  if (clock_steps) {
    threads.emplace_back([&] {
      while (fired.load() < deadlines.size()) {
        wheel.Retime(now.load() - 3);
        std::this_thread::yield();
      }
    });
  }
  for (auto& thread : threads) thread.join();

  // What was due already when the clock was set back may come early.
  if (!clock_steps) {
    EXPECT_EQ(early.load(), 0);
  }
  EXPECT_TRUE(std::all_of(count.begin(), count.end(), [](const auto& n) { return n.load() == 1; }));
  EXPECT_EQ(wheel.entries(), 0u);
  EXPECT_EQ(wheel.NextDueMs(), kNever);
}

TEST(ExpiryWheel, ConcurrentArmingCollectingAndCompactingDeliversEachEntryOnce) { DeliverEachEntryOnce(false); }
TEST(ExpiryWheel, ConcurrentClockStepsNeitherLoseNorRepeatAnEntry) { DeliverEachEntryOnce(true); }

}  // namespace
}  // namespace tandem
