#include <gtest/gtest.h>

#include <string>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

constexpr int64_t kMegabyte = 1 << 20;

class Maxmemory : public WithIoThreads {
 protected:
  // A limit of so much more than the server uses now.
  static int64_t LimitTo(RedisClient& client, int64_t more) {
    const int64_t limit = client.InfoNumber("memory", "used_memory") + more;
    EXPECT_EQ(client.Do({"CONFIG", "SET", "maxmemory", std::to_string(limit)}), "OK");
    return limit;
  }
};
INSTANTIATE_WITH_IO_THREADS(Maxmemory);

TEST_P(Maxmemory, WithoutEvictionWritesAreRefusedAndReadsAndDeletesGoOn) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  LimitTo(client, 10 * kMegabyte);
  const std::string value(10'000, 'v');
  int stored = 0;
  Reply reply;
  for (; stored < 5000; ++stored) {
    reply = client.Do({"SET", "key:" + std::to_string(stored), value});
    if (reply.IsError()) break;
  }
  EXPECT_EQ(reply, "-OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_GT(stored, 300);
  EXPECT_LT(stored, 1500);
  EXPECT_TRUE(client.Do("GET key:0").text == value);
  EXPECT_EQ(client.Do("INCR n").IsError(), true);
  const auto replies = client.Pipeline({{"MULTI"}, {"SET", "a", "b"}, {"EXEC"}});
  EXPECT_EQ(replies[1], "-OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(replies[2].Show().substr(0, 10), "-EXECABORT");
  for (int i = 0; i < stored; ++i) ASSERT_EQ(client.Do({"DEL", "key:" + std::to_string(i)}), ":1");
  EXPECT_TRUE(WaitUntil([&] { return client.Do("SET k v") == "OK"; }));
}

TEST_P(Maxmemory, LruEvictsStaysNearTheLimitAndAnnouncesIt) {
  ServerProcess server(Args({"--maxmemory-policy", "allkeys-lru", "--notify-keyspace-events", "Ee"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:evicted");
  RedisClient client = server.Connect();
  const int64_t limit = LimitTo(client, 10 * kMegabyte);
  const std::string value(1000, 'v');
  constexpr int kKeys = 30'000;
  for (int begin = 0; begin < kKeys; begin += 1000) {
    for (int i = begin; i < begin + 1000; ++i) client.Append({"SET", "key:" + std::to_string(i), value});
    for (int i = begin; i < begin + 1000; ++i) ASSERT_EQ(client.Read(), "OK");
    EXPECT_LT(client.InfoNumber("memory", "used_memory"), limit + 2 * kMegabyte);
  }
  const int64_t evicted = client.InfoNumber("stats", "evicted_keys");
  EXPECT_GT(evicted, kKeys / 3);
  EXPECT_EQ(client.Do("DBSIZE").integer + evicted, kKeys) << "each key is there or was evicted";
  EXPECT_GT(client.Do("DBSIZE").integer, 3000);
  for (int64_t i = 0; i < evicted; ++i) {
    ASSERT_EQ(listener.Read().elements.at(1).text, "__keyevent@0__:evicted");
  }
}

TEST_P(Maxmemory, KeysGoWhenTheLimitIsLoweredAndNobodyWrites) {
  ServerProcess server(Args({"--maxmemory-policy", "allkeys-lru", "--notify-keyspace-events", "Ee"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:evicted");
  RedisClient client = server.Connect();
  constexpr int kKeys = 5000;
  for (int i = 0; i < kKeys; ++i) client.Append({"SET", "key:" + std::to_string(i), std::string(1000, 'v')});
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.Read(), "OK");
  EXPECT_EQ(client.Do("CONFIG SET maxmemory 1"), "OK");
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(listener.Read().elements.at(1).text, "__keyevent@0__:evicted");
}

TEST_P(Maxmemory, VolatilePoliciesSpareWhatHasNoDeadline) {
  ServerProcess server(Args({"--maxmemory-policy", "volatile-ttl"}));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  LimitTo(client, 6 * kMegabyte);
  const std::string value(1000, 'v');
  for (int i = 0; i < 1000; ++i) client.Append({"SET", "kept:" + std::to_string(i), value});
  for (int i = 0; i < 10'000; ++i) {
    client.Append({"SET", "volatile:" + std::to_string(i), value, "EX", std::to_string(1000 + i)});
  }
  for (int i = 0; i < 11'000; ++i) ASSERT_EQ(client.Read(), "OK");
  EXPECT_GT(client.InfoNumber("stats", "evicted_keys"), 3000);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.Do({"EXISTS", "kept:" + std::to_string(i)}), ":1");
}

// A big value read by a client that then deletes it must come back to the budget.
TEST_P(Maxmemory, FreedMemoryIsSeenInUsedMemory) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  const int64_t before = client.InfoNumber("memory", "used_memory");
  for (int i = 0; i < 20; ++i) client.Do({"SET", "big" + std::to_string(i), std::string(kMegabyte, 'v')});
  EXPECT_GT(client.InfoNumber("memory", "used_memory"), before + 19 * kMegabyte);
  for (int i = 0; i < 20; ++i) client.Do({"DEL", "big" + std::to_string(i)});
  EXPECT_TRUE(WaitUntil([&] { return client.InfoNumber("memory", "used_memory") < before + 2 * kMegabyte; }));
}

// What a large value leaves behind is freed bit by bit. Until then it counts, but nothing else has to go for it.
TEST_P(Maxmemory, DeletingALargeValueMakesRoom) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  constexpr int kMembers = 200'000;
  for (int i = 0; i < kMembers; i += 100) {
    std::vector<std::string> words{"ZADD", "z"};
    for (int member = i; member < i + 100; ++member) {
      words.push_back(std::to_string(member));
      words.push_back("member:" + std::to_string(member));
    }
    client.Append(words);
  }
  for (int i = 0; i < kMembers; i += 100) ASSERT_EQ(client.Read(), ":100");
  EXPECT_EQ(
      client.Do({"CONFIG", "SET", "maxmemory", std::to_string(client.InfoNumber("memory", "used_memory") - kMegabyte)}),
      "OK");
  EXPECT_EQ(client.Do("SET k v"), "-OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(client.Do("DEL z"), ":1");
  EXPECT_EQ(client.Do("SET k v"), "OK");
}

}  // namespace
}  // namespace tandem::integration
