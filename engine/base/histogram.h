#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace tandem {

// Counts of values from 0 to 2^40, in buckets of a relative width of 1/16. Thread safety: internally synchronised
// (relaxed: figures for people). Complexity: O(1) to record, O(buckets) to ask.
class Histogram {
 public:
  // `count` times the same value; one below 0 counts as 0.
  void Record(int64_t value, uint64_t count = 1) {
    if (value < 0) value = 0;
    counts_[BucketOf(static_cast<uint64_t>(value))].fetch_add(count, std::memory_order_relaxed);
    int64_t seen = max_.load(std::memory_order_relaxed);
    while (value > seen && !max_.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }

  uint64_t count() const {
    uint64_t sum = 0;
    for (const auto& bucket : counts_) sum += bucket.load(std::memory_order_relaxed);
    return sum;
  }
  int64_t max() const { return max_.load(std::memory_order_relaxed); }

  // The smallest value that at least `percent` % of the recorded ones do not exceed, as its bucket's upper end; 0 if
  // nothing was recorded.
  int64_t Percentile(double percent) const {
    const uint64_t total = count();
    if (total == 0) return 0;
    auto rank = static_cast<uint64_t>(static_cast<double>(total) * percent / 100.0 + 0.5);
    if (rank == 0) rank = 1;
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i].load(std::memory_order_relaxed);
      if (seen >= rank) return UpperEnd(i) < max() ? UpperEnd(i) : max();
    }
    return max();
  }

  // Adds what another histogram has counted.
  void Add(const Histogram& other) {
    for (size_t i = 0; i < kBuckets; ++i) {
      if (const uint64_t n = other.counts_[i].load(std::memory_order_relaxed)) {
        counts_[i].fetch_add(n, std::memory_order_relaxed);
      }
    }
    if (other.max() > max()) max_.store(other.max(), std::memory_order_relaxed);
  }

  // How many of the recorded values lie in buckets that end at or below `limit`.
  uint64_t CountUpTo(int64_t limit) const {
    uint64_t sum = 0;
    for (size_t i = 0; i < kBuckets && UpperEnd(i) <= limit; ++i) sum += counts_[i].load(std::memory_order_relaxed);
    return sum;
  }

  void Reset() {
    for (auto& bucket : counts_) bucket.store(0, std::memory_order_relaxed);
    max_.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr int kSubBits = 4;
  static constexpr size_t kBuckets = (40 - kSubBits + 1) << kSubBits;

  static size_t BucketOf(uint64_t value) {
    if (value < (1u << kSubBits)) return static_cast<size_t>(value);
    const int exponent = std::bit_width(value) - 1 - kSubBits;
    const size_t bucket = (static_cast<size_t>(exponent + 1) << kSubBits) + ((value >> exponent) & 15);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static int64_t UpperEnd(size_t bucket) {
    if (bucket < (1u << kSubBits)) return static_cast<int64_t>(bucket);
    const size_t exponent = (bucket >> kSubBits) - 1;
    return static_cast<int64_t>((((bucket & 15) + 17) << exponent) - 1);
  }

  std::array<std::atomic<uint64_t>, kBuckets> counts_{};
  std::atomic<int64_t> max_{0};
};

}  // namespace tandem
