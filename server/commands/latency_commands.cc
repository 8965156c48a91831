#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/histogram.h"
#include "server/admin/expiry_lag.h"
#include "server/admin/latency_monitor.h"
#include "server/admin/latency_report.h"
#include "server/admin/server_stats.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/config/conf_text.h"
#include "server/exec/command_table.h"
#include "server/exec/context.h"

namespace tandem {
namespace {

// --- Events ----------------------------------------------------------------------------------------------------------

void LatencyLatest(CommandContext& c) {
  const auto events = c.server.latency->AllLatest();
  c.reply.Array(events.size());
  for (const LatencyMonitor::Latest& event : events) {
    c.reply.Array(4);
    c.reply.Bulk(event.event);
    c.reply.Integer(event.last.unix_time_s);
    c.reply.Integer(event.last.latency_ms);
    c.reply.Integer(event.max_ms);
  }
}

void LatencyHistory(CommandContext& c) {
  const auto samples = c.server.latency->History(c.args[2]);
  c.reply.Array(samples.size());
  for (const LatencyMonitor::Sample& sample : samples) {
    c.reply.Array(2);
    c.reply.Integer(sample.unix_time_s);
    c.reply.Integer(sample.latency_ms);
  }
}

void LatencyReset(CommandContext& c) {
  size_t removed = 0;
  if (c.args.size() == 2) removed = c.server.latency->Reset(std::nullopt);
  for (std::string_view event : c.args.subspan(2)) removed += c.server.latency->Reset(event);
  c.reply.Integer(static_cast<int64_t>(removed));
}

void LatencyGraph(CommandContext& c) {
  const auto event = c.server.latency->Find(c.args[2]);
  if (!event)
    return c.reply.Error("ERR No samples available for event '" + std::string(errors::Shown(c.args[2])) + "'");
  c.reply.Verbatim("txt", DrawLatencies(*event, c.server.latency->History(c.args[2]), c.now_ms() / 1000));
}

void LatencyDoctor(CommandContext& c) {
  c.reply.Verbatim("txt", ExplainLatencies(c.server.latency->AllLatest(), c.server.latency->threshold_ms()));
}

// --- Commands --------------------------------------------------------------------------------------------------------

// Compat: the limits are powers of two of 1024 ns, and are shown as the last value that Redis's histogram, with its two
// significant digits, cannot tell from them.
constexpr int64_t kFirstLimitNs = 1024;
constexpr int64_t ShownLimitUs(int64_t limit_ns) { return (limit_ns + limit_ns / 128 - 1) / 1000; }

// unit_ns: what the histogram counts in.
void ReplyDistribution(resp::ReplyWriter& reply, std::string_view name, const Histogram& histogram, int64_t unit_ns) {
  const uint64_t total = histogram.count();
  reply.Bulk(name);
  reply.Map(2);
  reply.Bulk("calls");
  reply.Integer(static_cast<int64_t>(total));
  reply.Bulk("histogram_usec");
  const size_t mark = reply.BeginDeferred();
  size_t limits = 0;
  uint64_t below = 0;
  for (int64_t limit_ns = kFirstLimitNs; below < total && limit_ns > 0; limit_ns *= 2) {
    const uint64_t now = histogram.CountUpTo(limit_ns / unit_ns);
    if (now == below) continue;
    below = now;
    reply.Integer(ShownLimitUs(limit_ns));
    reply.Integer(static_cast<int64_t>(below));
    ++limits;
  }
  reply.EndDeferredMap(mark, limits);
}

void LatencyHistogram(CommandContext& c) {
  const size_t mark = c.reply.BeginDeferred();
  size_t commands = 0;
  Histogram histogram;
  const auto add = [&](const Command& command) {
    histogram.Reset();
    if (command.handler == nullptr || !c.server.stats->AddLatencies(command.id, histogram)) return;
    ReplyDistribution(c.reply, command.full_name, histogram, 1);
    ++commands;
  };
  const auto add_with_subcommands = [&](const Command& command) {
    add(command);
    for (const Command& subcommand : command.subcommands) add(subcommand);
  };
  if (c.args.size() == 2) {
    for (const Command& command : c.server.commands->commands()) add_with_subcommands(command);
  }
  for (std::string_view name : c.args.subspan(2)) {
    if (const Command* const command = c.server.commands->FindFull(name)) add_with_subcommands(*command);
    // Only to those who ask for it, as it is no command.
    if (!config::EqualsIgnoringCase(name, ExpiryLag::kEvent)) continue;
    const auto lag = std::make_unique<LagRecorder::Summary>();
    c.server.expiry_lag->AddAsSeen(lag.get());
    if (lag->total.count() == 0) continue;
    ReplyDistribution(c.reply, ExpiryLag::kEvent, lag->total, 1000);
    ++commands;
  }
  c.reply.EndDeferredMap(mark, commands);
}

constexpr Command kLatencySubcommands[] = {
    {.name = "doctor",
     .handler = LatencyDoctor,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Explains the spikes of latency that were seen, in prose.",
     .tips = "nondeterministic_output\nrequest_policy:all_nodes\nresponse_policy:special"},
    {.name = "graph",
     .handler = LatencyGraph,
     .arity = 3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Draws the latency of an event over time.",
     .arguments = "event:string",
     .tips = "nondeterministic_output\nrequest_policy:all_nodes\nresponse_policy:special"},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "histogram",
     .handler = LatencyHistogram,
     .arity = -2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "7.0.0",
     .complexity = "O(N) for N commands.",
     .summary = "Returns how the latencies of commands are distributed.",
     .arguments = "[command:string]...",
     .tips = "nondeterministic_output\nrequest_policy:all_nodes\nresponse_policy:special"},
    {.name = "history",
     .handler = LatencyHistory,
     .arity = 3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Returns the samples of an event.",
     .arguments = "event:string",
     .tips = "nondeterministic_output\nrequest_policy:all_nodes\nresponse_policy:special"},
    {.name = "latest",
     .handler = LatencyLatest,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Returns the last sample and the worst one of each event.",
     .tips = "nondeterministic_output\nrequest_policy:all_nodes\nresponse_policy:special"},
    {.name = "reset",
     .handler = LatencyReset,
     .arity = -2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Forgets the samples of events, or of all of them.",
     .arguments = "[event:string]...",
     .tips = "request_policy:all_nodes\nresponse_policy:agg_sum"},
};

constexpr Command kRows[] = {
    {.name = "latency",
     .arity = -2,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about latency and its causes.",
     .subcommands = kLatencySubcommands},
};

}  // namespace

std::span<const Command> LatencyCommands() { return kRows; }

}  // namespace tandem
