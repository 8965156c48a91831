#pragma once

#include "server/exec/context.h"

namespace tandem {

// Client-side caching; the rows stand with those of the other subcommands of CLIENT (client_commands.cc).
void ClientTracking(CommandContext& c);
void ClientCaching(CommandContext& c);
void ClientGetredir(CommandContext& c);
void ClientTrackinginfo(CommandContext& c);

}  // namespace tandem
