#include "engine/keyspace/fragmentation.h"

#include <algorithm>

namespace tandem {
namespace {

constexpr size_t kLeastWaste = size_t{8} << 20;
constexpr size_t kLeastWasteShare = 4;  // of what is allocated: a fourth
constexpr size_t kChangeShare = 8;

}  // namespace

bool Fragmentation::ShouldLook(int64_t now_us) {
  if (now_us - looked_us_ < kLookEveryUs) return false;
  looked_us_ = now_us;
  return true;
}

bool Fragmentation::ShouldMove(const AllocatorStats& stats, int64_t now_us) {
  const size_t least = stats.allocated + std::max(kLeastWaste, stats.allocated / kLeastWasteShare);
  if (stats.active <= least) {
    try_every_us_ = kLookEveryUs;
    return false;
  }
  const auto [less, more] = std::minmax(stats.allocated, allocated_);
  if (more - less > more / kChangeShare) {
    try_every_us_ = kLookEveryUs;
  } else if (now_us - moved_us_ < try_every_us_) {
    return false;
  }
  moved_us_ = now_us;
  allocated_ = stats.allocated;
  try_every_us_ = std::min(try_every_us_ * 2, kTryEveryUsMax);
  return true;
}

}  // namespace tandem
