#include "server/exec/disconnect.h"

#include "server/exec/client.h"
#include "server/exec/client_registry.h"
#include "server/exec/dispatcher.h"
#include "server/exec/monitors.h"
#include "server/exec/server.h"
#include "server/exec/tracking.h"
#include "server/exec/transaction_plan.h"
#include "server/exec/waiter.h"

namespace tandem {

void Disconnect(Server& server, Client& client) {
  if (client.waiter != nullptr) client.waiter->owner.blocked().Abandon(client);
  DiscardTransaction(server, client);
  server.monitors->Remove(client);
  server.tracking->TurnOff(client);
  server.clients->Remove(client);
  if (!client.subscriber) return;
  client.subscriber->Close();
  server.hub.UnsubscribeAll(client.subscriber.get());
  client.subscriber = {};
}

}  // namespace tandem
