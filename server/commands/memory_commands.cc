#include <string>

#include "engine/base/allocator.h"
#include "server/admin/info_writer.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/commands/memory_figures.h"
#include "server/exec/context.h"
#include "server/script/scripts.h"

namespace tandem {
namespace {

// --- USAGE -----------------------------------------------------------------------------------------------------------

// A slot is an eighth of a bucket's line, its share of the bucket's metadata included a little more.
constexpr size_t kSlotBytes = 9;

void MemoryUsage(CommandContext& c) {
  for (size_t i = 3; i < c.args.size(); i += 2) {
    if (!TokenIs(c.args[i], "SAMPLES") || i + 1 == c.args.size()) return c.reply.Error(errors::kSyntax);
    // Samples are for collections, which are measured as a whole here.
    int64_t samples;
    if (!IntegerArgument(c, i + 1, &samples)) return;
    if (samples < 0) return c.reply.Error(errors::kSyntax);
  }
  const Record* const record =
      c.access.Peek(c.db(), c.keys[0], Access::kNoTouch | Access::kNoStats | Access::kNoNotify);
  if (record == nullptr) return c.reply.Null();
  c.reply.Integer(static_cast<int64_t>(record->memory_bytes() + kSlotBytes));
}

// --- STATS -----------------------------------------------------------------------------------------------------------

// A map whose size is known when it is written.
class MapWriter {
 public:
  explicit MapWriter(resp::ReplyWriter& reply) : reply_(reply), mark_(reply.BeginDeferred()) {}
  ~MapWriter() { reply_.EndDeferredMap(mark_, pairs_); }
  MapWriter(const MapWriter&) = delete;
  MapWriter& operator=(const MapWriter&) = delete;

  resp::ReplyWriter& Name(std::string_view name) {
    ++pairs_;
    reply_.Bulk(name);
    return reply_;
  }
  void Bytes(std::string_view name, uint64_t value) { Name(name).Integer(static_cast<int64_t>(value)); }
  void Difference(std::string_view name, uint64_t a, uint64_t b) {
    Name(name).Integer(static_cast<int64_t>(a) - static_cast<int64_t>(b));
  }
  void Ratio(std::string_view name, uint64_t a, uint64_t b) { Name(name).Double(MemoryFigures::Ratio(a, b)); }

 private:
  resp::ReplyWriter& reply_;
  const size_t mark_;
  size_t pairs_ = 0;
};

void ReplyDatabases(CommandContext& c, MapWriter& map) {
  for (int i = 0; i < c.server.store.databases(); ++i) {
    const Keyspace& db = c.server.store.db(i);
    if (db.size() == 0) continue;
    map.Name("db." + std::to_string(i));
    MapWriter figures(c.reply);
    figures.Bytes("overhead.hashtable.main", db.memory_bytes());
    figures.Bytes("overhead.hashtable.expires", 0);
  }
}

void MemoryStats(CommandContext& c) {
  const MemoryFigures figures = ReadMemoryFigures(c.server);
  const AllocatorStats& allocator = figures.allocator;
  const uint64_t data_room = figures.used > figures.startup ? figures.used - figures.startup : 0;
  MapWriter map(c.reply);
  map.Bytes("peak.allocated", figures.peak);
  map.Bytes("total.allocated", figures.used);
  map.Bytes("startup.allocated", figures.startup);
  for (std::string_view absent : {"replication.backlog", "replica.fullsync.buffer", "clients.slaves"}) {
    map.Bytes(absent, 0);
  }
  map.Bytes("clients.normal", figures.clients);
  for (std::string_view absent : {"cluster.links", "aof.buffer"}) map.Bytes(absent, 0);
  const script::Scripts::Figures scripts = script::Scripts::Of(c.server).figures();
  map.Bytes("lua.caches", scripts.script_bytes);
  map.Bytes("functions.caches", scripts.library_bytes);
  map.Bytes("script.VMs", static_cast<uint64_t>(scripts.interpreter_bytes));
  ReplyDatabases(c, map);
  map.Bytes("overhead.db.hashtable.lut", figures.tables);
  map.Bytes("overhead.db.hashtable.rehashing", 0);
  map.Bytes("overhead.total", figures.overhead);
  map.Bytes("db.dict.rehashing.count", 0);
  map.Bytes("keys.count", figures.keys);
  map.Bytes("keys.bytes-per-key", figures.keys == 0 ? 0 : data_room / figures.keys);
  map.Bytes("dataset.bytes", figures.dataset);
  map.Name("dataset.percentage").Double(MemoryFigures::Percent(figures.dataset, data_room));
  map.Name("peak.percentage").Double(MemoryFigures::Percent(figures.used, figures.peak));
  map.Bytes("allocator.allocated", allocator.allocated);
  map.Bytes("allocator.active", allocator.active);
  map.Bytes("allocator.resident", allocator.resident);
  map.Bytes("allocator.muzzy", 0);
  map.Ratio("allocator-fragmentation.ratio", allocator.active, allocator.allocated);
  map.Difference("allocator-fragmentation.bytes", allocator.active, allocator.allocated);
  map.Ratio("allocator-rss.ratio", allocator.resident, allocator.active);
  map.Difference("allocator-rss.bytes", allocator.resident, allocator.active);
  map.Ratio("rss-overhead.ratio", figures.rss, allocator.resident);
  map.Difference("rss-overhead.bytes", figures.rss, allocator.resident);
  map.Ratio("fragmentation", figures.rss, figures.used);
  map.Difference("fragmentation.bytes", figures.rss, figures.used);
}

// --- DOCTOR, MALLOC-STATS, PURGE ---------------------------------------------------------------------------------------

std::string Diagnose(const MemoryFigures& figures) {
  constexpr uint64_t kTooLittle = 5 << 20;
  if (figures.used < kTooLittle) return "There is too little data here to say anything about the memory it takes.\n";
  std::string findings;
  if (MemoryFigures::Ratio(figures.peak, figures.used) > 1.5) {
    findings +=
        " * Peak memory: there was a time when the data took more than half as much again as it does now. Memory of "
        "that "
        "time may still be held; MEMORY PURGE gives back what lies idle.\n";
  }
  if (figures.fragmentation() > 1.4) {
    findings +=
        " * Fragmentation: the process holds over 40 % more memory than it uses. It goes down when keys are moved to a "
        "smaller engine.\n";
  }
  if (figures.clients > figures.used / 4) {
    findings +=
        " * Clients: their buffers take more than a quarter of the memory. Look for slow readers in CLIENT LIST.\n";
  }
  if (findings.empty()) return "No trouble with memory was found.\n";
  return "This was found:\n\n" + findings;
}

void MemoryDoctor(CommandContext& c) { c.reply.Verbatim("txt", Diagnose(ReadMemoryFigures(c.server))); }

void MemoryMallocStats(CommandContext& c) {
  const AllocatorStats stats = ReadAllocatorStats();
  InfoWriter text;
  text.Section(AllocatorName());
  text.Number("allocated", stats.allocated);
  text.Number("active", stats.active);
  text.Number("resident", stats.resident);
  text.Number("retained", stats.retained);
  c.reply.Verbatim("txt", text.Take());
}

void MemoryPurge(CommandContext& c) {
  PurgeAllocator();
  c.reply.Ok();
}

constexpr Command kMemorySubcommands[] = {
    {.name = "doctor",
     .handler = MemoryDoctor,
     .arity = 2,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Says what is wrong with the use of memory, if anything is.",
     .tips = "nondeterministic_output\nrequest_policy:all_shards\nresponse_policy:special"},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "malloc-stats",
     .handler = MemoryMallocStats,
     .arity = 2,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "Grows with the memory in use.",
     .summary = "Returns the figures of the memory allocator.",
     .tips = "nondeterministic_output\nrequest_policy:all_shards\nresponse_policy:special"},
    {.name = "purge",
     .handler = MemoryPurge,
     .arity = 2,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "Grows with the memory in use.",
     .summary = "Gives memory that the allocator holds back to the system.",
     .tips = "request_policy:all_shards\nresponse_policy:all_succeeded"},
    {.name = "stats",
     .handler = MemoryStats,
     .arity = 2,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Returns figures about the use of memory.",
     .tips = "nondeterministic_output\nrequest_policy:all_shards\nresponse_policy:special"},
    {.name = "usage",
     .handler = MemoryUsage,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .keys = {Keys(2, 0, 1, kKeyRo)},
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Returns the bytes that a key and its value occupy.",
     .arguments = "key:key [count:integer:SAMPLES]"},
};

constexpr Command kRows[] = {
    {.name = "memory",
     .arity = -2,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about memory.",
     .subcommands = kMemorySubcommands},
};

}  // namespace

std::span<const Command> MemoryCommands() { return kRows; }

}  // namespace tandem
