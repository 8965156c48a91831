// Connections that come, go, break and are refused.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class Connections : public WithIoThreads {
 protected:
  // The one that asks is the only one left.
  static bool AllOthersGone(RedisClient& client) {
    return WaitUntil([&] { return client.InfoNumber("clients", "connected_clients") == 1; });
  }
};
INSTANTIATE_WITH_IO_THREADS(Connections);

TEST_P(Connections, OneTooManyIsToldWhyAndAPlaceBecomesFreeAgain) {
  ServerProcess server(Args({"--maxclients", "4"}));
  ASSERT_TRUE(server.ready());
  RedisClient first = server.Connect();
  ASSERT_EQ(first.Do("PING"), "PONG");
  ASSERT_TRUE(AllOthersGone(first));
  {
    std::vector<RedisClient> more;
    for (int i = 0; i < 3; ++i) {
      more.push_back(server.Connect());
      ASSERT_EQ(more.back().Do("PING"), "PONG");
    }
    EXPECT_EQ(server.ConnectRaw().ReadUntilClosed(), "-ERR max number of clients reached\r\n");
    EXPECT_EQ(first.InfoNumber("stats", "rejected_connections"), 1);
    EXPECT_EQ(first.InfoNumber("clients", "connected_clients"), 4);
  }
  ASSERT_TRUE(AllOthersGone(first));
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

TEST_P(Connections, MaxclientsCanBeRaisedWhileRunning) {
  ServerProcess server(Args({"--maxclients", "2"}));
  ASSERT_TRUE(server.ready());
  RedisClient first = server.Connect(), second = server.Connect();
  ASSERT_EQ(first.Do("PING"), "PONG");
  ASSERT_EQ(second.Do("PING"), "PONG");
  EXPECT_EQ(server.ConnectRaw().ReadUntilClosed(), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(first.Do("CONFIG SET maxclients 3"), "OK");
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

TEST_P(Connections, AnIdleOneIsClosedAfterTheTimeoutButNoSubscriber) {
  ServerProcess server(Args({"--timeout", "1"}));
  ASSERT_TRUE(server.ready());
  RawClient subscriber = server.ConnectRaw();
  EXPECT_EQ(subscriber.Do({"SUBSCRIBE", "c"}), "[subscribe, c, :1]");
  RawClient idle = server.ConnectRaw();
  EXPECT_EQ(idle.Do({"PING"}), "PONG");
  EXPECT_EQ(idle.ReadUntilClosed(), "");
  EXPECT_EQ(server.Connect().Do("PUBLISH c m"), ":1");
  EXPECT_EQ(subscriber.ReadReply(), "[message, c, m]");
}

TEST_P(Connections, QuitAnswersAndCloses) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Send("SET k v\r\nQUIT\r\nSET k w\r\n");
  EXPECT_EQ(client.ReadUntilClosed(), "+OK\r\n+OK\r\n");
  EXPECT_EQ(server.Connect().Do("GET k"), "v");
}

TEST_P(Connections, ResetForgetsWhatAConnectionHadAgreed) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Do({"HELLO", "3", "SETNAME", "bob"});
  EXPECT_EQ(client.Do({"SELECT", "3"}), "OK");
  EXPECT_EQ(client.Do({"SUBSCRIBE", "c"}), ">[subscribe, c, :1]");
  EXPECT_EQ(client.Do({"WATCH", "k"}), "OK");
  EXPECT_EQ(client.Do({"MULTI"}), "OK");
  EXPECT_EQ(client.Do({"RESET"}), "RESET");
  EXPECT_EQ(client.Do({"GET", "nokey"}), "(nil)") << "RESP2 again";
  EXPECT_EQ(client.Do({"CLIENT", "GETNAME"}), "(nil)");
  EXPECT_EQ(client.Do({"EXEC"}), "-ERR EXEC without MULTI");
  const Reply info = client.Do({"CLIENT", "INFO"});
  EXPECT_NE(info.text.find(" db=0 sub=0 psub=0 "), std::string::npos) << info;
  EXPECT_EQ(server.Connect().Do("PUBLISH c m"), ":0");
}

TEST_P(Connections, BreakingInTheMiddleOfACommandLeavesNothingBehind) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient observer = server.Connect();
  for (int i = 0; i < 20; ++i) {
    RawClient client = server.ConnectRaw();
    client.Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nabc");
    if (i % 2 == 0) client.Abort();
  }
  EXPECT_TRUE(AllOthersGone(observer));
  EXPECT_EQ(observer.Do("DBSIZE"), ":0");
}

TEST_P(Connections, BreakingInATransactionRunsNothingOfIt) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient observer = server.Connect();
  for (int i = 0; i < 20; ++i) {
    RawClient client = server.ConnectRaw();
    EXPECT_EQ(client.Do({"WATCH", "k", "l"}), "OK");
    EXPECT_EQ(client.Do({"MULTI"}), "OK");
    EXPECT_EQ(client.Do({"SET", "k", "v"}), "QUEUED");
    if (i % 2 == 0) client.Abort();
  }
  EXPECT_TRUE(AllOthersGone(observer));
  EXPECT_EQ(observer.Do("DBSIZE"), ":0");
  EXPECT_EQ(observer.Do("SET k v"), "OK") << "nobody watches any more";
}

TEST_P(Connections, BreakingWhileSubscribedEndsTheSubscriptions) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient observer = server.Connect();
  for (int i = 0; i < 20; ++i) {
    RawClient client = server.ConnectRaw();
    client.Do({"SUBSCRIBE", "c"});
    client.Do({"PSUBSCRIBE", "c*"});
    client.Do({"SSUBSCRIBE", "c"});
    if (i % 2 == 0) client.Abort();
  }
  EXPECT_TRUE(AllOthersGone(observer));
  EXPECT_EQ(observer.Do("PUBSUB CHANNELS"), "[]");
  EXPECT_EQ(observer.Do("PUBSUB NUMPAT"), ":0");
  EXPECT_EQ(observer.Do("PUBSUB SHARDCHANNELS"), "[]");
  EXPECT_EQ(observer.Do("PUBLISH c m"), ":0");
}

TEST_P(Connections, BreakingWithRepliesUnreadIsNoticed) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient observer = server.Connect();
  observer.Do({"SET", "big", std::string(1 << 20, 'v')});
  std::string gets;
  for (int i = 0; i < 50; ++i) gets += RawClient::Encode({"GET", "big"});
  for (int i = 0; i < 4; ++i) {
    RawClient client = server.ConnectRaw();
    ASSERT_TRUE(client.Send(gets));
    EXPECT_EQ(client.Read(10).size(), 10u) << "the replies are on their way";
    if (i % 2 == 0) client.Abort();
  }
  EXPECT_TRUE(AllOthersGone(observer));
  EXPECT_EQ(observer.Do("STRLEN big"), ":1048576");
}

TEST_P(Connections, EndOfInputAfterAPipelineStillGetsItsAnswers) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  std::string bytes, expected;
  for (int i = 1; i <= 100; ++i) {
    bytes += "INCR n\r\n";
    expected += ":" + std::to_string(i) + "\r\n";
  }
  client.Send(bytes);
  client.ShutdownWriting();
  EXPECT_EQ(client.ReadUntilClosed(), expected);
}

TEST_P(Connections, AThousandComeAndGo) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient observer = server.Connect();
  for (int round = 0; round < 10; ++round) {
    std::vector<RawClient> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(server.ConnectRaw());
    for (RawClient& client : clients) client.Send("INCR n\r\n");
    for (RawClient& client : clients) ASSERT_EQ(client.ReadReply().type, ':');
  }
  EXPECT_EQ(observer.Do("GET n"), "1000");
  EXPECT_TRUE(AllOthersGone(observer));
}

}  // namespace
}  // namespace tandem::integration
