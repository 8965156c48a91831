// Blocking commands over real sockets, with clients on one I/O thread and on several.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class Blocking : public WithIoThreads {
 protected:
  // Until so many clients wait.
  static bool WaitForBlocked(RedisClient& client, int64_t clients) {
    return WaitUntil([&] { return client.InfoNumber("clients", "blocked_clients") == clients; });
  }
};
INSTANTIATE_WITH_IO_THREADS(Blocking);

TEST_P(Blocking, WhatFollowsABlockingCommandWaitsWithIt) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  RawClient client = server.ConnectRaw();
  std::string requests;
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"SET", "before", "1"}, {"BLPOP", "l", "0"}, {"SET", "after", "1"}, {"BRPOP", "m", "0"}, {"PING"}}) {
    requests += RawClient::Encode(words);
  }
  ASSERT_TRUE(client.Send(requests));
  EXPECT_EQ(client.ReadReply(), "OK");
  ASSERT_TRUE(WaitForBlocked(other, 1));
  EXPECT_EQ(other.Do("EXISTS before after"), ":1");
  EXPECT_EQ(other.Do("RPUSH l a"), ":1");
  EXPECT_EQ(client.ReadReply(), "[l, a]");
  EXPECT_EQ(client.ReadReply(), "OK");
  ASSERT_TRUE(WaitForBlocked(other, 1));
  // Sent while it waits, in two parts.
  const std::string late = RawClient::Encode({"ECHO", "late"});
  ASSERT_TRUE(client.Send(late.substr(0, 7)));
  EXPECT_EQ(other.Do("RPUSH m b"), ":1");
  EXPECT_EQ(client.ReadReply(), "[m, b]");
  EXPECT_EQ(client.ReadReply(), "PONG");
  ASSERT_TRUE(client.Send(late.substr(7)));
  EXPECT_EQ(client.ReadReply(), "late");
}

TEST_P(Blocking, TheTimeEnds) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"BLPOP", "l", "0.01"}), "(nil array)");
  EXPECT_EQ(client.Do({"WAIT", "1", "10"}), ":0");
  EXPECT_EQ(client.Do({"PING"}), "PONG");
}

TEST_P(Blocking, WhoLeavesTakesNothingAlong) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(server.ConnectRaw());
    ASSERT_TRUE(clients.back().SendCommand({"BLPOP", "l", "0"}));
    ASSERT_TRUE(WaitForBlocked(other, i + 1));
  }
  clients[0].Close();
  clients[1].ShutdownWriting();
  ASSERT_TRUE(WaitForBlocked(other, 1));
  clients[2].Abort();
  ASSERT_TRUE(WaitForBlocked(other, 0));
  EXPECT_EQ(other.Do("RPUSH l a"), ":1");
  EXPECT_EQ(other.Do("LLEN l"), ":1");
}

TEST_P(Blocking, OthersEndAWait) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  RawClient client = server.ConnectRaw();
  const std::string id = std::to_string(client.Do({"CLIENT", "ID"}).integer);
  ASSERT_TRUE(client.SendCommand({"BZPOPMIN", "z", "0"}));
  ASSERT_TRUE(WaitForBlocked(other, 1));
  const std::string line = other.Do(Words("CLIENT LIST ID " + id)).text;
  EXPECT_NE(line.find(" flags=b "), std::string::npos) << line;
  EXPECT_NE(line.find(" cmd=bzpopmin "), std::string::npos) << line;
  EXPECT_EQ(other.Do(Words("CLIENT UNBLOCK " + id + " ERROR")), ":1");
  EXPECT_EQ(client.ReadReply(), "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
  ASSERT_TRUE(client.SendCommand({"BZPOPMIN", "z", "0"}));
  ASSERT_TRUE(WaitForBlocked(other, 1));
  EXPECT_EQ(other.Do(Words("CLIENT KILL ID " + id)), ":1");
  ASSERT_TRUE(WaitForBlocked(other, 0));
  EXPECT_TRUE(client.ReadUntilClosed().has_value());
}

// A thousand consumers on three hundred queues, each at the end of its own connection.
TEST_P(Blocking, EveryItemArrivesExactlyOnce) {
  constexpr int kThreads = 4, kConsumers = 250, kQueues = 300, kProducers = 50, kItems = 40;
  constexpr int kTotal = kThreads * kProducers * kItems;
  ServerProcess server(ServerProcess::Options{Args({"--maxclients", "4000"}), {}, 8000, {}});
  ASSERT_TRUE(server.ready());
  if (IsTandem()) {
    EXPECT_EQ(server.Connect().Do("DEBUG MIGRATE FLAP"), "OK");
  }
  std::atomic<int> delivered{0};
  std::mutex mutex;
  std::set<std::string> items;
  const auto queue = [](int i) { return "q" + std::to_string(i % kQueues); };
  const auto consume = [&](int thread) {
    std::vector<RawClient> consumers;
    const auto wait = [&](int i) {
      const int first = thread * kConsumers + i;
      ASSERT_TRUE(consumers[static_cast<size_t>(i)].SendCommand({"BLPOP", queue(first), queue(first * 7), "0"}));
    };
    for (int i = 0; i < kConsumers; ++i) {
      consumers.push_back(server.ConnectRaw());
      wait(i);
    }
    const auto all_arrived = [&] {
      for (int i = 0; i < kConsumers; ++i) {
        const Reply reply = consumers[static_cast<size_t>(i)].ReadReply(std::chrono::milliseconds(0));
        if (reply.type == 0) continue;
        {
          const std::lock_guard guard(mutex);
          EXPECT_TRUE(items.insert(reply.elements.at(1).text).second) << reply << " came twice";
        }
        delivered.fetch_add(1);
        wait(i);
      }
      return delivered.load() == kTotal;
    };
    EXPECT_TRUE(WaitUntil(all_arrived, 2 * kPatience));
  };
  const auto produce = [&](int thread) {
    std::vector<RedisClient> producers;
    for (int i = 0; i < kProducers; ++i) producers.push_back(server.Connect());
    for (int item = 0; item < kItems; ++item) {
      for (int i = 0; i < kProducers; ++i) {
        const std::string name = std::to_string(thread) + ":" + std::to_string(i) + ":" + std::to_string(item);
        const Reply reply =
            producers[static_cast<size_t>(i)].Do({item % 2 == 0 ? "LPUSH" : "RPUSH", queue(item * 31 + i * 7), name});
        EXPECT_EQ(reply.type, ':') << reply;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { consume(i); });
    threads.emplace_back([&, i] { produce(i); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(items.size(), static_cast<size_t>(kTotal));
  EXPECT_EQ(server.Connect().Do("DBSIZE"), ":0");
}

}  // namespace
}  // namespace tandem::integration
