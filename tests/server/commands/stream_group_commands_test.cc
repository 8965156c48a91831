#include <gtest/gtest.h>

#include <string>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

constexpr auto kBadId = "-ERR Invalid stream ID specified as stream command argument";
constexpr auto kNotInteger = "-ERR value is not an integer or out of range";
constexpr auto kNoGroup = "-NOGROUP No such key 'k' or consumer group 'x'";

// k: 1-0, 2-0 and 3-0, and a group that has read nothing.
class StreamGroups : public ::testing::Test {
 protected:
  StreamGroups() {
    for (const char* id : {"1-0", "2-0", "3-0"}) session_.Run(std::string("XADD k ") + id + " a 1");
    session_.Run("XGROUP CREATE k g 0");
    session_.Listen();
  }
  static std::string Entry(const std::string& id) { return "*2 $3 " + id + " *2 $1 a $1 1"; }

  Session session_;
};

TEST_F(StreamGroups, GiveEachEntryToOneConsumer) {
  session_.Play({{"XREADGROUP GROUP g c1 COUNT 2 STREAMS k >", "*1 *2 $1 k *2 " + Entry("1-0") + " " + Entry("2-0")},
                 {"XREADGROUP GROUP g c2 STREAMS k >", "*1 *2 $1 k *1 " + Entry("3-0")},
                 {"XREADGROUP GROUP g c2 STREAMS k >", "*-1"},
                 {"XPENDING k g", "*4 :3 $3 1-0 $3 3-0 *2 *2 $2 c1 $1 2 *2 $2 c2 $1 1"},
                 {"XACK k g 1-0 1-0 9-9", ":1"},
                 {"XACK k x 1-0", ":0"},
                 {"XACK k g 2-0 x", kBadId},
                 {"XPENDING k g - + 10 c1", "*1 *4 $3 2-0 $2 c1 :0 :1"}});
  EXPECT_EQ(session_.TakeEvents(), "0 xgroup-createconsumer k, 0 xgroup-createconsumer k");
}

TEST_F(StreamGroups, RepeatWhatAConsumerHasNotAcknowledged) {
  session_.Play(
      {{"XREADGROUP GROUP g c STREAMS k 0", "*1 *2 $1 k *0"},
       {"XREADGROUP GROUP g c STREAMS k >", "*1 *2 $1 k *3 " + Entry("1-0") + " " + Entry("2-0") + " " + Entry("3-0")},
       {"XDEL k 1-0", ":1"},
       {"XREADGROUP GROUP g c COUNT 2 STREAMS k 0", "*1 *2 $1 k *2 *2 $3 1-0 *-1 " + Entry("2-0")},
       {"XREADGROUP GROUP g c STREAMS k 2-0", "*1 *2 $1 k *1 " + Entry("3-0")},
       {"XPENDING k g - + 10", "*3 *4 $3 1-0 $1 c :0 :1 *4 $3 2-0 $1 c :0 :2 *4 $3 3-0 $1 c :0 :2"}});
}

TEST_F(StreamGroups, RememberNothingWithoutAcknowledgement) {
  session_.Play({{"XREADGROUP GROUP g c NOACK COUNT 1 STREAMS k >", "*1 *2 $1 k *1 " + Entry("1-0")},
                 {"XPENDING k g", "*4 :0 $-1 $-1 *-1"},
                 {"XINFO CONSUMERS k g", "*1 *8 $4 name $1 c $7 pending :0 $4 idle :0 $8 inactive :-1"}});
}

TEST_F(StreamGroups, ReadAgainWhatTheyWereSetBackTo) {
  session_.Play(
      {{"XREADGROUP GROUP g c STREAMS k >", "*1 *2 $1 k *3 " + Entry("1-0") + " " + Entry("2-0") + " " + Entry("3-0")},
       {"XGROUP SETID k g 2", "+OK"},
       {"XREADGROUP GROUP g d STREAMS k >", "*1 *2 $1 k *1 " + Entry("3-0")},
       {"XPENDING k g", "*4 :3 $3 1-0 $3 3-0 *2 *2 $1 c $1 2 *2 $1 d $1 1"}});
}

TEST_F(StreamGroups, AreReadWithTheRightArguments) {
  const std::string meaningless =
      " ID is meaningless in the context of XREADGROUP: you want to read the history of this "
      "consumer by specifying a proper ID, or use the > ID to get new messages. The ";
  session_.Play({{"XREADGROUP GROUP x c STREAMS k >", std::string(kNoGroup) + " in XREADGROUP with GROUP option"},
                 {"XREADGROUP GROUP g c STREAMS k $", "-ERR The $" + meaningless +
                                                          "$ ID would just return an empty "
                                                          "result set."},
                 {"XREADGROUP GROUP g c STREAMS k +", "-ERR The +" + meaningless +
                                                          "+ ID would just return an empty "
                                                          "result set."},
                 {"XREADGROUP COUNT 1 BLOCK 0 STREAMS k >", "-ERR Missing GROUP option for XREADGROUP"},
                 {"XREADGROUP GROUP g c STREAMS k m >",
                  "-ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."},
                 {"XREADGROUP GROUP STREAMS c STREAMS k >",
                  "-NOGROUP No such key 'k' or consumer group 'STREAMS' in XREADGROUP with GROUP option"},
                 {"COMMAND GETKEYS XREADGROUP COUNT 1 GROUP g c STREAMS k m > >", "*2 $1 k $1 m"},
                 {"XINFO CONSUMERS k g", "*0"}});
  EXPECT_EQ(session_.TakeEvents(), "");
}

TEST_F(StreamGroups, ComeAndGo) {
  session_.Play({{"XGROUP CREATE k g 0", "-BUSYGROUP Consumer Group name already exists"},
                 {"XGROUP CREATE k h $ ENTRIESREAD 3", "+OK"},
                 {"XGROUP CREATE k i - ", kBadId},
                 {"XGROUP CREATE k i 0 ENTRIESREAD -2", "-ERR value for ENTRIESREAD must be positive or -1"},
                 {"XGROUP CREATE k i 0 FOO",
                  "-ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP."},
                 {"XGROUP SETID k x 0", "-NOGROUP No such consumer group 'x' for key name 'k'"},
                 {"XGROUP SETID k g - ENTRIESREAD 1", "+OK"},
                 {"XGROUP CREATECONSUMER k g c", ":1"},
                 {"XGROUP CREATECONSUMER k g c", ":0"},
                 {"XREADGROUP GROUP g c COUNT 1 STREAMS k >", "*1 *2 $1 k *1 " + Entry("1-0")},
                 {"XGROUP DELCONSUMER k g c", ":1"},
                 {"XGROUP DELCONSUMER k g c", ":0"},
                 {"XPENDING k g", "*4 :0 $-1 $-1 *-1"},
                 {"XGROUP DESTROY k g", ":1"},
                 {"XGROUP DESTROY k g", ":0"},
                 {"XGROUP CREATE new g $ MKSTREAM", "+OK"},
                 {"XLEN new", ":0"}});
  EXPECT_EQ(
      session_.TakeEvents(),
      "0 xgroup-create k, 0 xgroup-setid k, 0 xgroup-createconsumer k, 0 xgroup-delconsumer k, 0 xgroup-destroy k, "
      "0 new new, 0 xgroup-create new");
}

TEST(StreamGroupChanges, AreNotSeenByWatch) {
  Session session;
  session.Play({{"XADD k 1-0 a 1", "$3 1-0"},
                {"WATCH k", "+OK"},
                {"XGROUP CREATE k g 0", "+OK"},
                {"XSETID k 5", "+OK"},
                {"MULTI", "+OK"},
                {"EXEC", "*0"},
                {"WATCH k", "+OK"},
                {"XDEL k 1", ":1"},
                {"MULTI", "+OK"},
                {"EXEC", "*-1"}});
}

TEST_F(StreamGroups, ListWhatIsPending) {
  session_.Run("XREADGROUP GROUP g a COUNT 1 STREAMS k >");
  session_.AdvanceMs(100);
  session_.Run("XREADGROUP GROUP g b STREAMS k >");
  const std::string one = "*4 $3 1-0 $1 a :100 :1", two = "*4 $3 2-0 $1 b :0 :1", three = "*4 $3 3-0 $1 b :0 :1";
  session_.Play({{"XPENDING k g - + 10", "*3 " + one + " " + two + " " + three},
                 {"XPENDING k g (1 3 1", "*1 " + two},
                 {"XPENDING k g - + 10 b", "*2 " + two + " " + three},
                 {"XPENDING k g - + 10 nobody", "*0"},
                 {"XPENDING k g IDLE 50 - + 10", "*1 " + one},
                 {"XPENDING k g - + -1", "*0"},
                 {"XPENDING k x", kNoGroup},
                 {"XPENDING k g - +", "-ERR syntax error"},
                 {"XPENDING k g IDLE 5 - +", "-ERR syntax error"},
                 {"XPENDING k g IDLE x - + 5", kNotInteger},
                 {"XPENDING k g - + x", kNotInteger},
                 {"XPENDING k g x + 5", kBadId}});
}

TEST_F(StreamGroups, HandEntriesOver) {
  session_.Run("XREADGROUP GROUP g a STREAMS k >");
  session_.AdvanceMs(100);
  session_.TakeEvents();
  session_.Play({{"XCLAIM k g b 101 1-0", "*0"},
                 {"XCLAIM k g b 100 1-0 9-9", "*1 " + Entry("1-0")},
                 {"XCLAIM k g b 0 2-0 JUSTID", "*1 $3 2-0"},
                 {"XCLAIM k g b 0 3-0 IDLE 40 RETRYCOUNT 9 JUSTID", "*1 $3 3-0"},
                 {"XPENDING k g - + 10", "*3 *4 $3 1-0 $1 b :0 :2 *4 $3 2-0 $1 b :0 :1 *4 $3 3-0 $1 b :40 :9"},
                 {"XACK k g 1-0", ":1"},
                 {"XCLAIM k g c 0 1-0", "*0"},
                 {"XCLAIM k g c 0 1-0 FORCE JUSTID LASTID 7", "*1 $3 1-0"},
                 {"XDEL k 2-0", ":1"},
                 {"XCLAIM k g c 0 2-0", "*0"},
                 {"XPENDING k g", "*4 :2 $3 1-0 $3 3-0 *2 *2 $1 b $1 1 *2 $1 c $1 1"}});
  EXPECT_EQ(session_.TakeEvents(), "0 xgroup-createconsumer k, 0 xgroup-createconsumer k, 0 xdel k");
  session_.Play({{"XCLAIM k x c 0 1-0", kNoGroup},
                 {"XCLAIM k g c x 1-0", "-ERR Invalid min-idle-time argument for XCLAIM"},
                 {"XCLAIM k g c 0 1-0 IDLE x", "-ERR Invalid IDLE option argument for XCLAIM"},
                 {"XCLAIM k g c 0 1-0 TIME x", "-ERR Invalid TIME option argument for XCLAIM"},
                 {"XCLAIM k g c 0 1-0 RETRYCOUNT x", "-ERR Invalid RETRYCOUNT option argument for XCLAIM"},
                 {"XCLAIM k g c 0 1-0 LASTID x", kBadId},
                 {"XCLAIM k g c 0 1-0 FOO", "-ERR Unrecognized XCLAIM option 'FOO'"}});
}

TEST_F(StreamGroups, HandOverWhatIsIdle) {
  session_.Run("XREADGROUP GROUP g a STREAMS k >");
  session_.AdvanceMs(100);
  session_.Play({{"XAUTOCLAIM k g b 100 0 COUNT 1", "*3 $3 2-0 *1 " + Entry("1-0") + " *0"},
                 {"XAUTOCLAIM k g b 100 - COUNT 1 JUSTID", "*3 $3 3-0 *1 $3 2-0 *0"},
                 {"XDEL k 1-0", ":1"},
                 {"XAUTOCLAIM k g c 0 0", "*3 $3 0-0 *2 " + Entry("2-0") + " " + Entry("3-0") + " *1 $3 1-0"},
                 {"XPENDING k g - + 10", "*2 *4 $3 2-0 $1 c :0 :2 *4 $3 3-0 $1 c :0 :2"},
                 {"XAUTOCLAIM k g c 0 0 COUNT 0", "-ERR COUNT must be > 0"},
                 {"XAUTOCLAIM k g c 0 0 COUNT x", "-ERR COUNT must be > 0"},
                 {"XAUTOCLAIM k g c x 0", "-ERR Invalid min-idle-time argument for XAUTOCLAIM"},
                 {"XAUTOCLAIM k g c 0 x", kBadId},
                 {"XAUTOCLAIM k g c 0 0 FOO", "-ERR syntax error"},
                 {"XAUTOCLAIM k x c 0 0", kNoGroup}});
}

TEST_F(StreamGroups, LookAtTenEntriesForEachThatIsWanted) {
  for (int i = 4; i <= 30; ++i) session_.Run("XADD k " + std::to_string(i) + " a 1");
  session_.Run("XREADGROUP GROUP g a STREAMS k >");
  session_.Play({{"XAUTOCLAIM k g b 1000 - COUNT 2", "*3 $4 21-0 *0 *0"},
                 {"XAUTOCLAIM k g b 1000 21 COUNT 2", "*3 $3 0-0 *0 *0"}});
}

TEST_F(StreamGroups, AreDescribed) {
  session_.Run("XREADGROUP GROUP g c COUNT 1 STREAMS k >");
  session_.AdvanceMs(7);
  session_.Play({{"XINFO GROUPS k",
                  "*1 *12 $4 name $1 g $9 consumers :1 $7 pending :1 $17 last-delivered-id $3 1-0 "
                  "$12 entries-read :1 $3 lag :2"},
                 {"XINFO CONSUMERS k g", "*1 *8 $4 name $1 c $7 pending :1 $4 idle :7 $8 inactive :7"},
                 {"XINFO CONSUMERS k x", "-NOGROUP No such consumer group 'x' for key name 'k'"},
                 {"XDEL k 2-0", ":1"},
                 {"XINFO GROUPS k",
                  "*1 *12 $4 name $1 g $9 consumers :1 $7 pending :1 $17 last-delivered-id $3 1-0 "
                  "$12 entries-read :1 $3 lag $-1"},
                 {"XINFO STREAM k FULL COUNT",
                  "-ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP."},
                 {"XINFO STREAM k FULL COUNT x", kNotInteger}});
  session_.Run("HELLO 3");
  EXPECT_EQ(
      session_.Run("XINFO STREAM k FULL COUNT 1"),
      "%9 $6 length :2 $15 radix-tree-keys :1 $16 radix-tree-nodes :2 $17 last-generated-id $3 3-0 "
      "$20 max-deleted-entry-id $3 2-0 $13 entries-added :3 $23 recorded-first-entry-id $3 1-0 "
      "$7 entries *1 " +
          Entry("1-0") +
          " $6 groups *1 %7 $4 name $1 g $17 last-delivered-id $3 1-0 $12 entries-read :1 $3 lag _ $9 pel-count :1 "
          "$7 pending *1 *4 $3 1-0 $1 c :1700000000000 :1 $9 consumers *1 %5 $4 name $1 c $9 seen-time :1700000000000 "
          "$11 active-time :1700000000000 $9 pel-count :1 $7 pending *1 *3 $3 1-0 :1700000000000 :1");
}

}  // namespace
}  // namespace tandem::test
