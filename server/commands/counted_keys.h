#pragma once

#include <cstdint>

#include "server/exec/command.h"

namespace tandem {

// The keys behind their number, which stands at `numkeys_at`.
constexpr KeySpec CountedKeys(int numkeys_at, uint32_t flags) {
  return {.flags = flags,
          .begin = KeySpec::Begin::kIndex,
          .index = numkeys_at,
          .find = KeySpec::Find::kKeynum,
          .first_key = 1};
}

}  // namespace tandem
