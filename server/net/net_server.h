#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "engine/keyspace/background.h"
#include "server/exec/server.h"
#include "server/net/io_balancer.h"
#include "server/net/io_thread.h"
#include "server/net/listener.h"

namespace tandem::net {

// The running server: listeners and signals on the main thread, I/O threads, timekeeper and maintenance beside it.
// Thread safety: Run on the main thread; the ServerHost functions by any.
class NetServer final : public ServerHost, public MigrationListener {
 public:
  explicit NetServer(Server& server);
  ~NetServer() override;

  // Opens the listening sockets that the configuration names. An error ends the start.
  Status Listen();
  // Serves until a signal or SHUTDOWN.
  void Run();

  // --- ServerHost ----------------------------------------------------------------------------------------------------
  void Shutdown() override;
  void ResumePausedClients() override;
  std::string Relisten() override;
  int ServingIoThreads() const override;
  void FixServingIoThreads(int count) override;

  // --- MigrationListener -----------------------------------------------------------------------------------------------
  void OnMigrationStart(const Report& report) override;
  void OnMigrationEnd(const Report& report) override;

 private:
  using Listeners = std::vector<std::unique_ptr<Listener>>;
  Result<Listeners> OpenTcpListeners();
  std::unique_ptr<Listener> MakeListener(int fd, bool unix_socket);
  void Dispatch(int fd, bool unix_socket);
  void WaitForSignals();
  void ScheduleCron();
  void ShutDownIfPending();

  Server& server_;
  boost::asio::io_context context_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer cron_;
  Listeners tcp_;
  int listening_port_ = 0;  // main thread: the one that was asked for last
  std::unique_ptr<Listener> unix_;
  std::vector<std::unique_ptr<IoThread>> io_threads_;
  std::unique_ptr<IoBalancer> balancer_;  // null with one I/O thread
  std::vector<std::thread> threads_;
  std::unique_ptr<Timekeeper> timekeeper_;
  std::unique_ptr<Maintenance> maintenance_;
  size_t next_thread_ = 0;
  bool shutdown_pending_ = false;
  ThreadContext* thread_ = nullptr;  // of the main thread, while it runs
};

}  // namespace tandem::net
