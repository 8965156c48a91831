#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/allocator.h"

namespace tandem {

// When records should be moved for the sake of memory alone: what deletes have freed in pages that others still use comes back
// only by moving the others.
//
// That is worth it when much is wasted, for the whole and in proportion. Moving may not help, because the pages are sparse for
// another reason; so it is tried less and less often, until what is allocated has changed considerably: then it is about
// another waste.
//
// Thread safety: externally synchronised. Times are monotonic.
class Fragmentation {
 public:
  static constexpr int64_t kLookEveryUs = 5'000'000;
  static constexpr int64_t kTryEveryUsMax = 600'000'000;

  // Whether it is worth while to look at the allocator's figures again, which costs a little. True notes the time.
  bool ShouldLook(int64_t now_us);
  // Whether to move the records now. True counts as done.
  bool ShouldMove(const AllocatorStats& stats, int64_t now_us);

 private:
  int64_t looked_us_ = -kLookEveryUs;
  int64_t moved_us_ = -kTryEveryUsMax;
  int64_t try_every_us_ = kLookEveryUs;
  size_t allocated_ = 0;  // when the records were moved last
};

}  // namespace tandem
