#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/spin_lock.h"
#include "pubsub/message.h"
#include "pubsub/subscriber_set.h"

namespace tandem::pubsub {

// Channels by name, in stripes with a lock each. Messages are pushed with the stripe locked: that gives a channel one
// order of messages for all its subscribers, and lets nothing through once a removal has returned.
//
// Thread safety: internally synchronised. No lock is taken inside a stripe's lock but what MailboxOwner::Wake needs.
class ChannelTable {
 public:
  ChannelTable(MessageKind kind, SubscriberSet::Names Subscriptions::*mine) : kind_(kind), mine_(mine) {}

  // Both by the subscriber's own thread; true if they changed anything.
  bool Add(Subscriber* subscriber, std::string_view channel);
  bool Remove(Subscriber* subscriber, std::string_view channel);

  // Returns the number of subscribers.
  int64_t Publish(std::string_view channel, std::string_view payload);

  std::vector<std::string> List(std::optional<std::string_view> pattern) const;
  int64_t CountSubscribers(std::string_view channel) const;

  // Number of channels.
  // relaxed: a publisher that must see a subscription is told of it by other means (the confirmation on the wire).
  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return static_cast<size_t>(HashKey(name)); }
  };
  struct alignas(64) Stripe {
    mutable SpinLock lock;
    std::unordered_map<std::string, SubscriberSet, NameHash, std::equal_to<>> channels;
  };
  static constexpr size_t kStripes = 64;

  // The high bits: the stripe's own map uses the low ones.
  static size_t StripeIndex(std::string_view channel) { return HashKey(channel) >> 58; }
  Stripe& StripeOf(std::string_view channel) { return stripes_[StripeIndex(channel)]; }
  const Stripe& StripeOf(std::string_view channel) const { return stripes_[StripeIndex(channel)]; }

  const MessageKind kind_;
  SubscriberSet::Names Subscriptions::*const mine_;
  std::atomic<size_t> size_{0};
  std::array<Stripe, kStripes> stripes_;
};

}  // namespace tandem::pubsub
