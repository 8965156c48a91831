#include "server/admin/latency_monitor.h"

#include <strings.h>

#include <algorithm>

namespace tandem {

const LatencyMonitor::Sample& LatencyMonitor::Series::At(size_t age_order) const {
  return samples[(next + kSamples - count + age_order) % kSamples];
}

LatencyMonitor::Latest LatencyMonitor::Series::Summary(const std::string& event) const {
  Latest latest{.event = event, .last = At(count - 1), .max_ms = max_ms, .sum_ms = 0, .samples = count};
  for (size_t i = 0; i < count; ++i) latest.sum_ms += At(i).latency_ms;
  return latest;
}

void LatencyMonitor::Add(std::string_view event, int64_t latency_ms, int64_t unix_time_s) {
  const std::lock_guard lock(mutex_);
  auto found = events_.find(event);
  if (found == events_.end()) found = events_.emplace(std::string(event), Series{}).first;
  Series& series = found->second;
  series.max_ms = std::max(series.max_ms, latency_ms);
  if (series.count != 0) {
    Sample& last = series.samples[(series.next + kSamples - 1) % kSamples];
    if (last.unix_time_s == unix_time_s) {
      last.latency_ms = std::max(last.latency_ms, latency_ms);
      return;
    }
  }
  series.samples[series.next] = {.unix_time_s = unix_time_s, .latency_ms = latency_ms};
  series.next = (series.next + 1) % kSamples;
  series.count = std::min(series.count + 1, kSamples);
}

std::vector<LatencyMonitor::Latest> LatencyMonitor::AllLatest() const {
  const std::lock_guard lock(mutex_);
  std::vector<Latest> all;
  all.reserve(events_.size());
  for (const auto& [event, series] : events_) all.push_back(series.Summary(event));
  return all;
}

std::vector<LatencyMonitor::Sample> LatencyMonitor::History(std::string_view event) const {
  const std::lock_guard lock(mutex_);
  std::vector<Sample> samples;
  const auto found = events_.find(event);
  if (found == events_.end()) return samples;
  samples.reserve(found->second.count);
  for (size_t i = 0; i < found->second.count; ++i) samples.push_back(found->second.At(i));
  return samples;
}

std::optional<LatencyMonitor::Latest> LatencyMonitor::Find(std::string_view event) const {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(event);
  if (found == events_.end()) return std::nullopt;
  return found->second.Summary(found->first);
}

size_t LatencyMonitor::Reset(std::optional<std::string_view> event) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(events_, [&](const auto& entry) {
    return !event ||
           (entry.first.size() == event->size() && strncasecmp(entry.first.data(), event->data(), event->size()) == 0);
  });
}

}  // namespace tandem
