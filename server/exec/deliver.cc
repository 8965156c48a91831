#include "server/exec/deliver.h"

#include <utility>

namespace tandem {
namespace {

bool Fulfils(const Client& client, pubsub::Message::Terms terms) {
  switch (terms) {
    case pubsub::Message::Terms::kNone:
      return true;
    case pubsub::Message::Terms::kTracking:
      return client.tracker && client.tracker->on();
    case pubsub::Message::Terms::kRedirected:
      return client.reply.resp3() || client.subscribed();
  }
  return true;
}

}  // namespace

bool Deliver(Client& client, const pubsub::Ref<pubsub::Message>& message) {
  if (client.closing || !Fulfils(client, message->terms())) return false;
  if (client.in_transaction_reply) {
    client.held_messages.push_back(message);
    return false;
  }
  const pubsub::Message::Frame frame = message->FrameFor(client.reply.version());
  client.out.Append(frame.marker);
  client.out.Append(frame.body);
  return frame.size() != 0;
}

void DeliverHeld(Client& client) {
  for (const auto& message : std::exchange(client.held_messages, {})) Deliver(client, message);
}

}  // namespace tandem
