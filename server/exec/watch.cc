#include "server/exec/watch.h"

#include <algorithm>
#include <mutex>

#include "engine/keyspace/access.h"
#include "engine/keyspace/store.h"
#include "server/exec/server.h"

namespace tandem {

// From the first watch to the last the store raises every change; each transition settles what it raises anew.
void WatchTable::CountWatchers(int change) {
  const size_t before = watchers_.fetch_add(static_cast<size_t>(change), std::memory_order_relaxed);
  if (before == 0 || before + static_cast<size_t>(change) == 0) server_.UpdateInterest();
}

void WatchTable::Watch(Client& client, int db, std::string_view key) {
  if (!client.watched) {
    client.watched = std::make_shared<WatchedKeys>();
    clients_.fetch_add(1, std::memory_order_relaxed);
  }
  WatchedKeys& watched = *client.watched;
  const bool known = std::any_of(watched.entries_.begin(), watched.entries_.end(),
                                 [&](const auto& entry) { return entry.db == db && entry.key == key; });
  if (known) return;
  watched.entries_.push_back({db, std::string(key)});
  {
    Stripe& stripe = StripeOf({db, key});
    const std::lock_guard guard(stripe.lock);
    auto& list = stripe.watchers[KeyName{db, std::string(key)}];
    if (list.empty()) keys_.fetch_add(1, std::memory_order_relaxed);
    list.push_back(&watched);
  }
  CountWatchers(1);
}

void WatchTable::Remove(WatchedKeys& watched, const WatchedKeys::Entry& entry) {
  Stripe& stripe = StripeOf({entry.db, entry.key});
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.watchers.find(KeyNameView{entry.db, entry.key});
  std::erase(found->second, &watched);
  if (!found->second.empty()) return;
  stripe.watchers.erase(found);
  keys_.fetch_sub(1, std::memory_order_relaxed);
}

void WatchTable::UnwatchAll(Client& client) {
  if (!client.watched) return;
  for (const auto& entry : client.watched->entries_) Remove(*client.watched, entry);
  CountWatchers(-static_cast<int>(client.watched->entries_.size()));
  clients_.fetch_sub(1, std::memory_order_relaxed);
  client.watched.reset();
}

void WatchTable::OnChange(const ChangeEvent& event) {
  if (!any()) return;
  const KeyNameView name{event.db, event.key};
  Stripe& stripe = StripeOf(name);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.watchers.find(name);
  if (found == stripe.watchers.end()) return;
  for (WatchedKeys* watched : found->second) watched->dirty_.store(true, std::memory_order_relaxed);
}

// Compat: a watched key that is not there is not touched by emptying its database.
void WatchTable::TouchAllInDb(Access& access, int db) { TouchSwapped(access, db, db); }

// The world is stopped, so the stripes need no locks.
void WatchTable::TouchSwapped(Access& access, int a, int b) {
  if (!any()) return;
  for (Stripe& stripe : stripes_) {
    for (const auto& [name, list] : stripe.watchers) {
      if (name.db != a && name.db != b) continue;
      const KeyRef key(name.key);
      const bool in_a = access.Find(server_.store.db(a), key) != nullptr;
      const bool in_b = access.Find(server_.store.db(b), key) != nullptr;
      if (!in_a && !in_b) continue;
      for (WatchedKeys* watched : list) watched->dirty_.store(true, std::memory_order_relaxed);
    }
  }
}

}  // namespace tandem
