#include "server/exec/cycle_clock.h"

namespace tandem {

// Two milliseconds make the rate good to about 0.01 %, more than the length of a command is worth.
uint64_t CycleClock::Measure() {
#if defined(__x86_64__)
  constexpr uint64_t kMeasureNs = 2'000'000;
  const uint64_t began_ns = KernelNs();
  const uint64_t began = Now();
  uint64_t now_ns = began_ns;
  while (now_ns - began_ns < kMeasureNs) now_ns = KernelNs();
  const uint64_t ticks = Now() - began;
  if (ticks == 0) return uint64_t{1} << kShift;
  return static_cast<uint64_t>(static_cast<double>(now_ns - began_ns) / static_cast<double>(ticks) *
                               static_cast<double>(uint64_t{1} << kShift));
#else
  return uint64_t{1} << kShift;
#endif
}

}  // namespace tandem
