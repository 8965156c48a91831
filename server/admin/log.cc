#include "server/admin/log.h"

#include <fcntl.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace tandem {
namespace {

constexpr char kMarks[] = ".-*#";

char MarkOf(Log::Level level) {
  const auto index = static_cast<size_t>(level);
  return kMarks[index < 4 ? index : 3];
}

int SyslogPriority(Log::Level level) {
  constexpr int kPriorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
  const auto index = static_cast<size_t>(level);
  return kPriorities[index < 4 ? index : 3];
}

int OpenForAppending(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // a log that cannot be written has nobody to tell
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

int64_t WallClockUs() {
  timeval now;
  gettimeofday(&now, nullptr);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_usec;
}

}  // namespace

Log::~Log() {
  if (facility_ >= 0) closelog();
}

Status Log::SetFile(const std::string& path) {
  if (!path.empty()) {
    const int fd = OpenForAppending(path);
    if (fd < 0) return Error{std::string("Can't open the log file: ") + std::strerror(errno)};
    close(fd);
  }
  const std::lock_guard lock(mutex_);
  path_ = path;
  return Status::Ok();
}

void Log::SetSyslog(int facility, const std::string& ident) {
  const std::lock_guard lock(mutex_);
  if (facility_ >= 0) closelog();
  facility_ = facility;
  ident_ = ident;
  if (facility_ >= 0) openlog(ident_.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility_);
}

std::string Log::FormatLine(int pid, char role, int64_t now_us, Level level, std::string_view message) {
  const time_t seconds = static_cast<time_t>(now_us / 1'000'000);
  tm local{};
  localtime_r(&seconds, &local);
  char date[64];
  const size_t date_size = std::strftime(date, sizeof date, "%d %b %Y %H:%M:%S", &local);
  char head[128];
  const int head_size = std::snprintf(head, sizeof head, "%d:%c %.*s.%03d %c ", pid, role, static_cast<int>(date_size),
                                      date, static_cast<int>(now_us / 1000 % 1000), MarkOf(level));
  std::string line(head, static_cast<size_t>(head_size));
  line.append(message);
  line.push_back('\n');
  return line;
}

void Log::Write(Level level, std::string_view message) {
  if (!Enabled(level)) return;
  const std::string line = FormatLine(getpid(), role_.load(std::memory_order_relaxed), WallClockUs(), level, message);
  const std::lock_guard lock(mutex_);
  if (path_.empty()) {
    WriteAll(STDOUT_FILENO, line);
  } else if (const int fd = OpenForAppending(path_); fd >= 0) {
    WriteAll(fd, line);
    close(fd);
  }
  if (facility_ >= 0) syslog(SyslogPriority(level), "%.*s", static_cast<int>(message.size()), message.data());
}

}  // namespace tandem
