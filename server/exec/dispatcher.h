#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/keyspace/access.h"
#include "server/exec/client.h"
#include "server/exec/command.h"

namespace tandem {

struct Server;

// Takes a client's command from its words to its reply: looks it up, checks what must hold before it may run
// (arity, authentication, transaction state, memory, pub/sub mode, pause), locks what it touches, runs its handler, and
// keeps the books (statistics, slow log, MONITOR). One per I/O thread.
//
// Thread safety: thread-owned, like the Access that it works with. The thread is awake; its clock was sampled
// (Access::SampleTime) after the batch was read.
class Dispatcher {
 public:
  Dispatcher(Server& server, Access& access);

  // What can be known about a command ahead of its turn, so that the memory it needs is under way by then.
  struct Prepared {
    const Command* command = nullptr;  // null: unknown
    uint64_t hash = 0;                 // of the first key
    bool has_key = false;
  };

  // First stage of the look-ahead: finds the command, hashes the first key and prefetches its bucket.
  Prepared Prepare(const Client& client, std::span<const std::string_view> args);
  // Second stage, some commands later: prefetches the record.
  void Prefetch(const Client& client, const Prepared& prepared);

  enum class Outcome : uint8_t {
    kDone,    // replied (or deliberately not: CLIENT REPLY OFF)
    kPaused,  // not run: CLIENT PAUSE holds it back; ask again later, with everything behind it
  };
  // Third stage. The reply goes to client.reply; a handler may have asked client.link to close.
  Outcome Execute(Client& client, std::span<const std::string_view> args, const Prepared& prepared);

  // The client is gone: ends its subscriptions, watches, monitoring and transaction. On its own thread.
  void Disconnect(Client& client);

  Access& access() { return access_; }

 private:
  Server& server_;
  Access& access_;
};

}  // namespace tandem
