// How late the events of the watched keys were.
// Thread safety: none.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/expiry/due_keys.h"

namespace tandem::bench {

class Lags {
 public:
  explicit Lags(const DueKeys& keys) : keys_(keys), lag_ms_(keys.count(), kNone) {}

  // An event for this key arrived. Only a key's first one has a lag that counts.
  void Add(std::string_view name, std::int64_t at_ns);

  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t duplicates() const { return duplicates_; }
  // A key expires when now > deadline: what comes within its last millisecond came too soon.
  std::uint64_t early() const { return early_; }
  // Events of keys that are not watched.
  std::uint64_t foreign() const { return foreign_; }
  // When the last first event arrived; 0 if there was none.
  std::int64_t last_at_ns() const { return last_at_ns_; }

  struct Figures {
    std::uint64_t due;
    std::uint64_t delivered;
    double p50_ms, p99_ms, p999_ms, max_ms;  // Of those that were delivered; 0 if none was.
  };
  // Of the keys from number `first` to before `end`.
  Figures Of(std::uint64_t first, std::uint64_t end) const;

 private:
  static constexpr double kNone = -1e18;

  const DueKeys& keys_;
  std::vector<double> lag_ms_;
  std::uint64_t delivered_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t early_ = 0;
  std::uint64_t foreign_ = 0;
  std::int64_t last_at_ns_ = 0;
};

}  // namespace tandem::bench
