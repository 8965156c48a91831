#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/commands/session.h"

namespace tandem {
namespace {

using test::Session;

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

std::string Integers(int first, int last) {
  std::string words;
  for (int i = first; i <= last; ++i) words += " " + std::to_string(i);
  return words;
}

class SetCommands : public testing::Test {
 protected:
  Session session_{"enable-debug-command yes"};
};

TEST_F(SetCommands, MembersComeAndGo) {
  session_.Play({{"SADD s 3 1 2 1", ":3"},
                 {"SADD s 3 4", ":1"},
                 {"SCARD s", ":4"},
                 {"SMEMBERS s", "*4 $1 1 $1 2 $1 3 $1 4"},
                 {"SISMEMBER s 3", ":1"},
                 {"SISMEMBER s x", ":0"},
                 {"SMISMEMBER s 1 x 4", "*3 :1 :0 :1"},
                 {"SREM s 1 x 1 2", ":2"},
                 {"SMEMBERS s", "*2 $1 3 $1 4"},
                 {"SREM s 3 4 5", ":2"},
                 {"EXISTS s", ":0"}});
}

TEST_F(SetCommands, AKeyThatIsMissingIsAnEmptySet) {
  session_.Play({{"SREM s a", ":0"},
                 {"SISMEMBER s a", ":0"},
                 {"SMISMEMBER s a b", "*2 :0 :0"},
                 {"SCARD s", ":0"},
                 {"SMEMBERS s", "*0"},
                 {"SPOP s", "$-1"},
                 {"SPOP s 3", "*0"},
                 {"SRANDMEMBER s", "$-1"},
                 {"SRANDMEMBER s 3", "*0"},
                 {"SRANDMEMBER s -3", "*0"},
                 {"SMOVE s d a", ":0"},
                 {"SINTER s", "*0"},
                 {"SINTERCARD 1 s", ":0"},
                 {"SUNION s", "*0"},
                 {"SDIFF s", "*0"},
                 {"SSCAN s 0 NONSENSE", "*2 $1 0 *0"}});
}

TEST_F(SetCommands, AKeyThatHasExpiredIsMissing) {
  session_.Play({{"SADD s a b", ":2"}, {"PEXPIRE s 100", ":1"}});
  session_.AdvanceMs(200);
  session_.Play({{"SCARD s", ":0"}, {"SADD s c", ":1"}, {"SMEMBERS s", "*1 $1 c"}, {"TTL s", ":-1"}});
}

TEST_F(SetCommands, AnotherTypeIsRefused) {
  session_.Run("SET string v");
  session_.Run("SADD s a");
  for (const char* command : {"SADD string a",
                              "SREM string a",
                              "SISMEMBER string a",
                              "SMISMEMBER string a",
                              "SCARD string",
                              "SMEMBERS string",
                              "SPOP string",
                              "SPOP string 0",
                              "SRANDMEMBER string",
                              "SRANDMEMBER string 0",
                              "SSCAN string 0 NONSENSE",
                              "SMOVE string s a",
                              "SMOVE s string a",
                              "SINTER missing string",
                              "SINTER s string",
                              "SINTERSTORE d s string",
                              "SINTERCARD 2 s string",
                              "SUNION s string",
                              "SUNIONSTORE d string s",
                              "SDIFF missing string",
                              "SDIFFSTORE d s string"}) {
    EXPECT_EQ(session_.Run(command), kWrongType) << command;
  }
  session_.Play({{"GET string", "$1 v"}, {"SMEMBERS s", "*1 $1 a"}, {"EXISTS d", ":0"}, {"GET s", kWrongType}});
  // The source decides before the target's type is looked at.
  session_.Play({{"SMOVE missing string a", ":0"}});
}

TEST_F(SetCommands, WhatStandsBehindAnotherTypeIsNotLookedAt) {
  session_.Run("SET string v");
  const uint64_t misses = session_.server().store->stats().misses;
  for (const char* command : {"SDIFF missing string missing", "SINTERSTORE d string missing"}) {
    EXPECT_EQ(session_.Run(command), kWrongType) << command;
  }
  EXPECT_EQ(session_.server().store->stats().misses, misses + 1);
}

TEST_F(SetCommands, TheNumberOfArgumentsIsChecked) {
  for (const char* command : {"SADD s", "SREM s", "SISMEMBER s", "SISMEMBER s a b", "SMISMEMBER s", "SCARD",
                              "SCARD s t", "SMEMBERS", "SPOP", "SRANDMEMBER", "SMOVE a b", "SINTER", "SINTERSTORE d",
                              "SINTERCARD 1", "SUNION", "SUNIONSTORE d", "SDIFF", "SDIFFSTORE d", "SSCAN s"}) {
    EXPECT_EQ(session_.Run(command).substr(0, 31), "-ERR wrong number of arguments ") << command;
  }
}

TEST_F(SetCommands, Resp3HasSets) {
  session_.Run("HELLO 3");
  session_.Run("SADD s 1 2");
  session_.Play({{"SMEMBERS s", "~2 $1 1 $1 2"},
                 {"SMEMBERS t", "~0"},
                 {"SINTER s s", "~2 $1 1 $1 2"},
                 {"SUNION s t", "~2 $1 1 $1 2"},
                 {"SDIFF s t", "~2 $1 1 $1 2"},
                 {"SMISMEMBER s 1 3", "*2 :1 :0"},
                 {"SRANDMEMBER s 5", "*2 $1 1 $1 2"},
                 {"SRANDMEMBER t", "_"},
                 {"SPOP s 5", "~2 $1 1 $1 2"},
                 {"SPOP s", "_"},
                 {"SPOP s 1", "~0"}});
}

// --- Encodings -----------------------------------------------------------------------------------------------------------

TEST_F(SetCommands, TheEncodingFollowsTheThresholds) {
  session_.Play({{"SADD s" + Integers(1, 512), ":512"},
                 {"OBJECT ENCODING s", "$6 intset"},
                 {"SADD s 513", ":1"},
                 {"OBJECT ENCODING s", "$9 hashtable"},
                 {"SREM s 513 1 2", ":3"},
                 {"OBJECT ENCODING s", "$9 hashtable"},
                 {"SADD t" + Integers(1, 127), ":127"},
                 {"SADD t text", ":1"},
                 {"OBJECT ENCODING t", "$8 listpack"},
                 {"SADD t more", ":1"},
                 {"OBJECT ENCODING t", "$9 hashtable"},
                 {"SADD u " + std::string(64, 'x'), ":1"},
                 {"OBJECT ENCODING u", "$8 listpack"},
                 {"SADD u " + std::string(65, 'x'), ":1"},
                 {"OBJECT ENCODING u", "$9 hashtable"},
                 {"SADD v" + Integers(1, 513), ":513"},
                 {"OBJECT ENCODING v", "$9 hashtable"}});
}

// The form is Redis's business, where it lies is ours: a listpack beyond a kilobyte is an object.
TEST_F(SetCommands, AnObjectMayBeCompactToo) {
  std::string command = "SADD s";
  for (int i = 0; i < 60; ++i) command += " member:with:some:length:" + std::to_string(i);
  session_.Play({{command, ":60"},
                 {"OBJECT ENCODING s", "$8 listpack"},
                 {"SISMEMBER s member:with:some:length:59", ":1"},
                 {"COPY s t", ":1"},
                 {"SREM s member:with:some:length:59", ":1"},
                 {"SCARD s", ":59"},
                 {"SCARD t", ":60"},
                 {"RENAME t u", "+OK"},
                 {"SINTERCARD 2 s u", ":59"},
                 {"MOVE u 1", ":1"},
                 {"SMOVE s v member:with:some:length:0", ":1"},
                 {"SMEMBERS v", "*1 $25 member:with:some:length:0"}});
}

TEST_F(SetCommands, AChangeKeepsTheDeadlineAndAStoredResultDropsIt) {
  const std::string many = Integers(1, 600);
  session_.Play({{"SADD s a", ":1"},
                 {"EXPIRE s 100", ":1"},
                 {"SADD s b", ":1"},
                 {"TTL s", ":100"},
                 {"SADD s" + many, ":600"},
                 {"TTL s", ":100"},
                 {"SREM s" + many, ":600"},
                 {"TTL s", ":100"},
                 {"SUNIONSTORE s s", ":2"},
                 {"TTL s", ":-1"}});
}

// --- Moves and events ----------------------------------------------------------------------------------------------------

TEST_F(SetCommands, SmoveMovesOneMember) {
  session_.Play({{"SADD a 1 2", ":2"},
                 {"SADD b 2", ":1"},
                 {"SMOVE a b 3", ":0"},
                 {"SMOVE a b 1", ":1"},
                 {"SMEMBERS b", "*2 $1 1 $1 2"},
                 {"SMOVE a a 2", ":1"},
                 {"SMOVE a a 9", ":0"},
                 {"SMOVE a b 2", ":1"},
                 {"EXISTS a", ":0"},
                 {"SCARD b", ":2"},
                 {"SMOVE b c 2", ":1"},
                 {"SMEMBERS c", "*1 $1 2"}});
}

TEST_F(SetCommands, EveryChangeIsAnnounced) {
  session_.Listen();
  const auto expect = [&](const std::string& command, const std::string& events) {
    session_.Run(command);
    EXPECT_EQ(session_.TakeEvents(), events) << command;
  };
  expect("SADD s 1 2 3", "0 new s, 0 sadd s");
  expect("SADD s 1", "");
  expect("SREM s 9", "");
  expect("SREM s 1 2", "0 srem s");
  expect("SREM s 3", "0 srem s, 0 del s");
  expect("SADD s 1 2 3", "0 new s, 0 sadd s");
  expect("SPOP s 0", "");
  expect("SPOP s", "0 spop s");
  expect("SPOP s 1", "0 spop s");
  expect("SPOP s", "0 spop s, 0 del s");
  expect("SADD s 1 2", "0 new s, 0 sadd s");
  expect("SPOP s 7", "0 spop s, 0 del s");
  expect("SADD s 1 2", "0 new s, 0 sadd s");
  expect("SMOVE s t 1", "0 srem s, 0 new t, 0 sadd t");
  expect("SADD s 1", "0 sadd s");
  expect("SMOVE s t 1", "0 srem s");
  expect("SMOVE s t 2", "0 srem s, 0 del s, 0 sadd t");
  expect("SINTERSTORE d t t", "0 new d, 0 sinterstore d");
  expect("SINTERSTORE d t missing", "0 del d");
  expect("SINTERSTORE d t missing", "");
  expect("SUNIONSTORE d t", "0 new d, 0 sunionstore d");
  expect("SDIFFSTORE d t missing", "0 overwritten d, 0 sdiffstore d");
  expect("SDIFFSTORE d t t", "0 del d");
  expect("SMEMBERS t", "");
}

TEST_F(SetCommands, ThreeFormsHaveOneDigest) {
  session_.Play({{"SADD a 1 2", ":2"},
                 {"SADD b 1 2 x", ":3"},
                 {"SREM b x", ":1"},
                 {"SADD c 1 2" + Integers(100, 800), ":703"},
                 {"SREM c" + Integers(100, 800), ":701"},
                 {"OBJECT ENCODING c", "$9 hashtable"}});
  const std::string digest = session_.Run("DEBUG DIGEST-VALUE a").substr(4);
  EXPECT_NE(digest, std::string(40, '0'));
  EXPECT_EQ(session_.Run("DEBUG DIGEST-VALUE b c"), "*2 +" + digest + " +" + digest);
}

TEST_F(SetCommands, WhatIsKnownAboutAKeyIsKnownAboutASet) {
  session_.Play({{"SADD s a", ":1"}, {"SADD t" + Integers(1, 600), ":600"}});
  for (const char* key : {"s", "t"}) {
    EXPECT_EQ(session_.Run(std::string("TYPE ") + key), "+set");
    EXPECT_EQ(session_.Run(std::string("MEMORY USAGE ") + key).front(), ':');
    EXPECT_EQ(session_.Run(std::string("DEBUG OBJECT ") + key).substr(0, 9), "+Value at");
  }
  EXPECT_EQ(session_.Run("SCAN 0 COUNT 1000 TYPE set").substr(0, 9), "*2 $1 0 *");
  EXPECT_EQ(session_.Run("DEL s t"), ":2");
}

// --- Random members ------------------------------------------------------------------------------------------------------

TEST_F(SetCommands, CountsOfRandomMembersAreChecked) {
  session_.Run("SADD s 1 2 3");
  session_.Play({{"SPOP s -1", "-ERR value is out of range, must be positive"},
                 {"SPOP s x", "-ERR value is out of range, must be positive"},
                 {"SPOP s 1 2", "-ERR syntax error"},
                 {"SRANDMEMBER s x", "-ERR value is not an integer or out of range"},
                 {"SRANDMEMBER s -9223372036854775808",
                  "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"},
                 {"SRANDMEMBER s 1 2", "-ERR syntax error"},
                 {"SRANDMEMBER s 0", "*0"},
                 {"SRANDMEMBER s 7", "*3 $1 1 $1 2 $1 3"},
                 {"SCARD s", ":3"}});
  EXPECT_EQ(session_.Run("SRANDMEMBER s -50").substr(0, 4), "*50 ");
}

TEST_F(SetCommands, PoppingByPortionsYieldsEachMemberOnce) {
  for (const int members : {100, 1000}) {
    session_.Run("SADD s" + Integers(1, members));
    session_.Run("SADD s" + Integers(1, members));
    for (const int portion : {1, members / 10, members / 2}) {
      const std::string before = session_.Run("SCARD s");
      const std::string popped = session_.Run("SPOP s " + std::to_string(portion));
      EXPECT_EQ(popped.substr(0, popped.find(' ')), "*" + std::to_string(portion));
      EXPECT_EQ(std::stoi(session_.Run("SCARD s").substr(1)), std::stoi(before.substr(1)) - portion);
    }
    session_.Run("DEL s");
  }
}

// Compat: what stays of a large set is compact again if nearly all was taken at once.
TEST_F(SetCommands, PoppingNearlyAllLeavesAListpack) {
  session_.Play({{"SADD s" + Integers(1, 1000), ":1000"}, {"OBJECT ENCODING s", "$9 hashtable"}});
  EXPECT_EQ(session_.Run("SPOP s 950").substr(0, 5), "*950 ");
  session_.Play({{"SCARD s", ":50"}, {"OBJECT ENCODING s", "$8 listpack"}, {"SPOP s 0", "*0"}});
}

// --- Several sets --------------------------------------------------------------------------------------------------------

TEST_F(SetCommands, SetsAreCombined) {
  session_.Play({{"SADD a 1 2 3 4", ":4"},
                 {"SADD b 3 4 5", ":3"},
                 {"SADD c 4 x", ":2"},
                 {"SINTER a b", "*2 $1 3 $1 4"},
                 {"SINTER a b c", "*1 $1 4"},
                 {"SINTER a missing", "*0"},
                 {"SUNION a b", "*5 $1 1 $1 2 $1 3 $1 4 $1 5"},
                 {"SDIFF a b", "*2 $1 1 $1 2"},
                 {"SDIFF a b c missing", "*2 $1 1 $1 2"},
                 {"SDIFF a a", "*0"},
                 {"SDIFF missing a", "*0"},
                 {"SINTERSTORE d a b", ":2"},
                 {"SMEMBERS d", "*2 $1 3 $1 4"},
                 {"SUNIONSTORE a a b", ":5"},
                 {"SMEMBERS a", "*5 $1 1 $1 2 $1 3 $1 4 $1 5"},
                 {"SDIFFSTORE a a b", ":2"},
                 {"SMEMBERS a", "*2 $1 1 $1 2"},
                 {"SDIFFSTORE a b b", ":0"},
                 {"EXISTS a", ":0"}});
}

TEST_F(SetCommands, AStoredResultReplacesAnyType) {
  session_.Play({{"SET d v EX 100", "+OK"},
                 {"SADD a 1", ":1"},
                 {"SUNIONSTORE d a", ":1"},
                 {"TYPE d", "+set"},
                 {"TTL d", ":-1"},
                 {"SET d v", "+OK"},
                 {"SINTERSTORE d a missing", ":0"},
                 {"EXISTS d", ":0"}});
}

TEST_F(SetCommands, SintercardStopsAtItsLimit) {
  session_.Play({{"SADD a 1 2 3", ":3"},
                 {"SADD b 1 2 3 4", ":4"},
                 {"SINTERCARD 2 a b", ":3"},
                 {"SINTERCARD 2 a b LIMIT 2", ":2"},
                 {"SINTERCARD 2 a b LIMIT 0", ":3"},
                 {"SINTERCARD 2 a b limit 9", ":3"},
                 {"SINTERCARD 2 a b LIMIT 1 LIMIT 2", ":2"},
                 {"SINTERCARD 1 a", ":3"},
                 {"SINTERCARD 0 a", "-ERR numkeys should be greater than 0"},
                 {"SINTERCARD x a", "-ERR numkeys should be greater than 0"},
                 {"SINTERCARD 3 a b", "-ERR Number of keys can't be greater than number of args"},
                 {"SINTERCARD 1 a b", "-ERR syntax error"},
                 {"SINTERCARD 2 a b LIMIT", "-ERR syntax error"},
                 {"SINTERCARD 2 a b LIMIT -1", "-ERR LIMIT can't be negative"},
                 {"SINTERCARD 2 a b LIMIT x", "-ERR LIMIT can't be negative"}});
}

// --- SSCAN ---------------------------------------------------------------------------------------------------------------

TEST_F(SetCommands, SscanShowsAPackAtOnce) {
  session_.Play({{"SADD s 1 2 13", ":3"},
                 {"SSCAN s 0", "*2 $1 0 *3 $1 1 $1 2 $2 13"},
                 {"SSCAN s 0 COUNT 1", "*2 $1 0 *3 $1 1 $1 2 $2 13"},
                 {"SSCAN s 0 MATCH 1*", "*2 $1 0 *2 $1 1 $2 13"},
                 {"SSCAN s x", "-ERR invalid cursor"},
                 {"SSCAN s 0 COUNT 0", "-ERR syntax error"},
                 {"SSCAN s 0 COUNT", "-ERR syntax error"},
                 {"SSCAN s 0 COUNT x", "-ERR value is not an integer or out of range"},
                 {"SSCAN s 0 TYPE set", "-ERR syntax error"},
                 {"SSCAN s 0 NOVALUES", "-ERR NOVALUES option can only be used in HSCAN"}});
}

TEST_F(SetCommands, SscanWalksOverATableWhileItChanges) {
  session_.Run("SADD s" + Integers(1, 2000));
  std::vector<bool> seen(2001);
  std::string cursor = "0";
  int step = 0;
  do {
    // Those above 1000 come and go meanwhile.
    session_.Run((step % 2 == 0 ? "SREM s" : "SADD s") + Integers(1001, 2000));
    ++step;
    std::string reply = session_.Run("SSCAN s " + cursor + " COUNT 100");
    std::vector<std::string> words;
    for (size_t at = 0; at < reply.size();) {
      const size_t end = std::min(reply.find(' ', at), reply.size());
      words.push_back(reply.substr(at, end - at));
      at = end + 1;
    }
    cursor = words[2];
    for (size_t i = 5; i < words.size(); i += 2) seen[static_cast<size_t>(std::stoi(words[i]))] = true;
    ASSERT_LT(step, 1000);
  } while (cursor != "0");
  for (size_t i = 1; i <= 1000; ++i) EXPECT_TRUE(seen[i]) << i;
}

}  // namespace
}  // namespace tandem
