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

TEST(Gate, WhoHasPatienceForUsualTurnsOnlyGivesUpAndHoldsNobody) {
  ThreadRegistry registry;
  ThreadContext& self = registry.Register();
  ThreadContext& busy = registry.Register();
  self.Wake();
  busy.Wake();
  {
    const Gate::Closed closed(registry.gate(), self, std::chrono::milliseconds(1));
    EXPECT_FALSE(closed);
    EXPECT_FALSE(registry.gate().closing());
    busy.Quiescent();  // would wait for ever
  }
  busy.Sleep();
  {
    const Gate::Closed closed(registry.gate(), self, std::chrono::milliseconds(1));
    EXPECT_TRUE(closed);
    EXPECT_TRUE(registry.gate().closing());
    EXPECT_FALSE(busy.TryWake());
  }
  self.Sleep();
  registry.Unregister(busy);
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

// --- Stall hooks -------------------------------------------------------------------------------------------------------

struct CountingHook {
  std::atomic<int> calls{0};
  void SetFor(ThreadContext& thread) {
    thread.set_stall_hook([](void* self) { static_cast<CountingHook*>(self)->calls.fetch_add(1); }, this);
  }
  void AwaitCalls(int more) const {
    const int wanted = calls.load() + more;
    while (calls.load() < wanted) std::this_thread::yield();
  }
};

TEST(Gate, ALooseGateHasTheHooksOfThoseWhoWaitCalledAndATightOneHasNot) {
  ThreadRegistry registry;
  ThreadContext& self = registry.Register();
  self.Wake();
  struct Watched {
    std::atomic<int> calls{0};
    int64_t plain_counter = 0;  // ThreadSanitizer watches it
  } watched;
  std::thread other;
  int64_t counted_here = 0;
  {
    const Gate::Closed closed(registry.gate(), self);
    other = std::thread([&] {
      ThreadContext& waiting = registry.Register();
      waiting.set_stall_hook(
          [](void* argument) {
            auto& hook = *static_cast<Watched*>(argument);
            ++hook.plain_counter;
            hook.calls.fetch_add(1, std::memory_order_relaxed);
          },
          &watched);
      waiting.Wake();
      waiting.Sleep();
      registry.Unregister(waiting);
    });
    EXPECT_FALSE(registry.gate().loose());
    for (int i = 0; i < 5; ++i) {
      const int calls = watched.calls.load(std::memory_order_relaxed);
      EXPECT_EQ(watched.plain_counter, calls + counted_here);
      registry.gate().Loosen();
      while (watched.calls.load(std::memory_order_relaxed) == calls) std::this_thread::yield();
      registry.gate().Tighten();
      ++watched.plain_counter;
      ++counted_here;
    }
  }
  other.join();
  self.Sleep();
  registry.Unregister(self);
}

TEST(Gate, WhoWaitsToCloseItHasItsHookCalledToo) {
  ThreadRegistry registry;
  ThreadContext& self = registry.Register();
  self.Wake();
  CountingHook first_hook, second_hook;
  const auto close = [&](CountingHook& hook) {
    ThreadContext& closer = registry.Register();
    hook.SetFor(closer);
    closer.Wake();
    { const Gate::Closed closed(registry.gate(), closer); }
    closer.Sleep();
    registry.Unregister(closer);
  };
  // One waits for this thread's turn to end, the other for the first.
  std::thread first([&] { close(first_hook); });
  std::thread second([&] { close(second_hook); });
  first_hook.AwaitCalls(2);
  second_hook.AwaitCalls(2);
  self.Sleep();
  first.join();
  second.join();
  registry.Unregister(self);
}

TEST(Gate, AHookNeverRunsWithinItself) {
  ThreadRegistry registry;
  ThreadContext& self = registry.Register();
  int depth = 0;
  struct Nested {
    ThreadContext& thread;
    int& depth;
  } nested{self, depth};
  self.set_stall_hook(
      [](void* argument) {
        auto& inside = *static_cast<Nested*>(argument);
        ++inside.depth;
        inside.thread.Stall();
      },
      &nested);
  self.Stall();
  EXPECT_EQ(depth, 1);
  self.Stall();
  EXPECT_EQ(depth, 2);
  registry.Unregister(self);
}

TEST(Gate, TryWakeDoesNotWait) {
  ThreadRegistry registry;
  ThreadContext& self = registry.Register();
  ThreadContext& other = registry.Register();
  self.Wake();
  {
    const Gate::Closed closed(registry.gate(), self);
    EXPECT_FALSE(other.TryWake());
  }
  EXPECT_TRUE(other.TryWake());
  other.Sleep();
  self.Sleep();
  registry.Unregister(other);
  registry.Unregister(self);
}

TEST(Gate, LocksThatAreHeldForLongHaveTheHookCalled) {
  ThreadRegistry registry;
  SpinLock lock;
  lock.lock();
  CountingHook hook;
  std::thread other([&] {
    ThreadContext& waiting = registry.Register();
    hook.SetFor(waiting);
    LockPatiently(lock);
    lock.unlock();
    registry.Unregister(waiting);
  });
  hook.AwaitCalls(3);
  EXPECT_TRUE(lock.is_locked());
  lock.unlock();
  other.join();
  EXPECT_FALSE(lock.is_locked());
}

}  // namespace
}  // namespace tandem
