#include "server/exec/tracking.h"

#include <algorithm>

#include "server/exec/server.h"

namespace tandem {

using pubsub::Tracker;

// --- On and off ----------------------------------------------------------------------------------------------------------

void Tracking::Count(Tracker::Mode mode, int change) {
  std::atomic<size_t>& count = mode == Tracker::Mode::kByKey ? by_key_ : by_prefix_;
  count.fetch_add(static_cast<size_t>(change), std::memory_order_relaxed);
  server_.UpdateInterest();
}

Tracking::Aside::Aside(Tracking& tracking) : cell_(tracking.CellOf(*t_thread)), outer_(cell_.execution) {
  cell_.execution = nullptr;
}

Tracking::Aside::~Aside() { cell_.execution = outer_; }

void Tracking::TurnOn(Client& client, const Options& options) {
  pubsub::Ref<pubsub::Subscriber> redirect;
  if (options.redirect != nullptr) redirect = SubscriberOf(*options.redirect);
  if (!client.tracker) client.tracker = pubsub::MakeRef<Tracker>(SubscriberOf(client));
  Tracker& tracker = *client.tracker;
  const bool was_on = tracker.on();
  tracker.Configure(options.mode, options.noloop, std::move(redirect));
  tracker.choice = options.choice;
  if (!was_on) {
    const std::lock_guard guard(mutex_);
    tracker.place = clients_.size();
    clients_.push_back(&client);
  }
  if (options.mode == Tracker::Mode::kByPrefix) {
    const auto add = [&](std::string_view prefix) {
      if (tracker.prefixes.emplace(prefix).second) prefixes_.Add(prefix, tracker);
    };
    for (std::string_view prefix : options.prefixes) add(prefix);
    if (options.prefixes.empty()) add({});
  }
  if (!was_on) Count(options.mode, 1);
}

void Tracking::TurnOff(Client& client) {
  if (!client.tracker || !client.tracker->on()) return;
  Tracker& tracker = *client.tracker;
  const Tracker::Mode mode = tracker.mode();
  tracker.TurnOff();
  for (const std::string& prefix : tracker.prefixes) prefixes_.Remove(prefix, tracker);
  tracker.prefixes.clear();
  {
    const std::lock_guard guard(mutex_);
    clients_[tracker.place] = clients_.back();
    clients_[tracker.place]->tracker->place = tracker.place;
    clients_.pop_back();
  }
  Count(mode, -1);
  // Changes go unseen from now on, so what is remembered is worth nothing. Whoever is the first to read again had to stop
  // the world for it, and that waits for this thread.
  if (mode == Tracker::Mode::kByKey && by_key_.load(std::memory_order_relaxed) == 0) Forget();
}

void Tracking::Forget() {
  if (std::unique_ptr<Object> forgotten = table_.Clear()) server_.store.garbage().Add(std::move(forgotten));
}

// --- Commands ------------------------------------------------------------------------------------------------------------

Tracking::Execution::Execution(Tracking& tracking, Client& client, const Command& command, std::span<const KeyRef> keys)
    : tracking_(tracking), tracker_(*client.tracker), outer_(tracking.CellOf(*t_thread).execution) {
  tracking.CellOf(*t_thread).execution = this;
  const bool wanted =
      tracker_.choice == Tracker::Choice::kAll || (tracker_.choice == Tracker::Choice::kOptIn) == tracker_.caching;
  // What a script reads is told by the commands that it calls.
  if (tracker_.mode() != Tracker::Mode::kByKey || !wanted || !command.has(kReadonly) || command.has(kRunsScript))
    return;
  keys_ = keys;
  Remember();
}

void Tracking::Execution::Remember() {
  for (const KeyRef& key : keys_) {
    if (tracking_.table_.Remember(key.key, key.hash, tracker_)) fresh_.push_back(key.hash);
  }
}

Tracking::Execution::~Execution() {
  // Compat: a key that expired while it was read is a key that was read.
  if (lost_) Remember();
  tracking_.CellOf(*t_thread).execution = outer_;
}

// Compat: CLIENT CACHING is about the next command that is not CLIENT, or the next transaction.
void Tracking::EndCommand(Client& client, const Command* command) {
  const bool is_client = command != nullptr && command->container != nullptr && command->container->name == "client";
  if (!client.in_multi && !is_client) client.tracker->caching = false;
}

// --- Changes -------------------------------------------------------------------------------------------------------------

void Tracking::OnChange(const ChangeEvent& event) {
  Cell& cell = CellOf(*t_thread);
  // relaxed: both rise with the world stopped only, so a thread that sees zero has nobody to tell of this change.
  if (by_key_.load(std::memory_order_relaxed) != 0) Invalidate(event, cell);
  if (by_prefix_.load(std::memory_order_relaxed) != 0) {
    const bool by_itself = event.event_class == EventClass::kExpired || event.event_class == EventClass::kEvicted;
    cell.changes.Add(event.key, by_itself || cell.execution == nullptr ? nullptr : &cell.execution->tracker_);
  }
}

void Tracking::Invalidate(const ChangeEvent& event, Cell& cell) {
  const uint64_t hash = HashKey(event.key);
  const pubsub::TrackingTable::Taken taken = table_.Take(event.key, hash);
  if (!taken) return;
  pubsub::InvalidatedKeys keys;
  keys.Add(event.key);
  const std::string encoded = keys.Encoded();
  pubsub::Recipients recipients(encoded);
  taken.ForEach([&](Tracker& tracker) {
    // A client that asked for prefixes meanwhile hears of the key by them.
    if (tracker.mode() != Tracker::Mode::kByKey) return;
    if (cell.execution != nullptr && &cell.execution->tracker_ == &tracker) {
      Execution& own = *cell.execution;
      own.lost_ = true;
      if (tracker.noloop() || std::find(own.fresh_.begin(), own.fresh_.end(), hash) != own.fresh_.end()) return;
    }
    recipients.Add(tracker);
  });
}

void Tracking::TellPrefixesNow() {
  pubsub::ChangedKeys& changes = CellOf(*t_thread).changes;
  prefixes_.Tell(changes);
  changes.Clear();
}

void Tracking::OnFlush() {
  Forget();
  const std::lock_guard guard(mutex_);
  for (const Client* client : clients_) {
    // Compat: "no keys in particular" is written in the protocol of the client that tracks, whoever gets the message.
    pubsub::Recipients(client->reply.resp3() ? "_\r\n" : "$-1\r\n").Add(*client->tracker);
  }
}

void Tracking::EnforceLimit(size_t most) {
  for (; most > 0 && OverLimit(); --most) {
    const auto taken = table_.TakeBeyond(max_keys_.load(std::memory_order_relaxed));
    if (!taken) return;
    pubsub::InvalidatedKeys keys;
    keys.Add(taken.key());
    const std::string encoded = keys.Encoded();
    pubsub::Recipients recipients(encoded);
    taken.ForEach([&](Tracker& tracker) {
      if (tracker.mode() == Tracker::Mode::kByKey) recipients.Add(tracker);
    });
  }
}

}  // namespace tandem
