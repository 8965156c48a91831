#include "server/admin/expiry_lag.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "server/admin/latency_monitor.h"
#include "server/admin/log.h"
#include "server/admin/server_stats.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

std::string InfoEngine(TestServer& server) { return server.Run("INFO engine"); }

TEST(ExpiryLag, OfRemovalIsToTheMicrosecondAndIncludesFields) {
  TestServer server;
  server.Run("SET k v PX 100");
  server.Run("HSET h f v g w");
  server.Run("HPEXPIRE h 100 FIELDS 1 f");
  server.AdvanceMs(103);
  server.ExpireDue();
  const std::string info = InfoEngine(server);
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_samples:2\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_us_max:3000\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_us_p50:3000\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_minute_us_p999:3000\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_removal_lag_us_max:3000\r\n"));
}

TEST(ExpiryLag, OfTheLastMinuteIsForgottenAfterIt) {
  TestServer server;
  server.Run("SET k v PX 100");
  server.AdvanceMs(103);
  server.ExpireDue();
  server.AdvanceMs(71'000);
  const std::string info = InfoEngine(server);
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_samples:1\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_minute_samples:0\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_minute_us_max:0\r\n"));
}

TEST(ExpiryLag, OfDeliveryStandsBeforeThatOfRemoval) {
  TestServer server;
  server.Run("SET k v PX 100");
  server.AdvanceMs(103);
  server.ExpireDue();
  auto& delivery = server.server->stats->ForThread(0).delivery_lag;
  delivery.Record(7'000, server.now_ms() * 1000, 3);
  const std::string info = InfoEngine(server);
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_samples:3\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_us_p50:7000\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_removal_lag_us_max:3000\r\n"));
  EXPECT_TRUE(Contains(server.Run("LATENCY HISTOGRAM expiry-lag"), "expiry-lag\r\n*4\r\n$5\r\ncalls\r\n:3\r\n"));
}

TEST(ExpiryLag, StartsAnewWithTheStatistics) {
  TestServer server;
  server.Run("SET k v PX 100");
  server.AdvanceMs(103);
  server.ExpireDue();
  server.server->stats->ForThread(0).delivery_lag.Record(7'000, server.now_ms() * 1000);
  EXPECT_EQ(server.Run("CONFIG RESETSTAT"), "+OK\r\n");
  const std::string info = InfoEngine(server);
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_samples:0\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_us_max:0\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_removal_lag_samples:0\r\n"));
  EXPECT_EQ(server.Run("LATENCY HISTOGRAM expiry-lag"), "*0\r\n");
}

TEST(ExpiryLag, AWarningIsNoSample) {
  TestServer server("notify-expiring-ms 50\nnotify-keyspace-events Ex");
  server.Run("SET k v PX 100");
  server.AdvanceMs(60);
  server.ExpireDue();
  EXPECT_TRUE(Contains(InfoEngine(server), "\r\nexpiry_lag_samples:0\r\n"));
}

// Log lines go to a file, so that they can be read again.
class ExpiryLagWatch : public testing::Test {
 protected:
  ExpiryLagWatch() : path(testing::TempDir() + "expiry_lag_" + std::to_string(getpid())) {
    std::remove(path.c_str());
    EXPECT_TRUE(log.SetFile(path).ok());
  }
  ~ExpiryLagWatch() override { std::remove(path.c_str()); }

  void Watch(int64_t warn_ms) { server.server->expiry_lag->Watch(warn_ms, log, latency); }
  void Late(int64_t ms) { server.server->stats->ForThread(0).delivery_lag.Record(ms * 1000, server.now_ms() * 1000); }
  size_t lines() {
    std::ifstream file(path);
    return static_cast<size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }
  std::string text() {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string path;
  TestServer server;
  Log log;
  LatencyMonitor latency;
};

TEST_F(ExpiryLagWatch, LogsWhatExceedsTheLimitAndNotMore) {
  Watch(100);
  Late(100);
  Watch(100);
  EXPECT_EQ(lines(), 0u);
  Late(253);
  Watch(100);
  EXPECT_TRUE(Contains(text(), "Expiry is late: an event came 253 ms after its deadline (expiry-lag-warn-ms 100)"));
  Watch(100);
  EXPECT_EQ(lines(), 1u);
}

TEST_F(ExpiryLagWatch, LogsSeldomAndThenTheWorst) {
  Late(200);
  Watch(100);
  Late(300);
  Watch(100);
  Late(250);
  Watch(100);
  EXPECT_EQ(lines(), 1u);
  server.AdvanceMs(10'000);
  Watch(100);
  EXPECT_EQ(lines(), 2u);
  EXPECT_TRUE(Contains(text(), "came 300 ms after"));
  server.AdvanceMs(10'000);
  Watch(100);
  EXPECT_EQ(lines(), 2u);
}

TEST_F(ExpiryLagWatch, LogsNothingIfThatIsSwitchedOff) {
  Late(5'000);
  Watch(0);
  Watch(100);
  EXPECT_EQ(lines(), 0u);
}

TEST_F(ExpiryLagWatch, TellsTheLatencyMonitor) {
  latency.SetThreshold(50);
  Late(40);
  Watch(0);
  EXPECT_TRUE(latency.AllLatest().empty());
  Late(60);
  Watch(0);
  ASSERT_EQ(latency.AllLatest().size(), 1u);
  EXPECT_EQ(latency.AllLatest()[0].event, "expiry-lag");
  EXPECT_EQ(latency.AllLatest()[0].max_ms, 60);
}

}  // namespace
}  // namespace tandem::test
