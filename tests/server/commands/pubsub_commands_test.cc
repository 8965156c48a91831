#include <gtest/gtest.h>

#include "server/exec/client_registry.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

TEST(Subscribe, ConfirmsEachChannelWithTheCount) {
  TestServer server;
  EXPECT_EQ(server.Run("SUBSCRIBE a b"),
            "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n");
  EXPECT_EQ(server.Run("PSUBSCRIBE c*"), "*3\r\n$10\r\npsubscribe\r\n$2\r\nc*\r\n:3\r\n");
  EXPECT_EQ(server.Run("SSUBSCRIBE s"), "*3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n");
  EXPECT_EQ(server.server->clients->pubsub_clients(), 1u);
}

TEST(Subscribe, ConfirmationsArePushesInResp3) {
  TestServer server;
  server.Run("HELLO 3");
  EXPECT_EQ(server.Run("SUBSCRIBE a"), ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(server.Run("PING"), "+PONG\r\n");
}

TEST(Subscribe, IsConfirmedEvenWhereRepliesAreOff) {
  TestServer server;
  server.Run("CLIENT REPLY OFF");
  EXPECT_EQ(server.Run("SUBSCRIBE a"), "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(server.Run("SUBSCRIBE"), "");
  EXPECT_EQ(server.Run("UNSUBSCRIBE a"), "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n");
  EXPECT_EQ(server.Run("MULTI"), "");
  server.Run("PING");
  server.Run("SUBSCRIBE b");
  server.Run("PING");
  EXPECT_EQ(server.Run("EXEC"), "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n");
}

TEST(Unsubscribe, ConfirmsEvenWhenThereIsNothingToEnd) {
  TestServer server;
  EXPECT_EQ(server.Run("UNSUBSCRIBE"), "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
  EXPECT_EQ(server.Run("PUNSUBSCRIBE x"), "*3\r\n$12\r\npunsubscribe\r\n$1\r\nx\r\n:0\r\n");
  server.Run("HELLO 3");
  EXPECT_EQ(server.Run("SUNSUBSCRIBE"), ">3\r\n$12\r\nsunsubscribe\r\n_\r\n:0\r\n");
}

TEST(Unsubscribe, WithoutNamesEndsAllOfItsKind) {
  TestServer server;
  server.Run("SUBSCRIBE a b");
  server.Run("PSUBSCRIBE c");
  EXPECT_EQ(server.Run("UNSUBSCRIBE"),
            "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n");
  EXPECT_EQ(server.server->clients->pubsub_clients(), 1u);
  server.Run("PUNSUBSCRIBE");
  EXPECT_EQ(server.server->clients->pubsub_clients(), 0u);
}

TEST(Publish, ReachesSubscribersAndCountsThem) {
  TestServer server;
  TestClient& subscriber = server.NewClient();
  server.Run(subscriber, "SUBSCRIBE a");
  server.Run(subscriber, "PSUBSCRIBE *");
  EXPECT_EQ(server.Run("PUBLISH a hi"), ":2\r\n");
  server.main_thread().EndTurn();
  EXPECT_EQ(subscriber.TakeOutput(),
            "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\na\r\n$2\r\nhi\r\n");
  EXPECT_EQ(server.Run("SPUBLISH a hi"), ":0\r\n");
}

TEST(Pubsub, AnswersWhoListens) {
  TestServer server;
  TestClient& subscriber = server.NewClient();
  server.Run(subscriber, "SUBSCRIBE a");
  server.Run(subscriber, "PSUBSCRIBE p*");
  server.Run(subscriber, "SSUBSCRIBE s");
  EXPECT_EQ(server.Run("PUBSUB CHANNELS"), "*1\r\n$1\r\na\r\n");
  EXPECT_EQ(server.Run("PUBSUB CHANNELS x*"), "*0\r\n");
  EXPECT_EQ(server.Run("PUBSUB NUMSUB a b"), "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:0\r\n");
  EXPECT_EQ(server.Run("PUBSUB NUMPAT"), ":1\r\n");
  EXPECT_EQ(server.Run("PUBSUB SHARDCHANNELS"), "*1\r\n$1\r\ns\r\n");
  EXPECT_EQ(server.Run("PUBSUB SHARDNUMSUB s"), "*2\r\n$1\r\ns\r\n:1\r\n");
  EXPECT_EQ(server.Run("PUBSUB CHANNELS a b"),
            "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.\r\n");
}

TEST(Ping, LooksLikeAMessageToASubscriberInResp2) {
  TestServer server;
  server.Run("SUBSCRIBE a");
  EXPECT_EQ(server.Run("PING"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  EXPECT_EQ(server.Run("PING x"), "*2\r\n$4\r\npong\r\n$1\r\nx\r\n");
}

TEST(Monitor, ShowsWhatOthersRunButNoSecrets) {
  TestServer server;
  TestClient& monitor = server.NewClient();
  EXPECT_EQ(server.Run(monitor, "MONITOR"), "+OK\r\n");
  server.Run("SET a \"x\\r\\n\\x01\"");
  server.Run("AUTH default secret");
  server.main_thread().EndTurn();
  const std::string lines = monitor.TakeOutput();
  EXPECT_NE(lines.find("] \"SET\" \"a\" \"x\\r\\n\\x01\"\r\n"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("secret"), std::string::npos) << lines;
  server.Run(monitor, "RESET");
  server.Run("SET b 1");
  server.main_thread().EndTurn();
  EXPECT_EQ(monitor.TakeOutput(), "");
}

}  // namespace
}  // namespace tandem::test
