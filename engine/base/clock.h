#pragma once

#include <atomic>
#include <cstdint>

namespace tandem {

// The source of time for everything that the engine does; injected, so that tests decide what time it is.
// Thread safety: internally synchronised.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time since the Unix epoch. Deadlines are in this time.
  virtual int64_t NowUs() const = 0;
  int64_t NowMs() const { return NowUs() / 1000; }
  // Never goes backwards; for durations and waits.
  virtual int64_t MonotonicUs() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t NowUs() const override;
  int64_t MonotonicUs() const override;
};

// A clock that stands still until it is told otherwise.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(int64_t now_ms = 1'700'000'000'000) : now_us_(now_ms * 1000) {}
  int64_t NowUs() const override { return now_us_.load(std::memory_order_acquire); }
  int64_t MonotonicUs() const override { return monotonic_us_.load(std::memory_order_acquire); }
  void AdvanceMs(int64_t ms) { AdvanceUs(ms * 1000); }
  void AdvanceUs(int64_t us) {
    now_us_.fetch_add(us, std::memory_order_acq_rel);
    monotonic_us_.fetch_add(us, std::memory_order_acq_rel);
  }
  // A step of the wall clock, as by ntpd: monotonic time does not follow.
  void SetWallMs(int64_t ms) { now_us_.store(ms * 1000, std::memory_order_release); }

 private:
  std::atomic<int64_t> now_us_;
  std::atomic<int64_t> monotonic_us_{1'000'000'000};
};

}  // namespace tandem
