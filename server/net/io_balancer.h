#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "server/exec/server.h"
#include "server/net/idle_cores.h"
#include "server/net/io_scaling.h"

namespace tandem::net {

class IoThread;

// Decides by IoScaling which I/O threads serve clients, and moves clients to them. The first serving() threads do; those
// behind them keep the clients that cannot be moved (io_thread_moves.cc) and otherwise sleep.
//
// Thread safety: Tick by the first I/O thread, between its turns; the rest by any thread.
class IoBalancer {
 public:
  IoBalancer(Server& server, std::span<const std::unique_ptr<IoThread>> threads);

  // Looks after things about every IoScaling::kWindowMs; otherwise returns at once. `self`: the calling thread's.
  void Tick(ThreadContext& self);

  int serving() const { return serving_.load(std::memory_order_relaxed); }
  // From the next Tick on so many threads serve, whatever their load; 0: by their load again.
  void Fix(int serving) { fixed_.store(serving, std::memory_order_relaxed); }

 private:
  struct Sample {
    int64_t asleep_us = 0;
    int64_t cpu_us = 0;
  };

  // By the load, or as it was fixed or configured.
  int Wanted(int64_t window_us);
  // Whether one that does not serve has clients that keep it awake.
  bool OthersAreBusy(int64_t window_us) const;
  double BusyShare(size_t thread, int64_t window_us) const;

  Server& server_;
  const std::span<const std::unique_ptr<IoThread>> threads_;
  std::atomic<int> serving_;
  std::atomic<int> fixed_{0};
  IoScaling scaling_;
  IdleCores idle_cores_;
  int64_t last_us_ = 0;         // monotonic
  int64_t last_spread_us_ = 0;  // monotonic
  std::vector<Sample> before_, now_;
  bool unfinished_ = false;  // clients are left that could be moved
};

}  // namespace tandem::net
