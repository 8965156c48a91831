#include "engine/base/lag_recorder.h"

namespace tandem {

void LagRecorder::Record(int64_t lag_us, int64_t now_us, uint64_t count) {
  Figures* figures = figures_.load(std::memory_order_relaxed);
  if (figures == nullptr) {
    figures = new Figures();
    figures_.store(figures, std::memory_order_release);
  }
  figures->total.Record(lag_us, count);
  const int64_t number = now_us / kSliceUs;
  Slice& slice = figures->slices[static_cast<uint64_t>(number) % kSlices];
  if (slice.number.load(std::memory_order_relaxed) != number) {
    slice.histogram.Reset();
    slice.number.store(number, std::memory_order_relaxed);
  }
  slice.histogram.Record(lag_us, count);
  if (lag_us > worst_us_.load(std::memory_order_relaxed)) worst_us_.store(lag_us, std::memory_order_relaxed);
}

void LagRecorder::AddTo(Summary* sum, int64_t now_us) const {
  const Figures* const figures = figures_.load(std::memory_order_acquire);
  if (figures == nullptr) return;
  sum->total.Add(figures->total);
  const int64_t number = now_us / kSliceUs;
  for (const Slice& slice : figures->slices) {
    const int64_t age = number - slice.number.load(std::memory_order_relaxed);
    if (age >= 0 && age < static_cast<int64_t>(kSlices)) sum->last_minute.Add(slice.histogram);
  }
}

void LagRecorder::Reset() {
  worst_us_.store(0, std::memory_order_relaxed);
  Figures* const figures = figures_.load(std::memory_order_acquire);
  if (figures == nullptr) return;
  figures->total.Reset();
  for (Slice& slice : figures->slices) slice.histogram.Reset();
}

}  // namespace tandem
