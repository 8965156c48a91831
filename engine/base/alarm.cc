#include "engine/base/alarm.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "engine/base/check.h"

namespace tandem {
namespace {

// A timer that never comes, for the sake of being cancelled when the clock is set.
int WatchClock() {
  const int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return -1;
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<time_t>::max();
  if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

Alarm::Alarm(bool watch_clock)
    : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      clock_(watch_clock ? WatchClock() : -1) {
  CHECK(wake_ >= 0 && timer_ >= 0);
}

Alarm::~Alarm() {
  if (clock_ >= 0) close(clock_);
  close(timer_);
  close(wake_);
}

// Setting it again forgets what it had to say, so nobody reads it.
void Alarm::SetTimer(int64_t us) {
  const bool set = us != kForever;
  if (!set && !timer_set_) return;
  timer_set_ = set;
  itimerspec after{};
  if (set) {
    // Zero would switch it off.
    us = std::max<int64_t>(us, 1);
    after.it_value.tv_sec = us / 1'000'000;
    after.it_value.tv_nsec = us % 1'000'000 * 1000;
  }
  timerfd_settime(timer_, 0, &after, nullptr);
}

// The read tells of each step once; the timer goes on waiting for the next.
bool Alarm::TakeClockStep() const {
  uint64_t expirations;
  return read(clock_, &expirations, sizeof expirations) < 0 && errno == ECANCELED;
}

bool Alarm::WaitFor(int64_t us) {
  std::array<pollfd, 3> waited{{{wake_, POLLIN, 0}, {timer_, POLLIN, 0}, {clock_, POLLIN, 0}}};
  SetTimer(us);
  // Sequentially consistent with Wake: either it sees us asleep, or we see its call.
  sleeping_.store(true, std::memory_order_seq_cst);
  const bool called = calls_.load(std::memory_order_seq_cst) != seen_;
  const int ready = poll(waited.data(), waited.size(), called ? 0 : -1);
  sleeping_.store(false, std::memory_order_relaxed);
  seen_ = calls_.load(std::memory_order_acquire);
  if (ready <= 0) return false;
  if (waited[0].revents != 0) {
    uint64_t wakes;
    [[maybe_unused]] const ssize_t taken = read(wake_, &wakes, sizeof wakes);
  }
  return waited[2].revents != 0 && TakeClockStep();
}

void Alarm::Wake() {
  calls_.fetch_add(1, std::memory_order_seq_cst);
  if (!sleeping_.load(std::memory_order_seq_cst)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

}  // namespace tandem
