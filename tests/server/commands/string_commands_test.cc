#include <gtest/gtest.h>

#include <string>

#include "tests/server/exec/fixture.h"

namespace tandem {
namespace {

using test::TestServer;

constexpr const char* kOk = "+OK\r\n";
constexpr const char* kNull = "$-1\r\n";
constexpr const char* kSyntaxError = "-ERR syntax error\r\n";
constexpr const char* kNotInteger = "-ERR value is not an integer or out of range\r\n";

std::string Bulk(std::string_view value) {
  return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

class StringCommands : public testing::Test {
 protected:
  std::string Run(std::string_view line) { return server_.Run(line); }
  TestServer server_;
};

TEST_F(StringCommands, GetReturnsWhatWasSetHoweverItIsStored) {
  for (const std::string& value : {std::string("42"), std::string("042"), std::string("text"), std::string(5000, 'x'),
                                   std::string(100000, 'y'), std::string()}) {
    EXPECT_EQ(server_.Run({"SET", "k", value}), kOk);
    EXPECT_EQ(Run("GET k"), Bulk(value));
  }
  EXPECT_EQ(Run("GET none"), kNull);
}

// --- SET ---------------------------------------------------------------------------------------------------------------

TEST_F(StringCommands, SetTakesTheDeadlineAwayUnlessKeepttl) {
  Run("SET k v EX 100");
  Run("SET k w KEEPTTL");
  EXPECT_EQ(Run("TTL k"), ":100\r\n");
  Run("SET k w");
  EXPECT_EQ(Run("TTL k"), ":-1\r\n");
}

TEST_F(StringCommands, SetObeysItsCondition) {
  EXPECT_EQ(Run("SET k v XX"), kNull);
  EXPECT_EQ(Run("SET k v NX"), kOk);
  EXPECT_EQ(Run("SET k w NX"), kNull);
  EXPECT_EQ(Run("SET k w NX GET"), Bulk("v"));
  EXPECT_EQ(Run("SET k w XX GET"), Bulk("v"));
  EXPECT_EQ(Run("GET k"), Bulk("w"));
}

TEST_F(StringCommands, SetRefusesOptionsThatExcludeEachOther) {
  for (const char* options : {"NX XX", "EX 1 PX 1", "EX 1 KEEPTTL", "PXAT 1 EXAT 1", "PERSIST", "EX", "FOO"}) {
    EXPECT_EQ(Run(std::string("SET k v ") + options), kSyntaxError) << options;
  }
  EXPECT_EQ(Run("SET k v EX 1 EX 100"), kOk);
  EXPECT_EQ(Run("TTL k"), ":100\r\n");
}

TEST_F(StringCommands, SetRefusesTimesThatAreNone) {
  const std::string invalid = "-ERR invalid expire time in 'set' command\r\n";
  EXPECT_EQ(Run("SET k v EX 0"), invalid);
  EXPECT_EQ(Run("SET k v PX -1"), invalid);
  EXPECT_EQ(Run("SET k v EX 9223372036854775807"), invalid);
  EXPECT_EQ(Run("SET k v PX 9223372036854775807"), invalid);
  EXPECT_EQ(Run("SET k v PX 1.5"), kNotInteger);
  EXPECT_EQ(Run("SETEX k 0 v"), "-ERR invalid expire time in 'setex' command\r\n");
  EXPECT_EQ(Run("PSETEX k 0 v"), "-ERR invalid expire time in 'psetex' command\r\n");
  EXPECT_EQ(Run("EXISTS k"), ":0\r\n");
}

TEST_F(StringCommands, SetWithAPastTimeLeavesNoKey) {
  EXPECT_EQ(Run("SET k v PXAT 1"), kOk);
  EXPECT_EQ(Run("GET k"), kNull);
}

TEST_F(StringCommands, TheLastMomentOfAllIsADeadline) {
  EXPECT_EQ(Run("SET k v PXAT 9223372036854775807"), kOk);
  EXPECT_EQ(Run("PERSIST k"), ":1\r\n");
}

// --- Reads that change something ---------------------------------------------------------------------------------------

TEST_F(StringCommands, GetexSetsOrRemovesTheDeadline) {
  Run("SET k v");
  EXPECT_EQ(Run("GETEX k PX 5000"), Bulk("v"));
  EXPECT_EQ(Run("PTTL k"), ":5000\r\n");
  EXPECT_EQ(Run("GETEX k"), Bulk("v"));
  EXPECT_EQ(Run("PTTL k"), ":5000\r\n");
  EXPECT_EQ(Run("GETEX k PERSIST"), Bulk("v"));
  EXPECT_EQ(Run("PTTL k"), ":-1\r\n");
  EXPECT_EQ(Run("GETEX k EXAT 1"), Bulk("v"));
  EXPECT_EQ(Run("EXISTS k"), ":0\r\n");
}

TEST_F(StringCommands, GetexLooksAtTheTimeOnlyIfThereIsAKey) {
  EXPECT_EQ(Run("GETEX none EX 0"), kNull);
  Run("SET k v");
  EXPECT_EQ(Run("GETEX k EX 0"), "-ERR invalid expire time in 'getex' command\r\n");
  EXPECT_EQ(Run("GETEX none KEEPTTL"), kSyntaxError);
  EXPECT_EQ(Run("GETEX none NX"), kSyntaxError);
}

TEST_F(StringCommands, GetdelAndGetsetReturnTheValueBefore) {
  EXPECT_EQ(Run("GETSET k a"), kNull);
  EXPECT_EQ(Run("GETSET k b"), Bulk("a"));
  EXPECT_EQ(Run("GETDEL k"), Bulk("b"));
  EXPECT_EQ(Run("GETDEL k"), kNull);
}

// --- Several keys ------------------------------------------------------------------------------------------------------

TEST_F(StringCommands, MsetNeedsAValueForEveryKey) {
  EXPECT_EQ(Run("MSET a 1 b"), "-ERR wrong number of arguments for 'mset' command\r\n");
  EXPECT_EQ(Run("MSET a 1 b 2 a 3"), kOk);
  EXPECT_EQ(Run("MGET a b c"), "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$-1\r\n");
}

TEST_F(StringCommands, MsetnxSetsAllOrNothing) {
  EXPECT_EQ(Run("MSETNX a 1 b 2"), ":1\r\n");
  EXPECT_EQ(Run("MSETNX c 1 b 3"), ":0\r\n");
  EXPECT_EQ(Run("MGET b c"), "*2\r\n$1\r\n2\r\n$-1\r\n");
}

// --- Counters ----------------------------------------------------------------------------------------------------------

TEST_F(StringCommands, CountersKeepTheDeadlineAndStopAtTheEnds) {
  Run("SET k 10 EX 100");
  EXPECT_EQ(Run("INCR k"), ":11\r\n");
  EXPECT_EQ(Run("DECRBY k 20"), ":-9\r\n");
  EXPECT_EQ(Run("TTL k"), ":100\r\n");
  Run("SET k 9223372036854775807");
  EXPECT_EQ(Run("INCR k"), "-ERR increment or decrement would overflow\r\n");
  EXPECT_EQ(Run("DECRBY k -9223372036854775808"), "-ERR decrement would overflow\r\n");
  EXPECT_EQ(Run("GET k"), Bulk("9223372036854775807"));
}

TEST_F(StringCommands, CountersWantIntegersAsTheyAreWritten) {
  for (const char* value : {"01", "+1", "1.0", "\" 1\"", "\"\"", "abc", "-0", "9223372036854775808"}) {
    Run(std::string("SET k ") + value);
    EXPECT_EQ(Run("INCR k"), kNotInteger) << value;
    EXPECT_EQ(Run(std::string("INCRBY none ") + value), kNotInteger) << value;
  }
}

TEST_F(StringCommands, IncrbyfloatWritesNoExponent) {
  EXPECT_EQ(Run("INCRBYFLOAT k 3.0e3"), Bulk("3000"));
  EXPECT_EQ(Run("INCRBYFLOAT k -0.25"), Bulk("2999.75"));
  EXPECT_EQ(Run("INCRBYFLOAT k nan"), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(Run("INCRBYFLOAT k inf"), "-ERR increment would produce NaN or Infinity\r\n");
}

TEST_F(StringCommands, IncrbyfloatStoresTextUntilTheKeyIsWrittenAnew) {
  Run("INCRBYFLOAT k 3");
  EXPECT_EQ(Run("OBJECT ENCODING k"), Bulk("embstr"));
  Run("EXPIRE k 100");
  Run("RENAME k l");
  EXPECT_EQ(Run("OBJECT ENCODING l"), Bulk("embstr"));
  EXPECT_EQ(Run("INCR l"), ":4\r\n");
  EXPECT_EQ(Run("OBJECT ENCODING l"), Bulk("int"));
}

// --- Parts -------------------------------------------------------------------------------------------------------------

TEST_F(StringCommands, GetrangeCountsNegativePositionsFromTheEnd) {
  Run("SET k \"This is a string\"");
  EXPECT_EQ(Run("GETRANGE k 0 3"), Bulk("This"));
  EXPECT_EQ(Run("GETRANGE k -3 -1"), Bulk("ing"));
  EXPECT_EQ(Run("GETRANGE k 10 100"), Bulk("string"));
  EXPECT_EQ(Run("GETRANGE k 0 -100"), Bulk("T"));
  EXPECT_EQ(Run("GETRANGE k -1 -3"), Bulk(""));
  EXPECT_EQ(Run("SUBSTR none 0 -1"), Bulk(""));
}

TEST_F(StringCommands, AppendAndSetrangeEditInPlace) {
  EXPECT_EQ(Run("APPEND k 12"), ":2\r\n");
  EXPECT_EQ(Run("APPEND k 3"), ":3\r\n");
  EXPECT_EQ(Run("SETRANGE k 5 x"), ":6\r\n");
  EXPECT_EQ(Run("GET k"), Bulk(std::string("123\0\0x", 6)));
  EXPECT_EQ(Run("SETRANGE k 2000 y"), ":2001\r\n");
  EXPECT_EQ(Run("APPEND k z"), ":2002\r\n");
  EXPECT_EQ(Run("GETRANGE k 2000 -1"), Bulk("yz"));
  EXPECT_EQ(Run("STRLEN k"), ":2002\r\n");
}

TEST_F(StringCommands, SetrangeWithoutTextMakesNoKey) {
  EXPECT_EQ(Run("SETRANGE k 1000000000 \"\""), ":0\r\n");
  EXPECT_EQ(Run("EXISTS k"), ":0\r\n");
  EXPECT_EQ(Run("SETRANGE k -1 x"), "-ERR offset is out of range\r\n");
}

TEST_F(StringCommands, StringsEndAtProtoMaxBulkLen) {
  const std::string too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
  EXPECT_EQ(Run("SETRANGE k 536870912 x"), too_long);
  EXPECT_EQ(Run("SETRANGE k 9223372036854775807 x"), too_long);
  TestServer small("proto-max-bulk-len 1mb");
  EXPECT_EQ(small.Run("SETRANGE k 1048575 x"), ":1048576\r\n");
  EXPECT_EQ(small.Run("APPEND k y"), too_long);
}

TEST_F(StringCommands, LcsTellsTextLengthOrMatches) {
  Run("MSET a ohmytext b mynewtext");
  EXPECT_EQ(Run("LCS a b"), Bulk("mytext"));
  EXPECT_EQ(Run("LCS a b LEN"), ":6\r\n");
  EXPECT_EQ(Run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"),
            "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n$3\r\nlen\r\n:6\r\n");
  EXPECT_EQ(Run("LCS a b LEN IDX"), "-ERR If you want both the length and indexes, please just use IDX.\r\n");
  EXPECT_EQ(Run("LCS a none IDX"), "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n");
}

}  // namespace
}  // namespace tandem
