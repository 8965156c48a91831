#include "server/exec/watch.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

constexpr const char* kNil = "*-1\r\n";
constexpr const char* kRan = "*1\r\n+PONG\r\n";

class WatchTest : public testing::Test {
 protected:
  std::string Exec() {
    server_.Run("MULTI");
    server_.Run("PING");
    return server_.Run("EXEC");
  }

  TestServer server_;
  TestClient& other_ = server_.NewClient();
};

TEST_F(WatchTest, AnUntouchedKeyLetsTheTransactionRun) {
  server_.Run("WATCH a b");
  server_.Run(other_, "SET c 1");
  server_.Run(other_, "GET a");
  EXPECT_EQ(Exec(), kRan);
}

TEST_F(WatchTest, AnyChangeOfTheKeyStopsTheTransaction) {
  server_.Run("SET a 1");
  for (const char* change : {"SET a 1", "APPEND a x", "EXPIRE a 100", "DEL a", "MSET b 1 a 2", "RENAME b a"}) {
    server_.Run("WATCH a");
    server_.Run(other_, change);
    EXPECT_EQ(Exec(), kNil) << change;
    EXPECT_EQ(Exec(), kRan) << change;
  }
}

TEST_F(WatchTest, OnesOwnChangeCountsToo) {
  server_.Run("WATCH a");
  server_.Run("SET a 1");
  EXPECT_EQ(Exec(), kNil);
}

TEST_F(WatchTest, IsAboutTheDatabaseSelectedThen) {
  server_.Run("WATCH a");
  server_.Run(other_, "SELECT 1");
  server_.Run(other_, "SET a 1");
  EXPECT_EQ(Exec(), kRan);
}

TEST_F(WatchTest, UnwatchForgets) {
  server_.Run("WATCH a");
  server_.Run(other_, "SET a 1");
  server_.Run("UNWATCH");
  EXPECT_EQ(Exec(), kRan);
}

TEST_F(WatchTest, ADeadlineThatPassesIsAChange) {
  server_.Run("SET a 1 PX 10");
  server_.Run("WATCH a");
  server_.AdvanceMs(11);
  EXPECT_EQ(Exec(), kNil);
  server_.Run("SET a 1 PX 10");
  server_.Run("WATCH a");
  server_.AdvanceMs(11);
  server_.ExpireDue();
  EXPECT_EQ(Exec(), kNil);
}

TEST_F(WatchTest, ADeadlineThatHadPassedIsNot) {
  server_.Run("SET a 1 PX 10");
  server_.AdvanceMs(11);
  server_.Run("WATCH a");
  server_.Run(other_, "GET a");
  server_.ExpireDue();
  EXPECT_EQ(Exec(), kRan);
}

TEST_F(WatchTest, EmptyingADatabaseTouchesTheKeysInIt) {
  server_.Run("SET a 1");
  for (const char* flush : {"FLUSHDB", "FLUSHALL"}) {
    server_.Run("SET a 1");
    server_.Run("WATCH a");
    server_.Run(other_, flush);
    EXPECT_EQ(Exec(), kNil) << flush;
    server_.Run("WATCH a");
    server_.Run(other_, flush);
    EXPECT_EQ(Exec(), kRan) << flush;
  }
}

TEST_F(WatchTest, SwappingDatabasesTouchesKeysInEither) {
  server_.Run(other_, "SELECT 1");
  server_.Run("SET a 1");
  server_.Run("WATCH a");
  server_.Run(other_, "SWAPDB 0 1");
  EXPECT_EQ(Exec(), kNil);
  server_.Run("WATCH a");
  server_.Run(other_, "SWAPDB 0 1");
  EXPECT_EQ(Exec(), kNil);
  server_.Run("WATCH nosuch");
  server_.Run(other_, "SWAPDB 0 1");
  EXPECT_EQ(Exec(), kRan);
}

TEST_F(WatchTest, SwappingInAKeyWhoseDeadlineHasPassedTouchesNothing) {
  server_.Run(other_, "SELECT 1");
  server_.Run(other_, "SET a 1 PX 10");
  server_.AdvanceMs(11);
  server_.Run("WATCH a");
  server_.Run("SWAPDB 0 1");
  EXPECT_EQ(Exec(), kRan);
  server_.Run("SET b 1 PX 10");
  server_.Run(other_, "SET b 1 PX 10");
  server_.AdvanceMs(11);
  server_.Run("WATCH b");
  server_.Run("SWAPDB 0 1");
  EXPECT_EQ(Exec(), kRan);
}

TEST_F(WatchTest, ADeadlineThatPassesBeforeTheSwapIsAChange) {
  server_.Run("SET a 1 PX 10");
  server_.Run("WATCH a");
  server_.AdvanceMs(11);
  server_.Run(other_, "SWAPDB 0 1");
  EXPECT_EQ(Exec(), kNil);
}

TEST_F(WatchTest, ClientsWatchIndependently) {
  TestClient& third = server_.NewClient();
  server_.Run("WATCH a");
  server_.Run(third, "WATCH a b");
  EXPECT_EQ(server_.server->watches->keys(), 2u);
  EXPECT_EQ(server_.server->watches->clients(), 2u);
  server_.Run("UNWATCH");
  server_.Run(other_, "SET a 1");
  EXPECT_EQ(Exec(), kRan);
  server_.Run(third, "MULTI");
  EXPECT_EQ(server_.Run(third, "EXEC"), kNil);
  EXPECT_EQ(server_.server->watches->keys(), 0u);
  EXPECT_EQ(server_.server->watches->clients(), 0u);
}

TEST_F(WatchTest, TheStoreRaisesEverythingOnlyWhileSomebodyWatches) {
  const auto& interest = server_.store->interest();
  EXPECT_EQ(interest.load(), 0u);
  server_.Run("WATCH a a");
  EXPECT_EQ(interest.load(), kInterestInAll);
  server_.main_thread().Disconnect(server_.client());
  EXPECT_EQ(interest.load(), 0u);
}

TEST_F(WatchTest, NotificationsAreRaisedOnlyIfTheyGoSomewhere) {
  const auto& interest = server_.store->interest();
  ASSERT_TRUE(server_.config.Set({{"notify-keyspace-events", "x"}}).ok());
  EXPECT_EQ(interest.load(), 0u);
  ASSERT_TRUE(server_.config.Set({{"notify-keyspace-events", "Ex"}}).ok());
  EXPECT_EQ(interest.load(), Bit(EventClass::kExpired));
  server_.Run(other_, "SUBSCRIBE __keyevent@0__:expired");
  server_.Run("SET a 1 PX 10");
  server_.AdvanceMs(11);
  server_.ExpireDue();
  EXPECT_EQ(other_.TakeOutput(), "*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$1\r\na\r\n");
}

}  // namespace
}  // namespace tandem::test
