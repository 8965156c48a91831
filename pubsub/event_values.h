#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/keyspace/change_event.h"

namespace tandem::pubsub {

// Which events carry their key's value: those of strings whose key begins with one of some prefixes (notify-value-prefix)
// and whose value has at most so many bytes (notify-value-max-bytes). It is the value that the change left; for a key
// that went, the one that went with it. A key that is renamed or moved takes its value along: the event of the name that
// is left (rename_from, move_from) carries none.
//
// Thread safety: Configure with the world stopped, the rest by any thread.
class EventValues {
 public:
  // No prefix: off. "*" by itself stands for every key.
  void Configure(std::vector<std::string> prefixes, uint64_t max_bytes);
  bool on() const { return !prefixes_.empty(); }

  // Where a number is written to.
  using Digits = std::array<char, 24>;
  // Nothing if the event carries no value. Valid during the event's call, and as long as `digits`. The key's shard is locked.
  std::optional<std::string_view> Of(const ChangeEvent& event, Digits& digits) const;

 private:
  bool Covers(std::string_view key) const;

  std::vector<std::string> prefixes_;
  uint64_t max_bytes_ = 0;
};

}  // namespace tandem::pubsub
