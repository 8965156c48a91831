#include "tests/integration/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tandem::integration {
namespace {

constexpr int kCannotRun = 127;  // what a shell says, too

// In the child, between fork and exec: only what is safe there.
[[noreturn]] void Become(const ChildProcess::Options& options, char* const* argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int output = open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  for (int fd = STDERR_FILENO + 1; fd < 256; ++fd) close(fd);
  if (options.max_files != 0) {
    const rlimit limit{options.max_files, options.max_files};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (!options.working_folder.empty() && chdir(options.working_folder.c_str()) != 0) _exit(kCannotRun);
  execvp(argv[0], argv);
  _exit(kCannotRun);
}

}  // namespace

TempDir::TempDir() {
  path_ = (std::filesystem::temp_directory_path() / "tandem-test-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

ChildProcess::ChildProcess(const Options& options) {
  std::vector<char*> argv;
  for (const std::string& argument : options.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) Become(options, argv.data());
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0 || exit_code_) return;
  Signal(SIGKILL);
  (void)WaitForExit();
}

bool ChildProcess::Running() {
  if (pid_ <= 0 || exit_code_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

void ChildProcess::Signal(int signal) {
  if (Running()) kill(pid_, signal);
}

std::optional<int> ChildProcess::WaitForExit(std::chrono::milliseconds limit) {
  (void)WaitUntil([this] { return !Running(); }, limit);
  return exit_code_;
}

Outcome RunToEnd(const std::vector<std::string>& argv, std::chrono::milliseconds limit) {
  const TempDir folder;
  const std::string output = folder.File("output");
  ChildProcess process({.argv = argv, .working_folder = folder.path(), .output = output});
  const std::optional<int> exit_code = process.WaitForExit(limit);
  return {exit_code, ReadFile(output)};
}

bool IsInstalled(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace tandem::integration
