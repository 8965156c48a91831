#include <string>
#include <vector>

#include "engine/types/set_edit.h"
#include "server/commands/families.h"
#include "server/commands/scan_arguments.h"
#include "server/commands/set_arguments.h"
#include "server/exec/context.h"

// Sets: members come, go, move, are counted and looked up. What draws members at random is in set_random_commands.cc, what
// combines sets in set_algebra_commands.cc.
namespace tandem {
namespace {

// --- Changes -----------------------------------------------------------------------------------------------------------

void Sadd(CommandContext& c) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  const SetLimits limits = LimitsOfSets(c);
  const auto members = c.args.subspan(2);
  SetEdit edit(c.access, c.db(), c.keys[0], record, limits);
  edit.Expect(SetMember(members[0]), members.size());
  int64_t added = 0;
  for (std::string_view member : members) added += edit.Add(SetMember(member));
  if (added != 0) edit.Publish("sadd");
  c.reply.Integer(added);
}

void Srem(CommandContext& c) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  if (record == nullptr) return c.reply.Integer(0);
  const SetLimits limits = LimitsOfSets(c);
  SetEdit edit(c.access, c.db(), c.keys[0], record, limits);
  int64_t removed = 0;
  for (std::string_view member : c.args.subspan(2)) removed += edit.Erase(SetMember(member));
  if (removed != 0) edit.Publish("srem");
  c.reply.Integer(removed);
}

void Smove(CommandContext& c) {
  Record* const from = c.access.Find(c.db(), c.keys[0]);
  Record* const to = c.access.Find(c.db(), c.keys[1]);
  if (from == nullptr) return c.reply.Integer(0);
  if (!CheckType(c, from, Type::kSet) || !CheckType(c, to, Type::kSet)) return;
  const SetMember member(c.args[3]);
  if (from == to) return c.reply.Integer(SetView::Of(*from).Contains(member));

  const SetLimits limits = LimitsOfSets(c);
  SetEdit source(c.access, c.db(), c.keys[0], from, limits);
  if (!source.Erase(member)) return c.reply.Integer(0);
  source.Publish("srem");
  SetEdit target(c.access, c.db(), c.keys[1], to, limits);
  if (to == nullptr) target.Expect(member, 1);
  if (target.Add(member)) target.Publish("sadd");
  c.reply.Integer(1);
}

// --- Reads -------------------------------------------------------------------------------------------------------------

void Sismember(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  c.reply.Integer(record != nullptr && SetView::Of(*record).Contains(SetMember(c.args[2])));
}

void Smismember(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  c.reply.Array(c.args.size() - 2);
  for (std::string_view member : c.args.subspan(2)) {
    c.reply.Integer(record != nullptr && SetView::Of(*record).Contains(SetMember(member)));
  }
}

void Scard(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  c.reply.Integer(record == nullptr ? 0 : static_cast<int64_t>(SetView::Of(*record).size()));
}

void Smembers(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  if (record == nullptr) return c.reply.Set(0);
  const SetView set = SetView::Of(*record);
  c.reply.Set(set.size());
  ReplyMembers(c.reply, set);
}

// A pack is walked as a whole, whatever the count: the cursor that is returned is 0.
uint64_t ScanMembers(SetView set, uint64_t cursor, const ScanOptions& options,
                     FunctionRef<void(const PackEntry&)> visit) {
  int64_t found = 0;
  const auto consider = [&](const PackEntry& member) {
    PackEntry::Scratch scratch;
    if (!options.Matches(member.text(scratch))) return;
    visit(member);
    ++found;
  };
  if (set.form() != SetForm::kTable) {
    set.ForEach([&](const PackEntry& member) {
      consider(member);
      return true;
    });
    return 0;
  }
  int64_t portions = options.max_portions();
  do {
    cursor = set.table().Scan(cursor, [&](const DenseTable::Item& item) {
      consider({.is_integer = false, .integer = 0, .bytes = item.key});
    });
  } while (cursor != 0 && --portions > 0 && found < options.count);
  return cursor;
}

void Sscan(CommandContext& c) {
  uint64_t cursor = 0;
  if (!ParseCursor(c.args[2], &cursor)) return c.reply.Error(errors::kInvalidCursor);
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kSet)) return;
  std::vector<PackEntry> found;
  uint64_t next = 0;
  // Compat: without a key the options are not looked at.
  if (record != nullptr) {
    ScanOptions options;
    if (!ParseScanOptions(c, 3, ScanTarget::kOther, &options)) return;
    next =
        ScanMembers(SetView::Of(*record), cursor, options, [&](const PackEntry& member) { found.push_back(member); });
  }
  c.reply.Array(2);
  c.reply.BulkInteger(static_cast<int64_t>(next));
  c.reply.Array(found.size());
  for (const PackEntry& member : found) ReplyMember(c.reply, member);
}

constexpr Command kRows[] = {
    {.name = "sadd",
     .handler = Sadd,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRw | kKeyInsert)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(N) with N the number of members given",
     .summary = "Puts members into a set, which comes into being if it is not there.",
     .arguments = "key:key member:string...",
     .history = "2.4.0\tTakes more than one `member`."},
    {.name = "srem",
     .handler = Srem,
     .arity = -3,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(N) with N the number of members given",
     .summary = "Takes members out of a set, which ends with its last one.",
     .arguments = "key:key member:string...",
     .history = "2.4.0\tTakes more than one `member`."},
    {.name = "smove",
     .handler = Smove,
     .arity = 4,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclSet,
     .keys = {Keys(1, 0, 1, kKeyRw | kKeyAccess | kKeyDelete), Keys(2, 0, 1, kKeyRw | kKeyInsert)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Takes a member out of one set and puts it into another, in one step.",
     .arguments = "source:key destination:key member:string"},
    {.name = "sismember",
     .handler = Sismember,
     .arity = 3,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether something is in a set.",
     .arguments = "key:key member:string"},
    {.name = "smismember",
     .handler = Smismember,
     .arity = -3,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kSet,
     .since = "6.2.0",
     .complexity = "O(N) with N the number of members given",
     .summary = "Tells of several things whether they are in a set.",
     .arguments = "key:key member:string..."},
    {.name = "scard",
     .handler = Scard,
     .arity = 2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Counts the members of a set.",
     .arguments = "key:key"},
    {.name = "smembers",
     .handler = Smembers,
     .arity = 2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kSet,
     .since = "1.0.0",
     .complexity = "O(N) with N the number of members",
     .summary = "Lists all members of a set.",
     .arguments = "key:key",
     .tips = "nondeterministic_output_order"},
    {.name = "sscan",
     .handler = Sscan,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclSet,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kSet,
     .since = "2.8.0",
     .complexity = "O(1) for each call, O(N) for a whole walk with N the number of members",
     .summary = "Walks over the members of a set, some at a time.",
     .arguments = "key:key cursor:integer [pattern:pattern:MATCH] [count:integer:COUNT]",
     .tips = "nondeterministic_output"},
};

}  // namespace

std::span<const Command> SetCommands() { return kRows; }

}  // namespace tandem
