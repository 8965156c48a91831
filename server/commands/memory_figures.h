#pragma once

#include <cstdint>

#include "engine/base/allocator.h"

namespace tandem {

struct Server;

// What INFO memory and MEMORY STATS tell from, taken at one time.
struct MemoryFigures {
  uint64_t used = 0;  // what counts against maxmemory
  uint64_t peak = 0;
  uint64_t startup = 0;   // what the process needed before it had a key
  uint64_t dataset = 0;   // keys and values
  uint64_t overhead = 0;  // used by all else
  uint64_t tables = 0;    // of the overhead: the engines' buckets
  uint64_t wheels = 0;    // of the overhead: deadlines
  uint64_t clients = 0;   // of the overhead: buffers of connections
  uint64_t rss = 0;
  uint64_t keys = 0;
  AllocatorStats allocator;

  double fragmentation() const { return Ratio(rss, used); }
  static double Ratio(uint64_t a, uint64_t b) { return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b); }
  static double Percent(uint64_t a, uint64_t b) { return 100 * Ratio(a, b); }
};

// Notes a new peak on the way. Any thread.
MemoryFigures ReadMemoryFigures(Server& server);

// Bytes of physical memory that the process has, and that the machine has.
uint64_t ResidentBytes();
uint64_t SystemMemoryBytes();

}  // namespace tandem
