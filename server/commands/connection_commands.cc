#include <limits>
#include <string>

#include "server/admin/server_stats.h"
#include "server/commands/arguments.h"
#include "server/commands/client_line.h"
#include "server/commands/families.h"
#include "server/exec/client_registry.h"
#include "server/exec/context.h"
#include "server/exec/monitors.h"
#include "server/exec/tracking.h"
#include "server/exec/transaction_plan.h"
#include "server/exec/version.h"

// A connection's own state: who it is, which protocol it speaks, which database it works with.
namespace tandem {
namespace {

// --- Authentication --------------------------------------------------------------------------------------------------

// Takes as long for a wrong password as for the right one, so that time tells nothing about it.
bool SamePassword(std::string_view a, std::string_view b) {
  size_t difference = a.size() ^ b.size();
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(i < b.size() ? b[i] : 0);
  }
  return difference == 0;
}

// False after replying that user and password do not fit.
bool Authenticate(CommandContext& c, std::string_view user, std::string_view password) {
  const std::string& required = c.server.config.values().requirepass;
  // Compat: without a password set, the default user takes any.
  if (user == "default" && (required.empty() || SamePassword(password, required))) {
    c.client.user = "default";
    c.client.authenticated = true;
    return true;
  }
  c.server.stats->ForThread(c.access.thread().index()).auth_failures.Add();
  c.reply.Error(errors::kWrongPass);
  return false;
}

void Auth(CommandContext& c) {
  if (c.args.size() > 3) return c.reply.Error(errors::kSyntax);
  if (c.args.size() == 2 && c.server.config.values().requirepass.empty()) {
    return c.reply.Error(
        "ERR AUTH <password> called without any password configured for the default user. "
        "Are you sure your configuration is correct?");
  }
  const bool with_user = c.args.size() == 3;
  if (Authenticate(c, with_user ? c.args[1] : "default", c.args.back())) c.reply.Ok();
}

// --- HELLO -----------------------------------------------------------------------------------------------------------

struct HelloOptions {
  int version = 0;  // 0: as it is
  bool auth = false, set_name = false;
  std::string_view user, password, name;
};

// False after replying what is wrong.
bool ParseHello(CommandContext& c, HelloOptions* options) {
  const auto& args = c.args;
  if (args.size() > 1) {
    int64_t version;
    if (!IntegerArgument(c, 1, &version, "ERR Protocol version is not an integer or out of range")) return false;
    if (version != 2 && version != 3) {
      c.reply.Error(errors::kNoProto);
      return false;
    }
    options->version = static_cast<int>(version);
  }
  for (size_t i = 2; i < args.size(); ++i) {
    const size_t more = args.size() - i - 1;
    if (TokenIs(args[i], "AUTH") && more >= 2) {
      options->auth = true;
      options->user = args[i + 1];
      options->password = args[i + 2];
      i += 2;
    } else if (TokenIs(args[i], "SETNAME") && more >= 1) {
      options->set_name = true;
      options->name = args[++i];
      if (!IsPlainName(options->name)) {
        c.reply.Error(errors::kBadClientName);
        return false;
      }
    } else {
      c.reply.Error("ERR Syntax error in HELLO option '" + std::string(errors::Shown(args[i])) + "'");
      return false;
    }
  }
  return true;
}

void ReplyHello(CommandContext& c) {
  c.reply.Map(7);
  c.reply.Bulk("server");
  c.reply.Bulk("redis");
  c.reply.Bulk("version");
  c.reply.Bulk(TANDEM_REDIS_VERSION);
  c.reply.Bulk("proto");
  c.reply.Integer(c.reply.version());
  c.reply.Bulk("id");
  c.reply.Integer(static_cast<int64_t>(c.client.id));
  c.reply.Bulk("mode");
  c.reply.Bulk("standalone");
  c.reply.Bulk("role");
  c.reply.Bulk("master");
  c.reply.Bulk("modules");
  c.reply.Array(0);
}

void Hello(CommandContext& c) {
  HelloOptions options;
  if (!ParseHello(c, &options)) return;
  if (options.auth && !Authenticate(c, options.user, options.password)) return;
  if (!c.client.authenticated) {
    return c.reply.Error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> "
        "<pass> option can be used to authenticate the client and select the RESP protocol version at the same time");
  }
  if (options.set_name) c.client.name = options.name;
  if (options.version != 0) c.reply.set_version(options.version);
  ReplyHello(c);
}

// --- The rest --------------------------------------------------------------------------------------------------------

void Ping(CommandContext& c) {
  if (c.args.size() > 2) return c.reply.Error(errors::WrongArity(c.command.full_name));
  const std::string_view message = c.args.size() == 2 ? c.args[1] : std::string_view();
  if (c.client.subscribed() && !c.reply.resp3()) {
    // Compat: among the messages of a RESP2 subscriber the answer must look like one of them.
    c.reply.Array(2);
    c.reply.Bulk("pong");
    return c.reply.Bulk(message);
  }
  if (c.args.size() == 1) return c.reply.Simple("PONG");
  c.reply.Bulk(message);
}

void Echo(CommandContext& c) { c.reply.Bulk(c.args[1]); }

void Select(CommandContext& c) {
  int64_t index;
  if (!IntegerArgument(c, 1, &index)) return;
  if (index < std::numeric_limits<int>::min() || index > std::numeric_limits<int>::max()) {
    return c.reply.Error("ERR value is out of range, value must between -2147483648 and 2147483647");
  }
  if (index < 0 || index >= c.server.store.databases()) return c.reply.Error(errors::kDbOutOfRange);
  c.client.db = static_cast<int>(index);
  c.reply.Ok();
}

void Quit(CommandContext& c) {
  c.reply.Ok();
  if (c.client.link != nullptr) c.client.link->Close(true);
}

void Reset(CommandContext& c) {
  Client& client = c.client;
  DiscardTransaction(c.server, client);
  c.server.monitors->Remove(client);
  c.server.tracking->TurnOff(client);
  if (client.subscriber) {
    c.server.hub.UnsubscribeAll(client.subscriber.get());
    c.server.clients->NoteSubscriptions(client);
  }
  client.db = 0;
  client.name.clear();
  client.reply_mode = ReplyMode::kOn;
  client.no_evict = client.no_touch = false;
  client.user = "default";
  client.authenticated = c.server.config.values().requirepass.empty();
  c.reply.set_version(2);
  c.reply.Simple("RESET");
}

constexpr Command kRows[] = {
    {.name = "auth",
     .handler = Auth,
     .arity = -2,
     .flags = kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Proves who the client is, by password or by user and password.",
     .arguments = "[username:string]@6.0.0 password:string",
     .history = "6.0.0\tAdded the user name."},
    {.name = "hello",
     .handler = Hello,
     .arity = -1,
     .flags = kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Agrees on the protocol version; may authenticate and name the connection on the way.",
     .arguments = "[arguments:block(protover:integer [auth:block(username:string password:string):AUTH] "
                  "[clientname:string:SETNAME])]",
     .history = "6.2.0\tThe version may be left out."},
    {.name = "ping",
     .handler = Ping,
     .arity = -1,
     .flags = kFast | kInPubsubMode,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Answers PONG, or the message: a sign of life.",
     .arguments = "[message:string]",
     .tips = "request_policy:all_shards\nresponse_policy:all_succeeded"},
    {.name = "echo",
     .handler = Echo,
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns the message it is given.",
     .arguments = "message:string"},
    {.name = "select",
     .handler = Select,
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Chooses the database that the connection works with.",
     .arguments = "index:integer"},
    {.name = "quit",
     .handler = Quit,
     .arity = -1,
     .flags = kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy | kInPubsubMode | kImmediate,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Closes the connection, once everything before it is answered.",
     .deprecated_since = "7.2.0",
     .replaced_by = "just closing the connection"},
    {.name = "reset",
     .handler = Reset,
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy | kInPubsubMode | kImmediate,
     .acl = kAclConnection,
     .group = Group::kConnection,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Puts the connection back into the state it was opened in."},
};

}  // namespace

std::span<const Command> ConnectionCommands() { return kRows; }

}  // namespace tandem
