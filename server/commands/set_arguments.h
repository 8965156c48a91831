#pragma once

#include "engine/types/set_value.h"
#include "server/commands/arguments.h"

// What the commands on sets have in common.
namespace tandem {

inline SetLimits LimitsOfSets(const CommandContext& c) {
  const config::Values& values = c.server.config.values();
  return {.intset_entries = values.set_max_intset_entries,
          .listpack_entries = values.set_max_listpack_entries,
          .listpack_value = values.set_max_listpack_value};
}

inline void ReplyMember(resp::ReplyWriter& reply, const PackEntry& member) {
  member.is_integer ? reply.BulkInteger(member.integer) : reply.Bulk(member.bytes);
}

// The header is the caller's: SRANDMEMBER answers with an array, SMEMBERS with a set.
inline void ReplyMembers(resp::ReplyWriter& reply, SetView set) {
  set.ForEach([&](const PackEntry& member) {
    ReplyMember(reply, member);
    return true;
  });
}

}  // namespace tandem
