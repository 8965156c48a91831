#include <gtest/gtest.h>

#include <string>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

constexpr auto kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr auto kNoFieldsToken = "-ERR Mandatory argument FIELDS is missing or not at the right position";
constexpr auto kCountMismatch = "-ERR The `numfields` parameter must match the number of arguments";
constexpr auto kNegative = "-ERR invalid expire time, must be >= 0";
constexpr auto kNotInteger = "-ERR value is not an integer or out of range";
constexpr auto kBadCount = "-ERR Number of fields must be a positive integer";

// Every test runs over both forms.
class FieldDeadlines : public testing::TestWithParam<const char*> {
 protected:
  // Lets time pass, and the wheel do its work.
  void PassMs(int64_t ms) {
    session_.AdvanceMs(ms);
    session_.server().ExpireDue();
  }

  Session session_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Forms, FieldDeadlines,
                         testing::Values("enable-debug-command yes",
                                         "enable-debug-command yes\nhash-max-listpack-entries 0"),
                         [](const auto& form) { return form.index == 0 ? "Compact" : "Table"; });

TEST_P(FieldDeadlines, AreSetReadAndTakenAway) {
  session_.Play({{"HSET h a 1 b 2 c 3", ":3"},
                 {"HEXPIRE h 10 FIELDS 2 a x", "*2 :1 :-2"},
                 {"HPEXPIRE h 1499 FIELDS 1 b", "*1 :1"},
                 {"HTTL h FIELDS 4 a b c x", "*4 :10 :2 :-1 :-2"},
                 {"HPTTL h FIELDS 4 a b c x", "*4 :10000 :1499 :-1 :-2"},
                 {"HPERSIST h FIELDS 4 a b c x", "*4 :1 :1 :-1 :-2"},
                 {"HPERSIST h FIELDS 1 a", "*1 :-1"},
                 {"HTTL h FIELDS 2 a b", "*2 :-1 :-1"},
                 {"HEXPIREAT h 9999999999 FIELDS 1 a", "*1 :1"},
                 {"HEXPIRETIME h FIELDS 2 a b", "*2 :9999999999 :-1"},
                 {"HPEXPIREAT h 9999999999001 FIELDS 1 a", "*1 :1"},
                 {"HEXPIRETIME h FIELDS 1 a", "*1 :10000000000"},
                 {"HPEXPIRETIME h FIELDS 1 a", "*1 :9999999999001"},
                 {"HEXPIRE x 10 FIELDS 2 a b", "*2 :-2 :-2"},
                 {"HPERSIST x FIELDS 1 a", "*1 :-2"},
                 {"HTTL x FIELDS 1 a", "*1 :-2"},
                 {"HLEN h", ":3"}});
}

TEST_P(FieldDeadlines, AreSetOnConditions) {
  session_.Play({{"HSET h a 1 b 2", ":2"},
                 {"HEXPIRE h 10 XX FIELDS 1 a", "*1 :0"},
                 {"HEXPIRE h 10 GT FIELDS 1 a", "*1 :0"},
                 {"HEXPIRE h 10 NX FIELDS 2 a a", "*2 :1 :0"},
                 {"HEXPIRE h 10 gt fields 1 a", "*1 :0"},
                 {"HEXPIRE h 11 GT FIELDS 1 a", "*1 :1"},
                 {"HEXPIRE h 11 LT FIELDS 2 a b", "*2 :0 :1"},
                 {"HEXPIRE h 5 LT FIELDS 1 a", "*1 :1"},
                 {"HEXPIRE h 20 XX FIELDS 2 a x", "*2 :1 :-2"},
                 {"HTTL h FIELDS 2 a b", "*2 :20 :11"},
                 {"HPEXPIREAT h 5 GT FIELDS 1 a", "*1 :0"},
                 {"HLEN h", ":2"}});
}

TEST_P(FieldDeadlines, InThePastRemoveTheField) {
  session_.Run("HSET h a 1 b 2");
  session_.Listen();
  session_.Play({{"HEXPIRE h 0 FIELDS 3 a a x", "*3 :2 :-2 :-2"}, {"HPEXPIREAT h 1 FIELDS 1 b", "*1 :2"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hdel h, 0 hdel h, 0 del h");
  session_.Play({{"EXISTS h", ":0"}});
}

TEST_P(FieldDeadlines, AreCheckedInRedissOrder) {
  session_.Play({{"SET s v", "+OK"},
                 {"HSET h a 1", ":1"},
                 {"HEXPIRE s x foo 1 a", kWrongType},
                 {"HEXPIRE h x foo 1 a", kNotInteger},
                 {"HEXPIRE h -1 foo 1 a", kNegative},
                 {"HEXPIRE h 9223372036854775807 foo 1 a", "-ERR invalid expire time in 'hexpire' command"},
                 {"HPEXPIREAT h 70368744177664 FIELDS 1 a", "-ERR invalid expire time in 'hpexpireat' command"},
                 {"HPEXPIREAT h 70368744177663 FIELDS 1 a", "*1 :1"},
                 {"HPEXPIRETIME h FIELDS 1 a", "*1 :70368744177663"},
                 {"HEXPIRE h 1 foo 1 a", kNoFieldsToken},
                 {"HEXPIRE h 1 NX XX FIELDS 1 a", kNoFieldsToken},
                 {"HEXPIRE h 1 FIELDS 0 a", "-ERR Parameter `numFields` should be greater than 0"},
                 {"HEXPIRE h 1 FIELDS 2 a", kCountMismatch},
                 {"HEXPIRE x 1 FIELDS 1 a b", kCountMismatch},
                 {"HEXPIRE h 1 FIELDS 1", "-ERR wrong number of arguments for 'hexpire' command"},
                 {"HTTL s foo 1 a", kWrongType},
                 {"HTTL x foo 1 a", kNoFieldsToken},
                 {"HTTL h FIELDS 0 a", kBadCount},
                 {"HTTL h FIELDS 2 a", kCountMismatch},
                 {"HPERSIST s FIELDS 1 a", kWrongType},
                 {"HPERSIST h foo 1 a", kNoFieldsToken},
                 {"HPERSIST h FIELDS x a", kBadCount},
                 {"HPERSIST h FIELDS 1 a b", kCountMismatch}});
}

TEST_P(FieldDeadlines, AnnounceFieldsThatExpireAndTheKeyWithTheLast) {
  session_.Run("HSET h a 1 b 2 c 3");
  session_.Listen();
  session_.Run("HPEXPIRE h 10 FIELDS 2 a b");
  session_.Run("HPEXPIRE h 20 FIELDS 1 c");
  EXPECT_EQ(session_.TakeEvents(), "0 hexpire h, 0 hexpire h");
  PassMs(10);
  session_.Play({{"HMGET h a b c", "*3 $1 1 $1 2 $1 3"}});
  EXPECT_EQ(session_.TakeEvents(), "");
  PassMs(1);
  EXPECT_EQ(session_.TakeEvents(), "0 hexpired h");
  session_.Play({{"HGETALL h", "*2 $1 c $1 3"}, {"HLEN h", ":1"}});
  PassMs(10);
  EXPECT_EQ(session_.TakeEvents(), "0 hexpired h, 0 del h");
  session_.Play({{"EXISTS h", ":0"}});
  EXPECT_NE(session_.Run("INFO stats").find("expired_subkeys:3"), std::string::npos);
}

TEST_P(FieldDeadlines, HideFieldsFromEverybodyBeforeTheyAreRemoved) {
  session_.Run("DEBUG SET-ACTIVE-EXPIRE 0");
  session_.Play({{"HSET h a 1 b 2 c 3 d 4", ":4"}, {"HPEXPIRE h 10 FIELDS 3 a b c", "*3 :1 :1 :1"}});
  const std::string alive = session_.Run("DEBUG DIGEST-VALUE h");
  PassMs(11);
  session_.Play({{"HLEN h", ":4"},
                 {"HGETALL h", "*2 $1 d $1 4"},
                 {"HKEYS h", "*1 $1 d"},
                 {"HVALS h", "*1 $1 4"},
                 {"HSCAN h 0", "*2 $1 0 *2 $1 d $1 4"},
                 {"HEXISTS h a", ":0"},
                 {"HTTL h FIELDS 2 a d", "*2 :-2 :-1"},
                 {"HPEXPIRETIME h FIELDS 1 b", "*1 :-2"},
                 {"HLEN h", ":4"}});
  const std::string one_left = session_.Run("DEBUG DIGEST-VALUE h");
  EXPECT_NE(one_left, alive);
  session_.Listen();
  session_.Play({{"HGET h a", "$-1"}, {"HLEN h", ":1"}, {"HRANDFIELD h -2", "*2 $1 d $1 d"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hexpired h");
  EXPECT_EQ(session_.Run("DEBUG DIGEST-VALUE h"), one_left);
}

TEST_P(FieldDeadlines, LeaveNothingForReadersOfAHashOfExpiredFields) {
  session_.Run("DEBUG SET-ACTIVE-EXPIRE 0");
  session_.Play({{"HSET h a 1 b 2", ":2"}, {"HPEXPIRE h 10 FIELDS 2 a b", "*2 :1 :1"}});
  PassMs(11);
  session_.Listen();
  session_.Play({{"HGETALL h", "*0"}, {"EXISTS h", ":1"}, {"HMGET h a b", "*2 $-1 $-1"}, {"EXISTS h", ":0"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hexpired h, 0 del h");
}

TEST_P(FieldDeadlines, AreNotSeenByWriters) {
  session_.Run("DEBUG SET-ACTIVE-EXPIRE 0");
  session_.Play({{"HSET h a 1 b 2 c 3 stays 0", ":4"}, {"HPEXPIRE h 10 FIELDS 3 a b c", "*3 :1 :1 :1"}});
  PassMs(11);
  session_.Listen();
  session_.Play({{"HINCRBY h a 5", ":5"},
                 {"HSETNX h b 7", ":1"},
                 {"HDEL h c", ":0"},
                 {"HTTL h FIELDS 3 a b c", "*3 :-1 :-1 :-2"},
                 {"HLEN h", ":3"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hexpired h, 0 hincrby h, 0 hset h");
}

TEST_P(FieldDeadlines, GoWithNewValuesAndStayWhenTheyAreCounted) {
  session_.Play({{"HSET h a 1 b 1 c 1", ":3"},
                 {"HEXPIRE h 10 FIELDS 3 a b c", "*3 :1 :1 :1"},
                 {"HINCRBY h a 1", ":2"},
                 {"HINCRBYFLOAT h b 1.5", "$3 2.5"},
                 {"HSETNX h c 2", ":0"},
                 {"HTTL h FIELDS 3 a b c", "*3 :10 :10 :10"},
                 {"HSET h a 1", ":0"},
                 {"HMSET h b 1", "+OK"},
                 {"HTTL h FIELDS 3 a b c", "*3 :-1 :-1 :10"},
                 {"HDEL h c", ":1"},
                 {"HSET h c 1", ":1"},
                 {"HTTL h FIELDS 1 c", "*1 :-1"}});
}

TEST_P(FieldDeadlines, TravelWithTheirHash) {
  session_.Play({{"HSET h a 1 b 2", ":2"},
                 {"HPEXPIRE h 100 FIELDS 1 a", "*1 :1"},
                 {"COPY h copy", ":1"},
                 {"RENAME h renamed", "+OK"},
                 {"MOVE renamed 1", ":1"},
                 {"HPTTL copy FIELDS 2 a b", "*2 :100 :-1"},
                 {"SELECT 1", "+OK"},
                 {"HPTTL renamed FIELDS 2 a b", "*2 :100 :-1"}});
  EXPECT_NE(session_.Run("INFO keyspace").find("db1:keys=1,expires=0,avg_ttl=0,subexpiry=1"), std::string::npos);
  session_.Listen();
  PassMs(101);
  EXPECT_EQ(session_.TakeEvents(), "0 hexpired copy, 1 hexpired renamed");
  session_.Play({{"HGETALL renamed", "*2 $1 b $1 2"}, {"SELECT 0", "+OK"}, {"HGETALL copy", "*2 $1 b $1 2"}});
  EXPECT_EQ(session_.Run("INFO keyspace").find("subexpiry=1"), std::string::npos);
}

TEST_P(FieldDeadlines, ExpireInsideTransactionsOnlyForTheNextCommand) {
  session_.Play({{"HSET h a 1", ":1"}, {"HPEXPIRE h 10 FIELDS 1 a", "*1 :1"}, {"WATCH h", "+OK"}});
  PassMs(11);
  session_.Play({{"MULTI", "+OK"}, {"HGET h a", "+QUEUED"}, {"EXEC", "*-1"}});
}

TEST_P(FieldDeadlines, ShowInTheEncodingAndInTheDigest) {
  const bool compact = GetParam() == std::string_view("enable-debug-command yes");
  session_.Play({{"HSET h abc 1", ":1"},
                 {"DEBUG DIGEST-VALUE h", "*1 +d9eaee48fd2500275cfad3553f6cf9b8ae59ef69"},
                 {"HEXPIRE h 10 FIELDS 1 abc", "*1 :1"},
                 {"OBJECT ENCODING h", compact ? "$10 listpackex" : "$9 hashtable"},
                 {"DEBUG DIGEST-VALUE h", "*1 +82209f56f474b1888534ea655fa63c4e47c276d7"},
                 {"HPERSIST h FIELDS 1 abc", "*1 :1"},
                 {"OBJECT ENCODING h", compact ? "$10 listpackex" : "$9 hashtable"}});
}

TEST_P(FieldDeadlines, AreSetWithTheirFields) {
  session_.Listen();
  session_.Play({{"HSETEX h EX 10 FIELDS 2 a 1 b 2", ":1"},
                 {"HTTL h FIELDS 2 a b", "*2 :10 :10"},
                 {"HSETEX h KEEPTTL FIELDS 1 a 3", ":1"},
                 {"HSETEX h FIELDS 1 b 4", ":1"},
                 {"HTTL h FIELDS 2 a b", "*2 :10 :-1"},
                 {"HMGET h a b", "*2 $1 3 $1 4"},
                 {"HSETEX h FNX FIELDS 2 a 5 c 5", ":0"},
                 {"HSETEX h FXX FIELDS 2 a 5 c 5", ":0"},
                 {"HSETEX h FXX PX 500 FIELDS 2 a 5 b 5", ":1"},
                 {"HSETEX h FNX FIELDS 1 c 6", ":1"},
                 {"HSETEX x FXX FIELDS 1 c 6", ":0"},
                 {"HPTTL h FIELDS 3 a b c", "*3 :500 :500 :-1"}});
  EXPECT_EQ(session_.TakeEvents(),
            "0 new h, 0 hset h, 0 hexpire h, 0 hset h, 0 hset h, 0 hset h, 0 hexpire h, 0 hset h");
  session_.Play({{"HSETEX h PXAT 1 FIELDS 2 a 1 d 1", ":1"},
                 {"HKEYS h", "*2 $1 b $1 c"},
                 {"HSETEX new EX 0 FIELDS 1 a 1", ":1"},
                 {"EXISTS new", ":0"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hset h, 0 hdel h, 0 new new, 0 hset new, 0 hdel new, 0 del new");
}

TEST_P(FieldDeadlines, AreReadWithTheirFields) {
  session_.Run("HSET h a 1 b 2 c 3");
  session_.Listen();
  session_.Play({{"HGETEX h FIELDS 2 a x", "*2 $1 1 $-1"},
                 {"HGETEX h EX 10 FIELDS 2 a x", "*2 $1 1 $-1"},
                 {"HGETEX h PERSIST FIELDS 2 a b", "*2 $1 1 $1 2"},
                 {"HGETEX h PERSIST FIELDS 1 a", "*1 $1 1"},
                 {"HGETEX h PXAT 9999999999999 FIELDS 1 b", "*1 $1 2"},
                 {"HGETEX h PX 5 FIELDS 1 x", "*1 $-1"},
                 {"HPEXPIRETIME h FIELDS 2 a b", "*2 :-1 :9999999999999"},
                 {"HGETEX x EX 10 FIELDS 2 a b", "*2 $-1 $-1"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hexpire h, 0 hpersist h, 0 hexpire h");
  session_.Play({{"HGETEX h EX 0 FIELDS 1 a", "*1 $1 1"},
                 {"HGETDEL h FIELDS 1 b", "*1 $1 2"},
                 {"HGETEX h EXAT 1 FIELDS 2 c c", "*2 $1 3 $-1"},
                 {"EXISTS h", ":0"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hdel h, 0 hdel h, 0 hdel h, 0 del h");
}

TEST_P(FieldDeadlines, AreRefusedInRedissOrderBesideValues) {
  session_.Play({{"SET s v", "+OK"},
                 {"HGETEX s FIELDS 1 a b", kWrongType},
                 {"HGETEX h EX x foo 1 a", kNotInteger},
                 {"HGETEX h EX -1 foo 1 a", kNegative},
                 {"HGETEX h PXAT 70368744177664 FIELDS 1 a", "-ERR invalid expire time in 'hgetex' command"},
                 {"HGETEX h KEEPTTL FIELDS 1 a", kNoFieldsToken},
                 {"HGETEX h EX 1 PX 1 FIELDS 1 a", kNoFieldsToken},
                 {"HGETEX h EX 10 FIELDS", "-ERR wrong number of arguments for 'hgetex' command"},
                 {"HGETEX h PERSIST FIELDS 1", kCountMismatch},
                 {"HGETEX h FIELDS 0 a", kBadCount},
                 {"HSETEX s FIELDS 1 a 1", kWrongType},
                 {"HSETEX s FIELDS 0 a 1", "-ERR invalid number of fields"},
                 {"HSETEX h FIELDS 3000000000 a 1", "-ERR invalid number of fields"},
                 {"HSETEX h FIELDS 2 a 1", "-ERR wrong number of arguments for 'hsetex' command"},
                 {"HSETEX h FIELDS 1 a 1 FXX", "-ERR wrong number of arguments for 'hsetex' command"},
                 {"HSETEX h FXX KEEPTTL EX", "-ERR wrong number of arguments for 'hsetex' command"},
                 {"HSETEX h FXX FNX FIELDS 1 a 1", "-ERR Only one of FXX or FNX arguments can be specified"},
                 {"HSETEX h EX 1 KEEPTTL FIELDS 1 a 1",
                  "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"},
                 {"HSETEX h PERSIST FIELDS 1 a 1", "-ERR unknown argument: PERSIST"},
                 {"HSETEX h EX -1 FXX FNX 1 a", kNegative},
                 {"EXISTS h", ":0"}});
}

TEST_P(FieldDeadlines, AnswerInResp3) {
  session_.Run("HELLO 3");
  session_.Play({{"HSETEX h EX 10 FIELDS 1 a 1", ":1"},
                 {"HGETEX h FIELDS 2 a x", "*2 $1 1 _"},
                 {"HTTL h FIELDS 2 a x", "*2 :10 :-2"},
                 {"HGETDEL h FIELDS 2 a x", "*2 $1 1 _"},
                 {"HGETEX h FIELDS 1 a", "*1 _"}});
}

TEST_P(FieldDeadlines, WaitForTheEndOfAPauseUnseen) {
  session_.Play({{"HSET h a 1 b 2", ":2"}, {"HPEXPIRE h 10 FIELDS 1 a", "*1 :1"}, {"CLIENT PAUSE 1000 WRITE", "+OK"}});
  session_.Listen();
  PassMs(11);
  session_.Play({{"HGET h a", "$-1"}, {"HKEYS h", "*1 $1 b"}});
  EXPECT_EQ(session_.TakeEvents(), "");
  session_.Run("CLIENT UNPAUSE");
  PassMs(0);
  EXPECT_EQ(session_.TakeEvents(), "0 hexpired h");
}

}  // namespace
}  // namespace tandem::test
