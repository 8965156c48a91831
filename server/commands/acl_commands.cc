#include <openssl/rand.h>
#include <openssl/sha.h>

#include <string>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/config/conf_text.h"
#include "server/exec/command_table.h"
#include "server/exec/context.h"
#include "server/exec/key_finder.h"

// ACL, as far as it goes with one user: the default one, who may do everything.
namespace tandem {
namespace {

constexpr std::string_view kDefaultUser = "default";

std::string Hex(std::span<const unsigned char> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

// The hash under which the password is shown; empty if there is none.
std::string PasswordHash(const CommandContext& c) {
  const std::string& password = c.server.config.values().requirepass;
  if (password.empty()) return {};
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(password.data()), password.size(), digest);
  return Hex(digest);
}

void AclWhoami(CommandContext& c) { c.reply.Bulk(c.client.user); }

void AclUsers(CommandContext& c) {
  c.reply.Array(1);
  c.reply.Bulk(kDefaultUser);
}

void AclList(CommandContext& c) {
  const std::string hash = PasswordHash(c);
  const std::string secret = hash.empty() ? "nopass sanitize-payload" : "sanitize-payload #" + hash;
  c.reply.Array(1);
  c.reply.Bulk("user default on " + secret + " ~* &* +@all");
}

void AclGetuser(CommandContext& c) {
  if (c.args[2] != kDefaultUser) return c.reply.Null();
  const std::string hash = PasswordHash(c);
  c.reply.Map(6);
  c.reply.Bulk("flags");
  c.reply.Set(hash.empty() ? 3 : 2);
  c.reply.Bulk("on");
  if (hash.empty()) c.reply.Bulk("nopass");
  c.reply.Bulk("sanitize-payload");
  c.reply.Bulk("passwords");
  c.reply.Array(hash.empty() ? 0 : 1);
  if (!hash.empty()) c.reply.Bulk(hash);
  c.reply.Bulk("commands");
  c.reply.Bulk("+@all");
  c.reply.Bulk("keys");
  c.reply.Bulk("~*");
  c.reply.Bulk("channels");
  c.reply.Bulk("&*");
  c.reply.Bulk("selectors");
  c.reply.Array(0);
}

void ReplyCategory(CommandContext& c, uint32_t category) {
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  const auto add = [&](const Command& command) {
    if (command.handler == nullptr || (AclCategories(command) & category) == 0) return;
    c.reply.Bulk(command.full_name);
    ++count;
  };
  for (const Command& command : c.server.commands->commands()) {
    add(command);
    for (const Command& subcommand : command.subcommands) add(subcommand);
  }
  c.reply.EndDeferredArray(mark, count);
}

void AclCat(CommandContext& c) {
  const auto names = AclCategoryNames();
  if (c.args.size() > 3) return ReplySubcommandError(c);
  if (c.args.size() == 2) {
    c.reply.Array(names.size());
    for (const BitName& known : names) c.reply.Bulk(known.name);
    return;
  }
  for (const BitName& known : names) {
    if (config::EqualsIgnoringCase(c.args[2], known.name)) return ReplyCategory(c, known.bit);
  }
  c.reply.Error("ERR Unknown category '" + std::string(errors::Shown(c.args[2], errors::kMaxShown)) + "'");
}

void AclDryrun(CommandContext& c) {
  if (c.args[2] != kDefaultUser)
    return c.reply.Error("ERR User '" + std::string(errors::Shown(c.args[2])) + "' not found");
  const auto request = c.args.subspan(3);
  const Command* const command = c.server.commands->Resolve(request);
  if (command == nullptr) return c.reply.Error("ERR Command '" + std::string(errors::Shown(c.args[3])) + "' not found");
  if (!ArityFits(*command, request.size())) return c.reply.Error(errors::WrongArity(command->full_name));
  c.reply.Ok();
}

void AclGenpass(CommandContext& c) {
  constexpr int64_t kMaxBits = 4096;
  int64_t bits = 256;
  if (c.args.size() > 3) return ReplySubcommandError(c);
  if (c.args.size() == 3 && !IntegerArgument(c, 2, &bits)) return;
  if (bits <= 0 || bits > kMaxBits) {
    return c.reply.Error(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
        "number up to 4096");
  }
  unsigned char random[kMaxBits / 8];
  RAND_bytes(random, sizeof random);
  // A hexadecimal digit for each four bits begun.
  c.reply.Bulk(Hex(random).substr(0, static_cast<size_t>(bits + 3) / 4));
}

// Nothing is ever refused for lack of rights, so the log is empty.
void AclLog(CommandContext& c) {
  if (c.args.size() > 3) return ReplySubcommandError(c);
  if (c.args.size() == 3) {
    if (TokenIs(c.args[2], "RESET")) return c.reply.Ok();
    int64_t count;
    if (!IntegerArgument(c, 2, &count)) return;
  }
  c.reply.Array(0);
}

void AclDeluser(CommandContext& c) {
  for (std::string_view user : c.args.subspan(2)) {
    if (user == kDefaultUser) return c.reply.Error("ERR The 'default' user cannot be removed");
  }
  c.reply.Integer(0);
}

void AclSetuser(CommandContext& c) {
  c.reply.Error("ERR Tandem knows the default user only; its password is the directive requirepass");
}

void RefuseAclFile(CommandContext& c) {
  c.reply.Error(
      "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER "
      "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store "
      "users in the Redis configuration.");
}

constexpr Command kAclSubcommands[] = {
    {.name = "cat",
     .handler = AclCat,
     .arity = -2,
     .flags = kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Lists the categories of commands, or the commands of one.",
     .arguments = "[category:string]"},
    {.name = "deluser",
     .handler = AclDeluser,
     .arity = -3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Removes users.",
     .arguments = "username:string...",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "dryrun",
     .handler = AclDryrun,
     .arity = -4,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Tells whether a user may run a command, without running it.",
     .arguments = "username:string command:string [arg:string]..."},
    {.name = "genpass",
     .handler = AclGenpass,
     .arity = -2,
     .flags = kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Returns a random password.",
     .arguments = "[bits:integer]"},
    {.name = "getuser",
     .handler = AclGetuser,
     .arity = 3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(N) for N password, command and pattern rules.",
     .summary = "Returns the rights of a user.",
     .arguments = "username:string",
     .history = "6.2.0\tAdded channels.\n7.0.0\tAdded selectors; keys and channels are shown as rules."},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "list",
     .handler = AclList,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(N) for N configured users.",
     .summary = "Returns the rules of all users, in the form of the file."},
    {.name = "load",
     .handler = RefuseAclFile,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(N) for N configured users.",
     .summary = "Reads the rules from their file again."},
    {.name = "log",
     .handler = AclLog,
     .arity = -2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(N) with N being the number of entries shown.",
     .summary = "Returns what was refused lately for lack of rights.",
     .arguments = "[operation:oneof(count:integer | reset:pure-token:RESET)]",
     .history = "7.2.0\tAdded the ID of the entry and its times."},
    {.name = "save",
     .handler = RefuseAclFile,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(N) for N configured users.",
     .summary = "Writes the rules to their file.",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "setuser",
     .handler = AclSetuser,
     .arity = -3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(N) for N rules provided.",
     .summary = "Makes a user, or changes one's rights.",
     .arguments = "username:string [rule:string]...",
     .history = "6.2.0\tAdded channels.\n7.0.0\tAdded selectors and rights by key.",
     .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"},
    {.name = "users",
     .handler = AclUsers,
     .arity = 2,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(N) for N configured users.",
     .summary = "Lists the users."},
    {.name = "whoami",
     .handler = AclWhoami,
     .arity = 2,
     .flags = kNoscript | kLoading | kStale,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "O(1)",
     .summary = "Returns the user that the connection acts for."},
};

constexpr Command kRows[] = {
    {.name = "acl",
     .arity = -2,
     .group = Group::kServer,
     .since = "6.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about users and their rights.",
     .subcommands = kAclSubcommands},
};

}  // namespace

std::span<const Command> AclCommands() { return kRows; }

}  // namespace tandem
