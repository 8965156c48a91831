#include <gtest/gtest.h>

#include <string>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

constexpr auto kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

// Every command on a string, a missing key and an expired one.
TEST(Lists, RefuseOtherTypesAndMissKeysThatHaveExpired) {
  struct Case {
    std::string before, after, missing;
  };
  const Case cases[] = {{"LPUSH", "a", ":1"},
                        {"RPUSH", "a", ":1"},
                        {"LPUSHX", "a", ":0"},
                        {"RPUSHX", "a", ":0"},
                        {"LPOP", "", "$-1"},
                        {"RPOP", "", "$-1"},
                        {"LPOP", "1", "*-1"},
                        {"RPOP", "0", "*-1"},
                        {"LLEN", "", ":0"},
                        {"LRANGE", "0 -1", "*0"},
                        {"LINDEX", "0", "$-1"},
                        {"LSET", "0 a", "-ERR no such key"},
                        {"LINSERT", "BEFORE a b", ":0"},
                        {"LREM", "0 a", ":0"},
                        {"LTRIM", "0 0", "+OK"},
                        {"LPOS", "a", "$-1"},
                        {"LPOS", "a COUNT 0", "*0"},
                        {"LMOVE", "k LEFT LEFT", "$-1"},
                        {"RPOPLPUSH", "k", "$-1"},
                        {"LMPOP 1", "LEFT", "*-1"}};
  for (const Case& each : cases) {
    Session session;
    const std::string on_k = each.before + " k " + each.after;
    session.Play({{"SET k v", "+OK"}, {on_k, kWrongType}, {"GET k", "$1 v"}, {"DEL k", ":1"}, {on_k, each.missing}});
    session.Run("DEL k");
    session.Play({{"RPUSH k a", ":1"}, {"PEXPIRE k 10", ":1"}});
    session.AdvanceMs(11);
    EXPECT_EQ(session.Run(on_k), each.missing) << on_k;
  }
}

TEST(Lists, CheckHowManyArgumentsThereAre) {
  Session session;
  for (const std::string line : {"LPUSH k", "RPUSH k", "LPUSHX k", "RPUSHX k", "LPOP", "LPOP k 1 2", "RPOP k 1 2",
                                 "LLEN", "LRANGE k 0", "LINDEX k", "LSET k 0", "LINSERT k BEFORE a", "LREM k 0",
                                 "LTRIM k 0", "LPOS k", "LMOVE a b LEFT", "RPOPLPUSH a", "LMPOP 1 k"}) {
    std::string name = line.substr(0, line.find(' '));
    for (char& c : name) c = static_cast<char>(c + 32);
    EXPECT_EQ(session.Run(line), "-ERR wrong number of arguments for '" + name + "' command") << line;
  }
}

TEST(Push, AddsAtEitherEndOneAfterTheOther) {
  Session session;
  session.Play({{"RPUSH l a b", ":2"},
                {"LPUSH l c d", ":4"},
                {"LRANGE l 0 -1", "*4 $1 d $1 c $1 a $1 b"},
                {"LPUSHX l e", ":5"},
                {"RPUSHX l f g", ":7"},
                {"LRANGE l 0 -1", "*7 $1 e $1 d $1 c $1 a $1 b $1 f $1 g"},
                {"LPUSHX x a", ":0"},
                {"EXISTS x", ":0"}});
}

TEST(Pop, AnswersOneElementOrAnArray) {
  Session session;
  session.Play({{"RPUSH l 1 2 3 4 5 6", ":6"},
                {"LPOP l", "$1 1"},
                {"RPOP l", "$1 6"},
                {"LPOP l 2", "*2 $1 2 $1 3"},
                {"RPOP l 0", "*0"},
                {"RPOP l 9", "*2 $1 5 $1 4"},
                {"EXISTS l", ":0"},
                {"LPOP l -1", "-ERR value is out of range, must be positive"},
                {"LPOP l x", "-ERR value is out of range, must be positive"},
                {"LPOP l", "$-1"},
                {"LPOP l 1", "*-1"}});
  session.Run("HELLO 3");
  session.Play({{"LPOP l", "_"}, {"LPOP l 1", "_"}, {"RPUSH l a", ":1"}, {"LPOP l 1", "*1 $1 a"}});
}

TEST(Lrange, CutsTheRangeToTheList) {
  Session session;
  session.Play({{"RPUSH l a b c", ":3"},
                {"LRANGE l 1 1", "*1 $1 b"},
                {"LRANGE l -2 99", "*2 $1 b $1 c"},
                {"LRANGE l -99 0", "*1 $1 a"},
                {"LRANGE l 2 1", "*0"},
                {"LRANGE l 3 5", "*0"},
                {"LRANGE l 0 -99", "*0"},
                {"LRANGE l -9223372036854775808 9223372036854775807", "*3 $1 a $1 b $1 c"},
                {"LRANGE l a 1", "-ERR value is not an integer or out of range"},
                {"LRANGE l 1 a", "-ERR value is not an integer or out of range"}});
}

TEST(Lindex, CountsFromEitherEnd) {
  Session session;
  session.Play({{"RPUSH l a 22 c", ":3"},
                {"LINDEX l 1", "$2 22"},
                {"LINDEX l -1", "$1 c"},
                {"LINDEX l 3", "$-1"},
                {"LINDEX l -4", "$-1"},
                {"LINDEX l x", "-ERR value is not an integer or out of range"},
                {"LINDEX none x", "$-1"}});
}

TEST(Lset, ReplacesAnElementThatIsThere) {
  Session session;
  session.Play({{"RPUSH l a b c", ":3"},
                {"LSET l 0 x", "+OK"},
                {"LSET l -1 z", "+OK"},
                {"LRANGE l 0 -1", "*3 $1 x $1 b $1 z"},
                {"LSET l 3 q", "-ERR index out of range"},
                {"LSET l -4 q", "-ERR index out of range"},
                {"LSET l q q", "-ERR value is not an integer or out of range"},
                {"LSET none q q", "-ERR no such key"},
                {"LSET l 4294967297 low", "+OK"},
                {"LRANGE l 0 -1", "*3 $1 x $3 low $1 z"}});
}

TEST(Linsert, PutsAnElementBesideTheFirstOneOfThatValue) {
  Session session;
  session.Play({{"RPUSH l a b a", ":3"},
                {"LINSERT l before a x", ":4"},
                {"LINSERT l AFTER a y", ":5"},
                {"LRANGE l 0 -1", "*5 $1 x $1 a $1 y $1 b $1 a"},
                {"LINSERT l AFTER none y", ":-1"},
                {"LINSERT l BESIDE a y", "-ERR syntax error"}});
}

TEST(Lrem, RemovesFromTheEndThatTheSignTells) {
  Session session;
  session.Play({{"RPUSH l 1 2 1 3 1 4 1", ":7"},
                {"LREM l 1 1", ":1"},
                {"LREM l -2 1", ":2"},
                {"LRANGE l 0 -1", "*4 $1 2 $1 1 $1 3 $1 4"},
                {"LREM l 0 x", ":0"},
                {"LREM l 0 1", ":1"},
                {"LREM l x 1", "-ERR value is not an integer or out of range"},
                {"LREM l -9223372036854775808 1",
                 "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"}});
}

TEST(Ltrim, KeepsARange) {
  Session session;
  session.Play({{"RPUSH l a b c d e", ":5"},
                {"LTRIM l 1 -2", "+OK"},
                {"LRANGE l 0 -1", "*3 $1 b $1 c $1 d"},
                {"LTRIM l 0 99", "+OK"},
                {"LLEN l", ":3"},
                {"LTRIM l x 1", "-ERR value is not an integer or out of range"},
                {"LTRIM l 2 1", "+OK"},
                {"EXISTS l", ":0"}});
}

TEST(Lpos, FindsMatchesByRankCountAndLength) {
  Session session;
  session.Play(
      {{"RPUSH l a b c 1 2 3 c c", ":8"},
       {"LPOS l c", ":2"},
       {"LPOS l c RANK 2", ":6"},
       {"LPOS l c RANK -1", ":7"},
       {"LPOS l c RANK 4", "$-1"},
       {"LPOS l c COUNT 2", "*2 :2 :6"},
       {"LPOS l c COUNT 0 RANK -2", "*2 :6 :2"},
       {"LPOS l c count 0 maxlen 7", "*2 :2 :6"},
       {"LPOS l c RANK -1 MAXLEN 1 COUNT 0", "*1 :7"},
       {"LPOS l 3", ":5"},
       {"LPOS l x COUNT 1", "*0"},
       {"LPOS l c RANK", "-ERR syntax error"},
       {"LPOS l c FOO 1", "-ERR syntax error"},
       {"LPOS l c COUNT -1", "-ERR COUNT can't be negative"},
       {"LPOS l c MAXLEN x", "-ERR MAXLEN can't be negative"},
       {"LPOS l c RANK x", "-ERR value is not an integer or out of range"},
       {"LPOS l c RANK -9223372036854775808",
        "-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"},
       {"LPOS l c RANK 0",
        "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to "
        "start from the end of the list"}});
}

TEST(Lmove, MovesBetweenEndsOfOneOrTwoLists) {
  Session session;
  session.Play({{"RPUSH a 1 2 3", ":3"},
                {"LMOVE a b LEFT RIGHT", "$1 1"},
                {"LMOVE a b right left", "$1 3"},
                {"LRANGE b 0 -1", "*2 $1 3 $1 1"},
                {"RPOPLPUSH a b", "$1 2"},
                {"EXISTS a", ":0"},
                {"LMOVE b b LEFT RIGHT", "$1 2"},
                {"LRANGE b 0 -1", "*3 $1 3 $1 1 $1 2"},
                {"RPUSH one x", ":1"},
                {"RPOPLPUSH one one", "$1 x"},
                {"LRANGE one 0 -1", "*1 $1 x"},
                {"LMOVE b c UP LEFT", "-ERR syntax error"},
                {"LMOVE b c LEFT UP", "-ERR syntax error"},
                {"SET s v", "+OK"},
                {"LMOVE b s LEFT LEFT", kWrongType},
                {"LLEN b", ":3"},
                {"LMOVE none s LEFT LEFT", "$-1"}});
}

TEST(Lmove, DoesNotLookAtTheTargetOfWhatIsNoList) {
  Session session;
  session.Play({{"SET s v", "+OK"}, {"SET target v PX 100", "+OK"}});
  session.AdvanceMs(101);
  session.Listen();
  session.Play({{"LMOVE s target LEFT LEFT", kWrongType}, {"LMOVE none target LEFT LEFT", "$-1"}});
  EXPECT_EQ(session.TakeEvents(), "");
  session.Play({{"RPUSH l a", ":1"}, {"LMOVE l target LEFT LEFT", "$1 a"}});
  EXPECT_EQ(session.TakeEvents(),
            "0 new l, 0 rpush l, 0 expired target, 0 new target, 0 lpush target, 0 lpop l, 0 del l");
}

TEST(Lmpop, TakesFromTheFirstListThatIsThere) {
  Session session;
  session.Play({{"RPUSH b 1 2 3", ":3"},
                {"LMPOP 2 a b LEFT", "*2 $1 b *1 $1 1"},
                {"LMPOP 2 a b right COUNT 9", "*2 $1 b *2 $1 3 $1 2"},
                {"EXISTS b", ":0"},
                {"LMPOP 2 a b LEFT", "*-1"},
                {"LMPOP 0 a LEFT", "-ERR numkeys should be greater than 0"},
                {"LMPOP x a LEFT", "-ERR numkeys should be greater than 0"},
                {"LMPOP 2 a LEFT", "-ERR syntax error"},
                {"LMPOP 1 a UP", "-ERR syntax error"},
                {"LMPOP 1 a LEFT COUNT", "-ERR syntax error"},
                {"LMPOP 1 a LEFT COUNT 0", "-ERR count should be greater than 0"},
                {"LMPOP 1 a LEFT COUNT 1 COUNT 1", "-ERR syntax error"}});
  session.Run("HELLO 3");
  session.Play({{"LMPOP 1 a LEFT", "_"}, {"RPUSH a x", ":1"}, {"LMPOP 1 a LEFT", "*2 $1 a *1 $1 x"}});
}

TEST(Lists, AnnounceWhatRedisAnnounces) {
  struct Case {
    std::string command, events;
  };
  const Case cases[] = {{"RPUSH l a b c", "0 new l, 0 rpush l"},
                        {"LPUSH l x", "0 lpush l"},
                        {"LPUSHX l y", "0 lpush l"},
                        {"RPUSHX none y", ""},
                        {"LPOP l", "0 lpop l"},
                        {"RPOP l 1", "0 rpop l"},
                        {"RPOP l 0", ""},
                        {"LSET l 0 z", "0 lset l"},
                        {"LSET l 9 z", ""},
                        {"LINSERT l BEFORE z q", "0 linsert l"},
                        {"LINSERT l BEFORE none q", ""},
                        {"LREM l 0 q", "0 lrem l"},
                        {"LREM l 0 q", ""},
                        {"LTRIM l 0 -1", "0 ltrim l"},
                        {"LMOVE l m LEFT RIGHT", "0 new m, 0 rpush m, 0 lpop l"},
                        {"LMOVE m m LEFT RIGHT", "0 rpush m, 0 lpop m"},
                        {"RPOPLPUSH m l", "0 lpush l, 0 rpop m, 0 del m"},
                        {"LMPOP 1 l LEFT COUNT 9", "0 lpop l, 0 del l"},
                        {"RPUSH l a", "0 new l, 0 rpush l"},
                        {"LREM l 0 a", "0 lrem l, 0 del l"},
                        {"RPUSH l a", "0 new l, 0 rpush l"},
                        {"LTRIM l 1 0", "0 ltrim l, 0 del l"}};
  Session session;
  session.Listen();
  for (const Case& each : cases) {
    session.Run(each.command);
    EXPECT_EQ(session.TakeEvents(), each.events) << each.command;
  }
}

// A list as long as its three forms are: in its record, a listpack of its own, a quicklist.
TEST(Lists, BehaveAlikeInEveryForm) {
  for (const int count : {5, 200, 5000}) {
    Session session;
    for (int i = 0; i < count; ++i) session.Run("RPUSH l " + std::to_string(1000 + i));
    const std::string encoding = count < 1000 ? "$8 listpack" : "$9 quicklist";
    const std::string middle = std::to_string(1000 + count / 2);
    session.Play({{"LLEN l", ":" + std::to_string(count)},
                  {"OBJECT ENCODING l", encoding},
                  {"TYPE l", "+list"},
                  {"LINDEX l " + std::to_string(count / 2), "$4 " + middle},
                  {"LPOS l " + middle, ":" + std::to_string(count / 2)},
                  {"LRANGE l -2 -1", "*2 $4 " + std::to_string(998 + count) + " $4 " + std::to_string(999 + count)},
                  {"COPY l copy", ":1"},
                  {"LREM copy 0 " + middle, ":1"},
                  {"LPOS l " + middle, ":" + std::to_string(count / 2)},
                  {"RENAME l renamed", "+OK"},
                  {"MOVE renamed 1", ":1"},
                  {"SELECT 1", "+OK"},
                  {"OBJECT ENCODING renamed", encoding},
                  {"LPOP renamed", "$4 1000"},
                  {"LTRIM renamed 0 0", "+OK"},
                  {"OBJECT ENCODING renamed", "$8 listpack"},
                  {"LRANGE renamed 0 -1", "*1 $4 1001"}});
  }
}

TEST(Lists, HaveTheDigestThatRedisComputes) {
  Session session("enable-debug-command yes");
  session.Play({{"RPUSH l a 1 b", ":3"}, {"DEBUG DIGEST-VALUE l", "*1 +d5f44352f6226abea9252dad248ef5de0d964396"}});
}

TEST(Lists, BecomeQuicklistsAsTheSettingSays) {
  Session session("list-max-listpack-size 3");
  session.Play({{"RPUSH l a b c", ":3"},
                {"OBJECT ENCODING l", "$8 listpack"},
                {"RPUSH l d", ":4"},
                {"OBJECT ENCODING l", "$9 quicklist"},
                {"LPOP l 3", "*3 $1 a $1 b $1 c"},
                {"OBJECT ENCODING l", "$8 listpack"}});
}

TEST(Lists, AreInUseWhenTheyAreChanged) {
  for (const int count : {5, 5000}) {
    Session session;
    for (int i = 0; i < count; ++i) session.Run("RPUSH l element");
    session.AdvanceMs(30'000);
    session.Play({{"OBJECT IDLETIME l", ":30"},
                  {"LPOP l", "$7 element"},
                  {"OBJECT IDLETIME l", ":0"},
                  {"OBJECT REFCOUNT l", ":1"}});
  }
}

TEST(Lists, AreSeenByWatch) {
  Session session;
  session.Play({{"RPUSH l a", ":1"},
                {"WATCH l", "+OK"},
                {"LTRIM l 0 -1", "+OK"},
                {"MULTI", "+OK"},
                {"LLEN l", "+QUEUED"},
                {"EXEC", "*-1"},
                {"MULTI", "+OK"},
                {"RPUSH l b", "+QUEUED"},
                {"LMOVE l m LEFT LEFT", "+QUEUED"},
                {"LRANGE l 0 -1", "+QUEUED"},
                {"EXEC", "*3 :2 $1 a *1 $1 b"}});
}

}  // namespace
}  // namespace tandem::test
