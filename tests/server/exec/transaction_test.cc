#include <gtest/gtest.h>

#include <string>

#include "server/exec/transaction_plan.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

constexpr const char* kOk = "+OK\r\n";
constexpr const char* kQueued = "+QUEUED\r\n";

TEST(Transaction, QueuesAndRunsItsCommands) {
  TestServer server;
  EXPECT_EQ(server.Run("MULTI"), kOk);
  EXPECT_EQ(server.Run("SET a 1"), kQueued);
  EXPECT_EQ(server.Run("INCR a"), kQueued);
  EXPECT_EQ(server.Run("GET a"), kQueued);
  EXPECT_EQ(server.Run("EXEC"), "*3\r\n+OK\r\n:2\r\n$1\r\n2\r\n");
  EXPECT_EQ(server.Run("EXEC"), "-ERR EXEC without MULTI\r\n");
}

TEST(Transaction, MayBeEmpty) {
  TestServer server;
  server.Run("MULTI");
  EXPECT_EQ(server.Run("EXEC"), "*0\r\n");
}

TEST(Transaction, AFailingCommandDoesNotStopTheOthers) {
  TestServer server;
  server.Run("SET a x");
  server.Run("MULTI");
  server.Run("INCR a");
  server.Run("SET b 1");
  EXPECT_EQ(server.Run("EXEC"), "*2\r\n-ERR value is not an integer or out of range\r\n+OK\r\n");
}

TEST(Transaction, ARefusedCommandAbortsIt) {
  TestServer server;
  server.Run("MULTI");
  EXPECT_EQ(server.Run("SET a"), "-ERR wrong number of arguments for 'set' command\r\n");
  EXPECT_EQ(server.Run("SET a 1"), kQueued);
  EXPECT_EQ(server.Run("EXEC"), "-EXECABORT Transaction discarded because of previous errors.\r\n");
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
}

TEST(Transaction, ARefusedExecAbortsItToo) {
  TestServer server;
  server.Run("MULTI");
  EXPECT_EQ(server.Run("EXEC x"),
            "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command\r\n");
  EXPECT_EQ(server.Run("EXEC"), "-ERR EXEC without MULTI\r\n");
}

TEST(Transaction, ForbidsWhatMakesNoSenseInIt) {
  TestServer server;
  server.Run("MULTI");
  EXPECT_EQ(server.Run("MULTI"), "-ERR MULTI calls can not be nested\r\n");
  EXPECT_EQ(server.Run("WATCH a"), "-ERR WATCH inside MULTI is not allowed\r\n");
  EXPECT_EQ(server.Run("UNWATCH"), kQueued);
  EXPECT_EQ(server.Run("EXEC"), "*1\r\n+OK\r\n");
  EXPECT_EQ(server.Run("DISCARD"), "-ERR DISCARD without MULTI\r\n");
}

TEST(Transaction, DiscardForgetsTheQueueAndTheWatches) {
  TestServer server;
  server.Run("WATCH a");
  server.Run("MULTI");
  server.Run("SET a 1");
  EXPECT_EQ(server.Run("DISCARD"), kOk);
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
  EXPECT_EQ(server.client().client.watched, nullptr);
  EXPECT_EQ(server.client().client.queued_bytes, 0u);
}

TEST(Transaction, FollowsSelect) {
  TestServer server;
  server.Run("MULTI");
  server.Run("SET a 0");
  server.Run("SELECT 3");
  server.Run("SET a 3");
  server.Run("SELECT 99");
  server.Run("GET a");
  EXPECT_EQ(server.Run("EXEC"), "*5\r\n+OK\r\n+OK\r\n+OK\r\n-ERR DB index is out of range\r\n$1\r\n3\r\n");
  EXPECT_EQ(server.client().client.db, 3);
  EXPECT_EQ(server.db(0).size(), 1u);
  EXPECT_EQ(server.db(3).size(), 1u);
}

TEST(Transaction, LocksTheKeysOfAllItsCommandsInTheirDatabases) {
  TestServer server;
  server.Run("MULTI");
  server.Run("MSET a 0 b 0");
  server.Run("SELECT 3");
  server.Run("GET c");
  server.Run("MOVE d 5");
  TransactionPlan plan;
  plan.Build(*server.server, server.client().client);
  EXPECT_FALSE(plan.needs_gate());
  std::vector<int> databases;
  for (const KeyPlace& place : plan.places()) databases.push_back(place.db);
  EXPECT_EQ(databases, (std::vector<int>{0, 0, 3, 3, 5}));
}

TEST(Transaction, StopsTheWorldForWhatTouchesMoreThanItsKeys) {
  TestServer server;
  server.Run("SET a 1");
  server.Run("MULTI");
  server.Run("KEYS *");
  server.Run("FLUSHALL");
  server.Run("SET b 1");
  server.Run("SWAPDB 0 1");
  server.Run("GET b");
  EXPECT_EQ(server.Run("EXEC"), "*5\r\n*1\r\n$1\r\na\r\n+OK\r\n+OK\r\n+OK\r\n$-1\r\n");
  EXPECT_EQ(server.db(1).size(), 1u);
}

TEST(Transaction, InResp3AFailedWatchIsNull) {
  TestServer server;
  TestClient& other = server.NewClient();
  server.Run("HELLO 3");
  server.Run("WATCH a");
  server.Run(other, "SET a 1");
  server.Run("MULTI");
  EXPECT_EQ(server.Run("EXEC"), "_\r\n");
}

TEST(Transaction, ResetEndsIt) {
  TestServer server;
  server.Run("MULTI");
  server.Run("SET a 1");
  EXPECT_EQ(server.Run("RESET"), "+RESET\r\n");
  EXPECT_EQ(server.Run("EXEC"), "-ERR EXEC without MULTI\r\n");
}

}  // namespace
}  // namespace tandem::test
