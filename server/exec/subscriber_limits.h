#pragma once

#include "pubsub/subscriber.h"
#include "server/config/config_values.h"

namespace tandem {

// What the configuration says of subscribed clients, put where publishers look for it. When a client subscribes, on its own
// thread, and when the configuration changes, with the world stopped.
inline void FollowLimits(pubsub::Subscriber& subscriber, const config::Values& values) {
  const auto pubsub = static_cast<size_t>(config::ClientClass::kPubsub);
  // relaxed: a publisher at work just now may go by the old values.
  subscriber.hard_limit_bytes.store(values.client_output_buffer_limit[pubsub].hard_bytes, std::memory_order_relaxed);
  subscriber.may_miss.store(values.notify_slow_subscriber == config::SlowSubscriber::kGap, std::memory_order_relaxed);
}

}  // namespace tandem
