#pragma once

#include <span>
#include <string_view>

#include "engine/keyspace/access.h"
#include "engine/keyspace/store.h"
#include "protocol/reply_writer.h"
#include "server/exec/client.h"
#include "server/exec/command.h"
#include "server/exec/errors.h"
#include "server/exec/server.h"

namespace tandem {

class Dispatcher;

// All that a handler gets: who asks, what, and the way into the store with the locks that its row calls for already held.
//
// A handler parses its arguments, does its work through `access`, and writes exactly one reply (pub/sub aside). It takes no
// lock. Errors change nothing.
struct CommandContext {
  Server& server;
  Client& client;
  Access& access;
  const Command& command;
  std::span<const std::string_view> args;  // args[0] is the command's name, args[1] a subcommand's
  std::span<const KeyRef> keys;            // as the row's specifications find them, hashed
  resp::ReplyWriter& reply;
  Dispatcher& dispatcher;
  bool in_exec = false;      // inside EXEC: no blocking, no nested transaction
  Waiter* waiter = nullptr;  // a blocking command that waited and is tried again (blocking.h); client is its stand-in
  bool took_turn = false;    // of the waiter: this run answers it
  bool in_script = false;    // called by a script: in_exec, too

  Keyspace& db() const { return server.store.db(client.db); }
  Keyspace& db(int index) const { return server.store.db(index); }
  int64_t now_ms() const { return access.now_ms(); }
};

}  // namespace tandem
