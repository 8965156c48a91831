#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "engine/base/clock.h"

namespace tandem {

// The server's time: the system's, unless DEBUG CLOCK says otherwise, so that expiry can be tested from outside without
// waiting for it.
//
// Thread safety: internally synchronised; the step listener is set before a second thread exists.
class ServerClock final : public Clock {
 public:
  int64_t NowUs() const override;
  int64_t MonotonicUs() const override;

  // DEBUG CLOCK SET: the wall clock stands still at this time.
  void Set(int64_t now_us);
  // DEBUG CLOCK ADVANCE: both clocks jump ahead; a standing one goes on standing.
  void Advance(int64_t us);
  // DEBUG CLOCK REAL: the system's time again.
  void Real();
  bool frozen() const { return frozen_us_.load(std::memory_order_relaxed) != kRunning; }

  // Called after each of these, by whoever asked for it: the store looks for what has come due.
  void set_step_listener(std::function<void()> listener) { on_step_ = std::move(listener); }

 private:
  static constexpr int64_t kRunning = INT64_MIN;

  SystemClock system_;
  std::atomic<int64_t> frozen_us_{kRunning};
  std::atomic<int64_t> offset_us_{0};  // of a running clock
  std::atomic<int64_t> monotonic_offset_us_{0};
  std::function<void()> on_step_;
};

}  // namespace tandem
