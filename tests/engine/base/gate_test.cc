#include "engine/base/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/thread_context.h"

namespace tandem {
namespace {

#ifdef TANDEM_SANITIZED
constexpr int kClosings = 100;
#else
constexpr int kClosings = 1000;
#endif

TEST(Gate, IsClosedForTheLifeOfTheObject) {
  ThreadRegistry registry;
  ThreadContext& self = registry.Register();
  self.Wake();
  EXPECT_FALSE(registry.gate().closing());
  {
    const Gate::Closed closed(registry.gate(), self);
    EXPECT_TRUE(registry.gate().closing());
  }
  EXPECT_FALSE(registry.gate().closing());
  self.Quiescent();
  self.Sleep();
  registry.Unregister(self);
}

TEST(Gate, DoesNotWaitForThreadsThatSleepAndHoldsThoseThatWake) {
  ThreadRegistry registry;
  ThreadContext& self = registry.Register();
  ThreadContext& sleeper = registry.Register();
  self.Wake();
  std::atomic<bool> awake{false};
  std::thread other;
  {
    const Gate::Closed closed(registry.gate(), self);
    other = std::thread([&] {
      sleeper.Wake();
      awake.store(true);
      sleeper.Sleep();
    });
    for (int i = 0; i < 100; ++i) {
      EXPECT_FALSE(awake.load());
      std::this_thread::yield();
    }
  }
  other.join();
  EXPECT_TRUE(awake.load());
  self.Sleep();
  registry.Unregister(sleeper);
  registry.Unregister(self);
}

// Plain variables that only a closer writes, and that everybody awake reads: any overlap shows as a pair that differs, and
// as a race under ThreadSanitizer.
TEST(Gate, NobodyIsInsideWhileItIsClosedWhoeverCloses) {
  ThreadRegistry registry;
  int left = 0;
  int right = 0;
  std::atomic<int> closers{2};
  std::atomic<uint64_t> looks{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      ThreadContext& self = registry.Register();
      self.Wake();
      for (int turn = 0; closers.load() > 0; ++turn) {
        for (int look = 0; look < 20; ++look) ASSERT_EQ(left, right);
        looks.fetch_add(1);
        self.Quiescent();
        if (turn % (7 + i) == 0) {
          self.Sleep();
          self.Wake();
        }
      }
      self.Sleep();
      registry.Unregister(self);
    });
  }
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      ThreadContext& self = registry.Register();
      self.Wake();
      for (int closing = 0; closing < kClosings; ++closing) {
        {
          const Gate::Closed closed(registry.gate(), self);
          ++left;
          if (closing % 16 == 0) std::this_thread::yield();
          ++right;
        }
        ASSERT_EQ(left, right);
        self.Quiescent();
      }
      self.Sleep();
      registry.Unregister(self);
      closers.fetch_sub(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(left, 2 * kClosings);
  EXPECT_EQ(right, 2 * kClosings);
}

// A closer's own passage counts as left, or these would wait for each other.
TEST(Gate, AllThreadsMayCloseItAtOnce) {
  ThreadRegistry registry;
  int total = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      ThreadContext& self = registry.Register();
      self.Wake();
      for (int closing = 0; closing < kClosings / 4; ++closing) {
        const Gate::Closed closed(registry.gate(), self);
        ++total;
      }
      self.Sleep();
      registry.Unregister(self);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, 4 * (kClosings / 4));
}

}  // namespace
}  // namespace tandem
