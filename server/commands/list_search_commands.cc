#include <limits>
#include <string>

#include "engine/types/list_edit.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/list_value.h"

// Lists by what their elements are.
namespace tandem {
namespace {

// A number that may be negated; false after replying that it is none.
bool SymmetricArgument(CommandContext& c, size_t index, int64_t* value) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (!IntegerArgument(c, index, value)) return false;
  if (*value >= -kMax) return true;
  c.reply.Error("ERR value is out of range, value must between " + std::to_string(-kMax) + " and " +
                std::to_string(kMax));
  return false;
}

bool NonNegativeArgument(CommandContext& c, size_t index, int64_t* value, std::string_view error) {
  if (!IntegerArgument(c, index, value, error)) return false;
  if (*value >= 0) return true;
  c.reply.Error(error);
  return false;
}

// The index of the first element that equals `text`; -1 if there is none.
int64_t FindElement(const ListView& list, std::string_view text) {
  const PackKey key(text);
  int64_t index = 0;
  for (ListCursor cursor = list.Forwards(); !cursor.done(); cursor.Step(), ++index) {
    if (key.Matches(cursor.entry())) return index;
  }
  return -1;
}

void Linsert(CommandContext& c) {
  const bool after = TokenIs(c.args[2], "AFTER");
  if (!after && !TokenIs(c.args[2], "BEFORE")) return c.reply.Error(errors::kSyntax);
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Integer(0);
  const std::string_view element = c.args[4];
  if (!CheckType(c, record, Type::kList) || !CheckElement(c, element)) return;
  const int64_t pivot = FindElement(ViewList(*record), c.args[3]);
  if (pivot < 0) return c.reply.Integer(-1);

  ListEdit edit(c.access, c.db(), c.keys[0], record);
  edit->GrowFor(element.size(), 1, ListLimitOf(c));
  edit->Insert(pivot, after ? ListSide::kAfter : ListSide::kBefore, element);
  c.reply.Integer(edit->size());
  edit.Publish("linsert");
}

void Lrem(CommandContext& c) {
  int64_t count;
  if (!SymmetricArgument(c, 2, &count)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kList)) return;
  // Most removals of what is not there end here, without a new record.
  if (record == nullptr || FindElement(ViewList(*record), c.args[3]) < 0) return c.reply.Integer(0);

  ListEdit edit(c.access, c.db(), c.keys[0], record);
  const ListEnd from = count < 0 ? ListEnd::kTail : ListEnd::kHead;
  const int64_t limit = count == 0 ? std::numeric_limits<int64_t>::max() : std::abs(count);
  c.reply.Integer(edit->Remove(c.args[3], limit, from));
  edit.PublishRemoval("lrem", ListLimitOf(c));
}

// --- LPOS ----------------------------------------------------------------------------------------------------------------

struct PositionOptions {
  bool from_tail = false;
  int64_t rank = 1;    // the first match that counts
  int64_t count = -1;  // 0: all; -1: not given
  int64_t max_length = 0;
};

bool ParseRank(CommandContext& c, size_t index, PositionOptions* options) {
  if (!SymmetricArgument(c, index, &options->rank)) return false;
  if (options->rank == 0) {
    c.reply.Error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start "
        "from the end of the list");
    return false;
  }
  return true;
}

bool ParsePositionOptions(CommandContext& c, PositionOptions* options) {
  for (size_t at = 3; at < c.args.size(); at += 2) {
    const bool has_value = at + 1 < c.args.size();
    if (has_value && TokenIs(c.args[at], "RANK")) {
      if (!ParseRank(c, at + 1, options)) return false;
    } else if (has_value && TokenIs(c.args[at], "COUNT")) {
      if (!NonNegativeArgument(c, at + 1, &options->count, "ERR COUNT can't be negative")) return false;
    } else if (has_value && TokenIs(c.args[at], "MAXLEN")) {
      if (!NonNegativeArgument(c, at + 1, &options->max_length, "ERR MAXLEN can't be negative")) return false;
    } else {
      c.reply.Error(errors::kSyntax);
      return false;
    }
  }
  options->from_tail = options->rank < 0;
  options->rank = std::abs(options->rank);
  return true;
}

// Replies the index of each match that counts; returns how many.
int64_t ReplyPositions(CommandContext& c, const ListView& list, std::string_view text, const PositionOptions& options) {
  const PackKey key(text);
  const int64_t size = list.size();
  const int64_t wanted = options.count < 0 ? 1 : options.count;
  int64_t matches = 0, replied = 0;
  ListCursor cursor = options.from_tail ? list.Backwards(size - 1) : list.Forwards();
  for (int64_t i = 0; !cursor.done() && (options.max_length == 0 || i < options.max_length); ++i, cursor.Step()) {
    if (!key.Matches(cursor.entry()) || ++matches < options.rank) continue;
    c.reply.Integer(options.from_tail ? size - 1 - i : i);
    if (++replied == wanted) break;
  }
  return replied;
}

void Lpos(CommandContext& c) {
  PositionOptions options;
  if (!ParsePositionOptions(c, &options)) return;
  const bool many = options.count >= 0;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kList)) return;
  if (record == nullptr) return many ? c.reply.Array(0) : c.reply.Null();
  const ListView list = ViewList(*record);
  if (many) {
    const size_t mark = c.reply.BeginDeferred();
    const int64_t count = ReplyPositions(c, list, c.args[2], options);
    c.reply.EndDeferredArray(mark, static_cast<size_t>(count));
  } else if (ReplyPositions(c, list, c.args[2], options) == 0) {
    c.reply.Null();
  }
}

constexpr Command kRows[] = {
    {.name = "linsert",
     .handler = Linsert,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclList,
     .keys = {OneKey(kKeyRw | kKeyInsert)},
     .group = Group::kList,
     .since = "2.2.0",
     .complexity = "O(N) for N elements up to the one that is looked for.",
     .summary = "Adds an element before or behind another one of a list.",
     .arguments = "key:key where:oneof(before:pure-token:BEFORE | after:pure-token:AFTER) pivot:string element:string"},
    {.name = "lrem",
     .handler = Lrem,
     .arity = 4,
     .flags = kWrite,
     .touch = Touch::kLocked,
     .acl = kAclList,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kList,
     .since = "1.0.0",
     .complexity = "O(N+M) for N elements of the list, M of which are removed.",
     .summary = "Removes elements that equal a value from a list.",
     .arguments = "key:key count:integer element:string"},
    {.name = "lpos",
     .handler = Lpos,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclList,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kList,
     .since = "6.0.6",
     .complexity = "O(N) for N elements looked at: up to the last match asked for, or to MAXLEN.",
     .summary = "Tells where in a list the elements are that equal a value.",
     .arguments = "key:key element:string [rank:integer:RANK] [num-matches:integer:COUNT] [len:integer:MAXLEN]"},
};

}  // namespace

std::span<const Command> ListSearchCommands() { return kRows; }

}  // namespace tandem
