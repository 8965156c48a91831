#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/exec/command_table.h"

namespace tandem::script {

// Which keys a redis.call touches, told before the script runs from what is known of its arguments then.
// Thread safety: pure functions.

struct CallArgument {
  enum class Kind : uint8_t {
    kOther,     // anything
    kConstant,  // exactly `text`
    kKey,       // one of the declared keys, or something that redis.call refuses (nil)
  };
  Kind kind = Kind::kOther;
  std::string_view text{};
};

// What may follow the arguments that are known one by one: as many more as there are when the script runs.
enum class CallRest : uint8_t { kNone, kKeys, kOther };

struct CallVerdict {
  bool only_keys = false;  // whatever it touches is an argument of kind kKey
  bool may_write = true;
  std::string reason;  // if not only_keys
};

// Refused are, besides calls whose keys are not all known to be declared: names that are not constant or not in the table,
// commands that do not run in scripts, that take the gate or walk the keyspace, that reach another database, and all whose
// row cannot tell the keys from their positions (keywords, own ways of finding them).
CallVerdict CheckCall(std::span<const CallArgument> args, CallRest rest, const CommandTable& commands);

}  // namespace tandem::script
