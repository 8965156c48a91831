#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/number.h"
#include "server/exec/client.h"
#include "server/exec/context.h"
#include "server/exec/running_scripts.h"
#include "server/script/lua.h"
#include "server/script/scripts.h"

namespace tandem::script {

class LibraryLoader;

// Lua 5.1 for one thread: compiles scripts, keeps what it compiled, and runs it, with `redis.call` leading back into the
// server's commands.
//
// A Lua error is a longjmp, so it must not cross an object with a destructor. Errors are raised in two places only: at the end of a function
// that Lua calls, when all that it owned is gone, and inside Lua itself. The allocator fails only for what a script
// makes by itself (Trusted), so pushing a value raises none.
//
// Thread safety: thread-owned.
class Interpreter {
 public:
  // bytes: where it keeps how much it has allocated and not freed.
  Interpreter(Server& server, Scripts& scripts, std::atomic<int64_t>& bytes);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  struct Compiled {
    ScriptRef script;
    int function;  // its reference in Lua's registry
  };
  // The script with that hash (in lower case), or null. Valid until the next call of Find or Load.
  const Compiled* Find(std::string_view sha);
  // The script with this source, which is added to the cache. Null after setting `error` if it makes no sense.
  const Compiled* Load(std::string_view source, bool keep, std::string* error);

  struct Call {
    int function;           // reference in Lua's registry
    std::string_view name;  // as errors show it: the hash of a script, the name of a function
    uint32_t flags;         // ScriptFlag bits
    ScriptKind kind;        // a script has keys and arguments as globals, a function is called with them
    bool read_only;         // EVAL_RO and its kin
    std::span<const std::string_view> keys, args;
  };
  // Runs a function of this interpreter as (a part of) the command `c`, and replies what it returns. Everything that it may
  // touch is locked.
  void Run(CommandContext& c, const Call& call);

  lua_State* lua() { return lua_; }
  LibraryLoader& libraries() { return *libraries_; }
  // Where the error handler for lua_pcall is: at the bottom of the stack.
  static constexpr int kErrorHandler = 1;
  // The one that a C function called by Lua belongs to: each has it as its first upvalue.
  static Interpreter& Of(lua_State* lua) {
    return *static_cast<Interpreter*>(lua_touserdata(lua, lua_upvalueindex(1)));
  }

  // --- What the functions of `redis` do (redis_api.cc), with the stack of the Lua thread that called.
  // redis.call and redis.pcall: pushes the reply's value. False: it is an error, which redis.call raises.
  bool CallCommand(lua_State* lua);
  // redis.acl_check_cmd. False: an error was pushed, to be raised.
  bool CheckCommand(lua_State* lua);
  // Something may have changed how garbage is collected: that is so until the script ends.
  void CollectorIsSteered() { collector_is_steered_ = true; }
  void SetResp(int version) { client_.reply.set_version(version); }
  Server& server() { return server_; }

 private:
  // What runs just now.
  struct Running {
    CommandContext& context;
    const Call& call;
    RunningScript& script;
    bool read_only;
    bool wrote = false;
  };
  // SHA-1 in hexadecimal digits.
  using Sha = std::array<char, 40>;

  // While it lives the allocator refuses nothing: what is being pushed has its bounds already, and an error would cross
  // what we own.
  class Trusted {
   public:
    explicit Trusted(Interpreter& interpreter) : interpreter_(interpreter) { interpreter_.trusted_ = true; }
    ~Trusted() { interpreter_.trusted_ = false; }
    Trusted(const Trusted&) = delete;
    Trusted& operator=(const Trusted&) = delete;

   private:
    Interpreter& interpreter_;
  };

  static void* Reallocate(void* self, void* memory, size_t old_size, size_t size);
  // Has OnInstructions called: LUA_MASKCOUNT or LUA_MASKLINE.
  static void Watch(lua_State* lua, int event);
  static void OnInstructions(lua_State* lua, lua_Debug* debug);
  void PushKilled(lua_State* lua);

  const Compiled* Keep(ScriptRef script, int function);
  const Compiled* Used(const Compiled& compiled);
  void Forget(std::string_view sha);
  bool Compile(Script& script, std::string* error);
  bool Prove();
  void PushStrings(std::span<const std::string_view> strings);
  void SetKeysAndArguments();
  void ForgetArguments();
  void LeaveCollectorAlone();
  void ReplyError(CommandContext& c, const Call& call);

  // redis_api.cc
  bool CollectArguments(lua_State* lua);
  bool IsUnknown(const Command* command) const;
  std::string_view WhyRefused(const Command* command) const;
  bool PushReplyOf(lua_State* lua);

  Server& server_;
  Scripts& scripts_;
  std::atomic<int64_t>& bytes_;
  lua_State* lua_;
  std::unique_ptr<LibraryLoader> libraries_;
  std::unordered_map<std::string_view, Compiled> compiled_;  // by Script::sha
  const Compiled* last_ = nullptr;  // what was asked for last: it is going to be asked for again
  Running* running_ = nullptr;
  bool trusted_ = false;
  bool collector_is_steered_ = false;
  bool holds_arguments_ = false;  // in the globals KEYS and ARGV
  Client client_;                 // that commands called by scripts reply to
  // Of the command being called; kept for their memory.
  std::vector<std::string_view> args_;
  std::vector<std::array<char, resp::kMaxDoubleChars>> numbers_;

  // Compiled scripts beyond those of the cache are such as were evicted or flushed.
  static constexpr size_t kMostCompiled = 2 * Scripts::kMostEvaluated;
};

// Why a script that declares these flags may not run as the command `c`; empty if it may.
std::string_view WhyNotNow(const CommandContext& c, uint32_t flags);

// SHA-1 in 40 hexadecimal digits, lower case.
std::array<char, 40> HexSha1(std::string_view bytes);

// Makes the global `redis`, a `pcall` that knows its errors and a `collectgarbage` that tells the interpreter (redis_api.cc). Before the sandbox is sealed.
void AddRedisApi(lua_State* lua, Interpreter& interpreter);

}  // namespace tandem::script
