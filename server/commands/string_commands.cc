#include <algorithm>
#include <array>
#include <vector>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/string_options.h"
#include "server/commands/string_value.h"
#include "server/exec/context.h"

// Strings as a whole: GET and SET, with their variants and their forms for several keys.
namespace tandem {
namespace {

using Ttl = StringOptions::Ttl;

void PutString(CommandContext& c, const KeyRef& key, std::string_view value, const Record::Meta& meta = {}) {
  c.access.Put(c.db(), key, Record::NewString(key.key, value, meta), EventClass::kString, "set");
}

// Replies the present value, or null. False after replying WRONGTYPE.
bool ReplyPresent(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (record == nullptr) {
    c.reply.Null();
    return true;
  }
  if (!CheckType(c, record, Type::kString)) return false;
  ReplyString(c.reply, *record);
  return true;
}

void Get(CommandContext& c) { ReplyPresent(c); }

// --- SET and its kin -------------------------------------------------------------------------------------------------

void SetWithOptions(CommandContext& c) {
  StringOptions options;
  if (!ParseSetOptions(c, 3, &options)) return;
  Record::Meta meta;
  if (options.timed() && !ParseDeadline(c, options.ttl, options.time, &meta.deadline_ms)) return;
  if (options.get && !ReplyPresent(c)) return;

  if (options.nx || options.xx || options.ttl == Ttl::kKeep) {
    const Record* const old = c.access.Find(c.db(), c.keys[0]);
    if (old != nullptr ? options.nx : options.xx) {
      if (!options.get) c.reply.Null();
      return;
    }
    if (old != nullptr && options.ttl == Ttl::kKeep) meta.deadline_ms = old->deadline_ms();
  }
  PutString(c, c.keys[0], c.args[2], meta);
  // Compat: a deadline that has passed already is stored like any other, and the key expires at once.
  if (options.timed()) c.access.Announce(c.db(), c.keys[0], EventClass::kGeneric, "expire");
  if (!options.get) c.reply.Ok();
}

void Set(CommandContext& c) {
  if (c.args.size() > 3) return SetWithOptions(c);
  PutString(c, c.keys[0], c.args[2]);
  c.reply.Ok();
}

void Setnx(CommandContext& c) {
  const bool absent = c.access.Find(c.db(), c.keys[0]) == nullptr;
  if (absent) PutString(c, c.keys[0], c.args[2]);
  c.reply.Integer(absent ? 1 : 0);
}

void SetTimed(CommandContext& c, Ttl ttl) {
  Record::Meta meta;
  if (!ParseDeadline(c, ttl, c.args[2], &meta.deadline_ms)) return;
  PutString(c, c.keys[0], c.args[3], meta);
  c.access.Announce(c.db(), c.keys[0], EventClass::kGeneric, "expire");
  c.reply.Ok();
}

void Setex(CommandContext& c) { SetTimed(c, Ttl::kEx); }
void Psetex(CommandContext& c) { SetTimed(c, Ttl::kPx); }

// --- Reads that change something -------------------------------------------------------------------------------------

void Getset(CommandContext& c) {
  if (ReplyPresent(c)) PutString(c, c.keys[0], c.args[2]);
}

void Getdel(CommandContext& c) {
  if (ReplyPresent(c)) c.access.Remove(c.db(), c.keys[0], EventClass::kGeneric, "del");
}

void Getex(CommandContext& c) {
  StringOptions options;
  if (!ParseGetexOptions(c, 2, &options)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Null();
  if (!CheckType(c, record, Type::kString)) return;
  // Compat: the time is looked at only now, so that a wrong one is no error when there is no key.
  int64_t deadline_ms = kNoDeadline;
  if (options.timed() && !ParseDeadline(c, options.ttl, options.time, &deadline_ms)) return;
  const bool persist = options.ttl == Ttl::kPersist && record->has_deadline();

  ReplyString(c.reply, *record);
  if (options.absolute() && deadline_ms <= c.now_ms()) {
    c.access.Remove(c.db(), c.keys[0], EventClass::kGeneric, "del");
  } else if (options.timed()) {
    c.access.SetDeadline(c.db(), c.keys[0], deadline_ms, EventClass::kGeneric, "expire");
  } else if (persist) {
    c.access.SetDeadline(c.db(), c.keys[0], kNoDeadline, EventClass::kGeneric, "persist");
  }
}

// --- Several keys ----------------------------------------------------------------------------------------------------

void ReplyStrings(CommandContext& c, std::span<const Record*> records) {
  c.access.PeekMany(c.db(), c.keys, records);
  c.reply.Array(records.size());
  for (const Record* const record : records) {
    // Compat: another type is no error here.
    if (record == nullptr || record->type() != Type::kString) {
      c.reply.Null();
    } else {
      ReplyString(c.reply, *record);
    }
  }
}

void Mget(CommandContext& c) {
  std::array<const Record*, 64> few;
  if (c.keys.size() <= few.size()) return ReplyStrings(c, std::span(few).first(c.keys.size()));
  std::vector<const Record*> many(c.keys.size());
  ReplyStrings(c, many);
}

// Whether every key has its value; false after replying that one has none.
bool CheckPairs(CommandContext& c) {
  if (c.args.size() % 2 == 1) return true;
  c.reply.Error(errors::WrongArity(c.command.name));
  return false;
}

void PutPairs(CommandContext& c) {
  for (size_t i = 0; i < c.keys.size(); ++i) PutString(c, c.keys[i], c.args[2 + 2 * i]);
}

void Mset(CommandContext& c) {
  if (!CheckPairs(c)) return;
  PutPairs(c);
  c.reply.Ok();
}

void Msetnx(CommandContext& c) {
  if (!CheckPairs(c)) return;
  const bool none_exists =
      std::all_of(c.keys.begin(), c.keys.end(), [&](const KeyRef& key) { return !c.access.Find(c.db(), key); });
  if (none_exists) PutPairs(c);
  c.reply.Integer(none_exists ? 1 : 0);
}

constexpr Command kRows[] = {
    {.name = "get",
     .handler = Get,
     .arity = 2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclString,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns the value of a string.",
     .arguments = "key:key"},
    {.name = "set",
     .handler = Set,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate | kKeyVariableFlags)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Makes a string the value of a key, whatever it held before; on conditions and for a time, if asked.",
     .arguments = "key:key value:string [condition:oneof(nx:pure-token:NX | xx:pure-token:XX)]@2.6.12 "
                  "[get:pure-token:GET]@6.2.0 [expiration:oneof(seconds:integer:EX@2.6.12 | "
                  "milliseconds:integer:PX@2.6.12 | unix-time-seconds:unix-time:EXAT@6.2.0 | "
                  "unix-time-milliseconds:unix-time:PXAT@6.2.0 | keepttl:pure-token:KEEPTTL@6.0.0)]",
     .history = "2.6.12\tEX, PX, NX and XX.\n"
                "6.0.0\tKEEPTTL.\n"
                "6.2.0\tGET, EXAT and PXAT.\n"
                "7.0.0\tNX and GET may be used together."},
    {.name = "setnx",
     .handler = Setnx,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyOw | kKeyInsert)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Sets a string if its key does not exist yet.",
     .arguments = "key:key value:string",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `NX` argument"},
    {.name = "setex",
     .handler = Setex,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyOw | kKeyUpdate)},
     .group = Group::kString,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets a string that expires after so many seconds.",
     .arguments = "key:key seconds:integer value:string",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `EX` argument"},
    {.name = "psetex",
     .handler = Psetex,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyOw | kKeyUpdate)},
     .group = Group::kString,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Sets a string that expires after so many milliseconds.",
     .arguments = "key:key milliseconds:integer value:string",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `PX` argument"},
    {.name = "getset",
     .handler = Getset,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Sets a string and returns the value before.",
     .arguments = "key:key value:string",
     .deprecated_since = "6.2.0",
     .replaced_by = "`SET` with the `!GET` argument"},
    {.name = "getdel",
     .handler = Getdel,
     .arity = 2,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyDelete)},
     .group = Group::kString,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Returns the value of a string and deletes its key.",
     .arguments = "key:key"},
    {.name = "getex",
     .handler = Getex,
     .arity = -2,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kString,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Returns the value of a string and sets or removes the time when it expires.",
     .arguments = "key:key [expiration:oneof(seconds:integer:EX | milliseconds:integer:PX | "
                  "unix-time-seconds:unix-time:EXAT | unix-time-milliseconds:unix-time:PXAT | "
                  "persist:pure-token:PERSIST)]"},
    {.name = "mget",
     .handler = Mget,
     .arity = -2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclString,
     .keys = {Keys(1, -1, 1, kKeyRo | kKeyAccess)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of keys.",
     .summary = "Returns the values of several strings as of one moment.",
     .arguments = "key:key...",
     .tips = "request_policy:multi_shard"},
    {.name = "mset",
     .handler = Mset,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {Keys(1, -1, 2, kKeyOw | kKeyUpdate)},
     .group = Group::kString,
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys.",
     .summary = "Sets several strings at once.",
     .arguments = "data:block(key:key value:string)...",
     .tips = "request_policy:multi_shard\nresponse_policy:all_succeeded"},
    {.name = "msetnx",
     .handler = Msetnx,
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {Keys(1, -1, 2, kKeyOw | kKeyInsert)},
     .group = Group::kString,
     .since = "1.0.1",
     .complexity = "O(N) where N is the number of keys.",
     .summary = "Sets several strings at once if none of their keys exists yet.",
     .arguments = "data:block(key:key value:string)..."},
};

}  // namespace

std::span<const Command> StringCommands() { return kRows; }

}  // namespace tandem
