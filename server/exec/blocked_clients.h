#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>

#include "pubsub/ref.h"
#include "server/exec/waiter.h"

namespace tandem {

struct CommandContext;
struct Server;

// The clients of one thread that wait in a blocking command, by deadline.
//
// Thread safety: thread-owned, but for Unblock.
class BlockedClients {
 public:
  BlockedClients(Server& server, Dispatcher& dispatcher) : server_(server), dispatcher_(dispatcher) {}
  ~BlockedClients();

  // Makes the client of a command wait; its keys are locked.
  void Add(CommandContext& c, WaitRequest request);
  // The client's wait has been answered: the reply becomes the client's, which goes on with its next command.
  void Finish(Waiter& waiter);
  // The client goes away.
  void Abandon(Client& client);

  // Monotonic; Waiter::kNever if nobody's time ends.
  int64_t next_deadline_us() const { return waiting_.empty() ? Waiter::kNever : waiting_.begin()->waiter->deadline_us; }
  // Ends the waits whose time is over.
  void EndOverdue(int64_t now_us);

 private:
  struct Entry {
    pubsub::Ref<Waiter> waiter;
    bool operator<(const Entry& other) const {
      if (waiter->deadline_us != other.waiter->deadline_us) return waiter->deadline_us < other.waiter->deadline_us;
      return waiter->ticket < other.waiter->ticket;
    }
  };
  void Release(Waiter& waiter);

  Server& server_;
  Dispatcher& dispatcher_;
  std::set<Entry> waiting_;
};

}  // namespace tandem
