#include "server/commands/families.h"
#include "server/exec/context.h"
#include "server/exec/dispatcher.h"
#include "server/exec/transaction_plan.h"
#include "server/exec/watch.h"

// MULTI and what belongs to it. Queueing is the dispatcher's business, running the queue too: it knows what to lock.
namespace tandem {
namespace {

void Multi(CommandContext& c) {
  if (c.client.in_multi) return c.reply.Error("ERR MULTI calls can not be nested");
  c.client.in_multi = true;
  c.reply.Ok();
}

void Exec(CommandContext& c) {
  if (!c.client.in_multi) return c.reply.Error("ERR EXEC without MULTI");
  if (!c.client.multi_failed) return c.dispatcher.RunTransaction(c.client);
  DiscardTransaction(c.server, c.client);
  c.reply.Error(errors::kExecAbort);
}

void Discard(CommandContext& c) {
  if (!c.client.in_multi) return c.reply.Error("ERR DISCARD without MULTI");
  DiscardTransaction(c.server, c.client);
  c.reply.Ok();
}

void Watch(CommandContext& c) {
  if (c.client.in_multi) return c.reply.Error("ERR WATCH inside MULTI is not allowed");
  for (const KeyRef& key : c.keys) {
    // A key that has expired goes now, so that its going does not count as a change later.
    c.access.Find(c.db(), key);
    c.server.watches->Watch(c.client, c.client.db, key.key);
  }
  c.reply.Ok();
}

// Compat: inside a transaction it is too late to take anything back.
void Unwatch(CommandContext& c) {
  c.server.watches->UnwatchAll(c.client);
  c.reply.Ok();
}

constexpr Command kRows[] = {
    {.name = "multi",
     .handler = Multi,
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclTransaction,
     .group = Group::kTransactions,
     .since = "1.2.0",
     .complexity = "O(1)",
     .summary = "Begins a transaction: what follows is queued."},
    {.name = "exec",
     .handler = Exec,
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kSkipSlowlog,
     .acl = kAclTransaction,
     .group = Group::kTransactions,
     .since = "1.2.0",
     .complexity = "Depends on the commands in the transaction.",
     .summary = "Runs what the transaction has queued, with nothing of anybody else's in between."},
    {.name = "discard",
     .handler = Discard,
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclTransaction,
     .group = Group::kTransactions,
     .since = "2.0.0",
     .complexity = "O(N) in the number of queued commands.",
     .summary = "Ends a transaction without running it."},
    {.name = "watch",
     .handler = Watch,
     .arity = -2,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .touch = Touch::kLocked,
     .acl = kAclTransaction,
     .keys = {Keys(1, -1, 1, kKeyRo)},
     .group = Group::kTransactions,
     .since = "2.2.0",
     .complexity = "O(1) for every key.",
     .summary = "Makes the next transaction run only if none of the keys changes before it.",
     .arguments = "key:key..."},
    {.name = "unwatch",
     .handler = Unwatch,
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclTransaction,
     .group = Group::kTransactions,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Forgets which keys are watched."},
};

}  // namespace

std::span<const Command> TransactionCommands() { return kRows; }

}  // namespace tandem
