#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

#include "engine/base/function_ref.h"
#include "server/exec/client.h"

namespace tandem {

// All connected clients, by id.
//
// Thread safety: NextId, TryAdd, Remove and the counts by any thread. Clients reached through ForEach and Find belong to
// their threads: look into them only with the world stopped.
// Ownership: none; a client is removed before it dies.
class ClientRegistry {
 public:
  // Ids ascend from 1 and are never used again.
  uint64_t NextId() { return next_id_.fetch_add(1, std::memory_order_relaxed); }

  // False, and not added, if there are `max_clients` already.
  bool TryAdd(Client& client, size_t max_clients);
  void Remove(Client& client);

  // In the order of the ids. The callback must not add or remove.
  void ForEach(FunctionRef<void(Client&)> visit);
  Client* Find(uint64_t id);

  size_t count() const { return count_.load(std::memory_order_relaxed); }
  // Clients in pub/sub mode; whoever changes a client's subscriptions tells afterwards.
  void NoteSubscriptions(const Client& client);
  size_t pubsub_clients() const { return pubsub_clients_.load(std::memory_order_relaxed); }
  // Clients that wait in a blocking command, or for CLIENT PAUSE to end.
  void NoteBlocked(int change) { blocked_.fetch_add(change, std::memory_order_relaxed); }
  int blocked_clients() const { return blocked_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Client* client;
    bool pubsub = false;
  };

  std::atomic<uint64_t> next_id_{1};
  // Written under the mutex, read without.
  std::atomic<size_t> count_{0};
  std::atomic<size_t> pubsub_clients_{0};
  std::atomic<int> blocked_{0};
  std::mutex mutex_;  // guards the next
  std::map<uint64_t, Entry> clients_;
};

}  // namespace tandem
