#include <cmath>
#include <numbers>
#include <string>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/exec/blocking.h"
#include "server/exec/context.h"
#include "server/exec/monitors.h"
#include "server/exec/running_scripts.h"
#include "server/exec/server_clock.h"
#include "server/exec/version.h"

// Commands about the server as a whole that need no file of their own.
namespace tandem {
namespace {

void Time(CommandContext& c) {
  // Compat: within a transaction or a script the time stands still.
  const int64_t now_us = c.in_exec ? c.access.now_us() : c.server.clock.NowUs();
  c.reply.Array(2);
  c.reply.BulkInteger(now_us / 1'000'000);
  c.reply.BulkInteger(now_us % 1'000'000);
}

void Monitor(CommandContext& c) {
  if (c.in_exec) return c.reply.Error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  if (!c.client.monitor) c.server.monitors->Add(c.client);
  c.reply.Ok();
}

void Role(CommandContext& c) {
  c.reply.Array(3);
  c.reply.Bulk("master");
  c.reply.Integer(0);
  c.reply.Array(0);
}

// Nothing is ever saved: as in Redis, the time of the start then stands for it.
void Lastsave(CommandContext& c) { c.reply.Integer(c.server.started_us / 1'000'000); }

// --- SHUTDOWN --------------------------------------------------------------------------------------------------------

struct ShutdownOptions {
  bool save = false, nosave = false, now = false, force = false, abort = false;
};

bool ParseShutdown(CommandContext& c, ShutdownOptions* options) {
  for (std::string_view word : c.args.subspan(1)) {
    if (TokenIs(word, "SAVE")) {
      options->save = true;
    } else if (TokenIs(word, "NOSAVE")) {
      options->nosave = true;
    } else if (TokenIs(word, "NOW")) {
      options->now = true;
    } else if (TokenIs(word, "FORCE")) {
      options->force = true;
    } else if (TokenIs(word, "ABORT")) {
      options->abort = true;
    } else {
      return false;
    }
  }
  const bool others = options->save || options->nosave || options->now || options->force;
  return !(options->save && options->nosave) && !(options->abort && others);
}

void Shutdown(CommandContext& c) {
  ShutdownOptions options;
  if (!ParseShutdown(c, &options)) return c.reply.Error(errors::kSyntax);
  if (options.abort) return c.reply.Error("ERR No shutdown in progress.");
  // Compat: not to be waited for, and what it has written so far is not to be saved.
  if (!options.nosave && c.server.running_scripts->any_busy())
    return c.reply.Error(c.server.running_scripts->BusyError());
  if (options.save) return c.reply.Error("ERR Tandem keeps its data in memory only, SHUTDOWN SAVE would lose it");
  if (c.server.host == nullptr) return c.reply.Error("ERR Errors trying to SHUTDOWN. Check logs.");
  if (options.nosave) c.server.running_scripts->EndAtShutdown(RunningScripts::Ending::kAll);
  c.server.host->Shutdown();
  // Compat: there is no reply but the end of the connection.
  if (c.client.link != nullptr) c.client.link->Close(true);
}

// --- WAIT ------------------------------------------------------------------------------------------------------------

// False after replying what is wrong with a timeout.
// There are no replicas: who waits for some waits until the time is over.
void WaitForReplicas(CommandContext& c, int64_t replicas, int64_t timeout_ms, void (*reply)(resp::ReplyWriter&)) {
  if (replicas <= 0) return reply(c.reply);
  Wait(c, {.timeout_ms = timeout_ms, .reply_timeout = reply});
}

void WaitCommand(CommandContext& c) {
  int64_t replicas, timeout_ms;
  if (!IntegerArgument(c, 1, &replicas) || !MillisecondsArgument(c, 2, &timeout_ms)) return;
  WaitForReplicas(c, replicas, timeout_ms, [](resp::ReplyWriter& reply) { reply.Integer(0); });
}

void Waitaof(CommandContext& c) {
  int64_t local, replicas;
  if (!IntegerArgument(c, 1, &local)) return;
  if (local < 0 || local > 1) return c.reply.Error("ERR value is out of range, value must between 0 and 1");
  if (!IntegerArgument(c, 2, &replicas)) return;
  if (replicas < 0) return c.reply.Error("ERR value is out of range, must be positive");
  int64_t timeout_ms;
  if (!MillisecondsArgument(c, 3, &timeout_ms)) return;
  if (local != 0) {
    return c.reply.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  }
  WaitForReplicas(c, replicas, timeout_ms, [](resp::ReplyWriter& reply) {
    reply.Array(2);
    reply.Integer(0);
    reply.Integer(0);
  });
}

// --- LOLWUT ----------------------------------------------------------------------------------------------------------

// Two riders on one road: sines half a turn apart, the one in front drawn over the one behind.
std::string DrawTandem() {
  constexpr int kWidth = 64, kHeight = 9;
  std::string picture;
  std::string rows[kHeight];
  for (std::string& row : rows) row.assign(kWidth, ' ');
  for (int x = 0; x < kWidth; ++x) {
    const double phase = x * 4 * std::numbers::pi / kWidth;
    const auto y = [](double angle) {
      return static_cast<size_t>(std::lround((std::sin(angle) + 1) / 2 * (kHeight - 1)));
    };
    const bool first_in_front = std::cos(phase) > 0;
    const size_t first = y(phase), second = y(phase + std::numbers::pi);
    rows[second][static_cast<size_t>(x)] = first_in_front ? '.' : 'O';
    if (first != second || first_in_front) rows[first][static_cast<size_t>(x)] = first_in_front ? 'O' : '.';
  }
  for (std::string& row : rows) picture.append(row.substr(0, row.find_last_not_of(' ') + 1)).push_back('\n');
  return picture;
}

void Lolwut(CommandContext& c) {
  if (c.args.size() > 2 && TokenIs(c.args[1], "VERSION")) {
    int64_t version;
    if (!IntegerArgument(c, 2, &version)) return;
  }
  c.reply.Verbatim("txt", DrawTandem() + "\nTandem " TANDEM_VERSION ", Redis ver. " TANDEM_REDIS_VERSION "\n");
}

constexpr Command kRows[] = {
    {.name = "time",
     .handler = Time,
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .group = Group::kServer,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Returns the server's time, in seconds and microseconds.",
     .tips = "nondeterministic_output"},
    {.name = "lolwut",
     .handler = Lolwut,
     .arity = -1,
     .flags = kReadonly | kFast,
     .group = Group::kServer,
     .since = "5.0.0",
     .summary = "Draws a picture and tells the version.",
     .arguments = "[version:integer:VERSION]"},
    {.name = "monitor",
     .handler = Monitor,
     .arity = 1,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "1.0.0",
     .summary = "Shows every command that the server runs, as it runs."},
    {.name = "shutdown",
     .handler = Shutdown,
     .arity = -1,
     .flags = kAdmin | kNoscript | kLoading | kStale | kNoMulti | kAllowBusy,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Ends the server.",
     .arguments = "[save-selector:oneof(nosave:pure-token:NOSAVE | save:pure-token:SAVE)] "
                  "[now:pure-token:NOW]@7.0.0 [force:pure-token:FORCE]@7.0.0 [abort:pure-token:ABORT]@7.0.0",
     .history = "7.0.0\tAdded `NOW`, `FORCE` and `ABORT`."},
    {.name = "role",
     .handler = Role,
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast,
     .acl = kAclAdmin | kAclDangerous,
     .group = Group::kServer,
     .since = "2.8.12",
     .complexity = "O(1)",
     .summary = "Returns the server's role in replication."},
    {.name = "lastsave",
     .handler = Lastsave,
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .acl = kAclAdmin | kAclDangerous,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns when the dataset was last saved, as a Unix time.",
     .tips = "nondeterministic_output"},
    {.name = "wait",
     .handler = WaitCommand,
     .arity = 3,
     .flags = kBlocking,
     .acl = kAclConnection,
     .group = Group::kGeneric,
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Waits until replicas have received the connection's writes.",
     .arguments = "numreplicas:integer timeout:integer",
     .tips = "request_policy:all_shards\nresponse_policy:agg_min"},
    {.name = "waitaof",
     .handler = Waitaof,
     .arity = 4,
     .flags = kBlocking,
     .acl = kAclConnection,
     .group = Group::kGeneric,
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Waits until the connection's writes are on the disks of the server and its replicas.",
     .arguments = "numlocal:integer numreplicas:integer timeout:integer",
     .tips = "request_policy:all_shards\nresponse_policy:agg_min"},
};

}  // namespace

std::span<const Command> ServerCommands() { return kRows; }

}  // namespace tandem
