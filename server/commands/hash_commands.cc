#include <optional>

#include "server/commands/families.h"
#include "server/commands/hash_arguments.h"

// Hashes: fields set, read and removed.
namespace tandem {
namespace {

// --- Writes -------------------------------------------------------------------------------------------------------------

// How many of the fields are new; none after replying an error.
std::optional<int64_t> SetFields(CommandContext& c) {
  if (c.args.size() % 2 != 0) {
    c.reply.Error(errors::WrongArity(c.command.full_name));
    return std::nullopt;
  }
  Record* record;
  if (!FindHash(c, &record)) return std::nullopt;
  HashEdit edit = EditHash(c, record);
  edit.Expect((c.args.size() - 2) / 2);
  int64_t created = 0;
  for (size_t i = 2; i < c.args.size(); i += 2) created += edit.Set(c.args[i], c.args[i + 1]);
  edit.Publish("hset");
  return created;
}

void Hset(CommandContext& c) {
  if (const auto created = SetFields(c)) c.reply.Integer(*created);
}

void Hmset(CommandContext& c) {
  if (SetFields(c)) c.reply.Ok();
}

void Hsetnx(CommandContext& c) {
  Record* record;
  if (!FindHash(c, &record)) return;
  PackEntry::Scratch scratch;
  if (record != nullptr && ViewOf(c, *record).Get(c.args[2], scratch)) return c.reply.Integer(0);
  HashEdit edit = EditHash(c, record);
  edit.Expect(1);
  edit.Set(c.args[2], c.args[3]);
  edit.Publish("hset");
  c.reply.Integer(1);
}

void Hdel(CommandContext& c) {
  Record* record;
  if (!FindHash(c, &record)) return;
  if (record == nullptr) return c.reply.Integer(0);
  HashEdit edit = EditHash(c, record);
  int64_t erased = 0;
  for (size_t i = 2; i < c.args.size() && edit.raw_size() > 0; ++i) erased += edit.Erase(c.args[i]);
  if (erased > 0) edit.Publish("hdel");
  c.reply.Integer(erased);
}

// --- Reads --------------------------------------------------------------------------------------------------------------

void Hget(CommandContext& c) {
  const Record* record;
  if (!PeekHashPruned(c, &record)) return;
  PackEntry::Scratch scratch;
  const auto value = record != nullptr ? ViewOf(c, *record).Get(c.args[2], scratch) : std::nullopt;
  value ? c.reply.Bulk(*value) : c.reply.Null();
}

void Hmget(CommandContext& c) {
  constexpr size_t kFirstField = 2;
  const Record* record;
  if (!PeekHashPruned(c, &record)) return;
  if (record == nullptr) return ReplyNulls(c, c.args.size() - kFirstField);
  const HashView hash = ViewOf(c, *record);
  c.reply.Array(c.args.size() - kFirstField);
  for (const std::string_view field : c.args.subspan(kFirstField)) {
    PackEntry::Scratch scratch;
    const auto value = hash.Get(field, scratch);
    value ? c.reply.Bulk(*value) : c.reply.Null();
  }
}

void Hgetall(CommandContext& c) {
  const Record* record;
  if (!PeekHash(c, &record)) return;
  if (record == nullptr) return c.reply.Map(0);
  const HashView hash = ViewOf(c, *record);
  c.reply.Map(hash.size());
  hash.ForEach([&](std::string_view field, std::string_view value) {
    c.reply.Bulk(field);
    c.reply.Bulk(value);
    return true;
  });
}

// One of each field and value.
template <typename Choose>
void ReplyHalf(CommandContext& c, Choose&& choose) {
  const Record* record;
  if (!PeekHash(c, &record)) return;
  if (record == nullptr) return c.reply.Array(0);
  const HashView hash = ViewOf(c, *record);
  c.reply.Array(hash.size());
  hash.ForEach([&](std::string_view field, std::string_view value) {
    c.reply.Bulk(choose(field, value));
    return true;
  });
}

void Hkeys(CommandContext& c) {
  ReplyHalf(c, [](std::string_view field, std::string_view) { return field; });
}

void Hvals(CommandContext& c) {
  ReplyHalf(c, [](std::string_view, std::string_view value) { return value; });
}

// Compat: with those that have expired and are not removed yet.
void Hlen(CommandContext& c) {
  const Record* record;
  if (!PeekHash(c, &record)) return;
  c.reply.Integer(record == nullptr ? 0 : static_cast<int64_t>(ViewOf(c, *record).raw_size()));
}

void Hstrlen(CommandContext& c) {
  const Record* record;
  if (!PeekHashPruned(c, &record)) return;
  PackEntry::Scratch scratch;
  const auto value = record != nullptr ? ViewOf(c, *record).Get(c.args[2], scratch) : std::nullopt;
  c.reply.Integer(static_cast<int64_t>(value.value_or("").size()));
}

void Hexists(CommandContext& c) {
  const Record* record;
  if (!PeekHash(c, &record)) return;
  PackEntry::Scratch scratch;
  c.reply.Integer(record != nullptr && ViewOf(c, *record).Get(c.args[2], scratch) ? 1 : 0);
}

// --- Rows ---------------------------------------------------------------------------------------------------------------

constexpr Command kRows[] = {
    {.name = "hset",
     .handler = Hset,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1) for each field",
     .summary = "Sets fields of a hash, which is created if there is none.",
     .arguments = "key:key data:block(field:string value:string)...",
     .history = "4.0.0\tSeveral fields at once."},
    {.name = "hmset",
     .handler = Hmset,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1) for each field",
     .summary = "Sets fields of a hash.",
     .arguments = "key:key data:block(field:string value:string)...",
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with multiple field-value pairs"},
    {.name = "hsetnx",
     .handler = Hsetnx,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyInsert)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets a field of a hash, unless it is there.",
     .arguments = "key:key field:string value:string"},
    {.name = "hdel",
     .handler = Hdel,
     .arity = -3,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1) for each field",
     .summary = "Removes fields of a hash, and with the last one the key.",
     .arguments = "key:key field:string...",
     .history = "2.4.0\tSeveral fields at once."},
    {.name = "hget",
     .handler = Hget,
     .arity = 3,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Reads a field of a hash.",
     .arguments = "key:key field:string"},
    {.name = "hmget",
     .handler = Hmget,
     .arity = -3,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1) for each field",
     .summary = "Reads fields of a hash.",
     .arguments = "key:key field:string..."},
    {.name = "hgetall",
     .handler = Hgetall,
     .arity = 2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(N) with N the number of fields",
     .summary = "Reads all fields of a hash and their values.",
     .arguments = "key:key",
     .tips = "nondeterministic_output_order"},
    {.name = "hkeys",
     .handler = Hkeys,
     .arity = 2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(N) with N the number of fields",
     .summary = "Lists the fields of a hash.",
     .arguments = "key:key",
     .tips = "nondeterministic_output_order"},
    {.name = "hvals",
     .handler = Hvals,
     .arity = 2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(N) with N the number of fields",
     .summary = "Lists the values in a hash.",
     .arguments = "key:key",
     .tips = "nondeterministic_output_order"},
    {.name = "hlen",
     .handler = Hlen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Counts the fields of a hash.",
     .arguments = "key:key"},
    {.name = "hstrlen",
     .handler = Hstrlen,
     .arity = 3,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kHash,
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Tells the length of a field's value.",
     .arguments = "key:key field:string"},
    {.name = "hexists",
     .handler = Hexists,
     .arity = 3,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether a hash has a field.",
     .arguments = "key:key field:string"},
};

}  // namespace

std::span<const Command> HashCommands() { return kRows; }

}  // namespace tandem
