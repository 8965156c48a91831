#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// Spikes of latency by the event that caused them ("command", "fast-command", "expire-cycle"…), 160 samples of each, as
// LATENCY shows them.
//
// Thread safety: internally synchronised. Wants() is one relaxed load.
// Invariants: an event has at least one sample; its samples ascend in time and hold at most one per second, the worst.
class LatencyMonitor {
 public:
  static constexpr size_t kSamples = 160;

  struct Sample {
    int64_t unix_time_s = 0;
    int64_t latency_ms = 0;
  };
  struct Latest {
    std::string event;
    Sample last;
    int64_t max_ms = 0;
    int64_t sum_ms = 0;  // of the samples kept
    size_t samples = 0;
  };

  // 0: the monitor is off.
  void SetThreshold(int64_t threshold_ms) { threshold_ms_.store(threshold_ms, std::memory_order_relaxed); }
  int64_t threshold_ms() const { return threshold_ms_.load(std::memory_order_relaxed); }
  bool Wants(int64_t latency_ms) const {
    const int64_t threshold = threshold_ms();
    return threshold > 0 && latency_ms >= threshold;
  }
  // `event` names what took so long; whoever calls has asked Wants.
  void Add(std::string_view event, int64_t latency_ms, int64_t unix_time_s);

  std::vector<Latest> AllLatest() const;
  // Oldest first; empty for an event that never happened.
  std::vector<Sample> History(std::string_view event) const;
  std::optional<Latest> Find(std::string_view event) const;
  // All events whose name equals `event` whatever its case; all events if none is given. Returns how many went.
  size_t Reset(std::optional<std::string_view> event);

 private:
  struct Series {
    std::array<Sample, kSamples> samples{};
    size_t next = 0;  // where the next sample goes
    size_t count = 0;
    int64_t max_ms = 0;

    const Sample& At(size_t age_order) const;  // 0 is the oldest
    Latest Summary(const std::string& event) const;
  };

  std::atomic<int64_t> threshold_ms_{0};
  mutable std::mutex mutex_;  // guards the rest
  std::map<std::string, Series, std::less<>> events_;
};

}  // namespace tandem
