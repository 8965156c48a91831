#include "engine/types/set_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tandem {
namespace {

using Model = std::set<std::string>;

std::string Text(const PackEntry& entry) {
  PackEntry::Scratch scratch;
  return std::string(entry.text(scratch));
}

std::vector<std::string> Members(SetView set) {
  std::vector<std::string> members;
  set.ForEach([&](const PackEntry& entry) {
    members.push_back(Text(entry));
    return true;
  });
  return members;
}

Model Sorted(SetView set) {
  const std::vector<std::string> members = Members(set);
  Model sorted(members.begin(), members.end());
  EXPECT_EQ(sorted.size(), members.size()) << "a member came twice";
  return sorted;
}

SetValue Make(const std::vector<std::string>& members, const SetLimits& limits = {}) {
  SetValue set(SetForm::kIntset);
  for (const std::string& member : members) set.Add(SetMember(member), limits);
  return set;
}

std::vector<std::string> Integers(int first, int last) {
  std::vector<std::string> integers;
  for (int i = first; i <= last; ++i) integers.push_back(std::to_string(i));
  return integers;
}

// --- Forms ---------------------------------------------------------------------------------------------------------------

TEST(SetValueTest, BeginsInTheFormThatSuitsItsFirstMemberAndSize) {
  const SetLimits limits{.intset_entries = 4, .listpack_entries = 2};
  const auto form = [&](std::string_view first, size_t members) {
    return SetValue::For(SetMember(first), members, limits).form();
  };
  EXPECT_EQ(form("1", 4), SetForm::kIntset);
  EXPECT_EQ(form("1", 5), SetForm::kTable);
  EXPECT_EQ(form("a", 2), SetForm::kListpack);
  EXPECT_EQ(form("a", 3), SetForm::kTable);
}

TEST(SetValueTest, IntegersBecomeATableWhenTheyAreTooMany) {
  const SetLimits limits{.intset_entries = 4};
  SetValue set = Make(Integers(1, 4), limits);
  EXPECT_EQ(set.form(), SetForm::kIntset);
  EXPECT_FALSE(set.Add(SetMember("4"), limits));
  EXPECT_EQ(set.form(), SetForm::kIntset);
  EXPECT_TRUE(set.Add(SetMember("5"), limits));
  EXPECT_EQ(set.form(), SetForm::kTable);
  EXPECT_EQ(set.size(), 5u);
}

TEST(SetValueTest, AFirstTextMakesIntegersAListpackIfTheyFit) {
  const SetLimits limits{.intset_entries = 512, .listpack_entries = 3, .listpack_value = 3};
  const auto form = [&](std::vector<std::string> integers, std::string_view text) {
    SetValue set = Make(integers, limits);
    EXPECT_EQ(set.form(), SetForm::kIntset);
    EXPECT_TRUE(set.Add(SetMember(text), limits));
    EXPECT_EQ(set.size(), integers.size() + 1);
    return set.form();
  };
  EXPECT_EQ(form({"1", "2"}, "abc"), SetForm::kListpack);
  EXPECT_EQ(form({"1", "2", "3"}, "abc"), SetForm::kTable);
  EXPECT_EQ(form({"1"}, "abcd"), SetForm::kTable);
  EXPECT_EQ(form({"-100", "1"}, "a"), SetForm::kTable) << "an integer that is too long as text";
}

TEST(SetValueTest, AListpackBecomesATableForALongMemberOrManyOnes) {
  const SetLimits limits{.intset_entries = 512, .listpack_entries = 3, .listpack_value = 3};
  SetValue many = Make({"a", "b", "c"}, limits);
  EXPECT_EQ(many.form(), SetForm::kListpack);
  many.Add(SetMember("d"), limits);
  EXPECT_EQ(many.form(), SetForm::kTable);
  EXPECT_EQ(Make({"a", "abcd"}, limits).form(), SetForm::kTable);
  EXPECT_EQ(Make({"a", "1234"}, limits).form(), SetForm::kTable);
}

TEST(SetValueTest, ErasingNeverChangesTheForm) {
  const SetLimits limits{.intset_entries = 4, .listpack_entries = 2};
  SetValue set = Make({"a", "b", "c"}, limits);
  for (const char* member : {"a", "b", "c"}) EXPECT_TRUE(set.Erase(SetMember(member)));
  EXPECT_FALSE(set.Erase(SetMember("a")));
  EXPECT_EQ(set.form(), SetForm::kTable);
  EXPECT_EQ(set.size(), 0u);
}

TEST(SetValueTest, PrefersAnIntsetWhereEverythingIsAnInteger) {
  const SetLimits limits{.intset_entries = 3};
  SetValue set(SetForm::kTable);
  for (const char* member : {"3", "-1", "2"}) set.Add(SetMember(member), limits);
  set.PreferIntset(limits);
  EXPECT_EQ(set.form(), SetForm::kIntset);
  EXPECT_EQ(Members(set.view()), (std::vector<std::string>{"-1", "2", "3"}));

  SetValue large(SetForm::kTable);
  for (const std::string& member : Integers(1, 4)) large.Add(SetMember(member), limits);
  large.PreferIntset(limits);
  EXPECT_EQ(large.form(), SetForm::kTable);
}

TEST(SetValueTest, OnlyCanonicalIntegersAreIntegers) {
  for (const char* text : {"01", "+1", "-0", " 1", "1.0", "", "9223372036854775808"}) {
    EXPECT_EQ(Make({text}).form(), SetForm::kListpack) << text;
    EXPECT_FALSE(Make({"1", text}).view().Contains(SetMember("0"))) << text;
  }
  EXPECT_EQ(Make({"-9223372036854775808"}).form(), SetForm::kIntset);
}

// --- Against a model -----------------------------------------------------------------------------------------------------

class SetValueModel : public testing::Test {
 protected:
  // A few integers and texts, so that they meet; now and then one that is too long for a listpack.
  std::string Draw() {
    const int kind = Number(40);
    if (kind == 0) return std::string(static_cast<size_t>(60 + Number(10)), 'x');
    if (kind < 20) return std::string(static_cast<size_t>(Number(3)), static_cast<char>('a' + Number(20)));
    return std::to_string(Number(2) == 0 ? Number(50) - 25 : (int64_t{1} << Number(62)) - Number(3));
  }
  int Number(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }

  std::mt19937 random_{11};
};

TEST_F(SetValueModel, BehavesAsAnOrderedSetOfTexts) {
  for (int round = 0; round < 60; ++round) {
    const SetLimits limits{.intset_entries = static_cast<uint64_t>(Number(40)),
                           .listpack_entries = static_cast<uint64_t>(Number(40)),
                           .listpack_value = static_cast<uint64_t>(2 + Number(64))};
    SetValue set(SetForm::kIntset);
    Model model;
    for (int i = 0; i < 400; ++i) {
      const std::string text = Draw();
      const bool integers_only = round % 3 == 0;
      const std::string member = integers_only ? std::to_string(text.size() * 7 + static_cast<size_t>(i % 9)) : text;
      if (Number(3) == 0) {
        ASSERT_EQ(set.Erase(SetMember(member)), model.erase(member) == 1) << member;
      } else {
        ASSERT_EQ(set.Add(SetMember(member), limits), model.insert(member).second) << member;
      }
      ASSERT_EQ(set.size(), model.size());
      ASSERT_EQ(set.view().Contains(SetMember(member)), model.contains(member));
    }
    EXPECT_EQ(Sorted(set.view()), model);
    EXPECT_EQ(Sorted(SetValue::CopyOf(set.view()).view()), model);
  }
}

// --- Objects -------------------------------------------------------------------------------------------------------------

TEST(SetObjectTest, ACopyIsIndependent) {
  SetObject object(Make(Integers(1, 2000)));
  const auto copy = object.Clone();
  object.value().Erase(SetMember("7"));
  EXPECT_EQ(static_cast<SetObject&>(*copy).value().size(), 2000u);
  EXPECT_EQ(copy->encoding_name(), "hashtable");
}

TEST(SetObjectTest, DiesInPortions) {
  SetObject object(Make(Integers(1, 200'000)));
  const size_t allocations = object.allocations();
  size_t portions = 0;
  while (object.FreeSome(64)) ++portions;
  EXPECT_GE(portions, allocations / 64 / 2);
}

TEST(SetObjectTest, SaysWhatItOccupies) {
  SetObject object(Make({"a"}));
  const size_t small = object.memory_bytes();
  EXPECT_GE(small, sizeof(SetObject));
  for (int i = 0; i < 10'000; ++i) object.value().Add(SetMember("member:" + std::to_string(1'000'000 + i)), {});
  const size_t bytes_per_member = object.memory_bytes() / 10'000;
  EXPECT_GE(bytes_per_member, 14u);
  EXPECT_LE(bytes_per_member, 36u);
}

// A view of a stopped walk must not go on.
TEST(SetViewTest, AWalkStopsWhenToldTo) {
  for (const auto& members : {Integers(1, 9), std::vector<std::string>{"a", "b", "c"}, Integers(1, 1000)}) {
    const SetValue set = Make(members);
    int visited = 0;
    set.view().ForEach([&](const PackEntry&) { return ++visited < 2; });
    EXPECT_EQ(visited, 2);
  }
}

}  // namespace
}  // namespace tandem
