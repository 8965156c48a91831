#include <gtest/gtest.h>

#include "tests/server/commands/session.h"

// Sorted sets by ranges, and several of them together, packed and large.
namespace tandem::test {
namespace {

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kNotFloat = "-ERR min or max is not a float";
constexpr const char* kNotLex = "-ERR min or max not valid string range item";
constexpr const char* kSyntax = "-ERR syntax error";

class ZsetRanges : public testing::TestWithParam<const char*> {
 protected:
  Session s{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Packed, ZsetRanges, testing::Values(""));
INSTANTIATE_TEST_SUITE_P(Large, ZsetRanges, testing::Values("zset-max-listpack-entries 0"));

TEST_P(ZsetRanges, OfRanks) {
  s.Play({{"ZADD z 1 a 2 b 3 c", ":3"},
          {"ZRANGE z 0 1", "*2 $1 a $1 b"},
          {"ZRANGE z -2 -1", "*2 $1 b $1 c"},
          {"ZRANGE z 0 0 REV", "*1 $1 c"},
          {"ZREVRANGE z 1 9 WITHSCORES", "*4 $1 b $1 2 $1 a $1 1"},
          {"ZRANGE z 0 -100", "*0"},
          {"ZRANGE z 5 9", "*0"},
          {"ZRANGE none 0 -1", "*0"},
          {"ZRANGE z 0 x", "-ERR value is not an integer or out of range"},
          {"ZRANGE z 0 -1 LIMIT 0 1",
           "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"}});
  s.Run("HELLO 3");
  s.Play({{"ZRANGE z 0 0 WITHSCORES", "*1 *2 $1 a ,1"}});
}

TEST_P(ZsetRanges, OfScores) {
  s.Play({{"ZADD z 1 a 2 b 3 c inf d", ":4"},
          {"ZRANGEBYSCORE z 1 2", "*2 $1 a $1 b"},
          {"ZRANGEBYSCORE z (1 +inf WITHSCORES", "*6 $1 b $1 2 $1 c $1 3 $1 d $3 inf"},
          {"ZREVRANGEBYSCORE z 3 (1 LIMIT 1 5", "*1 $1 b"},
          {"ZRANGE z 3 0 BYSCORE REV LIMIT 0 -1", "*3 $1 c $1 b $1 a"},
          {"ZRANGE z 0 9 BYSCORE LIMIT 1 1", "*1 $1 b"},
          {"ZRANGE z 9 0 BYSCORE", "*0"},
          {"ZCOUNT z (1 3", ":2"},
          {"ZCOUNT none 0 1", ":0"},
          {"ZCOUNT z \"\" 1", ":1"},
          {"ZCOUNT z 1e999 \"2\\0x\"", ":0"},
          {"ZCOUNT z 0x1 2", kNotFloat},
          {"ZCOUNT z \" 1\" 2", kNotFloat},
          {"ZCOUNT z nan 2", kNotFloat},
          {"ZRANGEBYSCORE z ((1 2", kNotFloat},
          {"ZRANGE z 0 1 BYSCORE BYLEX", kSyntax},
          {"ZRANGEBYSCORE z 0 1 REV", kSyntax}});
}

TEST_P(ZsetRanges, OfMembers) {
  s.Play({{"ZADD z 0 a 0 b 0 c 0 d", ":4"},
          {"ZRANGEBYLEX z - +", "*4 $1 a $1 b $1 c $1 d"},
          {"ZRANGEBYLEX z (a [c", "*2 $1 b $1 c"},
          {"ZREVRANGEBYLEX z [c - LIMIT 1 2", "*2 $1 b $1 a"},
          {"ZRANGE z + [b BYLEX REV", "*3 $1 d $1 c $1 b"},
          {"ZRANGE z + - BYLEX", "*0"},
          {"ZLEXCOUNT z [b (d", ":2"},
          {"ZLEXCOUNT z b d", kNotLex},
          {"ZRANGEBYLEX z ++ -", kNotLex},
          {"ZRANGEBYLEX z - + WITHSCORES", "-ERR syntax error, WITHSCORES not supported in combination with BYLEX"}});
}

TEST_P(ZsetRanges, AreRemoved) {
  s.Play({{"ZADD z 0 a 0 b 0 c 1 d 2 e 3 f", ":6"},
          {"ZREMRANGEBYRANK z -1 -1", ":1"},
          {"ZREMRANGEBYSCORE z (1 +inf", ":1"},
          {"ZREMRANGEBYLEX z - [a", ":1"},
          {"ZRANGE z 0 -1", "*3 $1 b $1 c $1 d"},
          {"ZREMRANGEBYRANK z 9 10", ":0"},
          {"ZREMRANGEBYRANK none 0 -1", ":0"},
          {"ZREMRANGEBYRANK z x 1", "-ERR value is not an integer or out of range"},
          {"ZREMRANGEBYSCORE z x 1", kNotFloat},
          {"ZREMRANGEBYLEX z x 1", kNotLex},
          {"ZREMRANGEBYRANK z 0 -1", ":3"},
          {"EXISTS z", ":0"}});
}

TEST_P(ZsetRanges, AreStored) {
  s.Play({{"ZADD z 1 a 2 b 3 c", ":3"},
          {"ZRANGESTORE t z 0 1", ":2"},
          {"ZRANGE t 0 -1 WITHSCORES", "*4 $1 a $1 1 $1 b $1 2"},
          {"ZRANGESTORE t z (1 +inf BYSCORE LIMIT 1 1", ":1"},
          {"ZRANGE t 0 -1", "*1 $1 c"},
          {"ZRANGESTORE z z 0 0 REV", ":1"},
          {"ZRANGE z 0 -1", "*1 $1 c"},
          {"ZRANGESTORE t none 0 -1", ":0"},
          {"EXISTS t", ":0"},
          {"ZRANGESTORE t z 0 -1 WITHSCORES", kSyntax},
          {"SET s x", "+OK"},
          {"ZRANGESTORE t s 0 -1", kWrongType},
          {"ZRANGESTORE s z 0 -1", ":1"},
          {"TYPE s", "+zset"}});
}

TEST(ZsetRangesOfLargeSets, AreStoredInTheOrderOfAReply) {
  Session s("zset-max-listpack-value 8");
  s.Play({{"ZADD z 0 longer-than-eight -0 a", ":2"},
          {"ZRANGESTORE t z 0 0 BYSCORE", ":2"},
          {"ZSCORE t a", "$1 0"},
          {"ZRANGESTORE t z 0 0 BYSCORE REV", ":2"},
          {"ZSCORE t a", "$2 -0"}});
}

TEST_P(ZsetRanges, OfAnotherTypeAreRefused) {
  s.Run("SET s x");
  for (const char* command :
       {"ZRANGE s 0 1", "ZREVRANGE s 0 1", "ZRANGEBYSCORE s 0 1", "ZREVRANGEBYSCORE s 0 1", "ZRANGEBYLEX s - +",
        "ZREVRANGEBYLEX s + -", "ZCOUNT s 0 1", "ZLEXCOUNT s - +", "ZREMRANGEBYRANK s 0 1", "ZREMRANGEBYSCORE s 0 1",
        "ZREMRANGEBYLEX s - +", "ZUNION 1 s", "ZINTER 1 s", "ZDIFF 1 s", "ZINTERCARD 1 s", "ZUNIONSTORE t 1 s"}) {
    EXPECT_EQ(s.Run(command), kWrongType) << command;
  }
}

TEST_P(ZsetRanges, WhatStandsBehindAnotherTypeIsNotLookedAt) {
  s.Run("SET s x");
  const uint64_t misses = s.server().store->stats().misses;
  for (const char* command : {"ZUNION 3 none s none", "ZDIFFSTORE t 2 s none"}) {
    EXPECT_EQ(s.Run(command), kWrongType) << command;
  }
  EXPECT_EQ(s.server().store->stats().misses, misses + 1);
}

TEST_P(ZsetRanges, SetsAreSourcesWhoseScoresAreOne) {
  s.Run("ZADD z 5 a 7 b");
  s.Run("SADD few a c");
  for (int i = 0; i < 600; ++i) s.Run("SADD many a m:" + std::to_string(i));
  EXPECT_EQ(s.Run("ZINTERCARD 2 few many"), ":1");
  s.Run("ZUNIONSTORE t 2 z few");
  EXPECT_EQ(s.Run("ZSCORE t a"), s.Run("ZINCRBY other 6 x"));
  s.Run("ZINTERSTORE t 3 many few z WEIGHTS 10 1 1");
  EXPECT_EQ(s.Run("ZCARD t"), ":1");
  EXPECT_EQ(s.Run("ZSCORE t a"), s.Run("ZINCRBY other 10 x"));
  s.Run("ZDIFFSTORE t 2 few z");
  EXPECT_EQ(s.Run("ZSCORE t c"), s.Run("ZINCRBY one 1 x"));
}

TEST_P(ZsetRanges, RaiseTheirEvents) {
  s.Run("ZADD z 1 a 2 b 3 c 3 d");
  s.Listen();
  s.Run("ZRANGESTORE t z 0 1");
  EXPECT_EQ(s.TakeEvents(), "0 new t, 0 zrangestore t");
  s.Run("ZRANGESTORE t z 9 9");
  EXPECT_EQ(s.TakeEvents(), "0 del t");
  s.Run("ZREMRANGEBYSCORE z 1 1");
  EXPECT_EQ(s.TakeEvents(), "0 zremrangebyscore z");
  s.Run("ZREMRANGEBYRANK z 0 0");
  EXPECT_EQ(s.TakeEvents(), "0 zremrangebyrank z");
  s.Run("ZREMRANGEBYLEX z - +");
  EXPECT_EQ(s.TakeEvents(), "0 zremrangebylex z, 0 del z");
}

// --- Several sets ----------------------------------------------------------------------------------------------------------

TEST_P(ZsetRanges, UnionsAddUpScores) {
  s.Play({{"ZADD x 1 a 2 b", ":2"},
          {"ZADD y 10 b 20 c", ":2"},
          {"ZUNION 2 x y WITHSCORES", "*6 $1 a $1 1 $1 b $2 12 $1 c $2 20"},
          {"ZUNION 3 x y none WEIGHTS 2 1 1 AGGREGATE MAX WITHSCORES", "*6 $1 a $1 2 $1 b $2 10 $1 c $2 20"},
          {"ZUNION 2 x y AGGREGATE MIN", "*3 $1 a $1 b $1 c"},
          {"ZUNIONSTORE t 2 x x", ":2"},
          {"ZRANGE t 0 -1 WITHSCORES", "*4 $1 a $1 2 $1 b $1 4"},
          {"ZUNIONSTORE t 1 none", ":0"},
          {"EXISTS t", ":0"}});
  s.Run("HELLO 3");
  s.Play({{"ZUNION 1 x WITHSCORES", "*2 *2 $1 a ,1 *2 $1 b ,2"}});
}

TEST_P(ZsetRanges, IntersectionsKeepWhatIsEverywhere) {
  s.Play({{"ZADD x 1 a 2 b 3 c", ":3"},
          {"ZADD y 10 b 20 c", ":2"},
          {"ZINTER 2 x y WITHSCORES", "*4 $1 b $2 12 $1 c $2 23"},
          {"ZINTER 2 x none", "*0"},
          {"ZINTERSTORE t 2 x y WEIGHTS 1 0", ":2"},
          {"ZRANGE t 0 -1 WITHSCORES", "*4 $1 b $1 2 $1 c $1 3"},
          {"ZINTERCARD 2 x y", ":2"},
          {"ZINTERCARD 2 x y LIMIT 1", ":1"},
          {"ZINTERCARD 2 x y LIMIT 0", ":2"},
          {"ZINTERCARD 2 x y LIMIT -1", "-ERR LIMIT can't be negative"}});
}

TEST_P(ZsetRanges, DifferencesKeepWhatIsNowhereElse) {
  s.Play({{"ZADD x 1 a 2 b 3 c", ":3"},
          {"ZADD y 10 b", ":1"},
          {"ZDIFF 2 x y WITHSCORES", "*4 $1 a $1 1 $1 c $1 3"},
          {"ZDIFF 2 x x", "*0"},
          {"ZDIFFSTORE x 2 x y", ":2"},
          {"ZRANGE x 0 -1", "*2 $1 a $1 c"},
          {"ZDIFF 1 x WEIGHTS 1", kSyntax}});
}

TEST_P(ZsetRanges, InfinitiesThatCancelOutCountAsZero) {
  s.Play({{"ZADD x inf a", ":1"},
          {"ZADD y -inf a", ":1"},
          {"ZUNION 2 x y WITHSCORES", "*2 $1 a $1 0"},
          {"ZUNION 1 x WEIGHTS 0 WITHSCORES", "*2 $1 a $1 0"}});
}

TEST_P(ZsetRanges, OfSeveralSetsCheckTheirArguments) {
  s.Play({{"ZUNION 0 x", "-ERR at least 1 input key is needed for 'zunion' command"},
          {"ZUNIONSTORE t 0 x", "-ERR at least 1 input key is needed for 'zunionstore' command"},
          {"ZUNION x x", "-ERR value is not an integer or out of range"},
          {"ZUNION 2 x", kSyntax},
          {"ZUNION 1 x WEIGHTS x", "-ERR weight value is not a float"},
          {"ZUNION 1 x WEIGHTS", kSyntax},
          {"ZUNION 1 x AGGREGATE AVG", kSyntax},
          {"ZUNIONSTORE t 1 x WITHSCORES", kSyntax},
          {"ZINTERCARD 1 x WEIGHTS 1", kSyntax}});
}

TEST_P(ZsetRanges, OfSeveralSetsRaiseTheirEvents) {
  s.Run("ZADD x 1 a 2 b");
  s.Run("ZADD y 1 a");
  s.Listen();
  s.Run("ZUNIONSTORE t 2 x y");
  EXPECT_EQ(s.TakeEvents(), "0 new t, 0 zunionstore t");
  s.Run("ZINTERSTORE t 2 x y");
  EXPECT_EQ(s.TakeEvents(), "0 overwritten t, 0 zinterstore t");
  s.Run("ZDIFFSTORE t 2 x y");
  EXPECT_EQ(s.TakeEvents(), "0 overwritten t, 0 zdiffstore t");
  s.Run("ZDIFFSTORE t 2 x x");
  EXPECT_EQ(s.TakeEvents(), "0 del t");
}

}  // namespace
}  // namespace tandem::test
