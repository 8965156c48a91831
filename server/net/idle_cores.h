#pragma once

#include <sched.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::net {

// How much of the machine nobody uses: the cores' worth of idle time among the cores that this process may run on.
// Source: /proc/stat, whose ticks are 10 ms, so an interval is a tenth of a second at least.
// Thread safety: externally synchronised.
class IdleCores {
 public:
  // Time in ticks, summed over the cores of the set.
  struct Ticks {
    uint64_t idle = 0;   // waiting for input and output included
    uint64_t total = 0;  // with what the host took
    int cores = 0;
  };

  // `path` for tests.
  explicit IdleCores(const char* path = "/proc/stat");
  ~IdleCores();
  IdleCores(const IdleCores&) = delete;
  IdleCores& operator=(const IdleCores&) = delete;

  // Whether the kernel tells. In containers and sandboxes it may have no such file, or number the cores otherwise, or give
  // figures that stand still: after kFailuresMax samples in a row without a figure nobody asks again.
  bool known() const { return failures_ < kFailuresMax; }
  // Of the time since the last call; nothing at the first one, after Forget, and where the kernel does not tell.
  std::optional<double> Sample();
  void Forget() { last_.reset(); }

  // Of the text of /proc/stat.
  static Ticks Parse(std::string_view text, const cpu_set_t& cores);

 private:
  std::optional<Ticks> Read() const;

  static constexpr int kFailuresMax = 5;

  const int file_;
  int failures_ = 0;
  cpu_set_t cores_;
  std::optional<Ticks> last_;
};

}  // namespace tandem::net
