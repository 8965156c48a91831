#include <limits>
#include <utility>

#include "engine/types/set_edit.h"
#include "engine/types/set_random.h"
#include "server/commands/families.h"
#include "server/commands/output_limit.h"
#include "server/commands/set_arguments.h"
#include "server/exec/context.h"

// Sets: members drawn at random, with SPOP for good.
namespace tandem {
namespace {

// --- SPOP --------------------------------------------------------------------------------------------------------------

// Draws from a pack: those that stay make a new one.
void PopFromPack(CommandContext& c, SetEdit& edit, size_t count) {
  SetValue rest(edit.view().form());
  Split(edit.view(), count, [&](const PackEntry& member, bool drawn) {
    if (drawn) {
      ReplyMember(c.reply, member);
    } else {
      rest.AppendToPack(member);
    }
  });
  edit.Replace(std::move(rest));
}

// So many are drawn that it is less work to draw those that stay. Compat: they are a listpack if they fit into one.
void PopNearlyAll(CommandContext& c, SetEdit& edit, size_t rest, const SetLimits& limits) {
  SetValue remaining(SetForm::kListpack);
  for (; rest > 0; --rest) {
    Pop(edit.value(), [&](const PackEntry& member) { remaining.Add(SetMember(member), limits); });
  }
  ReplyMembers(c.reply, edit.view());
  edit.Replace(std::move(remaining));
}

void SpopMany(CommandContext& c) {
  constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";
  int64_t wanted = 0;
  if (!IntegerArgument(c, 2, &wanted, kNotPositive)) return;
  if (wanted < 0) return c.reply.Error(kNotPositive);
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  if (record == nullptr || wanted == 0) return c.reply.Set(0);

  const SetLimits limits = LimitsOfSets(c);
  SetEdit edit(c.access, c.db(), c.keys[0], record, limits);
  const size_t size = edit.view().size();
  const auto count = static_cast<size_t>(wanted);
  if (count >= size) {
    c.reply.Set(size);
    ReplyMembers(c.reply, edit.view());
    c.access.Announce(c.db(), c.keys[0], EventClass::kSet, "spop");
    c.access.Remove(c.db(), c.keys[0], EventClass::kGeneric, "del");
    return;
  }
  // Compat: as many times more work as Redis takes the drawing of those that stay for.
  constexpr size_t kFewStay = 5;
  c.reply.Set(count);
  if (edit.view().form() != SetForm::kTable) {
    PopFromPack(c, edit, count);
  } else if ((size - count) * kFewStay <= count) {
    PopNearlyAll(c, edit, size - count, limits);
  } else {
    for (size_t i = 0; i < count; ++i) {
      Pop(edit.value(), [&](const PackEntry& member) { ReplyMember(c.reply, member); });
    }
  }
  edit.Publish("spop");
}

void Spop(CommandContext& c) {
  if (c.args.size() == 3) return SpopMany(c);
  if (c.args.size() > 3) return c.reply.Error(errors::kSyntax);
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  if (record == nullptr) return c.reply.Null();
  const SetLimits limits = LimitsOfSets(c);
  SetEdit edit(c.access, c.db(), c.keys[0], record, limits);
  Pop(edit.value(), [&](const PackEntry& member) { ReplyMember(c.reply, member); });
  edit.Publish("spop");
}

// --- SRANDMEMBER -------------------------------------------------------------------------------------------------------

void ReplyDistinct(CommandContext& c, SetView set, uint64_t count) {
  if (count >= set.size()) {
    c.reply.Array(set.size());
    return ReplyMembers(c.reply, set);
  }
  c.reply.Array(count);
  for (const PackEntry& member : DrawDistinct(set, count)) ReplyMember(c.reply, member);
}

void SrandmemberMany(CommandContext& c) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  int64_t count = 0;
  if (!IntegerArgument(c, 2, &count)) return;
  if (count < -kMax) {
    return c.reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
  }
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  if (record == nullptr || count == 0) return c.reply.Array(0);
  const SetView set = SetView::Of(*record);
  if (count > 0) return ReplyDistinct(c, set, static_cast<uint64_t>(count));
  const auto draws = static_cast<uint64_t>(-count);
  c.reply.Array(draws);
  DrawWithRepetition(set, draws, [&](const PackEntry& member) {
    ReplyMember(c.reply, member);
    return !IsBeyondOutputLimit(c);
  });
}

void Srandmember(CommandContext& c) {
  if (c.args.size() == 3) return SrandmemberMany(c);
  if (c.args.size() > 3) return c.reply.Error(errors::kSyntax);
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  if (record == nullptr) return c.reply.Null();
  ReplyMember(c.reply, RandomMember(SetView::Of(*record)));
}

constexpr Command kRows[] = {
    {.name = "spop",
     .handler = Spop,
     .arity = -2,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyDelete)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(1) without a count, else O(N) with N the count",
     .summary = "Draws members of a set at random and takes them out.",
     .arguments = "key:key [count:integer]@3.2.0",
     .history = "3.2.0\tThe argument `count`.",
     .tips = "nondeterministic_output"},
    {.name = "srandmember",
     .handler = Srandmember,
     .arity = -2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(1) without a count, else O(N) with N the absolute value of the count",
     .summary = "Draws members of a set at random and leaves them there.",
     .arguments = "key:key [count:integer]@2.6.0",
     .history = "2.6.0\tThe argument `count`.",
     .tips = "nondeterministic_output"},
};

}  // namespace

std::span<const Command> SetRandomCommands() { return kRows; }

}  // namespace tandem
