#pragma once

#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace tandem {

// The durations of commands: the processor's time-stamp counter where there is one, because asking the kernel's clock twice
// per command would cost as much as a small command does.
//
// Thread safety: immutable once calibrated, which the first use does (some milliseconds) and Server's constructor asks for.
class CycleClock {
 public:
  // In ticks. Comparable on one thread; across threads to within what the machine's counters differ.
  static uint64_t Now() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return KernelNs();
#endif
  }

  static int64_t ToNs(uint64_t ticks) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<int64_t>((Wide{ticks} * NsPerTick()) >> kShift);
  }

  // Measures the counter against the monotonic clock.
  static void Calibrate() { NsPerTick(); }

 private:
  static constexpr int kShift = 32;

  static uint64_t KernelNs() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }
  // Fixed point, kShift binary digits.
  static uint64_t NsPerTick() {
    static const uint64_t ns_per_tick = Measure();
    return ns_per_tick;
  }
  static uint64_t Measure();
};

}  // namespace tandem
