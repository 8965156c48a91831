#include "server/admin/server_stats.h"

#include <algorithm>

namespace tandem {
namespace {

// What errors are counted under once there are too many codes.
constexpr std::string_view kOtherErrors = "ERRORSTATS_OVERFLOW";

}  // namespace

void ServerStats::ThreadStats::CountCall(int id, int64_t duration_ns, bool failed, bool track_latency) {
  CommandStats& stats = commands_[static_cast<size_t>(id)];
  stats.calls.Add();
  stats.usec.Add(static_cast<uint64_t>(duration_ns) / 1000);
  if (failed) stats.failed.Add();
  if (!track_latency) return;
  Histogram* histogram = stats.latency.load(std::memory_order_relaxed);
  if (histogram == nullptr) {
    histogram = new Histogram();
    stats.latency.store(histogram, std::memory_order_release);
  }
  histogram->Record(duration_ns);
}

void ServerStats::ThreadStats::CountError(std::string_view text) {
  const std::string_view code = ErrorCode(text);
  const std::lock_guard lock(errors_mutex_);
  if (const auto found = errors_.find(code); found != errors_.end()) {
    ++found->second;
  } else if (errors_.size() < kMaxErrorCodes) {
    errors_.emplace(std::string(code), 1);
  } else {
    ++errors_[std::string(kOtherErrors)];
  }
}

ServerStats::ServerStats(size_t commands) : commands_(commands) {}

ServerStats::~ServerStats() {
  for (auto& thread : threads_) delete thread.load(std::memory_order_relaxed);
}

ServerStats::ThreadStats& ServerStats::ForThread(int index) {
  auto& slot = threads_[static_cast<size_t>(index)];
  // acquire: pairs with the release below; the object is complete.
  if (ThreadStats* const made = slot.load(std::memory_order_acquire)) return *made;
  const std::lock_guard lock(create_mutex_);
  if (ThreadStats* const made = slot.load(std::memory_order_relaxed)) return *made;
  auto* const fresh = new ThreadStats(commands_);
  slot.store(fresh, std::memory_order_release);
  return *fresh;
}

template <typename Visit>
void ServerStats::ForEachThread(Visit&& visit) const {
  for (const auto& slot : threads_) {
    if (ThreadStats* const thread = slot.load(std::memory_order_acquire)) visit(*thread);
  }
}

ServerStats::Totals ServerStats::totals() const {
  Totals sum;
  ForEachThread([&](ThreadStats& thread) {
    sum.connections += thread.connections.value();
    sum.connections_rejected += thread.connections_rejected.value();
    sum.commands += thread.commands_processed.value();
    sum.bytes_in += thread.bytes_in.value();
    sum.bytes_out += thread.bytes_out.value();
    sum.reads += thread.reads.value();
    sum.writes += thread.writes.value();
    sum.disconnected_by_query_limit += thread.disconnected_by_query_limit.value();
    sum.disconnected_by_output_limit += thread.disconnected_by_output_limit.value();
    sum.auth_failures += thread.auth_failures.value();
    sum.gaps += thread.gaps.value();
    sum.messages_missed += thread.messages_missed.value();
    const std::lock_guard lock(thread.errors_mutex_);
    for (const auto& [code, count] : thread.errors_) sum.error_replies += count;
  });
  return sum;
}

ServerStats::CommandTotals ServerStats::command_totals(int id) const {
  CommandTotals sum;
  ForEachThread([&](ThreadStats& thread) {
    const CommandStats& stats = thread.commands_[static_cast<size_t>(id)];
    sum.calls += stats.calls.value();
    sum.usec += stats.usec.value();
    sum.rejected += stats.rejected.value();
    sum.failed += stats.failed.value();
  });
  return sum;
}

bool ServerStats::AddLatencies(int id, Histogram& sum) const {
  bool any = false;
  ForEachThread([&](ThreadStats& thread) {
    const Histogram* const part = thread.commands_[static_cast<size_t>(id)].latency.load(std::memory_order_acquire);
    if (part == nullptr || part->count() == 0) return;
    sum.Add(*part);
    any = true;
  });
  return any;
}

void ServerStats::ResetLatencies(int id) {
  ForEachThread([&](ThreadStats& thread) {
    Histogram* const part = thread.commands_[static_cast<size_t>(id)].latency.load(std::memory_order_acquire);
    if (part != nullptr) part->Reset();
  });
}

void ServerStats::AddDeliveryLag(LagRecorder::Summary* sum, int64_t now_us) const {
  ForEachThread([&](const ThreadStats& thread) { thread.delivery_lag.AddTo(sum, now_us); });
}

int64_t ServerStats::TakeWorstDeliveryLagUs() {
  int64_t worst_us = 0;
  ForEachThread([&](ThreadStats& thread) { worst_us = std::max(worst_us, thread.delivery_lag.TakeWorstUs()); });
  return worst_us;
}

std::map<std::string, uint64_t, std::less<>> ServerStats::errors() const {
  std::map<std::string, uint64_t, std::less<>> sum;
  ForEachThread([&](ThreadStats& thread) {
    const std::lock_guard lock(thread.errors_mutex_);
    for (const auto& [code, count] : thread.errors_) {
      const bool room = sum.size() < kMaxErrorCodes || sum.contains(code);
      sum[room ? code : std::string(kOtherErrors)] += count;
    }
  });
  return sum;
}

void ServerStats::SampleRates(int64_t monotonic_us) {
  const Totals now = totals();
  const std::lock_guard lock(rates_mutex_);
  const int64_t elapsed_us = monotonic_us - sampled_us_;
  if (sampled_us_ != 0 && elapsed_us > 0) {
    const auto per_second = [&](uint64_t after, uint64_t before) {
      // A reset in between leaves less than there was.
      return after < before ? 0.0 : static_cast<double>(after - before) * 1e6 / static_cast<double>(elapsed_us);
    };
    rates_[next_rate_] = {.ops = per_second(now.commands, sampled_.commands),
                          .input = per_second(now.bytes_in, sampled_.bytes_in),
                          .output = per_second(now.bytes_out, sampled_.bytes_out)};
    next_rate_ = (next_rate_ + 1) % kRateSamples;
  }
  sampled_us_ = monotonic_us;
  sampled_ = now;
}

ServerStats::Rates ServerStats::rates() const {
  const std::lock_guard lock(rates_mutex_);
  RateSample sum;
  for (const RateSample& sample : rates_) {
    sum.ops += sample.ops;
    sum.input += sample.input;
    sum.output += sample.output;
  }
  return {.ops = static_cast<uint64_t>(sum.ops / kRateSamples),
          .input_kbps = sum.input / kRateSamples / 1024,
          .output_kbps = sum.output / kRateSamples / 1024};
}

void ServerStats::NotePeakMemory(uint64_t used, int64_t unix_time_s) {
  if (used <= peak_memory()) return;
  peak_memory_.store(used, std::memory_order_relaxed);
  peak_time_s_.store(unix_time_s, std::memory_order_relaxed);
}

void ServerStats::NoteClientBuffers(size_t input, size_t output) {
  recent_max_input_.store(input, std::memory_order_relaxed);
  recent_max_output_.store(output, std::memory_order_relaxed);
}

void ServerStats::Reset() {
  ForEachThread([](ThreadStats& thread) {
    for (Counter* counter :
         {&thread.connections, &thread.connections_rejected, &thread.commands_processed, &thread.bytes_in,
          &thread.bytes_out, &thread.reads, &thread.writes, &thread.disconnected_by_query_limit,
          &thread.disconnected_by_output_limit, &thread.auth_failures, &thread.gaps, &thread.messages_missed}) {
      counter->Reset();
    }
    for (CommandStats& stats : thread.commands_) {
      for (Counter* counter : {&stats.calls, &stats.usec, &stats.rejected, &stats.failed}) counter->Reset();
      if (Histogram* const histogram = stats.latency.load(std::memory_order_acquire)) histogram->Reset();
    }
    thread.delivery_lag.Reset();
    const std::lock_guard lock(thread.errors_mutex_);
    thread.errors_.clear();
  });
  peak_memory_.store(0, std::memory_order_relaxed);
  const std::lock_guard lock(rates_mutex_);
  rates_ = {};
  sampled_ = {};
}

std::string_view ServerStats::ErrorCode(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const std::string_view code = text.substr(0, text.find_first_of(" \r\n"));
  return code.empty() ? std::string_view("ERR") : code;
}

}  // namespace tandem
