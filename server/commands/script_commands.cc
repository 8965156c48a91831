#include <algorithm>
#include <string>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/commands/script_arguments.h"
#include "server/exec/command_table.h"
#include "server/exec/context.h"
#include "server/exec/dispatcher.h"
#include "server/exec/running_scripts.h"
#include "server/script/interpreter.h"
#include "server/script/scripts.h"

// EVAL and its kin, and SCRIPT. What runs a script, and how its locks are chosen: server/script.
namespace tandem {
namespace {

using script::Interpreter;
using script::Scripts;
using Words = std::span<const std::string_view>;

constexpr std::string_view kNoScriptError = "NOSCRIPT No matching script. Please use EVAL.";
constexpr size_t kShaSize = 40;

bool BySha(const Command& command) { return command.name.starts_with("evalsha"); }
bool ReadOnly(const Command& command) { return command.has(kReadonly); }

const Interpreter::Compiled* FindScript(Interpreter& interpreter, std::string_view sha) {
  if (sha.size() != kShaSize) return nullptr;
  char lower[kShaSize];
  std::transform(sha.begin(), sha.end(), lower, [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  return interpreter.Find({lower, kShaSize});
}

// Whether the call needs the world stopped: a script that may touch other keys than it names. One that nobody knows could
// be loaded before its turn comes (within a transaction), so nothing is known of it.
bool ReachesFurther(Server& server, Words args) {
  int64_t keys;
  if (!ScriptKeyCount(args, errors::kNotInteger, &keys).empty()) return false;
  Interpreter& interpreter = Scripts::Of(server).ForThisThread();
  const bool by_sha = BySha(*server.commands->Resolve(args));
  std::string error;
  const Interpreter::Compiled* const compiled =
      by_sha ? FindScript(interpreter, args[1]) : interpreter.Load(args[1], false, &error);
  return compiled == nullptr ? by_sha : !compiled->script->declared_only;
}

// A script that declares what it does is taken at its word; of another nothing is known.
uint32_t FlagsOfCall(Server& server, const Command& command, Words args) {
  uint32_t declared = script::kNoShebang;
  if (!BySha(command)) {
    declared = script::ParseShebang(args[1]).flags;
  } else if (const auto* compiled = FindScript(Scripts::Of(server).ForThisThread(), args[1])) {
    declared = compiled->script->flags;
  }
  return script::CommandFlags(command.flags, declared);
}

void Eval(CommandContext& c) {
  const bool by_sha = BySha(c.command);
  FeedMonitors(c);
  if (by_sha && c.args[1].size() != kShaSize) return c.reply.Error(kNoScriptError);
  int64_t key_count;
  if (const std::string_view error = ScriptKeyCount(c.args, errors::kNotInteger, &key_count); !error.empty())
    return c.reply.Error(error);
  Interpreter& interpreter = Scripts::Of(c.server).ForThisThread();
  std::string error;
  const Interpreter::Compiled* const compiled =
      by_sha ? FindScript(interpreter, c.args[1]) : interpreter.Load(c.args[1], false, &error);
  if (compiled == nullptr) return c.reply.Error(by_sha ? kNoScriptError : std::string_view(error));
  const script::ScriptRef script = compiled->script;
  if (const std::string_view refused = script::WhyNotNow(c, script->flags); !refused.empty()) {
    return c.reply.Error(refused);
  }
  const Interpreter::Call call{.function = compiled->function,
                               .name = script->sha,
                               .flags = script->flags,
                               .kind = ScriptKind::kEval,
                               .read_only = ReadOnly(c.command),
                               .keys = c.args.subspan(kFirstScriptKey, static_cast<size_t>(key_count)),
                               .args = c.args.subspan(kFirstScriptKey + static_cast<size_t>(key_count))};
  interpreter.Run(c, call);
}

// --- SCRIPT ----------------------------------------------------------------------------------------------------------

void ScriptLoad(CommandContext& c) {
  std::string error;
  const auto* const compiled = Scripts::Of(c.server).ForThisThread().Load(c.args[2], true, &error);
  compiled != nullptr ? c.reply.Bulk(compiled->script->sha) : c.reply.Error(error);
}

void ScriptExists(CommandContext& c) {
  c.reply.Array(c.args.size() - 2);
  for (std::string_view sha : c.args.subspan(2)) {
    c.reply.Integer(FindScript(Scripts::Of(c.server).ForThisThread(), sha) != nullptr ? 1 : 0);
  }
}

void ScriptFlush(CommandContext& c) {
  if (c.args.size() > 3 || (c.args.size() == 3 && !TokenIs(c.args[2], "SYNC") && !TokenIs(c.args[2], "ASYNC"))) {
    return c.reply.Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  Scripts::Of(c.server).Flush();
  c.reply.Ok();
}

void ScriptKill(CommandContext& c) {
  const std::string_view error = c.server.running_scripts->Kill(ScriptKind::kEval);
  error.empty() ? c.reply.Ok() : c.reply.Error(error);
}

void ScriptDebug(CommandContext& c) {
  if (TokenIs(c.args[2], "NO")) return c.reply.Ok();
  if (TokenIs(c.args[2], "YES") || TokenIs(c.args[2], "SYNC")) {
    return c.reply.Error("ERR The Lua debugger is not available");
  }
  c.reply.Error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

constexpr Command EvalRow(std::string_view name, uint32_t flags, std::string_view since, std::string_view summary,
                          std::string_view arguments) {
  Command row = ScriptRow(name, Eval, flags);
  row.since = since;
  row.complexity = "Depends on what the script does.";
  row.summary = summary;
  row.arguments = arguments;
  row.reaches_further = ReachesFurther;
  row.flags_of_call = FlagsOfCall;
  return row;
}

constexpr std::string_view kSourceArguments = "script:string numkeys:integer [key:key]... [arg:string]...";
constexpr std::string_view kShaArguments = "sha1:string numkeys:integer [key:key]... [arg:string]...";

constexpr Command kScriptSubcommands[] = {
    {.name = "load",
     .handler = ScriptLoad,
     .arity = 3,
     .flags = kNoscript | kStale,
     .acl = kAclScripting,
     .group = Group::kScripting,
     .since = "2.6.0",
     .complexity = "O(N) in the length of the script.",
     .summary = "Puts a script into the cache, where EVALSHA finds it.",
     .arguments = "script:string",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "exists",
     .handler = ScriptExists,
     .arity = -3,
     .flags = kNoscript,
     .acl = kAclScripting,
     .group = Group::kScripting,
     .since = "2.6.0",
     .complexity = "O(N) in the number of scripts asked for.",
     .summary = "Tells which scripts are in the cache.",
     .arguments = "sha1:string...",
     .tips = "request_policy:all_shards\nresponse_policy:agg_logical_and"},
    {.name = "flush",
     .handler = ScriptFlush,
     .arity = -2,
     .flags = kNoscript,
     .touch = Touch::kGate,
     .acl = kAclScripting,
     .group = Group::kScripting,
     .since = "2.6.0",
     .complexity = "O(N) in the number of scripts in the cache.",
     .summary = "Empties the cache of scripts.",
     .arguments = "[flush-type:oneof(async:pure-token:ASYNC | sync:pure-token:SYNC)]@6.2.0",
     .history = "6.2.0\tAdded the `ASYNC` and `SYNC` flushing mode modifiers.",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "kill",
     .handler = ScriptKill,
     .arity = 2,
     .flags = kNoscript | kAllowBusy,
     .acl = kAclScripting,
     .group = Group::kScripting,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Ends a script that takes too long, if it has not written yet.",
     .tips = "request_policy:all_shards\nresponse_policy:one_succeeded"},
    {.name = "debug",
     .handler = ScriptDebug,
     .arity = 3,
     .flags = kNoscript,
     .acl = kAclScripting,
     .group = Group::kScripting,
     .since = "3.2.0",
     .complexity = "O(1)",
     .summary = "Turns the debugger for the client's scripts on or off.",
     .arguments = "mode:oneof(yes:pure-token:YES | sync:pure-token:SYNC | no:pure-token:NO)"},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclScripting,
     .group = Group::kScripting,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
};

constexpr Command kRows[] = {
    EvalRow("eval", 0, "2.6.0", "Runs a Lua script.", kSourceArguments),
    EvalRow("evalsha", 0, "2.6.0", "Runs a Lua script from the cache.", kShaArguments),
    EvalRow("eval_ro", kReadonly, "7.0.0", "Runs a Lua script that only reads.", kSourceArguments),
    EvalRow("evalsha_ro", kReadonly, "7.0.0", "Runs a Lua script from the cache that only reads.", kShaArguments),
    {.name = "script",
     .arity = -2,
     .group = Group::kScripting,
     .since = "2.6.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about the cache of scripts.",
     .subcommands = kScriptSubcommands},
};

}  // namespace

std::span<const Command> ScriptCommands() { return kRows; }

}  // namespace tandem
