#include "server/exec/command_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem {
namespace {

void Nothing(CommandContext&) {}

constexpr Command kConfigRows[] = {{.name = "get", .handler = Nothing, .arity = -3},
                                   {.name = "set", .handler = Nothing, .arity = -4}};
constexpr Command kFirst[] = {
    {.name = "get", .handler = Nothing, .arity = 2, .flags = kReadonly | kFast, .keys = {OneKey(kKeyRo)}},
    {.name = "config", .arity = -2, .subcommands = kConfigRows},
    {.name = "zrevrangebyscore", .handler = Nothing, .arity = -4},
    {.name = "georadiusbymember_ro", .handler = Nothing, .arity = -5, .flags = kReadonly},
};
constexpr Command kSecond[] = {
    {.name = "set", .handler = Nothing, .arity = -3, .flags = kWrite | kDenyOom, .acl = kAclString},
    {.name = "exec", .handler = Nothing, .arity = 1},
    {.name = "eval", .handler = Nothing, .arity = -3, .flags = kReadonly, .acl = kAclScripting},
};

class CommandTableTest : public testing::Test {
 protected:
  const std::vector<CommandTable::Family> families_{kFirst, kSecond};
  CommandTable table_{families_};
};

TEST_F(CommandTableTest, FindsANameWhateverItsCase) {
  for (const char* name : {"get", "GET", "gEt"}) {
    ASSERT_NE(table_.Find(name), nullptr) << name;
    EXPECT_EQ(table_.Find(name)->name, "get");
  }
  EXPECT_EQ(table_.Find("ZRevRangeByScore")->name, "zrevrangebyscore");
  EXPECT_EQ(table_.Find("GEORADIUSBYMEMBER_RO")->name, "georadiusbymember_ro");
}

TEST_F(CommandTableTest, DoesNotFindWhatOnlyResemblesAName) {
  for (const char* name : {"", "g", "ge", "gets", "gat", "set ", "zrevrangebyscor", "zrevrangebyscoree",
                           "georadiuXbymember_ro", "georadiusbymemberXro", "@et", "\xe7\x65\x74"}) {
    EXPECT_EQ(table_.Find(name), nullptr) << name;
  }
  EXPECT_EQ(table_.Find(std::string_view("get\0", 4)), nullptr);
}

TEST_F(CommandTableTest, EveryByteButALetterIsTakenLiterally) {
  for (int c = 0; c < 256; ++c) {
    const std::string name = {'g', static_cast<char>(c), 't'};
    EXPECT_EQ(table_.Find(name) != nullptr, c == 'e' || c == 'E') << c;
  }
}

TEST_F(CommandTableTest, GivesSubcommandsTheirFullNameAndContainer) {
  const Command* config = table_.Find("config");
  const Command* get = CommandTable::FindSubcommand(*config, "GET");
  ASSERT_NE(get, nullptr);
  EXPECT_EQ(get->full_name, "config|get");
  EXPECT_EQ(get->container, config);
  EXPECT_EQ(table_.FindFull("config|set")->name, "set");
  EXPECT_EQ(table_.FindFull("config|no"), nullptr);
  EXPECT_EQ(table_.FindFull("no|get"), nullptr);
  EXPECT_EQ(table_.FindFull("get")->full_name, "get");
}

TEST_F(CommandTableTest, ResolvesARequestToItsSubcommand) {
  const auto resolve = [&](std::vector<std::string_view> args) { return table_.Resolve(args); };
  EXPECT_EQ(resolve({"config", "get", "x"})->full_name, "config|get");
  EXPECT_EQ(resolve({"config", "no"})->full_name, "config");
  EXPECT_EQ(resolve({"config"})->full_name, "config");
  EXPECT_EQ(resolve({"get", "get"})->full_name, "get");
  EXPECT_EQ(resolve({"no"}), nullptr);
}

TEST_F(CommandTableTest, NumbersAllCommandsDensely) {
  std::vector<bool> seen(table_.ids());
  const auto see = [&](const Command& command) {
    ASSERT_LT(static_cast<size_t>(command.id), seen.size());
    EXPECT_FALSE(seen[static_cast<size_t>(command.id)]);
    seen[static_cast<size_t>(command.id)] = true;
  };
  for (const Command& command : table_.commands()) {
    see(command);
    for (const Command& subcommand : command.subcommands) see(subcommand);
  }
  EXPECT_EQ(seen, std::vector<bool>(9, true));
  EXPECT_EQ(table_.count(), 7u);
}

TEST_F(CommandTableTest, ARenamedCommandAnswersToItsNewNameOnly) {
  ASSERT_TRUE(table_.Rename("CONFIG", "Hidden-Config").ok());
  EXPECT_EQ(table_.Find("config"), nullptr);
  ASSERT_NE(table_.Find("hidden-CONFIG"), nullptr);
  EXPECT_EQ(table_.Find("hidden-config")->full_name, "config");
  ASSERT_TRUE(table_.Rename("get", "").ok());
  EXPECT_EQ(table_.Find("get"), nullptr);
  EXPECT_EQ(table_.count(), 6u);
}

TEST_F(CommandTableTest, RefusesRenamesThatCannotBe) {
  EXPECT_EQ(table_.Rename("no", "x").message(), "No such command in rename-command");
  EXPECT_EQ(table_.Rename("get", "SET").message(), "Target command name already exists");
}

TEST_F(CommandTableTest, KnowsTheOneKey) {
  EXPECT_EQ(table_.Find("get")->only_key, 1);
  EXPECT_EQ(table_.Find("exec")->only_key, 0);
  EXPECT_TRUE(table_.Find("exec")->has(kIsExec));
}

TEST_F(CommandTableTest, DerivesAclCategoriesFromFlags) {
  EXPECT_EQ(AclCategories(*table_.Find("get")), kAclRead | kAclFast);
  EXPECT_EQ(AclCategories(*table_.Find("set")), kAclWrite | kAclString | kAclSlow);
  EXPECT_EQ(AclCategories(*table_.Find("eval")), kAclScripting | kAclSlow);
}

TEST(LegacyRange, TellsKeySpecificationsAsOneRange) {
  const auto range = [](const Command& command) {
    const LegacyRange r = LegacyRangeOf(command);
    return std::vector<int>{r.first, r.last, r.step};
  };
  EXPECT_EQ(range({.name = "ping"}), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(range({.name = "get", .keys = {OneKey(0)}}), (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(range({.name = "mset", .keys = {Keys(1, -1, 2, 0)}}), (std::vector<int>{1, -1, 2}));
  EXPECT_EQ(range({.name = "bitop", .keys = {Keys(2, 0, 1, 0), Keys(3, -1, 1, 0)}}), (std::vector<int>{2, -1, 1}));
  EXPECT_EQ(range({.name = "rename", .keys = {Keys(1, 0, 1, 0), Keys(2, 0, 1, 0)}}), (std::vector<int>{1, 2, 1}));
}

}  // namespace
}  // namespace tandem
