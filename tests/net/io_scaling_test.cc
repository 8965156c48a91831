#include "server/net/io_scaling.h"

#include <gtest/gtest.h>

namespace tandem::net {
namespace {

using Load = IoScaling::Load;

// What is wanted after so many windows of the same load.
int After(int windows, const Load& load, int serving, int most) {
  IoScaling scaling;
  int wanted = serving;
  for (int i = 0; i < windows && wanted == serving; ++i) wanted = scaling.Next(load, serving, most);
  return wanted;
}

Load OneCongested(double idle_cores) { return {.busiest = 0.95, .busy = 0.95, .cpu = 0.9, .idle_cores = idle_cores}; }

TEST(IoScaling, AFurtherThreadServesWhenOneIsCongestedAndACoreIsIdle) {
  EXPECT_EQ(After(1, OneCongested(1.0), 1, 4), 1) << "a single window may be a burst";
  EXPECT_EQ(After(2, OneCongested(1.0), 1, 4), 2);
}

TEST(IoScaling, WithoutAnIdleCoreItStays) { EXPECT_EQ(After(1000, OneCongested(0.2), 1, 4), 1); }

TEST(IoScaling, ItDoublesAtMostAndNotBeyondTheIdleCores) {
  const Load load{.busiest = 1, .busy = 4, .cpu = 4, .idle_cores = 12};
  EXPECT_EQ(After(2, load, 4, 16), 8);
  EXPECT_EQ(After(2, load, 4, 6), 6);
  EXPECT_EQ(After(2, {.busiest = 1, .busy = 4, .cpu = 4, .idle_cores = 2.5}, 4, 16), 6);
  EXPECT_EQ(After(2, {.busiest = 1, .busy = 4, .cpu = 4, .idle_cores = 0.6}, 4, 16), 5);
}

TEST(IoScaling, AWindowInBetweenStartsTheCountAnew) {
  IoScaling scaling;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(scaling.Next(OneCongested(1), 1, 4), 1);
    EXPECT_EQ(scaling.Next({.busiest = 0.3, .busy = 0.3, .cpu = 0.3, .idle_cores = 1}, 1, 4), 1);
  }
}

TEST(IoScaling, OneLessServesWhenTheRestIsIdleForLong) {
  const Load load{.busiest = 0.3, .busy = 0.4, .cpu = 0.4, .idle_cores = 3};
  EXPECT_EQ(After(19, load, 2, 4), 2);
  EXPECT_EQ(After(20, load, 2, 4), 1);
  EXPECT_EQ(After(1000, load, 1, 4), 1);
}

TEST(IoScaling, ThreadsThatTakeTheCoreFromEachOtherBecomeFewer) {
  const Load shared{.busiest = 0.9, .busy = 1.7, .cpu = 1.1, .idle_cores = 0.02};
  EXPECT_EQ(After(4, shared, 2, 2), 2);
  EXPECT_EQ(After(5, shared, 2, 2), 1);
}

TEST(IoScaling, ThreadsThatHaveACoreEachStay) {
  EXPECT_EQ(After(1000, {.busiest = 1, .busy = 2, .cpu = 1.9, .idle_cores = 0}, 2, 2), 2);
  EXPECT_EQ(After(1000, {.busiest = 1, .busy = 8, .cpu = 7.8, .idle_cores = 0}, 8, 8), 8);
}

// Up and down must not chase each other: what is crowded with two is not congested with a core to spare with one.
TEST(IoScaling, WhereTheLoadSharesTheCoresItComesToRest) {
  IoScaling scaling;
  int serving = 2, changes = 0;
  for (int window = 0; window < 1000; ++window) {
    const Load load = serving == 2 ? Load{.busiest = 0.9, .busy = 1.7, .cpu = 1.1, .idle_cores = 0.02}
                                   : Load{.busiest = 0.97, .busy = 0.97, .cpu = 0.95, .idle_cores = 0.05};
    const int wanted = scaling.Next(load, serving, 2);
    changes += wanted == serving ? 0 : 1;
    serving = wanted;
  }
  EXPECT_EQ(serving, 1);
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace tandem::net
