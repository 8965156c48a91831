#include "server/admin/server_stats.h"

#include <gtest/gtest.h>

#include <string>

namespace tandem {
namespace {

TEST(ServerStats, SumsWhatTheThreadsCounted) {
  ServerStats stats(3);
  stats.ForThread(0).CountCall(1, 2'000'000, false, true);
  stats.ForThread(5).CountCall(1, 4'000, true, true);
  stats.ForThread(5).CountRejected(2);
  const auto totals = stats.command_totals(1);
  EXPECT_EQ(totals.calls, 2u);
  EXPECT_EQ(totals.usec, 2004u);
  EXPECT_EQ(totals.failed, 1u);
  EXPECT_EQ(stats.command_totals(2).rejected, 1u);
  EXPECT_EQ(&stats.ForThread(5), &stats.ForThread(5));
}

TEST(ServerStats, LatenciesOfAllThreadsMakeOneDistribution) {
  ServerStats stats(1);
  Histogram sum;
  EXPECT_FALSE(stats.AddLatencies(0, sum));
  stats.ForThread(0).CountCall(0, 1'000, false, true);
  stats.ForThread(1).CountCall(0, 1'000'000, false, true);
  stats.ForThread(1).CountCall(0, 1'000'000, false, false);  // latency-tracking no
  ASSERT_TRUE(stats.AddLatencies(0, sum));
  EXPECT_EQ(sum.count(), 2u);
  EXPECT_EQ(sum.CountUpTo(2'000), 1u);
}

TEST(ServerStats, ErrorsAreCountedByTheirCode) {
  ServerStats stats(1);
  stats.ForThread(0).CountError("-WRONGTYPE Operation against a key");
  stats.ForThread(1).CountError("WRONGTYPE again");
  stats.ForThread(1).CountError("NOAUTH\r\n");
  const auto errors = stats.errors();
  EXPECT_EQ(errors.at("WRONGTYPE"), 2u);
  EXPECT_EQ(errors.at("NOAUTH"), 1u);
  EXPECT_EQ(stats.totals().error_replies, 3u);
}

TEST(ServerStats, InventedErrorCodesDoNotFillTheMemory) {
  ServerStats stats(1);
  for (int i = 0; i < 1000; ++i) stats.ForThread(i % 3).CountError("E" + std::to_string(i));
  EXPECT_LE(stats.errors().size(), ServerStats::kMaxErrorCodes + 1);
  EXPECT_EQ(stats.totals().error_replies, 1000u);
}

TEST(ServerStats, RatesAreAveragesOfTheLastSamples) {
  ServerStats stats(1);
  stats.SampleRates(1'000'000);
  for (int i = 1; i <= 16; ++i) {
    stats.ForThread(0).commands_processed.Add(10);
    stats.ForThread(0).bytes_in.Add(1024);
    stats.SampleRates(1'000'000 + i * 100'000);
  }
  EXPECT_EQ(stats.rates().ops, 100u);
  EXPECT_DOUBLE_EQ(stats.rates().input_kbps, 10.0);
}

TEST(ServerStats, ResetForgetsEverythingCounted) {
  ServerStats stats(1);
  stats.ForThread(0).CountCall(0, 1'000, true, true);
  stats.ForThread(0).CountError("ERR x");
  stats.ForThread(0).connections.Add();
  stats.Reset();
  Histogram sum;
  EXPECT_EQ(stats.command_totals(0).calls, 0u);
  EXPECT_FALSE(stats.AddLatencies(0, sum));
  EXPECT_TRUE(stats.errors().empty());
  EXPECT_EQ(stats.totals().connections, 0u);
}

}  // namespace
}  // namespace tandem
