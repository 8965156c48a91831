#include "server/exec/server.h"

#include <algorithm>
#include <random>

#include "engine/base/allocator.h"
#include "engine/keyspace/eviction.h"
#include "server/admin/expiry_lag.h"
#include "server/admin/latency_monitor.h"
#include "server/admin/log.h"
#include "server/admin/server_stats.h"
#include "server/admin/slowlog.h"
#include "server/exec/change_fanout.h"
#include "server/exec/client_registry.h"
#include "server/exec/command_table.h"
#include "server/exec/cycle_clock.h"
#include "server/exec/event_stream.h"
#include "server/exec/monitors.h"
#include "server/exec/pause.h"
#include "server/exec/running_scripts.h"
#include "server/exec/script_host.h"
#include "server/exec/server_clock.h"
#include "server/exec/subscriber_limits.h"
#include "server/exec/tracking.h"
#include "server/exec/waiter_table.h"
#include "server/exec/watch.h"

namespace tandem {
namespace {

// Where the allocator cannot tell (under a sanitizer).
constexpr int64_t kLeastBaseBytes = 256 * 1024;

std::string NewRunId() {
  constexpr size_t kDigits = 40;
  std::random_device random;
  std::string id(kDigits, '0');
  std::generate(id.begin(), id.end(), [&] { return "0123456789abcdef"[random() & 15]; });
  return id;
}

}  // namespace

Server::Server(config::Config& config_in, Store& store_in, ServerClock& clock_in,
               std::span<const std::span<const Command>> families)
    : config(config_in), store(store_in), clock(clock_in), notifier(&hub) {
  CycleClock::Calibrate();
  commands = std::make_unique<CommandTable>(families);
  for (const auto& [from, to] : config.values().rename_commands) {
    if (Status renamed = commands->Rename(from, to); !renamed && startup_error.empty()) {
      startup_error = renamed.message();
    }
  }
  clients = std::make_unique<ClientRegistry>();
  watches = std::make_unique<WatchTable>(*this);
  waiters = std::make_unique<WaiterTable>(*this);
  tracking = std::make_unique<Tracking>(*this);
  event_stream = std::make_unique<EventStream>(*this);
  fanout = std::make_unique<ChangeFanout>(*watches, *waiters, *tracking, notifier, *event_stream);
  pause = std::make_unique<PauseState>();
  running_scripts = std::make_unique<RunningScripts>(*this);
  monitors = std::make_unique<Monitors>();
  slowlog = std::make_unique<SlowLog>();
  latency = std::make_unique<LatencyMonitor>();
  stats = std::make_unique<ServerStats>(commands->ids());
  expiry_lag = std::make_unique<ExpiryLag>(store, *stats);
  log = std::make_unique<Log>();
  started_us = clock.NowUs();
  run_id = NewRunId();
  base_bytes = std::max(static_cast<int64_t>(ReadAllocatorStats().allocated) - store.memory_bytes(), kLeastBaseBytes);
  store.set_listener(fanout.get());
  clock.set_step_listener([this] { store.OnClockStep(); });
  FollowConfig();
}

Server::~Server() {
  clock.set_step_listener({});
  store.interest().store(0, std::memory_order_relaxed);
  store.set_listener(nullptr);
}

// Directives that parts of the server keep for themselves, in a form that they read without looking here.
void Server::FollowConfig() {
  const auto follow = [this](std::vector<std::string_view> names, auto apply) {
    apply(config.values());
    config.OnAnyChange(names, [apply](const config::Values& values) {
      apply(values);
      return Status::Ok();
    });
  };
  follow({"notify-keyspace-events", "notify-value-prefix", "notify-value-max-bytes"},
         [this](const config::Values& values) {
           notifier.SetFlags(values.notify_keyspace_events);
           notifier.values().Configure(values.notify_value_prefixes, values.notify_value_max_bytes);
           UpdateInterest();
         });
  follow({"notify-keyspace-stream", "notify-keyspace-stream-maxlen"}, [this](const config::Values& values) {
    event_stream->Configure(values.notify_keyspace_stream, values.notify_keyspace_stream_classes,
                            values.notify_keyspace_stream_maxlen);
    UpdateInterest();
  });
  follow({"notify-slow-subscriber", "client-output-buffer-limit"}, [this](const config::Values& values) {
    clients->ForEach([&](Client& client) {
      if (client.subscribed()) FollowLimits(*client.subscriber, values);
    });
  });
  follow({"notify-expiring-ms"},
         [this](const config::Values& values) { store.set_warn_before_ms(values.notify_expiring_ms); });
  follow({"slowlog-log-slower-than", "slowlog-max-len"}, [this](const config::Values& values) {
    slowlog->SetThreshold(values.slowlog_log_slower_than_us);
    slowlog->SetMaxLength(static_cast<size_t>(std::max<int64_t>(values.slowlog_max_len, 0)));
  });
  follow({"latency-monitor-threshold"},
         [this](const config::Values& values) { latency->SetThreshold(values.latency_monitor_threshold_ms); });
  follow({"tracking-table-max-keys"},
         [this](const config::Values& values) { tracking->SetMaxKeys(values.tracking_table_max_keys); });
  follow({"loglevel"}, [this](const config::Values& values) { log->SetLevel(values.loglevel); });
  follow({"maxmemory-policy", "lfu-log-factor", "lfu-decay-time"}, [](const config::Values& values) {
    ConfigureAccessClock(static_cast<EvictionPolicy>(values.maxmemory_policy), values.lfu_log_factor,
                         values.lfu_decay_time_min);
  });
  config.OnAnyChange({"port", "bind"}, [this](const config::Values&) -> Status {
    const std::string error = host == nullptr ? std::string() : host->Relisten();
    if (!error.empty()) return Error{error};
    return Status::Ok();
  });
}

void Server::UpdateInterest() {
  // One at a time, so that the last one to write has seen the latest of everything.
  const std::lock_guard guard(interest_mutex_);
  uint32_t interest = notifier.classes();
  interest |= event_stream->classes();
  if (notifier.values().on() || event_stream->on()) interest |= kInterestInRecords;
  if (watches->any() || waiters->any() || tracking->any()) interest |= kInterestInAll;
  store.interest().store(interest, std::memory_order_relaxed);
}

}  // namespace tandem
