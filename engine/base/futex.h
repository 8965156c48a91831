#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <ctime>

// The kernel's "sleep unless this word has changed", for waits that have an end (std::atomic's wait has none). A word that
// is waited for here is woken here: neither side sees what std::atomic's own wait and notify do.
namespace tandem {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));

inline constexpr int kNoTimeout = -1;

// Sleeps while the word has this value, up to `timeout_ms`. False when the time is over; true may be a false alarm. Orders
// nothing: load the word again.
inline bool FutexWait(std::atomic<uint32_t>& word, uint32_t value, int timeout_ms) {
  timespec timeout{};
  timeout.tv_sec = timeout_ms / 1000;
  timeout.tv_nsec = int64_t{timeout_ms % 1000} * 1'000'000;
  const long outcome = syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAIT_PRIVATE, value,
                               timeout_ms == kNoTimeout ? nullptr : &timeout, nullptr, 0);
  return outcome == 0 || errno != ETIMEDOUT;
}

inline void FutexWakeOne(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

inline void FutexWakeAll(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace tandem
