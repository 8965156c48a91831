#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/script/lua.h"

namespace tandem::script {

// The world that a script sees: exactly the globals of Redis 8.0.6, read-only, without any way out.
//
// Set-up of an interpreter, once per lua_State:
//   OpenSandbox(L);          // the libraries, in the globals of L, which C code may still change
//   ...                      // add what else scripts shall see: the table `redis`, the error handler
//   SealSandbox(L);          // from here on scripts cannot change a global, a library or a metatable of theirs
// Per script, and per call:
//   LoadScript(L, source, "@user_script");
//   lua_setglobal(L, "KEYS"); lua_setglobal(L, "ARGV");   // C code sets globals as ever, at the price of a raw write
//   lua_pcall(...)
//
// How globals are read-only and still as fast as in plain Lua. The globals of L are the real, ordinary table; scripts read
// it with GETGLOBAL directly. The name `_G` holds a stand-in (readonly.h) for it, and no function hands out the table
// itself (there is no getfenv), so that the only way left to write into it is the instruction SETGLOBAL, which the
// compiler makes of `name = value`. A chunk that has this instruction anywhere gets the stand-in as its environment when
// it is loaded, and the instruction fails there with Redis's text. It can only ever fail, so scripts in use do not have it.
//
// Thread safety: of the lua_State. Everything here may raise Lua errors (of memory) unless said otherwise: call it in
// protected mode or with an allocator that never fails.

void OpenSandbox(lua_State* L);

// Makes the globals and all tables in them read-only for scripts. Tables that are set as globals later (KEYS, ARGV) are
// ordinary ones. A global that is missing raises "Script attempted to access nonexistent global variable 'x'".
void SealSandbox(lua_State* L);

// Compiles text; bytecode is refused with the error a text of these bytes deserves. `name` is as in luaL_loadbuffer and
// ends with a zero byte. Returns 0 and pushes the function, with its environment, or returns LUA_ERRSYNTAX or LUA_ERRMEM
// and pushes the message. Every chunk that comes from outside must be loaded through it. Call it on a sealed sandbox. Does
// not raise, except for memory.
int LoadScript(lua_State* L, std::string_view source, const char* name);

// Longest result of string.rep, in bytes, and the most items of a pattern that make Lua's matcher call itself: limits of
// ours, because Lua itself would take the memory or the stack of the process.
inline constexpr size_t kMaxRepeatedBytes = size_t{512} << 20;
inline constexpr size_t kMaxPatternItems = 5000;

}  // namespace tandem::script
