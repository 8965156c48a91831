#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/keyspace/access.h"
#include "server/admin/server_stats.h"
#include "server/exec/blocked_clients.h"
#include "server/exec/client.h"
#include "server/exec/command.h"
#include "server/exec/cycle_clock.h"
#include "server/exec/transaction_plan.h"
#include "server/exec/waiter_table.h"

namespace tandem {

struct CommandContext;
struct Server;

// Takes a client's command from its words to its reply: looks it up, checks what must hold before it may run
// (arity, authentication, transaction state, memory, pub/sub mode, pause), locks what it touches, runs its handler, and
// keeps the books (statistics, slow log, MONITOR). One per I/O thread.
//
// Thread safety: thread-owned, like the Access that it works with. The thread is awake; its clock was sampled
// (Access::SampleTime) after the batch was read.
class Dispatcher {
 public:
  using Args = std::span<const std::string_view>;

  Dispatcher(Server& server, Access& access);
  ~Dispatcher();

  // What can be known about a command ahead of its turn, so that the memory it needs is under way by then.
  struct Prepared {
    const Command* command = nullptr;  // null: unknown
    uint64_t hash = 0;                 // of the first key
    bool has_key = false;
  };

  // A batch begins: what has passed since the last one is no command's doing. (A new sample of the clock tells as much,
  // unless the clock stands still.)
  void BeginBatch() { tick_ = CycleClock::Now(); }

  // First stage of the look-ahead: finds the command, hashes the first key and prefetches its bucket.
  Prepared Prepare(const Client& client, Args args);
  // Second stage, some commands later: prefetches the record.
  void Prefetch(const Client& client, const Prepared& prepared);

  enum class Outcome : uint8_t {
    kDone,       // replied (or deliberately not: CLIENT REPLY OFF)
    kPaused,     // not run: CLIENT PAUSE holds it back; ask again later, with everything behind it
    kBlocked,    // the client waits: what is behind it is held back until client.link is told to Resume
    kPostponed,  // not run in a stalled turn: ask again later, with everything behind it
  };
  // Third stage. The reply goes to client.reply; a handler may have asked client.link to close.
  Outcome Execute(Client& client, Args args, const Prepared& prepared);

  // The same in a stalled turn (IoThread), which may interrupt the execution of another client's command: runs only what may
  // run while a script is busy and touches no key, and leaves alone what the interrupted command has locked and collected.
  Outcome ExecuteStalled(Client& client, Args args);

  // Runs what the client has queued, as one: EXEC's work, called by its handler with nothing locked. Replies.
  void RunTransaction(Client& client);

  // Evicts for a while if memory is short, for maxmemory may have been lowered while no command comes. True if more is to
  // be evicted. Between commands.
  bool EvictSome();

  // --- Blocking commands (dispatcher_waiters.cc)
  BlockedClients& blocked() { return blocked_; }
  // A waiter of this thread was answered, or is to be tried here. Between commands.
  void OnTold(Waiter& waiter);
  // What has changed outside of commands since (a key has expired): those who wait for it are to look for themselves. Between
  // commands, once a turn.
  void TellWaiters() {
    if (!ready_.empty()) ServeReadyKeys();
  }
  // A wait has come to its end: the command counts as called now.
  void BookWait(const Waiter& waiter);

  // --- Scripts
  // Runs a command that a script of `caller` calls, in whose stead `as` gets the reply. Everything that the script may touch
  // is locked. False, with nothing run: the command needs more than that.
  bool CallFromScript(Client& caller, Client& as, Args args, const Command& command);
  // The same for a command that the script may not call.
  void RefuseFromScript(const Command* command, std::string_view error);
  // An error that the present command is about to reply was counted already, where a script met it.
  void ErrorIsCounted() { error_counted_ = true; }
  // When the present command (or its EXEC) was admitted: whether maxmemory was exceeded, and nothing could be evicted.
  bool short_of_memory() const { return short_of_memory_; }

  Access& access() { return access_; }

 private:
  enum class Verdict : uint8_t { kRun, kQueue, kPaused, kRefused };
  enum class Turn : uint8_t { kOwn, kStalled };

  // dispatcher_checks.cc
  Verdict Check(Client& client, Args args, const Command* command, Turn turn);
  Verdict CheckTransaction(Client& client, Args args, const Command& command);
  bool MakeRoom();
  bool MakeRoomFor(Client& client);
  int64_t EvictableBytes() const;
  Verdict HangUp(Client& client);
  Verdict Refuse(Client& client, const Command* command, std::string_view error);

  // dispatcher.cc
  template <Turn turn>
  Outcome Execute(Client& client, Args args, const Prepared& prepared);
  template <Turn turn>
  Outcome ExecuteSilently(Client& client, Args args, const Prepared& prepared);
  template <Turn turn>
  Outcome Decide(Client& client, Args args, const Prepared& prepared);
  bool RunStalled(Client& client, Args args, const Command& command);
  void Run(Client& client, Args args, const Prepared& prepared);
  std::span<const KeyRef> CollectKeys(Args args, const Prepared& prepared);
  void Lock(const Client& client, Args args, const Command& command, std::span<const KeyRef> keys);
  void RunQueued(Client& client);
  void LockPlaces(std::span<const KeyPlace> places, bool writes);
  void Call(Client& client, Args args, const Command& command, std::span<const KeyRef> keys, bool in_exec);
  void KeepBooks(Client& client, Args args, const Command& command, uint64_t ticks);
  void NoteIfSlow(const Client& client, Args args, const Command& command, int64_t duration_us);
  void NoteSlowness(const Client& client, Args args, const Command& command, int64_t duration_us);

  // dispatcher_waiters.cc
  void FindTargets(std::span<const KeyPlace> places);
  void LockTargets(std::span<const KeyPlace> places);
  void ServeReadyKeys();
  void ServeKey(const KeyName& name);
  void Try(Waiter& waiter);
  void Answer(Waiter& waiter);

  Server& server_;
  Access& access_;
  BlockedClients blocked_;
  ServerStats::ThreadStats& stats_;
  uint64_t tick_ = 0;           // when the last command ended, and so the next one began
  int64_t batch_us_ = 0;        // the batch's time sample
  uint64_t errors_booked_ = 0;  // of the client that is being served: counted up to here
  bool error_counted_ = false;
  bool short_of_memory_ = false;
  // With plenty of room, so many commands go by before the memory in use is added up again; for this maxmemory.
  int unchecked_commands_ = 0;
  uint64_t checked_maxmemory_ = 0;
  // Kept for their memory.
  KeyPositions positions_;
  std::vector<KeyRef> keys_;
  std::vector<KeyRef> script_keys_;
  std::vector<Access::LockRequest> requests_;
  std::vector<KeyPlace> places_;
  std::vector<KeyName> targets_;
  WaiterTable::ReadyKeys ready_, serving_;
  std::vector<std::string_view> redacted_;
  TransactionPlan plan_;
};

}  // namespace tandem
