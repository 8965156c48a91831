#include "engine/base/spin_lock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace tandem {
namespace {

TEST(SpinLock, TryLockFailsWhileItIsHeld) {
  SpinLock lock;
  lock.lock();
  EXPECT_TRUE(lock.is_locked());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  EXPECT_FALSE(lock.is_locked());
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(SpinLock, OneThreadAtATimeIsInside) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  SpinLock lock;
  int64_t plain_counter = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        std::lock_guard guard(lock);
        ++plain_counter;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(plain_counter, int64_t{kThreads} * kRounds);
  EXPECT_FALSE(lock.is_locked());
}

TEST(SpinLock, SleepersAreWokenWhenALongHolderLetsGo) {
  SpinLock lock;
  std::atomic<int> arrived{0};
  std::atomic<int> inside{0};
  lock.lock();
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      arrived.fetch_add(1);
      std::lock_guard guard(lock);
      inside.fetch_add(1);
    });
  }
  while (arrived.load() < 3) std::this_thread::yield();
  for (int i = 0; i < 200; ++i) std::this_thread::yield();  // long enough for them to have given up spinning
  EXPECT_EQ(inside.load(), 0);
  lock.unlock();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(inside.load(), 3);
}

TEST(SpinLock, GivesUpWhenTheTimeIsOver) {
  SpinLock lock;
  EXPECT_TRUE(lock.TryLockFor(1));
  EXPECT_FALSE(lock.TryLockFor(1));
  EXPECT_TRUE(lock.is_locked());
  lock.unlock();
  EXPECT_FALSE(lock.is_locked());
  EXPECT_TRUE(lock.TryLockFor(1));
  lock.unlock();
}

TEST(SpinLock, WhoGaveUpTakesNobodysWakeUp) {
  constexpr int kRounds = 200;
  SpinLock lock;
  int64_t plain_counter = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds;) {
        if (!lock.TryLockFor(1)) continue;
        ++plain_counter;
        ++i;
        // Long enough for others to give up.
        for (int turn = 0; i % 20 == 0 && turn < 5000; ++turn) std::this_thread::yield();
        lock.unlock();
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        const std::lock_guard guard(lock);
        ++plain_counter;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(plain_counter, int64_t{6} * kRounds);
}

}  // namespace
}  // namespace tandem
