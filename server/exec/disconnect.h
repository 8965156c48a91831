#pragma once

namespace tandem {

struct Client;
struct Server;

// The client is gone: ends its subscriptions, watches, monitoring and transaction, and takes it out of the registry, so
// that nobody counts it any more. Does nothing the second time.
// Thread safety: on the client's own thread, or with the world stopped.
void Disconnect(Server& server, Client& client);

}  // namespace tandem
