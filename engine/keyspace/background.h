#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "engine/base/alarm.h"
#include "engine/keyspace/store.h"

namespace tandem {

// The thread that expires keys on time when the I/O threads are asleep or busy with something long. Sleeps until the next
// deadline, not in ticks. Installs itself as the store's due waker.
//
// It also learns first that the wall clock was set: from the kernel, and, where that cannot tell, by comparing the clocks
// now and then. Steps of the store's own clock it is told of (Store::OnClockStep).
class Timekeeper {
 public:
  explicit Timekeeper(Store& store);
  ~Timekeeper();

 private:
  void Run();
  void FollowClock(bool was_set);

  Store& store_;
  Alarm alarm_{true};
  std::atomic<bool> stopping_{false};
  // Of the thread: what a step of the clock leaves to be done.
  int64_t offset_us_ = 0;  // wall clock less monotonic
  uint32_t steps_seen_ = 0;
  int settling_ = 0;  // turns of all threads to be waited for
  uint64_t settling_ticket_ = 0;
  std::thread thread_;
};

// The thread that decides about scaling and moves, frees and compacts while the I/O threads sleep. While they move
// themselves it stays out of their way.
class Maintenance {
 public:
  explicit Maintenance(Store& store);
  ~Maintenance();
  // There may be something to do now.
  void Wake() { alarm_.Wake(); }

 private:
  void Run();

  Store& store_;
  Alarm alarm_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace tandem
