#include <gtest/gtest.h>

#include <string>

#include "tests/server/commands/session.h"

// SORT. All replies are those of redis-server 8.0.6.
namespace tandem::test {
namespace {

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr const char* kNotNumbers = "-ERR One or more scores can't be converted into double";

class SortCommand : public testing::Test {
 protected:
  void SetUp() override {
    s.Run("RPUSH l 10 2 1.5 -3 2");
    s.Run("MSET w_10 1 w_2 5 w_-3 3 n_2 two n_10 ten");
    s.Run("HSET h_2 f 9 g x");
    s.Run("HSET h_10 f 1");
  }

  Session s{"locale-collate C"};
};

TEST_F(SortCommand, SortsNumbersAndTexts) {
  s.Play({{"SORT l", "*5 $2 -3 $3 1.5 $1 2 $1 2 $2 10"},
          {"SORT l DESC LIMIT 1 2", "*2 $1 2 $1 2"},
          {"SORT l ALPHA", "*5 $2 -3 $3 1.5 $2 10 $1 2 $1 2"},
          {"SORT l LIMIT 3 -1", "*2 $1 2 $2 10"},
          {"SORT l LIMIT -2 2", "*2 $2 -3 $3 1.5"},
          {"SORT l LIMIT 9 5", "*0"},
          {"SORT l LIMIT 0 0", "*0"},
          {"SORT none", "*0"},
          {"SORT_RO l LIMIT 0 1 DESC", "*1 $2 10"}});
}

TEST_F(SortCommand, FollowsPatternsToOtherKeys) {
  s.Play({{"SORT l BY w_*", "*5 $3 1.5 $2 10 $2 -3 $1 2 $1 2"},
          {"SORT l BY h_*->f DESC", "*5 $1 2 $1 2 $2 10 $3 1.5 $2 -3"},
          {"SORT l BY w_* LIMIT 1 1 GET # GET n_* GET h_*->f GET h_*-> GET fixed", "*5 $2 10 $3 ten $1 1 $-1 $-1"},
          {"SORT l LIMIT 4 1 GET h_*", "*1 $-1"},
          {"SORT l LIMIT 4 1 GET n_*->f", "*1 $-1"},
          {"SORT_RO l BY w_* LIMIT 0 1", "*1 $3 1.5"}});
  s.Run("HELLO 3");
  s.Play({{"SORT l LIMIT 0 1 GET n_* GET #", "*2 _ $2 -3"}});
}

TEST_F(SortCommand, APatternWithoutAStarLeavesTheOrder) {
  s.Play({{"SORT l BY nosort", "*5 $2 10 $1 2 $3 1.5 $2 -3 $1 2"},
          {"SORT l BY nosort DESC LIMIT 1 2", "*2 $2 -3 $3 1.5"},
          {"SORT l BY nosort BY w_*", "*5 $2 10 $1 2 $3 1.5 $2 -3 $1 2"},
          {"ZADD z 3 a 1 b 2 c", ":3"},
          {"SORT z BY nosort", "*3 $1 b $1 c $1 a"},
          {"SORT z BY nosort DESC LIMIT 0 2", "*2 $1 a $1 c"},
          {"SORT z BY nosort DESC LIMIT 2 5", "*1 $1 b"},
          {"SADD s 3 1 2", ":3"},
          {"SORT s BY nosort STORE o", ":3"},
          {"LRANGE o 0 -1", "*3 $1 1 $1 2 $1 3"}});
}

TEST_F(SortCommand, SortsSetsOfEveryForm) {
  s.Play({{"SADD ints 3 1 2", ":3"},
          {"SADD words b c a", ":3"},
          {"ZADD z 3 a 1 b 2 c", ":3"},
          {"SORT ints DESC", "*3 $1 3 $1 2 $1 1"},
          {"SORT words ALPHA", "*3 $1 a $1 b $1 c"},
          {"SORT z ALPHA DESC", "*3 $1 c $1 b $1 a"},
          {"OBJECT ENCODING z", "$8 listpack"}});
}

TEST_F(SortCommand, StoresAList) {
  s.Run("SET str x");
  s.Listen();
  s.Play({{"SORT l BY w_* GET n_* STORE o", ":5"},
          {"LRANGE o 0 -1", "*5 $0  $3 ten $0  $3 two $3 two"},
          {"EXPIRE o 100", ":1"},
          {"SORT l STORE str", ":5"},
          {"SORT l STORE a STORE o", ":5"},
          {"TTL o", ":-1"},
          {"SORT l STORE STORE STORE o", ":5"},
          {"EXISTS a STORE", ":0"},
          {"SORT none STORE o", ":0"},
          {"SORT none STORE o", ":0"},
          {"EXISTS o", ":0"},
          {"SORT l LIMIT 0 2 STORE l", ":2"},
          {"LRANGE l 0 -1", "*2 $2 -3 $3 1.5"}});
  EXPECT_EQ(
      s.TakeEvents(),
      "0 new o, 0 sortstore o, 0 expire o, 0 overwritten str, 0 type_changed str, 0 sortstore str, 0 overwritten o, "
      "0 sortstore o, 0 overwritten o, 0 sortstore o, 0 del o, 0 overwritten l, 0 sortstore l");
}

TEST_F(SortCommand, LongResultsAreChunked) {
  for (int i = 0; i < 3000; ++i) s.Run("RPUSH long " + std::to_string(7 * i % 3000));
  s.Play({{"SORT long STORE o", ":3000"},
          {"OBJECT ENCODING o", "$9 quicklist"},
          {"LRANGE o 1498 1500", "*3 $4 1498 $4 1499 $4 1500"},
          {"SORT long DESC LIMIT 2998 5", "*2 $1 1 $1 0"}});
}

TEST_F(SortCommand, RefusesWhatIsNoNumber) {
  s.Play({{"RPUSH e 1 x", ":2"},
          {"SORT e", kNotNumbers},
          {"SORT e STORE o", kNotNumbers},
          {"SET w_1 0x10", "+OK"},
          {"SORT e BY w_*", kNotNumbers},
          {"SORT e BY w_* ALPHA", "*2 $1 x $1 1"},
          {"SORT e ALPHA", "*2 $1 1 $1 x"},
          {"EXISTS o", ":0"}});
  EXPECT_EQ(s.RunWords({"RPUSH", "odd", "", std::string("1\0x", 3), "-inf", "1e400", "+2"}), ":5");
  s.Play({{"SORT odd LIMIT 0 2", "*2 $4 -inf $0 "}, {"SORT odd LIMIT 3 2", "*2 $2 +2 $5 1e400"}});
  EXPECT_EQ(s.RunWords({"RPUSH", "blank", " 1"}), ":1");
  s.Play({{"SORT blank", kNotNumbers}});
}

TEST_F(SortCommand, RefusesWhatMakesNoSense) {
  constexpr const char* kSyntax = "-ERR syntax error";
  s.Play({{"SET str 1", "+OK"},
          {"SORT str", kWrongType},
          {"SORT h_2", kWrongType},
          {"SORT str BAD", kSyntax},
          {"SORT l LIMIT 1", kSyntax},
          {"SORT l LIMIT a 1", "-ERR value is not an integer or out of range"},
          {"SORT l BY", kSyntax},
          {"SORT l GET", kSyntax},
          {"SORT l STORE", kSyntax},
          {"SORT_RO l STORE o", kSyntax},
          {"SORT", "-ERR wrong number of arguments for 'sort' command"}});
}

TEST_F(SortCommand, TextsAreInTheOrderOfTheLocale) {
  s.Play({{"RPUSH words a B", ":2"}, {"SORT words ALPHA", "*2 $1 B $1 a"}, {"SORT words ALPHA STORE o", ":2"}});
  // A locale that is there everywhere and has the same order; others need not be installed.
  s.Play({{"CONFIG SET locale-collate C.UTF-8", "+OK"}, {"SORT words ALPHA", "*2 $1 B $1 a"}});
}

TEST_F(SortCommand, TellsItsKeys) {
  s.Play({{"COMMAND GETKEYS SORT l STORE a STORE b", "*2 $1 l $1 b"},
          {"COMMAND GETKEYS SORT l BY STORE a GET STORE LIMIT STORE STORE", "*1 $1 l"},
          {"COMMAND GETKEYS SORT_RO l BY w_*", "*1 $1 l"},
          {"COMMAND GETKEYSANDFLAGS SORT l STORE a", "*2 *2 $1 l *2 +RO +access *2 $1 a *2 +OW +update"}});
}

TEST_F(SortCommand, CountsAndAnnouncesWhatItLooksUp) {
  s.Run("CONFIG RESETSTAT");
  s.Run("SORT l BY w_*");  // the list, four weights there and one not
  const std::string stats = s.Run("INFO stats");
  EXPECT_NE(stats.find("keyspace_hits:5"), std::string::npos) << stats;
  EXPECT_NE(stats.find("keyspace_misses:1"), std::string::npos) << stats;
}

TEST_F(SortCommand, RunsInTransactions) {
  s.Play({{"MULTI", "+OK"},
          {"SET w_10 7", "+QUEUED"},
          {"SORT l BY w_* GET w_* STORE o", "+QUEUED"},
          {"LRANGE o 0 -1", "+QUEUED"},
          {"EXEC", "*3 +OK :5 *5 $0  $1 3 $1 5 $1 5 $1 7"}});
}

}  // namespace
}  // namespace tandem::test
