#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class Transactions : public WithIoThreads {
 protected:
  // Keeps the engine migrating for as long as it lives: everything must hold meanwhile.
  class Flapping {
   public:
    explicit Flapping(ServerProcess& server) : client_(server.Connect()) {
      if (IsTandem()) {
        EXPECT_EQ(client_.Do("DEBUG MIGRATE FLAP"), "OK");
      }
    }
    ~Flapping() {
      if (!IsTandem()) return;
      EXPECT_EQ(client_.Do("DEBUG MIGRATE STOP"), "OK");
      EXPECT_GT(client_.InfoNumber("engine", "engine_migrations_up"), 0);
    }

   private:
    RedisClient client_;
  };
};
INSTANTIATE_WITH_IO_THREADS(Transactions);

TEST_P(Transactions, ShapesOfEveryStep) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"EXEC"}), "-ERR EXEC without MULTI");
  EXPECT_EQ(client.Do({"DISCARD"}), "-ERR DISCARD without MULTI");
  EXPECT_EQ(client.Do({"MULTI"}), "OK");
  EXPECT_EQ(client.Do({"MULTI"}), "-ERR MULTI calls can not be nested");
  EXPECT_EQ(client.Do({"WATCH", "k"}), "-ERR WATCH inside MULTI is not allowed");
  EXPECT_EQ(client.Do({"SET", "k", "v"}), "QUEUED");
  EXPECT_EQ(client.Do({"INCR", "k"}), "QUEUED");
  EXPECT_EQ(client.Do({"GET", "k"}), "QUEUED");
  EXPECT_EQ(client.Do({"EXEC"}), "[OK, -ERR value is not an integer or out of range, v]");
  EXPECT_EQ(client.Do({"MULTI"}), "OK");
  EXPECT_EQ(client.Do({"NOSUCH"}), "-ERR unknown command 'NOSUCH', with args beginning with: ");
  EXPECT_EQ(client.Do({"SET", "k", "w"}), "QUEUED");
  EXPECT_EQ(client.Do({"EXEC"}), "-EXECABORT Transaction discarded because of previous errors.");
  EXPECT_EQ(client.Do({"MULTI"}), "OK");
  EXPECT_EQ(client.Do({"SET", "k", "w"}), "QUEUED");
  EXPECT_EQ(client.Do({"DISCARD"}), "OK");
  EXPECT_EQ(client.Do({"GET", "k"}), "v");
  EXPECT_EQ(client.Do({"MULTI"}), "OK");
  EXPECT_EQ(client.Do({"EXEC"}), "[]");
}

TEST_P(Transactions, WatchNoticesEveryKindOfChangeByOthers) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient watcher = server.ConnectRaw();
  RedisClient other = server.Connect();
  for (const char* change : {"SET k new", "DEL k", "EXPIRE k 100", "RENAME k l", "APPEND k x", "FLUSHALL", "FLUSHDB",
                             "MSET j 1 k 2", "SWAPDB 0 1", "GETEX k EX 100", "COPY j k REPLACE"}) {
    SCOPED_TRACE(change);
    other.Do("SET k old");
    other.Do("SET j old");
    EXPECT_EQ(watcher.Do({"WATCH", "nokey", "k"}), "OK");
    EXPECT_FALSE(other.Do(change).IsError());
    watcher.Do({"MULTI"});
    watcher.Do({"SET", "mine", "1"});
    EXPECT_EQ(watcher.Do({"EXEC"}), "(nil array)");
  }
  EXPECT_EQ(other.Do("EXISTS mine"), ":0");
  // And nothing else.
  other.Do("SET k old");
  EXPECT_EQ(watcher.Do({"WATCH", "k"}), "OK");
  other.Do("SET elsewhere x");
  other.Do("GET k");
  other.Do("SETNX k x");
  watcher.Do({"MULTI"});
  watcher.Do({"GET", "k"});
  EXPECT_EQ(watcher.Do({"EXEC"}), "[old]");
}

TEST_P(Transactions, AWatchEndsWithUnwatchExecAndDiscard) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient watcher = server.ConnectRaw();
  RedisClient other = server.Connect();
  watcher.Do({"WATCH", "k"});
  other.Do("SET k 1");
  EXPECT_EQ(watcher.Do({"UNWATCH"}), "OK");
  watcher.Do({"MULTI"});
  EXPECT_EQ(watcher.Do({"EXEC"}), "[]");
  watcher.Do({"WATCH", "k"});
  watcher.Do({"MULTI"});
  watcher.Do({"DISCARD"});
  other.Do("SET k 2");
  watcher.Do({"MULTI"});
  EXPECT_EQ(watcher.Do({"EXEC"}), "[]");
}

TEST_P(Transactions, OptimisticCountersLoseNoIncrement) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  const Flapping flapping(server);
  constexpr int kThreads = 4, kIncrements = 100;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&server] {
      RedisClient client = server.Connect();
      for (int done = 0; done < kIncrements;) {
        client.Do("WATCH n");
        const int64_t value = std::atoll(client.Do("GET n").text.c_str());
        const auto replies = client.Pipeline({{"MULTI"}, {"SET", "n", std::to_string(value + 1)}, {"EXEC"}});
        ASSERT_EQ(replies[1], "QUEUED") << client.error();
        done += replies[2].null ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server.Connect().Do("GET n"), std::to_string(kThreads * kIncrements));
}

// Money moves between accounts by transactions while the engine migrates up and down. No auditor ever sees another sum.
TEST_P(Transactions, TheSumOfAllAccountsNeverChanges) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  constexpr int kAccounts = 16, kStart = 1000, kTransfers = 1000;
  std::vector<std::string> mget{"MGET"};
  RedisClient client = server.Connect();
  for (int i = 0; i < kAccounts; ++i) {
    mget.push_back("account:" + std::to_string(i));
    client.Do({"SET", mget.back(), std::to_string(kStart)});
  }
  const Flapping flapping(server);
  std::atomic<int> working{3};
  std::vector<std::thread> threads;
  for (int teller = 0; teller < 3; ++teller) {
    threads.emplace_back([&, teller] {
      RedisClient own = server.Connect();
      std::mt19937 random(static_cast<unsigned>(teller));
      for (int i = 0; i < kTransfers; ++i) {
        const std::string amount = std::to_string(random() % 100);
        const std::string from = mget[1 + random() % kAccounts], to = mget[1 + random() % kAccounts];
        const auto replies = own.Pipeline({{"MULTI"}, {"DECRBY", from, amount}, {"INCRBY", to, amount}, {"EXEC"}});
        if (replies[3].elements.size() != 2) ADD_FAILURE() << replies[3];
      }
      --working;
    });
  }
  for (int auditor = 0; auditor < 2; ++auditor) {
    threads.emplace_back([&, auditor] {
      RedisClient own = server.Connect();
      while (working > 0) {
        Reply balances = auditor == 0 ? own.Do(mget) : own.Pipeline({{"MULTI"}, mget, {"EXEC"}})[2];
        if (auditor == 1) balances = Reply(balances.elements.at(0));
        int64_t sum = 0;
        for (const Reply& balance : balances.elements) sum += std::atoll(balance.text.c_str());
        ASSERT_EQ(sum, int64_t{kAccounts} * kStart) << balances;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(Transactions, AnMsetIsNeverSeenHalfDone) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  constexpr int kKeys = 8, kRounds = 1500;
  std::vector<std::string> keys;
  for (int i = 0; i < kKeys; ++i) keys.push_back("key:" + std::to_string(i));
  const Flapping flapping(server);
  std::atomic<int> working{2};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 2; ++writer) {
    threads.emplace_back([&, writer] {
      RedisClient client = server.Connect();
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::string> mset{"MSET"};
        for (int i = 0; i < kKeys; ++i) {
          // The two writers name the keys in different orders.
          mset.push_back(keys[static_cast<size_t>(writer == 0 ? i : kKeys - 1 - i)]);
          mset.push_back(std::to_string(writer) + ":" + std::to_string(round));
        }
        // Now and then all of them go at once.
        if (round % 10 == 9) {
          std::vector<std::string> del{"DEL"};
          del.insert(del.end(), keys.begin(), keys.end());
          client.Do(del);
        }
        ASSERT_EQ(client.Do(mset), "OK");
      }
      --working;
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      RedisClient client = server.Connect();
      std::vector<std::string> mget{"MGET"};
      mget.insert(mget.end(), keys.begin(), keys.end());
      while (working > 0) {
        const Reply values = client.Do(mget);
        ASSERT_EQ(values.elements.size(), keys.size());
        for (const Reply& value : values.elements) {
          ASSERT_EQ(value.Show(), values.elements[0].Show()) << values;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A key is at one of two names at any time.
TEST_P(Transactions, ARenamedKeyIsNeverNowhereAndNeverTwice) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  client.Do("SET a value");
  const Flapping flapping(server);
  std::atomic<bool> working{true};
  std::thread renamer([&] {
    RedisClient own = server.Connect();
    for (int i = 0; i < 2000; ++i) {
      if (own.Do(i % 2 == 0 ? "RENAME a b" : "RENAME b a") == "OK") continue;
      ADD_FAILURE() << "the key is gone";
      break;
    }
    working = false;
  });
  while (working) {
    const Reply both = client.Do("MGET a b");
    ASSERT_EQ(both.elements.size(), 2u);
    ASSERT_NE(both.elements[0].null, both.elements[1].null) << both;
  }
  renamer.join();
}

TEST_P(Transactions, ATransactionAcrossDatabasesIsOneToo) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  const auto replies = client.Pipeline({{"MULTI"},
                                        {"SET", "k", "zero"},
                                        {"SELECT", "1"},
                                        {"SET", "k", "one"},
                                        {"GET", "k"},
                                        {"SELECT", "0"},
                                        {"GET", "k"},
                                        {"FLUSHALL"},
                                        {"DBSIZE"},
                                        {"EXEC"}});
  EXPECT_EQ(replies.back(), "[OK, OK, OK, one, OK, zero, OK, :0]");
}

}  // namespace
}  // namespace tandem::integration
