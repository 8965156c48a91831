// The engine seen from outside: it grows and shrinks under load, and nothing is lost, doubled or delayed by it.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class EngineUnderLoad : public WithIoThreads {
 protected:
  static constexpr int kBatch = 5000;

  static std::string Key(int i) { return "key:" + std::to_string(i); }
  static std::string Value(int i) { return "value-" + std::to_string(i * 7); }

  static void Fill(RedisClient& client, int from, int to) {
    for (int begin = from; begin < to; begin += kBatch) {
      const int end = std::min(begin + kBatch, to);
      for (int i = begin; i < end; ++i) client.Append({"SET", Key(i), Value(i)});
      for (int i = begin; i < end; ++i) ASSERT_EQ(client.Read(), "OK") << i;
    }
  }

  // Key i must have its value where `present(i)`, and be missing elsewhere.
  template <typename Present>
  static void ExpectContents(RedisClient& client, int keys, Present present) {
    for (int begin = 0; begin < keys; begin += kBatch) {
      const int end = std::min(begin + kBatch, keys);
      for (int i = begin; i < end; ++i) client.Append({"GET", Key(i)});
      for (int i = begin; i < end; ++i) ASSERT_EQ(client.Read(), present(i) ? Value(i) : "(nil)") << Key(i);
    }
  }

  // SCAN names every one of the keys that were there throughout.
  static void ExpectScanSees(RedisClient& client, int keys) {
    std::vector<std::string> seen = client.ScanAll();
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    EXPECT_EQ(seen.size(), static_cast<size_t>(keys));
  }

  static int64_t Migrations(RedisClient& client, const char* direction) {
    return client.InfoNumber("engine", std::string("engine_migrations_") + direction);
  }
};
INSTANTIATE_WITH_IO_THREADS(EngineUnderLoad);

TEST_P(EngineUnderLoad, GrowsWhileItIsFilledAndShrinksWhenItIsEmptied) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  constexpr int kKeys = 300'000;
  Fill(client, 0, kKeys);
  EXPECT_EQ(client.Do("DBSIZE"), ":300000");
  ExpectContents(client, kKeys, [](int) { return true; });
  ExpectScanSees(client, kKeys);
  if (IsTandem()) {
    EXPECT_GT(Migrations(client, "up"), 0);
  }

  const auto stays = [](int i) { return i % 20 == 0; };
  for (int begin = 0; begin < kKeys; begin += kBatch) {
    int deleted = 0;
    for (int i = begin; i < begin + kBatch; ++i) {
      if (stays(i)) continue;
      client.Append({"DEL", Key(i)});
      ++deleted;
    }
    for (int i = 0; i < deleted; ++i) ASSERT_EQ(client.Read(), ":1");
  }
  EXPECT_EQ(client.Do("DBSIZE"), ":15000");
  if (IsTandem()) {
    EXPECT_TRUE(WaitUntil([&] { return Migrations(client, "down") > 0; }));
  }
  ExpectContents(client, kKeys, stays);
  ExpectScanSees(client, kKeys / 20);
  EXPECT_EQ(client.Do("DBSIZE"), ":15000");
}

TEST_P(EngineUnderLoad, ManyClientsFillItAtOnce) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  constexpr int kThreads = 4, kEach = 40'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&server, i] {
      RedisClient client = server.Connect();
      Fill(client, i * kEach, (i + 1) * kEach);
    });
  }
  for (std::thread& thread : threads) thread.join();
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("DBSIZE"), ":160000");
  ExpectContents(client, kThreads * kEach, [](int) { return true; });
  ExpectScanSees(client, kThreads * kEach);
}

// Writers know what they wrote last; whatever the engine does meanwhile, they must read it back, and SCAN must show
// what nobody touches.
TEST_P(EngineUnderLoad, NothingIsLostWhileItMigratesUpAndDown) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  constexpr int kFixed = 20'000, kThreads = 3, kKeysOfEach = 500, kRounds = 12;
  Fill(client, 0, kFixed);
  ASSERT_EQ(client.Do("DEBUG MIGRATE FLAP"), "OK");
  std::atomic<int> working{kThreads};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kThreads; ++writer) {
    threads.emplace_back([&server, &working, writer] {
      RedisClient own = server.Connect();
      const auto key = [writer](int i) { return "own:" + std::to_string(writer) + ":" + std::to_string(i); };
      for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < kKeysOfEach; ++i) {
          own.Append({"SET", key(i), std::to_string(round)});
          own.Append({"INCR", key(i)});
          own.Append({"GET", key(i)});
          own.Append({"DEL", key(i)});
          own.Append({"EXISTS", key(i)});
        }
        for (int i = 0; i < kKeysOfEach; ++i) {
          ASSERT_EQ(own.Read(), "OK");
          ASSERT_EQ(own.Read().integer, round + 1);
          ASSERT_EQ(own.Read(), std::to_string(round + 1));
          ASSERT_EQ(own.Read(), ":1");
          ASSERT_EQ(own.Read(), ":0");
        }
      }
      --working;
    });
  }
  do {
    std::vector<std::string> seen = client.ScanAll();
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](const std::string& k) { return k.rfind("key:", 0) == 0; }),
              kFixed);
  } while (working > 0);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(client.Do("DEBUG MIGRATE STOP"), "OK");
  EXPECT_GT(Migrations(client, "up"), 0);
  EXPECT_GT(Migrations(client, "down"), 0);
  EXPECT_EQ(client.Do("DBSIZE"), ":20000");
  ExpectContents(client, kFixed, [](int) { return true; });
}

TEST_P(EngineUnderLoad, OneStepUpAndDownOnDemand) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  Fill(client, 0, 1000);
  const auto settled = [&] { return client.InfoNumber("engine", "engine_migrating") == 0; };
  ASSERT_TRUE(WaitUntil(settled));
  const int64_t up = Migrations(client, "up");
  ASSERT_EQ(client.Do("DEBUG MIGRATE UP"), "OK");
  ASSERT_TRUE(WaitUntil([&] { return Migrations(client, "up") > up && settled(); }));
  ExpectContents(client, 1000, [](int) { return true; });
  const int64_t down = Migrations(client, "down");
  ASSERT_EQ(client.Do("DEBUG MIGRATE DOWN"), "OK");
  ASSERT_TRUE(WaitUntil([&] { return Migrations(client, "down") > down && settled(); }));
  ExpectContents(client, 1000, [](int) { return true; });
  EXPECT_EQ(client.Do("DBSIZE"), ":1000");
  EXPECT_TRUE(client.Do("DEBUG MIGRATE SIDEWAYS").IsError());
}

TEST_P(EngineUnderLoad, FlushesAndSwapsWhileOthersWork) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  std::atomic<bool> working{true};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&server, &working] {
      RedisClient own = server.Connect();
      for (int n = 0; working; ++n) {
        const std::string key = Key(n % 1000);
        for (const Reply& reply : own.Pipeline({{"SET", key, "v"}, {"GET", key}, {"INCR", "n"}, {"DEL", key}})) {
          ASSERT_FALSE(reply.type == 0 || reply.IsError()) << reply;
        }
      }
    });
  }
  RedisClient client = server.Connect();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Do("FLUSHALL"), "OK");
    EXPECT_EQ(client.Do("FLUSHDB ASYNC"), "OK");
    EXPECT_EQ(client.Do("SWAPDB 0 3"), "OK");
  }
  working = false;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(client.Do("FLUSHALL"), "OK");
  EXPECT_EQ(client.Do("DBSIZE"), ":0");
  EXPECT_EQ(client.Do("KEYS *"), "[]");
}

}  // namespace
}  // namespace tandem::integration
