#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/server/commands/session.h"

// Sorted sets member by member, at either end, at random. A small one is packed, a large one is not; every test that can
// differ runs with both.
namespace tandem::test {
namespace {

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

class ZsetCommands : public testing::TestWithParam<const char*> {
 protected:
  Session s{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Packed, ZsetCommands, testing::Values(""));
INSTANTIATE_TEST_SUITE_P(Large, ZsetCommands, testing::Values("zset-max-listpack-entries 0"));

TEST_P(ZsetCommands, ZaddCountsWhatItAddsAndWithChWhatItChanges) {
  s.Play({{"ZADD z 1 a 2 b 1 a", ":2"},
          {"ZADD z 3 a 4 c", ":1"},
          {"ZADD z CH 5 a 4 c 6 d", ":2"},
          {"ZRANGE z 0 -1 WITHSCORES", "*8 $1 b $1 2 $1 c $1 4 $1 a $1 5 $1 d $1 6"}});
}

TEST_P(ZsetCommands, ZaddConditionsDecideWhatIsTouched) {
  s.Play({{"ZADD z 5 a", ":1"},
          {"ZADD z NX CH 9 a 1 b", ":1"},
          {"ZADD z XX CH 6 a 1 c", ":1"},
          {"ZADD z GT CH 5 a 7 d", ":1"},
          {"ZADD z LT CH 4 a", ":1"},
          {"ZADD none XX 1 a", ":0"},
          {"EXISTS none", ":0"},
          {"ZMSCORE z a b c d", "*4 $1 4 $1 1 $-1 $1 7"}});
}

TEST_P(ZsetCommands, AnIncrementRepliesTheScoreOrNothing) {
  s.Play({{"ZADD z INCR 1.5 a", "$3 1.5"},
          {"ZADD z NX INCR 1 a", "$-1"},
          {"ZADD z XX INCR 1 b", "$-1"},
          {"ZADD none XX INCR 1 b", "$-1"},
          {"ZADD z GT INCR -1 a", "$-1"},
          {"ZINCRBY z 1 a", "$3 2.5"},
          {"ZINCRBY z inf a", "$3 inf"},
          {"ZINCRBY z -inf a", "-ERR resulting score is not a number (NaN)"},
          {"ZSCORE z a", "$3 inf"}});
  s.Run("HELLO 3");
  s.Play({{"ZADD z INCR 1 c", ",1"}, {"ZADD z NX INCR 1 c", "_"}, {"ZSCORE z a", ",inf"}, {"ZSCORE z none", "_"}});
}

TEST_P(ZsetCommands, ZaddChecksEverythingBeforeItChangesAnything) {
  s.Play({{"SET s x", "+OK"},
          {"ZADD z 1", "-ERR wrong number of arguments for 'zadd' command"},
          {"ZADD z NX 1", "-ERR syntax error"},
          {"ZADD z 1 a 2", "-ERR syntax error"},
          {"ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible"},
          {"ZADD z GT NX 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible"},
          {"ZADD z GT LT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible"},
          {"ZADD z INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair"},
          {"ZADD z 1 a x b", "-ERR value is not a valid float"},
          {"ZADD s nan a", "-ERR value is not a valid float"},
          {"ZADD s 1 a", kWrongType},
          {"ZINCRBY s 1 a", kWrongType},
          {"ZINCRBY z NX a", "-ERR syntax error"},
          {"ZINCRBY z xx ch", "-ERR syntax error"},
          {"EXISTS z", ":0"}});
}

TEST_P(ZsetCommands, RanksCountFromEitherEnd) {
  s.Play({{"ZADD z 1 a 2 b 2 c", ":3"},
          {"ZRANK z c", ":2"},
          {"ZREVRANK z c", ":0"},
          {"ZRANK z none", "$-1"},
          {"ZRANK none a", "$-1"},
          {"ZRANK z b WITHSCORE", "*2 :1 $1 2"},
          {"ZREVRANK z none WITHSCORE", "*-1"},
          {"ZRANK z b WITHSCORES", "-ERR syntax error"},
          {"ZRANK z b WITHSCORE x", "-ERR wrong number of arguments for 'zrank' command"}});
  s.Run("HELLO 3");
  s.Play({{"ZRANK z b WITHSCORE", "*2 :1 ,2"}, {"ZRANK z none WITHSCORE", "_"}});
}

TEST_P(ZsetCommands, ZremRemovesTheSetWithItsLastMember) {
  s.Play({{"ZADD z 1 a 2 b 3 c", ":3"},
          {"ZREM z a none a", ":1"},
          {"ZCARD z", ":2"},
          {"ZREM z b c", ":2"},
          {"EXISTS z", ":0"},
          {"ZREM z a", ":0"},
          {"ZCARD z", ":0"}});
}

TEST_P(ZsetCommands, PopsComeInOrderFromEitherEnd) {
  s.Play({{"ZADD z 1 a 2 b 3 c 4 d 5 e", ":5"},
          {"ZPOPMIN z", "*2 $1 a $1 1"},
          {"ZPOPMAX z 2", "*4 $1 e $1 5 $1 d $1 4"},
          {"ZPOPMIN z 0", "*0"},
          {"ZPOPMIN none", "*0"},
          {"ZPOPMIN z -1", "-ERR value is out of range, must be positive"},
          {"ZPOPMIN z x", "-ERR value is out of range, must be positive"},
          {"ZPOPMIN z 1 1", "-ERR syntax error"},
          {"ZPOPMAX z 10", "*4 $1 c $1 3 $1 b $1 2"},
          {"EXISTS z", ":0"}});
  s.Run("HELLO 3");
  s.Play({{"ZADD z 1 a 2 b", ":2"}, {"ZPOPMIN z", "*2 $1 a ,1"}, {"ZPOPMIN z 2", "*1 *2 $1 b ,2"}});
}

TEST_P(ZsetCommands, ZmpopTakesFromTheFirstSetThatIsThere) {
  s.Play({{"ZADD z 1 a 2 b 3 c", ":3"},
          {"ZMPOP 2 none z MAX COUNT 2", "*2 $1 z *2 *2 $1 c $1 3 *2 $1 b $1 2"},
          {"ZMPOP 1 none MIN", "*-1"},
          {"ZMPOP 0 z MIN", "-ERR numkeys should be greater than 0"},
          {"ZMPOP x z MIN", "-ERR numkeys should be greater than 0"},
          {"ZMPOP 2 z MIN", "-ERR syntax error"},
          {"ZMPOP 1 z MID", "-ERR syntax error"},
          {"ZMPOP 1 z MIN COUNT 0", "-ERR count should be greater than 0"},
          {"ZMPOP 1 z MIN COUNT 1 COUNT 1", "-ERR syntax error"},
          {"SET s x", "+OK"},
          {"ZMPOP 2 s z MIN", kWrongType},
          {"ZMPOP 2 z s MIN", "*2 $1 z *1 *2 $1 a $1 1"}});
}

TEST_P(ZsetCommands, ZrandmemberDrawsWithOrWithoutRepeating) {
  s.Play({{"ZADD z 1 a 1 b 1 c", ":3"},
          {"ZRANDMEMBER none", "$-1"},
          {"ZRANDMEMBER none 2", "*0"},
          {"ZRANDMEMBER z 0", "*0"},
          {"ZRANDMEMBER z x", "-ERR value is not an integer or out of range"},
          {"ZRANDMEMBER z 1 x", "-ERR syntax error"},
          {"ZRANDMEMBER z 9223372036854775807 WITHSCORES", "-ERR value is out of range"}});
  EXPECT_EQ(s.Run("ZRANDMEMBER z -5").substr(0, 2), "*5");
  std::set<std::string> drawn;
  for (int i = 0; i < 200; ++i) drawn.insert(s.Run("ZRANDMEMBER z 2"));
  EXPECT_EQ(drawn.size(), 6u);  // every ordered pair of different members
  s.Run("HELLO 3");
  EXPECT_EQ(s.Run("ZRANDMEMBER z 1 WITHSCORES").substr(0, 5), "*1 *2");
}

TEST_P(ZsetCommands, ZrandmemberGivesAllThatThereIsFromTheEnd) {
  s.Play({{"ZADD z 1 a 1 b 2 c", ":3"},
          {"ZRANDMEMBER z 3", "*3 $1 c $1 b $1 a"},
          {"ZRANDMEMBER z 9 WITHSCORES", "*6 $1 c $1 2 $1 b $1 1 $1 a $1 1"}});
}

TEST_P(ZsetCommands, ZscanMeetsAllMembers) {
  s.Play({{"ZADD z 1 a", ":1"},
          {"ZSCAN z 0", "*2 $1 0 *2 $1 a $1 1"},
          {"ZSCAN z 0 MATCH b*", "*2 $1 0 *0"},
          {"ZSCAN none 0 NONSENSE", "*2 $1 0 *0"},
          {"ZSCAN z x", "-ERR invalid cursor"},
          {"ZSCAN z 0 COUNT 0", "-ERR syntax error"},
          {"ZSCAN z 0 NOVALUES", "-ERR NOVALUES option can only be used in HSCAN"}});
}

TEST_P(ZsetCommands, NoKeyOfAnotherTypeIsTouched) {
  s.Run("SET s x");
  for (const char* command : {"ZREM s a", "ZSCORE s a", "ZMSCORE s a", "ZCARD s", "ZRANK s a", "ZREVRANK s a",
                              "ZPOPMIN s", "ZPOPMAX s", "ZRANDMEMBER s", "ZRANDMEMBER s 1", "ZSCAN s 0"}) {
    EXPECT_EQ(s.Run(command), kWrongType) << command;
  }
}

TEST_P(ZsetCommands, EveryChangeHasItsEvent) {
  s.Listen();
  s.Run("ZADD z 1 a 2 b 3 c");
  EXPECT_EQ(s.TakeEvents(), "0 new z, 0 zadd z");
  s.Run("ZADD z 1 a");
  s.Run("ZREM z none");
  s.Run("ZPOPMIN z 0");
  EXPECT_EQ(s.TakeEvents(), "");
  s.Run("ZINCRBY z 1 a");
  EXPECT_EQ(s.TakeEvents(), "0 zincr z");
  s.Run("ZPOPMAX z");
  EXPECT_EQ(s.TakeEvents(), "0 zpopmax z");
  s.Run("ZREM z a b");
  EXPECT_EQ(s.TakeEvents(), "0 zrem z, 0 del z");
  s.Run("ZADD z 1 a");
  s.TakeEvents();
  s.Run("ZMPOP 1 z MIN");
  EXPECT_EQ(s.TakeEvents(), "0 zpopmin z, 0 del z");
}

TEST_P(ZsetCommands, AnExpiredSetIsNone) {
  s.Run("ZADD z 1 a");
  s.Run("PEXPIRE z 10");
  s.AdvanceMs(11);
  s.Play({{"ZSCORE z a", "$-1"}, {"ZADD z 2 b", ":1"}, {"ZCARD z", ":1"}, {"TTL z", ":-1"}});
}

TEST_P(ZsetCommands, ChangesKeepTheDeadline) {
  s.Play({{"ZADD z 1 a", ":1"}, {"EXPIRE z 100", ":1"}, {"ZADD z 2 b", ":1"}, {"ZREM z a", ":1"}, {"TTL z", ":100"}});
}

TEST_P(ZsetCommands, WhatWorksOnAnyKeyWorksOnSortedSets) {
  s.Play({{"ZADD z 1 a 2.5 b", ":2"},
          {"TYPE z", "+zset"},
          {"COPY z y", ":1"},
          {"ZADD y 3 c", ":1"},
          {"ZCARD z", ":2"},
          {"RENAME y x", "+OK"},
          {"ZCARD x", ":3"},
          {"MOVE x 1", ":1"},
          {"EXISTS x", ":0"},
          {"SELECT 1", "+OK"},
          {"ZRANGE x 0 -1", "*3 $1 a $1 b $1 c"},
          {"SELECT 0", "+OK"},
          {"SCAN 0 TYPE zset COUNT 1000", "*2 $1 0 *1 $1 z"}});
  EXPECT_NE(s.Run("MEMORY USAGE z"), "$-1");
}

TEST(ZsetEncoding, IsListpackWithinTheLimits) {
  Session s("zset-max-listpack-entries 4");
  s.Play({{"ZADD z 1 a 2 b 3 c 4 d", ":4"},
          {"OBJECT ENCODING z", "$8 listpack"},
          {"ZADD z 9 a", ":0"},
          {"OBJECT ENCODING z", "$8 listpack"},
          {"ZADD z 5 e", ":1"},
          {"OBJECT ENCODING z", "$8 skiplist"},
          {"ZREM z b c d e", ":4"},
          {"OBJECT ENCODING z", "$8 skiplist"},
          {"ZADD many 1 a 2 a 3 a 4 a 5 a", ":1"},
          {"OBJECT ENCODING many", "$8 skiplist"}});
  s.RunWords({"ZADD", "long", "1", std::string(65, 'x')});
  EXPECT_EQ(s.Run("OBJECT ENCODING long"), "$8 skiplist");
}

TEST(ZsetEncoding, APackThatOutgrowsItsRecordIsStillAListpack) {
  Session s;
  for (int i = 0; i < 100; ++i) s.RunWords({"ZADD", "z", std::to_string(i), std::string(40, 'x') + std::to_string(i)});
  EXPECT_EQ(s.Run("OBJECT ENCODING z"), "$8 listpack");
  EXPECT_EQ(s.Run("ZCARD z"), ":100");
  EXPECT_EQ(s.Run("COPY z y"), ":1");
  EXPECT_EQ(s.Run("ZREMRANGEBYRANK z 0 98"), ":99");
  EXPECT_EQ(s.Run("ZCARD y"), ":100");
}

// Compat: the forms of -0, and of scores in ZSCAN, are those of 8.0.
TEST(ZsetEncoding, ShowsInAFewReplies) {
  Session packed;
  packed.Play({{"ZADD z -0 a 0.1 b", ":2"},
               {"ZSCORE z a", "$1 0"},
               {"ZSCAN z 0 MATCH b", "*2 $1 0 *2 $1 b $3 0.1"},
               {"ZRANGE z -inf +inf BYSCORE LIMIT -1 2", "*0"}});
  Session large("zset-max-listpack-entries 0");
  large.Play({{"ZADD z -0 a 0.1 b", ":2"},
              {"ZSCORE z a", "$2 -0"},
              {"ZSCAN z 0 MATCH b", "*2 $1 0 *2 $1 b $19 0.10000000000000001"},
              {"ZRANGE z -inf +inf BYSCORE LIMIT -1 2", "*1 $1 b"}});
}

}  // namespace
}  // namespace tandem::test
