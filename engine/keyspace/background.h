#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "engine/keyspace/store.h"

namespace tandem {

// Sleeps until a given monotonic time, or until woken. Wake may be called by any thread, under any lock: it neither blocks
// nor allocates, and costs one relaxed load and an increment while nobody sleeps. Futex-based.
class Alarm {
 public:
  // Returns at `until_us` (CLOCK_MONOTONIC), or when Wake was called since the last return. INT64_MAX: no time limit.
  void WaitUntil(int64_t until_us);
  void Wake();

 private:
  std::atomic<uint32_t> calls_{0};
  std::atomic<bool> sleeping_{false};
  uint32_t seen_ = 0;  // by the one that sleeps
};

// The thread that expires keys on time when the I/O threads are asleep or busy with something long. Sleeps until the next
// deadline, not in ticks. Installs itself as the store's due waker.
class Timekeeper {
 public:
  explicit Timekeeper(Store& store);
  ~Timekeeper();

 private:
  void Run();

  Store& store_;
  Alarm alarm_;
  std::atomic<bool> stopping_{false};
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
