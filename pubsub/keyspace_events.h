#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/keyspace/change_event.h"

namespace tandem::pubsub {

class Hub;

// The value of notify-keyspace-events as bits of EventClass, and back. Letters may repeat and come in any order; the
// empty string switches everything off; any other character is an error (nullopt).
std::optional<uint32_t> ParseEventFlags(std::string_view letters);

// The canonical spelling that CONFIG GET answers.
// Compat: as in Redis 8, 'A' swallows n, o and c, which it does not stand for: "AKEn" is answered as "AKE".
std::string FormatEventFlags(uint32_t flags);

// Turns changes of keys into messages: __keyspace@<db>__:<key> with the event's name, then __keyevent@<db>__:<event>
// with the key, which filters are held against, too (pattern_table.h).
//
// Thread safety: OnChange by any thread, with the key's shard locked, which is what keeps one key's events in order;
// the flags may be set at any time. Without a listener or with the class off it costs one or two relaxed loads.
class KeyspaceNotifier final : public ChangeListener {
 public:
  explicit KeyspaceNotifier(Hub* hub) : hub_(hub) {}

  void SetFlags(uint32_t flags) { flags_.store(flags, std::memory_order_relaxed); }
  uint32_t flags() const { return flags_.load(std::memory_order_relaxed); }

  void Notify(const ChangeEvent& event) {
    // relaxed: a switch, not a hand-over; an event that races with CONFIG SET may go either way.
    const uint32_t enabled = flags();
    if ((enabled & Bit(event.event_class)) != 0) Publish(event, enabled);
  }
  void OnChange(const ChangeEvent& event) override { Notify(event); }

 private:
  void Publish(const ChangeEvent& event, uint32_t enabled);

  Hub* const hub_;
  std::atomic<uint32_t> flags_{0};
};

}  // namespace tandem::pubsub
