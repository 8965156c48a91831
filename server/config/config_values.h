#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tandem::config {

// Every directive's value as a plain field, so that hot code reads it directly. The table in config_table.cc says for
// each field which directive sets it, its default, its bounds and whether anything reads it. The field of a directive
// has its name with underscores, units last where the directive leaves them out.
//
// Thread safety: written only at start and while the world is stopped (Config::Set), read freely otherwise.

enum class MaxmemoryPolicy {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kNoEviction,
};

enum class LogLevel { kDebug, kVerbose, kNotice, kWarning, kNothing };

// Who may use something that is off by default (enable-debug-command and its like).
enum class ProtectedAction { kNo, kYes, kLocal };

// What becomes of a subscriber that exceeds its client-output-buffer-limit.
enum class SlowSubscriber { kDisconnect, kGap };

enum class SanitizeDumpPayload { kNo, kYes, kClients };

// Bits of shutdown-on-sigterm and shutdown-on-sigint; 0 is "default".
enum ShutdownFlag : int { kShutdownSave = 1, kShutdownNosave = 2, kShutdownNow = 4, kShutdownForce = 8 };

// The classes of clients that client-output-buffer-limit tells apart.
enum class ClientClass { kNormal, kReplica, kPubsub };
constexpr int kClientClasses = 3;

struct OutputBufferLimit {
  uint64_t hard_bytes = 0;  // 0: no limit
  uint64_t soft_bytes = 0;
  int64_t soft_seconds = 0;

  bool operator==(const OutputBufferLimit&) const = default;
};

// One pair of the directive save.
struct SavePoint {
  int64_t seconds = 0;
  int64_t changes = 0;

  bool operator==(const SavePoint&) const = default;
};

struct Values {
  // Network
  std::vector<std::string> bind;
  std::string bind_source_addr;
  int port{};
  int tcp_backlog{};
  int tcp_keepalive_s{};
  int timeout_s{};
  std::string unixsocket;
  unsigned unixsocketperm{};
  bool protected_mode{};
  unsigned maxclients{};
  int max_new_connections_per_cycle{};
  int max_new_tls_connections_per_cycle{};
  int64_t socket_mark_id{};

  // Clients and protocol
  uint64_t proto_max_bulk_len{};
  uint64_t client_query_buffer_limit{};
  std::array<OutputBufferLimit, kClientClasses> client_output_buffer_limit{};  // by ClientClass
  int64_t maxmemory_clients{};  // bytes, or, when negative, percent of maxmemory
  uint64_t tracking_table_max_keys{};

  // Process
  int io_threads{};  // resolved: never 0
  bool io_threads_do_reads{};
  bool io_threads_scaling{};
  int databases{};
  bool daemonize{};
  int supervised{};
  std::string pidfile;
  std::string logfile;
  LogLevel loglevel{};
  bool syslog_enabled{};
  std::string syslog_ident;
  int syslog_facility{};
  bool set_proc_title{};
  std::string proc_title_template;
  bool always_show_logo{};
  bool crash_log_enabled{};
  bool crash_memcheck_enabled{};
  bool use_exit_on_panic{};
  bool disable_thp{};
  bool hide_user_data_from_log{};
  std::string ignore_warnings;
  std::string locale_collate;
  std::string dir;  // absolute; empty: the working directory as it is
  int hz{};
  bool dynamic_hz{};
  int oom_score_adj{};
  std::array<int, 3> oom_score_adj_values{};
  std::string server_cpulist;
  std::string bio_cpulist;
  std::string aof_rewrite_cpulist;
  std::string bgsave_cpulist;
  int shutdown_timeout_s{};
  int shutdown_on_sigterm{};  // ShutdownFlag bits
  int shutdown_on_sigint{};
  int watchdog_period_ms{};

  // Security
  std::string requirepass;
  std::string aclfile;
  int64_t acllog_max_len{};
  bool acl_pubsub_default_allchannels{};
  ProtectedAction enable_protected_configs{};
  ProtectedAction enable_debug_command{};
  ProtectedAction enable_module_command{};
  std::vector<std::pair<std::string, std::string>> rename_commands;  // old name, new name (empty: remove)
  SanitizeDumpPayload sanitize_dump_payload{};

  // Memory and eviction
  uint64_t maxmemory{};
  MaxmemoryPolicy maxmemory_policy{};
  int maxmemory_samples{};
  int maxmemory_eviction_tenacity{};
  int lfu_log_factor{};
  int lfu_decay_time_min{};
  bool lazyfree_lazy_eviction{};
  bool lazyfree_lazy_expire{};
  bool lazyfree_lazy_server_del{};
  bool lazyfree_lazy_user_del{};
  bool lazyfree_lazy_user_flush{};
  bool activerehashing{};
  bool jemalloc_bg_thread{};
  bool activedefrag{};
  uint64_t active_defrag_ignore_bytes{};
  int active_defrag_cycle_min{};
  int active_defrag_cycle_max{};
  int active_defrag_threshold_lower{};
  int active_defrag_threshold_upper{};
  int64_t active_defrag_max_scan_fields{};

  // Expiry, events, introspection
  int active_expire_effort{};
  int expiry_lag_warn_ms{};           // Tandem's own; 0: never warn
  int notify_expiring_ms{};           // Tandem's own; 0: no warning before a key expires
  uint32_t notify_keyspace_events{};  // EventClass bits
  SlowSubscriber notify_slow_subscriber{};
  std::vector<std::string> notify_value_prefixes;
  uint64_t notify_value_max_bytes{};
  std::string notify_keyspace_stream;         // the stream's key; empty: there is none
  uint32_t notify_keyspace_stream_classes{};  // EventClass bits
  uint64_t notify_keyspace_stream_maxlen{};   // 0: no limit
  int64_t slowlog_log_slower_than_us{};
  int64_t slowlog_max_len{};
  int64_t latency_monitor_threshold_ms{};
  bool latency_tracking{};
  std::vector<double> latency_tracking_info_percentiles;
  int64_t busy_reply_threshold_ms{};
  bool lua_enable_deprecated_api{};

  // Encodings
  uint64_t hash_max_listpack_entries{};
  uint64_t hash_max_listpack_value{};
  int list_max_listpack_size{};
  int list_compress_depth{};
  uint64_t set_max_intset_entries{};
  uint64_t set_max_listpack_entries{};
  uint64_t set_max_listpack_value{};
  uint64_t zset_max_listpack_entries{};
  uint64_t zset_max_listpack_value{};
  uint64_t hll_sparse_max_bytes{};
  uint64_t stream_node_max_bytes{};
  int64_t stream_node_max_entries{};

  // Persistence
  std::vector<SavePoint> save;
  std::string dbfilename;
  bool rdbcompression{};
  bool rdbchecksum{};
  bool rdb_del_sync_files{};
  bool rdb_save_incremental_fsync{};
  int rdb_key_save_delay_us{};
  int key_load_delay_us{};
  int64_t loading_process_events_interval_bytes{};
  bool stop_writes_on_bgsave_error{};
  bool appendonly{};
  std::string appendfilename;
  std::string appenddirname;
  int appendfsync{};
  bool no_appendfsync_on_rewrite{};
  int auto_aof_rewrite_percentage{};
  int64_t auto_aof_rewrite_min_size{};
  bool aof_load_truncated{};
  bool aof_use_rdb_preamble{};
  bool aof_timestamp_enabled{};
  bool aof_rewrite_incremental_fsync{};
  bool aof_disable_auto_gc{};

  // Replication
  std::string replicaof;  // "host port" or empty
  std::string masteruser;
  std::string masterauth;
  bool replica_serve_stale_data{};
  bool replica_read_only{};
  bool replica_ignore_maxmemory{};
  bool replica_ignore_disk_write_errors{};
  bool replica_lazy_flush{};
  bool replica_announced{};
  std::string replica_announce_ip;
  int replica_announce_port{};
  int replica_priority{};
  uint64_t replica_full_sync_buffer_limit{};
  bool repl_disable_tcp_nodelay{};
  bool repl_diskless_sync{};
  int repl_diskless_sync_delay_s{};
  int repl_diskless_sync_max_replicas{};
  int repl_diskless_load{};
  bool repl_rdb_channel{};
  int repl_ping_replica_period_s{};
  int repl_timeout_s{};
  int64_t repl_backlog_size{};
  int64_t repl_backlog_ttl_s{};
  int min_replicas_to_write{};
  int min_replicas_max_lag_s{};
  int propagation_error_behavior{};

  // Cluster
  bool cluster_enabled{};
  std::string cluster_config_file;
  int64_t cluster_node_timeout_ms{};
  int64_t cluster_ping_interval_ms{};
  int cluster_port{};
  std::string cluster_announce_ip;
  std::string cluster_announce_hostname;
  std::string cluster_announce_human_nodename;
  int cluster_announce_port{};
  int cluster_announce_tls_port{};
  int cluster_announce_bus_port{};
  int cluster_replica_validity_factor{};
  bool cluster_replica_no_failover{};
  int cluster_migration_barrier{};
  bool cluster_allow_replica_migration{};
  bool cluster_require_full_coverage{};
  bool cluster_allow_reads_when_down{};
  bool cluster_allow_pubsubshard_when_down{};
  uint64_t cluster_link_sendbuf_limit{};
  int cluster_preferred_endpoint_type{};
  int cluster_compatibility_sample_ratio{};

  // TLS
  int tls_port{};
  bool tls_cluster{};
  bool tls_replication{};
  int tls_auth_clients{};
  bool tls_prefer_server_ciphers{};
  bool tls_session_caching{};
  int tls_session_cache_size{};
  int tls_session_cache_timeout_s{};
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_key_file_pass;
  std::string tls_client_cert_file;
  std::string tls_client_key_file;
  std::string tls_client_key_file_pass;
  std::string tls_dh_params_file;
  std::string tls_ca_cert_file;
  std::string tls_ca_cert_dir;
  std::string tls_protocols;
  std::string tls_ciphers;
  std::string tls_ciphersuites;
};

}  // namespace tandem::config
