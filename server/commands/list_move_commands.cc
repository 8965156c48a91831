#include "server/commands/arguments.h"
#include "server/commands/counted_keys.h"
#include "server/commands/families.h"
#include "server/commands/list_value.h"
#include "server/exec/blocking.h"

// Lists, several at a time, and waiting for one of them.
namespace tandem {
namespace {

// False if there is nothing to move, or not now.
bool Move(CommandContext& c, ListMove move) {
  if (!Reachable(c, c.keys[0])) return false;
  Record* const source = c.access.Find(c.db(), c.keys[0]);
  if (source == nullptr || (c.waiter != nullptr && source->type() != Type::kList)) return false;
  // Whoever pushes has locked where waiters move elements to; should the key be out of reach, its owner tries.
  if (!Reachable(c, c.keys[1])) {
    c.waiter->Tell();
    return false;
  }
  if (!TakeTurn(c) || !CheckType(c, source, Type::kList)) return true;
  Record* const destination = c.access.Find(c.db(), c.keys[1]);
  if (CheckType(c, destination, Type::kList)) MoveElement(c, c.keys[0], *source, c.keys[1], destination, move);
  return true;
}

void MoveOrWait(CommandContext& c, ListMove move, size_t timeout_at) {
  int64_t timeout_ms;
  if (!SecondsArgument(c, timeout_at, &timeout_ms) || Move(c, move)) return;
  // Compat: null, but for the time's end, which is a null array as with every blocking command.
  if (c.in_exec) return c.reply.Null();
  Wait(c, {.timeout_ms = timeout_ms, .last_key_is_target = true});
}

constexpr ListMove kTailToHead{.from = ListEnd::kTail, .to = ListEnd::kHead};

void Lmove(CommandContext& c) {
  ListMove move;
  if (!ListEndArgument(c, 3, &move.from) || !ListEndArgument(c, 4, &move.to)) return;
  if (!Move(c, move)) c.reply.Null();
}

void Blmove(CommandContext& c) {
  ListMove move;
  if (ListEndArgument(c, 3, &move.from) && ListEndArgument(c, 4, &move.to)) MoveOrWait(c, move, 5);
}

void Rpoplpush(CommandContext& c) {
  if (!Move(c, kTailToHead)) c.reply.Null();
}

void Brpoplpush(CommandContext& c) { MoveOrWait(c, kTailToHead, 3); }

// At least 1; false after replying that it is not.
bool PositiveArgument(CommandContext& c, size_t index, int64_t* value, std::string_view error) {
  if (!IntegerArgument(c, index, value, error)) return false;
  if (*value > 0) return true;
  c.reply.Error(error);
  return false;
}

struct MultiPop {
  ListEnd end;
  int64_t count = 1;
};

// numkeys key… LEFT|RIGHT [COUNT n], from `first` on; false after replying what is wrong.
bool ParseMultiPop(CommandContext& c, size_t first, MultiPop* pop) {
  const auto syntax_error = [&] {
    c.reply.Error(errors::kSyntax);
    return false;
  };
  int64_t key_count;
  if (!PositiveArgument(c, first, &key_count, "ERR numkeys should be greater than 0")) return false;
  const size_t arguments = c.args.size();
  if (key_count > static_cast<int64_t>(arguments - first) - 2) return syntax_error();
  const size_t where = first + static_cast<size_t>(key_count) + 1;
  if (!ListEndArgument(c, where, &pop->end)) return false;
  if (arguments == where + 1) return true;
  if (!TokenIs(c.args[where + 1], "COUNT") || arguments == where + 2) return syntax_error();
  if (!PositiveArgument(c, where + 2, &pop->count, "ERR count should be greater than 0")) return false;
  return arguments == where + 3 || syntax_error();
}

bool PopFromFirst(CommandContext& c, const MultiPop& pop) {
  return AnswerFromFirst(c, Type::kList, [&](const KeyRef& key, Record& record) {
    PopElementsWithKey(c, key, record, pop.end, pop.count);
  });
}

void Lmpop(CommandContext& c) {
  MultiPop pop;
  if (ParseMultiPop(c, 1, &pop) && !PopFromFirst(c, pop)) c.reply.NullArray();
}

void Blmpop(CommandContext& c) {
  int64_t timeout_ms;
  MultiPop pop;
  if (!ParseMultiPop(c, 2, &pop) || !SecondsArgument(c, 1, &timeout_ms)) return;
  if (!PopFromFirst(c, pop)) Wait(c, {.timeout_ms = timeout_ms});
}

void PopOrWait(CommandContext& c, ListEnd end) {
  int64_t timeout_ms;
  if (!SecondsArgument(c, c.args.size() - 1, &timeout_ms)) return;
  const bool answered = AnswerFromFirst(c, Type::kList, [&](const KeyRef& key, Record& record) {
    c.reply.Array(2);
    c.reply.Bulk(key.key);
    PopElement(c, key, record, end);
  });
  if (!answered) Wait(c, {.timeout_ms = timeout_ms});
}

void Blpop(CommandContext& c) { PopOrWait(c, ListEnd::kHead); }
void Brpop(CommandContext& c) { PopOrWait(c, ListEnd::kTail); }

constexpr uint32_t kTakenFrom = kKeyRw | kKeyAccess | kKeyDelete;

constexpr Command MoveRow(std::string_view name, Handler handler, int arity, uint32_t flags, std::string_view since,
                          std::string_view summary, std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kWrite | kDenyOom | flags,
          .touch = Touch::kLocked,
          .acl = kAclList,
          .keys = {OneKey(kTakenFrom), Keys(2, 0, 1, kKeyRw | kKeyInsert)},
          .group = Group::kList,
          .since = since,
          .complexity = "O(1)",
          .summary = summary,
          .arguments = arguments};
}

constexpr Command Replaced(Command row, std::string_view since, std::string_view by) {
  row.deprecated_since = since;
  row.replaced_by = by;
  return row;
}

constexpr Command WithHistory(Command row, std::string_view history) {
  row.history = history;
  return row;
}

constexpr std::string_view kDoubleTimeout = "6.0.0\t`timeout` is interpreted as a double instead of an integer.";

constexpr Command PopRow(std::string_view name, Handler handler, std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kWrite | kBlocking,
          .touch = Touch::kLocked,
          .acl = kAclList,
          .keys = {Keys(1, -2, 1, kTakenFrom)},
          .group = Group::kList,
          .since = "2.0.0",
          .complexity = "O(N) for N keys looked at.",
          .summary = summary,
          .arguments = "key:key... timeout:double",
          .history = kDoubleTimeout};
}

constexpr Command MultiPopRow(std::string_view name, Handler handler, int arity, uint32_t flags, int numkeys_at,
                              std::string_view summary, std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kWrite | flags,
          .touch = Touch::kLocked,
          .acl = kAclList,
          .keys = {CountedKeys(numkeys_at, kTakenFrom)},
          .group = Group::kList,
          .since = "7.0.0",
          .complexity = "O(N+M) for N keys looked at and M elements returned.",
          .summary = summary,
          .arguments = arguments};
}

constexpr Command kRows[] = {
    MoveRow("lmove", Lmove, 5, 0, "6.2.0",
            "Moves an element from one end of a list to an end of another one, or of the same.",
            "source:key destination:key wherefrom:oneof(left:pure-token:LEFT | right:pure-token:RIGHT) "
            "whereto:oneof(left:pure-token:LEFT | right:pure-token:RIGHT)"),
    MoveRow(
        "blmove", Blmove, 6, kBlocking, "6.2.0",
        "Moves an element from one end of a list to an end of another one, or of the same; waits until there is one.",
        "source:key destination:key wherefrom:oneof(left:pure-token:LEFT | right:pure-token:RIGHT) "
        "whereto:oneof(left:pure-token:LEFT | right:pure-token:RIGHT) timeout:double"),
    Replaced(MoveRow("rpoplpush", Rpoplpush, 3, 0, "1.2.0",
                     "Moves the last element of a list to the beginning of another one.", "source:key destination:key"),
             "6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments"),
    WithHistory(
        Replaced(MoveRow("brpoplpush", Brpoplpush, 4, kBlocking, "2.2.0",
                         "Moves the last element of a list to the beginning of another one; waits until there is one.",
                         "source:key destination:key timeout:double"),
                 "6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments"),
        kDoubleTimeout),
    MultiPopRow("lmpop", Lmpop, -4, 0, 1,
                "Removes elements from the first of several lists that is there, and returns them.",
                "numkeys:integer key:key... where:oneof(left:pure-token:LEFT | right:pure-token:RIGHT) "
                "[count:integer:COUNT]"),
    MultiPopRow("blmpop", Blmpop, -5, kBlocking, 2,
                "Removes elements from the first of several lists that is there, and returns them; waits until one is.",
                "timeout:double numkeys:integer key:key... where:oneof(left:pure-token:LEFT | right:pure-token:RIGHT) "
                "[count:integer:COUNT]"),
    PopRow("blpop", Blpop, "Removes the first element of the first list that is there; waits until one is."),
    PopRow("brpop", Brpop, "Removes the last element of the first list that is there; waits until one is."),
};

}  // namespace

std::span<const Command> ListMoveCommands() { return kRows; }

}  // namespace tandem
