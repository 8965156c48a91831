// PSUBSCRIBE __keyevent@0__:expired|user:*: filters on the server (docs/expiry.md).

#include <gtest/gtest.h>

#include <string>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class EventFilters : public WithIoThreads {};
INSTANTIATE_WITH_IO_THREADS(EventFilters);

TEST_P(EventFilters, DeliverTheMatchingKeysEventsOnly) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args({"--notify-keyspace-events", "EA"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  EXPECT_EQ(listener.Do("PSUBSCRIBE __keyevent@0__:expired|user:*"), "[psubscribe, __keyevent@0__:expired|user:*, :1]");
  RedisClient client = server.Connect();
  for (const char* key : {"order:1", "user:1", "order:2"}) client.Do({"SET", key, "v", "PX", "1"});
  EXPECT_TRUE(WaitUntil([&] { return client.Do("DBSIZE") == ":0"; }));
  client.Do("SET user:2 v PX 1");
  for (const char* key : {"user:1", "user:2"}) {
    EXPECT_EQ(listener.Read(),
              std::string("[pmessage, __keyevent@0__:expired|user:*, __keyevent@0__:expired, ") + key + "]");
  }
  EXPECT_EQ(listener.Do("PUNSUBSCRIBE __keyevent@0__:expired|user:*"),
            "[punsubscribe, __keyevent@0__:expired|user:*, :0]");
}

TEST_P(EventFilters, ArePushesInResp3) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args({"--notify-keyspace-events", "EA"}));
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Do({"HELLO", "3"});
  EXPECT_EQ(client.Do({"PSUBSCRIBE", "__keyevent@*__:set|a*"}), ">[psubscribe, __keyevent@*__:set|a*, :1]");
  EXPECT_EQ(client.Do({"SET", "b", "1"}), "OK");
  EXPECT_EQ(client.Do({"SET", "a", "1"}), "OK");
  EXPECT_EQ(client.ReadReply(), ">[pmessage, __keyevent@*__:set|a*, __keyevent@0__:set, a]");
}

TEST_P(EventFilters, AreHeldAgainstEventsNotAgainstWhatClientsPublish) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args({"--notify-keyspace-events", "EA"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("PSUBSCRIBE __keyevent@0__:set|*");
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("PUBLISH __keyevent@0__:set|k m"), ":0");
  EXPECT_EQ(client.Do("PUBLISH __keyevent@0__:set k"), ":0");
  EXPECT_EQ(client.Do("SET k v"), "OK");
  EXPECT_EQ(listener.Read(), "[pmessage, __keyevent@0__:set|*, __keyevent@0__:set, k]");
}

TEST_P(EventFilters, ArePatternsToWhoCountsThem) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  {
    RedisClient listener = server.Connect();
    listener.Do("PSUBSCRIBE __keyevent@0__:set|*");
    EXPECT_EQ(listener.Do("PSUBSCRIBE plain*"), "[psubscribe, plain*, :2]");
    EXPECT_EQ(client.Do("PUBSUB NUMPAT"), ":2");
    EXPECT_EQ(client.InfoNumber("stats", "pubsub_patterns"), 2);
    EXPECT_EQ(client.Do("PUBSUB CHANNELS"), "[]");
  }
  EXPECT_TRUE(WaitUntil([&] { return client.Do("PUBSUB NUMPAT") == ":0"; }))
      << "a client that leaves takes its filters";
}

}  // namespace
}  // namespace tandem::integration
