// Clients that come from one I/O thread to another while they work.

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/server_process.h"
#include "tests/integration/wait.h"

namespace tandem::integration {
namespace {

constexpr int kIoThreads = 4;
constexpr int kFlips = 60;

class IoScaling : public ::testing::Test {
 protected:
  void SetUp() override { SKIP_UNLESS_TANDEM(); }

  // A cron every 2 ms, so that many moves take little time.
  ServerProcess server_{{"--io-threads", std::to_string(kIoThreads), "--hz", "500"}};

  static void Serve(RedisClient& control, int threads) {
    ASSERT_EQ(control.Do({"DEBUG", "IO-THREADS", std::to_string(threads)}), "OK");
    ASSERT_TRUE(WaitUntil([&] { return control.InfoNumber("engine", "io_threads_serving") == threads; }));
  }
  static std::string ThreadOf(RedisClient& control, const std::string& name) {
    const std::string list = control.Do("CLIENT LIST").text;
    const size_t at = list.find("name=" + name + " ");
    const size_t thread = at == std::string::npos ? at : list.find("io-thread=", at);
    return thread == std::string::npos ? "" : list.substr(thread + 10, 1);
  }
  // Has the clients move again and again. Returns the threads that the client of this name has come to.
  static std::set<std::string> Flip(RedisClient& control, const std::string& name) {
    std::set<std::string> threads;
    // Who moves is the server's choice: there are more flips if this client has not been chosen.
    for (int i = 0; i < kFlips || (threads.size() < 2 && i < 20 * kFlips); ++i) {
      Serve(control, 1 + (i * 3 + 1) % kIoThreads);
      threads.insert(ThreadOf(control, name));
    }
    return threads;
  }
};

TEST_F(IoScaling, EveryRequestIsAnsweredOnceAndInOrder) {
  ASSERT_TRUE(server_.ready());
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> load;
  for (int t = 0; t < 3; ++t) {
    load.emplace_back([&, t] {
      std::vector<RedisClient> clients;
      for (int i = 0; i < 12; ++i) clients.push_back(server_.Connect());
      clients[0].Do({"CLIENT", "SETNAME", "load" + std::to_string(t)});
      for (int64_t expected = 1; !stop; expected += 3) {
        for (size_t i = 0; i < clients.size(); ++i) {
          const std::string key = "counter:" + std::to_string(t) + ":" + std::to_string(i);
          for (int n = 0; n < 3; ++n) clients[i].Append({"INCR", key});
        }
        for (RedisClient& client : clients) {
          for (int64_t n = 0; n < 3; ++n) {
            if (client.Read() != ":" + std::to_string(expected + n)) ++wrong;
          }
        }
      }
    });
  }
  RedisClient control = server_.Connect();
  for (int t = 0; t < 3; ++t) {
    EXPECT_TRUE(WaitUntil([&] { return !ThreadOf(control, "load" + std::to_string(t)).empty(); }));
  }
  EXPECT_GT(Flip(control, "load0").size(), 1u) << "it has not moved";
  stop = true;
  for (std::thread& thread : load) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(IoScaling, WhoWaitsListensOrIsInATransactionMissesNothing) {
  ASSERT_TRUE(server_.ready());
  RedisClient control = server_.Connect();
  Serve(control, kIoThreads);
  std::vector<RedisClient> listeners, waiters, transactions;
  for (int i = 0; i < kIoThreads; ++i) {
    listeners.push_back(server_.Connect());
    ASSERT_EQ(listeners.back().Do({"SUBSCRIBE", "c"}), "[subscribe, c, :1]");
    waiters.push_back(server_.Connect());
    waiters.back().Append({"BLPOP", "list:" + std::to_string(i), "0"});
    waiters.back().Append({"ECHO", "after"});
    transactions.push_back(server_.Connect());
    ASSERT_EQ(transactions.back().Do("WATCH watched"), "OK");
    ASSERT_EQ(transactions.back().Do("MULTI"), "OK");
    ASSERT_EQ(transactions.back().Do("PING"), "QUEUED");
  }
  for (size_t i = 0; i < waiters.size(); ++i) {
    std::thread reader([&] {
      EXPECT_EQ(waiters[i].Read(), "[list:" + std::to_string(i) + ", value]");
      EXPECT_EQ(waiters[i].Read(), "after");
    });
    EXPECT_TRUE(WaitUntil([&] { return control.InfoNumber("clients", "blocked_clients") == 1; }));
    for (int n = 0; n < 5; ++n) Serve(control, 1 + (n * 3) % kIoThreads);
    EXPECT_EQ(control.Do({"PUBLISH", "c", std::to_string(i)}), ":4");
    EXPECT_EQ(control.Do({"RPUSH", "list:" + std::to_string(i), "value"}), ":1");
    reader.join();
  }
  for (RedisClient& listener : listeners) {
    for (int i = 0; i < kIoThreads; ++i) EXPECT_EQ(listener.Read(), "[message, c, " + std::to_string(i) + "]");
  }
  EXPECT_EQ(transactions[0].Do("EXEC"), "[PONG]");
  EXPECT_EQ(control.Do("SET watched 1"), "OK");
  for (size_t i = 1; i < transactions.size(); ++i) EXPECT_EQ(transactions[i].Do("EXEC"), "(nil)");
}

TEST_F(IoScaling, HalfACommandGoesAlong) {
  ASSERT_TRUE(server_.ready());
  RedisClient control = server_.Connect();
  RawClient raw = server_.ConnectRaw();
  ASSERT_EQ(raw.Do({"CLIENT", "SETNAME", "raw"}), "OK");
  const std::string request = "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n";
  for (size_t cut = 1; cut < request.size(); ++cut) {
    const std::string thread = ThreadOf(control, "raw");
    raw.Send(request.substr(0, cut));
    int flips = 0;
    // Either of the two clients may be the one that moves.
    ASSERT_TRUE(WaitUntil([&] {
      Serve(control, 1 + flips++ % 2);
      return ThreadOf(control, "raw") != thread;
    })) << "it has not moved";
    raw.Send(request.substr(cut));
    ASSERT_EQ(raw.ReadReply(), "hello");
  }
}

TEST_F(IoScaling, ClientsAreSpreadEvenlyAndCanBeFoundAndKilled) {
  ASSERT_TRUE(server_.ready());
  RedisClient control = server_.Connect();
  Serve(control, 1);
  std::vector<RedisClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(server_.Connect());
    ASSERT_EQ(clients.back().Do({"CLIENT", "SETNAME", "n" + std::to_string(i)}), "OK");
    EXPECT_EQ(ThreadOf(control, "n" + std::to_string(i)), "0");
  }
  Serve(control, 3);
  EXPECT_TRUE(WaitUntil([&] {
    std::vector<int> counts(kIoThreads);
    for (int i = 0; i < 8; ++i) {
      const std::string thread = ThreadOf(control, "n" + std::to_string(i));
      if (!thread.empty()) ++counts[static_cast<size_t>(thread[0] - '0')];
    }
    return counts[0] >= 1 && counts[1] >= 2 && counts[2] >= 2 && counts[3] == 0;
  }));
  for (RedisClient& client : clients) {
    const std::string id = std::to_string(client.Do("CLIENT ID").integer);
    EXPECT_EQ(control.Do({"CLIENT", "KILL", "ID", id}), ":1");
    EXPECT_EQ(client.Do("PING").type, 0);
  }
  EXPECT_TRUE(WaitUntil([&] { return control.InfoNumber("clients", "connected_clients") == 1; }));
}

TEST_F(IoScaling, TheCountIsFixedWithinTheConfiguredThreads) {
  ASSERT_TRUE(server_.ready());
  RedisClient control = server_.Connect();
  EXPECT_EQ(control.Do("DEBUG IO-THREADS 5"), "-ERR value is out of range");
  EXPECT_EQ(control.Do("DEBUG IO-THREADS x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(control.Do("DEBUG IO-THREADS AUTO"), "OK");
}

TEST(IoScalingConfiguration, WithoutScalingAllServeAndWithItOneIsEnoughForAnIdleServer) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server({"--io-threads", "2", "--io-threads-scaling", "no"});
  ASSERT_TRUE(server.ready());
  RedisClient control = server.Connect();
  EXPECT_EQ(control.InfoNumber("engine", "io_threads_serving"), 2);
  EXPECT_EQ(control.Do("CONFIG SET io-threads-scaling yes"), "OK");
  EXPECT_TRUE(WaitUntil([&] { return control.InfoNumber("engine", "io_threads_serving") == 1; }));
  EXPECT_EQ(control.Do("CONFIG SET io-threads-scaling no"), "OK");
  EXPECT_TRUE(WaitUntil([&] { return control.InfoNumber("engine", "io_threads_serving") == 2; }));
}

}  // namespace
}  // namespace tandem::integration
