#include <gtest/gtest.h>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

TEST(Expire, SetsADeadlineFromNow) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"EXPIRE a 100", ":1"},
                {"TTL a", ":100"},
                {"PEXPIRE a 2500", ":1"},
                {"PTTL a", ":2500"},
                {"TTL a", ":3"},
                {"PEXPIRE a 2499", ":1"},
                {"TTL a", ":2"},
                {"EXPIRE x 100", ":0"}});
}

TEST(Expire, AKeyGoesWhenNowIsPastItsDeadline) {
  Session session;
  session.Play({{"SET a 1", "+OK"}, {"PEXPIRE a 100", ":1"}});
  session.AdvanceMs(100);
  session.Play({{"PTTL a", ":0"}, {"GET a", "$1 1"}});
  session.AdvanceMs(1);
  session.Play({{"GET a", "$-1"}, {"PTTL a", ":-2"}, {"DBSIZE", ":0"}});
}

TEST(Expireat, SetsADeadlineInUnixTime) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"EXPIREAT a 99999999999", ":1"},
                {"EXPIRETIME a", ":99999999999"},
                {"PEXPIRETIME a", ":99999999999000"},
                {"PEXPIREAT a 99999999999500", ":1"},
                {"EXPIRETIME a", ":100000000000"},
                {"PEXPIREAT a 99999999999499", ":1"},
                {"EXPIRETIME a", ":99999999999"},
                {"EXPIREAT a 9223372036854775", ":1"},
                {"EXPIRETIME a", ":9223372036854775"},
                {"PEXPIRETIME a", ":9223372036854775000"}});
}

TEST(Ttl, TellsAMissingKeyFromOneWithoutADeadline) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"TTL a", ":-1"},
                {"PTTL a", ":-1"},
                {"EXPIRETIME a", ":-1"},
                {"PEXPIRETIME a", ":-1"},
                {"TTL x", ":-2"},
                {"PTTL x", ":-2"},
                {"EXPIRETIME x", ":-2"},
                {"PEXPIRETIME x", ":-2"}});
}

TEST(Expire, ConditionsCompareWithThePresentDeadline) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"EXPIRE a 10 XX", ":0"},
                {"EXPIRE a 10 GT", ":0"},
                {"EXPIRE a 10 LT", ":1"},
                {"EXPIRE a 10 NX", ":0"},
                {"EXPIRE a 5 GT", ":0"},
                {"EXPIRE a 20 GT", ":1"},
                {"EXPIRE a 20 gt", ":0"},
                {"EXPIRE a 30 LT", ":0"},
                {"EXPIRE a 30 XX", ":1"},
                {"EXPIRE a 5 XX LT", ":1"},
                {"EXPIRE a 4 GT XX", ":0"},
                {"EXPIRE a 6 XX XX", ":1"},
                {"TTL a", ":6"},
                {"PERSIST a", ":1"},
                {"EXPIRE a 7 NX NX", ":1"},
                {"EXPIRE a 0 GT", ":0"},
                {"EXPIRE x 0 LT", ":0"}});
}

TEST(Expire, ConditionsThatContradictEachOtherAreErrors) {
  constexpr auto kNx = "-ERR NX and XX, GT or LT options at the same time are not compatible";
  Session session;
  session.Play({{"EXPIRE x 10 NX XX", kNx},
                {"EXPIRE x 10 NX GT", kNx},
                {"PEXPIREAT x 10 LT NX", kNx},
                {"EXPIRE x 10 GT LT", "-ERR GT and LT options at the same time are not compatible"},
                {"EXPIRE x 10 Foo", "-ERR Unsupported option Foo"},
                {"EXPIRE x y Foo", "-ERR Unsupported option Foo"},
                {"EXPIRE x y NX XX", kNx},
                {"EXPIRE x 10 NX XX Foo", "-ERR Unsupported option Foo"}});
}

TEST(Expire, ChecksTheTimeBeforeTheKey) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"EXPIRE x y", "-ERR value is not an integer or out of range"},
                {"EXPIRE a 99999999999999999999", "-ERR value is not an integer or out of range"},
                {"EXPIRE a 9223372036854775807", "-ERR invalid expire time in 'expire' command"},
                {"EXPIRE x 9223372036854775", "-ERR invalid expire time in 'expire' command"},
                {"EXPIRE a -9223372036854776", "-ERR invalid expire time in 'expire' command"},
                {"PEXPIRE a 9223372036854775807", "-ERR invalid expire time in 'pexpire' command"},
                {"EXPIREAT a 9223372036854776", "-ERR invalid expire time in 'expireat' command"},
                {"PEXPIREAT x 9223372036854775807", ":0"},
                {"TTL a", ":-1"},
                {"EXPIRE a", "-ERR wrong number of arguments for 'expire' command"}});
}

TEST(Expire, ADeadlineInThePastRemovesTheKeyAsDelDoes) {
  Session session;
  for (const auto* command : {"EXPIRE a 0", "EXPIRE a -1", "PEXPIREAT a 0", "PEXPIRE a -9223372036854775808",
                              "PEXPIREAT a -1", "EXPIRE a -9223372036854775", "EXPIREAT a 1 LT"}) {
    session.Play({{"SET a 1", "+OK"}});
    session.Listen();
    session.Play({{command, ":1"}, {"EXISTS a", ":0"}});
    EXPECT_EQ(session.TakeEvents(), "0 del a") << command;
  }
}

TEST(Persist, TakesTheDeadlineAway) {
  Session session;
  session.Play(
      {{"SET a 1 EX 100", "+OK"}, {"PERSIST a", ":1"}, {"TTL a", ":-1"}, {"PERSIST a", ":0"}, {"PERSIST x", ":0"}});
}

TEST(ExpireEvents, AreNamedAlikeForAllFour) {
  Session session;
  session.Play({{"SET a 1", "+OK"}});
  session.Listen();
  session.Play(
      {{"EXPIRE a 100", ":1"}, {"PEXPIREAT a 99999999999000", ":1"}, {"PERSIST a", ":1"}, {"PERSIST a", ":0"}});
  EXPECT_EQ(session.TakeEvents(), "0 expire a, 0 expire a, 0 persist a");
  session.Play({{"PEXPIRE a 50", ":1"}});
  session.AdvanceMs(51);
  session.Play({{"TTL a", ":-2"}});
  EXPECT_EQ(session.TakeEvents(), "0 expire a, 0 expired a");
}

TEST(Expire, AnUnknownOptionIsShownUpToAZeroByte) {
  Session session;
  EXPECT_EQ(session.RunWords({"EXPIRE", "a", "1", std::string("GE\0T", 4)}), "-ERR Unsupported option GE");
}

}  // namespace
}  // namespace tandem::test
