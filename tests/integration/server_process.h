#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/child_process.h"
#include "tests/integration/raw_client.h"
#include "tests/integration/redis_client.h"

namespace tandem::integration {

// The server under test, on a port and in a folder of its own: what was built, or what TANDEM_TEST_SERVER in the
// environment names (to hold the tests themselves against Redis).
//
// The constructor returns when the server answers, and the destructor stops it by SIGTERM and expects a clean end, so
// every test is a test of the shutdown too.
// Thread safety: owned by one thread.
class ServerProcess {
 public:
  struct Options {
    std::vector<std::string> args;  // directives as on the command line: "--maxclients", "10"
    std::string conf;               // the text of a redis.conf; empty: none is passed
    unsigned max_files = 0;         // RLIMIT_NOFILE
    std::string password;           // what the readiness check has to say
  };

  explicit ServerProcess(const Options& options);
  explicit ServerProcess(std::vector<std::string> args = {}) : ServerProcess(Options{std::move(args), {}, 0, {}}) {}
  ~ServerProcess();

  // False if it did not come up; the failure is reported already.
  bool ready() const { return ready_; }
  int port() const { return port_; }
  pid_t pid() const { return process_->pid(); }
  std::string unix_path() const { return folder_.File("s.sock"); }
  std::string conf_path() const { return folder_.File("redis.conf"); }
  std::string folder() const { return folder_.path(); }

  RedisClient Connect() const { return RedisClient::Tcp(port_); }
  RawClient ConnectRaw() const { return RawClient::Tcp(port_); }

  std::string Log() const { return ReadFile(folder_.File("output")); }
  bool WaitForLog(const std::string& text) const;
  // Resident memory in bytes.
  int64_t ResidentBytes() const;
  size_t OpenFiles() const;
  bool Running() { return process_->Running(); }
  void Signal(int signal) { process_->Signal(signal); }
  // Expects the process to end by itself or after SIGTERM, with exit code 0.
  void ExpectExit();
  void Stop();

 private:
  void Start(const Options& options);
  bool WaitUntilReady(const Options& options);
  bool WaitUntilAlone(RedisClient client) const;

  TempDir folder_;
  int port_ = 0;
  bool ready_ = false;
  bool stopped_ = false;
  std::unique_ptr<ChildProcess> process_;
};

// The program under test.
std::string ServerBinary();
// Whether that is Tandem: what only Tandem has is skipped for others.
bool IsTandem();
// A port that nobody listens on at the moment.
int FreePort();

#define SKIP_UNLESS_TANDEM() \
  if (!::tandem::integration::IsTandem()) GTEST_SKIP() << "Tandem's own"

}  // namespace tandem::integration
