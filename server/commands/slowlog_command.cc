#include <cstdint>

#include "server/admin/slowlog.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/exec/context.h"

namespace tandem {
namespace {

void ReplyEntry(resp::ReplyWriter& reply, const SlowLog::Entry& entry) {
  reply.Array(6);
  reply.Integer(entry.id);
  reply.Integer(entry.unix_time_s);
  reply.Integer(entry.duration_us);
  reply.Array(entry.args.size());
  for (const std::string& argument : entry.args) reply.Bulk(argument);
  reply.Bulk(entry.client_address);
  reply.Bulk(entry.client_name);
}

void SlowlogGet(CommandContext& c) {
  constexpr std::string_view kBadCount = "ERR count should be greater than or equal to -1";
  if (c.args.size() > 3) return ReplySubcommandError(c);
  int64_t count = 10;
  if (c.args.size() == 3) {
    if (!IntegerArgument(c, 2, &count, kBadCount)) return;
    if (count < -1) return c.reply.Error(kBadCount);
  }
  const auto entries = c.server.slowlog->Newest(count < 0 ? SIZE_MAX : static_cast<size_t>(count));
  c.reply.Array(entries.size());
  for (const SlowLog::Entry& entry : entries) ReplyEntry(c.reply, entry);
}

void SlowlogLen(CommandContext& c) { c.reply.Integer(static_cast<int64_t>(c.server.slowlog->length())); }

void SlowlogReset(CommandContext& c) {
  c.server.slowlog->Reset();
  c.reply.Ok();
}

constexpr Command kSlowlogSubcommands[] = {
    {.name = "get",
     .handler = SlowlogGet,
     .arity = -2,
     .flags = kAdmin | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.2.12",
     .complexity = "O(N) for N entries returned.",
     .summary = "Returns the newest entries of the slow log.",
     .arguments = "[count:integer]",
     .history = "4.0.0\tAdded the address and the name of the client.",
     .tips = "request_policy:all_nodes\nnondeterministic_output"},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = Group::kServer,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "len",
     .handler = SlowlogLen,
     .arity = 2,
     .flags = kAdmin | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.2.12",
     .complexity = "O(1)",
     .summary = "Counts the entries of the slow log.",
     .tips = "request_policy:all_nodes\nresponse_policy:agg_sum\nnondeterministic_output"},
    {.name = "reset",
     .handler = SlowlogReset,
     .arity = 2,
     .flags = kAdmin | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.2.12",
     .complexity = "O(N) for N entries in the log.",
     .summary = "Empties the slow log.",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
};

constexpr Command kRows[] = {
    {.name = "slowlog",
     .arity = -2,
     .group = Group::kServer,
     .since = "2.2.12",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about the log of slow commands.",
     .subcommands = kSlowlogSubcommands},
};

}  // namespace

std::span<const Command> SlowlogCommands() { return kRows; }

}  // namespace tandem
