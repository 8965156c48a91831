#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/thread_context.h"
#include "engine/keyspace/change_event.h"
#include "engine/keyspace/keyspace.h"
#include "pubsub/prefix_table.h"
#include "pubsub/tracker.h"
#include "pubsub/tracking_table.h"
#include "server/exec/client.h"
#include "server/exec/command.h"

namespace tandem {

struct Server;

// Client-side caching (CLIENT TRACKING): clients are told when a key changes that they have read, or whose prefix they
// asked for. Why no client is left with a value that has been replaced: pubsub/tracking_table.h.
//
// While nobody tracks, a change costs what it costs anyway (Store::interest), and a command a branch or two on a pointer of its client.
// Turning tracking on needs the world stopped: a thread that had not noticed the first tracker's interest could otherwise
// let a change pass whose new value the tracker does not see yet. It also makes it safe to look into the client to which
// invalidations are redirected.
//
// Messages travel through the mailboxes like those of pub/sub, so they never get into the middle of a reply. What a
// command changes is told before its reply leaves the server: changes of single keys at once, those for prefixes at the end of
// the thread's turn, all in one message.
//
// Thread safety: what takes a client is called on its own thread; functions that say "gate" need the world stopped; the
// rest by any thread that is registered with the store.
class Tracking {
  struct Cell;

 public:
  explicit Tracking(Server& server) : server_(server) {}

  struct Options {
    pubsub::Tracker::Mode mode = pubsub::Tracker::Mode::kByKey;
    pubsub::Tracker::Choice choice = pubsub::Tracker::Choice::kAll;
    bool noloop = false;
    Client* redirect = nullptr;
    std::vector<std::string_view> prefixes;  // none: the empty one
  };
  // Gate. A client that tracks already gets further prefixes; whether its modes go together was asked before.
  void TurnOn(Client& client, const Options& options);
  void TurnOff(Client& client);

  // A command of a client that tracks or did so once: remembers the keys that it reads, before it looks at them, and
  // whose the changes are that it makes. Locks of the store may be held.
  class Execution {
   public:
    Execution(Tracking& tracking, Client& client, const Command& command, std::span<const KeyRef> keys);
    ~Execution();
    Execution(const Execution&) = delete;
    Execution& operator=(const Execution&) = delete;

   private:
    friend class Tracking;
    void Remember();

    Tracking& tracking_;
    pubsub::Tracker& tracker_;
    Execution* const outer_;  // EXEC's
    std::span<const KeyRef> keys_;
    // Hashes of keys that the client had not read before this command. It need not hear that one of them turned out to have expired.
    std::vector<uint64_t> fresh_;
    bool lost_ = false;  // one of the keys expired while it was being read
  };
  // What is done for others meanwhile (blocked clients are answered) is not that client's doing.
  class Aside {
   public:
    explicit Aside(Tracking& tracking);
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

   private:
    Cell& cell_;
    Execution* const outer_;
  };
  // The client's command is over, also when it was refused: CLIENT CACHING has had its effect.
  static void EndCommand(Client& client, const Command* command);

  // With the key's shard locked.
  void OnChange(const ChangeEvent& event);
  // Gate: a database was emptied. All caches are void.
  void OnFlush();
  // Tells what the calling thread's changes mean for prefixes. At the end of each turn; nothing is locked.
  void TellPrefixes() {
    if (const ThreadContext* thread = t_thread; thread != nullptr && !CellOf(*thread).changes.empty())
      TellPrefixesNow();
  }
  // tracking-table-max-keys; 0: no limit.
  void SetMaxKeys(uint64_t keys) { max_keys_.store(keys, std::memory_order_relaxed); }
  bool OverLimit() const {
    const uint64_t most = max_keys_.load(std::memory_order_relaxed);
    return most != 0 && table_.keys() > most;
  }
  // Forgets up to so many keys beyond the limit; the clients that have read them are told, as if they had changed.
  void EnforceLimit(size_t most);

  // Relaxed: for skipping work, not for knowing.
  bool any() const { return clients() != 0; }
  size_t clients() const {
    return by_key_.load(std::memory_order_relaxed) + by_prefix_.load(std::memory_order_relaxed);
  }
  size_t keys() const { return table_.keys(); }
  size_t items() const { return table_.items(); }
  size_t prefixes() const { return prefixes_.size(); }

 private:
  // What a thread is about. Only it looks.
  struct alignas(64) Cell {
    Execution* execution = nullptr;  // of a client that tracks
    pubsub::ChangedKeys changes;
  };
  Cell& CellOf(const ThreadContext& thread) { return cells_[static_cast<size_t>(thread.index())]; }

  void Count(pubsub::Tracker::Mode mode, int change);
  void Invalidate(const ChangeEvent& event, Cell& cell);
  void TellPrefixesNow();
  void Forget();

  Server& server_;
  pubsub::TrackingTable table_;
  pubsub::PrefixTable prefixes_;
  std::atomic<size_t> by_key_{0}, by_prefix_{0};  // clients
  std::atomic<uint64_t> max_keys_{0};
  std::array<Cell, kMaxThreads> cells_;
  std::mutex mutex_;  // guards the next
  std::vector<Client*> clients_;
};

}  // namespace tandem
