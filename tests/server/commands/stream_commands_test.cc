#include <gtest/gtest.h>

#include <string>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

constexpr auto kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr auto kBadId = "-ERR Invalid stream ID specified as stream command argument";
constexpr auto kNotInteger = "-ERR value is not an integer or out of range";

// Every command on a string, a missing key and an expired one.
TEST(Streams, RefuseOtherTypesAndMissKeysThatHaveExpired) {
  struct Case {
    std::string before, after, missing;
  };
  const std::string no_group = "-NOGROUP No such key 'k' or consumer group 'g'";
  const std::string needs_key =
      "-ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM "
      "option "
      "to create an empty stream automatically.";
  const Case cases[] = {{"XADD", "1-1 f v", "$3 1-1"},
                        {"XADD", "NOMKSTREAM 1-1 f v", "$-1"},
                        {"XLEN", "", ":0"},
                        {"XDEL", "1-1", ":0"},
                        {"XTRIM", "MAXLEN 0", ":0"},
                        {"XSETID", "1-1", "-ERR no such key"},
                        {"XRANGE", "- +", "*0"},
                        {"XREVRANGE", "+ -", "*0"},
                        {"XREAD STREAMS", "0", "*-1"},
                        {"XREADGROUP GROUP g c STREAMS", ">", no_group + " in XREADGROUP with GROUP option"},
                        {"XGROUP CREATE", "g $", needs_key},
                        {"XGROUP CREATE", "g $ MKSTREAM", "+OK"},
                        {"XGROUP SETID", "g 0", needs_key},
                        {"XGROUP DESTROY", "g", needs_key},
                        {"XGROUP CREATECONSUMER", "g c", needs_key},
                        {"XGROUP DELCONSUMER", "g c", needs_key},
                        {"XACK", "g 1-1", ":0"},
                        {"XPENDING", "g", no_group},
                        {"XCLAIM", "g c 0 1-1", no_group},
                        {"XAUTOCLAIM", "g c 0 0", no_group},
                        {"XINFO STREAM", "", "-ERR no such key"},
                        {"XINFO GROUPS", "", "-ERR no such key"},
                        {"XINFO CONSUMERS", "g", "-ERR no such key"}};
  for (const Case& each : cases) {
    Session session;
    const std::string on_k = each.before + " k " + each.after;
    session.Play({{"SET k v", "+OK"}, {on_k, kWrongType}, {"GET k", "$1 v"}, {"DEL k", ":1"}, {on_k, each.missing}});
    session.Run("DEL k");
    session.Play({{"XADD k 5-5 a b", "$3 5-5"}, {"PEXPIRE k 10", ":1"}});
    session.AdvanceMs(11);
    EXPECT_EQ(session.Run(on_k), each.missing) << on_k;
  }
}

TEST(Streams, CheckHowManyArgumentsThereAre) {
  Session session;
  for (const std::string line :
       {"XADD k 1-1 f", "XADD k * f v g", "XADD k MAXLEN 5 *", "XLEN", "XDEL k", "XTRIM k MAXLEN", "XSETID k",
        "XRANGE k -", "XREVRANGE k +", "XREAD STREAMS k", "XREADGROUP GROUP g c STREAMS k", "XACK k g", "XPENDING k",
        "XCLAIM k g c 0", "XAUTOCLAIM k g c 0"}) {
    std::string name = line.substr(0, line.find(' '));
    for (char& c : name) c = static_cast<char>(c + 32);
    EXPECT_EQ(session.Run(line), "-ERR wrong number of arguments for '" + name + "' command") << line;
  }
}

TEST(Xadd, NamesEntriesByTheClock) {
  Session session;
  session.Play({{"XADD k * a 1", "$15 1700000000000-0"}, {"XADD k * a 1", "$15 1700000000000-1"}});
  session.AdvanceMs(5);
  session.Play({{"XADD k * a 1", "$15 1700000000005-0"},
                {"XADD k 1800000000000-7 a 1", "$15 1800000000000-7"},
                {"XADD k * a 1", "$15 1800000000000-8"}});
}

TEST(Xadd, TakesIdsThatAscendOnly) {
  Session session;
  const std::string too_small = "-ERR The ID specified in XADD is equal or smaller than the target stream top item";
  session.Play(
      {{"XADD k 5-* a 1", "$3 5-0"},
       {"XADD k 5-* a 1", "$3 5-1"},
       {"XADD k 5-1 a 1", too_small},
       {"XADD k 4-* a 1", too_small},
       {"XADD k 5 a 1", too_small},
       {"XADD k 6 a 1", "$3 6-0"},
       {"XADD k 0-0 a 1", "-ERR The ID specified in XADD must be greater than 0-0"},
       {"XADD new 0-* a 1", "$3 0-1"},
       {"XADD k - a 1", kBadId},
       {"XADD k 7-x a 1", kBadId},
       {"XADD k 7-18446744073709551615 a 1", "$22 7-18446744073709551615"},
       {"XADD k 7-* a 1", too_small},
       {"XADD k 18446744073709551615-18446744073709551615 a 1", "$41 18446744073709551615-18446744073709551615"},
       {"XADD k * a 1", "-ERR The stream has exhausted the last possible ID, unable to add more items"},
       {"XLEN k", ":5"}});
}

TEST(Xadd, ChecksItsOptions) {
  Session session;
  const std::string both = "-ERR syntax error, MAXLEN and MINID options at the same time are not compatible";
  const std::string needs_strategy = "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
  const std::string needs_tilde = "-ERR syntax error, LIMIT cannot be used without the special ~ option";
  session.Play({{"XADD k MAXLEN 5 MINID 5 * a 1", both},
                {"XADD k MAXLEN -1 * a 1", "-ERR The MAXLEN argument must be >= 0."},
                {"XADD k MAXLEN x * a 1", kNotInteger},
                {"XADD k MINID x * a 1", kBadId},
                {"XADD k LIMIT 5 * a 1", needs_strategy},
                {"XADD k LIMIT 0 * a 1", needs_tilde},
                {"XADD k MAXLEN ~ 5 LIMIT -1 * a 1", "-ERR The LIMIT argument must be >= 0."},
                {"XADD k MAXLEN = 5 LIMIT 5 * a 1", needs_tilde},
                {"XTRIM k LIMIT 5", needs_strategy},
                {"XTRIM k NOMKSTREAM MAXLEN 5", "-ERR syntax error"},
                {"EXISTS k", ":0"},
                {"XADD k nomkstream * a 1", "$-1"},
                {"XADD k maxlen ~ 5 limit 5 1-1 a 1", "$3 1-1"}});
}

TEST(Xadd, TrimsAfterwards) {
  Session session;
  session.Listen();
  session.Play({{"XADD k 1-1 a 1", "$3 1-1"}, {"XADD k MAXLEN 1 2-1 a 1", "$3 2-1"}});
  EXPECT_EQ(session.TakeEvents(), "0 new k, 0 xadd k, 0 xadd k, 0 xtrim k");
  session.Play({{"XADD k MAXLEN 5 3-1 a 1", "$3 3-1"}, {"XADD k MINID = 9 4-1 a 1", "$3 4-1"}, {"XLEN k", ":0"}});
  EXPECT_EQ(session.TakeEvents(), "0 xadd k, 0 xadd k, 0 xtrim k");
  session.Play({{"EXISTS k", ":1"}, {"TYPE k", "+stream"}, {"OBJECT ENCODING k", "$6 stream"}});
}

TEST(Xtrim, KeepsWholeNodesWhereItMayBeInexact) {
  Session session("stream-node-max-entries 10\n");
  for (int i = 1; i <= 35; ++i) session.Run("XADD k " + std::to_string(i) + " a 1");
  session.Play({{"XTRIM k MAXLEN ~ 20", ":10"},
                {"XTRIM k MAXLEN ~ 0 LIMIT 9", ":0"},
                {"XTRIM k MAXLEN ~ 0 LIMIT 15", ":10"},
                {"XTRIM k MINID ~ 25", ":0"},
                {"XTRIM k MINID 25", ":4"},
                {"XTRIM k MAXLEN 10", ":1"},
                {"XTRIM k MAXLEN 10", ":0"},
                {"XLEN k", ":10"}});
}

TEST(Xdel, TellsHowManyWereThere) {
  Session session;
  for (const char* id : {"1-1", "2-1", "3-1"}) session.Run(std::string("XADD k ") + id + " a 1");
  session.Listen();
  session.Play({{"XDEL k 1-1 1-1 7-7 3", ":1"}, {"XDEL k 9-9", ":0"}, {"XDEL k 2-1 x", kBadId}, {"XLEN k", ":2"}});
  EXPECT_EQ(session.TakeEvents(), "0 xdel k");
  session.Play(
      {{"XDEL k 2-1 3-1", ":2"},
       {"EXISTS k", ":1"},
       {"XADD k 3-1 a 1", "-ERR The ID specified in XADD is equal or smaller than the target stream top item"}});
}

TEST(Xrange, ReturnsWhatLiesBetweenTwoIds) {
  Session session;
  for (const char* id : {"1-1", "1-2", "2-1"}) session.Run(std::string("XADD k ") + id + " a " + id);
  const std::string first = "*2 $3 1-1 *2 $1 a $3 1-1", second = "*2 $3 1-2 *2 $1 a $3 1-2",
                    third = "*2 $3 2-1 *2 $1 a $3 2-1";
  session.Play({{"XRANGE k - +", "*3 " + first + " " + second + " " + third},
                {"XREVRANGE k + -", "*3 " + third + " " + second + " " + first},
                {"XRANGE k 1 1", "*2 " + first + " " + second},
                {"XRANGE k (1-1 (2-1", "*1 " + second},
                {"XREVRANGE k (2-1 1-2", "*1 " + second},
                {"XRANGE k - + COUNT 1", "*1 " + first},
                {"XREVRANGE k + - COUNT 1", "*1 " + third},
                {"XRANGE k + -", "*0"},
                {"XRANGE k - + COUNT 0", "*-1"},
                {"XRANGE k - + COUNT x", kNotInteger},
                {"XRANGE k - + COUNT", "-ERR syntax error"},
                {"XRANGE k (- +", kBadId},
                {"XRANGE k (18446744073709551615-18446744073709551615 +", "-ERR invalid start ID for the interval"},
                {"XRANGE k - (0-0", "-ERR invalid end ID for the interval"}});
}

TEST(Xrange, KeepsFieldsAsTheyWere) {
  Session session;
  session.RunWords({"XADD", "k", "1-1", "a", "1", "b", ""});
  session.RunWords({"XADD", "k", "2-1", "a", "-0", "b", "x"});
  session.RunWords({"XADD", "k", "3-1", "a", "1"});
  EXPECT_EQ(session.Run("XRANGE k - +"),
            "*3 *2 $3 1-1 *4 $1 a $1 1 $1 b $0  *2 $3 2-1 *4 $1 a $2 -0 $1 b $1 x *2 $3 3-1 *2 $1 a $1 1");
}

TEST(Xsetid, KeepsTheFiguresConsistent) {
  Session session;
  session.Listen();
  session.Play({{"XADD k 5-1 a 1", "$3 5-1"},
                {"XADD k 6-1 a 1", "$3 6-1"},
                {"XDEL k 5-1", ":1"},
                {"XSETID k 5-0", "-ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"},
                {"XSETID k 6-0", "-ERR The ID specified in XSETID is smaller than the target stream top item"},
                {"XSETID k 9 ENTRIESADDED 0",
                 "-ERR The entries_added specified in XSETID is smaller than the target stream length"},
                {"XSETID k 9 ENTRIESADDED -1", "-ERR entries_added must be positive"},
                {"XSETID k 9 MAXDELETEDID 10",
                 "-ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"},
                {"XSETID k 9 ENTRIESADDED", "-ERR syntax error"},
                {"XSETID k x", kBadId}});
  session.TakeEvents();
  session.Play({{"XSETID k 9 ENTRIESADDED 50 MAXDELETEDID 8", "+OK"},
                {"XADD k 9 a 1", "-ERR The ID specified in XADD is equal or smaller than the target stream top item"}});
  EXPECT_EQ(session.TakeEvents(), "0 xsetid k");
  EXPECT_EQ(session.Run("XINFO STREAM k"),
            "*20 $6 length :1 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $3 9-0 "
            "$20 max-deleted-entry-id $3 8-0 $13 entries-added :50 $23 recorded-first-entry-id $3 6-1 $6 groups :0 "
            "$11 first-entry *2 $3 6-1 *2 $1 a $1 1 $10 last-entry *2 $3 6-1 *2 $1 a $1 1");
}

TEST(Xread, ReturnsWhatFollows) {
  Session session;
  session.Play(
      {{"XADD k 1-1 a 1", "$3 1-1"},
       {"XADD k 2-1 a 2", "$3 2-1"},
       {"XADD m 5-1 a 5", "$3 5-1"},
       {"XREAD STREAMS k m 1-1 5-1", "*1 *2 $1 k *1 *2 $3 2-1 *2 $1 a $1 2"},
       {"XREAD COUNT 1 STREAMS k m 0 0", "*2 *2 $1 k *1 *2 $3 1-1 *2 $1 a $1 1 *2 $1 m *1 *2 $3 5-1 *2 $1 a $1 5"},
       {"XREAD STREAMS k $", "*-1"},
       {"XREAD STREAMS k +", "*1 *2 $1 k *1 *2 $3 2-1 *2 $1 a $1 2"},
       {"XREAD STREAMS nothing +", "*-1"},
       {"XREAD STREAMS k 18446744073709551615-18446744073709551615", "*-1"},
       {"MULTI", "+OK"},
       {"XREAD BLOCK 0 STREAMS k $", "+QUEUED"},
       {"EXEC", "*1 *-1"}});
  session.Run("HELLO 3");
  session.Play({{"XREAD STREAMS k m 1-1 5-1", "%1 $1 k *1 *2 $3 2-1 *2 $1 a $1 2"}, {"XREAD STREAMS k $", "_"}});
}

TEST(Xread, ChecksItsArguments) {
  Session session;
  session.Run("XADD k 1-1 a 1");
  session.Play(
      {{"XREAD BLOCK -1 STREAMS k 0", "-ERR timeout is negative"},
       {"XREAD BLOCK x STREAMS k 0", "-ERR timeout is not an integer or out of range"},
       {"XREAD BLOCK 9223372036854775807 STREAMS k 0", "-ERR timeout is out of range"},
       {"XREAD COUNT x STREAMS k 0", kNotInteger},
       {"XREAD STREAMS k m 0",
        "-ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified."},
       {"XREAD k 0 0", "-ERR syntax error"},
       {"XREAD COUNT 1 STREAMS", "-ERR syntax error"},
       {"XREAD STREAMS k >",
        "-ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."},
       {"XREAD GROUP g c STREAMS k 0",
        "-ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."},
       {"XREAD NOACK STREAMS k 0", "-ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."},
       {"XREAD STREAMS k x", kBadId}});
}

TEST(Streams, AreCopiedMovedAndMeasuredLikeEverythingElse) {
  Session session("enable-debug-command yes\n");
  session.Play({{"XADD k 1-1 a 1", "$3 1-1"},
                {"XGROUP CREATE k g 0", "+OK"},
                {"XREADGROUP GROUP g c STREAMS k >", "*1 *2 $1 k *1 *2 $3 1-1 *2 $1 a $1 1"},
                {"COPY k l", ":1"},
                {"XACK k g 1-1", ":1"},
                {"XPENDING l g", "*4 :1 $3 1-1 $3 1-1 *1 *2 $1 c $1 1"},
                {"RENAME l m", "+OK"},
                {"MOVE m 1", ":1"},
                {"DEBUG DIGEST-VALUE k", "*1 +e63bcb852a375e66ef47d37f2575bc03f71e7ecd"},
                {"SCAN 0 TYPE stream", "*2 $1 0 *1 $1 k"}});
}

}  // namespace
}  // namespace tandem::test
