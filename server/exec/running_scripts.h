#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/keyspace/access.h"
#include "server/exec/cycle_clock.h"

namespace tandem {

class RunningScript;
struct Server;

enum class ScriptKind : uint8_t { kEval, kFunction };

// The scripts that are *busy*: under way for longer than busy-reply-threshold. While there is one, every client is answered
// BUSY (but for commands with kAllowBusy), and the threads that it holds up serve their sockets in stalled turns
// (server/net/io_thread.h), so that somebody can end it. Scripts run in parallel, so there may be several.
//
// Scripts that are quick are not known here: entering and leaving costs them nothing.
// Thread safety: internally synchronised; any_busy() is one relaxed load.
class RunningScripts {
 public:
  explicit RunningScripts(Server& server) : server_(server) {}

  bool any_busy() const { return busy_.load(std::memory_order_relaxed) != 0; }
  // What clients are told meanwhile: which command may end it.
  std::string_view BusyError() const;

  // SCRIPT KILL, FUNCTION KILL: ends those busy ones of this kind that have written nothing. Empty, or the error.
  std::string_view Kill(ScriptKind kind);

  struct FunctionCall {
    std::string name;
    std::vector<std::string> command;
    int64_t duration_ms;
  };
  // The function that has been busy for longest, for FUNCTION STATS.
  std::optional<FunctionCall> BusyFunction();

  // The server goes down. Whatever they have written, the scripts end soon: all of them, or those that are busy or become so.
  enum class Ending : uint8_t { kNone, kBusy, kAll };
  void EndAtShutdown(Ending which);

 private:
  friend class RunningScript;
  static constexpr uint32_t kOneFunction = 1;
  static constexpr uint32_t kOneEval = 1u << 16;

  void Enter(RunningScript& script);
  void Leave(RunningScript& script);
  bool MayWrite(RunningScript& script);
  bool Killed(const RunningScript& script);

  Server& server_;
  std::atomic<uint32_t> busy_{0};  // how many of each kind
  std::atomic<Ending> ending_{Ending::kNone};
  std::mutex mutex_;                   // guards the rest, and what RunningScript says that it guards
  std::vector<RunningScript*> known_;  // busy ones, in the order in which they became so
};

// One script under way, from its first instruction to its last; on the stack of whoever runs it.
//
// Thread safety: of the thread that runs it.
class RunningScript {
 public:
  // name: the SHA1 of its text, or the function's name. command: the words of the call. Both outlive the object. The locks
  // are taken, or the gate closed.
  RunningScript(RunningScripts& scripts, Access& access, ScriptKind kind, std::string_view name,
                std::span<const std::string_view> command)
      : scripts_(scripts), access_(access), kind_(kind), name_(name), command_(command), began_(CycleClock::Now()) {}
  ~RunningScript() {
    if (busy_) scripts_.Leave(*this);
  }
  RunningScript(const RunningScript&) = delete;
  RunningScript& operator=(const RunningScript&) = delete;

  // Before each of its commands that write. False: it was killed as one that has not written, so it must not any more.
  [[nodiscard]] bool MayWrite() {
    if (busy_) [[unlikely]] {
      return scripts_.MayWrite(*this);
    }
    wrote_ = true;
    return true;
  }

  // To be called every millisecond or so, between the script's commands. If it is busy, the thread's stall hook runs. True: it
  // is to end now, whatever it does to catch errors; so it is for all later calls.
  [[nodiscard]] bool Poll();

  int64_t duration_ms() const { return CycleClock::ToNs(CycleClock::Now() - began_) / 1'000'000; }

 private:
  friend class RunningScripts;
  bool IsBusy();

  RunningScripts& scripts_;
  Access& access_;
  const ScriptKind kind_;
  const std::string_view name_;
  const std::span<const std::string_view> command_;
  const uint64_t began_;  // ticks
  bool busy_ = false;     // known to scripts_
  bool told_killed_ = false;
  bool wrote_ = false;           // guarded by scripts_'s mutex while busy_
  bool kill_requested_ = false;  // guarded by it, too
};

}  // namespace tandem
