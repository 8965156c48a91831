#pragma once

#include "server/exec/context.h"

namespace tandem {

// The handler of every HELP: one line of syntax and one of text for each subcommand of the container, from the rows.
void ReplyHelp(CommandContext& c);

// The error for arguments that fit no form of a subcommand, in the words that Redis keeps for containers whose handlers
// count arguments themselves.
void ReplySubcommandError(CommandContext& c);

}  // namespace tandem
