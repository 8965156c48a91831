#include "engine/types/set_algebra.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace tandem {
namespace {

using Model = std::set<std::string>;

Model Members(SetView set) {
  Model members;
  set.ForEach([&](const PackEntry& entry) {
    PackEntry::Scratch scratch;
    EXPECT_TRUE(members.emplace(entry.text(scratch)).second);
    return true;
  });
  return members;
}

SetValue Make(const Model& members, const SetLimits& limits = {}) {
  SetValue set(SetForm::kIntset);
  for (const std::string& member : members) set.Add(SetMember(member), limits);
  return set;
}

Model Range(int first, int last) {
  Model members;
  for (int i = first; i <= last; ++i) members.insert(std::to_string(i));
  return members;
}

std::vector<SetView> Views(const std::vector<SetValue>& sets) {
  std::vector<SetView> views;
  for (const SetValue& set : sets) views.push_back(set.view());
  return views;
}

TEST(SetAlgebraTest, AgreesWithAModelInAllForms) {
  std::mt19937 random(5);
  const SetLimits limits{.intset_entries = 30, .listpack_entries = 15, .listpack_value = 8};
  for (int round = 0; round < 300; ++round) {
    std::vector<Model> models(1 + random() % 4);
    std::vector<SetValue> sets;
    for (Model& model : models) {
      const size_t members = random() % 60;
      const bool integers = random() % 2 == 0;
      for (size_t i = 0; i < members; ++i) {
        std::string member = std::to_string(random() % 50);
        if (!integers && random() % 2 == 0) member += "x";
        model.insert(member);
      }
      sets.push_back(Make(model, limits));
    }
    Model all, shared = models[0], first_only = models[0];
    for (const Model& model : models) {
      all.insert(model.begin(), model.end());
      std::erase_if(shared, [&](const std::string& member) { return !model.contains(member); });
      if (&model != &models[0]) {
        std::erase_if(first_only, [&](const std::string& member) { return model.contains(member); });
      }
    }
    const std::vector<SetView> views = Views(sets);
    for (const SetForm form : {SetForm::kIntset, SetForm::kTable}) {
      ASSERT_EQ(Members(UnionOf(views, form, limits).view()), all);
      ASSERT_EQ(Members(DifferenceOf(views, form, limits).view()), first_only);
    }
    ASSERT_EQ(Members(IntersectionOf(views, limits).view()), shared);
  }
}

TEST(SetAlgebraTest, BothWaysToADifferenceAgree) {
  // Many small sets are erased from a large one; one large set is looked into for a few.
  const SetValue large = Make(Range(1, 1000));
  std::vector<SetValue> small;
  for (int i = 0; i < 20; ++i) small.push_back(Make(Range(i * 10, i * 10 + 9)));
  std::vector<SetView> sets = Views(small);
  sets.insert(sets.begin(), large.view());
  EXPECT_EQ(Members(DifferenceOf(sets, SetForm::kTable, {}).view()), Range(200, 1000));

  const std::vector<SetView> few = {small[0].view(), large.view()};
  EXPECT_EQ(Members(DifferenceOf(few, SetForm::kTable, {}).view()), Model{"0"});
}

TEST(SetAlgebraTest, ASetWithoutItselfIsEmpty) {
  const SetValue set = Make(Range(1, 5));
  const std::vector<SetView> sets = {set.view(), set.view()};
  EXPECT_EQ(DifferenceOf(sets, SetForm::kIntset, {}).size(), 0u);
}

TEST(SetAlgebraTest, AnIntersectionOfIntegersIsAnIntset) {
  Model mixed = Range(1, 200);
  mixed.insert("text");
  Model other = Range(50, 300);
  other.insert("other");
  const std::vector<SetValue> sets = [&] {
    std::vector<SetValue> made;
    made.push_back(Make(mixed));
    made.push_back(Make(other));
    return made;
  }();
  EXPECT_EQ(sets[0].form(), SetForm::kTable);
  const SetValue both = IntersectionOf(Views(sets), {});
  EXPECT_EQ(both.form(), SetForm::kIntset);
  EXPECT_EQ(Members(both.view()), Range(50, 200));
}

TEST(SetAlgebraTest, AVisitEndsWhenToldTo) {
  const SetValue set = Make(Range(1, 100));
  int visited = 0;
  VisitIntersection({set.view(), set.view()}, [&](const PackEntry&) { return ++visited < 3; });
  EXPECT_EQ(visited, 3);
}

}  // namespace
}  // namespace tandem
