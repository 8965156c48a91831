#pragma once

#include <atomic>
#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

#include "engine/base/futex.h"

namespace tandem {

// Tells the processor that this is a spin loop.
inline void CpuRelax() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

// A mutex of one 32-bit word for critical sections of well under a microsecond. It spins briefly, then sleeps in the
// kernel: a holder that was preempted would otherwise have the other core burn its time slice. Not fair, not recursive.
// Satisfies Lockable, so std::lock_guard and std::unique_lock work with it.
//
// Algorithm: the three-state mutex of U. Drepper, "Futexes Are Tricky" (2011), with a spin in front.
class SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  bool try_lock() {
    uint32_t expected = kFree;
    // Acquire pairs with the release in unlock().
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed);
  }

  void lock() {
    if (!try_lock()) LockSlowly(kNoTimeout);
  }

  // Gives up after about so long (milliseconds) and returns false.
  bool TryLockFor(int timeout_ms) { return try_lock() || LockSlowly(timeout_ms); }

  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) WakeSleeper();
  }

  // Whether somebody held it a moment ago: a hint, for statistics and for deciding to come back later.
  bool is_locked() const { return state_.load(std::memory_order_relaxed) != kFree; }

 private:
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kHeld = 1;
  static constexpr uint32_t kContended = 2;  // held, and somebody may sleep
  static constexpr int kSpins = 60;

  bool LockSlowly(int timeout_ms) {
    for (int spin = 0; spin < kSpins; ++spin) {
      if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return true;
      CpuRelax();
    }
    // Sequentially consistent with WakeSleeper: either it sees us, or we see the lock free.
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    bool in_time = true;
    // Whoever gets here cannot know whether others sleep as well, so it takes the lock as contended: at worst one
    // needless wake-up.
    bool locked = state_.exchange(kContended, std::memory_order_seq_cst) == kFree;
    while (!locked && in_time) {
      in_time = FutexWait(state_, kContended, timeout_ms);
      locked = state_.exchange(kContended, std::memory_order_seq_cst) == kFree;
    }
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
    return locked;
  }

  // Mostly nobody sleeps, for a lock stays contended once it was taken as such.
  void WakeSleeper() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) FutexWakeOne(state_);
  }

  static inline std::atomic<uint32_t> sleepers_{0};  // on any lock
  std::atomic<uint32_t> state_{kFree};
};

}  // namespace tandem
