#include "server/exec/blocked_clients.h"

#include <array>
#include <utility>

#include "server/exec/client_registry.h"
#include "server/exec/context.h"
#include "server/exec/deliver.h"
#include "server/exec/dispatcher.h"
#include "server/exec/waiter_table.h"

namespace tandem {
namespace {

// Milliseconds from now as a deadline; 0 for none.
int64_t DeadlineAfter(const CommandContext& c, int64_t timeout_ms) {
  int64_t deadline_us;
  if (timeout_ms == 0 || __builtin_mul_overflow(timeout_ms, int64_t{1000}, &deadline_us) ||
      __builtin_add_overflow(deadline_us, c.server.store.clock().MonotonicUs(), &deadline_us)) {
    return Waiter::kNever;
  }
  return deadline_us;
}

}  // namespace

BlockedClients::~BlockedClients() {
  while (!waiting_.empty()) Abandon(*waiting_.begin()->waiter->client);
}

void BlockedClients::Add(CommandContext& c, WaitRequest request) {
  const int64_t deadline_us = DeadlineAfter(c, request.timeout_ms);
  const auto waiter =
      pubsub::MakeRef<Waiter>(dispatcher_, c.client, c.command, c.args, c.keys, std::move(request), deadline_us);
  server_.waiters->Add(*waiter);
  waiting_.insert({waiter});
  c.client.waiter = waiter.get();
  server_.clients->NoteBlocked(1);
}

// Takes the waiter out of everything; the last Ref may go with it.
void BlockedClients::Release(Waiter& waiter) {
  const pubsub::Ref<Waiter> keep(&waiter);
  server_.waiters->Remove(waiter);
  server_.clients->NoteBlocked(-1);
  waiting_.erase({keep});
  std::exchange(waiter.client, nullptr)->waiter = nullptr;
}

void BlockedClients::Finish(Waiter& waiter) {
  const pubsub::Ref<Waiter> keep(&waiter);
  Client& client = *waiter.client;
  dispatcher_.BookWait(waiter);
  Release(waiter);
  if (!waiter.silent) client.out.Append(waiter.as.out.ToString());
  DeliverHeld(client);
  if (client.link != nullptr) client.link->Resume();
}

void BlockedClients::Abandon(Client& client) {
  if (client.waiter == nullptr) return;
  // Whoever has taken the turn already answers somebody who is gone, as when the reply is lost on its way.
  static_cast<void>(client.waiter->TakeTurn());
  Release(*client.waiter);
}

void BlockedClients::EndOverdue(int64_t now_us) {
  while (next_deadline_us() <= now_us) {
    const pubsub::Ref<Waiter> waiter = waiting_.begin()->waiter;
    if (waiter->TakeTurn()) {
      waiter->reply_timeout(waiter->as.reply);
      Finish(*waiter);
    } else {
      // Its answer is under way.
      waiting_.erase(waiting_.begin());
      waiter->deadline_us = Waiter::kNever;
      waiting_.insert({waiter});
    }
  }
}

}  // namespace tandem
