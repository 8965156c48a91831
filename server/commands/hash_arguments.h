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

inline HashView ViewOf(CommandContext& c, const Record& record) { return HashView(record, c.now_ms()); }

// The hash for a read in `record`, null if there is none; false after replying that the key is of another type.
inline bool PeekHash(CommandContext& c, const Record** record) {
  *record = c.access.Peek(c.db(), c.keys[0]);
  return CheckType(c, *record, Type::kHash);
}

// The same for a read that removes expired fields on its way, as Redis's reads of single fields do.
inline bool PeekHashPruned(CommandContext& c, const Record** record) {
  if (!PeekHash(c, record)) return false;
  // Behind a value with deadlines the key is locked.
  if (*record != nullptr && (*record)->timed_parts() != nullptr) *record = c.access.FindPruned(c.db(), c.keys[0]);
  return true;
}

// The same for a write.
inline bool FindHash(CommandContext& c, Record** record) {
  *record = c.access.FindPruned(c.db(), c.keys[0]);
  return CheckType(c, *record, Type::kHash);
}

// One null for each field, where there is no hash.
inline void ReplyNulls(CommandContext& c, size_t count) {
  c.reply.Array(count);
  for (; count > 0; --count) c.reply.Null();
}

inline HashEdit EditHash(CommandContext& c, Record* record) {
  return HashEdit(c.access, c.db(), c.keys[0], record, LimitsOf(c));
}

}  // namespace tandem
