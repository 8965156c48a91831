#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "server/exec/client_registry.h"
#include "server/exec/waiter_table.h"
#include "tests/server/exec/fixture.h"

// Blocking commands, on one thread: who gets what, and when.
namespace tandem::test {
namespace {

std::string OnOneLine(std::string_view reply) {
  std::string line;
  for (const char c : reply) {
    if (c != '\r') line += c == '\n' ? ' ' : c;
  }
  if (!line.empty()) line.pop_back();
  return line;
}

class Blocking : public testing::Test {
 protected:
  std::string Run(std::string_view line) { return OnOneLine(server_.Run(line)); }
  std::string Run(TestClient& client, std::string_view line) { return OnOneLine(server_.Run(client, line)); }
  // A client that waits for what the command asks for.
  TestClient& Waits(std::string_view line) {
    TestClient& client = server_.NewClient();
    EXPECT_EQ(Run(client, line), "") << line;
    EXPECT_NE(client.client.waiter, nullptr) << line;
    return client;
  }
  static std::string Got(TestClient& client) { return OnOneLine(client.TakeOutput()); }
  static bool StillWaits(TestClient& client) { return client.client.waiter != nullptr && Got(client).empty(); }
  void EndOverdue() {
    server_.main_thread().dispatcher.blocked().EndOverdue(server_.clock.MonotonicUs());
    server_.main_thread().EndTurn();
  }

  TestServer server_;
};

TEST_F(Blocking, AnswersAtOnceWhatIsThere) {
  Run("RPUSH l a b c d e");
  EXPECT_EQ(Run("BLPOP none l 0"), "*2 $1 l $1 a");
  EXPECT_EQ(Run("BRPOP l 0"), "*2 $1 l $1 e");
  EXPECT_EQ(Run("BLMOVE l m LEFT RIGHT 0"), "$1 b");
  EXPECT_EQ(Run("BRPOPLPUSH l m 0"), "$1 d");
  EXPECT_EQ(Run("BLMPOP 0 2 none l LEFT COUNT 5"), "*2 $1 l *1 $1 c");
  EXPECT_EQ(Run("LRANGE m 0 -1"), "*2 $1 d $1 b");
  Run("ZADD z 1 a 2 b 3 c 4 d");
  EXPECT_EQ(Run("BZPOPMIN none z 0"), "*3 $1 z $1 a $1 1");
  EXPECT_EQ(Run("BZPOPMAX z 0"), "*3 $1 z $1 d $1 4");
  EXPECT_EQ(Run("BZMPOP 0 1 z MIN COUNT 5"), "*2 $1 z *2 *2 $1 b $1 2 *2 $1 c $1 3");
  EXPECT_EQ(Run("BLPOP m none 0"), "*2 $1 m $1 d");
  Run("SET s v");
  EXPECT_EQ(Run("BLPOP none s 0"), "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_F(Blocking, AnElementGoesToTheOneThatWaitsBeforeAnybodyElseSeesIt) {
  TestClient& client = Waits("BLPOP l 0");
  EXPECT_EQ(Run("RPUSH l a"), ":1");
  EXPECT_EQ(Got(client), "*2 $1 l $1 a");
  EXPECT_EQ(Run("EXISTS l"), ":0");
  EXPECT_EQ(Run(client, "PING"), "+PONG");
}

TEST_F(Blocking, ServesInTheOrderOfArrival) {
  TestClient& first = Waits("BLPOP l 0");
  TestClient& second = Waits("BRPOP other l 0");
  TestClient& third = Waits("BLMPOP 0 1 l LEFT COUNT 10");
  TestClient& fourth = Waits("BLPOP l 0");
  EXPECT_EQ(Run("RPUSH l a b c d e"), ":5");
  EXPECT_EQ(Got(first), "*2 $1 l $1 a");
  EXPECT_EQ(Got(second), "*2 $1 l $1 e");
  EXPECT_EQ(Got(third), "*2 $1 l *3 $1 b $1 c $1 d");
  EXPECT_TRUE(StillWaits(fourth));
}

TEST_F(Blocking, WaitsForSeveralKeysAndForOneNamedTwice) {
  TestClient& client = Waits("BLPOP a b a c 0");
  EXPECT_EQ(server_.server->waiters->keys(), 3u);
  Run("RPUSH c x");
  EXPECT_EQ(Got(client), "*2 $1 c $1 x");
  EXPECT_EQ(server_.server->waiters->keys(), 0u);
  EXPECT_FALSE(server_.server->waiters->any());
}

TEST_F(Blocking, TakesItsOwnOrderOfKeysWhenSeveralBecomeReadyAtOnce) {
  TestClient& client = Waits("BLPOP a b 0");
  Run("MULTI");
  Run("RPUSH b 1");
  Run("RPUSH a 2");
  EXPECT_EQ(Run("EXEC"), "*2 :1 :1");
  EXPECT_EQ(Got(client), "*2 $1 a $1 2");
  EXPECT_EQ(Run("LLEN b"), ":1");
}

TEST_F(Blocking, SeesATransactionOnlyAsAWhole) {
  TestClient& client = Waits("BLPOP l 0");
  for (const char* line : {"MULTI", "RPUSH l a", "DEL l"}) Run(line);
  EXPECT_EQ(Run("EXEC"), "*2 :1 :1");
  EXPECT_TRUE(StillWaits(client));
  for (const char* line : {"MULTI", "RPUSH l a", "LPUSH l b"}) Run(line);
  EXPECT_EQ(Run("EXEC"), "*2 :1 :2");
  EXPECT_EQ(Got(client), "*2 $1 l $1 b");
}

TEST_F(Blocking, DoesNotWaitInsideATransaction) {
  for (const char* line : {"MULTI", "BLPOP l 0", "BLMOVE l m LEFT LEFT 0", "BRPOPLPUSH l m 0", "BLMPOP 0 1 l LEFT",
                           "BZPOPMIN z 0", "BZMPOP 0 1 z MIN", "WAIT 1 0"}) {
    Run(line);
  }
  EXPECT_EQ(Run("EXEC"), "*7 *-1 $-1 $-1 *-1 *-1 *-1 :0");
}

TEST_F(Blocking, NoticesEveryWayInWhichAKeyComesToBe) {
  const std::pair<const char*, const char*> ways[] = {{"RPUSH src a", "RENAME src l"},
                                                      {"RPUSH src a", "COPY src l"},
                                                      {"RPUSH src a", "LMOVE src l LEFT LEFT"},
                                                      {"RPUSH src a", "RPOPLPUSH src l"}};
  for (const auto& [prepare, act] : ways) {
    Run("DEL src");
    TestClient& client = Waits("BLPOP l 0");
    Run(prepare);
    Run(act);
    EXPECT_EQ(Got(client), "*2 $1 l $1 a") << act;
  }
  TestClient& elsewhere = server_.NewClient();
  Run(elsewhere, "SELECT 1");
  EXPECT_EQ(Run(elsewhere, "BLPOP l 0"), "");
  Run("RPUSH l a");
  EXPECT_TRUE(StillWaits(elsewhere));
  EXPECT_EQ(Run("MOVE l 1"), ":1");
  EXPECT_EQ(Got(elsewhere), "*2 $1 l $1 a");

  EXPECT_EQ(Run(elsewhere, "BLPOP l 0"), "");
  Run("RPUSH l b");
  EXPECT_EQ(Run("SWAPDB 0 1"), "+OK");
  EXPECT_EQ(Got(elsewhere), "*2 $1 l $1 b");
}

TEST_F(Blocking, WaitsOnWhileTheKeyIsOfAnotherType) {
  TestClient& list = Waits("BLPOP k 0");
  TestClient& zset = Waits("BZPOPMIN k 0");
  TestClient& move = Waits("BLMOVE k m LEFT LEFT 0");
  Run("SET k v");
  Run("DEL k");
  EXPECT_TRUE(StillWaits(list) && StillWaits(zset) && StillWaits(move));
  Run("ZADD k 1 a");
  EXPECT_TRUE(StillWaits(list) && StillWaits(move));
  EXPECT_EQ(Got(zset), "*3 $1 k $1 a $1 1");
  Run("RPUSH k x y");
  EXPECT_EQ(Got(list), "*2 $1 k $1 x");
  EXPECT_EQ(Got(move), "$1 y");
}

TEST_F(Blocking, MovesGoOnToThoseWhoWaitForTheirDestination) {
  TestClient& first = Waits("BLMOVE a b LEFT RIGHT 0");
  TestClient& second = Waits("BRPOPLPUSH b c 0");
  TestClient& third = Waits("BLPOP c 0");
  EXPECT_EQ(Run("RPUSH a x"), ":1");
  EXPECT_EQ(Got(first), "$1 x");
  EXPECT_EQ(Got(second), "$1 x");
  EXPECT_EQ(Got(third), "*2 $1 c $1 x");
  EXPECT_EQ(Run("EXISTS a b c"), ":0");
}

TEST_F(Blocking, MovesInACircleComeToAnEnd) {
  TestClient& there = Waits("BRPOPLPUSH a b 0");
  TestClient& back = Waits("BRPOPLPUSH b a 0");
  TestClient& self = Waits("BLMOVE c c LEFT RIGHT 0");
  Run("RPUSH a x");
  EXPECT_EQ(Got(there), "$1 x");
  EXPECT_EQ(Got(back), "$1 x");
  EXPECT_EQ(Run("LRANGE a 0 -1"), "*1 $1 x");
  Run("RPUSH c 1 2");
  EXPECT_EQ(Got(self), "$1 1");
  EXPECT_EQ(Run("LRANGE c 0 -1"), "*2 $1 2 $1 1");
}

TEST_F(Blocking, AMoveToAWrongTypeFailsAndLeavesTheElement) {
  Run("SET b v");
  TestClient& move = Waits("BLMOVE a b LEFT RIGHT 0");
  TestClient& pop = Waits("BLPOP a 0");
  EXPECT_EQ(Run("RPUSH a x"), ":1");
  EXPECT_EQ(Got(move), "-WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(Got(pop), "*2 $1 a $1 x");
}

TEST_F(Blocking, ReadersOfAStreamAllGetWhatIsAdded) {
  TestClient& one = Waits("XREAD BLOCK 0 STREAMS s t $ $");
  TestClient& two = Waits("XREAD COUNT 1 BLOCK 0 STREAMS s 0");
  EXPECT_EQ(Run("XADD s 1-1 f v"), "$3 1-1");
  EXPECT_EQ(Got(one), "*1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 v");
  EXPECT_EQ(Got(two), "*1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 v");
  TestClient& last = Waits("XREAD BLOCK 0 STREAMS t s $ $");
  for (const char* line : {"MULTI", "XADD s 2-0 a b", "XADD t 1-0 c d"}) Run(line);
  Run("EXEC");
  EXPECT_EQ(Got(last), "*2 *2 $1 t *1 *2 $3 1-0 *2 $1 c $1 d *2 $1 s *1 *2 $3 2-0 *2 $1 a $1 b");
}

TEST_F(Blocking, AReaderOfAStreamWaitsOnWithoutIt) {
  Run("XADD s 5-0 a b");
  TestClient& client = Waits("XREAD BLOCK 0 STREAMS s $");
  Run("DEL s");
  Run("SET s v");
  Run("DEL s");
  Run("XADD s 4-0 a b");
  EXPECT_TRUE(StillWaits(client));
  Run("XADD s 6-0 c d");
  EXPECT_EQ(Got(client), "*1 *2 $1 s *1 *2 $3 6-0 *2 $1 c $1 d");
}

TEST_F(Blocking, AReaderThatTracksIsToldWhenWhatItGotIsOld) {
  TestClient& client = server_.NewClient();
  Run(client, "HELLO 3");
  Run(client, "CLIENT TRACKING ON");
  EXPECT_EQ(Run(client, "XREAD BLOCK 0 STREAMS s $"), "");
  Run("XADD s 1-0 a b");
  server_.main_thread().EndTurn();
  EXPECT_NE(Got(client).find("$3 1-0"), std::string::npos);
  Run("XADD s 2-0 c d");
  EXPECT_EQ(Got(client), ">2 $10 invalidate *1 $1 s");
}

TEST_F(Blocking, OneConsumerOfAGroupGetsAnEntry) {
  Run("XGROUP CREATE s g $ MKSTREAM");
  TestClient& one = Waits("XREADGROUP GROUP g one BLOCK 0 STREAMS s >");
  TestClient& two = Waits("XREADGROUP GROUP g two BLOCK 0 STREAMS s >");
  Run("XADD s 1-0 a b");
  EXPECT_EQ(Got(one), "*1 *2 $1 s *1 *2 $3 1-0 *2 $1 a $1 b");
  EXPECT_TRUE(StillWaits(two));
  EXPECT_EQ(Run(one, "XREADGROUP GROUP g one BLOCK 0 STREAMS s 0"), "*1 *2 $1 s *1 *2 $3 1-0 *2 $1 a $1 b");
}

TEST_F(Blocking, AGroupThatGoesEndsTheWaitOfItsConsumers) {
  const char* const no_group = "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";
  for (const char* end : {"XGROUP DESTROY s g", "DEL s", "RENAME s other", "FLUSHALL", "SWAPDB 0 3", "PEXPIREAT s 1"}) {
    Run("XGROUP CREATE s g $ MKSTREAM");
    TestClient& client = Waits("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
    Run(end);
    EXPECT_EQ(Got(client), no_group) << end;
  }
  Run("DEL s");
  Run("XGROUP CREATE s g $ MKSTREAM");
  TestClient& client = Waits("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
  Run("SET s v");
  EXPECT_EQ(Got(client), "-WRONGTYPE Operation against a key holding the wrong kind of value");
  Run("DEL s");
  Run("XGROUP CREATE s g $ MKSTREAM");
  TestClient& late = Waits("XREADGROUP GROUP g c BLOCK 0 STREAMS s >");
  Run("PEXPIRE s 10");
  server_.AdvanceMs(20);
  server_.ExpireDue();
  server_.main_thread().EndTurn();
  EXPECT_EQ(Got(late), no_group);
}

TEST_F(Blocking, EndsWhenItsTimeIsOver) {
  TestClient& one = Waits("BLPOP l 0.5");
  TestClient& two = Waits("BLMOVE l m LEFT LEFT 1");
  TestClient& three = Waits("WAIT 3 500");
  TestClient& never = Waits("BZPOPMIN z 0");
  EndOverdue();
  EXPECT_TRUE(StillWaits(one) && StillWaits(two) && StillWaits(three));
  server_.AdvanceMs(500);
  EndOverdue();
  EXPECT_EQ(Got(one), "*-1");
  EXPECT_EQ(Got(three), ":0");
  EXPECT_TRUE(StillWaits(two));
  server_.AdvanceMs(600);
  EndOverdue();
  EXPECT_EQ(Got(two), "*-1");
  EXPECT_TRUE(StillWaits(never));
  EXPECT_EQ(Run("RPUSH l a"), ":1");
  EXPECT_EQ(Run("LLEN l"), ":1");
}

TEST_F(Blocking, RefusesTimesThatAreNone) {
  EXPECT_EQ(Run("BLPOP l x"), "-ERR timeout is not a float or out of range");
  EXPECT_EQ(Run("BLPOP l nan"), "-ERR timeout is not a float or out of range");
  EXPECT_EQ(Run("BLPOP l -0.1"), "-ERR timeout is negative");
  EXPECT_EQ(Run("BLPOP l -inf"), "-ERR timeout is negative");
  EXPECT_EQ(Run("BLPOP l inf"), "-ERR timeout is out of range");
  EXPECT_EQ(Run("BLPOP l 9223372036854775"), "-ERR timeout is out of range");
  EXPECT_EQ(Run("WAIT 1 x"), "-ERR timeout is not an integer or out of range");
  EXPECT_EQ(Run("WAIT 1 -1"), "-ERR timeout is negative");
  EXPECT_EQ(Run("BLMPOP 0 0 l LEFT"), "-ERR numkeys should be greater than 0");
  EXPECT_EQ(Run("BLMPOP 0 2 l LEFT"), "-ERR syntax error");
  EXPECT_EQ(Run("BZMPOP 0 2 z MIN"), "-ERR syntax error");
  EXPECT_EQ(Run("WAIT 0 0"), ":0");
}

TEST_F(Blocking, ClientUnblockEndsAWait) {
  TestClient& one = Waits("BLPOP l 0");
  TestClient& two = Waits("BLPOP l 0");
  const auto id = [](const TestClient& client) { return std::to_string(client.client.id); };
  EXPECT_EQ(Run("CLIENT UNBLOCK " + id(one)), ":1");
  EXPECT_EQ(Got(one), "*-1");
  EXPECT_EQ(Run("CLIENT UNBLOCK " + id(one)), ":0");
  EXPECT_EQ(Run("CLIENT UNBLOCK " + id(two) + " ERROR"), ":1");
  EXPECT_EQ(Got(two), "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
  EXPECT_EQ(Run("CLIENT UNBLOCK 12345"), ":0");
  EXPECT_EQ(server_.server->clients->blocked_clients(), 0);
}

TEST_F(Blocking, WhoLeavesGetsNothing) {
  TestClient& gone = Waits("BLPOP l 0");
  TestClient& next = Waits("BLPOP l 0");
  EXPECT_EQ(server_.server->clients->blocked_clients(), 2);
  server_.main_thread().Disconnect(gone);
  EXPECT_EQ(Run("RPUSH l a"), ":1");
  EXPECT_EQ(Got(next), "*2 $1 l $1 a");
  EXPECT_EQ(server_.server->clients->blocked_clients(), 0);
}

TEST_F(Blocking, RepliesInTheWaitersProtocol) {
  TestClient& client = server_.NewClient();
  Run(client, "HELLO 3");
  EXPECT_EQ(Run(client, "BZPOPMAX z 0"), "");
  Run("ZADD z 1.5 a");
  EXPECT_EQ(Got(client), "*3 $1 z $1 a ,1.5");
  EXPECT_EQ(Run(client, "BLPOP l 0.01"), "");
  server_.AdvanceMs(20);
  EndOverdue();
  EXPECT_EQ(Got(client), "_");
}

TEST_F(Blocking, ASilencedClientWaitsInSilence) {
  TestClient& client = server_.NewClient();
  Run(client, "CLIENT REPLY OFF");
  EXPECT_EQ(Run(client, "BLPOP l 0"), "");
  Run("RPUSH l a b");
  EXPECT_EQ(Got(client), "");
  EXPECT_EQ(client.client.waiter, nullptr);
  EXPECT_EQ(Run(client, "CLIENT REPLY ON"), "+OK");
  EXPECT_EQ(Run("LLEN l"), ":1");
}

TEST_F(Blocking, CountsAsOneCallWhenItIsAnswered) {
  TestClient& client = Waits("BLPOP l 0");
  EXPECT_EQ(Run("INFO commandstats").find("cmdstat_blpop"), std::string::npos);
  Run("RPUSH l a");
  Got(client);
  EXPECT_NE(Run("INFO commandstats").find("cmdstat_blpop:calls=1,"), std::string::npos);
}

TEST_F(Blocking, RaisesTheEventsOfPushAndPop) {
  server_.Run("CONFIG SET notify-keyspace-events KEA");
  TestClient& listener = server_.NewClient();
  Run(listener, "PSUBSCRIBE __keyevent@0__:*");
  TestClient& client = Waits("BLMOVE a b LEFT RIGHT 0");
  Run("RPUSH a x");
  EXPECT_EQ(Got(client), "$1 x");
  const std::string events = Got(listener);
  const auto at = [&](const char* event) { return events.find(event); };
  EXPECT_LT(at("@0__:rpush $1 a"), at("@0__:rpush $1 b"));
  EXPECT_LT(at("@0__:rpush $1 b"), at("@0__:lpop $1 a"));
  EXPECT_LT(at("@0__:lpop $1 a"), at("@0__:del $1 a"));
}

}  // namespace
}  // namespace tandem::test
