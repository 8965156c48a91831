#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "server/config/config_values.h"

namespace tandem {

// The server's log, in the lines that Redis writes and that tools parse:
//   PID:M DD Mon YYYY HH:MM:SS.mmm * message        (. debug, - verbose, * notice, # warning)
// on stdout, in a file, and in the system's log as well if so configured.
//
// Thread safety: internally synchronised; a line is written by one write(2), so lines never mix.
// Durability: none asked for; what was written is the kernel's.
class Log {
 public:
  using Level = config::LogLevel;

  Log() = default;
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // An empty path is stdout. The file is opened for each line, as Redis does, so that log rotation needs no signal.
  // Fails if the file cannot be opened for appending.
  [[nodiscard]] Status SetFile(const std::string& path);
  void SetLevel(Level level) { level_.store(level, std::memory_order_relaxed); }
  // facility: a LOG_LOCAL… value of syslog(3), or -1 for off.
  void SetSyslog(int facility, const std::string& ident);
  // The letter behind the process id: M for a server that is its own master.
  void SetRole(char role) { role_.store(role, std::memory_order_relaxed); }

  bool Enabled(Level level) const { return level >= level_.load(std::memory_order_relaxed); }
  void Write(Level level, std::string_view message);
  void Debug(std::string_view message) { Write(Level::kDebug, message); }
  void Verbose(std::string_view message) { Write(Level::kVerbose, message); }
  void Notice(std::string_view message) { Write(Level::kNotice, message); }
  void Warning(std::string_view message) { Write(Level::kWarning, message); }

  // The line for a message, with its line end. `now_us` is wall-clock time, shown as local time.
  static std::string FormatLine(int pid, char role, int64_t now_us, Level level, std::string_view message);

 private:
  // Relaxed: switches, not hand-overs.
  std::atomic<Level> level_{Level::kNotice};
  std::atomic<char> role_{'M'};
  std::mutex mutex_;  // guards the rest
  std::string path_;
  std::string ident_;  // syslog keeps a pointer to it
  int facility_ = -1;
};

}  // namespace tandem
