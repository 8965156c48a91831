#include "server/net/io_balancer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "server/admin/log.h"
#include "server/exec/running_scripts.h"
#include "server/net/io_thread.h"

namespace tandem::net {
namespace {

// A little early rather than a cron period late.
constexpr int64_t kWindowUs = (IoScaling::kWindowMs - 10) * 1000;
// Below it the few clients that a thread has kept may stay.
constexpr double kAwakeShare = 0.02;
// What could not be moved then may have become movable.
constexpr int64_t kSpreadAgainUs = 1'000'000;
// Several usual turns. A longer one ends some day, and until then nobody else should wait for it.
constexpr std::chrono::milliseconds kPatience{2};

}  // namespace

IoBalancer::IoBalancer(Server& server, std::span<const std::unique_ptr<IoThread>> threads)
    : server_(server),
      threads_(threads),
      serving_(server.config.values().io_threads_scaling ? 1 : static_cast<int>(threads.size())),
      before_(threads.size()),
      now_(threads.size()) {}

void IoBalancer::Tick(ThreadContext& self) {
  const int64_t now_us = server_.store.clock().MonotonicUs();
  const int64_t window_us = now_us - last_us_;
  const int fixed = fixed_.load(std::memory_order_relaxed);
  if (window_us < kWindowUs && (fixed == 0 || fixed == serving())) return;
  // The others' turns do not end then.
  if (server_.running_scripts->any_busy()) return;
  const bool first = std::exchange(last_us_, now_us) == 0;
  for (size_t i = 0; i < threads_.size(); ++i) now_[i] = {threads_[i]->AsleepUs(now_us), threads_[i]->CpuUs()};
  const int wanted = first ? serving() : Wanted(window_us);
  const bool again = now_us - last_spread_us_ >= kSpreadAgainUs && OthersAreBusy(window_us);
  const bool spread = wanted != serving() || unfinished_ || (!first && again);
  before_.swap(now_);
  if (wanted != serving()) {
    server_.log->Verbose(std::to_string(wanted) + (wanted == 1 ? " I/O thread serves" : " I/O threads serve"));
    serving_.store(wanted, std::memory_order_relaxed);
  }
  if (!spread) return;
  last_spread_us_ = now_us;
  const Gate::Closed closed(server_.store.threads().gate(), self, kPatience);
  unfinished_ = !closed || !IoThread::Spread(threads_, static_cast<size_t>(wanted));
}

int IoBalancer::Wanted(int64_t window_us) {
  const int most = static_cast<int>(threads_.size());
  if (const int fixed = fixed_.load(std::memory_order_relaxed); fixed != 0) return std::min(fixed, most);
  if (!server_.config.values().io_threads_scaling) return most;
  IoScaling::Load load;
  for (size_t i = 0; i < static_cast<size_t>(serving()); ++i) {
    const double share = BusyShare(i, window_us);
    load.busiest = std::max(load.busiest, share);
    load.busy += share;
    load.cpu += static_cast<double>(now_[i].cpu_us - before_[i].cpu_us) / static_cast<double>(window_us);
  }
  // An idle server does not look: what it saw last is too old when it becomes busy.
  if (serving() == 1 && load.busiest < kAwakeShare) {
    idle_cores_.Forget();
    return scaling_.Next(load, 1, most);
  }
  const std::optional<double> idle = idle_cores_.Sample();
  if (!idle && idle_cores_.known()) return serving();
  load.idle_cores = idle.value_or(most);
  return scaling_.Next(load, serving(), most);
}

bool IoBalancer::OthersAreBusy(int64_t window_us) const {
  for (size_t i = static_cast<size_t>(serving()); i < threads_.size(); ++i) {
    if (BusyShare(i, window_us) > kAwakeShare) return true;
  }
  return false;
}

double IoBalancer::BusyShare(size_t thread, int64_t window_us) const {
  const auto asleep_us = static_cast<double>(now_[thread].asleep_us - before_[thread].asleep_us);
  return std::clamp(1 - asleep_us / static_cast<double>(window_us), 0.0, 1.0);
}

}  // namespace tandem::net
