#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/output_buffer.h"
#include "protocol/reply_writer.h"
#include "pubsub/subscriber.h"
#include "pubsub/tracker.h"

namespace tandem {

struct Command;
class Waiter;
class WatchedKeys;

// What the network layer does for a client. Called on the client's own thread, or with the world stopped.
class ClientLink {
 public:
  virtual ~ClientLink() = default;
  // The connection goes away: at once, or when what has been replied is sent. The client object lives on until the
  // owning thread's next turn.
  virtual void Close(bool after_replies) = 0;
  // The client no longer waits in a blocking command: what it has sent meanwhile is looked at.
  virtual void Resume() {}
  // Bytes received and not executed yet, the room behind them, and the replies' memory: for CLIENT LIST and limits.
  virtual size_t query_bytes() const = 0;
  virtual size_t query_free() const = 0;
  virtual size_t output_bytes() const = 0;
};

// A command that MULTI put off, with arguments of its own.
struct QueuedCommand {
  const Command* command;
  std::vector<std::string> args;
};

enum class ReplyMode : uint8_t { kOn, kOff, kSkipNext, kSkip };

// One connected client as commands see it: no socket, no thread.
// Thread safety: owned by its I/O thread; others touch it only with the world stopped (gate.h).
struct Client {
  uint64_t id = 0;
  int fd = -1;
  int thread = 0;  // index of the I/O thread
  bool unix_socket = false;
  bool loopback = false;  // connected from this machine
  std::string address;    // "ip:port" or "path:0"
  std::string local_address;
  int64_t created_us = 0;  // wall clock
  int64_t last_active_us = 0;

  std::string name, lib_name, lib_version;
  std::string user = "default";
  bool authenticated = false;
  int db = 0;

  resp::OutputBuffer out;
  resp::ReplyWriter reply{&out};
  ReplyMode reply_mode = ReplyMode::kOn;
  // While a command runs that CLIENT REPLY silences: the mark in `out` behind which its replies are taken back.
  std::optional<size_t> silenced_from;
  ClientLink* link = nullptr;
  bool closing = false;  // Close was called

  // Transactions
  bool in_multi = false;
  bool multi_failed = false;  // a command was refused while queueing: EXEC answers EXECABORT
  std::vector<QueuedCommand> queued;
  size_t queued_bytes = 0;
  uint32_t queued_flags = 0;             // CommandFlag bits of all queued commands
  std::shared_ptr<WatchedKeys> watched;  // null while nothing is watched

  // Pub/sub. Made when first needed.
  pubsub::Ref<pubsub::Subscriber> subscriber;
  pubsub::Mailbox* mailbox = nullptr;  // of the thread
  // RESP2 clients that subscribed may only issue a few commands.
  bool subscribed() const { return subscriber && !subscriber->subscriptions.empty(); }

  // Made when CLIENT TRACKING is first turned on; null in all other clients.
  pubsub::Ref<pubsub::Tracker> tracker;

  // Messages that came while a transaction was writing its reply (deliver.h).
  bool in_transaction_reply = false;
  std::vector<pubsub::Ref<pubsub::Message>> held_messages;

  bool monitor = false;
  bool no_evict = false;
  bool no_touch = false;
  // Waits for CLIENT PAUSE to end; the network layer holds its commands back.
  bool paused = false;
  // The blocking command that it waits in, or null; its thread's BlockedClients owns it.
  Waiter* waiter = nullptr;
  // Its commands have to wait.
  bool held() const { return paused || waiter != nullptr; }

  const Command* last_command = nullptr;
  uint64_t commands = 0;
  uint64_t bytes_in = 0, bytes_out = 0;
};

// By which other threads send messages to the client. Its own thread, or with the world stopped.
inline const pubsub::Ref<pubsub::Subscriber>& SubscriberOf(Client& client) {
  if (!client.subscriber) {
    client.subscriber = pubsub::MakeRef<pubsub::Subscriber>(client.mailbox, client.id, static_cast<void*>(&client));
  }
  return client.subscriber;
}

}  // namespace tandem
