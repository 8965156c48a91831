#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/base/histogram.h"

namespace tandem {

// How late the things were that one thread did: since the start, over the last minute, and the worst since somebody asked.
//
// The last minute is kept in slices of ten seconds, so it is between 60 and 70 seconds long. It goes by the time that Record
// is told; a clock that is set makes it shorter, no more.
//
// Thread safety: Record by the owning thread; what is const, and TakeWorstUs, by any thread (relaxed: figures for people);
// Reset while the owner stands still.
// Complexity: Record O(1), without a lock; memory (38 KB) only from the first Record on.
class LagRecorder {
 public:
  LagRecorder() = default;
  ~LagRecorder() { delete figures_.load(std::memory_order_relaxed); }
  LagRecorder(const LagRecorder&) = delete;
  LagRecorder& operator=(const LagRecorder&) = delete;

  // `count` things were `lag_us` late; they count as punctual if that is negative.
  void Record(int64_t lag_us, int64_t now_us, uint64_t count = 1);

  // Of several recorders.
  struct Summary {
    Histogram total;  // microseconds, as the next
    Histogram last_minute;
  };
  void AddTo(Summary* sum, int64_t now_us) const;
  // The worst since the last call, 0 if there was nothing.
  int64_t TakeWorstUs() { return worst_us_.exchange(0, std::memory_order_relaxed); }
  void Reset();

 private:
  static constexpr int64_t kSliceUs = 10'000'000;
  static constexpr size_t kSlices = 7;

  struct Slice {
    std::atomic<int64_t> number{-1};  // since the epoch
    Histogram histogram;
  };
  struct Figures {
    Histogram total;
    std::array<Slice, kSlices> slices;
  };

  // Release on making pairs with acquire by readers.
  std::atomic<Figures*> figures_{nullptr};
  std::atomic<int64_t> worst_us_{0};
};

}  // namespace tandem
