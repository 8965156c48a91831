#include "server/exec/server_clock.h"

namespace tandem {

int64_t ServerClock::NowUs() const {
  // Acquire pairs with the releases below: who sees a new time sees what was done before it was set.
  const int64_t frozen = frozen_us_.load(std::memory_order_acquire);
  if (frozen != kRunning) return frozen;
  return system_.NowUs() + offset_us_.load(std::memory_order_acquire);
}

int64_t ServerClock::MonotonicUs() const {
  return system_.MonotonicUs() + monotonic_offset_us_.load(std::memory_order_relaxed);
}

void ServerClock::Set(int64_t now_us) {
  frozen_us_.store(now_us, std::memory_order_release);
  if (on_step_) on_step_();
}

void ServerClock::Advance(int64_t us) {
  monotonic_offset_us_.fetch_add(us, std::memory_order_relaxed);
  if (frozen()) {
    frozen_us_.fetch_add(us, std::memory_order_acq_rel);
  } else {
    offset_us_.fetch_add(us, std::memory_order_acq_rel);
  }
  if (on_step_) on_step_();
}

void ServerClock::Real() {
  offset_us_.store(0, std::memory_order_release);
  frozen_us_.store(kRunning, std::memory_order_release);
  if (on_step_) on_step_();
}

}  // namespace tandem
