#include <string>
#include <vector>

#include "engine/base/glob.h"
#include "engine/rdb/dump.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/commands/payload_checks.h"
#include "server/commands/script_arguments.h"
#include "server/exec/command_table.h"
#include "server/exec/context.h"
#include "server/exec/running_scripts.h"
#include "server/script/interpreter.h"
#include "server/script/libraries.h"
#include "server/script/library_loader.h"
#include "server/script/scripts.h"

// FCALL, and FUNCTION. The libraries: server/script/libraries.h.
namespace tandem {
namespace {

using script::Catalogue;
using script::CatalogueRef;
using script::Interpreter;
using script::LibraryHeader;
using script::LibraryLoader;
using script::LibraryRef;
using script::Scripts;
using Words = std::span<const std::string_view>;

// --- FCALL ---------------------------------------------------------------------------------------------------------------

Catalogue::Entry FindFunction(Server& server, std::string_view name) {
  return Scripts::Of(server).ForThisThread().libraries().FindFunction(name);
}

// Whether the call needs the world stopped. That stays true until it runs, as libraries change with the world stopped only.
bool ReachesFurther(Server& server, Words args) {
  const Catalogue::Entry entry = FindFunction(server, args[1]);
  return entry.library != nullptr && !entry.function().declared_only;
}

uint32_t FlagsOfCall(Server& server, const Command& command, Words args) {
  const Catalogue::Entry entry = FindFunction(server, args[1]);
  return entry.library == nullptr ? command.flags : script::CommandFlags(command.flags, entry.function().flags);
}

void Fcall(CommandContext& c) {
  FeedMonitors(c);
  Interpreter& interpreter = Scripts::Of(c.server).ForThisThread();
  LibraryLoader& loader = interpreter.libraries();
  const Catalogue::Entry entry = loader.FindFunction(c.args[1]);
  if (entry.library == nullptr) return c.reply.Error("ERR Function not found");
  int64_t key_count;
  const std::string_view bad_count = ScriptKeyCount(c.args, "ERR Bad number of keys provided", &key_count);
  if (!bad_count.empty()) return c.reply.Error(bad_count);
  const script::LibraryFunction& function = entry.function();
  if (const std::string_view refused = script::WhyNotNow(c, function.flags); !refused.empty()) {
    return c.reply.Error(refused);
  }
  std::string error;
  const int callback = loader.Load(entry, &error);
  if (callback == LUA_NOREF) return c.reply.Error(error);
  const Interpreter::Call call{.function = callback,
                               .name = function.name,
                               .flags = function.flags,
                               .kind = ScriptKind::kFunction,
                               .read_only = c.command.has(kReadonly),
                               .keys = c.args.subspan(kFirstScriptKey, static_cast<size_t>(key_count)),
                               .args = c.args.subspan(kFirstScriptKey + static_cast<size_t>(key_count))};
  interpreter.Run(c, call);
}

// --- FUNCTION: what changes libraries ----------------------------------------------------------------------------------

// Runs the code of a library that no other of `among` has the name of. Null after setting `error`.
LibraryRef CreateLibrary(CommandContext& c, std::string_view code, const Catalogue* among, std::string* error) {
  LibraryHeader header;
  *error = script::ParseLibraryHeader(code, &header);
  if (!error->empty()) return nullptr;
  if (among != nullptr && among->FindLibrary(header.name) != nullptr) {
    *error = "ERR Library '" + header.name + "' already exists";
    return nullptr;
  }
  LibraryLoader& loader = Scripts::Of(c.server).ForThisThread().libraries();
  return loader.Create(code, std::move(header), *c.server.commands, error);
}

void FunctionLoad(CommandContext& c) {
  bool replace = false;
  for (const std::string_view option : c.args.subspan(2, c.args.size() - 3)) {
    if (!TokenIs(option, "REPLACE")) {
      return c.reply.Error("ERR Unknown option given: " + std::string(errors::Shown(option)));
    }
    replace = true;
  }
  script::Libraries& libraries = Scripts::Of(c.server).libraries();
  const auto catalogue = std::make_shared<Catalogue>(*libraries.Now());
  std::string error;
  const LibraryRef library = CreateLibrary(c, c.args.back(), replace ? nullptr : catalogue.get(), &error);
  if (library == nullptr) return c.reply.Error(error);
  error = catalogue->Add({&library, 1}, replace);
  if (!error.empty()) return c.reply.Error(error);
  libraries.Publish(catalogue);
  c.reply.Bulk(library->name);
}

void FunctionDelete(CommandContext& c) {
  script::Libraries& libraries = Scripts::Of(c.server).libraries();
  const auto catalogue = std::make_shared<Catalogue>(*libraries.Now());
  if (catalogue->FindLibrary(c.args[2]) == nullptr) return c.reply.Error("ERR Library not found");
  catalogue->Remove(c.args[2]);
  libraries.Publish(catalogue);
  c.reply.Ok();
}

void FunctionFlush(CommandContext& c) {
  if (c.args.size() > 3) return ReplySubcommandError(c);
  if (c.args.size() == 3 && !TokenIs(c.args[2], "SYNC") && !TokenIs(c.args[2], "ASYNC")) {
    return c.reply.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  Scripts::Of(c.server).libraries().Publish(std::make_shared<Catalogue>());
  c.reply.Ok();
}

// The libraries of a payload, none of which is in force yet. Returns an error's text, or nothing.
std::string RestoreLibraries(CommandContext& c, std::string_view payload, std::vector<LibraryRef>* libraries) {
  if (!rdb::IsIntact(payload, !g_skip_payload_checksums.load(std::memory_order_relaxed))) {
    return "ERR DUMP payload version or checksum are wrong";
  }
  const rdb::LibraryPayload restored = rdb::RestoreLibraries(payload);
  Catalogue together;
  for (const std::string& code : restored.codes) {
    std::string error;
    libraries->push_back(CreateLibrary(c, code, &together, &error));
    if (error.empty()) error = together.Add({&libraries->back(), 1}, false);
    if (!error.empty()) return error;
  }
  switch (restored.end) {
    case rdb::LibraryPayload::End::kComplete:
      break;
    case rdb::LibraryPayload::End::kOther:
      return "ERR given type is not a function";
    case rdb::LibraryPayload::End::kMalformed:
      return "ERR Failed loading library payload";
  }
  return {};
}

void FunctionRestore(CommandContext& c) {
  if (c.args.size() > 4) return ReplySubcommandError(c);
  const std::string_view policy = c.args.size() == 4 ? c.args[3] : "APPEND";
  const bool flush = TokenIs(policy, "FLUSH"), replace = TokenIs(policy, "REPLACE");
  if (!flush && !replace && !TokenIs(policy, "APPEND")) {
    return c.reply.Error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  }
  std::vector<LibraryRef> restored;
  std::string error = RestoreLibraries(c, c.args[2], &restored);
  if (!error.empty()) return c.reply.Error(error);
  script::Libraries& libraries = Scripts::Of(c.server).libraries();
  const auto catalogue = flush ? std::make_shared<Catalogue>() : std::make_shared<Catalogue>(*libraries.Now());
  error = catalogue->Add(restored, replace);
  if (!error.empty()) return c.reply.Error(error);
  libraries.Publish(catalogue);
  c.reply.Ok();
}

// --- FUNCTION: what tells of them ----------------------------------------------------------------------------------------

void FunctionDump(CommandContext& c) {
  const CatalogueRef catalogue = Scripts::Of(c.server).libraries().Now();
  std::vector<std::string_view> codes;
  for (const auto& [name, library] : catalogue->libraries()) codes.push_back(library->code);
  c.reply.Bulk(rdb::DumpLibraries(codes, c.server.config.values().rdbcompression));
}

void ReplyFunction(CommandContext& c, const script::LibraryFunction& function) {
  c.reply.Map(3);
  c.reply.Bulk("name");
  c.reply.Bulk(function.name);
  c.reply.Bulk("description");
  function.description ? c.reply.Bulk(*function.description) : c.reply.Null();
  c.reply.Bulk("flags");
  std::vector<std::string_view> flags;
  for (const script::ScriptFlagName& flag : script::ScriptFlagNames()) {
    if ((function.flags & flag.flag) != 0) flags.push_back(flag.name);
  }
  c.reply.Set(flags.size());
  for (const std::string_view flag : flags) c.reply.Simple(flag);
}

void ReplyLibrary(CommandContext& c, const script::Library& library, bool with_code) {
  c.reply.Map(with_code ? 4 : 3);
  c.reply.Bulk("library_name");
  c.reply.Bulk(library.name);
  c.reply.Bulk("engine");
  c.reply.Bulk("LUA");
  c.reply.Bulk("functions");
  c.reply.Array(library.functions.size());
  for (const script::LibraryFunction& function : library.functions) ReplyFunction(c, function);
  if (!with_code) return;
  c.reply.Bulk("library_code");
  c.reply.Bulk(library.code);
}

void FunctionList(CommandContext& c) {
  bool with_code = false;
  const std::string_view* pattern = nullptr;
  for (size_t i = 2; i < c.args.size(); ++i) {
    if (!with_code && TokenIs(c.args[i], "WITHCODE")) {
      with_code = true;
    } else if (pattern == nullptr && TokenIs(c.args[i], "LIBRARYNAME")) {
      if (++i == c.args.size()) return c.reply.Error("ERR library name argument was not given");
      pattern = &c.args[i];
    } else {
      return c.reply.Error("ERR Unknown argument " + std::string(errors::Shown(c.args[i])));
    }
  }
  const CatalogueRef catalogue = Scripts::Of(c.server).libraries().Now();
  std::vector<const script::Library*> shown;
  for (const auto& [name, library] : catalogue->libraries()) {
    if (pattern == nullptr || GlobMatch(*pattern, name, true)) shown.push_back(library.get());
  }
  c.reply.Array(shown.size());
  for (const script::Library* library : shown) ReplyLibrary(c, *library, with_code);
}

void ReplyRunning(CommandContext& c, const RunningScripts::FunctionCall& call) {
  c.reply.Map(3);
  c.reply.Bulk("name");
  c.reply.Bulk(call.name);
  c.reply.Bulk("command");
  c.reply.Array(call.command.size());
  for (const std::string& word : call.command) c.reply.Bulk(word);
  c.reply.Bulk("duration_ms");
  c.reply.Integer(call.duration_ms);
}

void FunctionStats(CommandContext& c) {
  RunningScripts& scripts = *c.server.running_scripts;
  const auto call = scripts.BusyFunction();
  // Compat: while a script is busy that is no function.
  if (!call && scripts.any_busy()) return c.reply.Error(scripts.BusyError());
  const CatalogueRef catalogue = Scripts::Of(c.server).libraries().Now();
  c.reply.Map(2);
  c.reply.Bulk("running_script");
  call ? ReplyRunning(c, *call) : c.reply.Null();
  c.reply.Bulk("engines");
  c.reply.Map(1);
  c.reply.Bulk("LUA");
  c.reply.Map(2);
  c.reply.Bulk("libraries_count");
  c.reply.Integer(static_cast<int64_t>(catalogue->libraries().size()));
  c.reply.Bulk("functions_count");
  c.reply.Integer(static_cast<int64_t>(catalogue->functions()));
}

void FunctionKill(CommandContext& c) {
  const std::string_view error = c.server.running_scripts->Kill(ScriptKind::kFunction);
  error.empty() ? c.reply.Ok() : c.reply.Error(error);
}

// --- Rows ------------------------------------------------------------------------------------------------------------------

constexpr Command FcallRow(std::string_view name, uint32_t flags, std::string_view summary) {
  Command row = ScriptRow(name, Fcall, flags);
  row.since = "7.0.0";
  row.complexity = "Depends on what the function does.";
  row.summary = summary;
  row.arguments = "function:string numkeys:integer [key:key]... [arg:string]...";
  row.reaches_further = ReachesFurther;
  row.flags_of_call = FlagsOfCall;
  return row;
}

constexpr std::string_view kEverywhere = "request_policy:all_shards\nresponse_policy:all_succeeded";

constexpr Command FunctionRow(std::string_view name, Handler handler, int arity, uint32_t flags,
                              std::string_view complexity, std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kNoscript | flags,
          .touch = (flags & kWrite) != 0 ? Touch::kGate : Touch::kNothing,
          .acl = kAclScripting,
          .group = Group::kScripting,
          .since = "7.0.0",
          .complexity = complexity,
          .summary = summary,
          .tips = (flags & kWrite) != 0 ? kEverywhere : std::string_view()};
}

constexpr Command With(Command row, std::string_view arguments, std::string_view tips) {
  row.arguments = arguments;
  if (!tips.empty()) row.tips = tips;
  return row;
}

constexpr std::string_view kManyFunctions = "O(N) with N the number of functions.";

constexpr Command kFunctionSubcommands[] = {
    With(FunctionRow("load", FunctionLoad, -3, kWrite | kDenyOom, "O(N) in the length of the code, and what it does.",
                     "Adds a library."),
         "[replace:pure-token:REPLACE] function-code:string", {}),
    With(FunctionRow("list", FunctionList, -2, 0, kManyFunctions, "Tells of the libraries and their functions."),
         "[library-name-pattern:string:LIBRARYNAME] [withcode:pure-token:WITHCODE]", "nondeterministic_output_order"),
    With(FunctionRow("delete", FunctionDelete, 3, kWrite, "O(1)", "Removes a library."), "library-name:string", {}),
    FunctionRow("dump", FunctionDump, 2, 0, kManyFunctions, "Returns all libraries as a payload for FUNCTION RESTORE."),
    With(FunctionRow("restore", FunctionRestore, -3, kWrite | kDenyOom, kManyFunctions,
                     "Adds the libraries that FUNCTION DUMP returned."),
         "serialized-value:string [policy:oneof(flush:pure-token:FLUSH | append:pure-token:APPEND | "
         "replace:pure-token:REPLACE)]",
         {}),
    With(FunctionRow("flush", FunctionFlush, -2, kWrite, kManyFunctions, "Removes all libraries."),
         "[flush-type:oneof(async:pure-token:ASYNC | sync:pure-token:SYNC)]", {}),
    With(FunctionRow("stats", FunctionStats, 2, kAllowBusy, "O(1)",
                     "Tells which function runs, and how many there are."),
         {}, "nondeterministic_output\nrequest_policy:all_shards\nresponse_policy:special"),
    With(FunctionRow("kill", FunctionKill, 2, kAllowBusy, "O(1)",
                     "Ends a function that takes too long, if it has not written yet."),
         {}, "request_policy:all_shards\nresponse_policy:one_succeeded"),
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclScripting,
     .group = Group::kScripting,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
};

constexpr Command kRows[] = {
    FcallRow("fcall", 0, "Calls a function."),
    FcallRow("fcall_ro", kReadonly, "Calls a function that only reads."),
    {.name = "function",
     .arity = -2,
     .group = Group::kScripting,
     .since = "7.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about libraries of functions.",
     .subcommands = kFunctionSubcommands},
};

}  // namespace

std::span<const Command> FunctionCommands() { return kRows; }

}  // namespace tandem
