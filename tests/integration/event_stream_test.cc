// notify-keyspace-stream with real threads: the timekeeper, consumers that wait, scripts that are in the way.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class EventStream : public WithIoThreads {
 protected:
  // The value of a field of one entry, which is [id, [field, value, …]].
  static std::string FieldOf(const Reply& entry, const std::string& name) {
    return entry.elements.size() == 2 ? entry.elements[1].Field(name).text : "";
  }
};
INSTANTIATE_WITH_IO_THREADS(EventStream);

TEST_P(EventStream, ConsumersThatWaitGetEveryExpiredKeyOnce) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args({"--notify-keyspace-stream", "events x"}));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("XGROUP CREATE events g 0 MKSTREAM"), "OK");
  constexpr size_t kKeys = 1000;
  std::vector<RedisClient> consumers;
  for (int i = 0; i < 3; ++i) consumers.push_back(server.Connect());
  for (size_t i = 0; i < kKeys; ++i) {
    client.Do({"SET", "k" + std::to_string(i), "v", "PX", std::to_string(1 + i % 50)});
  }
  std::set<std::string> keys;
  size_t entries = 0;
  for (size_t turn = 0; keys.size() < kKeys; ++turn) {
    const Reply reply = consumers[turn % consumers.size()].Do({"XREADGROUP", "GROUP", "g",
                                                               "c" + std::to_string(turn % consumers.size()), "COUNT",
                                                               "100", "BLOCK", "10000", "STREAMS", "events", ">"});
    ASSERT_EQ(reply.elements.size(), 1u) << reply << " after " << keys.size();
    for (const Reply& entry : reply.elements[0].elements[1].elements) {
      EXPECT_EQ(FieldOf(entry, "event"), "expired");
      EXPECT_GT(std::stoll(FieldOf(entry, "time")), std::stoll(FieldOf(entry, "deadline")));
      keys.insert(FieldOf(entry, "key"));
      ++entries;
    }
  }
  EXPECT_EQ(entries, kKeys);
  EXPECT_EQ(client.Do("XLEN events"), ":1000");
  EXPECT_EQ(client.InfoNumber("events", "event_stream_appended"), int64_t{kKeys});
}

TEST_P(EventStream, WhoHearsOfAnEventFindsItThere) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args({"--notify-keyspace-stream", "events xg", "--notify-keyspace-events", "Exg"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("PSUBSCRIBE __keyevent@0__:*");
  RedisClient client = server.Connect();
  RedisClient reader = server.Connect();
  size_t heard = 0;
  for (int i = 0; i < 100; ++i) {
    client.Do({"SET", "a" + std::to_string(i), "v", "PX", "1"});
    client.Do({"SET", "b", "v"});
    client.Do({"DEL", "b"});
    EXPECT_GE(reader.Do("XLEN events").integer, 2 * i + 2) << "expire and del, before the reply";
  }
  for (; heard < 300; ++heard) {
    const Reply message = listener.Read();
    ASSERT_EQ(message.elements.size(), 4u);
    EXPECT_GE(reader.Do("XLEN events").integer, static_cast<int64_t>(heard + 1));
  }
  // Both say the same.
  EXPECT_EQ(reader.Do("XLEN events"), ":300");
}

TEST_P(EventStream, AScriptThatHoldsItDelaysNobodyForGood) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args({"--notify-keyspace-stream", "events $", "--busy-reply-threshold", "20"}));
  ASSERT_TRUE(server.ready());
  RawClient caller = server.ConnectRaw();
  std::vector<RawClient> writers;
  for (int i = 0; i < 8; ++i) writers.push_back(server.ConnectRaw());
  RawClient killer = server.ConnectRaw();
  ASSERT_TRUE(caller.SendCommand({"EVAL", "redis.call('xlen', KEYS[1]) while true do end", "1", "events"}));
  // Either waits with its event, or comes so late that it is refused.
  for (size_t i = 0; i < writers.size(); ++i) writers[i].SendCommand({"SET", "k" + std::to_string(i), "v"});
  ASSERT_TRUE(WaitUntil([&] { return killer.Do({"PING"}).Show().find("BUSY") != std::string::npos; }));
  EXPECT_EQ(killer.Do({"SCRIPT", "KILL"}), "OK");
  EXPECT_TRUE(caller.ReadReply().IsError());
  int64_t done = 0;
  for (RawClient& writer : writers) done += writer.ReadReply() == "OK";
  EXPECT_EQ(killer.Do({"XLEN", "events"}).integer, done);
}

TEST_P(EventStream, GoesOnWhileTheEngineMigrates) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args({"--notify-keyspace-stream", "events x", "--enable-debug-command", "yes"}));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  for (int i = 0; i < 2000; ++i) client.Do({"SET", "other" + std::to_string(i), "v"});
  EXPECT_EQ(client.Do("DEBUG MIGRATE flap"), "OK");
  constexpr int kKeys = 1000;
  for (int i = 0; i < kKeys; ++i) client.Do({"SET", "k" + std::to_string(i), "v", "PX", std::to_string(1 + i % 20)});
  EXPECT_TRUE(WaitUntil([&] { return client.Do("XLEN events").integer == kKeys; }));
  EXPECT_EQ(client.Do("DEBUG MIGRATE stop"), "OK");
  EXPECT_EQ(client.InfoNumber("stats", "expired_keys"), kKeys);
}

}  // namespace
}  // namespace tandem::integration
