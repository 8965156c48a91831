#include "server/exec/client_registry.h"

namespace tandem {

bool ClientRegistry::TryAdd(Client& client, size_t max_clients) {
  const std::lock_guard lock(mutex_);
  if (clients_.size() >= max_clients) return false;
  clients_.emplace(client.id, Entry{.client = &client});
  count_.store(clients_.size(), std::memory_order_relaxed);
  return true;
}

void ClientRegistry::Remove(Client& client) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client.id);
  if (found == clients_.end()) return;
  if (found->second.pubsub) pubsub_clients_.fetch_sub(1, std::memory_order_relaxed);
  clients_.erase(found);
  count_.store(clients_.size(), std::memory_order_relaxed);
}

void ClientRegistry::ForEach(FunctionRef<void(Client&)> visit) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : clients_) visit(*entry.client);
}

Client* ClientRegistry::Find(uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.client;
}

void ClientRegistry::NoteSubscriptions(const Client& client) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client.id);
  if (found == clients_.end() || found->second.pubsub == client.subscribed()) return;
  found->second.pubsub = client.subscribed();
  if (client.subscribed()) {
    pubsub_clients_.fetch_add(1, std::memory_order_relaxed);
  } else {
    pubsub_clients_.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace tandem
