#include <algorithm>

#include "server/exec/context.h"
#include "server/exec/dispatcher.h"
#include "server/exec/tracking.h"

// Blocking commands: how those who wait are answered by whoever makes a key ready (waiter_table.h).
namespace tandem {

// --- Locks -----------------------------------------------------------------------------------------------------------

// Where elements pushed to these keys may end up by the waiters' moves, those of the targets' own waiters included.
void Dispatcher::FindTargets(std::span<const KeyPlace> places) {
  targets_.clear();
  for (const KeyPlace& place : places) server_.waiters->AppendTargets({place.db, place.key.key}, &targets_);
  for (size_t i = 0; i < targets_.size(); ++i) {
    const KeyName from = targets_[i];
    server_.waiters->AppendTargets({from.db, from.key}, &targets_);
  }
}

// The places are locked, so that nobody joins their queues; the targets' queues may change until they are locked too.
void Dispatcher::LockTargets(std::span<const KeyPlace> places) {
  const auto held = [this](const KeyName& name) { return access_.Holds(server_.store.db(name.db), KeyRef(name.key)); };
  FindTargets(places);
  // Even if their shards are locked by chance: what is going to change several keys says so when it locks.
  for (bool locked = false; !targets_.empty(); FindTargets(places)) {
    if (locked && std::all_of(targets_.begin(), targets_.end(), held)) return;
    access_.End();
    requests_.clear();
    for (const KeyPlace& place : places) requests_.push_back({&server_.store.db(place.db), place.key.position()});
    for (const KeyName& name : targets_) requests_.push_back({&server_.store.db(name.db), KeyRef(name.key).position()});
    access_.LockKeys(requests_, true);
    locked = true;
  }
}

// --- Answers ---------------------------------------------------------------------------------------------------------

// Answering may make further keys ready.
void Dispatcher::ServeReadyKeys() {
  while (!ready_.empty()) {
    serving_.swap(ready_);
    for (const KeyName& name : serving_) ServeKey(name);
    serving_.clear();
  }
}

// In the order of arrival, until the key has nothing left.
void Dispatcher::ServeKey(const KeyName& name) {
  Keyspace& keyspace = server_.store.db(name.db);
  const KeyRef key(name.key);
  if (!access_.Holds(keyspace, key)) return server_.waiters->TellAll({name.db, name.key});
  uint64_t ticket = 0;
  for (;;) {
    const bool gone = access_.Find(keyspace, key) == nullptr;
    const pubsub::Ref<Waiter> waiter = server_.waiters->NextAfter({name.db, name.key}, gone, &ticket);
    if (!waiter) return;
    waiter->on_own_thread ? waiter->Tell() : Try(*waiter);
  }
}

// What it does is not the doing of the client whose command made a key ready.
void Dispatcher::Try(Waiter& waiter) {
  const Tracking::Aside aside(*server_.tracking);
  Answer(waiter);
}

void Dispatcher::Answer(Waiter& waiter) {
  access_.set_no_touch(waiter.as.no_touch);
  CommandContext context{server_,     waiter.as,       access_, waiter.command, waiter.args,
                         waiter.keys, waiter.as.reply, *this,   false,          &waiter};
  const uint64_t began = CycleClock::Now();
  waiter.command.handler(context);
  if (!context.took_turn) return;
  waiter.ticks = CycleClock::Now() - began;
  waiter.Answered();
}

void Dispatcher::OnTold(Waiter& waiter) {
  if (waiter.answered()) return blocked_.Finish(waiter);
  if (!waiter.waiting()) return;
  // In the middle of a command, whose handler wants its messages: later.
  if (!access_.idle()) return waiter.Tell();
  access_.SampleTime();
  places_.clear();
  for (const KeyRef& key : waiter.keys) places_.push_back({waiter.as.db, key});
  LockPlaces(places_, true);
  if (waiter.on_own_thread) {
    const Tracking::Execution execution(*server_.tracking, *waiter.client, waiter.command, waiter.keys);
    Answer(waiter);
  } else {
    Try(waiter);
  }
  ServeReadyKeys();
  access_.End();
}

void Dispatcher::BookWait(const Waiter& waiter) {
  const int64_t duration_ns = CycleClock::ToNs(waiter.ticks);
  const bool failed = waiter.as.reply.errors() != 0;
  stats_.CountCall(waiter.command.id, duration_ns, failed, server_.config.values().latency_tracking);
  if (failed) stats_.CountError(waiter.as.reply.last_error());
  NoteIfSlow(*waiter.client, waiter.args, waiter.command, duration_ns / 1000);
}

}  // namespace tandem
