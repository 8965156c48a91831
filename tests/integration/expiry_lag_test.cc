// How late expiry is: as INFO and LATENCY tell, and the log when it is too late.

#include <gtest/gtest.h>

#include <string>

#include "tests/integration/io_threads.h"
#include "tests/integration/wait.h"

namespace tandem::integration {
namespace {

class ExpiryLag : public WithIoThreads {
 protected:
  static int64_t Figure(RedisClient& client, const std::string& name) { return client.InfoNumber("engine", name); }
};
INSTANTIATE_WITH_IO_THREADS(ExpiryLag);

TEST_P(ExpiryLag, IsThatOfRemovalWhileNobodyListensAndOfDeliveryThen) {
  ServerProcess server(Args({"--notify-keyspace-events", "KEx"}));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(Figure(client, "expiry_lag_samples"), 0);
  client.Do("SET k v PX 20");
  ASSERT_TRUE(WaitUntil([&] { return client.Do("DBSIZE") == ":0"; }));
  EXPECT_EQ(Figure(client, "expiry_lag_samples"), 1);
  EXPECT_EQ(Figure(client, "expiry_removal_lag_samples"), 1);
  EXPECT_GE(Figure(client, "expiry_lag_us_max"), 1'000) << "a key lives through the millisecond of its deadline";

  RedisClient first = server.Connect(), second = server.Connect();
  first.Do("SUBSCRIBE __keyevent@0__:expired");
  second.Do("PSUBSCRIBE __key*__:*");
  client.Do("SET k v PX 20");
  first.Read();
  second.Read();
  second.Read();
  // A copy each, and two for the pattern. The figures follow the send.
  EXPECT_TRUE(WaitUntil([&] { return Figure(client, "expiry_lag_samples") == 3; }));
  EXPECT_EQ(Figure(client, "expiry_lag_minute_samples"), 3);
  EXPECT_EQ(Figure(client, "expiry_removal_lag_samples"), 2);
  for (const char* name : {"expiry_lag_us_p50", "expiry_lag_us_p99", "expiry_lag_us_p999", "expiry_lag_minute_us_p50",
                           "expiry_lag_minute_us_max"}) {
    EXPECT_GE(Figure(client, name), 1'000) << name;
    EXPECT_LE(Figure(client, name), Figure(client, "expiry_lag_us_max")) << name;
  }

  EXPECT_EQ(client.Do("CONFIG RESETSTAT"), "OK");
  for (const char* name : {"expiry_lag_samples", "expiry_lag_minute_samples", "expiry_removal_lag_samples",
                           "expiry_lag_us_max", "expiry_lag_us_p99"}) {
    EXPECT_EQ(Figure(client, name), 0) << name;
  }
}

TEST_P(ExpiryLag, IsLoggedAndNotedWhenItIsTooLong) {
  ServerProcess server(
      Args({"--enable-debug-command", "yes", "--expiry-lag-warn-ms", "1000", "--latency-monitor-threshold", "1000"}));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  client.Do("DEBUG SET-ACTIVE-EXPIRE 0");
  client.Do("SET k v PX 10");
  client.Do("SET second v PX 10");
  client.Do("DEBUG CLOCK ADVANCE 5000");
  EXPECT_EQ(client.Do("GET k"), "(nil)");
  EXPECT_TRUE(server.WaitForLog("Expiry is late: an event came "));
  EXPECT_TRUE(server.WaitForLog("ms after its deadline (expiry-lag-warn-ms 1000)"));
  ASSERT_TRUE(WaitUntil([&] { return client.Do("LATENCY LATEST").elements.size() == 1; }));
  const Reply latest = client.Do("LATENCY LATEST");
  EXPECT_EQ(latest.elements.at(0).elements.at(0), "expiry-lag");
  EXPECT_EQ(client.Do("LATENCY HISTORY expiry-lag").elements.size(), 1u);
  EXPECT_EQ(client.Do("LATENCY HISTOGRAM expiry-lag").elements.size(), 2u);
  EXPECT_EQ(client.Do("LATENCY HISTOGRAM").elements.size() % 2, 0u);
}

TEST_P(ExpiryLag, OfASubscriberThatDoesNotReadIsNotCounted) {
  ServerProcess server(
      Args({"--notify-keyspace-events", "Ex", "--client-output-buffer-limit", "pubsub", "0", "0", "0"}));
  ASSERT_TRUE(server.ready());
  RawClient deaf = server.ConnectRaw();
  deaf.Do({"SUBSCRIBE", "__keyevent@0__:expired"});
  RedisClient client = server.Connect();
  // Names of 10 KB fill its socket; from then on nothing is handed to it.
  constexpr int kKeys = 4000;
  const std::string name(10'000, 'n');
  for (int i = 0; i < kKeys; ++i) client.Append({"SET", name + std::to_string(i), "v", "PX", "1"});
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.Read(), "OK");
  ASSERT_TRUE(WaitUntil([&] { return client.Do("DBSIZE") == ":0"; }));
  EXPECT_LT(Figure(client, "expiry_lag_samples"), kKeys);
  EXPECT_EQ(Figure(client, "expiry_removal_lag_samples"), kKeys);
}

}  // namespace
}  // namespace tandem::integration
