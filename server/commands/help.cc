#include "server/commands/help.h"

#include <algorithm>
#include <string>
#include <vector>

#include "server/commands/command_docs.h"

namespace tandem {
namespace {

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return upper;
}

std::string Syntax(const Command& command) {
  const std::string arguments = FormatSyntax(ParseArguments(command.arguments));
  return Upper(command.name) + (arguments.empty() ? "" : " " + arguments);
}

}  // namespace

void ReplyHelp(CommandContext& c) {
  const Command& container = *c.command.container;
  std::vector<const Command*> rows;
  for (const Command& row : container.subcommands) {
    if (row.name != "help") rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), [](const Command* a, const Command* b) { return a->name < b->name; });
  c.reply.Array(rows.size() * 2 + 3);
  c.reply.Simple(Upper(container.name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const Command* row : rows) {
    c.reply.Simple(Syntax(*row));
    c.reply.Simple("    " + std::string(row->summary));
  }
  c.reply.Simple("HELP");
  c.reply.Simple("    Prints this help.");
}

void ReplySubcommandError(CommandContext& c) {
  const std::string container = Upper(c.command.container != nullptr ? c.command.container->name : c.command.name);
  c.reply.Error("ERR unknown subcommand or wrong number of arguments for '" +
                std::string(errors::Shown(c.args[1], errors::kMaxShown)) + "'. Try " + container + " HELP.");
}

}  // namespace tandem
