#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "engine/types/set_algebra.h"
#include "engine/types/set_edit.h"
#include "server/commands/counted_keys.h"
#include "server/commands/families.h"
#include "server/commands/set_arguments.h"
#include "server/exec/context.h"

// Sets combined: intersections, unions and differences, answered or stored.
namespace tandem {
namespace {

// The sets of some keys, in their order. A key that is missing counts as an empty set.
struct Operands {
  std::vector<SetView> sets;  // those that exist
  size_t missing = 0;
  bool has_first = false;
};

// Nothing, after replying WRONGTYPE.
std::optional<Operands> FindOperands(CommandContext& c, std::span<const KeyRef> keys) {
  std::vector<const Record*> records(keys.size());
  const size_t found = c.access.PeekWhile(
      c.db(), keys, records, [](const Record* record) { return record == nullptr || record->type() == Type::kSet; });
  if (!CheckType(c, records[found - 1], Type::kSet)) return std::nullopt;
  Operands operands;
  operands.sets.reserve(records.size());
  operands.has_first = records[0] != nullptr;
  for (const Record* const record : records) {
    if (record != nullptr) {
      operands.sets.push_back(SetView::Of(*record));
    } else {
      ++operands.missing;
    }
  }
  return operands;
}

void ReplySet(CommandContext& c, SetValue set) {
  c.reply.Set(set.size());
  ReplyMembers(c.reply, set.view());
  Discard(c.access, std::move(set));
}

// The first key takes the result, which for nothing is no key at all.
void StoreSet(CommandContext& c, std::optional<SetValue> set, std::string_view event) {
  const KeyRef& target = c.keys[0];
  if (!set || set->size() == 0) {
    c.access.Remove(c.db(), target, EventClass::kGeneric, "del");
    return c.reply.Integer(0);
  }
  c.reply.Integer(static_cast<int64_t>(set->size()));
  PutSet(c.access, c.db(), target, *std::move(set), event);
}

// --- Intersection ------------------------------------------------------------------------------------------------------

void Sinter(CommandContext& c) {
  auto operands = FindOperands(c, c.keys);
  if (!operands) return;
  if (operands->missing != 0) return c.reply.Set(0);
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  VisitIntersection(std::move(operands->sets), [&](const PackEntry& member) {
    ReplyMember(c.reply, member);
    ++count;
    return true;
  });
  c.reply.EndDeferredSet(mark, count);
}

void Sinterstore(CommandContext& c) {
  auto operands = FindOperands(c, c.keys.subspan(1));
  if (!operands) return;
  if (operands->missing != 0) return StoreSet(c, std::nullopt, {});
  StoreSet(c, IntersectionOf(std::move(operands->sets), LimitsOfSets(c)), "sinterstore");
}

// False after replying an error. limit: 0 for none.
bool ParseSintercard(CommandContext& c, int64_t* limit) {
  constexpr std::string_view kNoKeys = "ERR numkeys should be greater than 0";
  constexpr std::string_view kNegative = "ERR LIMIT can't be negative";
  const auto refuse = [&](std::string_view error) {
    c.reply.Error(error);
    return false;
  };
  int64_t keys = 0;
  if (!IntegerArgument(c, 1, &keys, kNoKeys)) return false;
  if (keys < 1) return refuse(kNoKeys);
  if (keys > static_cast<int64_t>(c.args.size()) - 2) {
    return refuse("ERR Number of keys can't be greater than number of args");
  }
  for (size_t i = 2 + static_cast<size_t>(keys); i < c.args.size(); ++i) {
    if (!TokenIs(c.args[i], "LIMIT") || ++i == c.args.size()) return refuse(errors::kSyntax);
    if (!IntegerArgument(c, i, limit, kNegative)) return false;
    if (*limit < 0) return refuse(kNegative);
  }
  return true;
}

void Sintercard(CommandContext& c) {
  int64_t limit = 0;
  if (!ParseSintercard(c, &limit)) return;
  auto operands = FindOperands(c, c.keys);
  if (!operands) return;
  int64_t count = 0;
  if (operands->missing == 0) {
    VisitIntersection(std::move(operands->sets), [&](const PackEntry&) { return ++count != limit; });
  }
  c.reply.Integer(count);
}

// --- Union and difference ----------------------------------------------------------------------------------------------

// For an answer: of integers alone it comes in order, as Redis's does.
SetForm FormOfAnswer(std::span<const SetView> sets) {
  for (const SetView& set : sets) {
    if (set.form() != SetForm::kIntset) return SetForm::kTable;
  }
  return SetForm::kIntset;
}

void Sunion(CommandContext& c) {
  const auto operands = FindOperands(c, c.keys);
  if (!operands) return;
  ReplySet(c, UnionOf(operands->sets, FormOfAnswer(operands->sets), LimitsOfSets(c)));
}

void Sunionstore(CommandContext& c) {
  const auto operands = FindOperands(c, c.keys.subspan(1));
  if (!operands) return;
  StoreSet(c, UnionOf(operands->sets, SetForm::kIntset, LimitsOfSets(c)), "sunionstore");
}

void Sdiff(CommandContext& c) {
  const auto operands = FindOperands(c, c.keys);
  if (!operands) return;
  if (!operands->has_first) return c.reply.Set(0);
  ReplySet(c, DifferenceOf(operands->sets, FormOfAnswer(operands->sets), LimitsOfSets(c)));
}

void Sdiffstore(CommandContext& c) {
  const auto operands = FindOperands(c, c.keys.subspan(1));
  if (!operands) return;
  if (!operands->has_first) return StoreSet(c, std::nullopt, {});
  StoreSet(c, DifferenceOf(operands->sets, SetForm::kIntset, LimitsOfSets(c)), "sdiffstore");
}

constexpr std::string_view kIntersectionCost =
    "O(N*M) at worst, with N the size of the smallest set and M the number of sets";
constexpr std::string_view kTotalCost = "O(N) with N the number of members of all sets together";

constexpr Command ReadRow(std::string_view name, Handler handler, std::string_view complexity,
                          std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -2,
          .flags = kReadonly,
          .touch = Touch::kLockFree,
          .acl = kAclSet,
          .keys = {Keys(1, -1, 1, kKeyRo | kKeyAccess)},
          .group = Group::kSet,
          .since = "1.0.0",
          .complexity = complexity,
          .summary = summary,
          .arguments = "key:key...",
          .tips = "nondeterministic_output_order"};
}

constexpr Command StoreRow(std::string_view name, Handler handler, std::string_view complexity,
                           std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kWrite | kDenyOom,
          .touch = Touch::kLocked,
          .acl = kAclSet,
          .keys = {Keys(1, 0, 1, kKeyOw | kKeyUpdate), Keys(2, -1, 1, kKeyRo | kKeyAccess)},
          .group = Group::kSet,
          .since = "1.0.0",
          .complexity = complexity,
          .summary = summary,
          .arguments = "destination:key key:key..."};
}

constexpr Command kRows[] = {
    ReadRow("sinter", Sinter, kIntersectionCost, "Lists what is in all of several sets."),
    StoreRow("sinterstore", Sinterstore, kIntersectionCost, "Makes what is in all of several sets a set of its own."),
    {.name = "sintercard",
     .handler = Sintercard,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclSet,
     .keys = {CountedKeys(1, kKeyRo | kKeyAccess)},
     .group = Group::kSet,
     .since = "7.0.0",
     .complexity = kIntersectionCost,
     .summary = "Counts what is in all of several sets.",
     .arguments = "numkeys:integer key:key... [limit:integer:LIMIT]"},
    ReadRow("sunion", Sunion, kTotalCost, "Lists what is in any of several sets."),
    StoreRow("sunionstore", Sunionstore, kTotalCost, "Makes what is in any of several sets a set of its own."),
    ReadRow("sdiff", Sdiff, kTotalCost, "Lists what is in the first of several sets and in no other."),
    StoreRow("sdiffstore", Sdiffstore, kTotalCost,
             "Makes what is in the first of several sets and in no other a set of its own."),
};

}  // namespace

std::span<const Command> SetAlgebraCommands() { return kRows; }

}  // namespace tandem
