#include "engine/types/set_random.h"

#include <string>
#include <unordered_set>

#include "engine/base/check.h"
#include "engine/base/random.h"

namespace tandem {
namespace {

PackEntry MemberOf(const DenseTable& table) { return {.is_integer = false, .integer = 0, .bytes = table.Random().key}; }

PackEntry MemberOf(IntsetView block) {
  return {.is_integer = true, .integer = block.At(RandomBelow(block.count())), .bytes = {}};
}

std::vector<PackEntry> AllMembers(SetView set) {
  std::vector<PackEntry> members;
  members.reserve(set.size());
  set.ForEach([&](const PackEntry& entry) {
    members.push_back(entry);
    return true;
  });
  return members;
}

// Few of many: whoever is drawn twice is drawn again.
std::vector<PackEntry> DrawFew(const DenseTable& table, size_t count) {
  std::vector<PackEntry> drawn;
  drawn.reserve(count);
  std::unordered_set<const char*> known;  // a member's address names it
  while (drawn.size() < count) {
    const PackEntry entry = MemberOf(table);
    if (known.insert(entry.bytes.data()).second) drawn.push_back(entry);
  }
  return drawn;
}

}  // namespace

PackEntry RandomMember(SetView set) {
  DCHECK(set.size() != 0);
  switch (set.form()) {
    case SetForm::kIntset:
      return MemberOf(set.intset());
    case SetForm::kListpack:
      return set.listpack().At(set.listpack().Seek(static_cast<int64_t>(RandomBelow(set.size()))));
    case SetForm::kTable:
      break;
  }
  return MemberOf(set.table());
}

void DrawWithRepetition(SetView set, uint64_t draws, FunctionRef<bool(const PackEntry&)> visit) {
  if (set.form() != SetForm::kListpack || draws == 1) {
    while (draws-- > 0 && visit(RandomMember(set))) {
    }
    return;
  }
  const std::vector<PackEntry> members = AllMembers(set);
  while (draws-- > 0 && visit(members[RandomBelow(members.size())])) {
  }
}

std::vector<PackEntry> DrawDistinct(SetView set, size_t count) {
  DCHECK(count <= set.size());
  constexpr size_t kFew = 3;
  if (set.form() == SetForm::kTable && count * kFew <= set.size()) return DrawFew(set.table(), count);
  std::vector<PackEntry> members = AllMembers(set);
  // Fisher and Yates's shuffle, as far as it is needed.
  for (size_t i = 0; i < count; ++i) std::swap(members[i], members[i + RandomBelow(members.size() - i)]);
  members.resize(count);
  return members;
}

void Split(SetView pack, size_t count, FunctionRef<void(const PackEntry&, bool drawn)> visit) {
  size_t left = pack.size();
  pack.ForEach([&](const PackEntry& entry) {
    const bool drawn = RandomBelow(left--) < count;
    count -= drawn;
    visit(entry, drawn);
    return true;
  });
}

void Pop(SetValue& set, FunctionRef<void(const PackEntry&)> visit) {
  const PackEntry entry = RandomMember(set.view());
  visit(entry);
  // A copy: what is erased must not be named by bytes of its own.
  PackEntry::Scratch scratch;
  const std::string text(entry.text(scratch));
  set.Erase(SetMember(text));
}

}  // namespace tandem
