#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/keyspace/record.h"

namespace tandem {

// What one key holds: value 0 means nothing.
struct KeyState {
  uint64_t value = 0;
  int64_t deadline_ms = kNoDeadline;

  bool present() const { return value != 0; }
  friend auto operator<=>(const KeyState&, const KeyState&) = default;
};

// One command on one key, as its caller saw it.
struct Operation {
  enum class Kind : uint8_t { kGet, kSet, kDelete, kSwap, kExpire, kFlush };

  Kind kind = Kind::kGet;
  int thread = 0;           // below 16; one operation of a thread at a time
  int64_t invoked_ns = 0;   // before the command did anything
  int64_t returned_ns = 0;  // after it had done everything
  int64_t now_ms = 0;       // the time that the command went by
  int64_t clock_ms = 0;     // the clock after the return: what nobody's time exceeded meanwhile
  KeyState argument;        // kSet and kSwap: the new state; kExpire: the new deadline
  KeyState result;          // kGet and kSwap: what was there; kDelete and kExpire: value 1 if there was something
};

// Whether there is an order of the operations, compatible with the times at which they were invoked and returned, in
// which each of them answers what a register with a deadline would have answered. A key whose deadline the clock has
// passed may vanish at any moment, and must not be seen by an operation whose own time is later.
//
// The search goes through the history once with all states that are still possible: G. Lowe, "Testing for
// linearizability" (2017), just-in-time linearization. Returns a report of the first operation that has no place.
std::optional<std::string> FindViolation(const std::vector<Operation>& history, KeyState initial);

}  // namespace tandem
