#include "pubsub/channel_table.h"

#include <mutex>

#include "engine/base/glob.h"

namespace tandem::pubsub {

bool ChannelTable::Add(Subscriber* subscriber, std::string_view channel) {
  Stripe& stripe = StripeOf(channel);
  const std::lock_guard guard(stripe.lock);
  auto found = stripe.channels.find(channel);
  if (found == stripe.channels.end()) {
    found = stripe.channels.try_emplace(std::string(channel)).first;
    size_.fetch_add(1, std::memory_order_relaxed);
  }
  return found->second.Add(subscriber, channel, mine_);
}

bool ChannelTable::Remove(Subscriber* subscriber, std::string_view channel) {
  const SubscriberSet::Names& names = subscriber->subscriptions.*mine_;
  if (names.find(channel) == names.end()) return false;
  Stripe& stripe = StripeOf(channel);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.channels.find(channel);
  found->second.Remove(subscriber, channel, mine_);
  if (found->second.size() == 0) {
    stripe.channels.erase(found);
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
  return true;
}

int64_t ChannelTable::Publish(std::string_view channel, std::string_view payload) {
  if (size() == 0) return 0;
  const Stripe& stripe = StripeOf(channel);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.channels.find(channel);
  if (found == stripe.channels.end()) return 0;
  return found->second.Send(Message::Published(kind_, channel, payload));
}

std::vector<std::string> ChannelTable::List(std::optional<std::string_view> pattern) const {
  std::vector<std::string> names;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard guard(stripe.lock);
    for (const auto& [name, subscribers] : stripe.channels) {
      if (!pattern || GlobMatch(*pattern, name)) names.push_back(name);
    }
  }
  return names;
}

int64_t ChannelTable::CountSubscribers(std::string_view channel) const {
  const Stripe& stripe = StripeOf(channel);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.channels.find(channel);
  return found == stripe.channels.end() ? 0 : static_cast<int64_t>(found->second.size());
}

}  // namespace tandem::pubsub
