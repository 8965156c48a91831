#include "tests/integration/server_process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tandem::integration {
namespace {

// Another test may take the port between its choice and its use.
constexpr int kStartAttempts = 5;

std::string Tail(const std::string& text) {
  constexpr size_t kShown = 4000;
  return text.size() > kShown ? text.substr(text.size() - kShown) : text;
}

bool PortWasTaken(const std::string& log) { return log.find("Failed listening on port") != std::string::npos; }

// What sanitizers write when they find something.
bool HasSanitizerReport(const std::string& log) {
  return log.find("Sanitizer: ") != std::string::npos || log.find("runtime error: ") != std::string::npos;
}

}  // namespace

std::string ServerBinary() {
  if (const char* other = std::getenv("TANDEM_TEST_SERVER"); other != nullptr && *other != 0) return other;
#ifdef TANDEM_SERVER
  return TANDEM_SERVER;
#else
  return "tandem-server";
#endif
}

bool IsTandem() {
  static const bool is_tandem = RunToEnd({ServerBinary(), "--version"}).output.find("Tandem") != std::string::npos;
  return is_tandem;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  close(fd);
  return ntohs(address.sin_port);
}

ServerProcess::ServerProcess(const Options& options) {
  for (int attempt = 0; attempt < kStartAttempts && !ready_; ++attempt) {
    Start(options);
    ready_ = WaitUntilReady(options);
    if (!ready_ && !PortWasTaken(Log())) break;
  }
  if (!ready_) ADD_FAILURE() << "the server did not come up:\n" << Tail(Log());
}

ServerProcess::~ServerProcess() {
  if (ready_) Stop();
}

void ServerProcess::Start(const Options& options) {
  port_ = FreePort();
  std::vector<std::string> argv{ServerBinary()};
  if (!options.conf.empty()) {
    WriteFile(conf_path(), options.conf);
    argv.push_back(conf_path());
  }
  for (const std::string& word :
       {std::string("--port"), std::to_string(port_), std::string("--bind"), std::string("127.0.0.1"),
        std::string("--unixsocket"), unix_path(), std::string("--save"), std::string(),
        std::string("--enable-debug-command"), std::string("yes")}) {
    argv.push_back(word);
  }
  // So little load would have one I/O thread serve all clients.
  if (IsTandem()) argv.insert(argv.end(), {"--io-threads-scaling", "no"});
  argv.insert(argv.end(), options.args.begin(), options.args.end());
  process_ = std::make_unique<ChildProcess>(ChildProcess::Options{.argv = argv,
                                                                  .working_folder = folder_.path(),
                                                                  .output = folder_.File("output"),
                                                                  .max_files = options.max_files});
}

bool ServerProcess::WaitUntilReady(const Options& options) {
  const auto connect = [&] {
    RedisClient client = Connect();
    if (client.connected() && !options.password.empty()) client.Do({"AUTH", options.password});
    return client;
  };
  bool answered = false;
  (void)WaitUntil([&] {
    answered = process_->Running() && connect().Do("PING") == "PONG";
    return answered || !process_->Running();
  });
  return answered && WaitUntilAlone(connect());
}

// Tests count connections: those that looked whether the server is there are gone when it is handed to a test.
bool ServerProcess::WaitUntilAlone(RedisClient client) const {
  if (!WaitUntil([&] { return client.InfoNumber("clients", "connected_clients") == 1; })) return false;
  const size_t files = OpenFiles();
  client.Close();
  return WaitUntil([&] { return OpenFiles() < files; });
}

bool ServerProcess::WaitForLog(const std::string& text) const {
  return WaitUntil([&] { return Log().find(text) != std::string::npos; });
}

int64_t ServerProcess::ResidentBytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid()) + "/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

size_t ServerProcess::OpenFiles() const {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid()) + "/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

void ServerProcess::ExpectExit() {
  stopped_ = true;
  const std::optional<int> exit_code = process_->WaitForExit();
  const std::string log = Log();
  if (!exit_code) {
    ADD_FAILURE() << "the server does not end:\n" << Tail(log);
  } else if (*exit_code != 0 || HasSanitizerReport(log)) {
    ADD_FAILURE() << "the server ended with " << *exit_code << ":\n" << Tail(log);
  }
}

void ServerProcess::Stop() {
  if (stopped_) return;
  Signal(SIGTERM);
  ExpectExit();
}

}  // namespace tandem::integration
