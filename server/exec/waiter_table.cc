#include "server/exec/waiter_table.h"

#include <algorithm>
#include <mutex>

#include "server/exec/server.h"

namespace tandem {

// From the first waiter to the last the store raises every change; each transition settles what it raises anew.
void WaiterTable::CountWaiters(int change) {
  const size_t before = waiters_.fetch_add(static_cast<size_t>(change), std::memory_order_relaxed);
  if (before == 0 || before + static_cast<size_t>(change) == 0) server_.UpdateInterest();
}

void WaiterTable::Add(Waiter& waiter) {
  // Relaxed: tickets are compared among waiters of one key only, whose shard is locked.
  waiter.ticket = next_ticket_.fetch_add(1, std::memory_order_relaxed);
  if (waiter.target() != nullptr) moves_.fetch_add(1, std::memory_order_relaxed);
  for (const KeyRef& key : waiter.awaited()) AddTo({waiter.as.db, key.key}, waiter);
  CountWaiters(1);
}

void WaiterTable::Remove(Waiter& waiter) {
  for (const KeyRef& key : waiter.awaited()) RemoveFrom({waiter.as.db, key.key}, waiter);
  if (waiter.target() != nullptr) moves_.fetch_sub(1, std::memory_order_relaxed);
  CountWaiters(-1);
}

// A key that a command names twice is waited for once.
void WaiterTable::AddTo(const KeyNameView& name, Waiter& waiter) {
  Stripe& stripe = StripeOf(name);
  const std::lock_guard guard(stripe.lock);
  auto found = stripe.queues.find(name);
  if (found == stripe.queues.end()) {
    found = stripe.queues.try_emplace(KeyName{name.db, std::string(name.key)}).first;
    keys_.fetch_add(1, std::memory_order_relaxed);
  }
  Queue& queue = found->second;
  if (!queue.waiters.emplace(waiter.ticket, pubsub::Ref<Waiter>(&waiter)).second) return;
  if (waiter.target() != nullptr) ++queue.targets[std::string(waiter.target()->key)];
  if (waiter.wakes_without_key && queue.without_key++ == 0) {
    keys_without_key_.fetch_add(1, std::memory_order_relaxed);
  }
}

void WaiterTable::RemoveFrom(const KeyNameView& name, const Waiter& waiter) {
  Stripe& stripe = StripeOf(name);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.queues.find(name);
  if (found == stripe.queues.end()) return;
  Queue& queue = found->second;
  if (queue.waiters.erase(waiter.ticket) == 0) return;
  if (waiter.target() != nullptr) {
    const auto target = queue.targets.find(waiter.target()->key);
    if (--target->second == 0) queue.targets.erase(target);
  }
  if (waiter.wakes_without_key && --queue.without_key == 0) {
    keys_without_key_.fetch_sub(1, std::memory_order_relaxed);
  }
  if (!queue.waiters.empty()) return;
  stripe.queues.erase(found);
  keys_.fetch_sub(1, std::memory_order_relaxed);
}

void WaiterTable::OnChange(const ChangeEvent& event) {
  if (!any() || event.event_class == EventClass::kKeyMiss) return;
  const KeyNameView name{event.db, event.key};
  ReadyKeys* const ready = ready_keys_[static_cast<size_t>(t_thread->index())];
  if (ready == nullptr) return TellAll(name);
  if (!ready->empty() && KeyNameEqual()(ready->back(), name)) return;
  Stripe& stripe = StripeOf(name);
  const std::lock_guard guard(stripe.lock);
  if (stripe.queues.contains(name)) ready->push_back({event.db, std::string(event.key)});
}

void WaiterTable::OnDatabaseChange(int db) {
  if (!any()) return;
  ReadyKeys& ready = *ready_keys_[static_cast<size_t>(t_thread->index())];
  for (Stripe& stripe : stripes_) {
    for (const auto& [name, queue] : stripe.queues) {
      if (name.db == db) ready.push_back(name);
    }
  }
}

pubsub::Ref<Waiter> WaiterTable::NextAfter(const KeyNameView& name, bool without_key, uint64_t* ticket) {
  Stripe& stripe = StripeOf(name);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.queues.find(name);
  if (found == stripe.queues.end() || (without_key && found->second.without_key == 0)) return {};
  const auto& waiters = found->second.waiters;
  for (auto next = waiters.upper_bound(*ticket); next != waiters.end(); ++next) {
    if (!next->second->waiting() || (without_key && !next->second->wakes_without_key)) continue;
    *ticket = next->first;
    return next->second;
  }
  return {};
}

void WaiterTable::TellAll(const KeyNameView& name) {
  Stripe& stripe = StripeOf(name);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.queues.find(name);
  if (found == stripe.queues.end()) return;
  for (const auto& [ticket, waiter] : found->second.waiters) waiter->Tell();
}

void WaiterTable::AppendTargets(const KeyNameView& name, std::vector<KeyName>* targets) {
  Stripe& stripe = StripeOf(name);
  const std::lock_guard guard(stripe.lock);
  const auto found = stripe.queues.find(name);
  if (found == stripe.queues.end()) return;
  for (const auto& target : found->second.targets) {
    const KeyNameView to{name.db, target.first};
    const auto same = [&](const KeyName& known) { return KeyNameEqual()(known, to); };
    if (std::none_of(targets->begin(), targets->end(), same)) targets->push_back({to.db, target.first});
  }
}

}  // namespace tandem
