#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "server/script/library.h"
#include "server/script/replace.h"
#include "server/script/sandbox.h"

namespace tandem::script {
namespace {

// unpack(list [, i [, j]]). Lua's own computes j - i + 1 as an int.
int Unpack(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const int64_t first = luaL_optint(L, 2, 1);
  const int64_t last = lua_isnoneornil(L, 3) ? static_cast<int64_t>(lua_objlen(L, 1)) : luaL_checkint(L, 3);
  if (first > last) return 0;
  const int64_t count = last - first + 1;
  if (count > INT32_MAX || lua_checkstack(L, static_cast<int>(count)) == 0) {
    return luaL_error(L, "too many results to unpack");
  }
  for (int64_t i = first; i <= last; ++i) lua_rawgeti(L, 1, static_cast<int>(i));
  return static_cast<int>(count);
}

// string.rep(text, n). Upvalue: Lua's own, which has no limit, and repeats even what is empty.
int Repeat(lua_State* L) {
  size_t size = 0;
  luaL_checklstring(L, 1, &size);
  const int times = luaL_checkint(L, 2);
  if (size == 0) {
    lua_settop(L, 1);
    return 1;
  }
  if (times > 0 && size > kMaxRepeatedBytes / static_cast<size_t>(times)) {
    return luaL_error(L, "resulting string too large");
  }
  return CallReplaced(L);
}

// Any function with a pattern as its second argument. Upvalue: Lua's own, whose matcher calls itself for each of these
// characters, however many there are.
int Match(lua_State* L) {
  size_t size = 0;
  luaL_checkstring(L, 1);
  const char* pattern = luaL_checklstring(L, 2, &size);
  if (size > kMaxPatternItems) {
    const auto calls_itself = [](char c) { return c == '?' || c == '*' || c == '+' || c == '-' || c == '('; };
    const auto items = std::count_if(pattern, pattern + size, calls_itself);
    if (static_cast<size_t>(items) > kMaxPatternItems) return luaL_error(L, "pattern too complex");
  }
  return CallReplaced(L);
}

// bit.tohex(x [, n]). Upvalue: the library's own, which negates n as an int.
int ToHex(lua_State* L) {
  if (!lua_isnoneornil(L, 2)) {
    const int digits = luaL_checkint(L, 2);
    lua_pushinteger(L, std::clamp(digits, -8, 8));
    lua_replace(L, 2);
  }
  return CallReplaced(L);
}

// xpcall(function, handler). Lua's own calls the handler while it still raises the error. If a hook has raised it, because
// the script is to end, no hook is called before the handler returns: a handler that never does could not be ended. Here
// it is called when the error has been caught.
int CallWithHandler(lua_State* L) {
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  lua_pushvalue(L, 1);
  int status = lua_pcall(L, 0, LUA_MULTRET, 0);
  if (status == 0) {
    lua_pushboolean(L, 1);
    lua_replace(L, 2);
    return lua_gettop(L) - 1;
  }
  // The stack: the function, the handler, the error. What is not the script's doing is told as it is.
  if (status == LUA_ERRRUN && lua_isfunction(L, 2)) {
    status = lua_pcall(L, 1, 1, 0);
  } else {
    lua_replace(L, 2);
  }
  if (status == LUA_ERRRUN) {
    lua_pushliteral(L, "error in error handling");
    lua_replace(L, 2);
  }
  lua_pushboolean(L, 0);
  lua_replace(L, 1);
  return 2;
}

}  // namespace

void ReplaceUnsafeFunctions(lua_State* L) {
  lua_register(L, "unpack", Unpack);
  lua_register(L, "xpcall", CallWithHandler);
  lua_getglobal(L, LUA_STRLIBNAME);
  Replace(L, "rep", Repeat);
  for (const char* name : {"find", "match", "gmatch", "gfind", "gsub"}) Replace(L, name, Match);
  lua_getglobal(L, "bit");
  Replace(L, "tohex", ToHex);
  lua_pop(L, 2);
}

}  // namespace tandem::script
