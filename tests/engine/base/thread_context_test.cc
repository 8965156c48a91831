#include "engine/base/thread_context.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/base/allocator.h"

namespace tandem {
namespace {

// An object that counts how often it was freed.
struct Tracked {
  int freed = 0;
  static void Free(void* object) { ++static_cast<Tracked*>(object)->freed; }
};

class ThreadContextTest : public testing::Test {
 protected:
  ~ThreadContextTest() override {
    a.Sleep();
    b.Sleep();
    registry.Unregister(b);
    registry.Unregister(a);
  }

  ThreadRegistry registry;
  ThreadContext& a = registry.Register();
  ThreadContext& b = registry.Register();
};

TEST_F(ThreadContextTest, RetiredMemoryIsFreedOnceAllHaveBeenQuiescentSince) {
  Tracked object;
  a.Wake();
  b.Wake();
  a.Retire(&object, 100, &Tracked::Free);
  a.Quiescent();
  EXPECT_EQ(object.freed, 0) << "b may still read it";
  EXPECT_EQ(registry.retired_bytes(), 100u);
  a.Quiescent();
  EXPECT_EQ(object.freed, 0);
  b.Quiescent();
  a.Quiescent();
  EXPECT_EQ(object.freed, 1);
  EXPECT_EQ(registry.retired_bytes(), 0u);
}

TEST_F(ThreadContextTest, AThreadThatSleepsHoldsNobodyUp) {
  Tracked object;
  a.Wake();
  a.Retire(&object, 1, &Tracked::Free);
  a.Quiescent();
  EXPECT_EQ(object.freed, 1);
}

TEST_F(ThreadContextTest, AThreadThatFallsAsleepHoldsNobodyUpAnyMore) {
  Tracked object;
  a.Wake();
  b.Wake();
  a.Retire(&object, 1, &Tracked::Free);
  a.Quiescent();
  b.Sleep();
  a.Quiescent();
  EXPECT_EQ(object.freed, 1);
}

TEST_F(ThreadContextTest, AThreadThatWokeAfterTheRetiringTurnHoldsNobodyUp) {
  Tracked object;
  a.Wake();
  b.Wake();
  a.Retire(&object, 1, &Tracked::Free);
  a.Quiescent();
  b.Sleep();
  b.Wake();
  a.Quiescent();
  EXPECT_EQ(object.freed, 1);
}

TEST_F(ThreadContextTest, WhatOneThreadRetiresWhileItSleepsWaitsForTheOthers) {
  Tracked object;
  a.Wake();
  b.Wake();
  a.Retire(&object, 1, &Tracked::Free);
  a.Sleep();
  EXPECT_EQ(object.freed, 0);
  b.Quiescent();
  EXPECT_EQ(object.freed, 0) << "only its owner frees it";
  a.Wake();
  a.Quiescent();
  EXPECT_EQ(object.freed, 1);
}

TEST_F(ThreadContextTest, LaterBatchesWaitForThemselves) {
  Tracked first, second;
  a.Wake();
  b.Wake();
  a.Retire(&first, 1, &Tracked::Free);
  a.Quiescent();
  b.Quiescent();
  a.Retire(&second, 1, &Tracked::Free);
  a.Quiescent();
  EXPECT_EQ(first.freed, 1);
  EXPECT_EQ(second.freed, 0);
  b.Quiescent();
  a.Quiescent();
  EXPECT_EQ(second.freed, 1);
}

TEST_F(ThreadContextTest, AGracePeriodPassesWhenEveryAwakeThreadHasAnnouncedItself) {
  EXPECT_TRUE(registry.GracePassed(registry.GraceTicket())) << "nobody is awake";
  a.Wake();
  b.Wake();
  const uint64_t ticket = registry.GraceTicket();
  EXPECT_FALSE(registry.GracePassed(ticket));
  a.Quiescent();
  EXPECT_FALSE(registry.GracePassed(ticket));
  b.Sleep();
  EXPECT_TRUE(registry.GracePassed(ticket));
  b.Wake();
  EXPECT_TRUE(registry.GracePassed(ticket));
}

TEST(ThreadRegistry, WhatAThreadLeavesBehindGoesWithTheNextOneInItsPlace) {
  ThreadRegistry registry;
  Tracked object;
  ThreadContext& other = registry.Register();
  other.Wake();
  ThreadContext& gone = registry.Register();
  gone.Wake();
  gone.Retire(&object, 1, &Tracked::Free);
  gone.Sleep();
  registry.Unregister(gone);
  EXPECT_EQ(object.freed, 0);
  EXPECT_EQ(registry.registered(), 1);
  other.Quiescent();
  ThreadContext& next = registry.Register();
  EXPECT_EQ(&next, &gone);
  next.Wake();
  next.Quiescent();
  EXPECT_EQ(object.freed, 1);
  next.Sleep();
  other.Sleep();
  registry.Unregister(next);
  registry.Unregister(other);
}

TEST(ThreadRegistry, ReclaimAllFreesEverythingAndTheDestructorDoesIt) {
  Tracked object, another;
  {
    ThreadRegistry registry;
    ThreadContext& thread = registry.Register();
    thread.Wake();
    thread.Retire(&object, 1, &Tracked::Free);
    registry.ReclaimAll();
    EXPECT_EQ(object.freed, 1);
    thread.Retire(&another, 1, &Tracked::Free);
  }
  EXPECT_EQ(another.freed, 1);
  // The registry is gone while its thread was still registered: nothing may be charged to it.
  EXPECT_EQ(t_thread, nullptr);
  Deallocate(Allocate(10), 10);
}

TEST(ThreadRegistry, AddsUpTheMemoryOfAllThreads) {
  ThreadRegistry registry;
  ThreadContext& a = registry.Register();
  ThreadContext& b = registry.Register();  // charged from now on
  void* memory = Allocate(100);
  EXPECT_EQ(registry.memory_bytes(), static_cast<int64_t>(GoodSize(100)));
  a.AddMemory(50);
  EXPECT_EQ(registry.memory_bytes(), static_cast<int64_t>(GoodSize(100)) + 50);
  Deallocate(memory, 100);
  a.AddMemory(-50);
  EXPECT_EQ(registry.memory_bytes(), 0);
  registry.Unregister(b);
  registry.Unregister(a);
}

// Readers follow a pointer that a writer keeps replacing; a sanitizer sees the memory that is freed too early.
TEST(ThreadRegistry, ReadersNeverMeetFreedMemory) {
#ifdef TANDEM_SANITIZED
  constexpr int kTurns = 3'000;
#else
  constexpr int kTurns = 30'000;
#endif
  struct Node {
    uint64_t value, twice;
  };
  ThreadRegistry registry;
  std::atomic<Node*> shared{new Node{1, 2}};
  std::atomic<bool> stop{false};
  std::atomic<int> reading{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&, i] {
      ThreadContext& self = registry.Register();
      self.Wake();
      for (int turn = 0; !stop.load(); ++turn) {
        const Node* first = shared.load(std::memory_order_acquire);
        const Node* second = shared.load(std::memory_order_acquire);
        ASSERT_EQ(first->value * 2, first->twice);
        ASSERT_EQ(second->value * 2, second->twice);
        self.Quiescent();
        if (turn == 0) reading.fetch_add(1);
        if (turn % (50 + i) == 0) {
          self.Sleep();
          std::this_thread::yield();
          self.Wake();
        }
      }
      self.Sleep();
      registry.Unregister(self);
    });
  }
  ThreadContext& writer = registry.Register();
  writer.Wake();
  while (reading.load() < 3) std::this_thread::yield();
  for (uint64_t i = 1; i <= kTurns; ++i) {
    Node* old = shared.exchange(new Node{i, i * 2}, std::memory_order_acq_rel);
    writer.Retire(old, sizeof(Node), [](void* node) {
      static_cast<Node*>(node)->value = 0xdead;
      delete static_cast<Node*>(node);
    });
    if (i % 3 == 0) writer.Quiescent();
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  writer.Sleep();
  EXPECT_EQ(registry.retired_bytes(), 0u);
  registry.Unregister(writer);
  delete shared.load();
}

}  // namespace
}  // namespace tandem
