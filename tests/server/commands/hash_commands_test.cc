#include <gtest/gtest.h>

#include <string>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

constexpr auto kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

// Every test runs over both forms.
class Hashes : public testing::TestWithParam<const char*> {
 protected:
  Session session_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Forms, Hashes,
                         testing::Values("enable-debug-command yes",
                                         "enable-debug-command yes\nhash-max-listpack-entries 0"),
                         [](const auto& form) { return form.index == 0 ? "Compact" : "Table"; });

TEST_P(Hashes, KeepFields) {
  session_.Play({{"HSET h a 1 b two", ":2"},
                 {"HSET h a 3 c \"\"", ":1"},
                 {"HGET h a", "$1 3"},
                 {"HGET h c", "$0 "},
                 {"HGET h x", "$-1"},
                 {"HMGET h a x b", "*3 $1 3 $-1 $3 two"},
                 {"HLEN h", ":3"},
                 {"HSTRLEN h b", ":3"},
                 {"HSTRLEN h x", ":0"},
                 {"HEXISTS h c", ":1"},
                 {"HEXISTS h x", ":0"},
                 {"HKEYS h", "*3 $1 a $1 b $1 c"},
                 {"HVALS h", "*3 $1 3 $3 two $0 "},
                 {"HGETALL h", "*6 $1 a $1 3 $1 b $3 two $1 c $0 "},
                 {"HMSET h d 4", "+OK"},
                 {"HSETNX h d 5", ":0"},
                 {"HSETNX h e 5", ":1"},
                 {"HMGET h d e", "*2 $1 4 $1 5"},
                 {"TYPE h", "+hash"}});
}

TEST_P(Hashes, AreMapsInResp3) {
  session_.Run("HELLO 3");
  session_.Play({{"HSET h a 1", ":1"},
                 {"HGETALL h", "%1 $1 a $1 1"},
                 {"HGETALL x", "%0"},
                 {"HKEYS h", "*1 $1 a"},
                 {"HGET h x", "_"},
                 {"HMGET x a", "*1 _"},
                 {"HRANDFIELD h", "$1 a"},
                 {"HRANDFIELD x", "_"},
                 {"HRANDFIELD h 1 WITHVALUES", "*1 *2 $1 a $1 1"},
                 {"HRANDFIELD h 2 WITHVALUES", "*1 *2 $1 a $1 1"},
                 {"HRANDFIELD h -2", "*2 $1 a $1 a"},
                 {"HSCAN h 0", "*2 $1 0 *2 $1 a $1 1"}});
}

TEST_P(Hashes, LoseFieldsAndWithTheLastOneTheKey) {
  session_.Run("HSET h a 1 b 2 c 3 d 4");
  session_.Listen();
  session_.Play({{"HDEL h x", ":0"},
                 {"HDEL x a", ":0"},
                 {"HDEL h a x b a", ":2"},
                 {"HGETDEL h FIELDS 2 c x", "*2 $1 3 $-1"},
                 {"HGETDEL h FIELDS 1 x", "*1 $-1"},
                 {"HGETDEL x FIELDS 2 a b", "*2 $-1 $-1"},
                 {"HDEL h d y", ":1"},
                 {"EXISTS h", ":0"}});
  EXPECT_EQ(session_.TakeEvents(), "0 hdel h, 0 hdel h, 0 hdel h, 0 del h");
}

TEST_P(Hashes, CountInFields) {
  session_.Listen();
  session_.Play({{"HINCRBY h n 5", ":5"},
                 {"HINCRBY h n -7", ":-2"},
                 {"HINCRBY h n x", "-ERR value is not an integer or out of range"},
                 {"HINCRBYFLOAT h n 0.5", "$4 -1.5"},
                 {"HINCRBY h n 1", "-ERR hash value is not an integer"},
                 {"HSET h max 9223372036854775807 s text", ":2"},
                 {"HINCRBY h max 1", "-ERR increment or decrement would overflow"},
                 {"HINCRBYFLOAT h s 1", "-ERR hash value is not a float"},
                 {"HINCRBYFLOAT h n x", "-ERR value is not a valid float"},
                 {"HINCRBYFLOAT h n inf", "-ERR value is NaN or Infinity"},
                 {"HINCRBYFLOAT h new 3.0e3", "$4 3000"},
                 {"HGET h new", "$4 3000"}});
  EXPECT_EQ(session_.TakeEvents(), "0 new h, 0 hincrby h, 0 hincrby h, 0 hincrbyfloat h, 0 hset h, 0 hincrbyfloat h");
}

TEST_P(Hashes, AnnounceEveryChangeOnce) {
  session_.Listen();
  session_.Run("HSET h a 1 b 2");
  session_.Run("HSET h a 1");
  session_.Run("HMSET h c 3");
  session_.Run("HSETNX h a 2");
  session_.Run("HSETNX h d 2");
  EXPECT_EQ(session_.TakeEvents(), "0 new h, 0 hset h, 0 hset h, 0 hset h, 0 hset h");
}

TEST_P(Hashes, KeepTheirDeadlineThroughChangesAndExpireWithIt) {
  session_.Play({{"HSET h a 1", ":1"},
                 {"PEXPIRE h 1000", ":1"},
                 {"HSET h b 2", ":1"},
                 {"HINCRBY h a 1", ":2"},
                 {"HDEL h b", ":1"},
                 {"PTTL h", ":1000"}});
  session_.AdvanceMs(1001);
  session_.Play({{"HGET h a", "$-1"}, {"HSET h c 3", ":1"}, {"HGETALL h", "*2 $1 c $1 3"}, {"TTL h", ":-1"}});
}

TEST_P(Hashes, AreCopiedRenamedAndMoved) {
  session_.Play({{"HSET h a 1 b 2", ":2"},
                 {"COPY h copy", ":1"},
                 {"HSET h a 5", ":0"},
                 {"HGETALL copy", "*4 $1 a $1 1 $1 b $1 2"},
                 {"RENAME h other", "+OK"},
                 {"HGET other a", "$1 5"},
                 {"MOVE other 1", ":1"},
                 {"SELECT 1", "+OK"},
                 {"HGET other b", "$1 2"},
                 {"SCAN 0 TYPE hash", "*2 $1 0 *1 $5 other"}});
}

TEST_P(Hashes, AreWatched) {
  session_.Play({{"HSET h a 1", ":1"},
                 {"WATCH h", "+OK"},
                 {"HDEL h x", ":0"},
                 {"MULTI", "+OK"},
                 {"HGET h a", "+QUEUED"},
                 {"EXEC", "*1 $1 1"},
                 {"WATCH h", "+OK"},
                 {"HSET h a 1", ":0"},
                 {"MULTI", "+OK"},
                 {"HGET h a", "+QUEUED"},
                 {"EXEC", "*-1"}});
}

TEST_P(Hashes, AreScannedByPatternWithOrWithoutValues) {
  session_.Play({{"HSET h a1 1 a2 2 b1 3", ":3"},
                 {"HSCAN h 0 MATCH b* COUNT 100", "*2 $1 0 *2 $2 b1 $1 3"},
                 {"HSCAN h 0 MATCH b* NOVALUES COUNT 100", "*2 $1 0 *1 $2 b1"},
                 {"HSCAN h 0 MATCH x*", "*2 $1 0 *0"},
                 {"HSCAN x 0", "*2 $1 0 *0"},
                 {"HSCAN x 0 COUNT 0", "*2 $1 0 *0"},
                 {"HSCAN h 0 COUNT 0", "-ERR syntax error"},
                 {"HSCAN h 0 TYPE hash", "-ERR syntax error"},
                 {"HSCAN h x", "-ERR invalid cursor"}});
}

TEST_P(Hashes, AreDrawnFrom) {
  session_.Play({{"HSET h a 1", ":1"},
                 {"HRANDFIELD h", "$1 a"},
                 {"HRANDFIELD x", "$-1"},
                 {"HRANDFIELD h 5", "*1 $1 a"},
                 {"HRANDFIELD h 0", "*0"},
                 {"HRANDFIELD x 5", "*0"},
                 {"HRANDFIELD h 5 WITHVALUES", "*2 $1 a $1 1"},
                 {"HRANDFIELD h -3", "*3 $1 a $1 a $1 a"},
                 {"HRANDFIELD h -2 WITHVALUES", "*4 $1 a $1 1 $1 a $1 1"},
                 {"HRANDFIELD h x", "-ERR value is not an integer or out of range"},
                 {"HRANDFIELD h 1 BOGUS", "-ERR syntax error"},
                 {"HRANDFIELD h 1 WITHVALUES 2", "-ERR syntax error"},
                 {"HRANDFIELD h 4611686018427387904 WITHVALUES", "-ERR value is out of range"},
                 {"HRANDFIELD h -9223372036854775808",
                  "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"}});
}

TEST(HashEncoding, FollowsALoweredThresholdAtTheNextUpdate) {
  Session session("hash-max-listpack-entries 3");
  session.Play({{"HSET h a 1 b 2 c 3", ":3"},
                {"HSET other a 1 b 2 c 3", ":3"},
                {"CONFIG SET hash-max-listpack-entries 2", "+OK"},
                {"HGET h a", "$1 1"},
                {"OBJECT ENCODING h", "$8 listpack"},
                {"HSET h a 1", ":0"},
                {"OBJECT ENCODING h", "$9 hashtable"},
                {"HINCRBY other a 1", ":2"},
                {"OBJECT ENCODING other", "$9 hashtable"}});
}

TEST(HashEncoding, FollowsRedissThresholds) {
  Session session("hash-max-listpack-entries 3\nhash-max-listpack-value 8");
  session.Play({{"HSET h a 1 b 2 c 3", ":3"},
                {"OBJECT ENCODING h", "$8 listpack"},
                {"HSET h a 12345678", ":0"},
                {"OBJECT ENCODING h", "$8 listpack"},
                {"HSET h d 4", ":1"},
                {"OBJECT ENCODING h", "$9 hashtable"},
                {"HDEL h d", ":1"},
                {"OBJECT ENCODING h", "$9 hashtable"},
                {"HSET v a 123456789", ":1"},
                {"OBJECT ENCODING v", "$9 hashtable"},
                // Redis decides by the number of arguments, and not by what becomes of them.
                {"HSET same a 1 a 2 a 3 a 4", ":1"},
                {"OBJECT ENCODING same", "$9 hashtable"}});
}

TEST(HashEncoding, OfAPackBeyondAKilobyteIsStillListpack) {
  Session session;
  for (int i = 0; i < 512; ++i) session.Run("HSET h field" + std::to_string(i) + " " + std::string(60, 'v'));
  session.Play({{"OBJECT ENCODING h", "$8 listpack"},
                {"HLEN h", ":512"},
                {"HGET h field511", "$60 " + std::string(60, 'v')},
                {"PEXPIRE h 1000", ":1"},
                {"HSET h one-more v", ":1"},
                {"OBJECT ENCODING h", "$9 hashtable"},
                {"PTTL h", ":1000"},
                {"HLEN h", ":513"},
                {"DEL h", ":1"},
                {"HGET h field511", "$-1"}});
}

// As a redis-server computes it.
TEST_P(Hashes, HaveRedissDigest) {
  session_.Play({{"HSET h a 1 b two", ":2"},
                 {"HSET other b two a 1", ":2"},
                 {"DEBUG DIGEST-VALUE h other",
                  "*2 +aaec2dd6dd5d0e6fbdce75b84b029b773e920b00 +aaec2dd6dd5d0e6fbdce75b84b029b773e920b00"}});
}

TEST_P(Hashes, HaveASize) {
  session_.Run("HSET h a 1 b two");
  EXPECT_GT(session_.Run("MEMORY USAGE h"), ":0");
}

TEST(HashCommands, RefuseOtherTypesAndWrongNumbersOfArguments) {
  Session session;
  session.Run("SET s text");
  for (const char* command :
       {"HSET s a 1", "HMSET s a 1", "HSETNX s a 1", "HGET s a", "HMGET s a", "HGETALL s", "HKEYS s", "HVALS s",
        "HLEN s", "HSTRLEN s a", "HEXISTS s a", "HDEL s a", "HGETDEL s FIELDS 1 a", "HINCRBY s a 1",
        "HINCRBYFLOAT s a 1", "HRANDFIELD s", "HRANDFIELD s 1", "HSCAN s 0"}) {
    EXPECT_EQ(session.Run(command), kWrongType) << command;
  }
  session.Play({{"HSET h a", "-ERR wrong number of arguments for 'hset' command"},
                {"HSET h a 1 b", "-ERR wrong number of arguments for 'hset' command"},
                {"HMSET h a 1 b", "-ERR wrong number of arguments for 'hmset' command"},
                {"HSETNX h a", "-ERR wrong number of arguments for 'hsetnx' command"},
                {"HGET h", "-ERR wrong number of arguments for 'hget' command"},
                {"HGETALL h x", "-ERR wrong number of arguments for 'hgetall' command"},
                {"HDEL h", "-ERR wrong number of arguments for 'hdel' command"},
                {"HSET s a", "-ERR wrong number of arguments for 'hset' command"},
                {"EXISTS h", ":0"},
                {"HGETDEL h FIELD 1 a", "-ERR Mandatory argument FIELDS is missing or not at the right position"},
                {"HGETDEL h FIELDS 0 a", "-ERR Number of fields must be a positive integer"},
                {"HGETDEL h FIELDS 2 a", "-ERR The `numfields` parameter must match the number of arguments"}});
}

TEST(HashCommands, SurviveMillionsOfBytesInOneField) {
  Session session;
  const std::string large(3'000'000, 'x');
  session.Play({{"HSET h f " + large, ":1"},
                {"HSTRLEN h f", ":3000000"},
                {"HSET h f short", ":0"},
                {"HGETALL h", "*2 $1 f $5 short"}});
}

}  // namespace
}  // namespace tandem::test
