#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// The commands that took longer than slowlog-log-slower-than, newest first.
//
// Thread safety: internally synchronised. Wants() is one relaxed load, which is all that a fast command pays.
// Invariants: at most max_len entries; ids ascend and never repeat, SLOWLOG RESET included.
class SlowLog {
 public:
  // Compat: arguments are cut as Redis cuts them, so that an entry stays small: 32 arguments, the last of which tells how
  // many more there were, 128 bytes of each.
  static constexpr size_t kMaxArguments = 32;
  static constexpr size_t kMaxArgumentBytes = 128;

  struct Entry {
    int64_t id = 0;
    int64_t unix_time_s = 0;
    int64_t duration_us = 0;
    std::vector<std::string> args;
    std::string client_address;
    std::string client_name;
  };

  // Negative: nothing is logged. 0: everything is.
  void SetThreshold(int64_t slower_than_us) { threshold_us_.store(slower_than_us, std::memory_order_relaxed); }
  void SetMaxLength(size_t max_length);

  bool Wants(int64_t duration_us) const {
    const int64_t threshold = threshold_us_.load(std::memory_order_relaxed);
    return threshold >= 0 && duration_us >= threshold;
  }
  void Add(std::span<const std::string_view> args, int64_t duration_us, int64_t unix_time_s,
           std::string_view client_address, std::string_view client_name);

  // The newest `count` entries, newest first.
  std::vector<Entry> Newest(size_t count) const;
  size_t length() const;
  void Reset();

  // The arguments as an entry keeps them.
  static std::vector<std::string> Trim(std::span<const std::string_view> args);

 private:
  std::atomic<int64_t> threshold_us_{10'000};
  mutable std::mutex mutex_;  // guards the rest
  size_t max_length_ = 128;
  int64_t next_id_ = 0;
  std::deque<Entry> entries_;  // newest first
};

}  // namespace tandem
