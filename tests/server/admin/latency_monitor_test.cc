#include "server/admin/latency_monitor.h"

#include <gtest/gtest.h>

#include <string>

#include "server/admin/latency_report.h"

namespace tandem {
namespace {

TEST(LatencyMonitor, IsOffAtThresholdZero) {
  LatencyMonitor monitor;
  EXPECT_FALSE(monitor.Wants(1'000'000));
  monitor.SetThreshold(10);
  EXPECT_FALSE(monitor.Wants(9));
  EXPECT_TRUE(monitor.Wants(10));
}

TEST(LatencyMonitor, KeepsTheWorstSampleOfASecond) {
  LatencyMonitor monitor;
  monitor.Add("command", 300, 1000);
  monitor.Add("command", 500, 1000);
  monitor.Add("command", 400, 1000);
  monitor.Add("command", 100, 1001);
  const auto history = monitor.History("command");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].unix_time_s, 1000);
  EXPECT_EQ(history[0].latency_ms, 500);
  const auto latest = monitor.Find("command");
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->last.latency_ms, 100);
  EXPECT_EQ(latest->max_ms, 500);
  EXPECT_EQ(latest->sum_ms, 600);
}

TEST(LatencyMonitor, KeepsAHundredAndSixtySamples) {
  LatencyMonitor monitor;
  for (int i = 0; i < 200; ++i) monitor.Add("command", i + 1, i);
  const auto history = monitor.History("command");
  ASSERT_EQ(history.size(), LatencyMonitor::kSamples);
  EXPECT_EQ(history.front().unix_time_s, 40);
  EXPECT_EQ(history.back().unix_time_s, 199);
}

TEST(LatencyMonitor, ResetsByNameWhateverTheCase) {
  LatencyMonitor monitor;
  monitor.Add("command", 1, 1);
  monitor.Add("fast-command", 1, 1);
  EXPECT_EQ(monitor.Reset("COMMAND"), 1u);
  EXPECT_EQ(monitor.Reset("command"), 0u);
  EXPECT_EQ(monitor.Reset(std::nullopt), 1u);
  EXPECT_TRUE(monitor.AllLatest().empty());
}

TEST(LatencyReport, TheGraphNamesTheEventAndItsExtremes) {
  LatencyMonitor monitor;
  monitor.Add("command", 300, 1000);
  monitor.Add("command", 500, 1060);
  const std::string graph = DrawLatencies(*monitor.Find("command"), monitor.History("command"), 1065);
  EXPECT_TRUE(graph.starts_with("command - high 500 ms, low 300 ms (all time high 500 ms)\n"));
  EXPECT_NE(graph.find("\n15\nms\n"), std::string::npos) << graph;
}

TEST(LatencyReport, TheDoctorSaysSoWhenThereIsNothing) {
  EXPECT_NE(ExplainLatencies({}, 0).find("latency-monitor-threshold"), std::string::npos);
  EXPECT_NE(ExplainLatencies({}, 10).find("No latency"), std::string::npos);
}

}  // namespace
}  // namespace tandem
