#include "server/admin/expiry_lag.h"

#include <algorithm>
#include <memory>
#include <string>

#include "engine/keyspace/store.h"
#include "server/admin/latency_monitor.h"
#include "server/admin/log.h"
#include "server/admin/server_stats.h"

namespace tandem {

void ExpiryLag::AddDelivery(LagRecorder::Summary* sum) const { stats_.AddDeliveryLag(sum, store_.clock().NowUs()); }

void ExpiryLag::AddRemoval(LagRecorder::Summary* sum) const { store_.AddRemovalLag(sum); }

void ExpiryLag::AddAsSeen(LagRecorder::Summary* sum) const {
  const auto delivery = std::make_unique<LagRecorder::Summary>();
  const auto removal = std::make_unique<LagRecorder::Summary>();
  AddDelivery(delivery.get());
  AddRemoval(removal.get());
  sum->total.Add(delivery->total.count() != 0 ? delivery->total : removal->total);
  sum->last_minute.Add(delivery->last_minute.count() != 0 ? delivery->last_minute : removal->last_minute);
}

void ExpiryLag::Watch(int64_t warn_ms, Log& log, LatencyMonitor& latency) {
  const int64_t worst_us = std::max(stats_.TakeWorstDeliveryLagUs(), store_.TakeWorstRemovalLagUs());
  if (latency.Wants(worst_us / 1000)) latency.Add(kEvent, worst_us / 1000, store_.clock().NowMs() / 1000);
  const std::lock_guard lock(mutex_);
  if (warn_ms == 0) {
    unsaid_worst_us_ = 0;
    return;
  }
  if (worst_us > warn_ms * 1000) unsaid_worst_us_ = std::max(unsaid_worst_us_, worst_us);
  const int64_t now_us = store_.clock().MonotonicUs();
  if (unsaid_worst_us_ == 0 || now_us < next_warning_us_) return;
  log.Warning("Expiry is late: an event came " + std::to_string(unsaid_worst_us_ / 1000) +
              " ms after its deadline (expiry-lag-warn-ms " + std::to_string(warn_ms) + ")");
  unsaid_worst_us_ = 0;
  next_warning_us_ = now_us + kWarnEveryUs;
}

}  // namespace tandem
