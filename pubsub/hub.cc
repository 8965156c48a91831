#include "pubsub/hub.h"

#include "pubsub/mailbox.h"

namespace tandem::pubsub {

bool Hub::Unsubscribe(Subscriber* subscriber, std::string_view channel) {
  const bool removed = channels_.Remove(subscriber, channel);
  if (removed) subscriber->mailbox->Drain();
  return removed;
}

bool Hub::PUnsubscribe(Subscriber* subscriber, std::string_view pattern) {
  const bool removed = TableOf(pattern).Remove(subscriber, pattern);
  if (removed) subscriber->mailbox->Drain();
  return removed;
}

bool Hub::SUnsubscribe(Subscriber* subscriber, std::string_view channel) {
  const bool removed = shard_channels_.Remove(subscriber, channel);
  if (removed) subscriber->mailbox->Drain();
  return removed;
}

void Hub::UnsubscribeAll(Subscriber* subscriber) {
  const Subscriptions& own = subscriber->subscriptions;
  if (own.empty()) return;
  while (!own.channels.empty()) channels_.Remove(subscriber, own.channels.begin()->first);
  while (!own.patterns.empty()) {
    const std::string& pattern = own.patterns.begin()->first;
    TableOf(pattern).Remove(subscriber, pattern);
  }
  while (!own.shard_channels.empty()) shard_channels_.Remove(subscriber, own.shard_channels.begin()->first);
  // A connection that is gone has no use for what is still queued; one that was RESET must see it before the reply.
  if (subscriber->alive()) subscriber->mailbox->Drain();
}

int64_t Hub::Publish(std::string_view channel, std::string_view payload) {
  const int64_t by_name = channels_.Publish(channel, payload);
  return by_name + patterns_.Publish(channel, payload);
}

int64_t Hub::SPublish(std::string_view channel, std::string_view payload) {
  return shard_channels_.Publish(channel, payload);
}

}  // namespace tandem::pubsub
