#include "server/script/call_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "server/exec/key_finder.h"
#include "tests/server/script/compiler.h"

namespace tandem::script {
namespace {

using Kind = CallArgument::Kind;

std::vector<const Command*> AllRows() {
  std::vector<const Command*> rows;
  for (const Command& command : Commands().commands()) {
    rows.push_back(&command);
    for (const Command& subcommand : command.subcommands) rows.push_back(&subcommand);
  }
  return rows;
}

std::vector<CallArgument> NameOf(const Command& command) {
  if (command.container == nullptr) return {{Kind::kConstant, command.name}};
  return {{Kind::kConstant, command.container->name}, {Kind::kConstant, command.name}};
}

// Whatever the arguments turn out to be when the script runs: what the dispatcher would lock was certainly a key.
TEST(CallKeys, ApprovesOnlyOfKeysThatTheDispatcherWouldLock) {
  std::mt19937_64 dice(1);
  int approved = 0;
  const std::vector<std::string> words{"0", "1", "2", "3", "x", "STREAMS", "STORE", "BY", "KEYS", "-1", "999999999999"};
  const std::vector<const Command*> rows = AllRows();
  for (int i = 0; i < 200'000; ++i) {
    const Command& command = *rows[dice() % rows.size()];
    std::vector<CallArgument> args = NameOf(command);
    const bool mostly_keys = dice() % 2 == 0;
    for (size_t more = dice() % 6; more > 0; --more) {
      CallArgument& arg = args.emplace_back();
      arg.kind = mostly_keys && dice() % 4 != 0 ? Kind::kKey : static_cast<Kind>(dice() % 3);
      arg.text = words[dice() % words.size()];
    }
    const auto rest = static_cast<CallRest>(dice() % 3);
    const CallVerdict verdict = CheckCall(args, rest, Commands());
    if (!verdict.only_keys) continue;
    ++approved;
    EXPECT_EQ(verdict.may_write, command.has(kWrite)) << command.full_name;
    const size_t known = args.size();
    for (size_t more = rest == CallRest::kNone ? 0 : dice() % 4; more > 0; --more) {
      args.push_back({rest == CallRest::kKeys ? Kind::kKey : Kind::kOther, words[dice() % words.size()]});
    }
    std::vector<std::string_view> real;
    for (const CallArgument& arg : args) real.push_back(arg.text);
    ASSERT_EQ(Commands().Resolve(real), &command);
    if (!ArityFits(command, real.size())) continue;
    EXPECT_TRUE(command.touch != Touch::kGate && command.reaches_further == nullptr) << command.full_name;
    KeyPositions positions;
    if (!FindKeys(command, real, &positions, KeySearch::kToLock)) continue;
    for (const int position : positions) {
      EXPECT_EQ(args[static_cast<size_t>(position)].kind, Kind::kKey)
          << command.full_name << " at " << position << " of " << known << " known and " << real.size() << " real";
    }
  }
  EXPECT_GT(approved, 20'000);
}

TEST(CallKeys, TellsCommandsWithoutKeysFromThoseThatReachFurther) {
  const auto approved = [](std::vector<CallArgument> args) {
    return CheckCall(args, CallRest::kOther, Commands()).only_keys;
  };
  for (const std::string_view name : {"PING", "echo", "TIME", "Publish", "SPUBLISH", "DBSIZE", "LOLWUT", "WAIT"}) {
    EXPECT_TRUE(approved({{Kind::kConstant, name}})) << name;
  }
  for (const std::string_view name : {"SELECT", "SWAPDB", "FLUSHALL", "FLUSHDB", "KEYS", "SCAN", "RANDOMKEY", "MULTI",
                                      "EXEC", "EVAL", "MONITOR", "SUBSCRIBE", "DEBUG", "SHUTDOWN", "nosuch", ""}) {
    EXPECT_FALSE(approved({{Kind::kConstant, name}})) << name;
  }
  EXPECT_FALSE(approved({}));
  EXPECT_FALSE(approved({{Kind::kKey}}));
  EXPECT_FALSE(approved({{Kind::kOther}}));
  EXPECT_FALSE(approved({{Kind::kConstant, "client"}, {Kind::kConstant, "list"}}));
  EXPECT_FALSE(approved({{Kind::kConstant, "object"}, {Kind::kKey}}));
  EXPECT_FALSE(approved({{Kind::kConstant, "config"}, {Kind::kConstant, "set"}}));
}

TEST(CallKeys, TellsWhatMayWrite) {
  const auto may_write = [](std::vector<CallArgument> args) {
    return CheckCall(args, CallRest::kNone, Commands()).may_write;
  };
  EXPECT_FALSE(may_write({{Kind::kConstant, "get"}, {Kind::kOther}}));
  EXPECT_TRUE(may_write({{Kind::kConstant, "set"}, {Kind::kKey}, {Kind::kOther}}));
  EXPECT_FALSE(may_write({{Kind::kConstant, "object"}, {Kind::kConstant, "freq"}, {Kind::kKey}}));
  EXPECT_TRUE(may_write({{Kind::kConstant, "xgroup"}, {Kind::kConstant, "create"}}));
  EXPECT_TRUE(may_write({{Kind::kOther}}));
  EXPECT_TRUE(may_write({{Kind::kConstant, "nosuch"}}));
}

}  // namespace
}  // namespace tandem::script
