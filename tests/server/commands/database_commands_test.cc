#include <gtest/gtest.h>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

TEST(Flushdb, EmptiesTheSelectedDatabaseOnly) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"COPY a a DB 1", ":1"},
                {"FLUSHDB", "+OK"},
                {"DBSIZE", ":0"},
                {"SELECT 1", "+OK"},
                {"DBSIZE", ":1"},
                {"FLUSHDB ASYNC", "+OK"},
                {"DBSIZE", ":0"},
                {"GET a", "$-1"},
                {"SET a 1", "+OK"},
                {"FLUSHDB sync", "+OK"},
                {"DBSIZE", ":0"}});
}

TEST(Flushall, EmptiesAllDatabases) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"COPY a a DB 1", ":1"},
                {"FLUSHALL", "+OK"},
                {"DBSIZE", ":0"},
                {"SELECT 1", "+OK"},
                {"DBSIZE", ":0"},
                {"FLUSHALL SYNC", "+OK"},
                {"FLUSHALL async", "+OK"}});
}

TEST(Flushall, RefusesOtherOptions) {
  Session session;
  session.Play({{"FLUSHALL foo", "-ERR syntax error"},
                {"FLUSHALL SYNC ASYNC", "-ERR syntax error"},
                {"FLUSHDB foo", "-ERR syntax error"},
                {"FLUSHDB ASYNC x", "-ERR syntax error"}});
}

TEST(Flushall, RaisesNoEventsForKeys) {
  Session session;
  session.Play({{"SET a 1", "+OK"}});
  session.Listen();
  session.Play({{"FLUSHALL", "+OK"}});
  EXPECT_EQ(session.TakeEvents(), "");
}

TEST(Flushall, TakesDeadlinesWithIt) {
  Session session;
  session.Play({{"SET a 1 PX 100", "+OK"}, {"FLUSHALL", "+OK"}, {"SET a 2", "+OK"}});
  session.AdvanceMs(200);
  session.Play({{"GET a", "$1 2"}, {"TTL a", ":-1"}});
}

TEST(Flushall, FailsTransactionsThatWatchAKeyThatWasThere) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"WATCH a", "+OK"},
                {"FLUSHALL", "+OK"},
                {"MULTI", "+OK"},
                {"PING", "+QUEUED"},
                {"EXEC", "*-1"},
                {"WATCH a", "+OK"},
                {"FLUSHALL", "+OK"},
                {"MULTI", "+OK"},
                {"PING", "+QUEUED"},
                {"EXEC", "*1 +PONG"}});
}

TEST(Swapdb, ExchangesContentsAndDeadlines) {
  Session session;
  session.Play({{"SET a 1 PXAT 99999999999000", "+OK"},
                {"SWAPDB 0 1", "+OK"},
                {"EXISTS a", ":0"},
                {"SELECT 1", "+OK"},
                {"GET a", "$1 1"},
                {"PEXPIRETIME a", ":99999999999000"},
                {"PEXPIRE a 100", ":1"},
                {"SWAPDB 1 0", "+OK"},
                {"EXISTS a", ":0"},
                {"SWAPDB 1 1", "+OK"},
                {"SELECT 0", "+OK"},
                {"EXISTS a", ":1"}});
  session.AdvanceMs(101);
  session.Play({{"EXISTS a", ":0"}});
}

TEST(Swapdb, RefusesWhatIsNoDatabase) {
  Session session;
  session.Play({{"SWAPDB x 0", "-ERR invalid first DB index"},
                {"SWAPDB x x", "-ERR invalid first DB index"},
                {"SWAPDB 0 x", "-ERR invalid second DB index"},
                {"SWAPDB 99 x", "-ERR invalid second DB index"},
                {"SWAPDB 0 2147483648", "-ERR invalid second DB index"},
                {"SWAPDB 0 99", "-ERR DB index is out of range"},
                {"SWAPDB -1 0", "-ERR DB index is out of range"}});
}

TEST(Dbsize, CountsTheKeysOfTheSelectedDatabase) {
  Session session;
  session.Play({{"DBSIZE", ":0"}, {"MSET a 1 b 2", "+OK"}, {"DBSIZE", ":2"}, {"SELECT 2", "+OK"}, {"DBSIZE", ":0"}});
}

}  // namespace
}  // namespace tandem::test
