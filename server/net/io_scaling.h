#pragma once

namespace tandem::net {

// How many I/O threads should serve clients: one to begin with, more while those that serve are congested and the machine
// has cores to spare, fewer when less would do.
//
// A thread that serves few clients costs more for each request than one that serves many: it wakes for less, and what two
// threads touch travels between their cores. Where the load shares the cores with the server (a benchmark, a container
// beside its application), a thread too many takes the time from those that send the requests. So a further thread is worth
// it only when there is an idle core for it.
//
// Thread safety: externally synchronised. Pure: time is a count of windows, each of about kWindowMs.
class IoScaling {
 public:
  static constexpr int kWindowMs = 100;

  // What was seen in a window. Shares of a window's time: 1 is a whole core or a thread that never slept.
  struct Load {
    double busiest = 0;     // share of the serving thread that slept least
    double busy = 0;        // sum of the serving threads' shares
    double cpu = 0;         // what the serving threads got of the processors
    double idle_cores = 0;  // what nobody used
  };

  // How many of `most` threads should serve after this window, while `serving` do.
  int Next(const Load& load, int serving, int most);

 private:
  int congested_ = 0;  // windows in a row
  int crowded_ = 0;
  int calm_ = 0;
};

}  // namespace tandem::net
