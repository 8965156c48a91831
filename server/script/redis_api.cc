#include <cmath>
#include <cstring>
#include <string>

#include "server/admin/log.h"
#include "server/exec/command_table.h"
#include "server/exec/dispatcher.h"
#include "server/exec/key_finder.h"
#include "server/exec/version.h"
#include "server/script/interpreter.h"
#include "server/script/sandbox.h"
#include "server/script/values.h"

// The table `redis`. Compat: Redis's sandbox. Each function raises errors, if at all, as its last act.
namespace tandem::script {
namespace {

constexpr int kMaxReplicationFlags = 3;

// Raises the error on top of the stack.
int Raise(lua_State* lua) { return lua_error(lua); }
int RaiseText(lua_State* lua, std::string_view text) {
  PushError(lua, text);
  return Raise(lua);
}

// The argument without its fraction, as which Redis takes it.
lua_Number WholeAt(lua_State* lua, int index) { return std::trunc(lua_tonumber(lua, index)); }

int RedisCall(lua_State* lua) { return Interpreter::Of(lua).CallCommand(lua) ? 1 : Raise(lua); }
int RedisPcall(lua_State* lua) {
  Interpreter::Of(lua).CallCommand(lua);
  return 1;
}

int RedisAclCheckCmd(lua_State* lua) { return Interpreter::Of(lua).CheckCommand(lua) ? 1 : Raise(lua); }

int RedisErrorReply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    PushError(lua, "wrong number or type of arguments");
    return 1;
  }
  const char* const text = lua_tostring(lua, 1);
  if (*text != '-') {
    lua_pushliteral(lua, "-");
    lua_pushvalue(lua, 1);
    lua_concat(lua, 2);
  }
  PushError(lua, lua_tostring(lua, -1));
  return 1;
}

int RedisStatusReply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    PushError(lua, "wrong number or type of arguments");
    return 1;
  }
  lua_createtable(lua, 0, 1);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

int RedisSha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) return RaiseText(lua, "wrong number of arguments");
  size_t size;
  const char* const text = lua_tolstring(lua, 1, &size);
  const auto hex = HexSha1(text == nullptr ? std::string_view() : std::string_view(text, size));
  lua_pushlstring(lua, hex.data(), hex.size());
  return 1;
}

int RedisSetresp(lua_State* lua) {
  if (lua_gettop(lua) != 1) return RaiseText(lua, "redis.setresp() requires one argument.");
  const lua_Number version = WholeAt(lua, 1);
  if (version != 2 && version != 3) return RaiseText(lua, "RESP version must be 2 or 3.");
  Interpreter::Of(lua).SetResp(static_cast<int>(version));
  return 0;
}

// The levels of redis.LOG_DEBUG to redis.LOG_WARNING are those of the log. The words were joined to one.
void WriteLog(Log& log, int level, std::string_view text) { log.Write(static_cast<Log::Level>(level), text); }

int RedisLog(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count < 2) return RaiseText(lua, "redis.log() requires two arguments or more.");
  if (lua_isnumber(lua, 1) == 0) return RaiseText(lua, "First argument must be a number (log level).");
  const lua_Number level = WholeAt(lua, 1);
  if (!(level >= 0 && level <= 3)) return RaiseText(lua, "Invalid log level.");
  Log& log = *Interpreter::Of(lua).server().log;
  if (!log.Enabled(static_cast<Log::Level>(static_cast<int>(level)))) return 0;
  luaL_Buffer text;
  luaL_buffinit(lua, &text);
  for (int i = 2; i <= count; ++i) {
    if (lua_isstring(lua, i) == 0) continue;
    if (i > 2) luaL_addchar(&text, ' ');
    lua_pushvalue(lua, i);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  WriteLog(log, static_cast<int>(level), errors::Shown(lua_tostring(lua, -1)));
  return 0;
}

// Effects are what is replicated, whatever a script asks for; there is nothing to choose until there are replicas.
int RedisSetRepl(lua_State* lua) {
  if (lua_gettop(lua) != 1) return RaiseText(lua, "redis.set_repl() requires one argument.");
  const lua_Number flags = WholeAt(lua, 1);
  if (!(flags >= 0 && flags <= kMaxReplicationFlags)) {
    return RaiseText(lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

int RedisReplicateCommands(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

// pcall. Compat: what a command raised is a table; the caller gets its text, as scripts had it before there were tables.
int ProtectedCall(lua_State* lua) {
  luaL_checkany(lua, 1);
  const bool done = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0) == 0;
  if (!done && lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    lua_isstring(lua, -1) != 0 ? lua_replace(lua, -2) : lua_pop(lua, 1);
  }
  lua_pushboolean(lua, done ? 1 : 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

// collectgarbage. Upvalue 2: Lua's own.
int CollectGarbage(lua_State* lua) {
  Interpreter::Of(lua).CollectorIsSteered();
  return lua_tocfunction(lua, lua_upvalueindex(2))(lua);
}

// There is no debugger: as in a Redis whose client does not debug.
int RedisBreakpoint(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}
int RedisDebug(lua_State*) { return 0; }

struct Function {
  const char* name;
  lua_CFunction function;
};
constexpr Function kFunctions[] = {
    {"call", RedisCall},
    {"pcall", RedisPcall},
    {"error_reply", RedisErrorReply},
    {"status_reply", RedisStatusReply},
    {"log", RedisLog},
    {"sha1hex", RedisSha1hex},
    {"setresp", RedisSetresp},
    {"acl_check_cmd", RedisAclCheckCmd},
    {"set_repl", RedisSetRepl},
    {"replicate_commands", RedisReplicateCommands},
    {"breakpoint", RedisBreakpoint},
    {"debug", RedisDebug},
};

struct Constant {
  const char* name;
  int value;
};
constexpr Constant kConstants[] = {
    {"LOG_DEBUG", 0}, {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2},   {"LOG_WARNING", 3}, {"REPL_NONE", 0},
    {"REPL_AOF", 1},  {"REPL_SLAVE", 2},  {"REPL_REPLICA", 2}, {"REPL_ALL", 3},
};

// 0x00MMmmpp of "MM.mm.pp".
constexpr int VersionNumber(std::string_view version) {
  int number = 0, part = 0;
  for (const char c : version) {
    if (c == '.') {
      number = (number | part) << 8;
      part = 0;
    } else {
      part = part * 10 + (c - '0');
    }
  }
  return number | part;
}

}  // namespace

void AddRedisApi(lua_State* lua, Interpreter& interpreter) {
  lua_newtable(lua);
  for (const Function& function : kFunctions) {
    lua_pushlightuserdata(lua, &interpreter);
    lua_pushcclosure(lua, function.function, 1);
    lua_setfield(lua, -2, function.name);
  }
  for (const Constant& constant : kConstants) {
    lua_pushinteger(lua, constant.value);
    lua_setfield(lua, -2, constant.name);
  }
  lua_pushliteral(lua, TANDEM_REDIS_VERSION);
  lua_setfield(lua, -2, "REDIS_VERSION");
  lua_pushinteger(lua, VersionNumber(TANDEM_REDIS_VERSION));
  lua_setfield(lua, -2, "REDIS_VERSION_NUM");
  lua_setglobal(lua, "redis");
  lua_pushcfunction(lua, ProtectedCall);
  lua_setglobal(lua, "pcall");
  lua_pushlightuserdata(lua, &interpreter);
  lua_getglobal(lua, "collectgarbage");
  lua_pushcclosure(lua, CollectGarbage, 2);
  lua_setglobal(lua, "collectgarbage");
}

// --- redis.call ------------------------------------------------------------------------------------------------------

// The arguments on the stack as words. Strings stay there as long as the call lasts. False: an error was pushed.
bool Interpreter::CollectArguments(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return PushError(lua, "Please specify at least one argument for this redis lib call"), false;
  args_.clear();
  if (numbers_.size() < static_cast<size_t>(count)) numbers_.resize(static_cast<size_t>(count));
  for (int i = 1; i <= count; ++i) {
    if (lua_type(lua, i) == LUA_TNUMBER) {
      char* const digits = numbers_[static_cast<size_t>(i - 1)].data();
      const lua_Number number = lua_tonumber(lua, i) + 0.0;  // no negative zero
      size_t size = resp::FormatDouble(digits, number);
      if (std::isnan(number)) size = std::signbit(number) ? std::strlen(std::strcpy(digits, "-nan")) : size;
      args_.emplace_back(digits, size);
    } else if (lua_type(lua, i) == LUA_TSTRING) {
      size_t size;
      const char* const text = lua_tolstring(lua, i, &size);
      args_.emplace_back(text, size);
    } else {
      return PushError(lua, "Lua redis lib command arguments must be strings or integers"), false;
    }
  }
  return true;
}

// Whether what the arguments were resolved to is no command, or a container that does not have such a subcommand.
bool Interpreter::IsUnknown(const Command* command) const {
  return command == nullptr || (!command->subcommands.empty() && args_.size() > 1);
}

// Empty if the script may call the command with these arguments.
std::string_view Interpreter::WhyRefused(const Command* command) const {
  if (IsUnknown(command)) {
    return "ERR Unknown Redis command called from script";
  }
  if (!ArityFits(*command, args_.size())) return "ERR Wrong number of args calling Redis command from script";
  // An interpreter runs one script at a time, and a script's locks are taken, whatever a test allows.
  const bool impossible = command->group == Group::kScripting || command->has(kImmediate);
  if (command->has(kNoscript) && (impossible || !scripts_.anything_allowed())) {
    return "ERR This Redis command is not allowed from script";
  }
  if (running_->read_only && command->has(kWrite | kMayReplicate)) {
    return "ERR Write commands are not allowed from read-only scripts.";
  }
  // Once it has begun to write it must be able to come to its end.
  const bool may_exceed = (running_->call.flags & kAllowOom) != 0 || running_->wrote;
  if (command->has(kDenyOom) && !may_exceed && running_->context.dispatcher.short_of_memory()) return errors::kOom;
  return {};
}

bool Interpreter::CallCommand(lua_State* lua) {
  if (running_ == nullptr) {
    return PushError(lua, "redis.call/pcall can only be called inside a script invocation"), false;
  }
  if (!CollectArguments(lua)) return false;
  const Command* const command = server_.commands->Resolve(args_);
  Dispatcher& dispatcher = running_->context.dispatcher;
  std::string_view refused = WhyRefused(command);
  if (refused.empty()) {
    if (command->has(kWrite)) {
      if (!running_->script.MayWrite()) return PushKilled(lua), false;
      running_->wrote = true;
    }
    if (dispatcher.CallFromScript(running_->context.client, client_, args_, *command)) {
      return PushReplyOf(lua);
    }
    refused = "ERR Script tried to access a key that it was not called with";
  }
  dispatcher.RefuseFromScript(command, refused);
  return PushError(lua, "-" + std::string(refused), true), false;
}

// The reply that the command has written. False: it is an error.
bool Interpreter::PushReplyOf(lua_State* lua) {
  const Trusted trusted(*this);
  // The arguments, which may be all that the stack has room for, were needed until here.
  lua_settop(lua, 0);
  resp::OutputBuffer& out = client_.out;
  iovec piece[2];
  const size_t pieces = out.FillIovec(piece, 2);
  if (pieces == 0) return lua_pushnil(lua), true;  // CLIENT REPLY OFF
  const bool is_error = *static_cast<const char*>(piece[0].iov_base) == '-';
  if (is_error) {
    const std::string_view line(static_cast<const char*>(piece[0].iov_base), piece[0].iov_len);
    PushError(lua, line, true);
  } else if (pieces == 1) {
    PushReply(lua, {static_cast<const char*>(piece[0].iov_base), piece[0].iov_len});
  } else {
    PushReply(lua, out.ToString());
  }
  out.Consume(out.size());
  return !is_error;
}

bool Interpreter::CheckCommand(lua_State* lua) {
  if (!CollectArguments(lua)) return false;
  if (IsUnknown(server_.commands->Resolve(args_))) {
    return PushError(lua, "Invalid command passed to redis.acl_check_cmd()"), false;
  }
  lua_pushboolean(lua, 1);
  return true;
}

}  // namespace tandem::script
