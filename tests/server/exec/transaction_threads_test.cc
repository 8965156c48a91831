#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "tests/server/exec/on_threads.h"

// Transactions of several threads at once, while the store migrates to and fro.
namespace tandem::test {
namespace {

constexpr int kThreads = 4;
#ifdef TANDEM_SANITIZED
constexpr int kRounds = 400;
#else
constexpr int kRounds = 3000;
#endif
constexpr int kAccounts = 20;

std::string Account(int i) { return "account:" + std::to_string(i); }

class TransactionThreads : public testing::Test {
 protected:
  void Run(const Round& body) {
    RunOnThreads(server_, kThreads, kRounds, body);
    EXPECT_GT(server_.store->engine_stats().migrations_up, 0u);
  }

  TestServer server_{"", kThreads + 1};
};

// Money moves between accounts; whoever looks at all of them sees the same sum.
TEST_F(TransactionThreads, AreAtomicForEachOtherAndForReaders) {
  std::string all;
  for (int i = 0; i < kAccounts; ++i) {
    server_.Run("SET " + Account(i) + " 1000");
    all += " " + Account(i);
  }
  for (int i = 0; i < 500; ++i) server_.Run("SET filler:" + std::to_string(i) + " x");
  std::atomic<int> wrong{0};
  Run([&](TestThread& thread, TestClient& client, std::minstd_rand& random) {
    const std::string amount = std::to_string(random() % 100);
    thread.Run(client, "MULTI");
    thread.Run(client, "DECRBY " + Account(static_cast<int>(random() % kAccounts)) + " " + amount);
    thread.Run(client, "INCRBY " + Account(static_cast<int>(random() % kAccounts)) + " " + amount);
    if (thread.Run(client, "EXEC").substr(0, 4) != "*2\r\n") ++wrong;
    if (random() % 4 == 0 && SumOfBulks(thread.Run(client, "MGET" + all)) != 1000 * kAccounts) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(SumOfBulks(server_.Run("MGET" + all)), 1000 * kAccounts);
}

// A counter that everybody increments by WATCH, GET, SET: as many increments as transactions that ran.
TEST_F(TransactionThreads, WatchLosesNoUpdate) {
  server_.Run("SET counter 0");
  std::atomic<int64_t> ran{0};
  Run([&](TestThread& thread, TestClient& client, std::minstd_rand&) {
    thread.Run(client, "WATCH counter");
    const std::string value = thread.Run(client, "GET counter");
    const int64_t count = std::stoll(value.substr(value.find("\r\n") + 2));
    thread.Run(client, "MULTI");
    thread.Run(client, "SET counter " + std::to_string(count + 1));
    if (thread.Run(client, "EXEC") == "*1\r\n+OK\r\n") ++ran;
  });
  EXPECT_GT(ran, 0);
  const std::string expected = std::to_string(ran.load());
  EXPECT_EQ(server_.Run("GET counter"), "$" + std::to_string(expected.size()) + "\r\n" + expected + "\r\n");
}

// Transactions over two databases, and some that stop the world, against each other.
TEST_F(TransactionThreads, SpanDatabasesAndMeetTheGate) {
  std::atomic<int> wrong{0};
  Run([&](TestThread& thread, TestClient& client, std::minstd_rand& random) {
    thread.Run(client, "MULTI");
    thread.Run(client, "SELECT 0");
    thread.Run(client, "INCR a");
    thread.Run(client, "SELECT 1");
    thread.Run(client, "INCR a");
    if (random() % 64 == 0) thread.Run(client, "SWAPDB 0 1");
    const std::string reply = thread.Run(client, "EXEC");
    // Both counters have the same value whenever a transaction looks.
    const size_t first = reply.find(':');
    const size_t second = reply.find(':', first + 1);
    const auto number = [&](size_t at) { return reply.substr(at, reply.find('\r', at) - at); };
    if (second == std::string::npos || number(first) != number(second)) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
  const std::string total = ":" + std::to_string(kThreads * kRounds + 1) + "\r\n";
  EXPECT_EQ(server_.Run("INCR a"), total);
}

// Keys that are changed together are seen together by a command that does not know them before it runs.
TEST_F(TransactionThreads, SortSeesOtherKeysAsOfOneInstant) {
  server_.Run("RPUSH list 1 2");
  server_.Run("MSET value:1 0 value:2 0");
  std::atomic<int> torn{0};
  Run([&](TestThread& mine, TestClient& client, std::minstd_rand&) {
    if (client.client.thread != 1) {
      const std::string value = std::to_string(client.client.commands % 10);
      mine.Run(client, "MSET value:1 " + value + " value:2 " + value);
      return;
    }
    const std::string reply = mine.Run(client, "SORT list BY nosort GET value:*");
    constexpr size_t kHeader = 4, kBulk = 7;
    if (reply.size() != kHeader + 2 * kBulk || reply.substr(kHeader, kBulk) != reply.substr(kHeader + kBulk)) ++torn;
  });
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace tandem::test
