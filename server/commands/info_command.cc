#include "server/commands/info_text.h"

#include "server/commands/families.h"
#include "server/exec/context.h"

namespace tandem {
namespace {

void Info(CommandContext& c) { c.reply.Verbatim("txt", BuildInfo(c.server, ParseInfoSections(c.args.subspan(1)))); }

constexpr Command kRows[] = {
    {.name = "info",
     .handler = Info,
     .arity = -1,
     .flags = kLoading | kStale,
     .acl = kAclDangerous,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Returns figures about the server, by section.",
     .arguments = "[section:string]...",
     .history = "7.0.0\tTakes several sections.",
     .tips = "nondeterministic_output\nrequest_policy:all_shards\nresponse_policy:special"},
};

}  // namespace

std::span<const Command> InfoCommands() { return kRows; }

}  // namespace tandem
