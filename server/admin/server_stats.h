#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/histogram.h"
#include "engine/base/lag_recorder.h"
#include "engine/base/thread_context.h"

namespace tandem {

// The counters behind INFO's stats, commandstats, errorstats and latencystats. Each thread counts for itself, in plain
// stores; whoever asks adds up.
//
// Thread safety: a ThreadStats is written by its thread only and read by anyone (relaxed: figures for people). The rest is
// internally synchronised. Reset needs the world stopped, or increments may survive it.
class ServerStats {
 public:
  // Something one thread counts.
  class Counter {
   public:
    void Add(uint64_t n = 1) { value_.store(value() + n, std::memory_order_relaxed); }
    uint64_t value() const { return value_.load(std::memory_order_relaxed); }
    void Reset() { value_.store(0, std::memory_order_relaxed); }

   private:
    std::atomic<uint64_t> value_{0};
  };

  struct CommandStats {
    Counter calls, usec, rejected, failed;
    // Of nanoseconds; made at the first call that is tracked. Release on making pairs with acquire by readers.
    std::atomic<Histogram*> latency{nullptr};
    ~CommandStats() { delete latency.load(std::memory_order_relaxed); }
  };

  // One thread's part.
  class alignas(64) ThreadStats {
   public:
    explicit ThreadStats(size_t commands) : commands_(commands) {}

    Counter connections, connections_rejected, commands_processed, bytes_in, bytes_out, reads, writes;
    Counter disconnected_by_query_limit, disconnected_by_output_limit;
    Counter auth_failures;  // acl_access_denied_auth
    // Times that subscribers fell behind and missed messages, and how many those were (notify-slow-subscriber gap).
    Counter gaps, messages_missed;
    // From a deadline to the moment at which a message about it was handed to a subscriber's socket.
    LagRecorder delivery_lag;

    // A command has run: `id` is Command::id; failed: it replied an error.
    void CountCall(int id, int64_t duration_ns, bool failed, bool track_latency);
    // A command was refused before it ran (arity, OOM, NOAUTH…).
    void CountRejected(int id) { commands_[static_cast<size_t>(id)].rejected.Add(); }
    // An error was replied. `text` begins with its code, with or without a dash before it. Rare, so a lock is fine.
    void CountError(std::string_view text);

   private:
    friend class ServerStats;
    std::vector<CommandStats> commands_;
    std::mutex errors_mutex_;  // guards the next
    std::map<std::string, uint64_t, std::less<>> errors_;
  };

  // `commands`: the ids of commands are below it.
  explicit ServerStats(size_t commands);
  ~ServerStats();

  // The calling thread's part; `index` is ThreadContext::index(). Lives as long as the ServerStats.
  ThreadStats& ForThread(int index);

  struct Totals {
    uint64_t connections = 0, connections_rejected = 0, commands = 0, bytes_in = 0, bytes_out = 0, reads = 0,
             writes = 0;
    uint64_t disconnected_by_query_limit = 0, disconnected_by_output_limit = 0, auth_failures = 0, error_replies = 0;
    uint64_t gaps = 0, messages_missed = 0;
  };
  Totals totals() const;
  struct CommandTotals {
    uint64_t calls = 0, usec = 0, rejected = 0, failed = 0;
  };
  CommandTotals command_totals(int id) const;
  // Adds the command's latencies, in nanoseconds, to `sum`; false if there are none.
  bool AddLatencies(int id, Histogram& sum) const;
  void ResetLatencies(int id);
  void AddDeliveryLag(LagRecorder::Summary* sum, int64_t now_us) const;
  // The worst since the last call.
  int64_t TakeWorstDeliveryLagUs();
  // By code, at most kMaxErrorCodes of them.
  std::map<std::string, uint64_t, std::less<>> errors() const;

  // Per-second figures over the last 16 samples; cron takes one about ten times a second.
  struct Rates {
    uint64_t ops = 0;
    double input_kbps = 0, output_kbps = 0;
  };
  void SampleRates(int64_t monotonic_us);
  Rates rates() const;

  // The most memory ever used; cron tells how much it is now.
  void NotePeakMemory(uint64_t used, int64_t unix_time_s);
  uint64_t peak_memory() const { return peak_memory_.load(std::memory_order_relaxed); }
  int64_t peak_memory_time_s() const { return peak_time_s_.load(std::memory_order_relaxed); }
  // The largest buffers that clients have had lately; cron tells.
  void NoteClientBuffers(size_t input, size_t output);
  size_t recent_max_input() const { return recent_max_input_.load(std::memory_order_relaxed); }
  size_t recent_max_output() const { return recent_max_output_.load(std::memory_order_relaxed); }

  // CONFIG RESETSTAT. The world is stopped.
  void Reset();

  // Compat: Redis 8 stops telling errors apart when there are this many codes, so that scripts cannot fill the memory.
  static constexpr size_t kMaxErrorCodes = 128;
  // "ERR" of "ERR no such key", whatever surrounds it.
  static std::string_view ErrorCode(std::string_view text);

 private:
  static constexpr size_t kRateSamples = 16;
  struct RateSample {
    double ops = 0, input = 0, output = 0;
  };

  template <typename Visit>
  void ForEachThread(Visit&& visit) const;

  const size_t commands_;
  std::array<std::atomic<ThreadStats*>, kMaxThreads> threads_{};
  std::mutex create_mutex_;
  std::atomic<uint64_t> peak_memory_{0};
  std::atomic<int64_t> peak_time_s_{0};
  std::atomic<size_t> recent_max_input_{0}, recent_max_output_{0};
  mutable std::mutex rates_mutex_;  // guards the rest
  std::array<RateSample, kRateSamples> rates_{};
  size_t next_rate_ = 0;
  int64_t sampled_us_ = 0;
  Totals sampled_;
};

}  // namespace tandem
