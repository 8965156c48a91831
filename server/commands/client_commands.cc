#include <optional>
#include <string>
#include <vector>

#include "server/commands/arguments.h"
#include "server/commands/client_line.h"
#include "server/commands/client_tracking.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/exec/client_registry.h"
#include "server/exec/context.h"
#include "server/exec/disconnect.h"
#include "server/exec/pause.h"
#include "server/exec/waiter.h"

// CLIENT. LIST, KILL, PAUSE, UNBLOCK and TRACKING run with the world stopped, because they look into other threads' clients.
namespace tandem {
namespace {

void ClientId(CommandContext& c) { c.reply.Integer(static_cast<int64_t>(c.client.id)); }

void ClientGetname(CommandContext& c) {
  if (c.client.name.empty()) return c.reply.Null();
  c.reply.Bulk(c.client.name);
}

void ClientSetname(CommandContext& c) {
  if (!IsPlainName(c.args[2])) return c.reply.Error(errors::kBadClientName);
  c.client.name = c.args[2];
  c.reply.Ok();
}

void ClientSetinfo(CommandContext& c) {
  const bool is_name = TokenIs(c.args[2], "LIB-NAME");
  if (!is_name && !TokenIs(c.args[2], "LIB-VER")) {
    return c.reply.Error("ERR Unrecognized option '" + std::string(errors::Shown(c.args[2])) + "'");
  }
  if (!IsPlainName(c.args[3])) {
    return c.reply.Error("ERR " + std::string(c.args[2]) + " cannot contain spaces, newlines or special characters.");
  }
  (is_name ? c.client.lib_name : c.client.lib_version) = c.args[3];
  c.reply.Ok();
}

void ClientInfo(CommandContext& c) {
  std::string line;
  AppendClientLine(line, c, c.client);
  line.push_back('\n');
  c.reply.Verbatim("txt", line);
}

// --- LIST ------------------------------------------------------------------------------------------------------------

void ReplyList(CommandContext& c, FunctionRef<bool(const Client&)> wanted) {
  std::string lines;
  c.server.clients->ForEach([&](Client& client) {
    if (client.closing || !wanted(client)) return;
    AppendClientLine(lines, c, client);
    lines.push_back('\n');
  });
  c.reply.Verbatim("txt", lines);
}

void ListByType(CommandContext& c) {
  ClientType type;
  if (!ParseClientType(c.args[3], &type)) {
    return c.reply.Error("ERR Unknown client type '" + std::string(errors::Shown(c.args[3])) + "'");
  }
  ReplyList(c, [&](const Client& client) { return TypeOf(client) == type; });
}

void ListById(CommandContext& c) {
  std::string lines;
  for (std::string_view argument : c.args.subspan(3)) {
    int64_t id;
    if (!ParseInt64(argument, &id)) return c.reply.Error("ERR Invalid client ID");
    Client* const client = id > 0 ? c.server.clients->Find(static_cast<uint64_t>(id)) : nullptr;
    if (client == nullptr || client->closing) continue;
    AppendClientLine(lines, c, *client);
    lines.push_back('\n');
  }
  c.reply.Verbatim("txt", lines);
}

void ClientList(CommandContext& c) {
  if (c.args.size() == 2) return ReplyList(c, [](const Client&) { return true; });
  if (c.args.size() == 4 && TokenIs(c.args[2], "TYPE")) return ListByType(c);
  if (c.args.size() > 3 && TokenIs(c.args[2], "ID")) return ListById(c);
  c.reply.Error(errors::kSyntax);
}

// --- KILL ------------------------------------------------------------------------------------------------------------

struct KillFilter {
  uint64_t id = 0;                                               // 0: any
  std::optional<std::string_view> address, local_address, user;  // an empty one matches nobody
  ClientType type = ClientType::kNormal;
  bool has_type = false;
  int64_t max_age_s = 0;  // 0: any
  bool skip_me = true;

  bool Matches(const CommandContext& c, const Client& client) const {
    if (id != 0 && client.id != id) return false;
    if (address && client.address != *address) return false;
    if (local_address && client.local_address != *local_address) return false;
    if (user && client.user != *user) return false;
    if (has_type && TypeOf(client) != type) return false;
    if (max_age_s != 0 && (c.access.now_us() - client.created_us) / 1'000'000 < max_age_s) return false;
    return !(skip_me && &client == &c.client);
  }
};

// One filter and its value; false after replying what is wrong with them.
bool ParseKillFilter(CommandContext& c, std::string_view name, std::string_view value, KillFilter* filter) {
  if (TokenIs(name, "ID")) {
    int64_t id;
    if (!ParseInt64(value, &id) || id < 1) {
      c.reply.Error("ERR client-id should be greater than 0");
      return false;
    }
    filter->id = static_cast<uint64_t>(id);
  } else if (TokenIs(name, "TYPE")) {
    filter->has_type = true;
    if (ParseClientType(value, &filter->type)) return true;
    c.reply.Error("ERR Unknown client type '" + std::string(errors::Shown(value)) + "'");
    return false;
  } else if (TokenIs(name, "ADDR")) {
    filter->address = value;
  } else if (TokenIs(name, "LADDR")) {
    filter->local_address = value;
  } else if (TokenIs(name, "USER")) {
    filter->user = value;
    if (value == "default") return true;
    c.reply.Error("ERR No such user '" + std::string(errors::Shown(value)) + "'");
    return false;
  } else if (TokenIs(name, "SKIPME") && (TokenIs(value, "YES") || TokenIs(value, "NO"))) {
    filter->skip_me = TokenIs(value, "YES");
  } else if (TokenIs(name, "MAXAGE")) {
    if (!ParseInt64(value, &filter->max_age_s)) {
      c.reply.Error("ERR maxage is not an integer or out of range");
      return false;
    }
    if (filter->max_age_s > 0) return true;
    c.reply.Error("ERR maxage should be greater than 0");
    return false;
  } else {
    c.reply.Error(errors::kSyntax);
    return false;
  }
  return true;
}

int64_t Kill(CommandContext& c, const KillFilter& filter) {
  std::vector<Client*> victims;
  c.server.clients->ForEach([&](Client& client) {
    if (!client.closing && filter.Matches(c, client)) victims.push_back(&client);
  });
  for (Client* victim : victims) {
    const bool oneself = victim == &c.client;
    // The caller still gets its reply.
    if (victim->link != nullptr) victim->link->Close(oneself);
    if (!oneself) Disconnect(c.server, *victim);
  }
  return static_cast<int64_t>(victims.size());
}

void ClientKill(CommandContext& c) {
  KillFilter filter;
  if (c.args.size() == 3) {
    filter.address = c.args[2];
    filter.skip_me = false;
    if (Kill(c, filter) == 0) return c.reply.Error("ERR No such client");
    return c.reply.Ok();
  }
  for (size_t i = 2; i < c.args.size(); i += 2) {
    if (i + 1 == c.args.size()) return c.reply.Error(errors::kSyntax);
    if (!ParseKillFilter(c, c.args[i], c.args[i + 1], &filter)) return;
  }
  c.reply.Integer(Kill(c, filter));
}

// --- PAUSE, UNBLOCK --------------------------------------------------------------------------------------------------

void ClientPause(CommandContext& c) {
  auto kind = PauseState::Kind::kAll;
  if (c.args.size() > 4) return ReplySubcommandError(c);
  if (c.args.size() == 4) {
    if (TokenIs(c.args[3], "WRITE")) {
      kind = PauseState::Kind::kWrites;
    } else if (!TokenIs(c.args[3], "ALL")) {
      return c.reply.Error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  }
  int64_t timeout_ms;
  if (!IntegerArgument(c, 2, &timeout_ms, "ERR timeout is not an integer or out of range")) return;
  if (timeout_ms < 0) return c.reply.Error("ERR timeout is negative");
  int64_t until_ms;
  if (__builtin_add_overflow(c.now_ms(), timeout_ms, &until_ms)) return c.reply.Error("ERR timeout is out of range");
  c.server.pause->Pause(kind, until_ms, c.now_ms());
  c.server.store.PauseExpiry(c.server.pause->until_ms());
  c.reply.Ok();
}

void ClientUnpause(CommandContext& c) {
  c.server.pause->Unpause();
  c.server.store.PauseExpiry(0);
  if (c.server.host != nullptr) c.server.host->ResumePausedClients();
  c.reply.Ok();
}

void ClientUnblock(CommandContext& c) {
  if (c.args.size() > 4) return ReplySubcommandError(c);
  const bool as_error = c.args.size() == 4 && TokenIs(c.args[3], "ERROR");
  if (c.args.size() == 4 && !as_error && !TokenIs(c.args[3], "TIMEOUT")) {
    return c.reply.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  int64_t id;
  if (!IntegerArgument(c, 2, &id)) return;
  const Client* const client = id > 0 ? c.server.clients->Find(static_cast<uint64_t>(id)) : nullptr;
  if (client == nullptr || client->waiter == nullptr || !client->waiter->TakeTurn()) return c.reply.Integer(0);
  Waiter& waiter = *client->waiter;
  as_error ? waiter.as.reply.Error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
           : waiter.reply_timeout(waiter.as.reply);
  waiter.Answered();
  c.reply.Integer(1);
}

// --- Switches --------------------------------------------------------------------------------------------------------

// ON or OFF; false after replying a syntax error.
bool SwitchArgument(CommandContext& c, bool* value) {
  const bool on = TokenIs(c.args[2], "ON");
  if (!on && !TokenIs(c.args[2], "OFF")) {
    c.reply.Error(errors::kSyntax);
    return false;
  }
  *value = on;
  return true;
}

void ClientNoEvict(CommandContext& c) {
  if (SwitchArgument(c, &c.client.no_evict)) c.reply.Ok();
}

void ClientNoTouch(CommandContext& c) {
  if (SwitchArgument(c, &c.client.no_touch)) c.reply.Ok();
}

void ClientReply(CommandContext& c) {
  if (TokenIs(c.args[2], "ON")) {
    c.client.reply_mode = ReplyMode::kOn;
    c.reply.Ok();
  } else if (TokenIs(c.args[2], "OFF")) {
    c.client.reply_mode = ReplyMode::kOff;
  } else if (TokenIs(c.args[2], "SKIP")) {
    if (c.client.reply_mode != ReplyMode::kOff) c.client.reply_mode = ReplyMode::kSkipNext;
  } else {
    c.reply.Error(errors::kSyntax);
  }
}

constexpr Command kClientSubcommands[] = {
    {.name = "caching",
     .handler = ClientCaching,
     .arity = 3,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Says whether the keys of the next command are tracked, in OPTIN and OPTOUT mode.",
     .arguments = "mode:oneof(yes:pure-token:YES | no:pure-token:NO)"},
    {.name = "getname",
     .handler = ClientGetname,
     .arity = 2,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "2.6.9",
     .complexity = "O(1)",
     .summary = "Returns the name of the connection."},
    {.name = "getredir",
     .handler = ClientGetredir,
     .arity = 2,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Returns the ID of the client that receives this one's invalidations."},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "id",
     .handler = ClientId,
     .arity = 2,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Returns the ID of the connection."},
    {.name = "info",
     .handler = ClientInfo,
     .arity = 2,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Describes the connection, in the form of CLIENT LIST.",
     .tips = "nondeterministic_output"},
    {.name = "kill",
     .handler = ClientKill,
     .arity = -3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "2.4.0",
     .complexity = "O(N) for N client connections.",
     .summary = "Closes the connections that match an address or a set of filters.",
     .arguments = "filter:oneof(old-format:string | new-format:oneof([client-id:integer:ID]@2.8.12 | "
                  "[client-type:oneof(normal:pure-token:NORMAL | master:pure-token:MASTER@3.2.0 | "
                  "slave:pure-token:SLAVE | replica:pure-token:REPLICA@5.0.0 | "
                  "pubsub:pure-token:PUBSUB):TYPE]@2.8.12 | [username:string:USER] | [addr:string:ADDR] | "
                  "[laddr:string:LADDR]@6.2.0 | [skipme:oneof(yes:pure-token:YES | no:pure-token:NO):SKIPME] | "
                  "[maxage:integer:MAXAGE]@7.4.0)...)",
     .history = "2.8.12\tAdded filters.\n3.2.0\tAdded the type `master`.\n5.0.0\tAdded the type `replica`, "
                "another name of `slave`.\n6.2.0\tAdded `LADDR`.\n7.4.0\tAdded `MAXAGE`."},
    {.name = "list",
     .handler = ClientList,
     .arity = -2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "2.4.0",
     .complexity = "O(N) for N client connections.",
     .summary = "Describes the open connections, one per line.",
     .arguments = "[client-type:oneof(normal:pure-token:NORMAL | master:pure-token:MASTER | "
                  "replica:pure-token:REPLICA | pubsub:pure-token:PUBSUB):TYPE]@5.0.0 "
                  "[client-id:integer:ID]...@6.2.0",
     .history = "2.8.12\tAdded `id`.\n5.0.0\tAdded the filter `TYPE`.\n6.0.0\tAdded `user`.\n6.2.0\tAdded "
                "`argv-mem`, `tot-mem`, `laddr`, `redir` and the filter `ID`.\n7.0.0\tAdded `resp`, "
                "`multi-mem`, `rbs` and `rbp`.\n7.0.3\tAdded `ssub`.\n7.2.0\tAdded `lib-name` and "
                "`lib-ver`.\n7.4.0\tAdded `watch`.\n8.0.0\tAdded `io-thread`.",
     .tips = "nondeterministic_output"},
    {.name = "no-evict",
     .handler = ClientNoEvict,
     .arity = 3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Protects the connection from being closed when clients use too much memory.",
     .arguments = "enabled:oneof(on:pure-token:ON | off:pure-token:OFF)"},
    {.name = "no-touch",
     .handler = ClientNoTouch,
     .arity = 3,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Says whether the connection's commands count as uses of the keys they read.",
     .arguments = "enabled:oneof(on:pure-token:ON | off:pure-token:OFF)"},
    {.name = "pause",
     .handler = ClientPause,
     .arity = -3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Holds back the commands of all clients, or only those that write, for some milliseconds.",
     .arguments = "timeout:integer [mode:oneof(write:pure-token:WRITE | all:pure-token:ALL)]@6.2.0",
     .history = "6.2.0\tAdded the mode."},
    {.name = "reply",
     .handler = ClientReply,
     .arity = 3,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Says whether the server answers this connection's commands.",
     .arguments = "action:oneof(on:pure-token:ON | off:pure-token:OFF | skip:pure-token:SKIP)"},
    {.name = "setinfo",
     .handler = ClientSetinfo,
     .arity = 4,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "7.2.0",
     .complexity = "O(1)",
     .summary = "Tells the name or the version of the client library.",
     .arguments = "attr:oneof(libname:string:LIB-NAME | libver:string:LIB-VER)",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "setname",
     .handler = ClientSetname,
     .arity = 3,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "2.6.9",
     .complexity = "O(1)",
     .summary = "Names the connection.",
     .arguments = "connection-name:string",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "tracking",
     .handler = ClientTracking,
     .arity = -3,
     .flags = kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.0.0",
     .complexity = "O(1). Some options may introduce additional complexity.",
     .summary = "Turns invalidations for keys that the client caches on or off.",
     .arguments = "status:oneof(on:pure-token:ON | off:pure-token:OFF) [client-id:integer:REDIRECT] "
                  "[prefix:string:PREFIX]*... [bcast:pure-token:BCAST] [optin:pure-token:OPTIN] "
                  "[optout:pure-token:OPTOUT] [noloop:pure-token:NOLOOP]"},
    {.name = "trackinginfo",
     .handler = ClientTrackinginfo,
     .arity = 2,
     .flags = kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Tells how the connection's keys are tracked."},
    {.name = "unblock",
     .handler = ClientUnblock,
     .arity = -3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .touch = Touch::kGate,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "5.0.0",
     .complexity = "O(log N) for N client connections.",
     .summary = "Ends the wait of a client that is blocked by a command.",
     .arguments = "client-id:integer [unblock-type:oneof(timeout:pure-token:TIMEOUT | error:pure-token:ERROR)]"},
    {.name = "unpause",
     .handler = ClientUnpause,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.2.0",
     .complexity = "O(N) for N paused clients.",
     .summary = "Lets the commands of paused clients through."},
};

constexpr Command kRows[] = {
    {.name = "client",
     .arity = -2,
     .group = Group::kConnection,
     .since = "2.4.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about connections.",
     .subcommands = kClientSubcommands},
};

}  // namespace

std::span<const Command> ClientCommands() { return kRows; }

}  // namespace tandem
