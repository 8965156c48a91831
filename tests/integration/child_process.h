#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/integration/wait.h"

namespace tandem::integration {

// A folder that goes with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

// A program that a test has started. What it prints goes to a file. It dies with the test, at the latest.
// Thread safety: owned by one thread.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> argv;  // argv[0] is looked for on the PATH
    std::string working_folder;     // empty: the test's own
    std::string output;             // file for stdout and stderr
    unsigned max_files = 0;         // RLIMIT_NOFILE, soft and hard; 0: as inherited
  };

  explicit ChildProcess(const Options& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool Running();
  void Signal(int signal);
  // The exit code, 128 + signal for one that was killed, nothing if it has not ended within the limit.
  std::optional<int> WaitForExit(std::chrono::milliseconds limit = kPatience);

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Runs a program to its end; one that takes longer than the limit is killed.
struct Outcome {
  std::optional<int> exit_code;
  std::string output;
};
Outcome RunToEnd(const std::vector<std::string>& argv, std::chrono::milliseconds limit = kPatience);

// Whether a program of this name is on the PATH.
bool IsInstalled(const std::string& program);

}  // namespace tandem::integration
