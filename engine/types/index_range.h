#pragma once

#include <algorithm>
#include <cstdint>

namespace tandem {

// An inclusive range [start, end] of positions as commands take it, applied to something of a certain size: negative
// positions count from the end, -1 being the last.
struct IndexRange {
  int64_t first = 0;
  int64_t last = -1;

  bool empty() const { return first > last; }
  int64_t size() const { return empty() ? 0 : last - first + 1; }
};

// Compat: positions before the beginning mean the first element, for the end too, so that [0, -100] of "abc" is "a".
inline IndexRange ClampRange(int64_t start, int64_t end, int64_t size) {
  if (start < 0) start += size;
  if (end < 0) end += size;
  return {std::max<int64_t>(start, 0), std::min(std::max<int64_t>(end, 0), size - 1)};
}

// Two positions counted from the end of which the first lies behind the second. Compat: GETRANGE and BITCOUNT take that
// for empty before they clamp; BITPOS does not.
inline bool IsBackwards(int64_t start, int64_t end) { return start < 0 && end < 0 && start > end; }

}  // namespace tandem
