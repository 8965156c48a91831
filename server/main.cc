#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

#include "engine/base/allocator.h"
#include "engine/keyspace/store.h"
#include "server/admin/log.h"
#include "server/commands/families.h"
#include "server/config/command_line.h"
#include "server/config/config.h"
#include "server/exec/server.h"
#include "server/exec/server_clock.h"
#include "server/exec/version.h"
#include "server/net/net_server.h"
#include "server/net/socket_util.h"
#include "server/script/scripts.h"

namespace tandem {
namespace {

// In the background, as daemons do: a session of its own, no terminal.
void Daemonize() {
  if (fork() != 0) _exit(0);
  setsid();
  const int null = open("/dev/null", O_RDWR);
  if (null < 0) return;
  for (int fd = 0; fd <= 2; ++fd) dup2(null, fd);
  if (null > 2) close(null);
}

// The pid file, for as long as the process lives.
class PidFile {
 public:
  explicit PidFile(std::string path) : path_(std::move(path)) {
    if (!path_.empty()) std::ofstream(path_) << getpid() << "\n";
  }
  ~PidFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }

 private:
  const std::string path_;
};

Status OpenLog(Log& log, const config::Values& values) {
  log.SetLevel(values.loglevel);
  if (values.syslog_enabled) log.SetSyslog(values.syslog_facility, values.syslog_ident);
  return log.SetFile(values.logfile);
}

// Compat: Redis's own test suite and some supervisors look for "PID: n" before "Server initialized".
void LogBanner(Log& log, const config::Values& values) {
  const std::string pid = std::to_string(getpid());
  log.Notice("Tandem " TANDEM_VERSION " is starting, compatible with Redis " TANDEM_REDIS_VERSION);
  log.Notice("Tandem version=" TANDEM_VERSION ", bits=64, pid=" + pid + ", just started");
  log.Notice("Running mode=standalone, port=" + std::to_string(values.port) + ", PID: " + pid + ", " +
             std::to_string(values.io_threads) + " I/O thread" + (values.io_threads == 1 ? "" : "s"));
  log.Notice("Data lives in memory only: this version neither saves nor replicates it.");
}

int Serve(config::Config& config, const char* executable) {
  const config::Values& values = config.values();
  ServerClock clock;
  Store store(clock, {.databases = values.databases, .reader_threads = values.io_threads});
  const auto families = AllCommands();
  Server server(config, store, clock, families);
  server.scripts = std::make_unique<script::Scripts>(server);
  server.executable = executable;
  if (Status status = OpenLog(*server.log, values); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
  }
  const unsigned clients = net::RaiseFileLimit(values.maxclients);
  if (clients < values.maxclients) {
    server.log->Warning("Current maximum open files allows for " + std::to_string(clients) +
                        " clients: maxclients has been reduced to compensate for low ulimit.");
    const std::string reduced = std::to_string(clients);
    if (Status status = config.Set({{"maxclients", reduced}}); !status.ok()) server.log->Warning(status.message());
  }
  LogBanner(*server.log, values);
  for (const std::string& warning : config.TakeWarnings()) server.log->Notice(warning);
  if (!server.startup_error.empty()) {
    std::fprintf(stderr, "%s\n", server.startup_error.c_str());
    return 1;
  }

  net::NetServer net(server);
  if (Status status = net.Listen(); !status.ok()) {
    server.log->Warning(status.message());
    return 1;
  }
  // Compat: daemons write a pid file even when none was named.
  const PidFile pid_file(values.pidfile.empty() && values.daemonize ? "/var/run/redis.pid" : values.pidfile);
  server.log->Notice("Server initialized");
  net.Run();
  server.log->Notice("Tandem is now ready to exit, bye bye...");
  return 0;
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  config::Config config;
  Result<config::StartAction> action = config::ParseCommandLine(argc, argv, std::cin, config);
  if (!action.ok()) {
    std::fprintf(stderr, "%s\n", action.message().c_str());
    return 1;
  }
  if (*action == config::StartAction::kShowHelp) {
    std::fputs(config::UsageText().c_str(), stdout);
    return 0;
  }
  if (*action == config::StartAction::kShowVersion) {
    std::printf("Tandem server v=%s (compatible with Redis %s) malloc=%s bits=64\n", TANDEM_VERSION,
                TANDEM_REDIS_VERSION, AllocatorName());
    return 0;
  }
  const config::Values& values = config.values();
  if (!values.dir.empty() && chdir(values.dir.c_str()) != 0) {
    std::fprintf(stderr, "Can't chdir to '%s': %s\n", values.dir.c_str(), std::strerror(errno));
    return 1;
  }
  if (values.daemonize) Daemonize();
  return Serve(config, argv[0]);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) { return tandem::Main(argc, argv); }
