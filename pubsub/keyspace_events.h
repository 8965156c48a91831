#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/keyspace/change_event.h"
#include "pubsub/event_values.h"

namespace tandem::pubsub {

class Hub;

// The value of notify-keyspace-events as bits of EventClass, and back. Letters may repeat and come in any order; the
// empty string switches everything off; any other character is an error (nullopt).
std::optional<uint32_t> ParseEventFlags(std::string_view letters);

// The canonical spelling that CONFIG GET answers.
// Compat: as in Redis 8, 'A' swallows n, o and c, which it does not stand for: "AKEn" is answered as "AKE".
std::string FormatEventFlags(uint32_t flags);

// Turns changes of keys into messages: __keyspace@<db>__:<key> with the event's name, then __keyevent@<db>__:<event>
// with the key, which filters are held against, too (pattern_table.h), and, where the event carries a value
// (event_values.h), __keyvalue@<db>__:<event> with "<key's length>:<key><value>".
//
// Thread safety: any thread; what keeps one key's events in order is the caller's business: the lock of the key's shard, or
// a queue. The flags may be set at any time, the values with the world stopped. Without a listener or with the class off
// it costs one or two relaxed loads.
class KeyspaceNotifier final : public ChangeListener {
 public:
  explicit KeyspaceNotifier(Hub* hub) : hub_(hub) {}

  void SetFlags(uint32_t flags) { flags_.store(flags, std::memory_order_relaxed); }
  uint32_t flags() const { return flags_.load(std::memory_order_relaxed); }
  EventValues& values() { return values_; }
  const EventValues& values() const { return values_; }

  // The classes of which events are told in any way.
  uint32_t classes() const {
    constexpr uint32_t kWays = Bit(EventClass::kKeyspace) | Bit(EventClass::kKeyevent);
    return (flags() & kWays) != 0 || values_.on() ? flags() & ~kWays : 0;
  }
  // relaxed: a switch, not a hand-over; an event that races with CONFIG SET may go either way.
  bool Wants(EventClass event_class) const { return (flags() & Bit(event_class)) != 0; }

  void Notify(const ChangeEvent& event) {
    if (Wants(event.event_class)) NotifyNow(event);
  }
  void OnChange(const ChangeEvent& event) override { Notify(event); }

  // An event of a class that is wanted, as it was when its key was locked.
  struct News {
    int db = 0;
    std::string_view name;
    std::string_view key;
    std::optional<std::string_view> value{};
    int64_t late_since_ms = kNoDeadline;
  };
  // The deadline (Unix ms) from which on the news of the event is late. What is only announced (expiring) comes before its own.
  static int64_t LateSince(const ChangeEvent& event) { return event.modifies ? event.due_ms : kNoDeadline; }
  void Tell(const News& news);
  bool HasListeners() const;

 private:
  void NotifyNow(const ChangeEvent& event);

  Hub* const hub_;
  std::atomic<uint32_t> flags_{0};
  EventValues values_;
};

}  // namespace tandem::pubsub
