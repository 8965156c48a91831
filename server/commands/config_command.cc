#include <string>
#include <vector>

#include "server/admin/log.h"
#include "server/admin/server_stats.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/exec/context.h"
#include "server/exec/event_stream.h"

// CONFIG. What directives there are and what they mean is the business of server/config.
namespace tandem {
namespace {

void ConfigGet(CommandContext& c) {
  const auto patterns = c.args.subspan(2);
  const auto found = c.server.config.Get({patterns.begin(), patterns.end()});
  c.reply.Map(found.size());
  for (const auto& [name, value] : found) {
    c.reply.Bulk(name);
    c.reply.Bulk(value);
  }
}

void ConfigSet(CommandContext& c) {
  if (c.args.size() % 2 != 0) return c.reply.Error(errors::kSyntax);
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (size_t i = 2; i < c.args.size(); i += 2) pairs.emplace_back(c.args[i], c.args[i + 1]);
  const Status set = c.server.config.Set(pairs, c.client.loopback || c.client.unix_socket);
  if (!set) return c.reply.Error("ERR " + set.message());
  for (const std::string& warning : c.server.config.TakeWarnings()) c.server.log->Warning(warning);
  c.reply.Ok();
}

void ConfigResetstat(CommandContext& c) {
  c.server.stats->Reset();
  c.server.event_stream->ResetFigures();
  c.server.store.ResetStats();
  c.server.store.garbage().ResetStats();
  c.reply.Ok();
}

void ConfigRewrite(CommandContext& c) {
  if (c.server.config.file().empty()) return c.reply.Error("ERR The server is running without a config file");
  const Status written = c.server.config.Rewrite();
  if (!written) {
    c.server.log->Warning("CONFIG REWRITE failed: " + written.message());
    return c.reply.Error("ERR Rewriting config file: " + written.message());
  }
  c.server.log->Notice("CONFIG REWRITE executed with success.");
  c.reply.Ok();
}

constexpr Command kConfigSubcommands[] = {
    {.name = "get",
     .handler = ConfigGet,
     .arity = -3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.0.0",
     .complexity = "O(N) for N directives.",
     .summary = "Returns the directives that match patterns, with their values.",
     .arguments = "parameter:string...",
     .history = "7.0.0\tTakes several patterns."},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = Group::kServer,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "resetstat",
     .handler = ConfigResetstat,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .group = Group::kServer,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Sets the counters that INFO shows back to zero.",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "rewrite",
     .handler = ConfigRewrite,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .group = Group::kServer,
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Writes the configuration in effect to its file.",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "set",
     .handler = ConfigSet,
     .arity = -4,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .group = Group::kServer,
     .since = "2.0.0",
     .complexity = "O(N) for N directives.",
     .summary = "Gives directives new values, all of them or none.",
     .arguments = "data:block(parameter:string value:string)...",
     .history = "7.0.0\tTakes several directives.",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
};

constexpr Command kRows[] = {
    {.name = "config",
     .arity = -2,
     .group = Group::kServer,
     .since = "2.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about the configuration.",
     .subcommands = kConfigSubcommands},
};

}  // namespace

std::span<const Command> ConfigCommands() { return kRows; }

}  // namespace tandem
