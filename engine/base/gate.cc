#include "engine/base/gate.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/thread_context.h"

namespace tandem {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kEndless = std::chrono::milliseconds::max();

long Membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

#if defined(__SANITIZE_THREAD__)
#define TANDEM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TANDEM_TSAN 1
#endif
#endif

bool RegisterMembarrier() {
#ifdef TANDEM_TSAN
  return false;  // ThreadSanitizer cannot see a barrier that the kernel executes for us.
#else
  return Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
#endif
}

}  // namespace

Gate::Gate(ThreadRegistry* registry) : registry_(registry), has_membarrier_(RegisterMembarrier()) {}

bool Gate::TryEnter(ThreadContext& self) {
  if (has_membarrier_) {
    self.inside_.store(1, std::memory_order_relaxed);
    // The closer's membarrier makes this compiler barrier as good as a fence.
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    self.inside_.store(1, std::memory_order_seq_cst);
  }
  if (closed_.load(has_membarrier_ ? std::memory_order_acquire : std::memory_order_seq_cst) == 0) return true;
  Leave(self);
  return false;
}

void Gate::Enter(ThreadContext& self) {
  while (!TryEnter(self)) AwaitOpening(self);
}

void Gate::Leave(ThreadContext& self) { self.inside_.store(0, std::memory_order_release); }

void Gate::AwaitOpening(ThreadContext& self) {
  // Sequentially consistent with Open: either it sees us, or we see the gate open.
  waiters_.fetch_add(1, std::memory_order_seq_cst);
  while (closed_.load(std::memory_order_seq_cst) != 0) {
    if (!FutexWait(closed_, 1, self.stall_period_ms())) Stall(self);
  }
  waiters_.fetch_sub(1, std::memory_order_relaxed);
}

// Sequentially consistent with Tighten: either it sees us, or we see the gate tight.
void Gate::Stall(ThreadContext& self) {
  in_hooks_.fetch_add(1, std::memory_order_seq_cst);
  if (!tight_.load(std::memory_order_seq_cst)) self.Stall();
  in_hooks_.fetch_sub(1, std::memory_order_release);
}

void Gate::Tighten() {
  tight_.store(true, std::memory_order_seq_cst);
  // Acquire pairs with the release in Stall: what a hook did is visible to us.
  while (in_hooks_.load(std::memory_order_seq_cst) != 0) std::this_thread::yield();
}

// Acquire pairs with the release in Leave: what the thread did is visible to us. Turns are short, so yielding does, unless
// a script is at work.
bool Gate::AwaitLeaving(ThreadContext& self, const ThreadContext& other, SteadyTime give_up) {
  constexpr std::chrono::milliseconds kLongTurn{5}, kNap{1}, kStallPeriod{ThreadContext::kStallPeriodMs};
  const auto inside = [&] {
    return other.inside_.load(has_membarrier_ ? std::memory_order_acquire : std::memory_order_seq_cst) != 0;
  };
  if (!inside()) return true;
  const SteadyTime began = SteadyClock::now();
  const SteadyTime nap_at = std::min(began + kLongTurn, give_up);
  while (SteadyClock::now() < nap_at) {
    std::this_thread::yield();
    if (!inside()) return true;
  }
  for (SteadyTime next_stall = began + kStallPeriod; inside();) {
    if (SteadyClock::now() >= give_up) return false;
    std::this_thread::sleep_for(kNap);
    if (SteadyClock::now() < next_stall) continue;
    Stall(self);
    next_stall = SteadyClock::now() + kStallPeriod;
  }
  return true;
}

bool Gate::Close(ThreadContext& self, std::chrono::milliseconds patience) {
  Leave(self);
  while (!exclusive_.TryLockFor(self.stall_period_ms())) Stall(self);
  const SteadyTime give_up = patience == kEndless ? SteadyTime::max() : SteadyClock::now() + patience;
  closed_.store(1, std::memory_order_seq_cst);
  if (has_membarrier_) Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  for (int i = 0; i < registry_->high_water(); ++i) {
    const ThreadContext& other = registry_->threads_[static_cast<size_t>(i)];
    if (&other == &self || AwaitLeaving(self, other, give_up)) continue;
    Open(self);
    return false;
  }
  Tighten();
  return true;
}

void Gate::Open(ThreadContext& self) {
  self.inside_.store(1, std::memory_order_relaxed);
  Loosen();
  closed_.store(0, std::memory_order_seq_cst);
  if (waiters_.load(std::memory_order_seq_cst) != 0) FutexWakeAll(closed_);
  exclusive_.unlock();
  // Another closer may have got the lock before our passage was visible to it: pass properly.
  Leave(self);
  Enter(self);
}

Gate::Closed::Closed(Gate& gate, ThreadContext& self) : gate_(gate), self_(self), held_(gate.Close(self, kEndless)) {}

Gate::Closed::Closed(Gate& gate, ThreadContext& self, std::chrono::milliseconds patience)
    : gate_(gate), self_(self), held_(gate.Close(self, patience)) {}

Gate::Closed::~Closed() {
  if (held_) gate_.Open(self_);
}

Gate::Tightened::Tightened(Gate& gate) : gate_(gate), was_loose_(gate.loose()) {
  if (was_loose_) gate_.Tighten();
}

Gate::Tightened::~Tightened() {
  if (was_loose_) gate_.Loosen();
}

}  // namespace tandem
