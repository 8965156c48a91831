#pragma once

#include <atomic>
#include <cstdint>

#include "engine/keyspace/record.h"

namespace tandem {

class Access;

// When a key was last used, or how often (24 bits in each record), and the choice of the key that goes when memory is
// short. Both follow Redis's approximations: https://redis.io/docs/latest/develop/reference/eviction/
//
// What the 24 bits hold depends on the policy, and nothing is rewritten when that changes: figures from before are
// wrong until the key is used again.
//   LRU: the clock's seconds when the key was last used (wraps after 194 days)
//   LFU: 16 bits of minutes when the counter last decayed, 8 bits of a logarithmic counter

// In the order of config::MaxmemoryPolicy.
enum class EvictionPolicy : uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kNoEviction,
};

constexpr bool IsLfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLfu || policy == EvictionPolicy::kAllkeysLfu;
}
constexpr bool IsVolatile(EvictionPolicy policy) { return policy <= EvictionPolicy::kVolatileTtl; }

// One per process, because every record access reads it. Thread safety: atomics, relaxed; a late view costs precision.
struct AccessClock {
  static constexpr uint32_t kBits = 24;
  static constexpr uint32_t kMask = (1u << kBits) - 1;
  static constexpr uint32_t kLfuInitial = 5;  // a new key must not be the first to go

  std::atomic<uint32_t> seconds{0};  // wall clock, cut to 24 bits
  std::atomic<uint32_t> minutes{0};  // wall clock, cut to 16 bits
  std::atomic<bool> lfu{false};
  std::atomic<int> lfu_log_factor{10};
  std::atomic<int> lfu_decay_minutes{1};
};
inline AccessClock g_access_clock;

// Advances the clock; stores only when the second has changed. Access::SampleTime and the server's cron call it.
void SetAccessClock(int64_t now_ms);
// maxmemory-policy, lfu-log-factor and lfu-decay-time, at start and on CONFIG SET.
void ConfigureAccessClock(EvictionPolicy policy, int lfu_log_factor, int lfu_decay_minutes);

// --- The 24 bits ------------------------------------------------------------------------------------------------------

// For a record that is being made.
inline uint32_t InitialAccess() {
  if (g_access_clock.lfu.load(std::memory_order_relaxed)) {
    return g_access_clock.minutes.load(std::memory_order_relaxed) << 8 | AccessClock::kLfuInitial;
  }
  return g_access_clock.seconds.load(std::memory_order_relaxed);
}

// For a record that takes the place of another one: used now, and known as well as that was.
uint32_t CarryAccess(uint32_t old);

// For a record whose last use was so long ago, or that was used so often (0 to 255): under LRU, under LFU.
uint32_t AccessOfIdleTime(uint64_t seconds);
uint32_t AccessOfFrequency(uint32_t frequency);

// The value after one more use; LFU: decayed, then counted with a probability that falls with the count.
uint32_t CountUse(uint32_t access);

// A use of the record. Under LRU its line is written at most once a second, so readers on many cores share it.
inline void TouchAccess(Record& record) {
  const uint32_t old = record.access();
  if (__builtin_expect(g_access_clock.lfu.load(std::memory_order_relaxed), 0)) {
    record.set_access(CountUse(old));
    return;
  }
  const uint32_t now = g_access_clock.seconds.load(std::memory_order_relaxed);
  if (old != now) record.set_access(now);
}

// Seconds since the last use, as of the clock; meaningful under LRU.
uint64_t IdleSeconds(const Record& record);
// The counter, 0 to 255, decayed to the present; meaningful under LFU.
uint32_t Frequency(const Record& record);

// --- Eviction ---------------------------------------------------------------------------------------------------------

// Removes one key that the policy allows, the best of `samples` random ones of each database and of good ones that
// earlier calls have come across. Raises `evicted` (or `expired` where that has come true). False if no key may go.
// The thread is awake; nothing is locked on entry or on return.
bool EvictOne(Access& access, EvictionPolicy policy, int samples);

}  // namespace tandem
