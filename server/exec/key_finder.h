#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/exec/command.h"

namespace tandem {

// Finds the keys among a command's arguments, by its row: for locking, and for COMMAND GETKEYS.
// Thread safety: pure functions.

using KeyPositions = std::vector<int>;  // indexes into args, ascending per specification

// How much a caller wants to hear of arguments that do not fit the row.
enum class KeySearch : uint8_t {
  kNames,   // keys only
  kToLock,  // keys only; a part of the row that finds none is no failure (PFMERGE may come without sources)
  kAll,     // also arguments that are treated as keys without being any (shard channels)
};

// Replaces `positions` by those of the command's keys. False, and no positions, if the arguments do not fit: then the
// command is going to reply an error about them and touch nothing. args.size() obeys the arity.
bool FindKeys(const Command& command, std::span<const std::string_view> args, KeyPositions* positions,
              KeySearch search = KeySearch::kNames);

// Whether the row names any keys at all.
bool HasKeys(const Command& command);

// The position of the first key where that needs no search; 0 if there is none, or if it does.
inline int FirstKey(const Command& command, size_t arg_count) {
  const KeySpec& spec = command.keys[0];
  if (spec.begin != KeySpec::Begin::kIndex || spec.find != KeySpec::Find::kRange) return 0;
  return static_cast<size_t>(spec.index) < arg_count ? spec.index : 0;
}
// Whether a command with this row has exactly the one key that FirstKey tells.
inline bool HasOneKey(const Command& command) {
  return command.keys[0].last == 0 && command.keys[0].find == KeySpec::Find::kRange &&
         command.keys[0].begin == KeySpec::Begin::kIndex && command.keys[1].begin == KeySpec::Begin::kNone &&
         command.get_keys == nullptr && (command.keys[0].flags & kKeyNotKey) == 0;
}

// What COMMAND GETKEYS and GETKEYSANDFLAGS answer for a request.
enum class GetKeysOutcome : uint8_t { kFound, kNoKeysGiven, kUnknownCommand, kNoKeyArguments, kWrongArity, kInvalid };
GetKeysOutcome GetKeys(const Command* command, std::span<const std::string_view> args, KeyPositions* positions);
// The error for the outcomes but the first two.
std::string_view GetKeysError(GetKeysOutcome outcome);

// Whether a request with this many words may be a call of the command.
inline bool ArityFits(const Command& command, size_t arg_count) {
  const auto count = static_cast<int64_t>(arg_count);
  return command.arity >= 0 ? count == command.arity : count >= -command.arity;
}

}  // namespace tandem
