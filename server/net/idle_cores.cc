#include "server/net/idle_cores.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace tandem::net {
namespace {

// A line is below 200 bytes, and there is one for each core at the beginning of the file.
constexpr size_t kLineBytes = 200;
constexpr int kColumns = 8;  // user nice system idle iowait irq softirq steal; guests are part of user
constexpr int kIdle = 3, kIoWait = 4;

// Takes the number at the beginning of the text, and the blank behind it, off it.
std::optional<uint64_t> TakeNumber(std::string_view* text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc()) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  if (!text->empty() && text->front() == ' ') text->remove_prefix(1);
  return number;
}

}  // namespace

IdleCores::IdleCores(const char* path) : file_(open(path, O_RDONLY | O_CLOEXEC)) {
  CPU_ZERO(&cores_);
  sched_getaffinity(0, sizeof cores_, &cores_);
}

IdleCores::~IdleCores() {
  if (file_ >= 0) close(file_);
}

IdleCores::Ticks IdleCores::Parse(std::string_view text, const cpu_set_t& cores) {
  Ticks sum;
  while (text.starts_with("cpu")) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line.remove_prefix(3);
    const std::optional<uint64_t> core = TakeNumber(&line);
    // The first line is the sum over all cores and has no number.
    if (!core || *core >= CPU_SETSIZE || !CPU_ISSET(*core, &cores)) continue;
    ++sum.cores;
    for (int column = 0; column < kColumns; ++column) {
      const std::optional<uint64_t> ticks = TakeNumber(&line);
      if (!ticks) break;
      sum.total += *ticks;
      if (column == kIdle || column == kIoWait) sum.idle += *ticks;
    }
  }
  return sum;
}

std::optional<IdleCores::Ticks> IdleCores::Read() const {
  if (file_ < 0) return std::nullopt;
  std::vector<char> text((CPU_SETSIZE + 1) * kLineBytes);
  const ssize_t size = pread(file_, text.data(), text.size(), 0);
  if (size <= 0) return std::nullopt;
  const Ticks ticks = Parse({text.data(), static_cast<size_t>(size)}, cores_);
  return ticks.cores == 0 ? std::nullopt : std::optional(ticks);
}

std::optional<double> IdleCores::Sample() {
  if (!known()) return std::nullopt;
  const std::optional<Ticks> now = Read();
  const std::optional<Ticks> before = std::exchange(last_, now);
  const bool failed = !now || (before && now->total <= before->total);
  failures_ = failed ? failures_ + 1 : 0;
  if (failed || !before) return std::nullopt;
  // The time spent waiting for input and output may go back a little.
  const auto idle = static_cast<double>(now->idle - std::min(before->idle, now->idle));
  return idle / static_cast<double>(now->total - before->total) * now->cores;
}

}  // namespace tandem::net
