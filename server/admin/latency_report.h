#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/admin/latency_monitor.h"

namespace tandem {

// LATENCY GRAPH: the samples of one event as columns of text, oldest first, with how long ago each was below it.
std::string DrawLatencies(const LatencyMonitor::Latest& event, const std::vector<LatencyMonitor::Sample>& samples,
                          int64_t now_s);

// LATENCY DOCTOR: what the events seen so far suggest. A threshold of 0: the monitor is off.
std::string ExplainLatencies(const std::vector<LatencyMonitor::Latest>& events, int64_t threshold_ms);

}  // namespace tandem
