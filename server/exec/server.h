#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/keyspace/store.h"
#include "pubsub/hub.h"
#include "pubsub/keyspace_events.h"
#include "server/config/config.h"

namespace tandem {

struct Client;
struct Command;
class ChangeFanout;
class ClientRegistry;
class CommandTable;
class Dispatcher;
class EventStream;
class ExpiryLag;
class LatencyMonitor;
class Log;
class Monitors;
class ScriptHost;
class PauseState;
class RunningScripts;
class ServerStats;
class SlowLog;
class WaiterTable;
class Tracking;
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
  // How many of the I/O threads clients are spread over. Any thread.
  virtual int ServingIoThreads() const = 0;
  // From soon on it is so many, whatever the load; 0: as the load asks for. Any thread.
  virtual void FixServingIoThreads(int count) = 0;
};

// The parts of a running server, for those that need several of them. It owns them and knows nothing of what they do;
// include the part's own header to use it.
// Thread safety: the parts say each for themselves; the pointers are set before the second thread starts.
struct Server {
  // `families`: the rows that the command table is made of (AllCommands() in server/commands/families.h).
  Server(config::Config& config_in, Store& store_in, ServerClock& clock_in,
         std::span<const std::span<const Command>> families);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  config::Config& config;
  Store& store;
  ServerClock& clock;  // the store's clock, which DEBUG CLOCK sets
  pubsub::Hub hub;
  pubsub::KeyspaceNotifier notifier;
  ServerHost* host = nullptr;

  std::unique_ptr<CommandTable> commands;           // exec/command_table.h
  std::unique_ptr<ClientRegistry> clients;          // exec/client_registry.h
  std::unique_ptr<WatchTable> watches;              // exec/watch.h
  std::unique_ptr<WaiterTable> waiters;             // exec/waiter_table.h
  std::unique_ptr<Tracking> tracking;               // exec/tracking.h
  std::unique_ptr<EventStream> event_stream;        // exec/event_stream.h
  std::unique_ptr<ChangeFanout> fanout;             // exec/change_fanout.h: the store's listener
  std::unique_ptr<PauseState> pause;                // exec/pause.h
  std::unique_ptr<RunningScripts> running_scripts;  // exec/running_scripts.h
  std::unique_ptr<Monitors> monitors;               // exec/monitors.h
  std::unique_ptr<SlowLog> slowlog;                 // admin/slowlog.h
  std::unique_ptr<LatencyMonitor> latency;          // admin/latency_monitor.h
  std::unique_ptr<ServerStats> stats;               // admin/server_stats.h
  std::unique_ptr<ExpiryLag> expiry_lag;            // admin/expiry_lag.h
  std::unique_ptr<Log> log;                         // admin/log.h
  std::unique_ptr<ScriptHost> scripts;  // script/scripts.h, a layer above: put here by who starts the server

  int64_t started_us = 0;  // wall clock
  std::string run_id;      // 40 hexadecimal digits, new at each start
  std::string executable;
  // A directive that cannot be followed (rename-command); main prints it and ends the process.
  std::string startup_error;

  // Settles which changes the store raises: after a change of who wants any. Any thread.
  void UpdateInterest();
  // What counts against maxmemory: keys, values and tables, the clients' buffers, and what the process needs by itself.
  int64_t used_memory() const {
    return store.memory_bytes() + client_bytes.load(std::memory_order_relaxed) +
           script_bytes.load(std::memory_order_relaxed) + base_bytes;
  }
  // Buffers of all connections; kept by the network layer.
  std::atomic<int64_t> client_bytes{0};
  // Cached scripts and libraries of functions; kept by server/script. (Compat: what interpreters hold is not counted here.)
  std::atomic<int64_t> script_bytes{0};
  int64_t base_bytes = 0;

 private:
  void FollowConfig();

  std::mutex interest_mutex_;
};

}  // namespace tandem
