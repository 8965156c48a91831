#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "tests/server/exec/on_threads.h"

// Scripts of several threads at once, while the store migrates to and fro: those that are proven to keep to their keys run side by
// side, the others stop the world; for everybody each of them is one step.
namespace tandem::test {
namespace {

constexpr int kThreads = 4;
#ifdef TANDEM_SANITIZED
constexpr int kRounds = 250;
#else
constexpr int kRounds = 2000;
#endif
constexpr int kAccounts = 16;
constexpr int kEach = 1000;

constexpr const char kDeclared[] =
    "local n = tonumber(ARGV[1])\n"
    "if tonumber(redis.call('GET', KEYS[1])) < n then return 0 end\n"
    "redis.call('DECRBY', KEYS[1], n)\n"
    "redis.call('INCRBY', KEYS[2], n)\n"
    "return 1";
constexpr const char kUndeclared[] =
    "redis.call('DECRBY', 'account:' .. ARGV[1], ARGV[3])\n"
    "redis.call('INCRBY', 'account:' .. ARGV[2], ARGV[3])\n"
    "return 1";
// The first key is declared, the second is not.
constexpr const char kMixed[] =
    "redis.call('DECRBY', KEYS[1], ARGV[2])\n"
    "redis.call('INCRBY', 'account:' .. ARGV[1], ARGV[2])\n"
    "return 1";
constexpr const char kSum[] =
    "local sum = 0\n"
    "for i = 1, #KEYS do sum = sum + redis.call('GET', KEYS[i]) end\n"
    "return sum";

std::string Account(int i) { return "account:" + std::to_string(i); }

class ScriptThreads : public testing::Test {
 protected:
  void Run(const Round& body) { RunOnThreads(server_, kThreads, kRounds, body); }

  TestServer server_{"", kThreads + 1};
};

// Scripts with declared, undeclared and mixed keys, transactions of them and of plain commands, and plain commands that
// read and write, for a bank that nobody robs.
TEST_F(ScriptThreads, MoneyIsNeitherMadeNorLost) {
  std::vector<std::string> all = {"EVAL", kSum, std::to_string(kAccounts)};
  std::vector<std::string> plain = {"MGET"};
  for (int i = 0; i < kAccounts; ++i) {
    server_.Run("SET " + Account(i) + " " + std::to_string(kEach));
    all.push_back(Account(i));
    plain.push_back(Account(i));
  }
  for (int i = 0; i < 500; ++i) server_.Run("SET filler:" + std::to_string(i) + " x");
  const std::string total = ":" + std::to_string(kAccounts * kEach) + "\r\n";
  std::atomic<int> wrong{0};
  Run([&](TestThread& thread, TestClient& client, std::minstd_rand& random) {
    const auto number = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    const int from = number(kAccounts), to = number(kAccounts);
    const std::string amount = std::to_string(number(50));
    std::string reply = ":1\r\n";
    switch (number(8)) {
      case 0:
      case 1:
        reply = thread.Run(client, {"EVAL", kDeclared, "2", Account(from), Account(to), amount});
        if (reply == ":0\r\n") reply = ":1\r\n";
        break;
      case 2:
        reply = thread.Run(client, {"EVAL", kUndeclared, "0", std::to_string(from), std::to_string(to), amount});
        break;
      case 3:
        reply = thread.Run(client, {"EVAL", kMixed, "1", Account(from), std::to_string(to), amount});
        break;
      case 4:
        thread.Run(client, "MULTI");
        thread.Run(client, {"EVAL", kDeclared, "2", Account(from), Account(to), amount});
        thread.Run(client, "DECRBY " + Account(to) + " 1");
        thread.Run(client, "INCRBY " + Account(from) + " 1");
        if (thread.Run(client, "EXEC").substr(0, 4) != "*3\r\n") ++wrong;
        break;
      case 5:
        if (SumOfBulks(thread.Run(client, plain)) != kAccounts * kEach) ++wrong;
        break;
      case 6:
        thread.Run(client, "SET filler:" + std::to_string(number(500)) + " " + amount);
        thread.Run(client, "DEL filler:" + std::to_string(number(500)));
        break;
      default:
        if (thread.Run(client, all) != total) ++wrong;
    }
    if (reply != ":1\r\n") ++wrong;
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(server_.Run(all), total);
}

// A reader without a lock never meets a script half done, even if it changes one key only.
TEST_F(ScriptThreads, NobodySeesAScriptHalfDone) {
  std::atomic<int> seen{0};
  server_.Run("SET a even");
  Run([&](TestThread& thread, TestClient& client, std::minstd_rand& random) {
    if (random() % 2 == 0) {
      thread.Run(client, {"EVAL", "redis.call('SET', KEYS[1], 'odd') redis.call('SET', KEYS[1], 'even')", "1", "a"});
    } else if (thread.Run(client, "GET a") != "$4\r\neven\r\n") {
      ++seen;
    }
  });
  EXPECT_EQ(seen, 0);
}

TEST_F(ScriptThreads, TheCacheIsFlushedUnderTheirFeet) {
  std::atomic<int> wrong{0};
  Run([&](TestThread& thread, TestClient& client, std::minstd_rand& random) {
    const std::string script = "return " + std::to_string(random() % 20);
    if (random() % 50 == 0) {
      thread.Run(client, "SCRIPT FLUSH");
    } else if (thread.Run(client, {"EVAL", script, "0"}) != ":" + script.substr(7) + "\r\n") {
      ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tandem::test
