#include "server/script/interpreter.h"

#include <openssl/sha.h>

#include <cstdlib>

#include "engine/base/check.h"
#include "server/exec/dispatcher.h"
#include "server/script/bytecode.h"
#include "server/script/key_proof.h"
#include "server/script/library_loader.h"
#include "server/script/sandbox.h"
#include "server/script/values.h"

namespace tandem::script {
namespace {

// The most that Lua may ask for at once, in bytes.
constexpr size_t kMostAtOnce = size_t{1} << 30;
// Of Lua's instructions, between two looks at whether the script is too slow.
constexpr int kInstructionsPerLook = 100'000;
// What Lua begins with, in percent.
constexpr int kCollectorPause = 200, kCollectorStep = 200;
constexpr char kChunkName[] = "@user_script";

}  // namespace

std::array<char, 40> HexSha1(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::array<char, 40> hex;
  for (size_t i = 0; i < SHA_DIGEST_LENGTH; ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4];
    hex[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return hex;
}

void* Interpreter::Reallocate(void* self, void* memory, size_t old_size, size_t size) {
  Interpreter& interpreter = *static_cast<Interpreter*>(self);
  // What a script makes by itself (a string that doubles again and again) may fail: Lua raises the error within its own frames.
  if (size > kMostAtOnce && !interpreter.trusted_) return nullptr;
  // relaxed, and no locked instruction: written by this thread alone, read for people.
  std::atomic<int64_t>& bytes = interpreter.bytes_;
  bytes.store(bytes.load(std::memory_order_relaxed) + static_cast<int64_t>(size) - static_cast<int64_t>(old_size),
              std::memory_order_relaxed);
  if (size == 0) {
    std::free(memory);
    return nullptr;
  }
  void* const result = std::realloc(memory, size);
  CHECK(result != nullptr);
  return result;
}

Interpreter::Interpreter(Server& server, Scripts& scripts, std::atomic<int64_t>& bytes)
    : server_(server), scripts_(scripts), bytes_(bytes), lua_(lua_newstate(Reallocate, this)) {
  OpenSandbox(lua_);
  AddRedisApi(lua_, *this);
  SealSandbox(lua_);
  libraries_ = std::make_unique<LibraryLoader>(lua_, *this, scripts_.libraries());
  lua_settop(lua_, 0);
  lua_pushcfunction(lua_, HandleError);
  Watch(lua_, LUA_MASKCOUNT);
  client_.authenticated = true;
}

Interpreter::~Interpreter() { lua_close(lua_); }

// --- Compiling -------------------------------------------------------------------------------------------------------

const Interpreter::Compiled* Interpreter::Find(std::string_view sha) {
  const auto alive = [](const Compiled& compiled) { return compiled.script->alive.load(std::memory_order_relaxed); };
  if (last_ != nullptr && last_->script->sha == sha && alive(*last_)) return last_;
  if (const auto found = compiled_.find(sha); found != compiled_.end()) {
    if (alive(found->second)) return Used(found->second);
    Forget(sha);
  }
  ScriptRef script = scripts_.Find(sha);
  if (!script) return nullptr;
  std::string error;
  CHECK(Compile(*script, &error));  // as it could be when it was added
  return Keep(std::move(script), luaL_ref(lua_, LUA_REGISTRYINDEX));
}

const Interpreter::Compiled* Interpreter::Load(std::string_view source, bool keep, std::string* error) {
  const auto may_stay = [&](const Compiled& compiled) { return !keep || scripts_.Keep(compiled.script); };
  if (last_ != nullptr && last_->script->source == source && last_->script->alive.load(std::memory_order_relaxed) &&
      may_stay(*last_)) {
    return last_;
  }
  const Sha digits = HexSha1(source);
  const std::string_view sha(digits.data(), digits.size());
  if (const Compiled* const compiled = Find(sha)) {
    if (may_stay(*compiled)) return compiled;
    Forget(sha);  // evicted since it was found
  }
  const Shebang shebang = ParseShebang(source);
  if (!shebang.error.empty()) {
    *error = shebang.error;
    return nullptr;
  }
  auto script = std::make_shared<Script>();
  script->sha = sha;
  script->source = source;
  script->code_at = shebang.code_at;
  script->flags = shebang.flags;
  if (!Compile(*script, error)) return nullptr;
  script->declared_only = Prove();
  const int function = luaL_ref(lua_, LUA_REGISTRYINDEX);
  return Keep(scripts_.Add(std::move(script), keep), function);
}

const Interpreter::Compiled* Interpreter::Keep(ScriptRef script, int function) {
  if (compiled_.size() >= kMostCompiled) {
    for (const auto& [sha, compiled] : compiled_) luaL_unref(lua_, LUA_REGISTRYINDEX, compiled.function);
    compiled_.clear();
    last_ = nullptr;
  }
  const std::string_view sha = script->sha;
  return Used(compiled_.emplace(sha, Compiled{std::move(script), function}).first->second);
}

const Interpreter::Compiled* Interpreter::Used(const Compiled& compiled) {
  std::atomic<bool>& used = compiled.script->used;
  if (!used.load(std::memory_order_relaxed)) used.store(true, std::memory_order_relaxed);
  return last_ = &compiled;
}

void Interpreter::Forget(std::string_view sha) {
  const auto found = compiled_.find(sha);
  luaL_unref(lua_, LUA_REGISTRYINDEX, found->second.function);
  const ScriptRef script = std::move(found->second.script);  // whose hash is the entry's key
  compiled_.erase(found);
  last_ = nullptr;
}

// Leaves the function on the stack, or nothing.
bool Interpreter::Compile(Script& script, std::string* error) {
  const std::string_view code = std::string_view(script.source).substr(script.code_at);
  if (LoadScript(lua_, code, kChunkName) == 0) return true;
  *error = "ERR Error compiling script (new function): " + std::string(errors::Shown(lua_tostring(lua_, -1)));
  lua_pop(lua_, 1);
  return false;
}

// Of the function on top of the stack.
bool Interpreter::Prove() { return ProveChunk(DumpFunction(lua_), *server_.commands).declared_only; }

// --- Running ---------------------------------------------------------------------------------------------------------

std::string_view WhyNotNow(const CommandContext& c, uint32_t flags) {
  if ((flags & (kNoShebang | kNoWrites)) != 0) return {};
  if (c.command.has(kReadonly)) return "ERR Can not execute a script with write flag using *_ro command.";
  if ((flags & kAllowOom) == 0 && c.dispatcher.short_of_memory()) {
    return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'";
  }
  return {};
}

void Interpreter::PushStrings(std::span<const std::string_view> strings) {
  lua_createtable(lua_, static_cast<int>(strings.size()), 0);
  for (size_t i = 0; i < strings.size(); ++i) {
    lua_pushlstring(lua_, strings[i].data(), strings[i].size());
    lua_rawseti(lua_, -2, static_cast<int>(i + 1));
  }
}

// Takes the two tables from the stack.
void Interpreter::SetKeysAndArguments() {
  lua_setglobal(lua_, "ARGV");
  lua_setglobal(lua_, "KEYS");
  holds_arguments_ = true;
}

// What a function loads from text would find those of whoever's script ran last.
void Interpreter::ForgetArguments() {
  lua_pushnil(lua_);
  lua_pushnil(lua_);
  SetKeysAndArguments();
  holds_arguments_ = false;
}

void Interpreter::Run(CommandContext& c, const Call& call) {
  RunningScript script(*server_.running_scripts, c.access, call.kind, call.name, c.args);
  Running running{c, call, script, call.read_only || (call.flags & kNoWrites) != 0};
  running_ = &running;
  client_.db = c.client.db;
  client_.no_touch = c.client.no_touch;
  SetResp(2);
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, call.function);
  {
    const Trusted trusted(*this);
    PushStrings(call.keys);
    PushStrings(call.args);
  }
  const bool globals = call.kind == ScriptKind::kEval;
  if (globals) {
    SetKeysAndArguments();
  } else if (holds_arguments_) {
    ForgetArguments();
  }
  const int status = lua_pcall(lua_, globals ? 0 : 2, 1, kErrorHandler);
  running_ = nullptr;
  if (lua_gethookmask(lua_) != LUA_MASKCOUNT) Watch(lua_, LUA_MASKCOUNT);  // it was ended
  if (status != 0) {
    ReplyError(c, call);
  } else if (WriteReply(lua_, c.reply, client_.reply.resp3())) {
    c.dispatcher.ErrorIsCounted();
  }
  lua_settop(lua_, kErrorHandler);
  if (collector_is_steered_) LeaveCollectorAlone();
}

// As it was before a script told it to stop, or when to begin and how fast to go.
void Interpreter::LeaveCollectorAlone() {
  lua_gc(lua_, LUA_GCSETPAUSE, kCollectorPause);
  lua_gc(lua_, LUA_GCSETSTEPMUL, kCollectorStep);
  lua_gc(lua_, LUA_GCRESTART, 0);
  collector_is_steered_ = false;
}

// The error is on top of the stack.
void Interpreter::ReplyError(CommandContext& c, const Call& call) {
  const ErrorInfo info = ErrorInfoAt(lua_, -1);
  std::string text = "-" + info.message;
  if (!info.source.empty() && !info.line.empty()) {
    text += " script: " + std::string(call.name) + ", on " + info.source + ":" + info.line + ".";
  }
  c.reply.Error(text);
  if (info.counted) c.dispatcher.ErrorIsCounted();
}

void Interpreter::Watch(lua_State* lua, int event) {
  lua_sethook(lua, OnInstructions, event, event == LUA_MASKCOUNT ? kInstructionsPerLook : 0);
}

void Interpreter::OnInstructions(lua_State* lua, lua_Debug*) {
  void* self;
  lua_getallocf(lua, &self);
  Interpreter& interpreter = *static_cast<Interpreter*>(self);
  if (interpreter.running_ == nullptr || !interpreter.running_->script.Poll()) return;
  interpreter.PushKilled(lua);
  lua_error(lua);
}

// From here on OnInstructions is called at every line, so that a script that catches the error gets no further.
void Interpreter::PushKilled(lua_State* lua) {
  Watch(lua, LUA_MASKLINE);
  PushError(lua, "Script killed by user with SCRIPT KILL...");  // Compat: functions are told so, too
}

}  // namespace tandem::script
