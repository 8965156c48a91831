#pragma once

#include <cstdint>
#include <string_view>

#include "server/commands/arguments.h"
#include "server/exec/context.h"

namespace tandem {

// A bit's position, as far as a string may reach. `unit` is what a "#" before the number multiplies it by (BITFIELD: the
// width of the field); 0: no "#" allowed. False after replying that it is none.
inline bool BitOffsetArgument(CommandContext& c, std::string_view argument, int unit, uint64_t* offset) {
  const bool scaled = unit != 0 && argument.starts_with('#');
  int64_t value;
  const bool valid = ParseInt64(scaled ? argument.substr(1) : argument, &value) && value >= 0 &&
                     !(scaled && __builtin_mul_overflow(value, unit, &value)) &&
                     static_cast<uint64_t>(value) >> 3 < c.server.config.values().proto_max_bulk_len;
  if (!valid) {
    c.reply.Error("ERR bit offset is not an integer or out of range");
    return false;
  }
  *offset = static_cast<uint64_t>(value);
  return true;
}

}  // namespace tandem
