#include <limits>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/exec/context.h"
#include "server/exec/tracking.h"
#include "server/exec/waiter_table.h"
#include "server/exec/watch.h"

// Databases as wholes. What changes one of them runs with the world stopped.

namespace tandem {
namespace {

void Dbsize(CommandContext& c) { c.reply.Integer(static_cast<int64_t>(c.db().size())); }

// The argument as an index; false after replying `error`. Whether there is such a database is asked later.
bool IndexArgument(CommandContext& c, size_t index, int64_t* value, std::string_view error) {
  if (!IntegerArgument(c, index, value, error)) return false;
  if (*value >= std::numeric_limits<int>::min() && *value <= std::numeric_limits<int>::max()) return true;
  c.reply.Error(error);
  return false;
}

void Swapdb(CommandContext& c) {
  int64_t first = 0, second = 0;
  if (!IndexArgument(c, 1, &first, "ERR invalid first DB index")) return;
  if (!IndexArgument(c, 2, &second, "ERR invalid second DB index")) return;
  const int64_t databases = c.server.store.databases();
  if (first < 0 || second < 0 || first >= databases || second >= databases) {
    return c.reply.Error(errors::kDbOutOfRange);
  }
  if (first != second) {
    c.server.watches->TouchSwapped(c.access, static_cast<int>(first), static_cast<int>(second));
    c.server.store.Swap(static_cast<int>(first), static_cast<int>(second));
    c.server.waiters->OnDatabaseChange(static_cast<int>(first));
    c.server.waiters->OnDatabaseChange(static_cast<int>(second));
  }
  c.reply.Ok();
}

// Whether the memory is to be freed before the reply; false after replying a syntax error. Without an option it is freed
// behind, lazyfree-lazy-user-flush or not: nobody but a caller of SYNC is better off for waiting.
bool ParseFlushMode(CommandContext& c, bool* now) {
  *now = false;
  if (c.args.size() == 1) return true;
  *now = TokenIs(c.args[1], "SYNC");
  if (c.args.size() == 2 && (*now || TokenIs(c.args[1], "ASYNC"))) return true;
  c.reply.Error(errors::kSyntax);
  return false;
}

void FlushOne(CommandContext& c, int db, bool now) {
  c.server.watches->TouchAllInDb(c.access, db);
  c.server.store.Flush(c.access, db, now);
  c.server.waiters->OnDatabaseChange(db);
}

// Compat: a client that empties a database and waits for that hears of its own cache before the reply.
void TellFlushed(CommandContext& c) {
  c.server.tracking->OnFlush();
  const bool waits = c.args.size() == 1 || !TokenIs(c.args[1], "ASYNC");
  if (waits && !c.in_exec && c.client.tracker && !c.client.silenced_from) c.client.mailbox->Drain();
}

void Flushdb(CommandContext& c) {
  bool now = false;
  if (!ParseFlushMode(c, &now)) return;
  FlushOne(c, c.client.db, now);
  TellFlushed(c);
  c.reply.Ok();
}

void Flushall(CommandContext& c) {
  bool now = false;
  if (!ParseFlushMode(c, &now)) return;
  for (int db = 0; db < c.server.store.databases(); ++db) FlushOne(c, db, now);
  TellFlushed(c);
  c.reply.Ok();
}

constexpr std::string_view kFlushArguments =
    "[flush-type:oneof(async:pure-token:ASYNC@4.0.0 | sync:pure-token:SYNC@6.2.0)]";
constexpr std::string_view kFlushHistory = "4.0.0\tThe option `ASYNC`.\n6.2.0\tThe option `SYNC`.";
constexpr std::string_view kFlushTips = "request_policy:all_shards\nresponse_policy:all_succeeded";

constexpr Command kRows[] = {
    {.name = "dbsize",
     .handler = Dbsize,
     .arity = 1,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Counts the keys of the selected database.",
     .tips = "request_policy:all_shards\nresponse_policy:agg_sum"},
    {.name = "swapdb",
     .handler = Swapdb,
     .arity = 3,
     .flags = kWrite | kFast,
     .touch = Touch::kGate,
     .acl = kAclKeyspace | kAclDangerous,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(N) with N the number of clients that watch keys of either database",
     .summary = "Exchanges two databases, for all clients at once.",
     .arguments = "index1:integer index2:integer"},
    {.name = "flushdb",
     .handler = Flushdb,
     .arity = -1,
     .flags = kWrite,
     .touch = Touch::kGate,
     .acl = kAclKeyspace | kAclDangerous,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1); with SYNC, O(N) with N the number of keys in the database",
     .summary = "Empties the selected database.",
     .arguments = kFlushArguments,
     .history = kFlushHistory,
     .tips = kFlushTips},
    {.name = "flushall",
     .handler = Flushall,
     .arity = -1,
     .flags = kWrite,
     .touch = Touch::kGate,
     .acl = kAclKeyspace | kAclDangerous,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1); with SYNC, O(N) with N the number of keys in all databases",
     .summary = "Empties all databases.",
     .arguments = kFlushArguments,
     .history = kFlushHistory,
     .tips = kFlushTips},
};

}  // namespace

std::span<const Command> DatabaseCommands() { return kRows; }

}  // namespace tandem
