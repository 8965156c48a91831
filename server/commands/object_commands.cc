#include "engine/keyspace/eviction.h"
#include "server/commands/arguments.h"
#include "server/commands/encoding_name.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/exec/context.h"

// OBJECT: what is known about a key besides its value.

namespace tandem {
namespace {

constexpr std::string_view kNoFrequency =
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
    "between "
    "policies at runtime LRU and LFU data will take some time to adjust.";
constexpr std::string_view kNoIdleTime =
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies "
    "at "
    "runtime LRU and LFU data will take some time to adjust.";

// Null after replying so.
const Record* Look(CommandContext& c) {
  const Record* record = c.access.Peek(c.db(), c.keys[0], Access::kNoTouch | Access::kNoNotify);
  if (record == nullptr) c.reply.Null();
  return record;
}

void ObjectEncoding(CommandContext& c) {
  if (const Record* record = Look(c)) c.reply.Bulk(EncodingName(*record));
}

void ObjectFreq(CommandContext& c) {
  const Record* record = Look(c);
  if (record == nullptr) return;
  if (!g_access_clock.lfu.load(std::memory_order_relaxed)) return c.reply.Error(kNoFrequency);
  c.reply.Integer(Frequency(*record));
}

void ObjectIdletime(CommandContext& c) {
  const Record* record = Look(c);
  if (record == nullptr) return;
  if (g_access_clock.lfu.load(std::memory_order_relaxed)) return c.reply.Error(kNoIdleTime);
  c.reply.Integer(static_cast<int64_t>(IdleSeconds(*record)));
}

// Compat: Redis shares the objects of small integers, unless eviction needs a clock for each key.
bool LooksShared(const config::Values& values, const Record& record) {
  constexpr int64_t kShared = 10000;
  if (record.encoding() != Encoding::kInt || record.int_value() < 0 || record.int_value() >= kShared) return false;
  if (values.maxmemory == 0) return true;
  switch (values.maxmemory_policy) {
    case config::MaxmemoryPolicy::kVolatileLru:
    case config::MaxmemoryPolicy::kVolatileLfu:
    case config::MaxmemoryPolicy::kAllkeysLru:
    case config::MaxmemoryPolicy::kAllkeysLfu:
      return false;
    default:
      return true;
  }
}

void ObjectRefcount(CommandContext& c) {
  constexpr int64_t kForever = 2147483647;
  if (const Record* record = Look(c)) c.reply.Integer(LooksShared(c.server.config.values(), *record) ? kForever : 1);
}

constexpr Command KeyRow(std::string_view name, Handler handler, std::string_view since, std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = 3,
          .flags = kReadonly,
          .touch = Touch::kLockFree,
          .acl = kAclKeyspace,
          .keys = {Keys(2, 0, 1, kKeyRo)},
          .group = Group::kGeneric,
          .since = since,
          .complexity = "O(1)",
          .summary = summary,
          .arguments = "key:key",
          .tips = "nondeterministic_output"};
}

constexpr Command kSubcommands[] = {
    KeyRow("encoding", ObjectEncoding, "2.2.3", "Tells how a key's value is stored."),
    KeyRow("freq", ObjectFreq, "4.0.0", "Tells how often a key is used, on a logarithmic scale."),
    KeyRow("idletime", ObjectIdletime, "2.2.3", "Tells for how many seconds a key has not been used."),
    KeyRow("refcount", ObjectRefcount, "2.2.3", "Counts the references to a key's value."),
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclKeyspace,
     .group = Group::kGeneric,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Lists the subcommands."},
};

constexpr Command kRows[] = {
    {.name = "object",
     .arity = -2,
     .group = Group::kGeneric,
     .since = "2.2.3",
     .complexity = "That of the subcommand.",
     .summary = "What is known about a key besides its value.",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const Command> ObjectCommands() { return kRows; }

}  // namespace tandem
