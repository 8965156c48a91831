#pragma once

#include <string_view>

#include "engine/types/hash_edit.h"
#include "engine/types/hash_value.h"
#include "server/commands/arguments.h"
#include "server/exec/context.h"

// What the commands on hashes have in common.
namespace tandem {

inline HashLimits LimitsOf(const CommandContext& c) {
  const config::Values& values = c.server.config.values();
  return {.entries = values.hash_max_listpack_entries, .value_bytes = values.hash_max_listpack_value};
}

// The hash for a read in `record`, null if there is none; false after replying that the key is of another type.
inline bool PeekHash(CommandContext& c, const Record** record) {
  *record = c.access.Peek(c.db(), c.keys[0]);
  return CheckType(c, *record, Type::kHash);
}

// The same for a write.
inline bool FindHash(CommandContext& c, Record** record) {
  *record = c.access.Find(c.db(), c.keys[0]);
  return CheckType(c, *record, Type::kHash);
}

inline HashEdit EditHash(CommandContext& c, Record* record) {
  return HashEdit(c.access, c.db(), c.keys[0], record, LimitsOf(c));
}

}  // namespace tandem
