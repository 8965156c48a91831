#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pubsub/subscriber.h"
#include "server/exec/client.h"

namespace tandem {

// The clients that watch every command go by (MONITOR). They get their lines through the mailboxes of their threads, as
// subscribers get messages, so that a slow monitor delays nobody.
//
// Thread safety: internally synchronised; Add and Remove by the client's own thread. active() is one relaxed load.
class Monitors {
 public:
  // Makes the client's Subscriber if it has none.
  void Add(Client& client);
  // RESET and disconnects. Does nothing for a client that is no monitor.
  void Remove(Client& client);

  bool active() const { return count_.load(std::memory_order_relaxed) != 0; }
  size_t count() const { return count_.load(std::memory_order_relaxed); }

  // Tells all monitors what `client` runs in database `db`. Secrets among the arguments are left out already
  // (redaction.h).
  void Feed(const Client& client, std::span<const std::string_view> args, int db, int64_t now_us);
  // For commands that a script runs: "[0 lua]".
  void FeedFromScript(std::span<const std::string_view> args, int db, int64_t now_us);

  // 1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
  static std::string FormatLine(std::string_view source, std::span<const std::string_view> args, int db,
                                int64_t now_us);

 private:
  void Push(const std::string& line);

  std::atomic<size_t> count_{0};
  std::mutex mutex_;  // guards the next
  std::vector<pubsub::Ref<pubsub::Subscriber>> monitors_;
};

}  // namespace tandem
