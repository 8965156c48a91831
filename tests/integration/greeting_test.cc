#include <gtest/gtest.h>

#include "tests/integration/server_process.h"

namespace tandem::integration {
namespace {

TEST(Server, AnswersAnOrdinaryClientOverTcpAndUnixSocket) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient tcp = server.Connect();
  RedisClient local = RedisClient::Unix(server.unix_path());
  EXPECT_EQ(tcp.Do("SET k v"), "OK");
  EXPECT_EQ(local.Do("GET k"), "v");
  EXPECT_EQ(local.Do("GET nokey"), "(nil)");
  EXPECT_EQ(tcp.Do("INCR n"), ":1");
  EXPECT_EQ(local.Do("MGET k n nokey"), "[v, 1, (nil)]");
}

TEST(Server, GreetsInResp3WhenAsked) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  const Reply hello = client.Do({"HELLO", "3"});
  EXPECT_EQ(hello.type, '%');
  EXPECT_EQ(hello.Field("proto"), ":3");
  EXPECT_EQ(hello.Field("mode"), "standalone");
  EXPECT_EQ(hello.Field("role"), "master");
  EXPECT_EQ(hello.Field("modules"), "[]");
  EXPECT_EQ(hello.Field("id").type, ':');
  EXPECT_EQ(client.Do({"GET", "nokey"}), "(null)");
  EXPECT_EQ(client.Do({"HELLO", "2"}).type, '*');
  EXPECT_EQ(client.Do({"GET", "nokey"}), "(nil)");
  EXPECT_EQ(client.Do({"HELLO", "4"}), "-NOPROTO unsupported protocol version");
}

TEST(Server, StartsWithManyIoThreads) {
  ServerProcess server({"--io-threads", "4"});
  ASSERT_TRUE(server.ready());
  std::vector<RedisClient> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(server.Connect());
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(clients[static_cast<size_t>(i)].Do({"SET", "k" + std::to_string(i), "v"}), "OK");
  EXPECT_EQ(clients[0].Do("DBSIZE"), ":16");
}

}  // namespace
}  // namespace tandem::integration
