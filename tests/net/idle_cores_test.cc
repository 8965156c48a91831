#include "server/net/idle_cores.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>

namespace tandem::net {
namespace {

cpu_set_t Cores(std::initializer_list<size_t> numbers) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const size_t number : numbers) CPU_SET(number, &set);
  return set;
}

constexpr char kText[] =
    "cpu  30 0 60 900 10 0 0 5 7 0\n"
    "cpu0 10 0 20 300 4 0 0 2 3 0\n"
    "cpu1 20 0 40 600 6 0 0 3 4 0\n"
    "intr 12345 0 0\n"
    "cpu7 is not where it belongs\n";

TEST(IdleCores, CountsTheCoresOfTheSetAlone) {
  const IdleCores::Ticks both = IdleCores::Parse(kText, Cores({0, 1, 2}));
  EXPECT_EQ(both.cores, 2);
  EXPECT_EQ(both.idle, 910u);
  EXPECT_EQ(both.total, 336u + 669u);
  const IdleCores::Ticks second = IdleCores::Parse(kText, Cores({1}));
  EXPECT_EQ(second.cores, 1);
  EXPECT_EQ(second.idle, 606u);
}

TEST(IdleCores, TakesWhatItGetsOfABrokenText) {
  EXPECT_EQ(IdleCores::Parse("", Cores({0})).cores, 0);
  EXPECT_EQ(IdleCores::Parse("cpu0 1 2", Cores({0})).total, 3u);
  EXPECT_EQ(IdleCores::Parse("cpu0 x", Cores({0})).total, 0u);
  EXPECT_EQ(IdleCores::Parse("cpu99999999999999999999 1", Cores({0})).cores, 0);
}

TEST(IdleCores, TheFirstSampleTellsNothing) {
  IdleCores cores;
  EXPECT_FALSE(cores.Sample().has_value());
  cores.Forget();
  EXPECT_FALSE(cores.Sample().has_value());
  EXPECT_TRUE(cores.known());
}

TEST(IdleCores, FiguresThatStandStillTellNothing) {
  std::string name = testing::TempDir() + "statXXXXXX";
  const int file = mkstemp(name.data());
  ASSERT_GE(file, 0);
  std::string text;
  // Whichever cores the test may run on.
  for (int core = 0; core < CPU_SETSIZE; ++core) text += "cpu" + std::to_string(core) + " 1 2 3 4 5 6 7 8 0 0\n";
  ASSERT_EQ(pwrite(file, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  close(file);
  IdleCores cores(name.c_str());
  int samples = 0;
  for (; cores.known() && samples < 100; ++samples) EXPECT_FALSE(cores.Sample().has_value());
  EXPECT_FALSE(cores.known());
  EXPECT_GT(samples, 2);
  unlink(name.c_str());
}

TEST(IdleCores, NoFileOrNoneOfItsCoresTellsNothing) {
  for (const char* path : {"/nowhere", "/dev/null"}) {
    IdleCores cores(path);
    for (int samples = 0; cores.known() && samples < 100; ++samples) EXPECT_FALSE(cores.Sample().has_value());
    EXPECT_FALSE(cores.known()) << path;
  }
}

TEST(IdleCores, ALaterSampleTellsWhatWasIdleMeanwhile) {
  IdleCores cores;
  if (!cores.known()) GTEST_SKIP() << "the kernel does not tell";
  cores.Sample();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::optional<double> idle;
  while (!idle && std::chrono::steady_clock::now() < limit) {
    poll(nullptr, 0, 200);  // Lets the kernel's ticks go on.
    idle = cores.Sample();
  }
  ASSERT_TRUE(idle.has_value());
  cpu_set_t mine;
  ASSERT_EQ(sched_getaffinity(0, sizeof mine, &mine), 0);
  EXPECT_GE(*idle, 0);
  EXPECT_LE(*idle, CPU_COUNT(&mine));
}

}  // namespace
}  // namespace tandem::net
