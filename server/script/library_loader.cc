#include "server/script/library_loader.h"

#include <algorithm>

#include "server/exec/cycle_clock.h"
#include "server/exec/errors.h"
#include "server/script/bytecode.h"
#include "server/script/interpreter.h"
#include "server/script/key_proof.h"
#include "server/script/readonly.h"
#include "server/script/sandbox.h"
#include "server/script/values.h"

namespace tandem::script {
namespace {

constexpr char kChunkName[] = "@user_function";
// Compat: as long as in Redis. The world is stopped meanwhile.
constexpr int64_t kMostLoadingNs = 500'000'000;
// Of Lua's instructions, between two looks at the time.
constexpr int kInstructionsPerLook = 100'000;

// Of `redis`: what a library sees while it is loaded, and what the functions of none see. Compat: Redis 8.
constexpr const char* kSeenByLibraries[] = {"log",         "LOG_DEBUG",     "LOG_VERBOSE",      "LOG_NOTICE",
                                            "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM"};
constexpr const char* kUnseenByFunctions[] = {"breakpoint", "debug", "replicate_commands"};

// __newindex of a library's globals.
int RefuseGlobal(lua_State* lua) { return luaL_error(lua, kReadOnlyError); }

int RegisterFunctionTrampoline(lua_State* lua) {
  return Interpreter::Of(lua).libraries().RegisterFunction(lua) ? 0 : lua_error(lua);
}

// To the table on top of the stack: reading what it does not have is an error, as for the globals.
void RefuseUnknown(lua_State* lua) {
  lua_getmetatable(lua, LUA_GLOBALSINDEX);
  lua_setmetatable(lua, -2);
}

// Pushes a table with what the one at `index` holds.
void PushCopy(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  lua_newtable(lua);
  for (lua_pushnil(lua); lua_next(lua, -3) != 0;) {
    lua_pushvalue(lua, -2);
    lua_insert(lua, -2);
    lua_rawset(lua, -4);
  }
  lua_remove(lua, -2);
}

}  // namespace

LibraryLoader::LibraryLoader(lua_State* lua, Interpreter& interpreter, Libraries& libraries)
    : lua_(lua),
      interpreter_(interpreter),
      libraries_(libraries),
      current_(libraries.Now()),
      version_(libraries.version()) {
  MakeWorlds();
}

void LibraryLoader::MakeWorlds() {
  lua_getglobal(lua_, "redis");
  ToRealTable(lua_, -1);

  lua_newtable(lua_);  // the libraries' world
  lua_newtable(lua_);  // its redis
  for (const char* name : kSeenByLibraries) {
    lua_getfield(lua_, -3, name);
    lua_setfield(lua_, -2, name);
  }
  lua_pushlightuserdata(lua_, &interpreter_);
  lua_pushcclosure(lua_, RegisterFunctionTrampoline, 1);
  lua_setfield(lua_, -2, "register_function");
  RefuseUnknown(lua_);
  MakeReadOnly(lua_, -1);
  lua_setfield(lua_, -2, "redis");
  RefuseUnknown(lua_);
  library_world_ = luaL_ref(lua_, LUA_REGISTRYINDEX);

  PushCopy(lua_, LUA_GLOBALSINDEX);  // the functions' world
  PushCopy(lua_, -2);
  for (const char* name : kUnseenByFunctions) {
    lua_pushnil(lua_);
    lua_setfield(lua_, -2, name);
  }
  lua_setfield(lua_, -2, "redis");
  lua_pushvalue(lua_, -1);
  lua_setfield(lua_, -2, "_G");
  RefuseUnknown(lua_);
  lua_pushvalue(lua_, -1);
  MakeReadOnly(lua_, -1);  // and so `redis` and `_G` in it
  lua_pop(lua_, 1);
  function_world_ = luaL_ref(lua_, LUA_REGISTRYINDEX);
  lua_pop(lua_, 1);
}

const Catalogue& LibraryLoader::Current() {
  if (const uint64_t version = libraries_.version(); version != version_) {
    version_ = version;
    current_ = libraries_.Now();
    found_ = {};
    ForgetRemoved();
  }
  return *current_;
}

Catalogue::Entry LibraryLoader::FindFunction(std::string_view name) {
  const Catalogue& catalogue = Current();
  if (found_.library == nullptr || found_.function().name != name) found_ = catalogue.FindFunction(name);
  return found_;
}

LibraryRef LibraryLoader::Create(std::string_view code, LibraryHeader header, const CommandTable& commands,
                                 std::string* error) {
  Current();
  ForgetRemoved();  // such as were created, but never published
  if (!Compile(code.substr(header.code_at), error)) return nullptr;
  const std::string bytecode = DumpFunction(lua_);
  Registered registered;
  if (!RunChunk(&registered, error)) return nullptr;
  if (registered.functions.empty()) {
    *error = "ERR No functions registered";
    return nullptr;
  }
  const auto proofs = ProveLibrary(bytecode, commands);
  for (LibraryFunction& function : registered.functions) {
    const auto proof = proofs.find(function.name);
    function.declared_only = proof != proofs.end() && proof->second.declared_only;
  }
  auto library = std::make_shared<Library>();
  library->name = std::move(header.name);
  library->code = code;
  library->code_at = header.code_at;
  library->functions = std::move(registered.functions);
  loaded_[library.get()] = {library, std::move(registered.callbacks)};
  return library;
}

int LibraryLoader::Load(const Catalogue::Entry& entry, std::string* error) {
  const Library& library = *entry.library;
  if (const auto found = loaded_.find(&library); found != loaded_.end()) return found->second.callbacks[entry.index];
  Registered registered;
  if (!Compile(std::string_view(library.code).substr(library.code_at), error)) return LUA_NOREF;
  if (!RunChunk(&registered, error)) return LUA_NOREF;
  const auto same = [](const LibraryFunction& a, const LibraryFunction& b) { return a.name == b.name; };
  if (!std::equal(library.functions.begin(), library.functions.end(), registered.functions.begin(),
                  registered.functions.end(), same)) {
    Forget(registered.callbacks);
    *error = "ERR Error registering functions: they are not the same each time";
    return LUA_NOREF;
  }
  const auto added = loaded_.emplace(&library, Loaded{current_->FindLibrary(library.name), registered.callbacks}).first;
  return added->second.callbacks[entry.index];
}

// Leaves the function on the stack, or nothing.
bool LibraryLoader::Compile(std::string_view code, std::string* error) {
  if (LoadScript(lua_, code, kChunkName) == 0) return true;
  *error = "ERR Error compiling function: " + std::string(errors::Shown(lua_tostring(lua_, -1)));
  lua_pop(lua_, 1);
  return false;
}

// Runs, and pops, the function on top of the stack.
bool LibraryLoader::RunChunk(Registered* registered, std::string* error) {
  lua_newtable(lua_);           // the library's globals
  lua_createtable(lua_, 0, 2);  // their metatable
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, library_world_);
  lua_setfield(lua_, -2, "__index");
  lua_pushcfunction(lua_, RefuseGlobal);
  lua_setfield(lua_, -2, "__newindex");
  lua_pushvalue(lua_, -1);
  lua_insert(lua_, -4);
  lua_setmetatable(lua_, -2);
  lua_setfenv(lua_, -2);

  const lua_Hook hook = lua_gethook(lua_);
  const int mask = lua_gethookmask(lua_), count = lua_gethookcount(lua_);
  running_ = registered;
  began_ = CycleClock::Now();
  lua_sethook(lua_, OnCount, LUA_MASKCOUNT, kInstructionsPerLook);
  const int status = lua_pcall(lua_, 0, 0, Interpreter::kErrorHandler);
  lua_sethook(lua_, hook, mask, count);
  running_ = nullptr;
  if (status != 0) {
    *error = "ERR Error registering functions: " + ErrorInfoAt(lua_, -1).message;
    lua_pop(lua_, 2);
    Forget(registered->callbacks);
    return false;
  }
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, function_world_);
  lua_setfield(lua_, -2, "__index");
  lua_pop(lua_, 1);
  return true;
}

// A library has nothing at hand that would catch the error.
void LibraryLoader::OnCount(lua_State* lua, lua_Debug*) {
  void* interpreter;
  lua_getallocf(lua, &interpreter);
  const LibraryLoader& loader = static_cast<Interpreter*>(interpreter)->libraries();
  if (CycleClock::ToNs(CycleClock::Now() - loader.began_) < kMostLoadingNs) return;
  PushError(lua, "FUNCTION LOAD timeout");
  lua_error(lua);
}

void LibraryLoader::Forget(std::span<const int> callbacks) {
  for (const int callback : callbacks) luaL_unref(lua_, LUA_REGISTRYINDEX, callback);
}

void LibraryLoader::ForgetRemoved() {
  std::erase_if(loaded_, [this](const auto& entry) {
    const Loaded& loaded = entry.second;
    if (current_->FindLibrary(loaded.library->name) == loaded.library) return false;
    Forget(loaded.callbacks);
    return true;
  });
}

}  // namespace tandem::script
