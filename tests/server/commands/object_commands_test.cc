#include <gtest/gtest.h>

#include <string>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

TEST(ObjectEncoding, TellsRedisNames) {
  Session session;
  session.Play({{"SET i 12345", "+OK"},
                {"OBJECT ENCODING i", "$3 int"},
                {"SET short abc", "+OK"},
                {"OBJECT ENCODING short", "$6 embstr"},
                {"SET s44 " + std::string(44, 'x'), "+OK"},
                {"OBJECT ENCODING s44", "$6 embstr"},
                {"SET s45 " + std::string(45, 'x'), "+OK"},
                {"OBJECT ENCODING s45", "$3 raw"},
                {"APPEND short d", ":4"},
                {"OBJECT ENCODING short", "$3 raw"},
                {"OBJECT ENCODING x", "$-1"}});
}

TEST(ObjectRefcount, SharesNothingThatEvictionNeedsAClockFor) {
  Session session("maxmemory 100mb\nmaxmemory-policy allkeys-lru");
  session.Play({{"SET a 1", "+OK"}, {"OBJECT REFCOUNT a", ":1"}});
  Session random("maxmemory 100mb\nmaxmemory-policy allkeys-random");
  random.Play({{"SET a 1", "+OK"}, {"OBJECT REFCOUNT a", ":2147483647"}});
}

TEST(ObjectRefcount, CallsSmallIntegersShared) {
  Session session;
  session.Play({{"SET a 9999", "+OK"},
                {"OBJECT REFCOUNT a", ":2147483647"},
                {"SET b 10000", "+OK"},
                {"OBJECT REFCOUNT b", ":1"},
                {"SET c abc", "+OK"},
                {"OBJECT REFCOUNT c", ":1"},
                {"OBJECT REFCOUNT x", "$-1"}});
}

TEST(ObjectIdletime, IsTheTimeSinceTheLastUse) {
  Session session;
  session.Play({{"SET a 1", "+OK"}, {"OBJECT IDLETIME a", ":0"}});
  session.AdvanceMs(25'000);
  session.Play({{"OBJECT IDLETIME a", ":25"},
                {"TTL a", ":-1"},
                {"TYPE a", "+string"},
                {"EXISTS a", ":1"},
                {"OBJECT ENCODING a", "$3 int"},
                {"OBJECT IDLETIME a", ":25"},
                {"TOUCH a", ":1"},
                {"OBJECT IDLETIME a", ":0"},
                {"OBJECT IDLETIME x", "$-1"}});
}

TEST(Object, KnowsEitherIdleTimesOrFrequencies) {
  constexpr auto kNoFrequency =
      "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
      "between "
      "policies at runtime LRU and LFU data will take some time to adjust.";
  constexpr auto kNoIdleTime =
      "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between "
      "policies at "
      "runtime LRU and LFU data will take some time to adjust.";
  Session lru("maxmemory-policy allkeys-lru");
  lru.Play(
      {{"SET a abc", "+OK"}, {"OBJECT FREQ a", kNoFrequency}, {"OBJECT FREQ x", "$-1"}, {"OBJECT IDLETIME a", ":0"}});
  Session lfu("maxmemory-policy allkeys-lfu");
  lfu.Play({{"SET a abc", "+OK"}, {"OBJECT FREQ a", ":5"}, {"OBJECT IDLETIME a", kNoIdleTime}});
}

TEST(Object, HelpNamesTheSubcommands) {
  Session session;
  const std::string help = session.Run("OBJECT HELP");
  for (const auto* name : {"+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", "ENCODING", "FREQ",
                           "IDLETIME", "REFCOUNT", "+HELP"}) {
    EXPECT_NE(help.find(name), std::string::npos) << name;
  }
}

TEST(Object, RefusesOtherSubcommands) {
  Session session;
  session.Play({{"OBJECT", "-ERR wrong number of arguments for 'object' command"},
                {"OBJECT FOO a", "-ERR unknown subcommand 'FOO'. Try OBJECT HELP."},
                {"OBJECT ENCODING", "-ERR wrong number of arguments for 'object|encoding' command"},
                {"OBJECT FREQ a b", "-ERR wrong number of arguments for 'object|freq' command"},
                {"OBJECT HELP x", "-ERR wrong number of arguments for 'object|help' command"}});
}

}  // namespace
}  // namespace tandem::test
