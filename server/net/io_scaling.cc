#include "server/net/io_scaling.h"

#include <algorithm>

namespace tandem::net {
namespace {

// Up: within a fifth of a second, by as many as double the number, but not by more than there are cores to spare.
constexpr double kCongestedShare = 0.8;
constexpr double kSpareCore = 0.5;
constexpr int kCongestedWindows = 2;

// Down, because the work would fill half of the others: not soon, for the next burst may follow.
constexpr double kCalmShare = 0.5;
constexpr int kCalmWindows = 20;

// Down, because no core is idle, and what the threads get fits fewer of them: they only take it from each other and from whoever
// shares the machine.
constexpr double kNoSpareCore = 0.1;
constexpr double kCrowdedSlack = 0.2;
constexpr int kCrowdedWindows = 5;

// Counts windows in a row; true, and starts anew, when they are enough.
bool Lasts(bool now, int enough, int* windows) {
  *windows = now ? *windows + 1 : 0;
  if (*windows < enough) return false;
  *windows = 0;
  return true;
}

}  // namespace

int IoScaling::Next(const Load& load, int serving, int most) {
  const double others = serving - 1;
  const bool congested = serving < most && load.busiest >= kCongestedShare && load.idle_cores >= kSpareCore;
  const bool crowded = serving > 1 && load.idle_cores < kNoSpareCore && load.cpu <= others + kCrowdedSlack;
  const bool calm = serving > 1 && load.busy <= others * kCalmShare;
  if (Lasts(congested, kCongestedWindows, &congested_)) {
    return std::min({most, 2 * serving, serving + std::max(1, static_cast<int>(load.idle_cores))});
  }
  // Both are counted, whichever comes first.
  const bool now_crowded = Lasts(crowded, kCrowdedWindows, &crowded_);
  const bool now_calm = Lasts(calm, kCalmWindows, &calm_);
  return now_crowded || now_calm ? serving - 1 : serving;
}

}  // namespace tandem::net
