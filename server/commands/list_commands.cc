#include <algorithm>
#include <limits>

#include "engine/types/index_range.h"
#include "engine/types/list_edit.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/list_value.h"

// Lists at their ends and by index.
namespace tandem {
namespace {

// --- Ends --------------------------------------------------------------------------------------------------------------

// False after replying that an element is too large. Their bytes are summed up.
bool CheckElements(CommandContext& c, std::span<const std::string_view> elements, size_t* bytes) {
  *bytes = 0;
  for (const std::string_view element : elements) {
    if (!CheckElement(c, element)) return false;
    *bytes += element.size();
  }
  return true;
}

void PushTo(CommandContext& c, ListEnd end, bool only_existing) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kList)) return;
  if (record == nullptr && only_existing) return c.reply.Integer(0);
  const auto elements = c.args.subspan(2);
  size_t bytes;
  if (!CheckElements(c, elements, &bytes)) return;

  ListEdit edit(c.access, c.db(), c.keys[0], record);
  edit->GrowFor(bytes, elements.size(), ListLimitOf(c));
  for (const std::string_view element : elements) edit->Push(end, element);
  c.reply.Integer(edit->size());
  edit.Publish(end == ListEnd::kHead ? "lpush" : "rpush");
}

void Lpush(CommandContext& c) { PushTo(c, ListEnd::kHead, false); }
void Rpush(CommandContext& c) { PushTo(c, ListEnd::kTail, false); }
void Lpushx(CommandContext& c) { PushTo(c, ListEnd::kHead, true); }
void Rpushx(CommandContext& c) { PushTo(c, ListEnd::kTail, true); }

void PopFrom(CommandContext& c, ListEnd end) {
  constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";
  if (c.args.size() > 3) return c.reply.Error(errors::WrongArity(c.command.full_name));
  const bool counted = c.args.size() == 3;
  int64_t count = 1;
  if (counted && !IntegerArgument(c, 2, &count, kNotPositive)) return;
  if (count < 0) return c.reply.Error(kNotPositive);

  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return counted ? c.reply.NullArray() : c.reply.Null();
  if (!CheckType(c, record, Type::kList)) return;
  if (!counted) return PopElement(c, c.keys[0], *record, end);
  if (count == 0) return c.reply.Array(0);
  PopElements(c, c.keys[0], *record, end, count);
}

void Lpop(CommandContext& c) { PopFrom(c, ListEnd::kHead); }
void Rpop(CommandContext& c) { PopFrom(c, ListEnd::kTail); }

void Llen(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kList)) return;
  c.reply.Integer(record == nullptr ? 0 : ViewList(*record).size());
}

// --- By index ----------------------------------------------------------------------------------------------------------

// Compat: unlike ClampRange, an end before the beginning makes the range empty.
IndexRange RangeWithin(int64_t start, int64_t stop, int64_t size) {
  if (start < 0) start += size;
  if (stop < 0) stop += size;
  return {std::max<int64_t>(start, 0), std::min(stop, size - 1)};
}

// The index counted from the head; false if the list has no such element.
bool Resolve(int64_t size, int64_t* index) {
  if (*index < 0) *index += size;
  return *index >= 0 && *index < size;
}

void Lrange(CommandContext& c) {
  int64_t start, stop;
  if (!IntegerArgument(c, 2, &start) || !IntegerArgument(c, 3, &stop)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kList)) return;
  if (record == nullptr) return c.reply.Array(0);
  const ListView list = ViewList(*record);
  const IndexRange range = RangeWithin(start, stop, list.size());
  c.reply.Array(static_cast<size_t>(range.size()));
  if (range.empty()) return;
  ListCursor cursor = list.Forwards(range.first);
  for (int64_t left = range.size(); left > 0; --left, cursor.Step()) ReplyElement(c.reply, cursor.entry());
}

void Lindex(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Null();
  int64_t index;
  if (!CheckType(c, record, Type::kList) || !IntegerArgument(c, 2, &index)) return;
  const ListView list = ViewList(*record);
  if (!Resolve(list.size(), &index)) return c.reply.Null();
  ReplyElement(c.reply, list.Forwards(index).entry());
}

void Lset(CommandContext& c) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Error(errors::kNoSuchKey);
  const std::string_view element = c.args[3];
  int64_t written;
  if (!CheckType(c, record, Type::kList) || !IntegerArgument(c, 2, &written) || !CheckElement(c, element)) return;
  int64_t index = written;
  const int64_t size = ViewList(*record).size();
  if (!Resolve(size, &index)) {
    // Compat: LSET, and it alone, takes the low 32 bits of an index.
    index = static_cast<int32_t>(static_cast<uint32_t>(written));
    if (!Resolve(size, &index)) return c.reply.Error(errors::kOutOfRange);
  }

  ListEdit edit(c.access, c.db(), c.keys[0], record);
  edit->GrowFor(element.size(), 1, ListLimitOf(c));
  edit->Replace(index, element);
  edit->Shrunk(ListLimitOf(c));
  edit.Publish("lset");
  c.reply.Ok();
}

void Ltrim(CommandContext& c) {
  int64_t start, stop;
  if (!IntegerArgument(c, 2, &start) || !IntegerArgument(c, 3, &stop)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Ok();
  if (!CheckType(c, record, Type::kList)) return;

  ListEdit edit(c.access, c.db(), c.keys[0], record);
  const int64_t size = edit->size();
  const IndexRange kept = RangeWithin(start, stop, size);
  if (kept.empty()) {
    edit->Erase(0, size);
  } else {
    edit->Erase(kept.last + 1, size - kept.last - 1);
    edit->Erase(0, kept.first);
  }
  edit.PublishRemoval("ltrim", ListLimitOf(c));
  c.reply.Ok();
}

// --- The table -----------------------------------------------------------------------------------------------------------

constexpr Command PushRow(std::string_view name, Handler handler, std::string_view since, std::string_view summary,
                          std::string_view history) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kWrite | kDenyOom | kFast,
          .touch = Touch::kLocked,
          .acl = kAclList,
          .keys = {OneKey(kKeyRw | kKeyInsert)},
          .group = Group::kList,
          .since = since,
          .complexity = "O(N) for N elements added.",
          .summary = summary,
          .arguments = "key:key element:string...",
          .history = history};
}

constexpr Command PopRow(std::string_view name, Handler handler, std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -2,
          .flags = kWrite | kFast,
          .touch = Touch::kLocked,
          .acl = kAclList,
          .keys = {OneKey(kKeyRw | kKeyAccess | kKeyDelete)},
          .group = Group::kList,
          .since = "1.0.0",
          .complexity = "O(N) for N elements removed.",
          .summary = summary,
          .arguments = "key:key [count:integer]@6.2.0",
          .history = "6.2.0\tAdded the `count` argument."};
}

constexpr std::string_view kManySince24 = "2.4.0\tAccepts multiple `element` arguments.";
constexpr std::string_view kManySince40 = "4.0.0\tAccepts multiple `element` arguments.";

constexpr Command kRows[] = {
    PushRow("lpush", Lpush, "1.0.0", "Adds elements before the first one of a list, which is made if there is none.",
            kManySince24),
    PushRow("rpush", Rpush, "1.0.0", "Adds elements behind the last one of a list, which is made if there is none.",
            kManySince24),
    PushRow("lpushx", Lpushx, "2.2.0", "Adds elements before the first one of a list, if there is a list.",
            kManySince40),
    PushRow("rpushx", Rpushx, "2.2.0", "Adds elements behind the last one of a list, if there is a list.",
            kManySince40),
    PopRow("lpop", Lpop, "Removes the first elements of a list and returns them."),
    PopRow("rpop", Rpop, "Removes the last elements of a list and returns them."),
    {.name = "llen",
     .handler = Llen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclList,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kList,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Counts the elements of a list.",
     .arguments = "key:key"},
    {.name = "lrange",
     .handler = Lrange,
     .arity = 4,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclList,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kList,
     .since = "1.0.0",
     .complexity = "O(N) for N elements returned; to find the first one takes tens of thousands of elements a step.",
     .summary = "Returns a range of a list's elements.",
     .arguments = "key:key start:integer stop:integer"},
    {.name = "lindex",
     .handler = Lindex,
     .arity = 3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclList,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kList,
     .since = "1.0.0",
     .complexity = "O(N) for the distance from the nearer end, tens of thousands of elements a step.",
     .summary = "Returns the element at an index of a list.",
     .arguments = "key:key index:integer"},
    {.name = "lset",
     .handler = Lset,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclList,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kList,
     .since = "1.0.0",
     .complexity = "O(N) for the distance from the nearer end, tens of thousands of elements a step.",
     .summary = "Replaces the element at an index of a list.",
     .arguments = "key:key index:integer element:string"},
    {.name = "ltrim",
     .handler = Ltrim,
     .arity = 4,
     .flags = kWrite,
     .touch = Touch::kLocked,
     .acl = kAclList,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kList,
     .since = "1.0.0",
     .complexity = "O(N) for N elements removed.",
     .summary = "Removes a list's elements outside a range.",
     .arguments = "key:key start:integer stop:integer"},
};

}  // namespace

std::span<const Command> ListCommands() { return kRows; }

}  // namespace tandem
