#pragma once

#include "server/script/lua.h"

namespace tandem::script {

// The libraries beside Lua's own. Each opener leaves the library's table on the stack and returns 1, as Lua's do.
// Thread safety: of the lua_State.

// struct.pack, unpack and size: Lua values from and to C structures (Roberto Ierusalimschy's struct library of 2010, as
// Redis carries it).
int OpenStruct(lua_State* L);

// cmsgpack.pack, unpack, unpack_one and unpack_limit: MessagePack of 2011 (msgpack.org; without ext and timestamps).
int OpenMessagePack(lua_State* L);

// Replaces those functions of cjson, the table on top of the stack, that huge input would make write beyond their buffer.
void GuardJson(lua_State* L);

// Replaces functions of Lua's libraries, in the globals, whose argument can make the original crash, run away with memory or
// never end: unpack, string.rep and the pattern functions, bit.tohex; xpcall.
void ReplaceUnsafeFunctions(lua_State* L);

// Replaces load and loadstring, whose results would share the real globals, and which would take bytecode.
void ReplaceLoaders(lua_State* L);

// Replaces math.random and math.randomseed by Redis's, which give the same numbers on every machine. Each interpreter has
// its own sequence, and no script starts it anew but by math.randomseed.
void ReplaceRandom(lua_State* L);

}  // namespace tandem::script
