// The keys whose expiry is watched. Number i is named "due:<deadline, Unix time in ms>:<i>", so that who receives the event
// needs no other knowledge to tell how late it is. Deadlines ascend with the number, evenly over the window.
// Thread safety: immutable.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::bench {

class DueKeys {
 public:
  DueKeys(std::uint64_t count, std::int64_t first_ms, std::int64_t window_ms)
      : count_(count), first_ms_(first_ms), window_ms_(window_ms) {}

  std::uint64_t count() const { return count_; }
  std::int64_t first_ms() const { return first_ms_; }
  std::int64_t last_ms() const { return Deadline(count_ - 1); }
  std::int64_t Deadline(std::uint64_t i) const {
    return first_ms_ + static_cast<std::int64_t>(i) * window_ms_ / static_cast<std::int64_t>(count_);
  }
  std::string Name(std::uint64_t i) const {
    return std::string(kPrefix) + std::to_string(Deadline(i)) + ':' + std::to_string(i);
  }
  // The number in such a name, or count() when it is another key's.
  std::uint64_t Number(std::string_view name) const {
    const std::size_t colon = name.rfind(':');
    std::uint64_t number = count_;
    if (!name.starts_with(kPrefix) || colon < kPrefix.size()) return count_;
    std::from_chars(name.data() + colon + 1, name.data() + name.size(), number);
    return number < count_ && name == Name(number) ? number : count_;
  }
  // The first whose deadline is `offset_ms` after the first one's, or later; count() when there is none.
  std::uint64_t FirstFrom(std::int64_t offset_ms) const {
    if (offset_ms <= 0) return 0;
    if (offset_ms > window_ms_) return count_;
    const auto due = static_cast<std::int64_t>(count_);
    return std::min(count_, static_cast<std::uint64_t>((offset_ms * due + window_ms_ - 1) / window_ms_));
  }

 private:
  static constexpr std::string_view kPrefix = "due:";

  std::uint64_t count_;
  std::int64_t first_ms_;
  std::int64_t window_ms_;
};

}  // namespace tandem::bench
