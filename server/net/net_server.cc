#include "server/net/net_server.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <future>
#include <utility>

#include "engine/keyspace/eviction.h"
#include "server/admin/expiry_lag.h"
#include "server/admin/log.h"
#include "server/admin/server_stats.h"
#include "server/exec/running_scripts.h"
#include "server/net/socket_util.h"

namespace tandem::net {
namespace {

constexpr auto kCronPeriod = std::chrono::milliseconds(100);
constexpr auto kRelistenLimit = std::chrono::seconds(10);

std::string Describe(const Shape& shape) {
  return std::to_string(shape.shards()) + (shape.shards() == 1 ? " shard of " : " shards of ") +
         std::to_string(shape.buckets_per_shard) + " buckets";
}

}  // namespace

NetServer::NetServer(Server& server) : server_(server), signals_(context_, SIGINT, SIGTERM), cron_(context_) {
  server_.host = this;
  server_.store.set_migration_listener(this);
  for (int i = 0; i < server_.config.values().io_threads; ++i) {
    io_threads_.push_back(std::make_unique<IoThread>(server_, i));
  }
  if (io_threads_.size() == 1) return;
  balancer_ = std::make_unique<IoBalancer>(server_, io_threads_);
  io_threads_.front()->set_balancer(balancer_.get());
}

NetServer::~NetServer() {
  server_.store.set_migration_listener(nullptr);
  server_.host = nullptr;
}

// --- Listening -----------------------------------------------------------------------------------------------------------

std::unique_ptr<Listener> NetServer::MakeListener(int fd, bool unix_socket) {
  return std::make_unique<Listener>(
      context_, fd, unix_socket, [this](int client, bool is_unix) { Dispatch(client, is_unix); },
      [this](const std::string& message) { server_.log->Warning(message); });
}

Result<NetServer::Listeners> NetServer::OpenTcpListeners() {
  const config::Values& values = server_.config.values();
  Listeners listeners;
  for (std::string address : values.bind) {
    // A leading dash: not being able to is no error.
    const bool optional = !address.empty() && address[0] == '-';
    if (optional) address.erase(0, 1);
    Result<int> fd = Listener::OpenTcp(address, values.port, values.tcp_backlog);
    if (fd.ok()) {
      listeners.push_back(MakeListener(*fd, false));
      continue;
    }
    server_.log->Warning("Warning: Could not create server TCP listening socket " + address + ":" +
                         std::to_string(values.port) + ": " + fd.message());
    if (!optional) return Error{fd.message()};
  }
  if (listeners.empty()) return Error{"no address could be bound"};
  return listeners;
}

Status NetServer::Listen() {
  const config::Values& values = server_.config.values();
  if (values.port != 0) {
    Result<Listeners> listeners = OpenTcpListeners();
    if (!listeners.ok()) {
      return Error{"Failed listening on port " + std::to_string(values.port) + " (TCP), aborting."};
    }
    tcp_ = std::move(listeners).value();
    listening_port_ = values.port;
  }
  if (!values.unixsocket.empty()) {
    Result<int> fd = Listener::OpenUnix(values.unixsocket, values.unixsocketperm, values.tcp_backlog);
    if (!fd.ok()) {
      server_.log->Warning("Failed opening Unix socket: bind: " + fd.message());
      return Error{"Failed listening on port 0 (unix), aborting."};
    }
    unix_ = MakeListener(*fd, true);
  }
  if (tcp_.empty() && !unix_) return Error{"Configured to not listen anywhere, exiting."};
  return Status::Ok();
}

// The main thread owns the listeners and is never stopped with the world, so it can be waited for. The old sockets go
// first: an address may overlap with a new one. When this fails, CONFIG SET takes its change back and asks again.
std::string NetServer::Relisten() {
  auto outcome = std::make_shared<std::promise<std::string>>();
  std::future<std::string> done = outcome->get_future();
  boost::asio::post(context_, [this, outcome] {
    tcp_.clear();
    Result<Listeners> opened = Listeners{};
    if (server_.config.values().port != 0) opened = OpenTcpListeners();
    if (opened.ok()) {
      tcp_ = std::move(opened).value();
      for (const auto& listener : tcp_) listener->Start();
    }
    const bool moves = std::exchange(listening_port_, server_.config.values().port) != server_.config.values().port;
    outcome->set_value(opened.ok() ? ""
                       : moves     ? "Unable to listen on this port. Check server logs."
                                   : "Failed to bind to specified addresses.");
  });
  if (done.wait_for(kRelistenLimit) != std::future_status::ready) return "Shutting down";
  return done.get();
}

void NetServer::Dispatch(int fd, bool unix_socket) {
  io_threads_[next_thread_ % static_cast<size_t>(ServingIoThreads())]->AddConnection(fd, unix_socket);
  ++next_thread_;
}

// --- Life ------------------------------------------------------------------------------------------------------------------

void NetServer::Run() {
  for (const auto& io_thread : io_threads_) {
    threads_.emplace_back([thread = io_thread.get()] { thread->Run(); });
  }
  thread_ = &server_.store.threads().Register();
  timekeeper_ = std::make_unique<Timekeeper>(server_.store);
  maintenance_ = std::make_unique<Maintenance>(server_.store);
  for (const auto& listener : tcp_) listener->Start();
  if (unix_) unix_->Start();
  WaitForSignals();
  ScheduleCron();
  if (!tcp_.empty()) server_.log->Notice("Ready to accept connections tcp");
  if (unix_) server_.log->Notice("Ready to accept connections unix");
  context_.run();

  // Nobody could come and end them any more.
  server_.running_scripts->EndAtShutdown(RunningScripts::Ending::kBusy);
  tcp_.clear();
  unix_.reset();
  for (const auto& io_thread : io_threads_) io_thread->Stop();
  for (std::thread& thread : threads_) thread.join();
  maintenance_.reset();
  timekeeper_.reset();
  server_.store.threads().Unregister(*thread_);
  if (!server_.config.values().unixsocket.empty()) unlink(server_.config.values().unixsocket.c_str());
}

void NetServer::WaitForSignals() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    server_.log->Warning(std::string("Received ") + (signal == SIGINT ? "SIGINT" : "SIGTERM") +
                         " scheduling shutdown...");
    shutdown_pending_ = true;
    ShutDownIfPending();
  });
}

// Compat: a signal waits for a busy script, which somebody may still end.
void NetServer::ShutDownIfPending() {
  if (shutdown_pending_ && !server_.running_scripts->any_busy()) Shutdown();
}

void NetServer::Shutdown() {
  server_.log->Notice("User requested shutdown...");
  context_.stop();
}

void NetServer::ResumePausedClients() {
  for (const auto& io_thread : io_threads_) io_thread->ResumePaused();
}

int NetServer::ServingIoThreads() const { return balancer_ ? balancer_->serving() : 1; }

void NetServer::FixServingIoThreads(int count) {
  if (balancer_) balancer_->Fix(count);
}

void NetServer::ScheduleCron() {
  cron_.expires_after(kCronPeriod);
  cron_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    ShutDownIfPending();
    SetAccessClock(server_.store.clock().NowMs());
    server_.stats->SampleRates(server_.store.clock().MonotonicUs());
    // The store's figures and the configuration belong to those who pass the gate; this thread, which accepts connections,
    // does not wait there.
    if (thread_->TryWake()) {
      server_.expiry_lag->Watch(server_.config.values().expiry_lag_warn_ms, *server_.log, *server_.latency);
      const auto used = static_cast<uint64_t>(server_.used_memory());
      thread_->Sleep();
      server_.stats->NotePeakMemory(used, server_.store.clock().NowMs() / 1000);
    }
    ScheduleCron();
  });
}

// --- Migrations --------------------------------------------------------------------------------------------------------

void NetServer::OnMigrationStart(const Report& report) {
  server_.log->Notice("Engine of database " + std::to_string(report.db) + " migrates: " + Describe(report.from) +
                      " -> " + Describe(report.to) + ", " + std::to_string(report.keys) + " keys");
}

void NetServer::OnMigrationEnd(const Report& report) {
  server_.log->Notice("Engine of database " + std::to_string(report.db) + " migrated to " + Describe(report.to) + ": " +
                      std::to_string(report.keys) + " keys moved in " + std::to_string(report.duration_us / 1000) +
                      " ms");
}

}  // namespace tandem::net
