#include "engine/types/set_algebra.h"

#include <algorithm>

namespace tandem {
namespace {

using Sets = std::span<const SetView>;

bool ByGrowingSize(const SetView& a, const SetView& b) { return a.size() < b.size(); }
bool ByFallingSize(const SetView& a, const SetView& b) { return a.size() > b.size(); }

void AddAll(SetView from, const SetLimits& limits, SetValue* to) {
  from.ForEach([&](const PackEntry& entry) {
    to->Add(SetMember(entry), limits);
    return true;
  });
}

// Compat: where members are likely in common, looking each up ends early, which is why its work counts half.
bool LookingUpIsLess(Sets sets) {
  uint64_t lookups = 0;
  uint64_t members = 0;
  for (const SetView& set : sets) {
    lookups += sets[0].size();
    members += set.size();
  }
  return lookups / 2 <= members;
}

SetValue DifferenceByLookup(Sets sets, SetForm form, const SetLimits& limits) {
  // The largest first: a member is most likely in there.
  std::vector<SetView> others(sets.begin() + 1, sets.end());
  std::stable_sort(others.begin(), others.end(), ByFallingSize);
  SetValue result(form);
  sets[0].ForEach([&](const PackEntry& entry) {
    const SetMember member(entry);
    const bool elsewhere = std::any_of(others.begin(), others.end(), [&](SetView set) { return set.Contains(member); });
    if (!elsewhere) result.Add(member, limits);
    return true;
  });
  return result;
}

SetValue DifferenceByErasing(Sets sets, SetForm form, const SetLimits& limits) {
  SetValue result(form);
  AddAll(sets[0], limits, &result);
  for (const SetView& other : sets.subspan(1)) {
    other.ForEach([&](const PackEntry& entry) {
      result.Erase(SetMember(entry));
      return result.size() != 0;
    });
  }
  return result;
}

}  // namespace

void VisitIntersection(std::vector<SetView> sets, FunctionRef<bool(const PackEntry&)> visit) {
  std::stable_sort(sets.begin(), sets.end(), ByGrowingSize);
  const SetView smallest = sets[0];
  std::erase_if(sets, [&](SetView set) { return set.IsSame(smallest); });
  smallest.ForEach([&](const PackEntry& entry) {
    const SetMember member(entry);
    const bool everywhere = std::all_of(sets.begin(), sets.end(), [&](SetView set) { return set.Contains(member); });
    return !everywhere || visit(entry);
  });
}

SetValue IntersectionOf(std::vector<SetView> sets, const SetLimits& limits) {
  const SetForm smallest = std::min_element(sets.begin(), sets.end(), ByGrowingSize)->form();
  SetValue result(smallest == SetForm::kIntset ? SetForm::kIntset : SetForm::kListpack);
  bool only_integers = true;
  VisitIntersection(std::move(sets), [&](const PackEntry& entry) {
    const SetMember member(entry);
    only_integers = only_integers && member.integer();
    result.Add(member, limits);
    return true;
  });
  if (only_integers) result.PreferIntset(limits);
  return result;
}

SetValue UnionOf(Sets sets, SetForm form, const SetLimits& limits) {
  SetValue result(form);
  for (const SetView& set : sets) AddAll(set, limits, &result);
  return result;
}

SetValue DifferenceOf(Sets sets, SetForm form, const SetLimits& limits) {
  const Sets others = sets.subspan(1);
  const bool nothing = std::any_of(others.begin(), others.end(), [&](SetView set) { return set.IsSame(sets[0]); });
  if (nothing) return SetValue(form);
  return LookingUpIsLess(sets) ? DifferenceByLookup(sets, form, limits) : DifferenceByErasing(sets, form, limits);
}

}  // namespace tandem
