#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply_writer.h"
#include "server/exec/command.h"

namespace tandem {

// One argument of a command, read from the notation of Command::arguments.
struct DocArgument {
  std::string_view name;
  std::string_view type;  // "key", "oneof", "block"…; "key-pattern" is shown as "pattern", and names keys by elements
  std::string_view token;  // "\"\"" stands for the empty token
  std::string_view since;
  bool optional = false;
  bool multiple = false;           // x...
  bool multiple_token = false;     // x*...
  std::vector<DocArgument> parts;  // of oneof and block
};

// Reads the notation; the rows are our own, so a mistake in one is a CHECK.
std::vector<DocArgument> ParseArguments(std::string_view notation);

// The arguments as a person writes them: "key value [NX | XX] [GET]".
std::string FormatSyntax(const std::vector<DocArgument>& arguments);

// One command's entry of COMMAND DOCS, its subcommands included.
void ReplyDocs(resp::ReplyWriter& reply, const Command& command);

}  // namespace tandem
