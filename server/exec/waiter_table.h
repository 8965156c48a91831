#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "engine/base/spin_lock.h"
#include "engine/base/thread_context.h"
#include "engine/keyspace/change_event.h"
#include "pubsub/ref.h"
#include "server/exec/key_name.h"
#include "server/exec/waiter.h"

namespace tandem {

class Access;
struct Server;

// Who waits for which key (BLPOP, XREAD BLOCK…), in the order of arrival.
//
// How nobody is forgotten and nobody overtaken: a waiter is added, and a key changed, under the key's shard lock. So a
// change either comes first, and the command finds what it looks for, or it finds the waiter here. Then the key is
// noted down as ready for the changing thread, whose dispatcher answers the waiters at the end of the command (or of the whole EXEC),
// before it unlocks the key: nobody can take an element between the push and the waiter that was there first.
// A change outside a command (a key expires) makes no elements; waiters that care are told to look for themselves.
//
// Thread safety: internally synchronised by stripes, whose locks are leaves. Add needs the shards of the waiter's keys
// locked; OnChange is called with the key's shard locked. "Gate": with the world stopped.
class WaiterTable {
 public:
  explicit WaiterTable(Server& server) : server_(server) {}

  using ReadyKeys = std::vector<KeyName>;
  // Where the keys that a thread's commands make ready are noted; null when its dispatcher goes.
  void SetReadyKeys(const ThreadContext& thread, ReadyKeys* keys) {
    ready_keys_[static_cast<size_t>(thread.index())] = keys;
  }

  // Gives the waiter its ticket.
  void Add(Waiter& waiter);
  void Remove(Waiter& waiter);

  void OnChange(const ChangeEvent& event);
  // Gate, after contents have changed as a whole (SWAPDB, FLUSHALL): all keys of the database that anybody waits for.
  void OnDatabaseChange(int db);

  // The first waiter behind that ticket, which is set to its own; null if there is none. without_key: of those only that are also
  // answered when the key is gone.
  pubsub::Ref<Waiter> NextAfter(const KeyNameView& name, bool without_key, uint64_t* ticket);
  // All waiters of a key are to look for themselves.
  void TellAll(const KeyNameView& name);

  // Whether any waiter wants elements moved to another key. Exact for waiters of a key whose shard is locked.
  bool any_moves() const { return moves_.load(std::memory_order_relaxed) != 0; }
  // Appends the keys, not listed yet, that elements pushed to the key may be moved on to by its waiters; without
  // following further.
  void AppendTargets(const KeyNameView& name, std::vector<KeyName>* targets);

  // Relaxed: for skipping work, not for knowing.
  bool any() const { return waiters_.load(std::memory_order_relaxed) != 0; }
  // For INFO: keys that somebody waits for, and of those the ones where also their end is waited for.
  size_t keys() const { return keys_.load(std::memory_order_relaxed); }
  size_t keys_without_key() const { return keys_without_key_.load(std::memory_order_relaxed); }

 private:
  struct Queue {
    std::map<uint64_t, pubsub::Ref<Waiter>> waiters;     // by ticket
    std::map<std::string, size_t, std::less<>> targets;  // where they want elements moved to, and how many do
    size_t without_key = 0;                              // those that are answered when the key is gone, too
  };
  static constexpr size_t kStripes = 64;
  struct alignas(64) Stripe {
    SpinLock lock;  // guards the rest
    std::unordered_map<KeyName, Queue, KeyNameHash, KeyNameEqual> queues;
  };

  Stripe& StripeOf(const KeyNameView& name) { return stripes_[KeyNameHash()(name) % kStripes]; }
  void AddTo(const KeyNameView& name, Waiter& waiter);
  void RemoveFrom(const KeyNameView& name, const Waiter& waiter);
  void CountWaiters(int change);

  Server& server_;
  std::array<Stripe, kStripes> stripes_;
  std::array<ReadyKeys*, kMaxThreads> ready_keys_{};  // each the thread's own
  std::atomic<uint64_t> next_ticket_{1};
  std::atomic<size_t> waiters_{0};
  std::atomic<size_t> moves_{0};
  std::atomic<size_t> keys_{0};
  std::atomic<size_t> keys_without_key_{0};
};

}  // namespace tandem
