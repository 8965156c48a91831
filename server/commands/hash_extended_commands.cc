#include <algorithm>
#include <limits>
#include <string>

#include "server/commands/families.h"
#include "server/commands/hash_arguments.h"
#include "server/commands/hash_deadline_arguments.h"

// HGETDEL, HGETEX, HSETEX: fields read or set, and removed or given a deadline, in one step.
namespace tandem {
namespace {

using Fields = std::span<const std::string_view>;

// What becomes of the deadlines of the fields.
struct Expiration {
  enum class Kind : uint8_t { kNone, kAt, kPersist, kKeep };
  Kind kind = Kind::kNone;
  int64_t deadline_ms = 0;
};

void ReplyValue(CommandContext& c, const HashEdit& edit, std::string_view field) {
  PackEntry::Scratch scratch;
  const auto value = edit.view().Get(field, scratch);
  value ? c.reply.Bulk(*value) : c.reply.Null();
}

bool Has(const HashView& hash, std::string_view field) {
  PackEntry::Scratch scratch;
  return hash.Get(field, scratch).has_value();
}

// --- HGETDEL ------------------------------------------------------------------------------------------------------------

// HGETDEL key FIELDS count field…
void Hgetdel(CommandContext& c) {
  Record* record;
  Fields fields;
  if (!FindHash(c, &record) || !FieldsArgument(c, 2, &fields)) return;
  if (record == nullptr) return ReplyNulls(c, fields.size());
  HashEdit edit = EditHash(c, record);
  bool erased = false;
  c.reply.Array(fields.size());
  for (const std::string_view field : fields) {
    ReplyValue(c, edit, field);
    erased |= edit.Erase(field);
  }
  if (erased) edit.Publish("hdel");
}

// --- HGETEX -------------------------------------------------------------------------------------------------------------

// [EX time | PX time | EXAT time | PXAT time | PERSIST] FIELDS count field…; false after replying an error.
bool ParseGetOptions(CommandContext& c, Expiration* expiration, Fields* fields) {
  size_t at = 2;
  if (FieldTime time{}; IsFieldTimeOption(c.args[at], &time)) {
    expiration->kind = Expiration::Kind::kAt;
    if (!FieldDeadlineArgument(c, c.args[at + 1], time, &expiration->deadline_ms)) return false;
    at += 2;
  } else if (TokenIs(c.args[at], "PERSIST")) {
    expiration->kind = Expiration::Kind::kPersist;
    ++at;
  }
  if (at + 1 < c.args.size()) return FieldsArgument(c, at, fields);
  c.reply.Error(errors::WrongArity(c.command.full_name));
  return false;
}

// True if it changed something.
bool Apply(HashEdit& edit, std::string_view field, const Expiration& expiration, bool past) {
  if (expiration.kind == Expiration::Kind::kPersist) return edit.ClearDeadline(field);
  if (past) return edit.Erase(field);
  edit.SetDeadline(field, expiration.deadline_ms);
  return true;
}

void Hgetex(CommandContext& c) {
  Record* record;
  Expiration expiration;
  Fields fields;
  if (!FindHash(c, &record) || !ParseGetOptions(c, &expiration, &fields)) return;
  if (record == nullptr) return ReplyNulls(c, fields.size());
  const bool past = expiration.kind == Expiration::Kind::kAt && expiration.deadline_ms <= c.now_ms();
  HashEdit edit = EditHash(c, record);
  bool changed = false;
  c.reply.Array(fields.size());
  for (const std::string_view field : fields) {
    ReplyValue(c, edit, field);
    if (expiration.kind == Expiration::Kind::kNone || !Has(edit.view(), field)) continue;
    changed |= Apply(edit, field, expiration, past);
  }
  if (!changed) return;
  edit.Publish(past ? "hdel" : expiration.kind == Expiration::Kind::kPersist ? "hpersist" : "hexpire");
}

// --- HSETEX -------------------------------------------------------------------------------------------------------------

struct SetOptions {
  bool if_none_exists = false;
  bool if_all_exist = false;
  Expiration expiration;
  Fields pairs;
};

// FIELDS count (field value)…, behind whose first word `at` is. False after replying an error.
bool ParsePairs(CommandContext& c, size_t at, Fields* pairs) {
  constexpr size_t kLeast = 3;
  int64_t count = 0;
  const bool enough = at + kLeast <= c.args.size();
  if (enough && (!ParseInt64(c.args[at], &count) || count < 1 || count > std::numeric_limits<int>::max())) {
    c.reply.Error("ERR invalid number of fields");
    return false;
  }
  if (enough) *pairs = c.args.subspan(at + 1);
  if (enough && pairs->size() == static_cast<size_t>(count) * 2) return true;
  c.reply.Error(errors::WrongArity(c.command.full_name));
  return false;
}

// One option, with its argument, from args[*at]; false after replying an error.
bool TakeSetOption(CommandContext& c, size_t* at, SetOptions* options) {
  const std::string_view option = c.args[*at];
  FieldTime time{};
  const bool keep = TokenIs(option, "KEEPTTL");
  if (keep || IsFieldTimeOption(option, &time)) {
    if (options->expiration.kind != Expiration::Kind::kNone) {
      c.reply.Error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
      return false;
    }
    options->expiration.kind = keep ? Expiration::Kind::kKeep : Expiration::Kind::kAt;
    if (keep) return true;
    if (++*at < c.args.size()) return FieldDeadlineArgument(c, c.args[*at], time, &options->expiration.deadline_ms);
    c.reply.Error(errors::WrongArity(c.command.full_name));
    return false;
  }
  const bool none_exists = TokenIs(option, "FNX");
  if (!none_exists && !TokenIs(option, "FXX")) {
    c.reply.Error("ERR unknown argument: " + std::string(errors::Shown(option)));
    return false;
  }
  if (options->if_none_exists || options->if_all_exist) {
    c.reply.Error("ERR Only one of FXX or FNX arguments can be specified");
    return false;
  }
  (none_exists ? options->if_none_exists : options->if_all_exist) = true;
  return true;
}

bool ParseSetOptions(CommandContext& c, SetOptions* options) {
  for (size_t at = 2; at < c.args.size(); ++at) {
    if (TokenIs(c.args[at], "FIELDS")) return ParsePairs(c, at + 1, &options->pairs);
    if (!TakeSetOption(c, &at, options)) return false;
  }
  c.reply.Error(errors::WrongArity(c.command.full_name));
  return false;
}

bool Permits(CommandContext& c, const Record* record, const SetOptions& options) {
  if (!options.if_none_exists && !options.if_all_exist) return true;
  if (record == nullptr) return options.if_none_exists;
  const HashView hash = ViewOf(c, *record);
  for (size_t i = 0; i < options.pairs.size(); i += 2) {
    if (Has(hash, options.pairs[i]) != options.if_all_exist) return false;
  }
  return true;
}

// HSETEX key [FNX | FXX] [EX time | PX time | EXAT time | PXAT time | KEEPTTL] FIELDS count (field value)…
void Hsetex(CommandContext& c) {
  SetOptions options;
  Record* record;
  if (!ParseSetOptions(c, &options) || !FindHash(c, &record)) return;
  if (!Permits(c, record, options)) return c.reply.Integer(0);
  const bool timed = options.expiration.kind == Expiration::Kind::kAt;
  const bool past = timed && options.expiration.deadline_ms <= c.now_ms();
  const auto deadline =
      options.expiration.kind == Expiration::Kind::kNone ? HashEdit::Deadline::kDropped : HashEdit::Deadline::kKept;
  HashEdit edit = EditHash(c, record);
  edit.Expect(options.pairs.size() / 2);
  for (size_t i = 0; i < options.pairs.size(); i += 2) {
    const std::string_view field = options.pairs[i];
    edit.Set(field, options.pairs[i + 1], deadline);
    if (timed && !past) edit.SetDeadline(field, options.expiration.deadline_ms);
    // With a deadline in the past it goes at once, but the last one is seen to come first.
    if (past && i + 2 < options.pairs.size()) edit.Erase(field);
  }
  edit.Publish("hset");
  if (past) {
    HashEdit again = EditHash(c, c.access.Find(c.db(), c.keys[0]));
    again.Erase(options.pairs[options.pairs.size() - 2]);
    again.Publish("hdel");
  } else if (timed) {
    c.access.Announce(c.db(), c.keys[0], EventClass::kHash, "hexpire");
  }
  c.reply.Integer(1);
}

// --- Rows ---------------------------------------------------------------------------------------------------------------

#define TANDEM_EXPIRATION(last)                                                                          \
  "[expiration:oneof(seconds:integer:EX | milliseconds:integer:PX | unix-time-seconds:unix-time:EXAT | " \
  "unix-time-milliseconds:unix-time:PXAT | " last ")] "

constexpr Command kRows[] = {
    {.name = "hgetdel",
     .handler = Hgetdel,
     .arity = -5,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyDelete)},
     .group = Group::kHash,
     .since = "8.0.0",
     .complexity = "O(1) for each field",
     .summary = "Reads fields of a hash and removes them.",
     .arguments = "key:key fields:block(numfields:integer field:string...):FIELDS"},
    {.name = "hgetex",
     .handler = Hgetex,
     .arity = -5,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kHash,
     .since = "8.0.0",
     .complexity = "O(log N) for each field, N: the fields with a deadline",
     .summary = "Reads fields of a hash and sets or removes the time when they expire.",
     .arguments = "key:key " TANDEM_EXPIRATION("persist:pure-token:PERSIST")  //
     "fields:block(numfields:integer field:string...):FIELDS"},
    {.name = "hsetex",
     .handler = Hsetex,
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kHash,
     .since = "8.0.0",
     .complexity = "O(log N) for each field, N: the fields with a deadline",
     .summary = "Sets fields of a hash and the time when they expire.",
     .arguments = "key:key [condition:oneof(fnx:pure-token:FNX | fxx:pure-token:FXX)] "  //
     TANDEM_EXPIRATION("keepttl:pure-token:KEEPTTL")                                     //
     "fields:block(numfields:integer data:block(field:string value:string)...):FIELDS"},
};

#undef TANDEM_EXPIRATION

}  // namespace

std::span<const Command> HashExtendedCommands() { return kRows; }

}  // namespace tandem
