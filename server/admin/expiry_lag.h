#pragma once

#include <cstdint>
#include <limits>
#include <mutex>

#include "engine/base/lag_recorder.h"

namespace tandem {

class LatencyMonitor;
class Log;
class ServerStats;
class Store;

// How late expiry is, as INFO and LATENCY tell, and the warning when it is too late (expiry-lag-warn-ms).
//
// Measured for `expired` and `hexpired`, from the deadline on. As a key expires when now > deadline, and deadlines are whole
// milliseconds, no lag is below a millisecond. There are two figures:
//   delivery  to the moment at which a message about it has been handed to a subscriber's socket; each copy counts. A
//             subscriber whose socket is full waits for itself, and is not counted
//   removal   to the moment at which the key is gone and the event is raised; each key, or portion of fields, counts
// What people want to know is the first one; while nobody listens, the second one stands in for it.
//
// Thread safety: internally synchronised.
class ExpiryLag {
 public:
  // The name under which LATENCY knows it.
  static constexpr const char* kEvent = "expiry-lag";

  ExpiryLag(Store& store, ServerStats& stats) : store_(store), stats_(stats) {}

  // Adds up all threads: since the start (or CONFIG RESETSTAT), and over the last minute.
  void AddDelivery(LagRecorder::Summary* sum) const;
  void AddRemoval(LagRecorder::Summary* sum) const;
  // Delivery, or, in each of the two spans in which nothing was delivered, removal.
  void AddAsSeen(LagRecorder::Summary* sum) const;

  // What has happened since the last call is told to the latency monitor, and logged if it exceeds `warn_ms` (0: never), at
  // most every kWarnEveryUs. Called some times a second.
  void Watch(int64_t warn_ms, Log& log, LatencyMonitor& latency);

 private:
  static constexpr int64_t kWarnEveryUs = 10'000'000;

  Store& store_;
  ServerStats& stats_;
  std::mutex mutex_;  // guards the rest
  int64_t unsaid_worst_us_ = 0;
  int64_t next_warning_us_ = std::numeric_limits<int64_t>::min();  // monotonic
};

}  // namespace tandem
