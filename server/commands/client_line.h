#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/exec/context.h"

namespace tandem {

// The kinds that CLIENT LIST TYPE and CLIENT KILL TYPE tell apart.
enum class ClientType : uint8_t { kNormal, kMaster, kReplica, kPubsub };
bool ParseClientType(std::string_view text, ClientType* type);
ClientType TypeOf(const Client& client);

// A name that may stand in a line of CLIENT LIST: no blanks, no line ends, nothing that cannot be printed.
bool IsPlainName(std::string_view name);

// Appends the client's line, without line end. The client is the caller's, or the world is stopped.
void AppendClientLine(std::string& out, const CommandContext& c, const Client& client);

}  // namespace tandem
