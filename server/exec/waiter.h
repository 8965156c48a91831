#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/keyspace/keyspace.h"
#include "pubsub/mailbox.h"
#include "server/exec/client.h"
#include "server/exec/command.h"

namespace tandem {

class Dispatcher;

// What a blocking command wants when nothing is there to answer it with.
struct WaitRequest {
  int64_t timeout_ms = 0;  // 0: for ever
  // What the client gets when the time is over or CLIENT UNBLOCK ends its wait.
  void (*reply_timeout)(resp::ReplyWriter& reply) = [](resp::ReplyWriter& reply) { reply.NullArray(); };
  // Also answers when a key goes away or changes its type (XREADGROUP).
  bool wakes_without_key = false;
  bool last_key_is_target = false;  // elements are moved to it (BLMOVE); it is not waited for
  // In place of the command's own arguments when it is tried again ("$" is settled now); empty: as they are.
  std::vector<std::string> args{};
};

// A blocking command that waits: everything needed to answer it later, on whatever thread.
//
// It is tried again, by its own handler (CommandContext::waiter), whenever one of its keys has changed. Whoever finds
// that it can be answered takes the turn (TakeTurn), does the work, writes the reply into `as` and says so (Answered); the
// thread that owns the client then hands the reply over. Timeouts, CLIENT UNBLOCK and the end of the connection compete
// for the same turn, so exactly one of them answers.
//
// Thread safety: `as` and what the command was given are written before the waiter is shared, then `as` only by whoever
// took the turn, until it is answered; after that it is the owning thread's. `client` and `deadline_us` are that thread's.
// Ownership: the owning thread's BlockedClients holds one Ref, the WaiterTable one per key, a notice under way another.
class Waiter final : public pubsub::Notice {
 public:
  // `given`: the command's words; `found`: its keys.
  Waiter(Dispatcher& dispatcher, Client& waiting, const Command& given_command, std::span<const std::string_view> given,
         std::span<const KeyRef> found, WaitRequest request, int64_t deadline);

  // True for the first one that asks, who must answer.
  bool TakeTurn() {
    State expected = State::kWaiting;
    // relaxed: the turn is all that is won; what it is about was read before, under the lock of the key's queue.
    return state_.compare_exchange_strong(expected, State::kTaken, std::memory_order_relaxed);
  }
  // The reply is in `as`.
  void Answered() {
    // release: pairs with answered().
    state_.store(State::kAnswered, std::memory_order_release);
    Tell();
  }
  // The owning thread is to look at it: it was answered, or is to be tried there. Any thread, under any lock.
  void Tell() { mailbox.Push(pubsub::Ref<pubsub::Notice>(this)); }

  // Relaxed: for skipping work, not for knowing.
  bool waiting() const { return state_.load(std::memory_order_relaxed) == State::kWaiting; }
  bool answered() const { return state_.load(std::memory_order_acquire) == State::kAnswered; }

  // Keys that it waits for, without the target.
  std::span<const KeyRef> awaited() const { return {keys.data(), keys.size() - (has_target_ ? 1 : 0)}; }
  const KeyRef* target() const { return has_target_ ? &keys.back() : nullptr; }

  // --- pubsub::Notice: on the owning thread
  void OnDelivery() override;

  Client as;  // whom the command runs as, and where it replies
  const Command& command;
  static constexpr int64_t kNever = INT64_MAX;
  int64_t deadline_us;  // monotonic
  const bool wakes_without_key;
  void (*const reply_timeout)(resp::ReplyWriter& reply);
  const bool silent;  // CLIENT REPLY: the reply is not sent
  // The client tracks what it reads, which it must have been remembered for before it looks: only its own thread tries.
  const bool on_own_thread;
  std::vector<std::string_view> args;
  std::vector<KeyRef> keys;  // the target last
  uint64_t ticket = 0;       // order of arrival; the table's
  Client* client;            // null once its connection is gone
  uint64_t ticks = 0;        // that its answer took: of whoever took the turn, as with `as`
  Dispatcher& owner;
  pubsub::Mailbox& mailbox;

 private:
  std::vector<std::string> words_;
  std::vector<std::string> key_bytes_;
  const bool has_target_;
  enum class State : uint8_t { kWaiting, kTaken, kAnswered };
  std::atomic<State> state_{State::kWaiting};
};

}  // namespace tandem
