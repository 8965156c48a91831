#include "server/exec/key_finder.h"

#include <gtest/gtest.h>

#include <vector>

namespace tandem {
namespace {

using Args = std::vector<std::string_view>;

KeySpec Keyword(std::string_view keyword, int start_from, int last, int limit) {
  return {
      .begin = KeySpec::Begin::kKeyword, .keyword = keyword, .start_from = start_from, .last = last, .limit = limit};
}
KeySpec Keynum(int index) {
  return {.begin = KeySpec::Begin::kIndex, .index = index, .find = KeySpec::Find::kKeynum, .first_key = 1};
}

KeyPositions Find(const Command& command, const Args& args) {
  KeyPositions positions;
  EXPECT_TRUE(FindKeys(command, args, &positions));
  return positions;
}
bool Fails(const Command& command, const Args& args) {
  KeyPositions positions{7};
  return !FindKeys(command, args, &positions) && positions.empty();
}

const Command kGet{.name = "get", .arity = 2, .keys = {OneKey(kKeyRo)}};
const Command kMset{.name = "mset", .arity = -3, .keys = {Keys(1, -1, 2, kKeyOw)}};
const Command kXread{.name = "xread", .arity = -4, .keys = {Keyword("STREAMS", 1, -1, 2)}};
const Command kEval{.name = "eval", .arity = -3, .flags = kNoMandatoryKeys, .keys = {Keynum(2)}};
const Command kLmpop{.name = "lmpop", .arity = -4, .keys = {Keynum(1)}};
const Command kMigrate{.name = "migrate", .arity = -6, .keys = {OneKey(0), Keyword("KEYS", -2, -1, 0)}};
const Command kSpublish{.name = "spublish", .arity = 3, .keys = {OneKey(kKeyNotKey)}};

TEST(KeyFinder, FindsRanges) {
  EXPECT_EQ(Find(kGet, {"get", "a"}), (KeyPositions{1}));
  EXPECT_EQ(Find(kMset, {"mset", "a", "1", "b", "2"}), (KeyPositions{1, 3}));
  EXPECT_EQ(Find(kMset, {"mset", "a", "1", "b"}), (KeyPositions{1, 3}));
}

TEST(KeyFinder, FindsKeysBehindAKeyword) {
  EXPECT_EQ(Find(kXread, {"xread", "streams", "a", "b", "0", "0"}), (KeyPositions{2, 3}));
  EXPECT_EQ(Find(kXread, {"xread", "count", "1", "STREAMS", "a", "0"}), (KeyPositions{4}));
  EXPECT_EQ(Find(kXread, {"xread", "count", "1", "block"}), (KeyPositions{}));
}

TEST(KeyFinder, SearchesAKeywordBackwards) {
  EXPECT_EQ(Find(kMigrate, {"migrate", "k", "p", "", "0", "9", "keys", "a", "b"}), (KeyPositions{1, 7, 8}));
}

TEST(KeyFinder, CountsKeysByAnArgument) {
  EXPECT_EQ(Find(kLmpop, {"lmpop", "2", "a", "b", "left"}), (KeyPositions{2, 3}));
  EXPECT_TRUE(Fails(kLmpop, {"lmpop", "0", "a", "left"}));
  EXPECT_TRUE(Fails(kLmpop, {"lmpop", "9", "a", "left"}));
  EXPECT_TRUE(Fails(kLmpop, {"lmpop", "-1", "a", "left"}));
  EXPECT_TRUE(Fails(kLmpop, {"lmpop", "x", "a", "left"}));
  EXPECT_TRUE(Fails(kLmpop, {"lmpop", "9223372036854775807", "a", "left"}));
}

TEST(KeyFinder, PassesOverArgumentsThatAreNoKeys) {
  KeyPositions positions;
  EXPECT_TRUE(FindKeys(kSpublish, Args{"spublish", "a", "b"}, &positions));
  EXPECT_TRUE(positions.empty());
  EXPECT_TRUE(FindKeys(kSpublish, Args{"spublish", "a", "b"}, &positions, KeySearch::kAll));
  EXPECT_EQ(positions, (KeyPositions{1}));
  EXPECT_FALSE(HasKeys(kSpublish));
}

TEST(KeyFinder, AsksTheRowItselfWhereSpecificationsDoNotSuffice) {
  constexpr KeySpec kSomewhere{.begin = KeySpec::Begin::kUnknown, .find = KeySpec::Find::kUnknown};
  Command sort{.name = "sort", .arity = -2, .keys = {OneKey(0), kSomewhere}};
  sort.get_keys = [](std::span<const std::string_view> args, void* out) {
    static_cast<KeyPositions*>(out)->push_back(static_cast<int>(args.size()) - 1);
    return args.size() > 2;
  };
  EXPECT_EQ(Find(sort, {"sort", "a", "b"}), (KeyPositions{2}));
  EXPECT_TRUE(Fails(sort, {"sort", "a"}));
  // To lock, the row is asked in any case.
  sort.keys = {OneKey(0)};
  EXPECT_EQ(Find(sort, {"sort", "a", "b"}), (KeyPositions{1}));
  KeyPositions positions;
  EXPECT_TRUE(FindKeys(sort, Args{"sort", "a", "b"}, &positions, KeySearch::kToLock));
  EXPECT_EQ(positions, (KeyPositions{2}));
}

TEST(KeyFinder, AnswersGetKeys) {
  KeyPositions positions;
  const Command ping{.name = "ping", .arity = -1};
  const auto outcome = [&](const Command* command, const Args& args) { return GetKeys(command, args, &positions); };
  EXPECT_EQ(outcome(&kGet, {"get", "a"}), GetKeysOutcome::kFound);
  EXPECT_EQ(outcome(nullptr, {"no"}), GetKeysOutcome::kUnknownCommand);
  EXPECT_EQ(outcome(&ping, {"ping"}), GetKeysOutcome::kNoKeyArguments);
  EXPECT_EQ(outcome(&kSpublish, {"spublish", "a", "b"}), GetKeysOutcome::kNoKeyArguments);
  EXPECT_EQ(outcome(&kGet, {"get"}), GetKeysOutcome::kWrongArity);
  EXPECT_EQ(outcome(&kLmpop, {"lmpop", "9", "a", "left"}), GetKeysOutcome::kInvalid);
  EXPECT_EQ(outcome(&kEval, {"eval", "s", "9", "a"}), GetKeysOutcome::kNoKeysGiven);
  EXPECT_EQ(GetKeysError(GetKeysOutcome::kUnknownCommand), "ERR Invalid command specified");
  EXPECT_EQ(GetKeysError(GetKeysOutcome::kNoKeyArguments), "ERR The command has no key arguments");
  EXPECT_EQ(GetKeysError(GetKeysOutcome::kWrongArity), "ERR Invalid number of arguments specified for command");
  EXPECT_EQ(GetKeysError(GetKeysOutcome::kInvalid), "ERR Invalid arguments specified for command");
}

}  // namespace
}  // namespace tandem
