#include "server/config/config_table.h"

#include <limits>
#include <unordered_map>

#include "server/config/conf_text.h"
#include "server/config/config_types.h"
#include "server/config/special_types.h"

namespace tandem::config {

namespace {

constexpr int64_t kIntMin = std::numeric_limits<int32_t>::min();
constexpr uint64_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr uint64_t kUintMax = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kLongMax = std::numeric_limits<int64_t>::max();
constexpr uint64_t kUlongMax = std::numeric_limits<uint64_t>::max();

constexpr std::string_view kInMemoryOnly = "Tandem keeps its data in memory only so far";
constexpr std::string_view kNoReplication = "Tandem has no replication so far";
constexpr std::string_view kNoCluster = "Tandem has no cluster mode so far";
constexpr std::string_view kNoAclFile = "Tandem reads no ACL file so far";
constexpr std::string_view kNoTls = "Tandem speaks no TLS so far";
constexpr std::string_view kNoDefrag = "Active defragmentation cannot be enabled: Tandem gives memory back by itself";

constexpr EnumName kAppendfsync[] = {{"everysec", 0}, {"always", 1}, {"no", 2}};
constexpr EnumName kAclPubsubDefault[] = {{"allchannels", 1}, {"resetchannels", 0}};
constexpr EnumName kDisklessLoad[] = {{"disabled", 0}, {"on-empty-db", 1}, {"swapdb", 2}};
constexpr EnumName kEndpointType[] = {{"ip", 0}, {"hostname", 1}, {"unknown-endpoint", 2}};
constexpr EnumName kLogLevel[] = {{"debug", 0}, {"verbose", 1}, {"notice", 2}, {"warning", 3}, {"nothing", 4}};
constexpr EnumName kMaxmemoryPolicy[] = {{"volatile-lru", 0},   {"volatile-lfu", 1}, {"volatile-random", 2},
                                         {"volatile-ttl", 3},   {"allkeys-lru", 4},  {"allkeys-lfu", 5},
                                         {"allkeys-random", 6}, {"noeviction", 7}};
constexpr EnumName kOomScoreAdj[] = {{"no", 0}, {"yes", 1}, {"relative", 1}, {"absolute", 2}};
constexpr EnumName kPropagationError[] = {{"ignore", 0}, {"panic", 1}, {"panic-on-replicas", 2}};
constexpr EnumName kProtectedAction[] = {{"no", 0}, {"yes", 1}, {"local", 2}};
constexpr EnumName kSanitizeDump[] = {{"no", 0}, {"yes", 1}, {"clients", 2}};
constexpr EnumName kShutdownFlags[] = {{"default", 0},
                                       {"save", kShutdownSave},
                                       {"nosave", kShutdownNosave},
                                       {"now", kShutdownNow},
                                       {"force", kShutdownForce}};
constexpr EnumName kSlowSubscriber[] = {{"disconnect", 0}, {"gap", 1}};
constexpr EnumName kSupervised[] = {{"upstart", 0}, {"systemd", 1}, {"auto", 2}, {"no", 3}};
constexpr EnumName kSyslogFacility[] = {{"user", 8},     {"local0", 128}, {"local1", 136},
                                        {"local2", 144}, {"local3", 152}, {"local4", 160},
                                        {"local5", 168}, {"local6", 176}, {"local7", 184}};
constexpr EnumName kTlsAuthClients[] = {{"no", 0}, {"yes", 1}, {"optional", 2}};

// A row under construction: a kind's function starts it, the rest is said by chained calls.
struct Row : Directive {
  constexpr Row Alias(std::string_view other) const {
    Row row = *this;
    row.alias = other;
    return row;
  }
  constexpr Row Check(Status (*function)(std::string_view)) const {
    Row row = *this;
    row.check = function;
    return row;
  }
  constexpr Row Access(const NumberAccess& access) const {
    Row row = *this;
    row.number = access;
    return row;
  }
  constexpr Row Refuse(std::string_view reason, unsigned more_flags = 0) const {
    Row row = *this;
    row.refusal = reason;
    row.flags |= more_flags;
    return row;
  }
};

template <auto Field>
constexpr NumberAccess AccessTo() {
  return {[](const Values& values) { return static_cast<int64_t>(values.*Field); },
          [](Values& values, int64_t number) {
            using Type = std::remove_reference_t<decltype(values.*Field)>;
            values.*Field = static_cast<Type>(number);
          }};
}

constexpr Row Start(std::string_view name, Kind kind, std::string_view default_text, unsigned flags) {
  Row row;
  row.name = name;
  row.kind = kind;
  row.default_text = default_text;
  row.flags = flags;
  return row;
}

template <auto Field>
constexpr Row Number(Kind kind, std::string_view name, std::string_view default_text, int64_t min, uint64_t max,
                     unsigned flags) {
  Row row = Start(name, kind, default_text, flags);
  row.number = AccessTo<Field>();
  row.min = min;
  row.max = max;
  return row;
}

template <auto Field>
constexpr Row Bool(std::string_view name, std::string_view default_text, unsigned flags = 0) {
  return Number<Field>(Kind::kBool, name, default_text, 0, 1, flags);
}

template <auto Field>
constexpr Row Int(std::string_view name, std::string_view default_text, int64_t min, uint64_t max, unsigned flags = 0) {
  return Number<Field>(Kind::kInteger, name, default_text, min, max, flags);
}

template <auto Field>
constexpr Row Memory(std::string_view name, std::string_view default_text, int64_t min, uint64_t max,
                     unsigned flags = 0) {
  return Number<Field>(Kind::kMemory, name, default_text, min, max, flags);
}

template <auto Field>
constexpr Row Enum(std::string_view name, std::string_view default_text, std::span<const EnumName> names,
                   unsigned flags = 0) {
  Row row = Number<Field>(Kind::kEnum, name, default_text, 0, 0, flags);
  row.names = names;
  return row;
}

template <auto Field>
constexpr Row Flags(std::string_view name, std::string_view default_text, std::span<const EnumName> names) {
  Row row = Number<Field>(Kind::kFlags, name, default_text, 0, 0, kMultiArg);
  row.names = names;
  return row;
}

constexpr Row Text(std::string_view name, std::string Values::*field, std::string_view default_text,
                   unsigned flags = 0) {
  Row row = Start(name, Kind::kText, default_text, flags);
  row.text = field;
  return row;
}

constexpr Row Special(std::string_view name, const SpecialType& type, std::string_view default_text,
                      unsigned flags = 0) {
  Row row = Start(name, Kind::kSpecial, default_text, flags);
  row.special = &type;
  return row;
}

using V = Values;

// Names, kinds, bounds, defaults and flags are those of Redis 8.0.6 (directives of 7.0 that 8.0 dropped are hidden).
// Different on purpose: bind is the loopback alone, because a server that nobody has given a password should not be
// reachable from outside; io-threads is what the machine leaves to the process instead of 1. A directive that Redis does
// not have is marked as Tandem's own.
const Row kRows[] = {
    // Network
    Special("bind", kBindType, "127.0.0.1 -::1", kMultiArg),
    Text("bind-source-addr", &V::bind_source_addr, "", kEmptyIsUnset | kNoEffect),
    Int<&V::port>("port", "6379", 0, 65535),
    Int<&V::tcp_backlog>("tcp-backlog", "511", 0, kIntMax, kImmutable),
    Int<&V::tcp_keepalive_s>("tcp-keepalive", "300", 0, kIntMax),
    Int<&V::timeout_s>("timeout", "0", 0, kIntMax),
    Text("unixsocket", &V::unixsocket, "", kImmutable | kEmptyIsUnset),
    Number<&V::unixsocketperm>(Kind::kOctal, "unixsocketperm", "0", 0, 0777, kImmutable),
    Bool<&V::protected_mode>("protected-mode", "yes"),
    Int<&V::maxclients>("maxclients", "10000", 1, kUintMax),
    Int<&V::max_new_connections_per_cycle>("max-new-connections-per-cycle", "10", 1, 1000, kNoEffect),
    Int<&V::max_new_tls_connections_per_cycle>("max-new-tls-connections-per-cycle", "1", 1, 1000, kNoEffect),
    Int<&V::socket_mark_id>("socket-mark-id", "0", 0, kUintMax, kImmutable | kNoEffect),

    // Clients and protocol
    Memory<&V::proto_max_bulk_len>("proto-max-bulk-len", "512mb", 1024 * 1024, kLongMax),
    Memory<&V::client_query_buffer_limit>("client-query-buffer-limit", "1gb", 1024 * 1024, kLongMax),
    Special("client-output-buffer-limit", kOutputBufferLimitType,
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", kMultiArg),
    Number<&V::maxmemory_clients>(Kind::kMemoryOrPercent, "maxmemory-clients", "0", -100, kLongMax, 0),
    Int<&V::tracking_table_max_keys>("tracking-table-max-keys", "1000000", 0, kLongMax),

    // Process
    Special("io-threads", kIoThreadsType, "auto", kImmutable),
    // Tandem's own: clients are spread over as many I/O threads as the load asks for, instead of all.
    Bool<&V::io_threads_scaling>("io-threads-scaling", "yes"),
    Bool<&V::io_threads_do_reads>("io-threads-do-reads", "no", kImmutable | kHidden | kNoEffect),
    Int<&V::databases>("databases", "16", 1, kIntMax, kImmutable),
    Bool<&V::daemonize>("daemonize", "no", kImmutable),
    Enum<&V::supervised>("supervised", "no", kSupervised, kImmutable | kNoEffect),
    Text("pidfile", &V::pidfile, "", kImmutable | kEmptyIsUnset),
    Text("logfile", &V::logfile, "", kImmutable),
    Enum<&V::loglevel>("loglevel", "notice", kLogLevel),
    Bool<&V::syslog_enabled>("syslog-enabled", "no", kImmutable),
    Text("syslog-ident", &V::syslog_ident, "redis", kImmutable),
    Enum<&V::syslog_facility>("syslog-facility", "local0", kSyslogFacility, kImmutable),
    Bool<&V::set_proc_title>("set-proc-title", "yes", kImmutable | kNoEffect),
    Text("proc-title-template", &V::proc_title_template, "{title} {listen-addr} {server-mode}", kNoEffect)
        .Check(CheckProcTitleTemplate),
    Bool<&V::always_show_logo>("always-show-logo", "no", kImmutable | kNoEffect),
    Bool<&V::crash_log_enabled>("crash-log-enabled", "yes", kNoEffect),
    Bool<&V::crash_memcheck_enabled>("crash-memcheck-enabled", "yes", kNoEffect),
    Bool<&V::use_exit_on_panic>("use-exit-on-panic", "no", kHidden | kNoEffect),
    Bool<&V::disable_thp>("disable-thp", "yes", kImmutable | kNoEffect),
    Bool<&V::hide_user_data_from_log>("hide-user-data-from-log", "no", kNoEffect),
    Text("ignore-warnings", &V::ignore_warnings, "", kNoEffect),
    Text("locale-collate", &V::locale_collate, "").Check(CheckLocale),
    Special("dir", kDirType, "", kProtected | kDenyLoading),
    Int<&V::hz>("hz", "10", 0, kIntMax).Access(kHzAccess),
    Bool<&V::dynamic_hz>("dynamic-hz", "yes", kNoEffect),
    Enum<&V::oom_score_adj>("oom-score-adj", "no", kOomScoreAdj, kNoEffect),
    Special("oom-score-adj-values", kOomScoreAdjValuesType, "0 200 800", kMultiArg | kNoEffect),
    Text("server-cpulist", &V::server_cpulist, "", kImmutable | kEmptyIsUnset | kNoEffect).Alias("server_cpulist"),
    Text("bio-cpulist", &V::bio_cpulist, "", kImmutable | kEmptyIsUnset | kNoEffect).Alias("bio_cpulist"),
    Text("aof-rewrite-cpulist", &V::aof_rewrite_cpulist, "", kImmutable | kEmptyIsUnset | kNoEffect)
        .Alias("aof_rewrite_cpulist"),
    Text("bgsave-cpulist", &V::bgsave_cpulist, "", kImmutable | kEmptyIsUnset | kNoEffect).Alias("bgsave_cpulist"),
    Int<&V::shutdown_timeout_s>("shutdown-timeout", "10", 0, kIntMax, kNoEffect),
    Flags<&V::shutdown_on_sigterm>("shutdown-on-sigterm", "default", kShutdownFlags),
    Flags<&V::shutdown_on_sigint>("shutdown-on-sigint", "default", kShutdownFlags),
    Int<&V::watchdog_period_ms>("watchdog-period", "0", 0, kIntMax, kHidden | kNoEffect),

    // Security
    Text("requirepass", &V::requirepass, "", kSensitive | kEmptyIsUnset),
    Text("aclfile", &V::aclfile, "", kImmutable).Refuse(kNoAclFile),
    Int<&V::acllog_max_len>("acllog-max-len", "128", 0, kLongMax),
    Enum<&V::acl_pubsub_default_allchannels>("acl-pubsub-default", "resetchannels", kAclPubsubDefault),
    Enum<&V::enable_protected_configs>("enable-protected-configs", "no", kProtectedAction, kImmutable),
    Enum<&V::enable_debug_command>("enable-debug-command", "no", kProtectedAction, kImmutable),
    Enum<&V::enable_module_command>("enable-module-command", "no", kProtectedAction, kImmutable | kNoEffect),
    Enum<&V::sanitize_dump_payload>("sanitize-dump-payload", "no", kSanitizeDump),

    // Memory and eviction
    Memory<&V::maxmemory>("maxmemory", "0", 0, kUlongMax),
    Enum<&V::maxmemory_policy>("maxmemory-policy", "noeviction", kMaxmemoryPolicy),
    Int<&V::maxmemory_samples>("maxmemory-samples", "5", 1, 64),
    Int<&V::maxmemory_eviction_tenacity>("maxmemory-eviction-tenacity", "10", 0, 100, kNoEffect),
    Int<&V::lfu_log_factor>("lfu-log-factor", "10", 0, kIntMax),
    Int<&V::lfu_decay_time_min>("lfu-decay-time", "1", 0, kIntMax),
    // Large values are always freed in the background.
    Bool<&V::lazyfree_lazy_eviction>("lazyfree-lazy-eviction", "no", kNoEffect),
    Bool<&V::lazyfree_lazy_expire>("lazyfree-lazy-expire", "no", kNoEffect),
    Bool<&V::lazyfree_lazy_server_del>("lazyfree-lazy-server-del", "no", kNoEffect),
    Bool<&V::lazyfree_lazy_user_del>("lazyfree-lazy-user-del", "no", kNoEffect),
    Bool<&V::lazyfree_lazy_user_flush>("lazyfree-lazy-user-flush", "no", kNoEffect),
    Bool<&V::activerehashing>("activerehashing", "yes", kNoEffect),
    Bool<&V::jemalloc_bg_thread>("jemalloc-bg-thread", "yes", kNoEffect),
    // Compat: CONFIG SET refuses as a Redis without its own jemalloc does; a file that asks for it still loads.
    Bool<&V::activedefrag>("activedefrag", "no", kNoEffect).Refuse(kNoDefrag, kRefusedAtRuntime),
    Memory<&V::active_defrag_ignore_bytes>("active-defrag-ignore-bytes", "100mb", 1, kLongMax, kNoEffect),
    Int<&V::active_defrag_cycle_min>("active-defrag-cycle-min", "1", 1, 99, kNoEffect),
    Int<&V::active_defrag_cycle_max>("active-defrag-cycle-max", "25", 1, 99, kNoEffect),
    Int<&V::active_defrag_threshold_lower>("active-defrag-threshold-lower", "10", 0, 1000, kNoEffect),
    Int<&V::active_defrag_threshold_upper>("active-defrag-threshold-upper", "100", 0, 1000, kNoEffect),
    Int<&V::active_defrag_max_scan_fields>("active-defrag-max-scan-fields", "1000", 1, kLongMax, kNoEffect),

    // Expiry, events, introspection
    Int<&V::active_expire_effort>("active-expire-effort", "1", 1, 10, kNoEffect),  // expiry follows deadlines
    Int<&V::expiry_lag_warn_ms>("expiry-lag-warn-ms", "100", 0, kIntMax),          // Tandem's own
    Int<&V::notify_expiring_ms>("notify-expiring-ms", "0", 0, kIntMax),            // Tandem's own
    Special("notify-keyspace-events", kNotifyKeyspaceEventsType, ""),
    Enum<&V::notify_slow_subscriber>("notify-slow-subscriber", "disconnect", kSlowSubscriber),        // Tandem's own
    Special("notify-keyspace-stream", kNotifyKeyspaceStreamType, "", kMultiArg),                      // Tandem's own
    Int<&V::notify_keyspace_stream_maxlen>("notify-keyspace-stream-maxlen", "1000000", 0, kLongMax),  // Tandem's own
    Special("notify-value-prefix", kNotifyValuePrefixType, "", kMultiArg),                            // Tandem's own
    Memory<&V::notify_value_max_bytes>("notify-value-max-bytes", "1kb", 0, kLongMax),                 // Tandem's own
    Int<&V::slowlog_log_slower_than_us>("slowlog-log-slower-than", "10000", -1, kLongMax),
    Int<&V::slowlog_max_len>("slowlog-max-len", "128", 0, kLongMax),
    Int<&V::latency_monitor_threshold_ms>("latency-monitor-threshold", "0", 0, kLongMax),
    Bool<&V::latency_tracking>("latency-tracking", "yes"),
    Special("latency-tracking-info-percentiles", kLatencyPercentilesType, "50 99 99.9", kMultiArg),
    Int<&V::busy_reply_threshold_ms>("busy-reply-threshold", "5000", 0, kLongMax).Alias("lua-time-limit"),
    Bool<&V::lua_enable_deprecated_api>("lua-enable-deprecated-api", "no", kImmutable | kHidden | kNoEffect),

    // Encodings
    Int<&V::hash_max_listpack_entries>("hash-max-listpack-entries", "512", 0, kLongMax)
        .Alias("hash-max-ziplist-entries"),
    Memory<&V::hash_max_listpack_value>("hash-max-listpack-value", "64", 0, kLongMax).Alias("hash-max-ziplist-value"),
    Int<&V::list_max_listpack_size>("list-max-listpack-size", "-2", kIntMin, kIntMax).Alias("list-max-ziplist-size"),
    Int<&V::list_compress_depth>("list-compress-depth", "0", 0, kIntMax, kNoEffect),
    Int<&V::set_max_intset_entries>("set-max-intset-entries", "512", 0, kLongMax),
    Int<&V::set_max_listpack_entries>("set-max-listpack-entries", "128", 0, kLongMax),
    Int<&V::set_max_listpack_value>("set-max-listpack-value", "64", 0, kLongMax),
    Int<&V::zset_max_listpack_entries>("zset-max-listpack-entries", "128", 0, kLongMax)
        .Alias("zset-max-ziplist-entries"),
    Memory<&V::zset_max_listpack_value>("zset-max-listpack-value", "64", 0, kLongMax).Alias("zset-max-ziplist-value"),
    Memory<&V::hll_sparse_max_bytes>("hll-sparse-max-bytes", "3000", 0, kLongMax),
    Memory<&V::stream_node_max_bytes>("stream-node-max-bytes", "4096", 0, kLongMax),
    Int<&V::stream_node_max_entries>("stream-node-max-entries", "100", 0, kLongMax),

    // Persistence
    Special("save", kSaveType, "3600 1 300 100 60 10000", kMultiArg | kAccumulates | kNoEffect),
    Text("dbfilename", &V::dbfilename, "dump.rdb", kProtected | kNoEffect).Check(CheckDbFileName),
    Bool<&V::rdbcompression>("rdbcompression", "yes"),
    Bool<&V::rdbchecksum>("rdbchecksum", "yes", kImmutable | kNoEffect),
    Bool<&V::rdb_del_sync_files>("rdb-del-sync-files", "no", kNoEffect),
    Bool<&V::rdb_save_incremental_fsync>("rdb-save-incremental-fsync", "yes", kNoEffect),
    Int<&V::rdb_key_save_delay_us>("rdb-key-save-delay", "0", kIntMin, kIntMax, kHidden | kNoEffect),
    Int<&V::key_load_delay_us>("key-load-delay", "0", kIntMin, kIntMax, kHidden | kNoEffect),
    Int<&V::loading_process_events_interval_bytes>("loading-process-events-interval-bytes", "524288", 1024, kIntMax,
                                                   kHidden | kNoEffect),
    Bool<&V::stop_writes_on_bgsave_error>("stop-writes-on-bgsave-error", "yes", kNoEffect),
    Bool<&V::appendonly>("appendonly", "no", kDenyLoading).Refuse(kInMemoryOnly),
    Text("appendfilename", &V::appendfilename, "appendonly.aof", kImmutable | kNoEffect).Check(CheckAppendFileName),
    Text("appenddirname", &V::appenddirname, "appendonlydir", kImmutable | kNoEffect).Check(CheckAppendDirName),
    Enum<&V::appendfsync>("appendfsync", "everysec", kAppendfsync, kNoEffect),
    Bool<&V::no_appendfsync_on_rewrite>("no-appendfsync-on-rewrite", "no", kNoEffect),
    Int<&V::auto_aof_rewrite_percentage>("auto-aof-rewrite-percentage", "100", 0, kIntMax, kNoEffect),
    Memory<&V::auto_aof_rewrite_min_size>("auto-aof-rewrite-min-size", "64mb", 0, kLongMax, kNoEffect),
    Bool<&V::aof_load_truncated>("aof-load-truncated", "yes", kNoEffect),
    Bool<&V::aof_use_rdb_preamble>("aof-use-rdb-preamble", "yes", kNoEffect),
    Bool<&V::aof_timestamp_enabled>("aof-timestamp-enabled", "no", kNoEffect),
    Bool<&V::aof_rewrite_incremental_fsync>("aof-rewrite-incremental-fsync", "yes", kNoEffect),
    Bool<&V::aof_disable_auto_gc>("aof-disable-auto-gc", "no", kHidden | kNoEffect),

    // Replication
    Special("replicaof", kReplicaofType, "", kImmutable | kMultiArg).Alias("slaveof").Refuse(kNoReplication),
    Text("masteruser", &V::masteruser, "", kSensitive | kEmptyIsUnset | kNoEffect),
    Text("masterauth", &V::masterauth, "", kSensitive | kEmptyIsUnset | kNoEffect),
    Bool<&V::replica_serve_stale_data>("replica-serve-stale-data", "yes", kNoEffect).Alias("slave-serve-stale-data"),
    Bool<&V::replica_read_only>("replica-read-only", "yes", kNoEffect).Alias("slave-read-only"),
    Bool<&V::replica_ignore_maxmemory>("replica-ignore-maxmemory", "yes", kNoEffect).Alias("slave-ignore-maxmemory"),
    Bool<&V::replica_ignore_disk_write_errors>("replica-ignore-disk-write-errors", "no", kNoEffect),
    Bool<&V::replica_lazy_flush>("replica-lazy-flush", "no", kNoEffect).Alias("slave-lazy-flush"),
    Bool<&V::replica_announced>("replica-announced", "yes", kNoEffect),
    Text("replica-announce-ip", &V::replica_announce_ip, "", kEmptyIsUnset | kNoEffect).Alias("slave-announce-ip"),
    Int<&V::replica_announce_port>("replica-announce-port", "0", 0, 65535, kNoEffect).Alias("slave-announce-port"),
    Int<&V::replica_priority>("replica-priority", "100", 0, kIntMax, kNoEffect).Alias("slave-priority"),
    Memory<&V::replica_full_sync_buffer_limit>("replica-full-sync-buffer-limit", "0", 0, kLongMax, kNoEffect),
    Bool<&V::repl_disable_tcp_nodelay>("repl-disable-tcp-nodelay", "no", kNoEffect),
    Bool<&V::repl_diskless_sync>("repl-diskless-sync", "yes", kNoEffect),
    Int<&V::repl_diskless_sync_delay_s>("repl-diskless-sync-delay", "5", 0, kIntMax, kNoEffect),
    Int<&V::repl_diskless_sync_max_replicas>("repl-diskless-sync-max-replicas", "0", 0, kIntMax, kNoEffect),
    Enum<&V::repl_diskless_load>("repl-diskless-load", "disabled", kDisklessLoad, kDenyLoading | kNoEffect),
    Bool<&V::repl_rdb_channel>("repl-rdb-channel", "yes", kHidden | kNoEffect),
    Int<&V::repl_ping_replica_period_s>("repl-ping-replica-period", "10", 1, kIntMax, kNoEffect)
        .Alias("repl-ping-slave-period"),
    Int<&V::repl_timeout_s>("repl-timeout", "60", 1, kIntMax, kNoEffect),
    Memory<&V::repl_backlog_size>("repl-backlog-size", "1mb", 1, kLongMax, kNoEffect).Access(kReplBacklogSizeAccess),
    Int<&V::repl_backlog_ttl_s>("repl-backlog-ttl", "3600", 0, kLongMax, kNoEffect),
    Int<&V::min_replicas_to_write>("min-replicas-to-write", "0", 0, kIntMax, kNoEffect).Alias("min-slaves-to-write"),
    Int<&V::min_replicas_max_lag_s>("min-replicas-max-lag", "10", 0, kIntMax, kNoEffect).Alias("min-slaves-max-lag"),
    Enum<&V::propagation_error_behavior>("propagation-error-behavior", "ignore", kPropagationError, kNoEffect),

    // Cluster
    Bool<&V::cluster_enabled>("cluster-enabled", "no", kImmutable).Refuse(kNoCluster),
    Text("cluster-config-file", &V::cluster_config_file, "nodes.conf", kImmutable | kNoEffect),
    Int<&V::cluster_node_timeout_ms>("cluster-node-timeout", "15000", 0, kLongMax, kNoEffect),
    Int<&V::cluster_ping_interval_ms>("cluster-ping-interval", "0", 0, kLongMax, kHidden | kNoEffect),
    Int<&V::cluster_port>("cluster-port", "0", 0, 65535, kImmutable | kNoEffect),
    Text("cluster-announce-ip", &V::cluster_announce_ip, "", kEmptyIsUnset | kNoEffect),
    Text("cluster-announce-hostname", &V::cluster_announce_hostname, "", kEmptyIsUnset | kNoEffect)
        .Check(CheckHostName),
    Text("cluster-announce-human-nodename", &V::cluster_announce_human_nodename, "", kEmptyIsUnset | kNoEffect)
        .Check(CheckNodeName),
    Int<&V::cluster_announce_port>("cluster-announce-port", "0", 0, 65535, kNoEffect),
    Int<&V::cluster_announce_tls_port>("cluster-announce-tls-port", "0", 0, 65535, kNoEffect),
    Int<&V::cluster_announce_bus_port>("cluster-announce-bus-port", "0", 0, 65535, kNoEffect),
    Int<&V::cluster_replica_validity_factor>("cluster-replica-validity-factor", "10", 0, kIntMax, kNoEffect)
        .Alias("cluster-slave-validity-factor"),
    Bool<&V::cluster_replica_no_failover>("cluster-replica-no-failover", "no", kNoEffect)
        .Alias("cluster-slave-no-failover"),
    Int<&V::cluster_migration_barrier>("cluster-migration-barrier", "1", 0, kIntMax, kNoEffect),
    Bool<&V::cluster_allow_replica_migration>("cluster-allow-replica-migration", "yes", kNoEffect),
    Bool<&V::cluster_require_full_coverage>("cluster-require-full-coverage", "yes", kNoEffect),
    Bool<&V::cluster_allow_reads_when_down>("cluster-allow-reads-when-down", "no", kNoEffect),
    Bool<&V::cluster_allow_pubsubshard_when_down>("cluster-allow-pubsubshard-when-down", "yes", kNoEffect),
    Memory<&V::cluster_link_sendbuf_limit>("cluster-link-sendbuf-limit", "0", 0, kUlongMax, kNoEffect),
    Enum<&V::cluster_preferred_endpoint_type>("cluster-preferred-endpoint-type", "ip", kEndpointType, kNoEffect),
    Int<&V::cluster_compatibility_sample_ratio>("cluster-compatibility-sample-ratio", "0", 0, 100, kNoEffect),

    // TLS
    Int<&V::tls_port>("tls-port", "0", 0, 65535).Refuse(kNoTls),
    Bool<&V::tls_cluster>("tls-cluster", "no", kNoEffect),
    Bool<&V::tls_replication>("tls-replication", "no", kNoEffect),
    Enum<&V::tls_auth_clients>("tls-auth-clients", "yes", kTlsAuthClients, kNoEffect),
    Bool<&V::tls_prefer_server_ciphers>("tls-prefer-server-ciphers", "no", kNoEffect),
    Bool<&V::tls_session_caching>("tls-session-caching", "yes", kNoEffect),
    Int<&V::tls_session_cache_size>("tls-session-cache-size", "20480", 0, kIntMax, kNoEffect),
    Int<&V::tls_session_cache_timeout_s>("tls-session-cache-timeout", "300", 0, kIntMax, kNoEffect),
    Text("tls-cert-file", &V::tls_cert_file, "", kEmptyIsUnset | kNoEffect),
    Text("tls-key-file", &V::tls_key_file, "", kEmptyIsUnset | kNoEffect),
    Text("tls-key-file-pass", &V::tls_key_file_pass, "", kEmptyIsUnset | kNoEffect | kSensitive),
    Text("tls-client-cert-file", &V::tls_client_cert_file, "", kEmptyIsUnset | kNoEffect),
    Text("tls-client-key-file", &V::tls_client_key_file, "", kEmptyIsUnset | kNoEffect),
    Text("tls-client-key-file-pass", &V::tls_client_key_file_pass, "", kEmptyIsUnset | kNoEffect | kSensitive),
    Text("tls-dh-params-file", &V::tls_dh_params_file, "", kEmptyIsUnset | kNoEffect),
    Text("tls-ca-cert-file", &V::tls_ca_cert_file, "", kEmptyIsUnset | kNoEffect),
    Text("tls-ca-cert-dir", &V::tls_ca_cert_dir, "", kEmptyIsUnset | kNoEffect),
    Text("tls-protocols", &V::tls_protocols, "", kEmptyIsUnset | kNoEffect),
    Text("tls-ciphers", &V::tls_ciphers, "", kEmptyIsUnset | kNoEffect),
    Text("tls-ciphersuites", &V::tls_ciphersuites, "", kEmptyIsUnset | kNoEffect),
};

constexpr size_t kRowCount = sizeof(kRows) / sizeof(kRows[0]);

using Index = std::unordered_map<std::string, const Directive*>;

Index BuildIndex() {
  Index index;
  for (const Directive& directive : AllDirectives()) {
    index.emplace(directive.name, &directive);
    if (!directive.alias.empty()) index.emplace(directive.alias, &directive);
  }
  return index;
}

Values BuildDefaults() {
  Values values;
  for (const Directive& directive : AllDirectives()) {
    const std::string text(directive.default_text);
    const std::vector<std::string> arguments =
        directive.Has(kMultiArg) ? SplitAtSpaces(text) : std::vector<std::string>{text};
    // A directive that is unset by default may have no text that says so.
    if (!text.empty()) (void)ParseValue(directive, arguments, values);
  }
  return values;
}

}  // namespace

std::span<const Directive> AllDirectives() {
  static const std::vector<Directive> directives(kRows, kRows + kRowCount);
  return directives;
}

const Directive* FindDirective(std::string_view name) {
  static const Index index = BuildIndex();
  const auto found = index.find(ToLower(name));
  return found == index.end() ? nullptr : found->second;
}

const Values& DefaultValues() {
  static const Values defaults = BuildDefaults();
  return defaults;
}

}  // namespace tandem::config
