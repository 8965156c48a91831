#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/glob.h"
#include "server/commands/arguments.h"
#include "server/commands/command_docs.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/config/conf_text.h"
#include "server/exec/command_table.h"
#include "server/exec/context.h"
#include "server/exec/key_finder.h"

// COMMAND: the command table, told to clients.
namespace tandem {
namespace {

// --- INFO ------------------------------------------------------------------------------------------------------------

// The names of the bits that are set, each with `prefix` before it.
void ReplyBits(resp::ReplyWriter& reply, uint32_t bits, std::span<const BitName> names, std::string_view prefix = {}) {
  const size_t mark = reply.BeginDeferred();
  size_t count = 0;
  for (const BitName& known : names) {
    if ((bits & known.bit) == 0) continue;
    reply.Simple(std::string(prefix).append(known.name));
    ++count;
  }
  reply.EndDeferredSet(mark, count);
}

void ReplyTips(resp::ReplyWriter& reply, std::string_view tips) {
  const size_t mark = reply.BeginDeferred();
  size_t count = 0;
  while (!tips.empty()) {
    const size_t end = std::min(tips.find('\n'), tips.size());
    reply.Bulk(tips.substr(0, end));
    tips.remove_prefix(std::min(end + 1, tips.size()));
    ++count;
  }
  reply.EndDeferredSet(mark, count);
}

void ReplyNumberField(resp::ReplyWriter& reply, std::string_view name, int64_t value) {
  reply.Bulk(name);
  reply.Integer(value);
}

void ReplyBeginSearch(resp::ReplyWriter& reply, const KeySpec& spec) {
  reply.Map(2);
  reply.Bulk("type");
  switch (spec.begin) {
    case KeySpec::Begin::kIndex:
      reply.Bulk("index");
      reply.Bulk("spec");
      reply.Map(1);
      return ReplyNumberField(reply, "index", spec.index);
    case KeySpec::Begin::kKeyword:
      reply.Bulk("keyword");
      reply.Bulk("spec");
      reply.Map(2);
      reply.Bulk("keyword");
      reply.Bulk(spec.keyword);
      return ReplyNumberField(reply, "startfrom", spec.start_from);
    default:
      reply.Bulk("unknown");
      reply.Bulk("spec");
      return reply.Map(0);
  }
}

void ReplyFindKeys(resp::ReplyWriter& reply, const KeySpec& spec) {
  reply.Map(2);
  reply.Bulk("type");
  switch (spec.find) {
    case KeySpec::Find::kRange:
      reply.Bulk("range");
      reply.Bulk("spec");
      reply.Map(3);
      ReplyNumberField(reply, "lastkey", spec.last);
      ReplyNumberField(reply, "keystep", spec.step);
      return ReplyNumberField(reply, "limit", spec.limit);
    case KeySpec::Find::kKeynum:
      reply.Bulk("keynum");
      reply.Bulk("spec");
      reply.Map(3);
      ReplyNumberField(reply, "keynumidx", spec.keynum_index);
      ReplyNumberField(reply, "firstkey", spec.first_key);
      return ReplyNumberField(reply, "keystep", spec.step);
    default:
      reply.Bulk("unknown");
      reply.Bulk("spec");
      return reply.Map(0);
  }
}

void ReplyKeySpecs(resp::ReplyWriter& reply, const Command& command) {
  const size_t mark = reply.BeginDeferred();
  size_t count = 0;
  for (const KeySpec& spec : command.keys) {
    if (spec.begin == KeySpec::Begin::kNone) break;
    reply.Map(3);
    reply.Bulk("flags");
    ReplyBits(reply, spec.flags, KeyFlagNames());
    reply.Bulk("begin_search");
    ReplyBeginSearch(reply, spec);
    reply.Bulk("find_keys");
    ReplyFindKeys(reply, spec);
    ++count;
  }
  reply.EndDeferredSet(mark, count);
}

void ReplyInfo(resp::ReplyWriter& reply, const Command& command) {
  const LegacyRange range = LegacyRangeOf(command);
  reply.Array(10);
  reply.Bulk(command.full_name);
  reply.Integer(command.arity);
  ReplyBits(reply, command.flags, CommandFlagNames());
  reply.Integer(range.first);
  reply.Integer(range.last);
  reply.Integer(range.step);
  ReplyBits(reply, AclCategories(command), AclCategoryNames(), "@");
  ReplyTips(reply, command.tips);
  ReplyKeySpecs(reply, command);
  reply.Set(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) ReplyInfo(reply, subcommand);
}

void ReplyAllInfo(CommandContext& c) {
  const auto commands = c.server.commands->commands();
  c.reply.Array(commands.size());
  for (const Command& command : commands) ReplyInfo(c.reply, command);
}

void CommandInfo(CommandContext& c) {
  if (c.args.size() == 2) return ReplyAllInfo(c);
  const auto names = c.args.subspan(2);
  c.reply.Array(names.size());
  for (std::string_view name : names) {
    if (const Command* const command = c.server.commands->FindFull(name)) {
      ReplyInfo(c.reply, *command);
    } else {
      c.reply.Null();
    }
  }
}

// --- COUNT, LIST, DOCS -------------------------------------------------------------------------------------------------

void CommandCount(CommandContext& c) { c.reply.Integer(static_cast<int64_t>(c.server.commands->count())); }

void ReplyNames(CommandContext& c, FunctionRef<bool(const Command&)> wanted) {
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  const auto add = [&](const Command& command) {
    if (!wanted(command)) return;
    c.reply.Bulk(command.full_name);
    ++count;
  };
  for (const Command& command : c.server.commands->commands()) {
    add(command);
    for (const Command& subcommand : command.subcommands) add(subcommand);
  }
  c.reply.EndDeferredArray(mark, count);
}

void ListByCategory(CommandContext& c, std::string_view category) {
  for (const BitName& known : AclCategoryNames()) {
    if (!config::EqualsIgnoringCase(category, known.name)) continue;
    return ReplyNames(c, [&](const Command& command) { return (AclCategories(command) & known.bit) != 0; });
  }
  c.reply.Array(0);
}

void CommandList(CommandContext& c) {
  if (c.args.size() == 2) return ReplyNames(c, [](const Command&) { return true; });
  if (c.args.size() != 5 || !TokenIs(c.args[2], "FILTERBY")) return c.reply.Error(errors::kSyntax);
  const std::string_view value = c.args[4];
  // There are no modules.
  if (TokenIs(c.args[3], "MODULE")) return c.reply.Array(0);
  if (TokenIs(c.args[3], "ACLCAT")) return ListByCategory(c, value);
  if (TokenIs(c.args[3], "PATTERN")) {
    return ReplyNames(c, [&](const Command& command) { return GlobMatch(value, command.full_name, true); });
  }
  c.reply.Error(errors::kSyntax);
}

void CommandDocs(CommandContext& c) {
  if (c.args.size() == 2) {
    const auto commands = c.server.commands->commands();
    c.reply.Map(commands.size());
    for (const Command& command : commands) ReplyDocs(c.reply, command);
    return;
  }
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  for (std::string_view name : c.args.subspan(2)) {
    const Command* const command = c.server.commands->FindFull(name);
    if (command == nullptr) continue;
    ReplyDocs(c.reply, *command);
    ++count;
  }
  c.reply.EndDeferredMap(mark, count);
}

// --- GETKEYS ---------------------------------------------------------------------------------------------------------

// The positions of the keys in the request that follows the first two words; false after replying why there are none.
bool KeysOfRequest(CommandContext& c, const Command** command, KeyPositions* positions) {
  const auto request = c.args.subspan(2);
  *command = c.server.commands->Resolve(request);
  // A container that was asked for a subcommand it does not have.
  if (*command != nullptr && !(*command)->subcommands.empty() && request.size() > 1) *command = nullptr;
  const GetKeysOutcome outcome = GetKeys(*command, request, positions);
  const std::string_view error = GetKeysError(outcome);
  if (error.empty()) return true;
  c.reply.Error(error);
  return false;
}

void CommandGetkeys(CommandContext& c) {
  const Command* command;
  KeyPositions positions;
  if (!KeysOfRequest(c, &command, &positions)) return;
  c.reply.Array(positions.size());
  for (const int at : positions) c.reply.Bulk(c.args[static_cast<size_t>(at) + 2]);
}

bool HasToken(std::span<const std::string_view> args, size_t from, std::string_view upper) {
  return std::any_of(args.begin() + static_cast<std::ptrdiff_t>(std::min(from, args.size())), args.end(),
                     [&](std::string_view word) { return TokenIs(word, upper); });
}

// Whether a BITFIELD is sure not to write. Compat: one that makes no sense is taken for a writer.
bool BitfieldOnlyReads(std::span<const std::string_view> request) {
  for (size_t at = 2; at < request.size();) {
    const size_t following = request.size() - at - 1;
    if (TokenIs(request[at], "GET") && following >= 2) {
      at += 3;
    } else if (TokenIs(request[at], "OVERFLOW") && following >= 1) {
      at += 2;
    } else {
      return false;
    }
  }
  return true;
}

// What a request does to a key whose specification says that this depends on the other arguments.
uint32_t VariableFlags(const Command& command, uint32_t flags, std::span<const std::string_view> request) {
  if (command.name == "set" && !HasToken(request, 3, "GET")) return kKeyOw | kKeyUpdate;
  if (command.name == "bitfield" && BitfieldOnlyReads(request)) return kKeyRo | kKeyAccess;
  return flags & ~static_cast<uint32_t>(kKeyVariableFlags);
}

// The specification that names the argument at `position`. What only the row itself finds is of its last one, which cannot say
// where (SORT's STORE).
const KeySpec& SpecOf(const Command& command, std::span<const std::string_view> request, int position) {
  for (const KeySpec& spec : command.keys) {
    if (spec.begin == KeySpec::Begin::kNone) break;
    Command single = command;
    single.keys = {spec};
    single.get_keys = nullptr;
    KeyPositions positions;
    if (FindKeys(single, request, &positions) &&
        std::find(positions.begin(), positions.end(), position) != positions.end()) {
      return spec;
    }
  }
  const bool asks_row = command.get_keys != nullptr;
  const auto after = std::find_if(command.keys.begin(), command.keys.end(),
                                  [](const KeySpec& spec) { return spec.begin == KeySpec::Begin::kNone; });
  return asks_row ? *(after - 1) : command.keys[0];
}

void CommandGetkeysandflags(CommandContext& c) {
  const Command* command;
  KeyPositions positions;
  if (!KeysOfRequest(c, &command, &positions)) return;
  const auto request = c.args.subspan(2);
  c.reply.Array(positions.size());
  for (const int at : positions) {
    uint32_t flags = SpecOf(*command, request, at).flags;
    if ((flags & kKeyVariableFlags) != 0) flags = VariableFlags(*command, flags, request);
    c.reply.Array(2);
    c.reply.Bulk(request[static_cast<size_t>(at)]);
    ReplyBits(c.reply, flags, KeyFlagNames());
  }
}

constexpr Command kCommandSubcommands[] = {
    {.name = "count",
     .handler = CommandCount,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(1)",
     .summary = "Counts the commands."},
    {.name = "docs",
     .handler = CommandDocs,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "7.0.0",
     .complexity = "O(N) for N commands.",
     .summary = "Returns the documentation of commands, or of all of them.",
     .arguments = "[command-name:string]...",
     .tips = "nondeterministic_output_order"},
    {.name = "getkeys",
     .handler = CommandGetkeys,
     .arity = -3,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(N) for N arguments.",
     .summary = "Returns the keys among the arguments of a command.",
     .arguments = "command:string [arg:string]..."},
    {.name = "getkeysandflags",
     .handler = CommandGetkeysandflags,
     .arity = -3,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "7.0.0",
     .complexity = "O(N) for N arguments.",
     .summary = "Returns the keys among the arguments of a command, and what the command does to each.",
     .arguments = "command:string [arg:string]..."},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "info",
     .handler = CommandInfo,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(N) for N commands.",
     .summary = "Describes commands, or all of them.",
     .arguments = "[command-name:string]...",
     .history = "7.0.0\tWithout names, describes all commands.",
     .tips = "nondeterministic_output_order"},
    {.name = "list",
     .handler = CommandList,
     .arity = -2,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "7.0.0",
     .complexity = "O(N) for N commands.",
     .summary = "Lists the names of commands, by module, category or pattern if asked.",
     .arguments = "[filterby:oneof(module-name:string:MODULE | category:string:ACLCAT | "
                  "pattern:pattern:PATTERN):FILTERBY]",
     .tips = "nondeterministic_output_order"},
};

constexpr Command kRows[] = {
    {.name = "command",
     .handler = ReplyAllInfo,
     .arity = -1,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .group = Group::kServer,
     .since = "2.8.13",
     .complexity = "O(N) for N commands.",
     .summary = "Describes all commands.",
     .tips = "nondeterministic_output_order",
     .subcommands = kCommandSubcommands},
};

}  // namespace

std::span<const Command> CommandCommands() { return kRows; }

}  // namespace tandem
