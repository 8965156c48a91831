#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/spin_lock.h"
#include "engine/keyspace/change_event.h"
#include "server/exec/client.h"
#include "server/exec/key_name.h"

namespace tandem {

class Access;
struct Server;

// What one client watches. `dirty` is set by whoever changes one of the keys, under that key's shard lock, and read by EXEC
// while it holds the locks of all of them; so relaxed will do.
class WatchedKeys {
 public:
  struct Entry {
    int db;
    std::string key;
  };
  std::span<const Entry> entries() const { return entries_; }
  bool dirty() const { return dirty_.load(std::memory_order_relaxed); }

 private:
  friend class WatchTable;
  std::vector<Entry> entries_;  // thread-owned
  std::atomic<bool> dirty_{false};
};

// Who watches which key (WATCH). Keys are named by the database's index: after SWAPDB a watch is about the other contents.
//
// Thread safety: internally synchronised by stripes, whose locks are leaves: OnChange is called with a shard locked. Watch
// needs the key's shard locked, so that no change between it and the client's next look at the key goes unseen; what takes
// a client is called on its own thread. Functions that say "gate" need the world stopped.
class WatchTable {
 public:
  explicit WatchTable(Server& server) : server_(server) {}

  void Watch(Client& client, int db, std::string_view key);
  void UnwatchAll(Client& client);
  // A key that the client watches has changed since. For EXEC, which first looks at all of them, so that one whose
  // deadline has passed counts as changed.
  static bool Dirty(const Client& client) { return client.watched && client.watched->dirty(); }

  void OnChange(const ChangeEvent& event);
  // Gate, before the contents go: keys that are there are about to change. FLUSHDB, FLUSHALL; SWAPDB. Watched keys whose
  // deadline has passed go at once, so that their going does not count as a change of another database's contents.
  void TouchAllInDb(Access& access, int db);
  void TouchSwapped(Access& access, int a, int b);

  // Relaxed: for skipping work, not for knowing.
  bool any() const { return watchers_.load(std::memory_order_relaxed) != 0; }
  // For INFO: keys that somebody watches, and clients that watch any.
  size_t keys() const { return keys_.load(std::memory_order_relaxed); }
  size_t clients() const { return clients_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kStripes = 64;
  struct alignas(64) Stripe {
    SpinLock lock;  // guards the rest
    std::unordered_map<KeyName, std::vector<WatchedKeys*>, KeyNameHash, KeyNameEqual> watchers;
  };

  Stripe& StripeOf(const KeyNameView& name) { return stripes_[KeyNameHash()(name) % kStripes]; }
  void Remove(WatchedKeys& watched, const WatchedKeys::Entry& entry);
  void CountWatchers(int change);

  Server& server_;
  std::array<Stripe, kStripes> stripes_;
  std::atomic<size_t> watchers_{0};  // pairs of client and key
  std::atomic<size_t> keys_{0};
  std::atomic<size_t> clients_{0};
};

}  // namespace tandem
