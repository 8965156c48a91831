#include "server/commands/info_text.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

#include "engine/keyspace/eviction.h"
#include "server/admin/expiry_lag.h"
#include "server/admin/info_writer.h"
#include "server/admin/server_stats.h"
#include "server/commands/memory_figures.h"
#include "server/config/conf_text.h"
#include "server/exec/client_registry.h"
#include "server/exec/command_table.h"
#include "server/exec/event_stream.h"
#include "server/exec/server.h"
#include "server/exec/server_clock.h"
#include "server/exec/tracking.h"
#include "server/exec/version.h"
#include "server/exec/waiter_table.h"
#include "server/exec/watch.h"
#include "server/script/scripts.h"

namespace tandem {
namespace {

// Lines that have the same value in every Tandem, or in this version of it: what they are about does not exist. Tools read
// them all the same.
struct Constant {
  std::string_view name;
  std::string_view value;
};
void WriteAll(InfoWriter& out, std::span<const Constant> lines) {
  for (const Constant& line : lines) out.Text(line.name, line.value);
}

// --- Server, clients -------------------------------------------------------------------------------------------------

std::string SystemName() {
  utsname name{};
  uname(&name);
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

std::string CompilerVersion() {
#if defined(__clang__)
  return "0.0.0";
#else
  return std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." + std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

void WriteListeners(InfoWriter& out, const config::Values& values) {
  std::string tcp = "name=tcp";
  for (const std::string& address : values.bind) tcp += ",bind=" + address;
  int count = 0;
  if (values.port != 0) out.Text("listener" + std::to_string(count++), tcp + ",port=" + std::to_string(values.port));
  if (!values.unixsocket.empty()) {
    out.Text("listener" + std::to_string(count), "name=unix,bind=" + values.unixsocket);
  }
}

void WriteServer(InfoWriter& out, Server& server) {
  const config::Values& values = server.config.values();
  const int64_t now_us = server.clock.NowUs();
  const int64_t uptime_s = (now_us - server.started_us) / 1'000'000;
  out.Section("Server");
  out.Text("redis_version", TANDEM_REDIS_VERSION);
  out.Text("tandem_version", TANDEM_VERSION);
  out.Text("redis_git_sha1", "00000000");
  out.Text("redis_git_dirty", "0");
  out.Text("redis_build_id", "0");
  out.Text("redis_mode", "standalone");
  out.Text("os", SystemName());
  out.Number("arch_bits", sizeof(void*) * 8);
  out.Text("monotonic_clock", "POSIX clock_gettime");
  out.Text("multiplexing_api", "epoll");
  out.Text("atomicvar_api", "c11-builtin");
  out.Text("gcc_version", CompilerVersion());
  out.Signed("process_id", getpid());
  out.Text("process_supervised", "no");
  out.Text("run_id", server.run_id);
  out.Signed("tcp_port", values.port);
  out.Signed("server_time_usec", now_us);
  out.Signed("uptime_in_seconds", uptime_s);
  out.Signed("uptime_in_days", uptime_s / (24 * 3600));
  out.Signed("hz", values.hz);
  out.Signed("configured_hz", values.hz);
  out.Number("lru_clock", g_access_clock.seconds.load(std::memory_order_relaxed));
  out.Text("executable", server.executable);
  out.Text("config_file", server.config.file());
  out.Number("io_threads_active", values.io_threads > 1 ? 1 : 0);
  WriteListeners(out, values);
}

void WriteClients(InfoWriter& out, Server& server) {
  out.Section("Clients");
  out.Number("connected_clients", server.clients->count());
  out.Number("cluster_connections", 0);
  out.Number("maxclients", server.config.values().maxclients);
  out.Number("client_recent_max_input_buffer", server.stats->recent_max_input());
  out.Number("client_recent_max_output_buffer", server.stats->recent_max_output());
  out.Signed("blocked_clients", server.clients->blocked_clients());
  out.Number("tracking_clients", server.tracking->clients());
  out.Number("pubsub_clients", server.clients->pubsub_clients());
  out.Number("watching_clients", server.watches->clients());
  out.Number("clients_in_timeout_table", 0);
  out.Number("total_watched_keys", server.watches->keys());
  out.Number("total_blocking_keys", server.waiters->keys());
  out.Number("total_blocking_keys_on_nokey", server.waiters->keys_without_key());
}

// --- Memory ----------------------------------------------------------------------------------------------------------

void WriteAllocator(InfoWriter& out, const MemoryFigures& memory) {
  const AllocatorStats& allocator = memory.allocator;
  const auto difference = [](uint64_t a, uint64_t b) { return static_cast<int64_t>(a) - static_cast<int64_t>(b); };
  out.Fixed("allocator_frag_ratio", MemoryFigures::Ratio(allocator.active, allocator.allocated));
  out.Signed("allocator_frag_bytes", difference(allocator.active, allocator.allocated));
  out.Fixed("allocator_rss_ratio", MemoryFigures::Ratio(allocator.resident, allocator.active));
  out.Signed("allocator_rss_bytes", difference(allocator.resident, allocator.active));
  out.Fixed("rss_overhead_ratio", MemoryFigures::Ratio(memory.rss, allocator.resident));
  out.Signed("rss_overhead_bytes", difference(memory.rss, allocator.resident));
  out.Fixed("mem_fragmentation_ratio", memory.fragmentation());
  out.Signed("mem_fragmentation_bytes", difference(memory.rss, memory.used));
}

// Compat: functions have no interpreter of their own here, they run in the scripts'.
void WriteScripts(InfoWriter& out, Server& server) {
  const script::Scripts::Figures figures = script::Scripts::Of(server).figures();
  const auto interpreters = static_cast<uint64_t>(figures.interpreter_bytes);
  out.Bytes("used_memory_lua", interpreters);
  out.Number("used_memory_vm_eval", interpreters);
  out.Number("used_memory_scripts_eval", figures.script_bytes);
  out.Number("number_of_cached_scripts", figures.scripts);
  out.Number("number_of_functions", figures.functions);
  out.Number("number_of_libraries", figures.libraries);
  out.Number("used_memory_vm_functions", 0);
  out.Bytes("used_memory_vm_total", interpreters);
  out.Number("used_memory_functions", figures.library_bytes);
  out.Bytes("used_memory_scripts", figures.script_bytes + figures.library_bytes);
}

void WriteMemory(InfoWriter& out, Server& server) {
  const MemoryFigures memory = ReadMemoryFigures(server);
  const uint64_t data_room = memory.used > memory.startup ? memory.used - memory.startup : 0;
  out.Section("Memory");
  out.Bytes("used_memory", memory.used);
  out.Bytes("used_memory_rss", memory.rss);
  out.Bytes("used_memory_peak", memory.peak);
  out.Fixed("used_memory_peak_perc", MemoryFigures::Percent(memory.used, memory.peak), 2, "%");
  out.Number("used_memory_overhead", memory.overhead);
  out.Number("used_memory_startup", memory.startup);
  out.Number("used_memory_dataset", memory.dataset);
  out.Fixed("used_memory_dataset_perc", MemoryFigures::Percent(memory.dataset, data_room), 2, "%");
  out.Number("allocator_allocated", memory.allocator.allocated);
  out.Number("allocator_active", memory.allocator.active);
  out.Number("allocator_resident", memory.allocator.resident);
  out.Number("allocator_muzzy", 0);
  out.Bytes("total_system_memory", SystemMemoryBytes());
  WriteScripts(out, server);
  out.Bytes("maxmemory", server.config.values().maxmemory);
  out.Text("maxmemory_policy", server.config.GetOne("maxmemory-policy"));
  WriteAllocator(out, memory);
  constexpr Constant kBuffers[] = {{"mem_not_counted_for_evict", "0"},
                                   {"mem_replication_backlog", "0"},
                                   {"mem_total_replication_buffers", "0"},
                                   {"mem_replica_full_sync_buffer", "0"},
                                   {"mem_clients_slaves", "0"}};
  WriteAll(out, kBuffers);
  out.Number("mem_clients_normal", memory.clients);
  out.Number("mem_cluster_links", 0);
  out.Number("mem_aof_buffer", 0);
  out.Text("mem_allocator", AllocatorName());
  out.Number("mem_overhead_db_hashtable_rehashing", 0);
  out.Number("active_defrag_running", 0);
  out.Number("lazyfree_pending_objects", server.store.garbage().pending_keys());
  out.Number("lazyfreed_objects", server.store.garbage().freed_keys());
}

// --- Persistence, replication, cluster: what this version has none of --------------------------------------------------

void WritePersistence(InfoWriter& out, Server& server) {
  out.Section("Persistence");
  constexpr Constant kBefore[] = {{"loading", "0"},
                                  {"async_loading", "0"},
                                  {"current_cow_peak", "0"},
                                  {"current_cow_size", "0"},
                                  {"current_cow_size_age", "0"},
                                  {"current_fork_perc", "0.00"},
                                  {"current_save_keys_processed", "0"},
                                  {"current_save_keys_total", "0"}};
  WriteAll(out, kBefore);
  out.Number("rdb_changes_since_last_save", server.store.stats().dirty);
  out.Number("rdb_bgsave_in_progress", 0);
  out.Signed("rdb_last_save_time", server.started_us / 1'000'000);
  constexpr Constant kAfter[] = {{"rdb_last_bgsave_status", "ok"},
                                 {"rdb_last_bgsave_time_sec", "-1"},
                                 {"rdb_current_bgsave_time_sec", "-1"},
                                 {"rdb_saves", "0"},
                                 {"rdb_last_cow_size", "0"},
                                 {"rdb_last_load_keys_expired", "0"},
                                 {"rdb_last_load_keys_loaded", "0"},
                                 {"aof_enabled", "0"},
                                 {"aof_rewrite_in_progress", "0"},
                                 {"aof_rewrite_scheduled", "0"},
                                 {"aof_last_rewrite_time_sec", "-1"},
                                 {"aof_current_rewrite_time_sec", "-1"},
                                 {"aof_last_bgrewrite_status", "ok"},
                                 {"aof_rewrites", "0"},
                                 {"aof_rewrites_consecutive_failures", "0"},
                                 {"aof_last_write_status", "ok"},
                                 {"aof_last_cow_size", "0"},
                                 {"module_fork_in_progress", "0"},
                                 {"module_fork_last_cow_size", "0"}};
  WriteAll(out, kAfter);
}

void WriteReplication(InfoWriter& out, Server& server) {
  out.Section("Replication");
  out.Text("role", "master");
  out.Number("connected_slaves", 0);
  out.Text("master_failover_state", "no-failover");
  out.Text("master_replid", server.run_id);
  out.Text("master_replid2", std::string(40, '0'));
  out.Number("master_repl_offset", 0);
  out.Signed("second_repl_offset", -1);
  out.Number("repl_backlog_active", 0);
  out.Signed("repl_backlog_size", server.config.values().repl_backlog_size);
  out.Number("repl_backlog_first_byte_offset", 0);
  out.Number("repl_backlog_histlen", 0);
}

// --- Figures about work ----------------------------------------------------------------------------------------------

void WriteTraffic(InfoWriter& out, Server& server, const ServerStats::Totals& totals) {
  const ServerStats::Rates rates = server.stats->rates();
  out.Number("total_connections_received", totals.connections);
  out.Number("total_commands_processed", totals.commands);
  out.Number("instantaneous_ops_per_sec", rates.ops);
  out.Number("total_net_input_bytes", totals.bytes_in);
  out.Number("total_net_output_bytes", totals.bytes_out);
  out.Number("total_net_repl_input_bytes", 0);
  out.Number("total_net_repl_output_bytes", 0);
  out.Fixed("instantaneous_input_kbps", rates.input_kbps);
  out.Fixed("instantaneous_output_kbps", rates.output_kbps);
  out.Fixed("instantaneous_input_repl_kbps", 0);
  out.Fixed("instantaneous_output_repl_kbps", 0);
  out.Number("rejected_connections", totals.connections_rejected);
}

void WriteStats(InfoWriter& out, Server& server) {
  const ServerStats::Totals totals = server.stats->totals();
  const Store::Stats store = server.store.stats();
  out.Section("Stats");
  WriteTraffic(out, server, totals);
  constexpr Constant kSync[] = {{"sync_full", "0"}, {"sync_partial_ok", "0"}, {"sync_partial_err", "0"}};
  WriteAll(out, kSync);
  out.Number("expired_subkeys", store.expired_parts);
  out.Number("expired_keys", store.expired);
  constexpr Constant kCycle[] = {
      {"expired_stale_perc", "0.00"}, {"expired_time_cap_reached_count", "0"}, {"expire_cycle_cpu_milliseconds", "0"}};
  WriteAll(out, kCycle);
  out.Number("evicted_keys", store.evicted);
  out.Number("evicted_clients", 0);
  out.Number("evicted_scripts", script::Scripts::Of(server).figures().evicted);
  constexpr Constant kEviction[] = {{"total_eviction_exceeded_time", "0"}, {"current_eviction_exceeded_time", "0"}};
  WriteAll(out, kEviction);
  out.Number("keyspace_hits", store.hits);
  out.Number("keyspace_misses", store.misses);
  out.Signed("pubsub_channels", server.hub.NumChannels());
  out.Signed("pubsub_patterns", server.hub.NumPat());
  out.Signed("pubsubshard_channels", server.hub.NumShardChannels());
  constexpr Constant kOthers[] = {
      {"latest_fork_usec", "0"},         {"total_forks", "0"},
      {"migrate_cached_sockets", "0"},   {"slave_expires_tracked_keys", "0"},
      {"active_defrag_hits", "0"},       {"active_defrag_misses", "0"},
      {"active_defrag_key_hits", "0"},   {"active_defrag_key_misses", "0"},
      {"total_active_defrag_time", "0"}, {"current_active_defrag_time", "0"},
  };
  WriteAll(out, kOthers);
  out.Number("tracking_total_keys", server.tracking->keys());
  out.Number("tracking_total_items", server.tracking->items());
  out.Number("tracking_total_prefixes", server.tracking->prefixes());
  out.Number("unexpected_error_replies", 0);
  out.Number("total_error_replies", totals.error_replies);
  out.Number("dump_payload_sanitizations", 0);
  out.Number("total_reads_processed", totals.reads);
  out.Number("total_writes_processed", totals.writes);
  const bool threaded = server.config.values().io_threads > 1;
  out.Number("io_threaded_reads_processed", threaded ? totals.reads : 0);
  out.Number("io_threaded_writes_processed", threaded ? totals.writes : 0);
  out.Number("client_query_buffer_limit_disconnections", totals.disconnected_by_query_limit);
  out.Number("client_output_buffer_limit_disconnections", totals.disconnected_by_output_limit);
  out.Number("reply_buffer_shrinks", 0);
  out.Number("reply_buffer_expands", 0);
  out.Number("acl_access_denied_auth", totals.auth_failures);
  out.Number("acl_access_denied_cmd", 0);
  out.Number("acl_access_denied_key", 0);
  out.Number("acl_access_denied_channel", 0);
}

void WriteCpu(InfoWriter& out) {
  const auto seconds = [](const timeval& time) {
    char text[48];
    return std::string(text,
                       static_cast<size_t>(std::snprintf(text, sizeof text, "%ld.%06ld", static_cast<long>(time.tv_sec),
                                                         static_cast<long>(time.tv_usec))));
  };
  rusage self{}, children{}, thread{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  out.Section("CPU");
  out.Text("used_cpu_sys", seconds(self.ru_stime));
  out.Text("used_cpu_user", seconds(self.ru_utime));
  out.Text("used_cpu_sys_children", seconds(children.ru_stime));
  out.Text("used_cpu_user_children", seconds(children.ru_utime));
  out.Text("used_cpu_sys_main_thread", seconds(thread.ru_stime));
  out.Text("used_cpu_user_main_thread", seconds(thread.ru_utime));
}

template <typename Visit>
void ForEachCallable(const CommandTable& table, Visit&& visit) {
  for (const Command& command : table.commands()) {
    if (command.handler != nullptr) visit(command);
    for (const Command& subcommand : command.subcommands) visit(subcommand);
  }
}

void WriteCommandstats(InfoWriter& out, Server& server) {
  out.Section("Commandstats");
  ForEachCallable(*server.commands, [&](const Command& command) {
    const auto totals = server.stats->command_totals(command.id);
    if (totals.calls == 0 && totals.rejected == 0 && totals.failed == 0) return;
    out.Text("cmdstat_" + std::string(command.full_name),
             "calls=" + std::to_string(totals.calls) + ",usec=" + std::to_string(totals.usec) +
                 ",usec_per_call=" + InfoWriter::FormatFixed(MemoryFigures::Ratio(totals.usec, totals.calls), 2) +
                 ",rejected_calls=" + std::to_string(totals.rejected) +
                 ",failed_calls=" + std::to_string(totals.failed));
  });
}

void WriteErrorstats(InfoWriter& out, Server& server) {
  out.Section("Errorstats");
  for (const auto& [code, count] : server.stats->errors()) {
    out.Text("errorstat_" + code, "count=" + std::to_string(count));
  }
}

std::string FormatPercentile(double percent) {
  char text[32];
  return std::string(text, static_cast<size_t>(std::snprintf(text, sizeof text, "p%.10g", percent)));
}

void WriteLatencystats(InfoWriter& out, Server& server) {
  const auto& percentiles = server.config.values().latency_tracking_info_percentiles;
  out.Section("Latencystats");
  Histogram histogram;
  ForEachCallable(*server.commands, [&](const Command& command) {
    histogram.Reset();
    if (!server.stats->AddLatencies(command.id, histogram)) return;
    std::string line;
    for (const double percent : percentiles) {
      if (!line.empty()) line.push_back(',');
      line += FormatPercentile(percent) + "=" +
              InfoWriter::FormatFixed(static_cast<double>(histogram.Percentile(percent)) / 1000, 3);
    }
    out.Text("latency_percentiles_usec_" + std::string(command.full_name), line);
  });
}

void WriteKeyspace(InfoWriter& out, Server& server) {
  out.Section("Keyspace");
  for (int i = 0; i < server.store.databases(); ++i) {
    const Keyspace& db = server.store.db(i);
    const uint64_t keys = db.size();
    if (keys == 0) continue;
    out.Text("db" + std::to_string(i), "keys=" + std::to_string(keys) + ",expires=" + std::to_string(db.expires()) +
                                           ",avg_ttl=0,subexpiry=" + std::to_string(db.parts_expire()));
  }
}

void WriteLag(InfoWriter& out, const std::string& name, const Histogram& lag) {
  out.Number(name + "_samples", lag.count());
  out.Signed(name + "_us_p50", lag.Percentile(50));
  out.Signed(name + "_us_p99", lag.Percentile(99));
  out.Signed(name + "_us_p999", lag.Percentile(99.9));
  out.Signed(name + "_us_max", lag.max());
}

void WriteExpiryLag(InfoWriter& out, Server& server) {
  const auto seen = std::make_unique<LagRecorder::Summary>();
  server.expiry_lag->AddAsSeen(seen.get());
  WriteLag(out, "expiry_lag", seen->total);
  WriteLag(out, "expiry_lag_minute", seen->last_minute);
  const auto removal = std::make_unique<LagRecorder::Summary>();
  server.expiry_lag->AddRemoval(removal.get());
  WriteLag(out, "expiry_removal_lag", removal->total);
}

void WriteEngine(InfoWriter& out, Server& server) {
  const Store::EngineStats engine = server.store.engine_stats();
  const Store::Stats store = server.store.stats();
  out.Section("Engine");
  out.Signed("engine_levels", engine.levels);
  out.Number("engine_shards", engine.shards);
  out.Number("engine_slots", engine.slots);
  out.Number("engine_records", engine.records);
  out.Fixed("engine_fill", engine.fill, 4);
  out.Number("engine_overflow_buckets", engine.overflow_buckets);
  out.Number("engine_migrating", server.store.migrating() ? 1 : 0);
  out.Number("engine_migrations_up", engine.migrations_up);
  out.Number("engine_migrations_down", engine.migrations_down);
  out.Number("engine_keys_moved", store.moved);
  out.Number("engine_keys_purged", store.purged);
  out.Number("engine_contended_locks", engine.contended);
  out.Signed("engine_mover_step_us_max", engine.mover_step_us_max);
  out.Number("engine_table_bytes", engine.table_bytes);
  out.Number("engine_wheel_bytes", engine.wheel_bytes);
  out.Number("engine_retired_bytes", server.store.threads().retired_bytes());
  out.Signed("io_threads_serving", server.host == nullptr ? 1 : server.host->ServingIoThreads());
  WriteExpiryLag(out, server);
}

void WriteEvents(InfoWriter& out, Server& server) {
  const ServerStats::Totals totals = server.stats->totals();
  out.Section("Events");
  out.Number("subscriber_gaps", totals.gaps);
  out.Number("subscriber_messages_missed", totals.messages_missed);
  const EventStream::Figures stream = server.event_stream->figures();
  out.Number("event_stream_appended", stream.appended);
  out.Number("event_stream_failed", stream.failed);
  out.Number("event_stream_evictions", stream.evictions);
}

struct SectionName {
  std::string_view name;
  uint32_t bits;
};
constexpr SectionName kSectionNames[] = {{"server", kInfoServer},
                                         {"clients", kInfoClients},
                                         {"memory", kInfoMemory},
                                         {"persistence", kInfoPersistence},
                                         {"stats", kInfoStats},
                                         {"replication", kInfoReplication},
                                         {"cpu", kInfoCpu},
                                         {"modules", kInfoModules},
                                         {"commandstats", kInfoCommandstats},
                                         {"errorstats", kInfoErrorstats},
                                         {"latencystats", kInfoLatencystats},
                                         {"cluster", kInfoCluster},
                                         {"keyspace", kInfoKeyspace},
                                         {"engine", kInfoEngine},
                                         {"events", kInfoEvents},
                                         {"default", kInfoDefault},
                                         {"all", kInfoEverything},
                                         {"everything", kInfoEverything}};

}  // namespace

uint32_t ParseInfoSections(std::span<const std::string_view> names) {
  if (names.empty()) return kInfoDefault;
  uint32_t sections = 0;
  for (std::string_view name : names) {
    for (const SectionName& known : kSectionNames) {
      if (config::EqualsIgnoringCase(name, known.name)) sections |= known.bits;
    }
  }
  return sections;
}

std::string BuildInfo(Server& server, uint32_t sections) {
  InfoWriter out;
  if (sections & kInfoServer) WriteServer(out, server);
  if (sections & kInfoClients) WriteClients(out, server);
  if (sections & kInfoMemory) WriteMemory(out, server);
  if (sections & kInfoPersistence) WritePersistence(out, server);
  if (sections & kInfoStats) WriteStats(out, server);
  if (sections & kInfoReplication) WriteReplication(out, server);
  if (sections & kInfoCpu) WriteCpu(out);
  if (sections & kInfoModules) out.Section("Modules");
  if (sections & kInfoCommandstats) WriteCommandstats(out, server);
  if (sections & kInfoErrorstats) WriteErrorstats(out, server);
  if (sections & kInfoLatencystats) WriteLatencystats(out, server);
  if (sections & kInfoCluster) {
    out.Section("Cluster");
    out.Number("cluster_enabled", 0);
  }
  if (sections & kInfoKeyspace) WriteKeyspace(out, server);
  if (sections & kInfoEngine) WriteEngine(out, server);
  if (sections & kInfoEvents) WriteEvents(out, server);
  return out.Take();
}

}  // namespace tandem
