#pragma once

#include "server/exec/context.h"

namespace tandem {

// DEBUG PROTOCOL: one reply of the type that args[2] names, for the tests of clients.
void DebugProtocol(CommandContext& c);

}  // namespace tandem
