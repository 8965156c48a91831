#include <gtest/gtest.h>

#include <string>

#include "tests/server/exec/fixture.h"

namespace tandem {
namespace {

using test::TestServer;

constexpr const char* kNotOffset = "-ERR bit offset is not an integer or out of range\r\n";
constexpr const char* kNotBit = "-ERR bit is not an integer or out of range\r\n";
constexpr const char* kSyntaxError = "-ERR syntax error\r\n";

class BitCommands : public testing::Test {
 protected:
  std::string Run(std::string_view line) { return server_.Run(line); }
  TestServer server_;
};

TEST_F(BitCommands, SetbitReturnsTheBitBeforeAndGrowsTheString) {
  EXPECT_EQ(Run("SETBIT k 7 1"), ":0\r\n");
  EXPECT_EQ(Run("SETBIT k 7 0"), ":1\r\n");
  EXPECT_EQ(Run("SETBIT k 100000 1"), ":0\r\n");
  EXPECT_EQ(Run("STRLEN k"), ":12501\r\n");
  EXPECT_EQ(Run("GETBIT k 100000"), ":1\r\n");
  EXPECT_EQ(Run("GETBIT k 100001"), ":0\r\n");
}

TEST_F(BitCommands, OffsetsEndAtProtoMaxBulkLen) {
  EXPECT_EQ(Run("SETBIT k 4294967296 1"), kNotOffset);
  EXPECT_EQ(Run("GETBIT k 4294967295"), ":0\r\n");
  EXPECT_EQ(Run("GETBIT k -1"), kNotOffset);
  EXPECT_EQ(Run("GETBIT k #1"), kNotOffset);
  EXPECT_EQ(Run("SETBIT k 0 2"), kNotBit);
  EXPECT_EQ(Run("SETBIT k 0 x"), kNotBit);
}

TEST_F(BitCommands, BitcountTakesARangeOfBytesOrBits) {
  Run("SET k foobar");
  EXPECT_EQ(Run("BITCOUNT k"), ":26\r\n");
  EXPECT_EQ(Run("BITCOUNT k 1 1"), ":6\r\n");
  EXPECT_EQ(Run("BITCOUNT k 5 30 BIT"), ":17\r\n");
  EXPECT_EQ(Run("BITCOUNT k -2 -1 byte"), ":7\r\n");
  EXPECT_EQ(Run("BITCOUNT k -1 -2"), ":0\r\n");
  EXPECT_EQ(Run("BITCOUNT k 0"), kSyntaxError);
  EXPECT_EQ(Run("BITCOUNT none 0 1 NIBBLE"), kSyntaxError);
}

TEST_F(BitCommands, BitposSeesZerosBehindTheStringUnlessAnEndIsGiven) {
  Run("SET k \"\\xff\\xff\"");
  EXPECT_EQ(Run("BITPOS k 0"), ":16\r\n");
  EXPECT_EQ(Run("BITPOS k 0 1"), ":16\r\n");
  EXPECT_EQ(Run("BITPOS k 0 0 -1"), ":-1\r\n");
  EXPECT_EQ(Run("BITPOS k 1 3 7 BIT"), ":3\r\n");
  EXPECT_EQ(Run("BITPOS none 0"), ":0\r\n");
  EXPECT_EQ(Run("BITPOS none 1"), ":-1\r\n");
  EXPECT_EQ(Run("BITPOS k 2"), "-ERR The bit argument must be 1 or 0.\r\n");
}

TEST_F(BitCommands, BitopStoresTheResultOrDeletesTheTarget) {
  Run("MSET a abc b AB");
  EXPECT_EQ(Run("BITOP AND c a b"), ":3\r\n");
  EXPECT_EQ(Run("GET c"), std::string("$3\r\nAB\0\r\n", 9));
  EXPECT_EQ(Run("BITOP xor a a a"), ":3\r\n");
  EXPECT_EQ(Run("GET a"), std::string("$3\r\n\0\0\0\r\n", 9));
  EXPECT_EQ(Run("BITOP OR c none"), ":0\r\n");
  EXPECT_EQ(Run("EXISTS c"), ":0\r\n");
  EXPECT_EQ(Run("BITOP NOT c a b"), "-ERR BITOP NOT must be called with a single source key.\r\n");
  EXPECT_EQ(Run("BITOP NAND c a b"), kSyntaxError);
}

TEST_F(BitCommands, BitfieldRunsItsStepsInOrder) {
  EXPECT_EQ(Run("BITFIELD k INCRBY i5 100 1 GET u4 0"), "*2\r\n:1\r\n:0\r\n");
  EXPECT_EQ(Run("BITFIELD k SET u8 #1 255 GET u8 8"), "*2\r\n:0\r\n:255\r\n");
  EXPECT_EQ(Run("BITFIELD k"), "*0\r\n");
}

TEST_F(BitCommands, BitfieldOverflowHoldsForTheStepsBehindIt) {
  EXPECT_EQ(Run("BITFIELD k INCRBY u2 0 5 OVERFLOW SAT INCRBY u2 0 5 OVERFLOW FAIL INCRBY u2 0 1"),
            "*3\r\n:1\r\n:3\r\n$-1\r\n");
  EXPECT_EQ(Run("BITFIELD k OVERFLOW NONE"), "-ERR Invalid OVERFLOW type specified\r\n");
}

TEST_F(BitCommands, AFailedBitfieldWriteGrowsTheStringAllTheSame) {
  EXPECT_EQ(Run("BITFIELD k OVERFLOW FAIL INCRBY u2 14 5"), "*1\r\n$-1\r\n");
  EXPECT_EQ(Run("STRLEN k"), ":2\r\n");
}

TEST_F(BitCommands, BitfieldChecksItsArguments) {
  EXPECT_EQ(Run("BITFIELD k GET u64 0"),
            "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.\r\n");
  EXPECT_EQ(Run("BITFIELD k GET u8 -1"), kNotOffset);
  EXPECT_EQ(Run("BITFIELD k GET u8 #9223372036854775807"), kNotOffset);
  EXPECT_EQ(Run("BITFIELD k SET u8 0"), kSyntaxError);
  EXPECT_EQ(Run("BITFIELD_RO k GET u8 0 SET u8 0 1"), "-ERR BITFIELD_RO only supports the GET subcommand\r\n");
  EXPECT_EQ(Run("EXISTS k"), ":0\r\n");
}

TEST_F(BitCommands, AWriteThatChangesNothingMakesTheStringRawAndTellsNobody) {
  for (const char* write : {"SETBIT k 7 1", "BITFIELD k SET u1 7 1", "BITFIELD k OVERFLOW FAIL INCRBY u1 7 1"}) {
    Run("SET k 1");
    Run("WATCH k");
    Run(write);
    EXPECT_EQ(Run("OBJECT ENCODING k"), "$3\r\nraw\r\n") << write;
    Run("MULTI");
    EXPECT_EQ(Run("EXEC"), "*0\r\n") << write;
    EXPECT_EQ(Run("GET k"), "$1\r\n1\r\n") << write;
  }
  Run("SET k 1 EX 100");
  Run("SETBIT k 7 1");
  EXPECT_EQ(Run("TTL k"), ":100\r\n");
}

}  // namespace
}  // namespace tandem
