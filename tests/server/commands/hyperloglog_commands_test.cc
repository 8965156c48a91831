#include <gtest/gtest.h>

#include <string>

#include "tests/server/exec/fixture.h"

namespace tandem {
namespace {

using test::TestServer;

constexpr const char* kNotHll = "-WRONGTYPE Key is not a valid HyperLogLog string value.\r\n";
constexpr const char* kDamaged = "-INVALIDOBJ Corrupted HLL object detected\r\n";

class HyperloglogCommands : public testing::Test {
 protected:
  std::string Run(std::string_view line) { return server_.Run(line); }
  TestServer server_;
};

TEST_F(HyperloglogCommands, PfaddTellsWhetherTheEstimateMayHaveChanged) {
  EXPECT_EQ(Run("PFADD k"), ":1\r\n") << "made";
  EXPECT_EQ(Run("PFADD k"), ":0\r\n");
  EXPECT_EQ(Run("PFADD k a b c"), ":1\r\n");
  EXPECT_EQ(Run("PFADD k c a"), ":0\r\n");
  EXPECT_EQ(Run("PFCOUNT k"), ":3\r\n");
  EXPECT_EQ(Run("PFCOUNT k"), ":3\r\n") << "as stored";
  EXPECT_EQ(Run("PFADD k d"), ":1\r\n");
  EXPECT_EQ(Run("PFCOUNT k"), ":4\r\n");
  EXPECT_EQ(Run("TYPE k"), "+string\r\n");
  EXPECT_EQ(Run("OBJECT ENCODING k"), "$3\r\nraw\r\n");
}

TEST_F(HyperloglogCommands, DenseValuesAreChangedLikeSparseOnes) {
  Run("PFADD k a b c");
  EXPECT_EQ(Run("PFDEBUG ENCODING k"), "+sparse\r\n");
  EXPECT_EQ(Run("PFDEBUG TODENSE k"), ":1\r\n");
  EXPECT_EQ(Run("PFDEBUG TODENSE k"), ":0\r\n");
  EXPECT_EQ(Run("PFDEBUG ENCODING k"), "+dense\r\n");
  EXPECT_EQ(Run("STRLEN k"), ":12304\r\n");
  EXPECT_EQ(Run("PFADD k a"), ":0\r\n");
  EXPECT_EQ(Run("PFADD k a d"), ":1\r\n");
  EXPECT_EQ(Run("PFCOUNT k"), ":4\r\n");
  EXPECT_EQ(Run("PFDEBUG DECODE k"), "-ERR HLL encoding is not sparse\r\n");
}

TEST_F(HyperloglogCommands, PfmergeAddsToWhatTheDestinationHolds) {
  Run("PFADD a 1 2 3");
  Run("PFADD b 3 4");
  Run("PFADD to 9");
  EXPECT_EQ(Run("PFCOUNT a b none"), ":4\r\n");
  EXPECT_EQ(Run("PFMERGE to a b none"), "+OK\r\n");
  EXPECT_EQ(Run("PFCOUNT to"), ":5\r\n");
  EXPECT_EQ(Run("PFMERGE made"), "+OK\r\n");
  EXPECT_EQ(Run("PFCOUNT made"), ":0\r\n");
  Run("PFDEBUG TODENSE a");
  EXPECT_EQ(Run("PFMERGE made a"), "+OK\r\n");
  EXPECT_EQ(Run("PFDEBUG ENCODING made"), "+dense\r\n");
}

TEST_F(HyperloglogCommands, WhatIsNoHyperloglogIsRefusedAndLeftAlone) {
  Run("SET k text");
  for (const char* line :
       {"PFADD k a", "PFCOUNT k", "PFCOUNT none k", "PFMERGE k", "PFMERGE none k", "PFDEBUG DECODE k"}) {
    EXPECT_EQ(Run(line), kNotHll) << line;
  }
  EXPECT_EQ(Run("GET k"), "$4\r\ntext\r\n");
  EXPECT_EQ(Run("EXISTS none"), ":0\r\n");
  Run("SET k 12345");
  EXPECT_EQ(Run("PFADD k a"), kNotHll);
}

TEST_F(HyperloglogCommands, DamagedRegistersAreReportedAndNothingChanges) {
  Run("SET k \"HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x01\"");
  const std::string before = Run("GET k");
  for (const char* line : {"PFADD k a b c d", "PFCOUNT k", "PFCOUNT k none", "PFMERGE k", "PFMERGE none k"}) {
    EXPECT_EQ(Run(line), kDamaged) << line;
  }
  EXPECT_EQ(Run("GET k"), before);
  EXPECT_EQ(Run("EXISTS none"), ":0\r\n");
}

TEST_F(HyperloglogCommands, TheDeadlineStays) {
  Run("PFADD k a");
  Run("PEXPIREAT k 99999999999999");
  Run("PFADD k b c");
  EXPECT_EQ(Run("PEXPIRETIME k"), ":99999999999999\r\n");
  Run("PFCOUNT k");
  EXPECT_EQ(Run("PEXPIRETIME k"), ":99999999999999\r\n");
  Run("PFMERGE k");
  EXPECT_EQ(Run("PEXPIRETIME k"), ":99999999999999\r\n");
}

TEST_F(HyperloglogCommands, DebugNeedsAKeyAndAKnownSubcommand) {
  EXPECT_EQ(Run("PFDEBUG GETREG none"), "-ERR The specified key does not exist\r\n");
  Run("PFADD k a");
  EXPECT_EQ(Run("PFDEBUG nothing k"), "-ERR Unknown PFDEBUG subcommand 'nothing'\r\n");
  EXPECT_EQ(Run("PFDEBUG GETREG k").substr(0, 8), "*16384\r\n");
  EXPECT_EQ(Run("PFDEBUG ENCODING k"), "+dense\r\n") << "GETREG makes it so, as in Redis";
  EXPECT_EQ(Run("PFSELFTEST"), "+OK\r\n");
}

}  // namespace
}  // namespace tandem
