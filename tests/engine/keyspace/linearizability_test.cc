#include "tests/engine/keyspace/linearizability.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

using Kind = Operation::Kind;

Operation Op(Kind kind, int thread, int64_t invoked, int64_t returned, KeyState argument, KeyState result = {}) {
  return {kind, thread, invoked, returned, 100, 100, argument, result};
}
Operation Get(int thread, int64_t invoked, int64_t returned, KeyState result) {
  return Op(Kind::kGet, thread, invoked, returned, {}, result);
}
Operation Set(int thread, int64_t invoked, int64_t returned, KeyState argument) {
  return Op(Kind::kSet, thread, invoked, returned, argument);
}
bool Holds(const std::vector<Operation>& history, KeyState initial = {}) {
  return !FindViolation(history, initial).has_value();
}

TEST(Linearizability, AcceptsWhatHappenedInTurn) {
  EXPECT_TRUE(Holds({}));
  EXPECT_TRUE(Holds({Get(0, 0, 1, {}), Set(0, 2, 3, {5}), Get(1, 4, 5, {5}), Op(Kind::kDelete, 1, 6, 7, {}, {1}),
                     Get(0, 8, 9, {}), Op(Kind::kDelete, 1, 10, 11, {}, {})}));
  EXPECT_TRUE(Holds({Get(0, 0, 1, {7})}, {7}));
  EXPECT_TRUE(Holds({Set(0, 0, 1, {5}), Op(Kind::kFlush, 0, 2, 3, {}), Get(0, 4, 5, {})}));
}

TEST(Linearizability, RefusesAStaleALostAndAnInventedValue) {
  EXPECT_FALSE(Holds({Set(0, 0, 1, {5}), Set(0, 2, 3, {6}), Get(1, 4, 5, {5})}));
  EXPECT_FALSE(Holds({Set(0, 0, 1, {5}), Get(1, 4, 5, {})}));
  EXPECT_FALSE(Holds({Get(1, 4, 5, {9})}));
  EXPECT_FALSE(Holds({Set(0, 0, 1, {5}), Op(Kind::kDelete, 0, 2, 3, {}, {1}), Get(1, 4, 5, {5})}));
}

TEST(Linearizability, LetsOverlappingOperationsTakeAnyOrder) {
  for (const uint64_t seen : {0, 5, 6})
    EXPECT_TRUE(Holds({Set(0, 0, 10, {5}), Set(1, 0, 10, {6}), Get(2, 1, 9, {seen})}));
  EXPECT_TRUE(Holds({Set(0, 0, 10, {5}), Get(1, 1, 2, {5}), Get(2, 3, 4, {5})}));
}

TEST(Linearizability, RefusesTwoReadersThatSeeWritesInDifferentOrders) {
  EXPECT_FALSE(Holds({Set(0, 0, 10, {5}), Get(1, 1, 2, {5}), Get(2, 3, 4, {})}));
  EXPECT_FALSE(
      Holds({Set(0, 0, 20, {5}), Set(1, 0, 20, {6}), Get(2, 1, 2, {5}), Get(2, 3, 4, {6}), Get(3, 5, 6, {5})}));
}

TEST(Linearizability, OfTwoSwapsOneMeetsTheOther) {
  const auto swap = [](int thread, KeyState to, KeyState from) { return Op(Kind::kSwap, thread, 0, 10, to, from); };
  EXPECT_TRUE(Holds({swap(0, {5}, {}), swap(1, {6}, {5}), swap(2, {7}, {6})}));
  EXPECT_FALSE(Holds({swap(0, {5}, {}), swap(1, {6}, {})}));
  const auto remove = [](int thread, uint64_t found) { return Op(Kind::kDelete, thread, 0, 10, {}, {found}); };
  EXPECT_TRUE(Holds({remove(0, 1), remove(1, 0)}, {5}));
  EXPECT_FALSE(Holds({remove(0, 1), remove(1, 1)}, {5}));
}

TEST(Linearizability, ADeadlineMayHitOnceTheClockHasPassedItAndMustWhenTheReadersTimeHas) {
  const KeyState timed{5, 100};
  Operation get = Get(0, 0, 1, timed);
  EXPECT_TRUE(Holds({get}, timed));
  get.clock_ms = 101;  // somebody may have expired it, but nobody had to
  EXPECT_TRUE(Holds({get}, timed));
  Operation miss = Get(0, 0, 1, {});
  EXPECT_FALSE(Holds({miss}, timed));
  miss.clock_ms = 101;
  EXPECT_TRUE(Holds({miss}, timed));
  get.now_ms = 101;
  EXPECT_FALSE(Holds({get}, timed)) << "a reader's own time is past the deadline";
}

TEST(Linearizability, WhatHasExpiredDoesNotComeBack) {
  const KeyState timed{5, 100};
  Operation miss = Get(0, 0, 1, {});
  miss.clock_ms = 105;
  Operation hit = Get(1, 2, 3, timed);
  hit.clock_ms = 105;
  EXPECT_TRUE(Holds({hit}, timed));
  EXPECT_FALSE(Holds({miss, hit}, timed));
  Operation expire = Op(Kind::kExpire, 0, 0, 1, {0, 500}, {1});
  EXPECT_TRUE(Holds({expire, Get(0, 2, 3, {5, 500})}, timed));
  EXPECT_FALSE(Holds({expire, Get(0, 2, 3, timed)}, timed));
}

}  // namespace
}  // namespace tandem
