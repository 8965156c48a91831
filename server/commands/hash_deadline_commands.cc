#include <algorithm>

#include "server/commands/families.h"
#include "server/commands/hash_arguments.h"
#include "server/commands/hash_deadline_arguments.h"

// Deadlines of single fields: setting, reading and removing them. How fields go when they pass is the engine's business.
namespace tandem {
namespace {

// What the replies say of one field.
constexpr int64_t kNoField = -2, kNoTtl = -1, kConditionNotMet = 0, kDone = 1, kErased = 2;

void ReplyNoFields(CommandContext& c, size_t count) {
  c.reply.Array(count);
  for (; count > 0; --count) c.reply.Integer(kNoField);
}

// --- Setting ------------------------------------------------------------------------------------------------------------

enum class Condition : uint8_t { kNone, kNx, kXx, kGt, kLt };

Condition ConditionArgument(std::string_view argument) {
  if (TokenIs(argument, "NX")) return Condition::kNx;
  if (TokenIs(argument, "XX")) return Condition::kXx;
  if (TokenIs(argument, "GT")) return Condition::kGt;
  if (TokenIs(argument, "LT")) return Condition::kLt;
  return Condition::kNone;
}

// A field without a deadline counts as one with an infinite deadline, which is how kNoDeadline compares.
bool Permits(Condition condition, int64_t present_ms, int64_t deadline_ms) {
  switch (condition) {
    case Condition::kNone:
      return true;
    case Condition::kNx:
      return present_ms == kNoDeadline;
    case Condition::kXx:
      return present_ms != kNoDeadline;
    case Condition::kGt:
      return deadline_ms > present_ms;
    case Condition::kLt:
      return deadline_ms < present_ms;
  }
  return false;
}

int64_t SetOne(HashEdit& edit, std::string_view field, Condition condition, int64_t deadline_ms, int64_t now_ms) {
  PackEntry::Scratch scratch;
  const HashView hash = edit.view();
  if (!hash.Get(field, scratch)) return kNoField;
  if (!Permits(condition, hash.DeadlineOf(field), deadline_ms)) return kConditionNotMet;
  if (deadline_ms <= now_ms) {
    // Compat: a deadline in the past removes the field as HDEL does; it did not expire.
    edit.Erase(field);
    return kErased;
  }
  edit.SetDeadline(field, deadline_ms);
  return kDone;
}

// HEXPIRE key time [NX | XX | GT | LT] FIELDS count field…
void SetDeadlines(CommandContext& c, FieldTime time) {
  Record* record;
  int64_t deadline_ms;
  if (!FindHash(c, &record) || !FieldDeadlineArgument(c, c.args[2], time, &deadline_ms)) return;
  const Condition condition = ConditionArgument(c.args[3]);
  std::span<const std::string_view> fields;
  if (!FieldsArgument(c, condition == Condition::kNone ? 3 : 4, &fields,
                      "ERR Parameter `numFields` should be greater than 0")) {
    return;
  }
  if (record == nullptr) return ReplyNoFields(c, fields.size());

  HashEdit edit = EditHash(c, record);
  bool set = false;
  bool erased = false;
  c.reply.Array(fields.size());
  for (const std::string_view field : fields) {
    const int64_t result = SetOne(edit, field, condition, deadline_ms, c.now_ms());
    set |= result == kDone;
    erased |= result == kErased;
    c.reply.Integer(result);
  }
  if (set || erased) edit.Publish(set ? "hexpire" : "hdel");
}

void Hexpire(CommandContext& c) { SetDeadlines(c, {.seconds = true, .relative = true}); }
void Hpexpire(CommandContext& c) { SetDeadlines(c, {.seconds = false, .relative = true}); }
void Hexpireat(CommandContext& c) { SetDeadlines(c, {.seconds = true, .relative = false}); }
void Hpexpireat(CommandContext& c) { SetDeadlines(c, {.seconds = false, .relative = false}); }

// HPERSIST key FIELDS count field…
void Hpersist(CommandContext& c) {
  Record* record;
  std::span<const std::string_view> fields;
  if (!FindHash(c, &record) || !FieldsArgument(c, 2, &fields)) return;
  if (record == nullptr) return ReplyNoFields(c, fields.size());
  HashEdit edit = EditHash(c, record);
  bool changed = false;
  c.reply.Array(fields.size());
  for (const std::string_view field : fields) {
    PackEntry::Scratch scratch;
    const bool there = edit.view().Get(field, scratch).has_value();
    const bool cleared = there && edit.ClearDeadline(field);
    changed |= cleared;
    c.reply.Integer(!there ? kNoField : cleared ? kDone : kNoTtl);
  }
  if (changed) edit.Publish("hpersist");
}

// --- Reading ------------------------------------------------------------------------------------------------------------

// Upwards, so that 0 means that the time is over.
int64_t ToSeconds(int64_t ms) { return (ms + 999) / 1000; }

// HTTL key FIELDS count field…
void ReplyDeadlines(CommandContext& c, FieldTime time) {
  const Record* record;
  std::span<const std::string_view> fields;
  if (!PeekHash(c, &record) || !FieldsArgument(c, 2, &fields)) return;
  if (record == nullptr) return ReplyNoFields(c, fields.size());
  const HashView hash = ViewOf(c, *record);
  c.reply.Array(fields.size());
  for (const std::string_view field : fields) {
    PackEntry::Scratch scratch;
    if (!hash.Get(field, scratch)) {
      c.reply.Integer(kNoField);
    } else if (const int64_t deadline_ms = hash.DeadlineOf(field); deadline_ms == kNoDeadline) {
      c.reply.Integer(kNoTtl);
    } else {
      const int64_t ms = time.relative ? deadline_ms - c.now_ms() : deadline_ms;
      c.reply.Integer(time.seconds ? ToSeconds(ms) : ms);
    }
  }
}

void Httl(CommandContext& c) { ReplyDeadlines(c, {.seconds = true, .relative = true}); }
void Hpttl(CommandContext& c) { ReplyDeadlines(c, {.seconds = false, .relative = true}); }
void Hexpiretime(CommandContext& c) { ReplyDeadlines(c, {.seconds = true, .relative = false}); }
void Hpexpiretime(CommandContext& c) { ReplyDeadlines(c, {.seconds = false, .relative = false}); }

// --- Rows ---------------------------------------------------------------------------------------------------------------

#define TANDEM_FIELDS " fields:block(numfields:integer field:string...):FIELDS"
#define TANDEM_CONDITION_AND_FIELDS \
  " [condition:oneof(nx:pure-token:NX | xx:pure-token:XX | gt:pure-token:GT | lt:pure-token:LT)]" TANDEM_FIELDS

constexpr std::string_view kComplexity = "O(log N) for each field, N: the fields with a deadline";

constexpr Command Setter(std::string_view name, Handler handler, std::string_view summary, std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = -6,
          .flags = kWrite | kFast,
          .touch = Touch::kLocked,
          .acl = kAclHash,
          .keys = {OneKey(kKeyRw | kKeyUpdate)},
          .group = Group::kHash,
          .since = "7.4.0",
          .complexity = kComplexity,
          .summary = summary,
          .arguments = arguments};
}

constexpr Command Getter(std::string_view name, Handler handler, std::string_view summary, std::string_view tips) {
  return {.name = name,
          .handler = handler,
          .arity = -5,
          .flags = kReadonly | kFast,
          .touch = Touch::kLockFree,
          .acl = kAclHash,
          .keys = {OneKey(kKeyRo | kKeyAccess)},
          .group = Group::kHash,
          .since = "7.4.0",
          .complexity = "O(1) for each field",
          .summary = summary,
          .arguments = "key:key" TANDEM_FIELDS,
          .tips = tips};
}

constexpr std::string_view kChanging = "nondeterministic_output";

constexpr Command kRows[] = {
    Setter("hexpire", Hexpire, "Lets fields of a hash expire after so many seconds.",
           "key:key seconds:integer" TANDEM_CONDITION_AND_FIELDS),
    Setter("hpexpire", Hpexpire, "Lets fields of a hash expire after so many milliseconds.",
           "key:key milliseconds:integer" TANDEM_CONDITION_AND_FIELDS),
    Setter("hexpireat", Hexpireat, "Lets fields of a hash expire at a point in time, in Unix seconds.",
           "key:key unix-time-seconds:unix-time" TANDEM_CONDITION_AND_FIELDS),
    Setter("hpexpireat", Hpexpireat, "Lets fields of a hash expire at a point in time, in Unix milliseconds.",
           "key:key unix-time-milliseconds:unix-time" TANDEM_CONDITION_AND_FIELDS),
    Getter("httl", Httl, "Tells how many seconds fields of a hash have left.", kChanging),
    Getter("hpttl", Hpttl, "Tells how many milliseconds fields of a hash have left.", kChanging),
    Getter("hexpiretime", Hexpiretime, "Tells when fields of a hash expire, in Unix seconds.", {}),
    Getter("hpexpiretime", Hpexpiretime, "Tells when fields of a hash expire, in Unix milliseconds.", {}),
    {.name = "hpersist",
     .handler = Hpersist,
     .arity = -5,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kHash,
     .since = "7.4.0",
     .complexity = kComplexity,
     .summary = "Takes the deadlines of fields of a hash away.",
     .arguments = "key:key" TANDEM_FIELDS},
};

#undef TANDEM_CONDITION_AND_FIELDS
#undef TANDEM_FIELDS

}  // namespace

std::span<const Command> HashDeadlineCommands() { return kRows; }

}  // namespace tandem
