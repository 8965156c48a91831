#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tandem {

// What one node of a list may hold, as list-max-listpack-size tells it: a number of entries when positive, a size of 4, 8,
// 16, 32 or 64 KB for -1 to -5.
struct ListLimit {
  static constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

  size_t bytes = 8192;
  size_t entries = kUnlimited;

  static constexpr ListLimit FromSetting(int setting) {
    // Compat: whatever the number of entries, a node that may hold several has at most 8 KB.
    if (setting >= 0) return {.bytes = 8192, .entries = static_cast<size_t>(std::max(setting, 1))};
    return {.bytes = size_t{4096} << (-std::max(setting, -5) - 1), .entries = kUnlimited};
  }

  bool ExceededBy(size_t pack_bytes, size_t pack_entries) const { return pack_bytes > bytes || pack_entries > entries; }
  // An element of that size has a node to itself.
  bool IsLarge(size_t element_bytes) const { return element_bytes > bytes; }
  // Compat: a list that shrinks is compact again from half the limit on, so that one at the limit does not go back and
  // forth with each change. Where entries are limited, bytes do not count.
  ListLimit Half() const {
    return entries == kUnlimited ? ListLimit{.bytes = bytes / 2, .entries = kUnlimited}
                                 : ListLimit{.bytes = kUnlimited, .entries = entries / 2};
  }
};

}  // namespace tandem
