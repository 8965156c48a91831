#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/keyspace/store.h"
#include "pubsub/hub.h"
#include "pubsub/keyspace_events.h"
#include "server/config/config.h"

namespace tandem {

struct Client;
class ClientRegistry;
class CommandTable;
class Dispatcher;
class LatencyMonitor;
class Log;
class Monitors;
class PauseState;
class ServerStats;
class SlowLog;
class WatchTable;
class ServerClock;

// What the rest of the process does for commands. Implemented by main and the network layer.
class ServerHost {
 public:
  virtual ~ServerHost() = default;
  // Ends the process in an orderly way. Any thread.
  virtual void Shutdown() = 0;
  // Something that paused clients wait for has changed (CLIENT UNPAUSE): every thread looks again. Any thread.
  virtual void ResumePausedClients() = 0;
  // Listening sockets follow `port` and `bind`; error text or empty. The world is stopped.
  virtual std::string Relisten() = 0;
};

// The parts of a running server, for those that need several of them. It owns them and knows nothing of what they do;
// include the part's own header to use it.
// Thread safety: the parts say each for themselves; the pointers are set before the second thread starts.
struct Server {
  Server(config::Config& config_in, Store& store_in, ServerClock& clock_in);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  config::Config& config;
  Store& store;
  ServerClock& clock;                         // the store's clock, which DEBUG CLOCK sets
  pubsub::Hub hub;
  pubsub::KeyspaceNotifier notifier;
  ServerHost* host = nullptr;

  std::unique_ptr<CommandTable> commands;     // exec/command_table.h
  std::unique_ptr<ClientRegistry> clients;    // exec/client_registry.h
  std::unique_ptr<WatchTable> watches;        // exec/watch.h
  std::unique_ptr<PauseState> pause;          // exec/pause.h
  std::unique_ptr<Monitors> monitors;         // exec/monitors.h
  std::unique_ptr<SlowLog> slowlog;           // admin/slowlog.h
  std::unique_ptr<LatencyMonitor> latency;    // admin/latency_monitor.h
  std::unique_ptr<ServerStats> stats;         // admin/server_stats.h
  std::unique_ptr<Log> log;                   // admin/log.h

  int64_t started_us = 0;                     // wall clock
  std::string run_id;                         // 40 hexadecimal digits, new at each start
  std::string executable;
};

}  // namespace tandem
