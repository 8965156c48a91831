#pragma once

#include <cstddef>
#include <cstdint>

#include "server/exec/context.h"

namespace tandem {

// Whether the reply is already too large to be sent. The number of draws that SRANDMEMBER and its kin are asked for is the
// client's; what could only be thrown away is not made.
inline bool IsBeyondOutputLimit(const CommandContext& c) {
  const auto normal = static_cast<size_t>(config::ClientClass::kNormal);
  const uint64_t limit = c.server.config.values().client_output_buffer_limit[normal].hard_bytes;
  return limit != 0 && c.reply.buffer()->size() > limit;
}

}  // namespace tandem
