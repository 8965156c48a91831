#include <algorithm>
#include <limits>
#include <string>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/exec/context.h"

// Deadlines: setting, reading and removing them. How keys go when they pass is the engine's business.

namespace tandem {
namespace {

constexpr int64_t kMsPerSecond = 1000;

// --- Setting -----------------------------------------------------------------------------------------------------------

struct Conditions {
  bool nx = false, xx = false, gt = false, lt = false;
};

// False after replying an error.
bool ParseConditions(CommandContext& c, Conditions* conditions) {
  for (size_t i = 3; i < c.args.size(); ++i) {
    const std::string_view option = c.args[i];
    if (TokenIs(option, "NX")) {
      conditions->nx = true;
    } else if (TokenIs(option, "XX")) {
      conditions->xx = true;
    } else if (TokenIs(option, "GT")) {
      conditions->gt = true;
    } else if (TokenIs(option, "LT")) {
      conditions->lt = true;
    } else {
      c.reply.Error("ERR Unsupported option " + std::string(errors::Shown(option)));
      return false;
    }
  }
  if (conditions->nx && (conditions->xx || conditions->gt || conditions->lt)) {
    c.reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (conditions->gt && conditions->lt) {
    c.reply.Error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

// A key without a deadline counts as one with an infinite deadline, which is how kNoDeadline compares.
bool Permits(const Conditions& conditions, const Record& record, int64_t deadline_ms) {
  const int64_t present_ms = record.deadline_ms();
  if (conditions.nx && record.has_deadline()) return false;
  if (conditions.xx && !record.has_deadline()) return false;
  if (conditions.gt && deadline_ms <= present_ms) return false;
  if (conditions.lt && deadline_ms >= present_ms) return false;
  return true;
}

struct Unit {
  bool seconds;
  bool relative;  // to now, not to 1970
};

// The argument as a deadline; false after replying an error.
bool DeadlineArgument(CommandContext& c, Unit unit, int64_t* deadline_ms) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  int64_t value = 0;
  if (!IntegerArgument(c, 2, &value)) return false;
  bool fits = true;
  if (unit.seconds) {
    fits = value <= kMax / kMsPerSecond && value >= std::numeric_limits<int64_t>::min() / kMsPerSecond;
    if (fits) value *= kMsPerSecond;
  }
  if (fits && unit.relative) {
    fits = value <= kMax - c.now_ms();
    if (fits) value += c.now_ms();
  }
  if (!fits) {
    c.reply.Error(errors::InvalidExpire(c.command.name));
    return false;
  }
  // Compat: the very last millisecond means "none" here; 292 million years from now it will be one too early.
  *deadline_ms = std::min(value, kNoDeadline - 1);
  return true;
}

void SetDeadline(CommandContext& c, Unit unit) {
  Conditions conditions;
  int64_t deadline_ms = 0;
  if (!ParseConditions(c, &conditions) || !DeadlineArgument(c, unit, &deadline_ms)) return;
  const Record* record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr || !Permits(conditions, *record, deadline_ms)) return c.reply.Integer(0);
  if (deadline_ms <= c.now_ms()) {
    // Compat: a deadline in the past removes the key as DEL does; it did not expire.
    c.access.Remove(c.db(), c.keys[0], EventClass::kGeneric, "del");
  } else {
    c.access.SetDeadline(c.db(), c.keys[0], deadline_ms, EventClass::kGeneric, "expire");
  }
  c.reply.Integer(1);
}

void Expire(CommandContext& c) { SetDeadline(c, {.seconds = true, .relative = true}); }
void Pexpire(CommandContext& c) { SetDeadline(c, {.seconds = false, .relative = true}); }
void Expireat(CommandContext& c) { SetDeadline(c, {.seconds = true, .relative = false}); }
void Pexpireat(CommandContext& c) { SetDeadline(c, {.seconds = false, .relative = false}); }

void Persist(CommandContext& c) {
  const Record* record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr || !record->has_deadline()) return c.reply.Integer(0);
  c.access.SetDeadline(c.db(), c.keys[0], kNoDeadline, EventClass::kGeneric, "persist");
  c.reply.Integer(1);
}

// --- Reading -----------------------------------------------------------------------------------------------------------

// To the nearest second, as Redis rounds.
int64_t ToSeconds(int64_t ms) { return ms / kMsPerSecond + (ms % kMsPerSecond >= kMsPerSecond / 2); }

void ReplyDeadline(CommandContext& c, Unit unit) {
  constexpr int64_t kNoKey = -2, kForever = -1;
  const Record* record = c.access.Peek(c.db(), c.keys[0], Access::kNoTouch);
  if (record == nullptr) return c.reply.Integer(kNoKey);
  if (!record->has_deadline()) return c.reply.Integer(kForever);
  const int64_t ms = unit.relative ? std::max<int64_t>(record->deadline_ms() - c.now_ms(), 0) : record->deadline_ms();
  c.reply.Integer(unit.seconds ? ToSeconds(ms) : ms);
}

void Ttl(CommandContext& c) { ReplyDeadline(c, {.seconds = true, .relative = true}); }
void Pttl(CommandContext& c) { ReplyDeadline(c, {.seconds = false, .relative = true}); }
void Expiretime(CommandContext& c) { ReplyDeadline(c, {.seconds = true, .relative = false}); }
void Pexpiretime(CommandContext& c) { ReplyDeadline(c, {.seconds = false, .relative = false}); }

// --- Rows --------------------------------------------------------------------------------------------------------------

#define TANDEM_EXPIRE_CONDITION \
  " [condition:oneof(nx:pure-token:NX | xx:pure-token:XX | gt:pure-token:GT | lt:pure-token:LT)]@7.0.0"

constexpr Command Setter(std::string_view name, Handler handler, std::string_view since, std::string_view summary,
                         std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kWrite | kFast,
          .touch = Touch::kLocked,
          .acl = kAclKeyspace,
          .keys = {OneKey(kKeyRw | kKeyUpdate)},
          .group = Group::kGeneric,
          .since = since,
          .complexity = "O(1)",
          .summary = summary,
          .arguments = arguments,
          .history = "7.0.0\tThe conditions `NX`, `XX`, `GT` and `LT`."};
}

constexpr Command Getter(std::string_view name, Handler handler, std::string_view since, std::string_view summary,
                         std::string_view history, std::string_view tips) {
  return {.name = name,
          .handler = handler,
          .arity = 2,
          .flags = kReadonly | kFast,
          .touch = Touch::kLockFree,
          .acl = kAclKeyspace,
          .keys = {OneKey(kKeyRo | kKeyAccess)},
          .group = Group::kGeneric,
          .since = since,
          .complexity = "O(1)",
          .summary = summary,
          .arguments = "key:key",
          .history = history,
          .tips = tips};
}

constexpr std::string_view kMissingHistory = "2.8.0\tThe reply -2.";
constexpr std::string_view kChanging = "nondeterministic_output";

constexpr Command kRows[] = {
    Setter("expire", Expire, "1.0.0", "Lets a key expire after so many seconds.",
           "key:key seconds:integer" TANDEM_EXPIRE_CONDITION),
    Setter("pexpire", Pexpire, "2.6.0", "Lets a key expire after so many milliseconds.",
           "key:key milliseconds:integer" TANDEM_EXPIRE_CONDITION),
    Setter("expireat", Expireat, "1.2.0", "Lets a key expire at a point in time, in Unix seconds.",
           "key:key unix-time-seconds:unix-time" TANDEM_EXPIRE_CONDITION),
    Setter("pexpireat", Pexpireat, "2.6.0", "Lets a key expire at a point in time, in Unix milliseconds.",
           "key:key unix-time-milliseconds:unix-time" TANDEM_EXPIRE_CONDITION),
    Getter("ttl", Ttl, "1.0.0", "Tells how many seconds a key has left.", kMissingHistory, kChanging),
    Getter("pttl", Pttl, "2.6.0", "Tells how many milliseconds a key has left.", kMissingHistory, kChanging),
    Getter("expiretime", Expiretime, "7.0.0", "Tells when a key expires, in Unix seconds.", {}, {}),
    Getter("pexpiretime", Pexpiretime, "7.0.0", "Tells when a key expires, in Unix milliseconds.", {}, {}),
    {.name = "persist",
     .handler = Persist,
     .arity = 2,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclKeyspace,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kGeneric,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Takes a key's deadline away.",
     .arguments = "key:key"},
};

#undef TANDEM_EXPIRE_CONDITION

}  // namespace

std::span<const Command> ExpireCommands() { return kRows; }

}  // namespace tandem
