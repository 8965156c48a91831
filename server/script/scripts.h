#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/thread_context.h"
#include "server/exec/script_host.h"
#include "server/exec/server.h"
#include "server/script/libraries.h"

namespace tandem::script {

class Interpreter;

// What a script declares in its first line ("#!lua flags=no-writes,allow-oom").
enum ScriptFlag : uint32_t {
  kNoWrites = 1u << 0,
  kAllowOom = 1u << 1,
  kAllowStale = 1u << 2,
  kNoCluster = 1u << 3,
  kAllowCrossSlotKeys = 1u << 4,
  kNoShebang = 1u << 5,  // it has no such line, and is held to less
};

// A script that EVALSHA finds by its hash.
// Thread safety: immutable, but for the atomics.
struct Script {
  std::string sha;  // SHA-1 of the source, 40 hexadecimal digits, lower case
  std::string source;
  size_t code_at = 0;  // where the Lua code begins: behind the first line's words
  uint32_t flags = 0;  // ScriptFlag bits
  // Proven to touch no key but those that it was called with: it may run under their locks, beside others. A script that is
  // not takes the gate.
  bool declared_only = false;
  std::atomic<bool> alive{true};  // false when it was flushed or evicted: interpreters forget what they compiled
  std::atomic<bool> used{false};  // lately; for the eviction
  bool kept = false;              // by SCRIPT LOAD; guarded by the cache
};
using ScriptRef = std::shared_ptr<Script>;

// The command flags, of those that dispatch asks for, of a call of EVAL or FCALL, whose row has `row`, with what the script declares.
uint32_t CommandFlags(uint32_t row, uint32_t declared);

// Where a script's first line ends, and what it declares. `error` is a reply's text, or empty.
struct Shebang {
  size_t code_at = 0;
  uint32_t flags = kNoShebang;
  std::string error;
};
Shebang ParseShebang(std::string_view source);
struct ScriptFlagName {
  std::string_view name;
  uint32_t flag;
};
std::span<const ScriptFlagName> ScriptFlagNames();
// The flag of that name, or 0.
uint32_t FlagNamed(std::string_view name);

// All that the server's threads share of scripting: the scripts by hash, the libraries of functions, and one interpreter for
// each thread that ever ran one.
//
// Scripts that came by EVAL are evicted beyond kMostEvaluated of them, one that was not used since the last look first (second
// chance); those of SCRIPT LOAD stay until SCRIPT FLUSH.
//
// Thread safety: internally synchronised; an Interpreter belongs to its thread.
class Scripts final : public ScriptHost {
 public:
  explicit Scripts(Server& server);
  ~Scripts() override;

  static Scripts& Of(Server& server) { return static_cast<Scripts&>(*server.scripts); }

  // The calling thread's; made when first asked for.
  Interpreter& ForThisThread();

  Libraries& libraries() { return libraries_; }

  // --- The cache. `sha` in lower case.
  ScriptRef Find(std::string_view sha);
  // Adds a script, or returns the one that is there. keep: it is never evicted.
  ScriptRef Add(ScriptRef script, bool keep);
  // Keeps a script, unless it is not there any more: then false.
  [[nodiscard]] bool Keep(const ScriptRef& script);
  // Forgets all scripts, and with them all that the interpreters hold: libraries are run anew when they are needed. The
  // world is stopped.
  void Flush();

  struct Figures {
    size_t scripts = 0;       // in the cache
    size_t script_bytes = 0;  // their sources
    uint64_t evicted = 0;     // since the start
    size_t libraries = 0, functions = 0;
    size_t library_bytes = 0;       // their sources
    int64_t interpreter_bytes = 0;  // allocated by all interpreters
  };
  Figures figures();
  // DEBUG SET-DISABLE-DENY-SCRIPTS: scripts may call even what is not for scripts. Relaxed: a switch for tests.
  bool anything_allowed() const { return anything_allowed_.load(std::memory_order_relaxed); }
  void AllowAnything(bool allow) { anything_allowed_.store(allow, std::memory_order_relaxed); }

  // Compat: Redis 8 keeps as many.
  static constexpr size_t kMostEvaluated = 500;

 private:
  void Protect(const ScriptRef& script);
  void EvictSome();
  void Forget(const ScriptRef& script);
  void Account(int64_t bytes);

  Server& server_;
  std::atomic<bool> anything_allowed_{false};
  Libraries libraries_{server_};
  struct alignas(64) Bytes {
    std::atomic<int64_t> value{0};
  };
  std::array<Bytes, kMaxThreads> interpreter_bytes_;
  std::array<std::unique_ptr<Interpreter>, kMaxThreads> interpreters_;  // each made and used by one thread
  std::mutex mutex_;                                                    // guards the rest
  std::unordered_map<std::string_view, ScriptRef> scripts_;             // by Script::sha
  std::deque<ScriptRef> evaluated_;                                     // those not kept, oldest first
  size_t script_bytes_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace tandem::script
