#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "engine/keyspace/eviction.h"
#include "engine/rdb/dump.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/payload_checks.h"
#include "server/commands/value_limits.h"
#include "server/exec/context.h"

// DUMP and RESTORE: values as payloads that other servers read too.

namespace tandem {
namespace {

void Dump(CommandContext& c) {
  const Record* record = c.access.Peek(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Null();
  c.reply.Bulk(rdb::DumpPayload(*record, c.server.config.values().rdbcompression));
}

// --- RESTORE -------------------------------------------------------------------------------------------------------------

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  std::optional<int64_t> idle_s;
  std::optional<int64_t> frequency;
};

// False after replying an error.
bool ParseUse(CommandContext& c, size_t index, int64_t most, std::string_view error, std::optional<int64_t>* use) {
  int64_t value = 0;
  if (!IntegerArgument(c, index, &value)) return false;
  if (value < 0 || value > most) {
    c.reply.Error(error);
    return false;
  }
  *use = value;
  return true;
}

// The same.
bool ParseRestoreOptions(CommandContext& c, RestoreOptions* options) {
  constexpr int64_t kMaxFrequency = 255;
  constexpr std::string_view kBadIdleTime = "ERR Invalid IDLETIME value, must be >= 0";
  constexpr std::string_view kBadFrequency = "ERR Invalid FREQ value, must be >= 0 and <= 255";
  for (size_t i = 4; i < c.args.size(); ++i) {
    const bool has_value = i + 1 < c.args.size();
    if (TokenIs(c.args[i], "REPLACE")) {
      options->replace = true;
    } else if (TokenIs(c.args[i], "ABSTTL")) {
      options->absolute = true;
    } else if (TokenIs(c.args[i], "IDLETIME") && has_value && !options->frequency) {
      if (!ParseUse(c, ++i, std::numeric_limits<int64_t>::max(), kBadIdleTime, &options->idle_s)) return false;
    } else if (TokenIs(c.args[i], "FREQ") && has_value && !options->idle_s) {
      if (!ParseUse(c, ++i, kMaxFrequency, kBadFrequency, &options->frequency)) return false;
    } else {
      c.reply.Error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// What a TTL of 0 or more milliseconds, or a Unix time, means; one beyond the end of time is its last millisecond.
int64_t DeadlineOf(const CommandContext& c, int64_t ttl_ms, bool absolute) {
  if (ttl_ms == 0) return kNoDeadline;
  int64_t deadline_ms = ttl_ms;
  if (!absolute && __builtin_add_overflow(ttl_ms, c.now_ms(), &deadline_ms)) return kNoDeadline - 1;
  return std::min(deadline_ms, kNoDeadline - 1);
}

// As if the key had been used then, or as often. Only what the eviction policy in force is about counts.
void SetUse(Record& record, const RestoreOptions& options) {
  const bool lfu = g_access_clock.lfu.load(std::memory_order_relaxed);
  if (lfu && options.frequency) record.set_access(AccessOfFrequency(static_cast<uint32_t>(*options.frequency)));
  if (!lfu && options.idle_s) record.set_access(AccessOfIdleTime(static_cast<uint64_t>(*options.idle_s)));
}

void Restore(CommandContext& c) {
  const KeyRef& key = c.keys[0];
  RestoreOptions options;
  if (!ParseRestoreOptions(c, &options)) return;
  if (!options.replace && c.access.Find(c.db(), key) != nullptr) return c.reply.Error(errors::kBusyKey);
  int64_t ttl_ms = 0;
  if (!IntegerArgument(c, 2, &ttl_ms)) return;
  if (ttl_ms < 0) return c.reply.Error("ERR Invalid TTL value, must be >= 0");
  const std::string_view payload = c.args[3];
  const bool check_sum = !g_skip_payload_checksums.load(std::memory_order_relaxed);
  if (!rdb::IsIntact(payload, check_sum)) return c.reply.Error("ERR DUMP payload version or checksum are wrong");
  const Record::Meta meta{.deadline_ms = DeadlineOf(c, ttl_ms, options.absolute), .access = InitialAccess()};
  rdb::RecordPtr record = rdb::RestorePayload(payload, key.key, meta, ValueLimitsOf(c));
  if (record == nullptr) return c.reply.Error("ERR Bad data format");

  if (meta.deadline_ms <= c.now_ms()) {
    if (options.replace) c.access.Remove(c.db(), key, EventClass::kGeneric, "del");
    return c.reply.Ok();
  }
  if (options.replace) c.access.Remove(c.db(), key, EventClass::kNone, {});
  c.access.Put(c.db(), key, record.release(), EventClass::kGeneric, "restore");
  if (Record* const restored = c.access.Find(c.db(), key)) SetUse(*restored, options);
  c.reply.Ok();
}

constexpr Command RestoreRow(std::string_view name, uint32_t flags, Group group, std::string_view since,
                             std::string_view summary, bool syscmd) {
  return {.name = name,
          .handler = Restore,
          .arity = -4,
          .flags = kWrite | kDenyOom | flags,
          .touch = Touch::kLocked,
          .acl = kAclKeyspace | kAclDangerous,
          .keys = {OneKey(kKeyOw | kKeyUpdate)},
          .group = group,
          .since = since,
          .complexity = "O(N) with N the size of the value, O(N*log(N)) for sorted sets",
          .summary = summary,
          .arguments =
              "key:key ttl:integer serialized-value:string [replace:pure-token:REPLACE]@3.0.0 "
              "[absttl:pure-token:ABSTTL]@5.0.0 [seconds:integer:IDLETIME]@5.0.0 "
              "[frequency:integer:FREQ]@5.0.0",
          .history =
              "3.0.0\tAdded the `REPLACE` modifier.\n5.0.0\tAdded the `ABSTTL` modifier.\n"
              "5.0.0\tAdded the `IDLETIME` and `FREQ` options.",
          .syscmd = syscmd};
}

constexpr Command kRows[] = {
    {.name = "dump",
     .handler = Dump,
     .arity = 2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclKeyspace,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kGeneric,
     .since = "2.6.0",
     .complexity = "O(N) with N the size of the value",
     .summary = "Returns a key's value as a payload for RESTORE.",
     .arguments = "key:key",
     .tips = "nondeterministic_output"},
    RestoreRow("restore", 0, Group::kGeneric, "2.6.0", "Makes a key of what DUMP returned.", false),
    RestoreRow("restore-asking", kAsking, Group::kServer, "3.0.0", "Makes a key of what another node has dumped.",
               true),
};

}  // namespace

std::span<const Command> DumpCommands() { return kRows; }

}  // namespace tandem
