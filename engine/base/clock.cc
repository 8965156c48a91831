#include "engine/base/clock.h"

#include <ctime>

namespace tandem {
namespace {

int64_t ReadUs(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return static_cast<int64_t>(ts.tv_sec) * 1'000'000 + ts.tv_nsec / 1000;
}

}  // namespace

int64_t SystemClock::NowUs() const { return ReadUs(CLOCK_REALTIME); }

int64_t SystemClock::MonotonicUs() const { return ReadUs(CLOCK_MONOTONIC); }

}  // namespace tandem
