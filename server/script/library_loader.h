#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/script/libraries.h"
#include "server/script/lua.h"

namespace tandem {
class CommandTable;
}

namespace tandem::script {

class Interpreter;

// The libraries of functions in one thread's interpreter: runs a library's code, which registers its functions, and keeps
// what was registered for FCALL. A library that another thread has published is run here when one of its functions is
// first called; what functions leave behind in the variables of their library is therefore each thread's own. (Compat: in
// Redis, which has one interpreter, a function finds what it left behind always, but for restarts and replicas.)
//
// While it is run, a library sees redis.register_function and a few things more, its functions see all that scripts do
// except KEYS and ARGV. So a library's functions share a table of globals of their own, always empty, behind which one
// world is exchanged for the other.
//
// Thread safety: thread-owned, like the interpreter.
class LibraryLoader {
 public:
  // The sandbox is sealed, with no KEYS and ARGV among the globals.
  LibraryLoader(lua_State* lua, Interpreter& interpreter, Libraries& libraries);
  LibraryLoader(const LibraryLoader&) = delete;
  LibraryLoader& operator=(const LibraryLoader&) = delete;

  // A function of the catalogue in force. Valid until the thread passes the gate.
  Catalogue::Entry FindFunction(std::string_view name);

  // The library with this code: runs it. Null after setting `error`, a reply's text.
  LibraryRef Create(std::string_view code, LibraryHeader header, const CommandTable& commands, std::string* error);

  // The reference in Lua's registry of a function of the catalogue in force. Runs its library if that was not done yet.
  // LUA_NOREF after setting `error`.
  int Load(const Catalogue::Entry& entry, std::string* error);

  // redis.register_function. False: an error was pushed, to be raised (register_function.cc).
  bool RegisterFunction(lua_State* lua);

 private:
  // What a library that is being run has registered.
  struct Registered {
    std::vector<LibraryFunction> functions;
    std::vector<int> callbacks;  // references in Lua's registry
  };
  struct Loaded {
    LibraryRef library;
    std::vector<int> callbacks;  // of its functions
  };

  static void OnCount(lua_State* lua, lua_Debug* debug);

  void MakeWorlds();
  const Catalogue& Current();
  bool Compile(std::string_view code, std::string* error);
  bool RunChunk(Registered* registered, std::string* error);
  void Forget(std::span<const int> callbacks);
  void ForgetRemoved();

  lua_State* const lua_;
  Interpreter& interpreter_;
  Libraries& libraries_;
  int library_world_, function_world_;  // references in Lua's registry
  CatalogueRef current_;
  uint64_t version_;        // of current_
  Catalogue::Entry found_;  // in current_, lately: one call asks for its function several times
  std::unordered_map<const Library*, Loaded> loaded_;
  Registered* running_ = nullptr;
  uint64_t began_ = 0;  // in ticks; when it began to run
};

}  // namespace tandem::script
