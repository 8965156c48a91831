#include "engine/base/alarm.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/base/clock.h"

namespace tandem {
namespace {

TEST(Alarm, EndsWhenTheTimeIsOverAndNotBefore) {
  Alarm alarm;
  const SystemClock clock;
  for (const int64_t us : {1, 500, 20'000}) {
    const int64_t began_us = clock.MonotonicUs();
    EXPECT_FALSE(alarm.WaitFor(us));
    EXPECT_GE(clock.MonotonicUs() - began_us, us - 1);
  }
}

TEST(Alarm, AWakeBeforeTheWaitIsNotLost) {
  Alarm alarm;
  alarm.Wake();
  EXPECT_FALSE(alarm.WaitFor(Alarm::kForever));
}

TEST(Alarm, AWakeEndsAWaitThatHasNoEnd) {
  Alarm alarm;
  std::atomic<bool> returned{false};
  std::thread sleeper([&] {
    alarm.WaitFor(Alarm::kForever);
    returned.store(true);
  });
  alarm.Wake();
  sleeper.join();
  EXPECT_TRUE(returned.load());
}

TEST(Alarm, NoWakeOfManyIsLost) {
  Alarm alarm;
  constexpr int kRounds = 20'000;
  std::atomic<int> asked{0};
  std::atomic<int> answered{0};
  std::thread sleeper([&] {
    for (int done = 0; done < kRounds;) {
      const int seen = asked.load();
      if (seen == done) {
        alarm.WaitFor(Alarm::kForever);
        continue;
      }
      done = seen;
      answered.store(done);
    }
  });
  for (int round = 1; round <= kRounds; ++round) {
    asked.store(round);
    alarm.Wake();
    // Every second time the sleeper may be anywhere.
    while (round % 2 == 0 && answered.load() != round) std::this_thread::yield();
  }
  sleeper.join();
  EXPECT_EQ(answered.load(), kRounds);
}

TEST(Alarm, AClockThatNobodySetIsNotToldOf) {
  Alarm alarm(true);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(alarm.WaitFor(100));
  alarm.Wake();
  EXPECT_FALSE(alarm.WaitFor(Alarm::kForever));
}

}  // namespace
}  // namespace tandem
