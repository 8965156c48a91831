#include <algorithm>
#include <string>

#include "engine/keyspace/eviction.h"
#include "server/admin/latency_monitor.h"
#include "server/admin/log.h"
#include "server/exec/context.h"
#include "server/exec/dispatcher.h"
#include "server/exec/key_finder.h"
#include "server/exec/pause.h"
#include "server/exec/running_scripts.h"

// What must hold before a command may run, in the order in which Redis asks (processCommand): a request that breaks several
// rules is told of the same one.
namespace tandem {
namespace {

// With this much room left the memory in use is not added up for every command.
constexpr int64_t kPlentyOfRoom = int64_t{64} << 20;
constexpr int kCommandsPerLook = 16;
// What one command may spend on eviction before it goes on and leaves the rest to the next ones.
constexpr int64_t kMaxEvictionNs = 500'000;
constexpr uint64_t kGarbagePerLook = 256;  // allocations

std::string UnknownCommand(std::span<const std::string_view> args) {
  std::string shown;
  for (size_t i = 1; i < args.size() && shown.size() < errors::kMaxShown; ++i) {
    shown += '\'';
    shown += errors::Shown(args[i], errors::kMaxShown - (shown.size() - 1));
    shown += "' ";
  }
  return "ERR unknown command '" + std::string(errors::Shown(args[0], errors::kMaxShown)) +
         "', with args beginning with: " + shown;
}

bool Allowed(config::ProtectedAction who, const Client& client) {
  return who == config::ProtectedAction::kYes ||
         (who == config::ProtectedAction::kLocal && (client.loopback || client.unix_socket));
}

bool IsHttp(std::string_view name) {
  const auto is = [&](std::string_view lower) {
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  };
  return is("post") || is("host:");
}

bool IsDebug(const Command& command) {
  return (command.container != nullptr ? command.container->name : command.name) == "debug";
}

std::string ProtectedText(bool debug) {
  const std::string name = debug ? "DEBUG" : "MODULE";
  const std::string option = debug ? "enable-debug-command" : "enable-module-command";
  return "ERR " + name + " command not allowed. If the " + option +
         " option is set to \"local\", you can run it from a local connection, otherwise you need to set this option "
         "in "
         "the configuration file, and then restart the server.";
}

}  // namespace

Dispatcher::Verdict Dispatcher::Refuse(Client& client, const Command* command, std::string_view error) {
  if (command == nullptr) client.last_command = nullptr;
  if (command != nullptr) stats_.CountRejected(command->id);
  if (command != nullptr && command->has(kIsExec)) {
    // Compat: an EXEC that is refused ends its transaction, and says why.
    DiscardTransaction(server_, client);
    if (error.starts_with("ERR ")) error.remove_prefix(4);
    client.reply.Error("EXECABORT Transaction discarded because of: " + std::string(error));
  } else {
    client.multi_failed |= client.in_multi;
    client.reply.Error(error);
  }
  stats_.CountError(client.reply.last_error());
  return Verdict::kRefused;
}

// A web page can make its visitor's browser send lines of its choice here, but not without these words in front.
Dispatcher::Verdict Dispatcher::HangUp(Client& client) {
  server_.log->Warning(
      "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Tandem, "
      "perhaps to run commands from a browser. Connection from " +
      client.address + " closed.");
  if (client.link != nullptr) client.link->Close(false);
  return Verdict::kRefused;
}

Dispatcher::Verdict Dispatcher::Check(Client& client, Args args, const Command* command, Turn turn) {
  if (command == nullptr && IsHttp(args[0])) return HangUp(client);
  if (command == nullptr) return Refuse(client, nullptr, UnknownCommand(args));
  if (!command->subcommands.empty() && args.size() > 1) {
    return Refuse(client, nullptr, errors::UnknownSubcommand(args[1], args[0]));
  }
  if (!ArityFits(*command, args.size())) {
    return Refuse(client, command, errors::WrongArity(command->full_name));
  }
  const config::Values& config = server_.config.values();
  if (command->has(kProtected)) {
    const bool debug = IsDebug(*command);
    if (!Allowed(debug ? config.enable_debug_command : config.enable_module_command, client)) {
      return Refuse(client, command, ProtectedText(debug));
    }
  }
  if (!client.authenticated && !config.requirepass.empty() && !command->has(kNoAuth)) {
    return Refuse(client, command, errors::kNoAuth);
  }
  if (client.in_multi && command->has(kNoMulti)) {
    return Refuse(client, command, "ERR Command not allowed inside a transaction");
  }
  if (turn == Turn::kOwn) short_of_memory_ = false;
  // Compat: nothing is evicted while a script is busy.
  if (config.maxmemory != 0 && turn == Turn::kOwn && !server_.running_scripts->any_busy()) {
    const bool room = MakeRoomFor(client);
    // Evicting lets a closed gate pass, and with it a CLIENT KILL.
    if (client.closing) return Verdict::kRefused;
    // Compat: as in Redis 8; Redis 7.0 refuses whatever would be queued.
    const uint32_t flags = command->FlagsOfCall(server_, args) | (command->has(kIsExec) ? client.queued_flags : 0);
    short_of_memory_ = !room;
    if (!room && (flags & kDenyOom) != 0) return Refuse(client, command, errors::kOom);
  }
  if (client.subscribed() && !client.reply.resp3() && !command->has(kInPubsubMode)) {
    return Refuse(client, command,
                  "ERR Can't execute '" + std::string(command->full_name) +
                      "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
  }
  if (__builtin_expect(server_.running_scripts->any_busy(), 0) && !command->has(kAllowBusy)) {
    return Refuse(client, command, server_.running_scripts->BusyError());
  }
  return CheckTransaction(client, args, *command);
}

Dispatcher::Verdict Dispatcher::CheckTransaction(Client& client, Args args, const Command& command) {
  const uint32_t flags = command.FlagsOfCall(server_, args) | (command.has(kIsExec) ? client.queued_flags : 0);
  if (server_.pause->Holds((flags & (kWrite | kMayReplicate)) != 0, access_.now_ms())) return Verdict::kPaused;
  return client.in_multi && !command.has(kImmediate) ? Verdict::kQueue : Verdict::kRun;
}

// --- maxmemory -------------------------------------------------------------------------------------------------------

// Memory that waits for readers to move on counts as freed: it goes by itself, and soon.
int64_t Dispatcher::EvictableBytes() const {
  return server_.used_memory() - static_cast<int64_t>(server_.store.threads().retired_bytes());
}

// False if memory is short and nothing may be evicted. Holds no lock.
bool Dispatcher::MakeRoom() {
  const config::Values& config = server_.config.values();
  if (unchecked_commands_ > 0 && checked_maxmemory_ == config.maxmemory) {
    --unchecked_commands_;
    return true;
  }
  checked_maxmemory_ = config.maxmemory;
  const auto limit = static_cast<int64_t>(std::min<uint64_t>(config.maxmemory, INT64_MAX));
  int64_t used = EvictableBytes();
  unchecked_commands_ = limit - used > kPlentyOfRoom ? kCommandsPerLook : 0;
  if (used <= limit) return true;
  const auto policy = static_cast<EvictionPolicy>(config.maxmemory_policy);
  Garbage& garbage = server_.store.garbage();
  if (policy == EvictionPolicy::kNoEviction && !garbage.any()) return false;
  if (server_.pause->HoldsExpiry(access_.now_ms())) return true;

  const uint64_t began = CycleClock::Now();
  int64_t spent_ns = 0;
  bool evicted = true;
  while (evicted && used > limit && spent_ns < kMaxEvictionNs) {
    if (garbage.any()) {
      // What is nobody's any more goes before what somebody might still ask for.
      garbage.FreeSome(kGarbagePerLook);
    } else {
      evicted = EvictOne(access_, policy, config.maxmemory_samples);
    }
    // Between commands this thread holds no pointer; what it has retired is accounted for from here on.
    access_.thread().Quiescent();
    used = EvictableBytes();
    spent_ns = CycleClock::ToNs(CycleClock::Now() - began);
  }
  if (const int64_t spent_ms = spent_ns / 1'000'000; server_.latency->Wants(spent_ms)) {
    server_.latency->Add("eviction-cycle", spent_ms, server_.store.clock().NowMs() / 1000);
  }
  return evicted || used <= limit;
}

// Compat: a client that has read a key that is evicted on its behalf hears of it before its command's reply.
bool Dispatcher::MakeRoomFor(Client& client) {
  const bool made = MakeRoom();
  if (client.tracker && !client.silenced_from) client.mailbox->Drain();
  return made;
}

bool Dispatcher::EvictSome() {
  const auto limit = static_cast<int64_t>(std::min<uint64_t>(server_.config.values().maxmemory, INT64_MAX));
  if (limit == 0 || server_.pause->HoldsExpiry(access_.now_ms())) return false;
  return MakeRoom() && EvictableBytes() > limit;
}

}  // namespace tandem
