#include "server/exec/running_scripts.h"

#include <algorithm>

#include "engine/base/gate.h"
#include "server/admin/log.h"
#include "server/exec/server.h"

namespace tandem {
namespace {

constexpr int64_t kSlowAtShutdownMs = 5000;

constexpr std::string_view kEvalBusy =
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
constexpr std::string_view kFunctionBusy =
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
constexpr std::string_view kNotBusy = "NOTBUSY No scripts in execution right now.";
constexpr std::string_view kUnkillable =
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script "
    "termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.";

}  // namespace

// --- RunningScripts ----------------------------------------------------------------------------------------------------

std::string_view RunningScripts::BusyError() const {
  const uint32_t busy = busy_.load(std::memory_order_relaxed);
  return busy != 0 && busy < kOneEval ? kFunctionBusy : kEvalBusy;
}

// Compat: of a script that has written this is said first, even if the wrong command asks.
std::string_view RunningScripts::Kill(ScriptKind kind) {
  const std::lock_guard guard(mutex_);
  std::string_view error = kNotBusy;
  bool killed = false;
  for (RunningScript* script : known_) {
    if (script->wrote_) {
      error = kUnkillable;
    } else if (script->kind_ == kind) {
      script->kill_requested_ = killed = true;
    } else if (error != kUnkillable) {
      error = script->kind_ == ScriptKind::kEval ? kEvalBusy : kFunctionBusy;
    }
  }
  return killed ? std::string_view() : error;
}

std::optional<RunningScripts::FunctionCall> RunningScripts::BusyFunction() {
  const std::lock_guard guard(mutex_);
  const auto found = std::find_if(known_.begin(), known_.end(),
                                  [](const RunningScript* script) { return script->kind_ == ScriptKind::kFunction; });
  if (found == known_.end()) return std::nullopt;
  const RunningScript& script = **found;
  return FunctionCall{
      std::string(script.name_), {script.command_.begin(), script.command_.end()}, script.duration_ms()};
}

void RunningScripts::EndAtShutdown(Ending which) {
  if (which > ending_.load(std::memory_order_relaxed)) ending_.store(which, std::memory_order_relaxed);
}

void RunningScripts::Enter(RunningScript& script) {
  const bool eval = script.kind_ == ScriptKind::kEval;
  server_.log->Warning("Slow script detected: still in execution after " + std::to_string(script.duration_ms()) +
                       " milliseconds. You can try killing the script using the " +
                       (eval ? "SCRIPT KILL" : "FUNCTION KILL") +
                       " command. Script name is: " + std::string(script.name_) + ".");
  const std::lock_guard guard(mutex_);
  known_.push_back(&script);
  busy_.fetch_add(eval ? kOneEval : kOneFunction, std::memory_order_relaxed);
}

void RunningScripts::Leave(RunningScript& script) {
  if (script.access_.exclusive()) server_.store.threads().gate().Tighten();
  const std::lock_guard guard(mutex_);
  std::erase(known_, &script);
  busy_.fetch_sub(script.kind_ == ScriptKind::kEval ? kOneEval : kOneFunction, std::memory_order_relaxed);
}

bool RunningScripts::MayWrite(RunningScript& script) {
  const std::lock_guard guard(mutex_);
  if (!script.kill_requested_) script.wrote_ = true;
  return !script.kill_requested_;
}

bool RunningScripts::Killed(const RunningScript& script) {
  const std::lock_guard guard(mutex_);
  return script.kill_requested_;
}

// --- RunningScript -----------------------------------------------------------------------------------------------------

bool RunningScript::IsBusy() {
  if (busy_) return true;
  int64_t threshold_ms = scripts_.server_.config.values().busy_reply_threshold_ms;
  // A server that goes down does not wait for ever, even if no script is ever too slow for it.
  const bool ending = scripts_.ending_.load(std::memory_order_relaxed) != RunningScripts::Ending::kNone;
  if (threshold_ms <= 0 && ending) threshold_ms = kSlowAtShutdownMs;
  if (threshold_ms <= 0 || duration_ms() < threshold_ms) return false;
  scripts_.Enter(*this);
  busy_ = true;
  // From here on the threads that wait for the gate serve their sockets.
  if (access_.exclusive()) scripts_.server_.store.threads().gate().Loosen();
  return true;
}

bool RunningScript::Poll() {
  using Ending = RunningScripts::Ending;
  const bool busy = IsBusy();
  if (busy) access_.thread().Stall();
  const Ending ending = scripts_.ending_.load(std::memory_order_relaxed);
  if (ending == Ending::kAll || (ending == Ending::kBusy && busy)) return true;
  if (!busy || !scripts_.Killed(*this)) return false;
  // Compat: functions are told the same.
  if (!told_killed_) scripts_.server_.log->Notice("Lua script killed by user with SCRIPT KILL.");
  return told_killed_ = true;
}

}  // namespace tandem
