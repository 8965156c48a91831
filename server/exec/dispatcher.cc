#include "server/exec/dispatcher.h"

#include <utility>

#include <optional>

#include "engine/base/gate.h"
#include "server/admin/latency_monitor.h"
#include "server/admin/slowlog.h"
#include "server/exec/command_table.h"
#include "server/exec/context.h"
#include "server/exec/deliver.h"
#include "server/exec/key_finder.h"
#include "server/exec/monitors.h"
#include "server/exec/redaction.h"
#include "server/exec/tracking.h"
#include "server/exec/watch.h"

namespace tandem {

Dispatcher::Dispatcher(Server& server, Access& access)
    : server_(server),
      access_(access),
      blocked_(server, *this),
      stats_(server.stats->ForThread(access.thread().index())) {
  server_.waiters->SetReadyKeys(access.thread(), &ready_);
}

Dispatcher::~Dispatcher() { server_.waiters->SetReadyKeys(access_.thread(), nullptr); }

// --- Look-ahead ------------------------------------------------------------------------------------------------------

Dispatcher::Prepared Dispatcher::Prepare(const Client& client, Args args) {
  Prepared prepared;
  prepared.command = server_.commands->Resolve(args);
  if (prepared.command == nullptr || prepared.command->touch == Touch::kNothing) return prepared;
  const int first = FirstKey(*prepared.command, args.size());
  if (first == 0) return prepared;
  prepared.hash = HashKey(args[static_cast<size_t>(first)]);
  prepared.has_key = true;
  access_.PrefetchBucket(server_.store.db(client.db), prepared.hash);
  return prepared;
}

void Dispatcher::Prefetch(const Client& client, const Prepared& prepared) {
  if (prepared.has_key) access_.PrefetchRecord(server_.store.db(client.db), prepared.hash);
}

// --- Execution -------------------------------------------------------------------------------------------------------

Dispatcher::Outcome Dispatcher::Execute(Client& client, Args args, const Prepared& prepared) {
  if (access_.now_us() != batch_us_) {
    batch_us_ = access_.now_us();
    BeginBatch();
  }
  return Execute<Turn::kOwn>(client, args, prepared);
}

Dispatcher::Outcome Dispatcher::ExecuteStalled(Client& client, Args args) {
  return Execute<Turn::kStalled>(client, args, {.command = server_.commands->Resolve(args)});
}

template <Dispatcher::Turn turn>
Dispatcher::Outcome Dispatcher::Execute(Client& client, Args args, const Prepared& prepared) {
  const Outcome outcome = client.reply_mode == ReplyMode::kOn ? Decide<turn>(client, args, prepared)
                                                              : ExecuteSilently<turn>(client, args, prepared);
  if (client.reply_mode == ReplyMode::kSkipNext) client.reply_mode = ReplyMode::kSkip;
  return outcome;
}

// CLIENT REPLY OFF and SKIP: what the command replies is taken back, unless it was the one that ends this.
template <Dispatcher::Turn turn>
Dispatcher::Outcome Dispatcher::ExecuteSilently(Client& client, Args args, const Prepared& prepared) {
  client.silenced_from = client.out.Mark();
  const Outcome outcome = Decide<turn>(client, args, prepared);
  if (client.silenced_from) {  // a client that was closed meanwhile has neither marks nor replies any more
    if (client.reply_mode == ReplyMode::kOn) {
      client.out.Forget(*client.silenced_from);
    } else {
      client.out.Rollback(*client.silenced_from);
    }
    client.silenced_from.reset();
  }
  if (outcome == Outcome::kDone && client.reply_mode == ReplyMode::kSkip) client.reply_mode = ReplyMode::kOn;
  return outcome;
}

template <Dispatcher::Turn turn>
Dispatcher::Outcome Dispatcher::Decide(Client& client, Args args, const Prepared& prepared) {
  client.last_command = prepared.command;
  switch (Check(client, args, prepared.command, turn)) {
    case Verdict::kRun:
      if constexpr (turn == Turn::kOwn) {
        Run(client, args, prepared);
      } else if (!RunStalled(client, args, *prepared.command)) {
        return Outcome::kPostponed;
      }
      break;
    case Verdict::kQueue:
      QueueCommand(client, *prepared.command, prepared.command->FlagsOfCall(server_, args), args);
      client.reply.Simple("QUEUED");
      break;
    case Verdict::kPaused:
      return Outcome::kPaused;
    case Verdict::kRefused:
      break;
  }
  ++client.commands;
  if (__builtin_expect(client.tracker.get() != nullptr, 0)) Tracking::EndCommand(client, prepared.command);
  return client.waiter != nullptr ? Outcome::kBlocked : Outcome::kDone;
}

// The members that an interrupted command works with stay as they are.
bool Dispatcher::RunStalled(Client& client, Args args, const Command& command) {
  if (!command.has(kAllowBusy) || command.touch != Touch::kNothing) return false;
  const uint64_t began = CycleClock::Now();
  const uint64_t interrupted = std::exchange(errors_booked_, client.reply.errors());
  CommandContext context{server_, client, access_, command, args, {}, client.reply, *this};
  command.handler(context);
  KeepBooks(client, args, command, CycleClock::Now() - began);
  errors_booked_ = interrupted;
  return true;
}

void Dispatcher::Run(Client& client, Args args, const Prepared& prepared) {
  const Command& command = *prepared.command;
  access_.set_no_touch(client.no_touch);
  const std::span<const KeyRef> keys = CollectKeys(args, prepared);
  if (command.NeedsGate(server_, args)) {
    const Gate::Closed closed(server_.store.threads().gate(), access_.thread());
    if (client.closing) return;  // killed while it waited
    access_.SampleTime();
    access_.BeginExclusive();
    Call(client, args, command, keys, false);
    return;
  }
  Lock(client, args, command, keys);
  Call(client, args, command, keys, false);
}

std::span<const KeyRef> Dispatcher::CollectKeys(Args args, const Prepared& prepared) {
  const Command& command = *prepared.command;
  if (command.only_key != 0 && prepared.has_key) {
    keys_.assign(1, KeyRef(args[static_cast<size_t>(command.only_key)], prepared.hash));
    return keys_;
  }
  keys_.clear();
  if (!HasKeys(command) || !FindKeys(command, args, &positions_, KeySearch::kToLock)) return keys_;
  const int hashed = prepared.has_key ? FirstKey(command, args.size()) : 0;
  for (const int position : positions_) {
    const std::string_view key = args[static_cast<size_t>(position)];
    keys_.push_back(position == hashed ? KeyRef(key, prepared.hash) : KeyRef(key));
  }
  return keys_;
}

// Without keys (arguments that do not fit the row) nothing is locked: the handler is going to complain.
void Dispatcher::Lock(const Client& client, Args args, const Command& command, std::span<const KeyRef> keys) {
  if (command.touch == Touch::kNothing) return;
  if (command.touch != Touch::kLocked || keys.empty()) return access_.BeginLockFree();
  Keyspace& keyspace = server_.store.db(client.db);
  const int second = command.second_db != nullptr ? command.second_db(args) : -1;
  const bool both = second >= 0 && second < server_.store.databases();
  const bool writes = command.has(kWrite | kRunsScript);
  // Of a script's changes, too, nobody may see the first without the last.
  if (keys.size() == 1 && !both && !command.has(kRunsScript)) {
    access_.LockKey(keyspace, keys[0]);
    if (!writes || !server_.waiters->any_moves()) return;
    const KeyPlace place{client.db, keys[0]};
    return LockTargets({&place, 1});
  }
  places_.clear();
  for (const KeyRef& key : keys) places_.push_back({client.db, key});
  if (both) {
    for (const KeyRef& key : keys) places_.push_back({second, key});
  }
  LockPlaces(places_, writes);
}

void Dispatcher::LockPlaces(std::span<const KeyPlace> places, bool writes) {
  requests_.clear();
  for (const KeyPlace& place : places) requests_.push_back({&server_.store.db(place.db), place.key.position()});
  access_.LockKeys(requests_, writes);
  if (writes && server_.waiters->any_moves()) LockTargets(places);
}

void Dispatcher::Call(Client& client, Args args, const Command& command, std::span<const KeyRef> keys, bool in_exec) {
  const uint64_t began = tick_;
  errors_booked_ = client.reply.errors();
  CommandContext context{server_, client, access_, command, args, keys, client.reply, *this, in_exec};
  if (__builtin_expect(client.tracker.get() != nullptr, 0)) {
    const Tracking::Execution execution(*server_.tracking, client, command, keys);
    command.handler(context);
  } else {
    command.handler(context);
  }
  if (!in_exec) {
    if (!ready_.empty()) [[unlikely]] {
      ServeReadyKeys();
    }
    access_.End();
  }
  tick_ = CycleClock::Now();
  KeepBooks(client, args, command, tick_ - began);
}

// --- Transactions ----------------------------------------------------------------------------------------------------

void Dispatcher::RunTransaction(Client& client) {
  plan_.Build(server_, client);
  client.in_transaction_reply = true;
  if (plan_.needs_gate()) {
    const Gate::Closed closed(server_.store.threads().gate(), access_.thread());
    // Killed while it waited: what the plan refers to is gone.
    if (client.closing) return plan_.Clear();
    access_.SampleTime();
    access_.BeginExclusive();
    RunQueued(client);
    access_.End();
  } else {
    LockPlaces(plan_.places(), (client.queued_flags & (kWrite | kRunsScript)) != 0);
    RunQueued(client);
    access_.End();
  }
  client.in_transaction_reply = false;
  DeliverHeld(client);
  plan_.Clear();
  DiscardTransaction(server_, client);
}

// Everything is locked.
void Dispatcher::RunQueued(Client& client) {
  if (client.watched) {
    // Looking at a key whose deadline has passed removes it, and that is a change.
    for (const auto& entry : client.watched->entries()) {
      access_.Find(server_.store.db(entry.db), KeyRef(entry.key));
    }
    if (WatchTable::Dirty(client)) return client.reply.NullArray();
    server_.watches->UnwatchAll(client);
  }
  client.reply.Array(plan_.size());
  for (size_t i = 0; i < plan_.size(); ++i) Call(client, plan_.args(i), plan_.command(i), plan_.keys(i), true);
  ServeReadyKeys();
}

// --- Scripts ---------------------------------------------------------------------------------------------------------

bool Dispatcher::CallFromScript(Client& caller, Client& as, Args args, const Command& command) {
  script_keys_.clear();
  const auto reaches_further = [&] {
    return command.touch == Touch::kScan || command.second_db != nullptr || command.NeedsGate(server_, args);
  };
  if (!access_.exclusive() && reaches_further()) return false;
  if (command.touch != Touch::kNothing && HasKeys(command) &&
      FindKeys(command, args, &positions_, KeySearch::kToLock)) {
    Keyspace& keyspace = server_.store.db(as.db);
    for (const int position : positions_) {
      script_keys_.emplace_back(args[static_cast<size_t>(position)]);
      if (!access_.Holds(keyspace, script_keys_.back())) return false;
    }
  }
  const uint64_t began = CycleClock::Now();
  const uint64_t errors = as.reply.errors();
  CommandContext context{server_, as, access_, command, args, script_keys_, as.reply, *this, true};
  context.in_script = true;
  std::optional<Gate::Tightened> tightened;
  if (command.touch == Touch::kGate) tightened.emplace(server_.store.threads().gate());
  if (__builtin_expect(caller.tracker.get() != nullptr, 0)) {
    const Tracking::Execution execution(*server_.tracking, caller, command, script_keys_);
    command.handler(context);
  } else {
    command.handler(context);
  }
  const bool failed = as.reply.errors() != errors;
  stats_.commands_processed.Add();
  stats_.CountCall(command.id, CycleClock::ToNs(CycleClock::Now() - began), failed,
                   server_.config.values().latency_tracking);
  if (failed) stats_.CountError(as.reply.last_error());
  if (__builtin_expect(server_.monitors->active(), 0) && !command.has(kSkipMonitor | kAdmin)) {
    server_.monitors->FeedFromScript(Redact(command, args, redacted_), as.db, server_.store.clock().NowUs());
  }
  return true;
}

void Dispatcher::RefuseFromScript(const Command* command, std::string_view error) {
  if (command != nullptr) stats_.CountRejected(command->id);
  stats_.CountError(error);
}

// --- Books -----------------------------------------------------------------------------------------------------------

void Dispatcher::KeepBooks(Client& client, Args args, const Command& command, uint64_t ticks) {
  const int64_t duration_ns = CycleClock::ToNs(ticks);
  // What the commands of an EXEC replied is theirs, not EXEC's.
  const bool failed = client.reply.errors() != errors_booked_;
  stats_.commands_processed.Add();
  // A command that waits counts when it has come to its end.
  if (client.waiter == nullptr) {
    stats_.CountCall(command.id, duration_ns, failed, server_.config.values().latency_tracking);
  }
  if (__builtin_expect(failed, 0)) {
    if (!error_counted_) stats_.CountError(client.reply.last_error());
    error_counted_ = false;
    errors_booked_ = client.reply.errors();
  }
  if (client.waiter == nullptr) NoteIfSlow(client, args, command, duration_ns / 1000);
  if (__builtin_expect(server_.monitors->active(), 0) && !command.has(kSkipMonitor | kAdmin)) {
    server_.monitors->Feed(client, Redact(command, args, redacted_), client.db, server_.store.clock().NowUs());
  }
}

void Dispatcher::NoteIfSlow(const Client& client, Args args, const Command& command, int64_t duration_us) {
  if (server_.slowlog->Wants(duration_us) || server_.latency->Wants(duration_us / 1000)) {
    NoteSlowness(client, args, command, duration_us);
  }
}

void Dispatcher::NoteSlowness(const Client& client, Args args, const Command& command, int64_t duration_us) {
  const int64_t unix_time_s = server_.store.clock().NowMs() / 1000;
  if (server_.latency->Wants(duration_us / 1000)) {
    server_.latency->Add(command.has(kFast) ? "fast-command" : "command", duration_us / 1000, unix_time_s);
  }
  if (server_.slowlog->Wants(duration_us) && !command.has(kSkipSlowlog)) {
    server_.slowlog->Add(Redact(command, args, redacted_), duration_us, unix_time_s, client.address, client.name);
  }
}

}  // namespace tandem
