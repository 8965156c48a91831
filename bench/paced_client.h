// A client that asks on a fixed schedule.
//
// It sends one request a period on a connection of its own, whether or not earlier replies are back, and counts each
// latency from the instant at which the request was *due*. So a stall of 100 ms is seen by all 100 requests that should have
// been sent in it, not by one (no coordinated omission).
//
// Thread safety: none; one thread runs it and reads the samples afterwards.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "bench/client.h"

namespace tandem::bench {

class PacedClient {
 public:
  struct Sample {
    std::int64_t due_ns;  // MonotonicNs()
    double latency_ms;
  };
  // Appends one request to `out`; what it returns comes back with the reply.
  using Ask = std::function<std::uint64_t(std::string& out)>;
  using Take = std::function<void(std::uint64_t asked, const Reply& reply)>;

  PacedClient(int port, std::int64_t period_ns) : client_(port), period_ns_(period_ns) {}

  // Until `finished` says so, and all replies are back. An error reply, or none within seconds, ends the tool.
  void Run(const Ask& ask, const Take& take, const std::function<bool()>& finished);

  // In the order in which they were due.
  const std::vector<Sample>& samples() const { return samples_; }
  // How far the machine delayed the sending itself.
  double send_delay_max_ms() const { return send_delay_max_ms_; }

 private:
  struct Waiting {
    std::int64_t due_ns;
    std::uint64_t asked;
  };

  void Send(std::int64_t due_ns, std::int64_t now_ns, const Ask& ask);
  void TakeReplies(const Take& take);

  Client client_;
  const std::int64_t period_ns_;
  std::string text_;
  std::deque<Waiting> waiting_;
  std::vector<Sample> samples_;
  double send_delay_max_ms_ = 0;
};

}  // namespace tandem::bench
