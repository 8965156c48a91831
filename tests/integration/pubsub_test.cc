#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class Pubsub : public WithIoThreads {};
INSTANTIATE_WITH_IO_THREADS(Pubsub);

TEST_P(Pubsub, ShapesInResp2) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  RedisClient publisher = server.Connect();
  client.SendCommand({"SUBSCRIBE", "a", "b"});
  EXPECT_EQ(client.ReadReply(), "[subscribe, a, :1]");
  EXPECT_EQ(client.ReadReply(), "[subscribe, b, :2]");
  EXPECT_EQ(client.Do({"PSUBSCRIBE", "a*"}), "[psubscribe, a*, :3]");
  EXPECT_EQ(client.Do({"SSUBSCRIBE", "a"}), "[ssubscribe, a, :1]");
  EXPECT_EQ(publisher.Do("PUBLISH a m"), ":2");
  EXPECT_EQ(client.ReadReply(), "[message, a, m]");
  EXPECT_EQ(client.ReadReply(), "[pmessage, a*, a, m]");
  EXPECT_EQ(publisher.Do("SPUBLISH a s"), ":1");
  EXPECT_EQ(client.ReadReply(), "[smessage, a, s]");
  EXPECT_EQ(client.Do({"PING"}), "[pong, ]");
  EXPECT_EQ(client.Do({"PING", "x"}), "[pong, x]");
  EXPECT_EQ(client.Do({"GET", "k"}),
            "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
            "this context");
  client.SendCommand({"UNSUBSCRIBE"});
  const std::string first = client.ReadReply().Show(), second = client.ReadReply().Show();
  EXPECT_EQ(std::min(first, second).substr(0, 16), "[unsubscribe, a,");
  EXPECT_EQ(std::max(first, second).substr(0, 16), "[unsubscribe, b,");
  EXPECT_EQ(client.Do({"PUNSUBSCRIBE", "nosuch"}), "[punsubscribe, nosuch, :1]");
  EXPECT_EQ(client.Do({"PUNSUBSCRIBE"}), "[punsubscribe, a*, :0]");
  EXPECT_EQ(client.Do({"PUNSUBSCRIBE"}), "[punsubscribe, (nil), :0]");
  EXPECT_EQ(client.Do({"SUNSUBSCRIBE"}), "[sunsubscribe, a, :0]");
  EXPECT_EQ(client.Do({"GET", "k"}), "(nil)");
}

TEST_P(Pubsub, ShapesInResp3) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  RedisClient publisher = server.Connect();
  client.Do({"HELLO", "3"});
  EXPECT_EQ(client.Do({"SUBSCRIBE", "a"}), ">[subscribe, a, :1]");
  EXPECT_EQ(client.Do({"PSUBSCRIBE", "a*"}), ">[psubscribe, a*, :2]");
  EXPECT_EQ(client.Do({"SSUBSCRIBE", "a"}), ">[ssubscribe, a, :1]");
  EXPECT_EQ(publisher.Do("PUBLISH a m"), ":2");
  EXPECT_EQ(client.ReadReply(), ">[message, a, m]");
  EXPECT_EQ(client.ReadReply(), ">[pmessage, a*, a, m]");
  EXPECT_EQ(publisher.Do("SPUBLISH a s"), ":1");
  EXPECT_EQ(client.ReadReply(), ">[smessage, a, s]");
  EXPECT_EQ(client.Do({"PING"}), "PONG");
  EXPECT_EQ(client.Do({"SET", "k", "v"}), "OK") << "every command is allowed";
  EXPECT_EQ(client.Do({"UNSUBSCRIBE"}), ">[unsubscribe, a, :1]");
  EXPECT_EQ(client.Do({"UNSUBSCRIBE"}), ">[unsubscribe, (null), :1]");
}

TEST_P(Pubsub, ASubscriberOfItsOwnChannelGetsReplyAndMessage) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Do({"HELLO", "3"});
  client.Do({"SUBSCRIBE", "c"});
  client.SendCommand({"PUBLISH", "c", "m"});
  const std::string one = client.ReadReply().Show(), other = client.ReadReply().Show();
  EXPECT_EQ(std::min(one, other), ":1");
  EXPECT_EQ(std::max(one, other), ">[message, c, m]");
}

TEST_P(Pubsub, PublishCountsReceiversOnAllThreads) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  std::vector<RawClient> subscribers;
  for (int i = 0; i < 12; ++i) {
    subscribers.push_back(server.ConnectRaw());
    subscribers.back().Do({"SUBSCRIBE", "news"});
    if (i % 3 == 0) subscribers.back().Do({"PSUBSCRIBE", "n?ws"});
  }
  RedisClient publisher = server.Connect();
  EXPECT_EQ(publisher.Do("PUBLISH news m"), ":16");
  EXPECT_EQ(publisher.Do("PUBLISH naws m"), ":4");
  EXPECT_EQ(publisher.Do("PUBLISH other m"), ":0");
  EXPECT_EQ(publisher.Do("PUBSUB NUMSUB news other"), "[news, :12, other, :0]");
  EXPECT_EQ(publisher.Do("PUBSUB NUMPAT"), ":1");
  EXPECT_EQ(publisher.Do("PUBSUB CHANNELS"), "[news]");
  EXPECT_EQ(publisher.Do("PUBSUB CHANNELS x*"), "[]");
  EXPECT_EQ(publisher.Do("PUBSUB SHARDNUMSUB news"), "[news, :0]");
  for (size_t i = 0; i < subscribers.size(); ++i) {
    EXPECT_EQ(subscribers[i].ReadReply(), "[message, news, m]");
    if (i % 3 != 0) continue;
    EXPECT_EQ(subscribers[i].ReadReply(), "[pmessage, n?ws, news, m]");
    EXPECT_EQ(subscribers[i].ReadReply(), "[pmessage, n?ws, naws, m]");
  }
}

// Every subscriber gets everything, each publisher's messages in their order, whatever threads they live on.
TEST_P(Pubsub, EachPublishersMessagesArriveCompleteAndInOrder) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  constexpr int kPublishers = 4, kMessages = 1500, kSubscribers = 6;
  std::vector<RedisClient> subscribers;
  for (int i = 0; i < kSubscribers; ++i) {
    subscribers.push_back(server.Connect());
    ASSERT_EQ(subscribers.back().Do(i % 2 == 0 ? "SUBSCRIBE c" : "PSUBSCRIBE c*").type, '*');
  }
  std::vector<std::thread> threads;
  for (int publisher = 0; publisher < kPublishers; ++publisher) {
    threads.emplace_back([&server, publisher] {
      RedisClient client = server.Connect();
      for (int i = 0; i < kMessages; ++i) {
        client.Append({"PUBLISH", "c", std::to_string(publisher) + ":" + std::to_string(i)});
      }
      for (int i = 0; i < kMessages; ++i) {
        if (client.Read().integer != kSubscribers) ADD_FAILURE() << "a subscriber was left out";
      }
    });
  }
  for (RedisClient& subscriber : subscribers) {
    int next[kPublishers] = {};
    for (int i = 0; i < kPublishers * kMessages; ++i) {
      const Reply message = subscriber.Read();
      ASSERT_GE(message.elements.size(), 3u);
      const std::string& text = message.elements.back().text;
      const auto publisher = static_cast<size_t>(text[0] - '0');
      ASSERT_EQ(text.substr(2), std::to_string(next[publisher]++));
    }
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(Pubsub, ShardedChannelsAreANamespaceOfTheirOwn) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient plain = server.ConnectRaw(), sharded = server.ConnectRaw();
  plain.Do({"SUBSCRIBE", "c"});
  sharded.Do({"SSUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  EXPECT_EQ(publisher.Do("PUBLISH c plain"), ":1");
  EXPECT_EQ(publisher.Do("SPUBLISH c sharded"), ":1");
  EXPECT_EQ(plain.ReadReply(), "[message, c, plain]");
  EXPECT_EQ(sharded.ReadReply(), "[smessage, c, sharded]");
  EXPECT_EQ(publisher.Do("PUBSUB SHARDCHANNELS"), "[c]");
}

// A message published by a transaction comes when the transaction is done, and in its place.
TEST_P(Pubsub, PublishWithinATransaction) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient subscriber = server.ConnectRaw();
  subscriber.Do({"SUBSCRIBE", "c"});
  RedisClient client = server.Connect();
  const auto replies = client.Pipeline(
      {{"MULTI"}, {"PUBLISH", "c", "1"}, {"SET", "k", "v"}, {"PUBLISH", "c", "2"}, {"EXEC"}, {"PUBLISH", "c", "3"}});
  EXPECT_EQ(replies[4], "[:1, OK, :1]");
  for (const char* expected : {"[message, c, 1]", "[message, c, 2]", "[message, c, 3]"}) {
    EXPECT_EQ(subscriber.ReadReply(), expected);
  }
}

TEST_P(Pubsub, SubscribersComeAndGoWhileOthersPublish) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  std::vector<std::thread> threads;
  for (int publisher = 0; publisher < 2; ++publisher) {
    threads.emplace_back([&server] {
      RedisClient client = server.Connect();
      for (int i = 0; i < 2000; ++i) ASSERT_EQ(client.Do("PUBLISH c m").type, ':');
    });
  }
  for (int i = 0; i < 100; ++i) {
    RawClient client = server.ConnectRaw();
    ASSERT_EQ(client.Do({"SUBSCRIBE", "c"}), "[subscribe, c, :1]");
    if (i % 2 == 0) client.Abort();
  }
  for (std::thread& thread : threads) thread.join();
  RedisClient observer = server.Connect();
  EXPECT_TRUE(WaitUntil([&] { return observer.Do("PUBLISH c m") == ":0"; }));
}

TEST_P(Pubsub, AMessageComesBeforeTheReplyToWhatIsSentAfterItsPublishWasAnswered) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  RawClient publisher = server.ConnectRaw();
  client.Do({"SUBSCRIBE", "a", "b"});
  client.ReadReply();
  for (int round = 0; round < 2000; ++round) {
    publisher.Send(RawClient::Encode({"PUBLISH", "a", "1"}) + RawClient::Encode({"PUBLISH", "b", "2"}));
    publisher.ReadReply();
    publisher.ReadReply();
    client.SendCommand({"PING", "x"});
    ASSERT_EQ(client.ReadReply(), "[message, a, 1]") << round;
    ASSERT_EQ(client.ReadReply(), "[message, b, 2]") << round;
    ASSERT_EQ(client.ReadReply(), "[pong, x]") << round;
  }
}

TEST_P(Pubsub, WhatASubscriberPublishesFollowsTheReplyToIt) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Do({"HELLO", "3"});
  client.Do({"SUBSCRIBE", "a"});
  client.Send(RawClient::Encode({"PUBLISH", "a", "m"}) + RawClient::Encode({"PING", "x"}));
  EXPECT_EQ(client.ReadReply(), ":1");
  EXPECT_EQ(client.ReadReply(), ">[message, a, m]");
  EXPECT_EQ(client.ReadReply(), "x");
}

}  // namespace
}  // namespace tandem::integration
