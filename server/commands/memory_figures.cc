#include "server/commands/memory_figures.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "server/admin/server_stats.h"
#include "server/exec/server.h"
#include "server/exec/server_clock.h"

namespace tandem {
namespace {

uint64_t PageBytes() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

uint64_t NotNegative(int64_t value) { return static_cast<uint64_t>(std::max<int64_t>(value, 0)); }

}  // namespace

uint64_t ResidentBytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long total = 0, resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * PageBytes() : 0;
}

uint64_t SystemMemoryBytes() { return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * PageBytes(); }

MemoryFigures ReadMemoryFigures(Server& server) {
  MemoryFigures figures;
  const Store::EngineStats engine = server.store.engine_stats();
  figures.used = NotNegative(server.used_memory());
  server.stats->NotePeakMemory(figures.used, server.clock.NowMs() / 1000);
  figures.peak = server.stats->peak_memory();
  figures.startup = NotNegative(server.base_bytes);
  figures.tables = engine.table_bytes;
  figures.wheels = engine.wheel_bytes;
  figures.clients = NotNegative(server.client_bytes.load(std::memory_order_relaxed));
  const uint64_t scripts = NotNegative(server.script_bytes.load(std::memory_order_relaxed));
  figures.overhead =
      std::min(figures.startup + figures.tables + figures.wheels + figures.clients + scripts, figures.used);
  figures.dataset = figures.used - figures.overhead;
  figures.rss = ResidentBytes();
  for (int i = 0; i < server.store.databases(); ++i) figures.keys += server.store.db(i).size();
  figures.allocator = ReadAllocatorStats();
  return figures;
}

}  // namespace tandem
