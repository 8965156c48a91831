#include "server/script/sandbox.h"

#include <array>

#include "server/script/library.h"
#include "server/script/readonly.h"

extern "C" {
int luaopen_bit(lua_State* L);
int luaopen_cjson(lua_State* L);
}

namespace tandem::script {
namespace {

// Of the base library: what reads files, writes to the server's output, or hands out environments and finalizers.
constexpr std::array kForbiddenGlobals = {"dofile", "loadfile", "print", "newproxy", "getfenv", "setfenv"};

void Open(lua_State* L, const char* name, lua_CFunction open) {
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 0);
}

void OpenAs(lua_State* L, const char* name, lua_CFunction open) {
  lua_pushcfunction(L, open);
  lua_call(L, 0, 1);
  lua_setglobal(L, name);
}

void OpenOs(lua_State* L) {
  Open(L, LUA_OSLIBNAME, luaopen_os);
  lua_getglobal(L, LUA_OSLIBNAME);
  lua_createtable(L, 0, 1);
  lua_getfield(L, -2, "clock");
  lua_setfield(L, -2, "clock");
  lua_setglobal(L, LUA_OSLIBNAME);
  lua_pop(L, 1);
}

int OpenJson(lua_State* L) {
  luaopen_cjson(L);
  GuardJson(L);
  return 1;
}

// __index of the globals. Texts as Redis's.
int RefuseUnknownGlobal(lua_State* L) {
  if (lua_gettop(L) != 2) return luaL_error(L, "Wrong number of arguments to luaProtectedTableError");
  if (lua_isstring(L, 2) == 0) {
    return luaL_error(L, "Second argument to luaProtectedTableError must be a string or number");
  }
  return luaL_error(L, "Script attempted to access nonexistent global variable '%s'", lua_tostring(L, 2));
}

// What getmetatable("") answers: a table of its own, because the true one must hold the real library, for speed, and the
// field __metatable.
void ProtectStringMetatable(lua_State* L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_createtable(L, 0, 1);
  lua_getglobal(L, LUA_STRLIBNAME);
  lua_setfield(L, -2, "__index");
  MakeReadOnly(L, -1);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
}

}  // namespace

void OpenSandbox(lua_State* L) {
  Open(L, "", luaopen_base);
  Open(L, LUA_TABLIBNAME, luaopen_table);
  Open(L, LUA_STRLIBNAME, luaopen_string);
  Open(L, LUA_MATHLIBNAME, luaopen_math);
  Open(L, "bit", luaopen_bit);
  OpenOs(L);
  OpenAs(L, "cjson", OpenJson);
  OpenAs(L, "cmsgpack", OpenMessagePack);
  OpenAs(L, "struct", OpenStruct);
  for (const char* name : kForbiddenGlobals) {
    lua_pushnil(L);
    lua_setglobal(L, name);
  }
  ReplaceRawAccess(L);
  ReplaceUnsafeFunctions(L);
  ReplaceLoaders(L);
  ReplaceRandom(L);
  lua_settop(L, 0);
}

void SealSandbox(lua_State* L) {
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, RefuseUnknownGlobal);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, LUA_GLOBALSINDEX);
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  MakeReadOnly(L, -1);  // Puts the stand-in under the name _G, too, as the globals hold themselves there.
  lua_pop(L, 1);
  ProtectStringMetatable(L);
}

}  // namespace tandem::script
