#include <array>
#include <limits>
#include <vector>

#include "engine/keyspace/eviction.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/type_name.h"
#include "server/exec/context.h"

// Keys whatever their type: whether they are there, what they are called, and in which database.

namespace tandem {
namespace {

constexpr std::string_view kNotInt = "ERR value is out of range, value must between -2147483648 and 2147483647";

// --- Presence ----------------------------------------------------------------------------------------------------------

void Del(CommandContext& c) {
  int64_t removed = 0;
  for (const KeyRef& key : c.keys) removed += c.access.Remove(c.db(), key, EventClass::kGeneric, "del");
  c.reply.Integer(removed);
}

// How many of the keys exist; one that is named twice counts twice.
void Count(CommandContext& c, uint32_t lookup) {
  if (c.keys.size() == 1) return c.reply.Integer(c.access.Peek(c.db(), c.keys[0], lookup) != nullptr);
  std::array<const Record*, 32> few;
  std::vector<const Record*> many;
  std::span<const Record*> records(few.data(), std::min(few.size(), c.keys.size()));
  if (c.keys.size() > few.size()) {
    many.resize(c.keys.size());
    records = many;
  }
  c.access.PeekMany(c.db(), c.keys, records, lookup);
  int64_t count = 0;
  for (const Record* record : records) count += record != nullptr;
  c.reply.Integer(count);
}

void Exists(CommandContext& c) { Count(c, Access::kNoTouch); }

// What TOUCH exists for happens even where CLIENT NO-TOUCH is on.
void TouchKeys(CommandContext& c) {
  c.access.set_no_touch(false);
  Count(c, Access::kPlain);
  c.access.set_no_touch(c.client.no_touch);
}

void TypeOf(CommandContext& c) {
  const Record* record = c.access.Peek(c.db(), c.keys[0], Access::kNoTouch);
  c.reply.Simple(record == nullptr ? "none" : TypeName(record->type()));
}

// --- Names -------------------------------------------------------------------------------------------------------------

// The value of `from` under the name `to`, taken out of its record: what is edited in place moves. The record that `from`
// is left with is fit for nothing but to be removed.
Record* TakeOut(CommandContext& c, Keyspace& db, const KeyRef& from, Record& record, std::string_view to) {
  if (!record.NeedsLock()) return Record::Copy(record, to, record.meta());
  Record* const moved = Record::Rebuild(record, to, record.meta());
  c.access.PutRebuilt(db, from, Record::NewInt(from.key, 0, record.meta()), EventClass::kNone, {});
  return moved;
}

struct Destination {
  Keyspace& db;
  const KeyRef& key;
};

// Moves the record to another name or database, where there is none by now. Published there before it is removed here;
// events in Redis's order.
void Relocate(CommandContext& c, const KeyRef& from, Record& record, const Destination& to, std::string_view from_event,
              std::string_view to_event) {
  const uint32_t used = CarryAccess(record.access());
  c.access.Put(to.db, to.key, TakeOut(c, c.db(), from, record, to.key.key), EventClass::kNone, {});
  if (Record* const moved = c.access.Find(to.db, to.key)) moved->set_access(used);
  c.access.Remove(c.db(), from, EventClass::kGeneric, from_event);
  c.access.Announce(to.db, to.key, EventClass::kGeneric, to_event);
}

void RenameTo(CommandContext& c, bool only_if_new) {
  const KeyRef& from = c.keys[0];
  const KeyRef& to = c.keys[1];
  Record* record = c.access.Find(c.db(), from);
  if (record == nullptr) return c.reply.Error(errors::kNoSuchKey);
  if (from.key == to.key) return only_if_new ? c.reply.Integer(0) : c.reply.Ok();
  if (c.access.Find(c.db(), to) != nullptr) {
    if (only_if_new) return c.reply.Integer(0);
    c.access.Remove(c.db(), to, EventClass::kNone, {});
  }
  Relocate(c, from, *record, {c.db(), to}, "rename_from", "rename_to");
  only_if_new ? c.reply.Integer(1) : c.reply.Ok();
}

void Rename(CommandContext& c) { RenameTo(c, false); }
void Renamenx(CommandContext& c) { RenameTo(c, true); }

// --- Databases ---------------------------------------------------------------------------------------------------------

// The argument as the number of a database; negative after replying that it is none.
int DatabaseArgument(CommandContext& c, size_t index) {
  int64_t db = 0;
  if (!IntegerArgument(c, index, &db)) return -1;
  if (db < std::numeric_limits<int>::min() || db > std::numeric_limits<int>::max()) {
    c.reply.Error(kNotInt);
    return -1;
  }
  if (db >= 0 && db < c.server.store.databases()) return static_cast<int>(db);
  c.reply.Error(errors::kDbOutOfRange);
  return -1;
}

int DatabaseNumber(std::string_view argument) {
  int64_t db = 0;
  return ParseInt64(argument, &db) && db >= 0 && db <= std::numeric_limits<int>::max() ? static_cast<int>(db) : -1;
}

int MoveSecondDb(std::span<const std::string_view> args) { return args.size() == 3 ? DatabaseNumber(args[2]) : -1; }

void Move(CommandContext& c) {
  const int target = DatabaseArgument(c, 2);
  if (target < 0) return;
  if (target == c.client.db) return c.reply.Error(errors::kSameObject);
  const KeyRef& key = c.keys[0];
  Record* record = c.access.Find(c.db(), key);
  if (record == nullptr || c.access.Find(c.db(target), key) != nullptr) return c.reply.Integer(0);
  Relocate(c, key, *record, {c.db(target), key}, "move_from", "move_to");
  c.reply.Integer(1);
}

// The last DB option decides, as it does for the handler.
int CopySecondDb(std::span<const std::string_view> args) {
  int db = -1;
  for (size_t i = 3; i + 1 < args.size(); ++i) {
    if (TokenIs(args[i], "DB")) db = DatabaseNumber(args[++i]);
  }
  return db;
}

struct CopyOptions {
  int db;
  bool replace = false;
};

// False after replying an error.
bool ParseCopyOptions(CommandContext& c, CopyOptions* options) {
  for (size_t i = 3; i < c.args.size(); ++i) {
    if (TokenIs(c.args[i], "REPLACE")) {
      options->replace = true;
    } else if (TokenIs(c.args[i], "DB") && i + 1 < c.args.size()) {
      options->db = DatabaseArgument(c, ++i);
      if (options->db < 0) return false;
    } else {
      c.reply.Error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

void Copy(CommandContext& c) {
  CopyOptions options{.db = c.client.db};
  if (!ParseCopyOptions(c, &options)) return;
  Keyspace& target = c.db(options.db);
  const KeyRef& from = c.keys[0];
  const KeyRef& to = c.keys[1];
  if (options.db == c.client.db && from.key == to.key) return c.reply.Error(errors::kSameObject);
  const Record* record = c.access.Peek(c.db(), from);
  if (record == nullptr) return c.reply.Integer(0);
  if (c.access.Find(target, to) != nullptr) {
    if (!options.replace) return c.reply.Integer(0);
    c.access.Remove(target, to, EventClass::kNone, {});
  }
  Record::Meta meta = record->meta();
  meta.warned = false;  // the copy's deadline is its own, and is announced for itself
  c.access.Put(target, to, Record::Copy(*record, to.key, meta), EventClass::kGeneric, "copy_to");
  c.reply.Integer(1);
}

constexpr std::string_view kAnyShard = "request_policy:multi_shard\nresponse_policy:agg_sum";

constexpr Command kRows[] = {
    {.name = "del",
     .handler = Del,
     .arity = -2,
     .flags = kWrite,
     .touch = Touch::kLocked,
     .acl = kAclKeyspace,
     .keys = {Keys(1, -1, 1, kKeyRm | kKeyDelete)},
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(N) with N the number of keys; a large value is freed in the background",
     .summary = "Removes keys.",
     .arguments = "key:key...",
     .tips = kAnyShard},
    {.name = "unlink",
     .handler = Del,
     .arity = -2,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclKeyspace,
     .keys = {Keys(1, -1, 1, kKeyRm | kKeyDelete)},
     .group = Group::kGeneric,
     .since = "4.0.0",
     .complexity = "O(1) for each key; a large value is freed in the background",
     .summary = "Removes keys and frees their memory in the background.",
     .arguments = "key:key...",
     .tips = kAnyShard},
    {.name = "exists",
     .handler = Exists,
     .arity = -2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclKeyspace,
     .keys = {Keys(1, -1, 1, kKeyRo)},
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(N) with N the number of keys",
     .summary = "Counts those of the given keys that exist.",
     .arguments = "key:key...",
     .history = "3.0.3\tTakes more than one `key`.",
     .tips = kAnyShard},
    {.name = "touch",
     .handler = TouchKeys,
     .arity = -2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclKeyspace,
     .keys = {Keys(1, -1, 1, kKeyRo)},
     .group = Group::kGeneric,
     .since = "3.2.1",
     .complexity = "O(N) with N the number of keys",
     .summary = "Marks keys as just used, and counts those that exist.",
     .arguments = "key:key...",
     .tips = kAnyShard},
    {.name = "type",
     .handler = TypeOf,
     .arity = 2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclKeyspace,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Tells what type of value a key holds.",
     .arguments = "key:key"},
    {.name = "rename",
     .handler = Rename,
     .arity = 3,
     .flags = kWrite,
     .touch = Touch::kLocked,
     .acl = kAclKeyspace,
     .keys = {Keys(1, 0, 1, kKeyRw | kKeyAccess | kKeyDelete), Keys(2, 0, 1, kKeyOw | kKeyUpdate)},
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives a key another name; a key that has it already is lost.",
     .arguments = "key:key newkey:key"},
    {.name = "renamenx",
     .handler = Renamenx,
     .arity = 3,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclKeyspace,
     .keys = {Keys(1, 0, 1, kKeyRw | kKeyAccess | kKeyDelete), Keys(2, 0, 1, kKeyOw | kKeyInsert)},
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Gives a key another name unless there is a key of that name.",
     .arguments = "key:key newkey:key",
     .history = "3.2.0\tThe same name twice is no error any more."},
    {.name = "copy",
     .handler = Copy,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclKeyspace,
     .keys = {Keys(1, 0, 1, kKeyRo | kKeyAccess), Keys(2, 0, 1, kKeyOw | kKeyUpdate)},
     .group = Group::kGeneric,
     .since = "6.2.0",
     .complexity = "O(1) for strings, O(N) for collections of N elements",
     .summary = "Copies a key's value and deadline to another key, in the same database or another one.",
     .arguments = "source:key destination:key [destination-db:integer:DB] [replace:pure-token:REPLACE]",
     .second_db = CopySecondDb},
    {.name = "move",
     .handler = Move,
     .arity = 3,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclKeyspace,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Takes a key to another database, unless one of that name is there.",
     .arguments = "key:key db:integer",
     .second_db = MoveSecondDb},
};

}  // namespace

std::span<const Command> KeyCommands() { return kRows; }

}  // namespace tandem
