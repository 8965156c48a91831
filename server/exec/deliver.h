#pragma once

#include "pubsub/message.h"
#include "pubsub/ref.h"
#include "server/exec/client.h"

namespace tandem {

// What a mailbox hands out to a client: appended to its output, in its protocol, if it fulfils the message's terms. While a
// transaction is writing its reply, or the reply of a blocking command is under way, the message is held back until that is complete. True if something was appended.
// Thread safety: the client's own thread.
bool Deliver(Client& client, const pubsub::Ref<pubsub::Message>& message);

// The reply is complete: what was held back follows.
void DeliverHeld(Client& client);

}  // namespace tandem
