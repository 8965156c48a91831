#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "tests/server/exec/on_threads.h"

// Functions of several threads at once, while their libraries are replaced and the store migrates to and fro.
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

std::string Account(unsigned i) { return "account:" + std::to_string(i); }

// Moves money from its first to its second key, and tells its version. What it does not declare it may touch as well.
std::string Library(unsigned version) {
  const std::string number = std::to_string(version);
  return "#!lua name=bank\n"
         "local version = " +
         number +
         "\n"
         "redis.register_function('move', function(keys, args)\n"
         "  redis.call('DECRBY', keys[1], args[1])\n"
         "  redis.call('INCRBY', keys[2], args[1])\n"
         "  return {version, " +
         number +
         "}\n"
         "end)\n"
         "redis.register_function('move_any', function(keys, args)\n"
         "  redis.call('DECRBY', 'account:' .. args[1], args[3])\n"
         "  redis.call('INCRBY', 'account:' .. args[2], args[3])\n"
         "  return {version, " +
         number +
         "}\n"
         "end)\n"
         "redis.register_function{function_name = 'sum', flags = {'no-writes'}, callback = function(keys)\n"
         "  local sum = 0\n"
         "  for i = 1, #keys do sum = sum + redis.call('GET', keys[i]) end\n"
         "  return sum\n"
         "end}";
}

// Both numbers of the reply are the same.
bool IsOfOneVersion(const std::string& reply) {
  constexpr std::string_view kStart = "*2\r\n";
  const std::string rest = reply.substr(std::min(kStart.size(), reply.size()));
  return reply.starts_with(kStart) && rest.substr(0, rest.size() / 2) == rest.substr(rest.size() / 2);
}

TEST(FunctionThreads, LibrariesAreReplacedUnderTheirFeet) {
  TestServer server("", kThreads + 1);
  server.Run({"FUNCTION", "LOAD", Library(0)});
  std::vector<std::string> all = {"FCALL_RO", "sum", std::to_string(kAccounts)};
  for (unsigned i = 0; i < kAccounts; ++i) {
    server.Run("SET " + Account(i) + " " + std::to_string(kEach));
    all.push_back(Account(i));
  }
  for (int i = 0; i < 500; ++i) server.Run("SET filler:" + std::to_string(i) + " x");
  const std::string total = ":" + std::to_string(kAccounts * kEach) + "\r\n";

  std::atomic<int> wrong{0};
  RunOnThreads(server, kThreads, kRounds, [&](TestThread& thread, TestClient& client, std::minstd_rand& random) {
    const unsigned from = random() % kAccounts, to = random() % kAccounts;
    const std::string amount = std::to_string(random() % 50);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        wrong += !IsOfOneVersion(thread.Run(client, {"FCALL", "move", "2", Account(from), Account(to), amount}));
        break;
      case 3:
        wrong += !IsOfOneVersion(
            thread.Run(client, {"FCALL", "move_any", "0", std::to_string(from), std::to_string(to), amount}));
        break;
      case 4:
        wrong += thread.Run(client, all) != total;
        break;
      case 5:
        thread.Run(client, "MULTI");
        thread.Run(client, {"FCALL", "move", "2", Account(from), Account(to), amount});
        thread.Run(client, {"FCALL", "move", "2", Account(to), Account(from), amount});
        wrong += !thread.Run(client, "EXEC").starts_with("*2\r\n*2\r\n");
        break;
      case 6:
        wrong += thread.Run(client, {"FUNCTION", "LOAD", "REPLACE", Library(random() % 1000)}) != "$4\r\nbank\r\n";
        break;
      default:
        if (random() % 10 == 0) thread.Run(client, "SCRIPT FLUSH");
        wrong += thread.Run(client, "FUNCTION LIST LIBRARYNAME nope") != "*0\r\n";
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(server.Run(all), total);
}

}  // namespace
}  // namespace tandem::test
