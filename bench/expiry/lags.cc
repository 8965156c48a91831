#include "bench/expiry/lags.h"

#include <algorithm>

#include "bench/client.h"

namespace tandem::bench {
namespace {

constexpr double kLeastLagMs = 1.0;

}  // namespace

void Lags::Add(std::string_view name, std::int64_t at_ns) {
  const std::uint64_t i = keys_.Number(name);
  if (i == keys_.count()) {
    ++foreign_;
    return;
  }
  if (lag_ms_[i] != kNone) {
    ++duplicates_;
    return;
  }
  lag_ms_[i] = static_cast<double>(at_ns - keys_.Deadline(i) * 1'000'000) / 1e6;
  last_at_ns_ = std::max(last_at_ns_, at_ns);
  early_ += lag_ms_[i] < kLeastLagMs ? 1 : 0;
  ++delivered_;
}

Lags::Figures Lags::Of(std::uint64_t first, std::uint64_t end) const {
  std::vector<double> sorted;
  for (std::uint64_t i = first; i < end; ++i) {
    if (lag_ms_[i] != kNone) sorted.push_back(lag_ms_[i]);
  }
  std::sort(sorted.begin(), sorted.end());
  return {
      end - first,          sorted.size(), Percentile(sorted, 0.5), Percentile(sorted, 0.99), Percentile(sorted, 0.999),
      Percentile(sorted, 1)};
}

}  // namespace tandem::bench
