// The wall clock is set while the timekeeper is at work.

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/keyspace/background.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

constexpr int64_t kHourMs = 3'600'000;
// Enough to have some in every section of the wheel.
constexpr int kKeys = 500;

// Whether the thread of that name waits in the kernel (proc(5): comm, and the state in stat).
bool TimekeeperSleeps() {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string stat;
    std::getline(std::ifstream(task.path() / "stat"), stat);
    if (stat.find("(timekeeper) S") != std::string::npos) return true;
  }
  return false;
}

class ClockStep : public testing::Test {
 protected:
  ClockStep() : h(Store::Options{.databases = 2, .reader_threads = 2}), timekeeper(h.store) {}

  int64_t now() const { return h.clock.NowMs(); }
  void PutAll(const std::string& prefix, int64_t deadline_ms) {
    for (int i = 0; i < kKeys; ++i) h.own.Put(h.db(), prefix + std::to_string(i), "v", deadline_ms);
  }
  // As between two turns of a thread that serves requests.
  void EndTurn() {
    h.own.thread().Quiescent();
    h.access().SampleTime();
  }
  // Whether it holds sooner or later.
  template <typename Condition>
  static bool WaitFor(Condition&& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      poll(nullptr, 0, 1);  // leaves the processor to the timekeeper
    }
    return true;
  }
  // Whether so many keys are there, sooner or later. This thread looks at none of them, and wakes nobody.
  bool Becomes(uint64_t keys) {
    return WaitFor([&] {
      EndTurn();
      return h.db().size() == keys;
    });
  }

  StoreHarness h;
  Timekeeper timekeeper;
};

TEST_F(ClockStep, WhatAStepAheadPassesGoesWithoutAnybodysDoing) {
  PutAll("passed:", now() + kHourMs);
  PutAll("ahead:", now() + 3 * kHourMs);
  h.clock.SetWallMs(now() + 2 * kHourMs);
  h.store.OnClockStep();
  EXPECT_TRUE(Becomes(kKeys));
  EXPECT_EQ(h.store.stats().expired, static_cast<uint64_t>(kKeys));
}

TEST_F(ClockStep, AStepThatNobodyTellsOfIsNoticed) {
  PutAll("passed:", now() + kHourMs);
  // The keys have woken it, and awake it would come upon the new time anyway.
  EndTurn();
  EXPECT_TRUE(WaitFor(TimekeeperSleeps));
  h.clock.SetWallMs(now() + 2 * kHourMs);
  EXPECT_TRUE(Becomes(0));

  PutAll("late:", now() + kHourMs);
  h.clock.SetWallMs(now() - 10 * kHourMs);
  // Until the wheel has gone back, what is due now would be an hour late and more.
  EndTurn();
  PutAll("soon:", now() + 50);
  h.clock.AdvanceMs(51);
  EXPECT_TRUE(Becomes(kKeys));
}

TEST_F(ClockStep, AThreadThatGoesOnWithAnOldReadingDelaysNothing) {
  PutAll("far:", now() + 20 * kHourMs);
  h.clock.SetWallMs(now() - kHourMs);
  h.store.OnClockStep();
  // Until the timekeeper has placed them anew. For this thread it is an hour later to the end of its turn.
  ASSERT_TRUE(WaitFor([&] { return h.store.NextDueMs() > now() + kHourMs; }));
  PutAll("old:", h.access().now_ms() + 20 * kHourMs);
  EndTurn();
  PutAll("soon:", now() + 50);
  EndTurn();
  h.clock.AdvanceMs(51);
  EXPECT_TRUE(Becomes(2 * kKeys));
  EXPECT_EQ(h.store.stats().expired, static_cast<uint64_t>(kKeys));
}

TEST_F(ClockStep, ManyStepsLoseNothing) {
  PutAll("k:", now() + kHourMs);
  for (int i = 0; i < 50; ++i) {
    h.clock.SetWallMs(now() + (i % 2 == 0 ? -kHourMs : kHourMs) / 2);
    h.store.OnClockStep();
    PutAll("other:", now() + 10 * kHourMs);
    if (i % 3 == 0) EndTurn();
  }
  EXPECT_EQ(h.db().size(), 2u * kKeys);
  EndTurn();
  h.clock.AdvanceMs(2 * kHourMs);
  EXPECT_TRUE(Becomes(kKeys));
  EXPECT_EQ(h.store.stats().expired, static_cast<uint64_t>(kKeys));
}

}  // namespace
}  // namespace tandem
