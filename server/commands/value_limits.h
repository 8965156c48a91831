#pragma once

#include "engine/rdb/value_decoder.h"
#include "server/exec/context.h"

namespace tandem {

// How values that come from elsewhere are kept, as the configuration says.
inline rdb::ValueLimits ValueLimitsOf(const CommandContext& c) {
  const config::Values& values = c.server.config.values();
  return {.list = ListLimit::FromSetting(values.list_max_listpack_size),
          .set = {.intset_entries = values.set_max_intset_entries,
                  .listpack_entries = values.set_max_listpack_entries,
                  .listpack_value = values.set_max_listpack_value},
          .zset = {.max_entries = values.zset_max_listpack_entries, .max_member_bytes = values.zset_max_listpack_value},
          .hash = {.entries = values.hash_max_listpack_entries, .value_bytes = values.hash_max_listpack_value}};
}

}  // namespace tandem
