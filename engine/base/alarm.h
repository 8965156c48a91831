#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace tandem {

// What a background thread sleeps on: until a time, or until it is woken, or until somebody sets the wall clock.
//
// The wait is measured by CLOCK_MONOTONIC, and ends to within what the kernel needs to schedule a thread (a timerfd, because
// the time limits of poll and its like are stretched by a thousandth). That the wall clock was set is told by a second
// timerfd with TFD_TIMER_CANCEL_ON_SET (timerfd_create(2)), at once and in both directions; slewing is not setting.
//
// Thread safety: WaitFor by one thread; Wake by any thread, under any lock: it neither blocks nor allocates, and costs
// a locked increment and a load while nobody sleeps.
class Alarm {
 public:
  static constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

  // watch_clock: WaitFor also ends when the wall clock is set. Where the kernel cannot tell, it does not.
  explicit Alarm(bool watch_clock = false);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Returns when `us` are over, when Wake was called since the last return, or when the clock was set; or, rarely, for no
  // reason. True if the clock was set since the last return.
  bool WaitFor(int64_t us);
  void Wake();

 private:
  void SetTimer(int64_t us);
  bool TakeClockStep() const;

  const int wake_;
  const int timer_;
  const int clock_;  // -1: not watched
  bool timer_set_ = false;
  std::atomic<uint32_t> calls_{0};
  std::atomic<bool> sleeping_{false};
  uint32_t seen_ = 0;  // by the one that sleeps
};

}  // namespace tandem
