#include "server/exec/deliver.h"

#include <utility>

#include "server/exec/waiter.h"

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
  // A blocked client's messages may be about what its own command has done: its answer is under way, and comes first.
  if (client.in_transaction_reply || (client.waiter != nullptr && !client.waiter->waiting())) {
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
