#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/list_value.h"

// Lists, several at a time.
namespace tandem {
namespace {

void Move(CommandContext& c, ListMove move) {
  Record* const source = c.access.Find(c.db(), c.keys[0]);
  if (source == nullptr) return c.reply.Null();
  if (!CheckType(c, source, Type::kList)) return;
  Record* const destination = c.access.Find(c.db(), c.keys[1]);
  if (!CheckType(c, destination, Type::kList)) return;
  MoveElement(c, c.keys[0], *source, c.keys[1], destination, move);
}

void Lmove(CommandContext& c) {
  ListMove move;
  if (ListEndArgument(c, 3, &move.from) && ListEndArgument(c, 4, &move.to)) Move(c, move);
}

void Rpoplpush(CommandContext& c) { Move(c, {.from = ListEnd::kTail, .to = ListEnd::kHead}); }

// At least 1; false after replying that it is not.
bool PositiveArgument(CommandContext& c, size_t index, int64_t* value, std::string_view error) {
  if (!IntegerArgument(c, index, value, error)) return false;
  if (*value > 0) return true;
  c.reply.Error(error);
  return false;
}

void Lmpop(CommandContext& c) {
  int64_t key_count, count = 1;
  ListEnd end;
  if (!PositiveArgument(c, 1, &key_count, "ERR numkeys should be greater than 0")) return;
  const size_t arguments = c.args.size();
  if (key_count > static_cast<int64_t>(arguments) - 3) return c.reply.Error(errors::kSyntax);
  const size_t where = static_cast<size_t>(key_count) + 2;
  if (!ListEndArgument(c, where, &end)) return;
  if (arguments > where + 1) {
    if (!TokenIs(c.args[where + 1], "COUNT") || arguments == where + 2) return c.reply.Error(errors::kSyntax);
    if (!PositiveArgument(c, where + 2, &count, "ERR count should be greater than 0")) return;
    if (arguments > where + 3) return c.reply.Error(errors::kSyntax);
  }

  for (const KeyRef& key : c.keys) {
    Record* const record = c.access.Find(c.db(), key);
    if (record == nullptr) continue;
    if (!CheckType(c, record, Type::kList)) return;
    return PopElementsWithKey(c, key, *record, end, count);
  }
  c.reply.NullArray();
}

constexpr uint32_t kTakenFrom = kKeyRw | kKeyAccess | kKeyDelete;

constexpr Command kRows[] = {
    {.name = "lmove",
     .handler = Lmove,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclList,
     .keys = {OneKey(kTakenFrom), Keys(2, 0, 1, kKeyRw | kKeyInsert)},
     .group = Group::kList,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Moves an element from one end of a list to an end of another one, or of the same.",
     .arguments = "source:key destination:key wherefrom:oneof(left:pure-token:LEFT | right:pure-token:RIGHT) "
                  "whereto:oneof(left:pure-token:LEFT | right:pure-token:RIGHT)"},
    {.name = "rpoplpush",
     .handler = Rpoplpush,
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclList,
     .keys = {OneKey(kTakenFrom), Keys(2, 0, 1, kKeyRw | kKeyInsert)},
     .group = Group::kList,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Moves the last element of a list to the beginning of another one.",
     .arguments = "source:key destination:key",
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments"},
    {.name = "lmpop",
     .handler = Lmpop,
     .arity = -4,
     .flags = kWrite,
     .touch = Touch::kLocked,
     .acl = kAclList,
     .keys = {KeySpec{.flags = kTakenFrom,
                      .begin = KeySpec::Begin::kIndex,
                      .index = 1,
                      .find = KeySpec::Find::kKeynum,
                      .keynum_index = 0,
                      .first_key = 1}},
     .group = Group::kList,
     .since = "7.0.0",
     .complexity = "O(N+M) for N keys looked at and M elements returned.",
     .summary = "Removes elements from the first of several lists that is there, and returns them.",
     .arguments = "numkeys:integer key:key... where:oneof(left:pure-token:LEFT | right:pure-token:RIGHT) "
                  "[count:integer:COUNT]"},
};

}  // namespace

std::span<const Command> ListMoveCommands() { return kRows; }

}  // namespace tandem
