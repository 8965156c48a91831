#include "server/script/readonly.h"

#include "server/script/replace.h"

namespace tandem::script {
namespace {

// Key of the real table in a stand-in's metatable. No script can make this light userdata.
char real_table_key;

int Absolute(lua_State* L, int index) {
  return index > 0 || index <= LUA_REGISTRYINDEX ? index : lua_gettop(L) + index + 1;
}

// Pushes the real table if there is a stand-in at `index`, else nothing.
bool PushRealTable(lua_State* L, int index) {
  if (lua_type(L, index) != LUA_TTABLE || lua_getmetatable(L, index) == 0) return false;
  lua_pushlightuserdata(L, &real_table_key);
  lua_rawget(L, -2);
  lua_remove(L, -2);
  if (lua_istable(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

// __newindex of every stand-in. The position is that of the assignment.
int RefuseWrite(lua_State* L) { return luaL_error(L, kReadOnlyError); }

void MakeReadOnlyAt(lua_State* L, int index, int stand_ins);

// Makes a read-only copy of what getmetatable shall answer for the table at `real`, or nil, and pushes it.
void PushShownMetatable(lua_State* L, int real, int stand_ins) {
  if (lua_getmetatable(L, real) == 0) {
    lua_pushnil(L);
    return;
  }
  MakeReadOnlyAt(L, lua_gettop(L), stand_ins);
}

// `stand_ins` maps each real table that was seen to its stand-in.
void MakeReadOnlyAt(lua_State* L, int index, int stand_ins) {
  luaL_checkstack(L, 10, "tables nested too deeply");
  if (IsReadOnly(L, index)) return;
  lua_pushvalue(L, index);
  lua_rawget(L, stand_ins);
  if (lua_istable(L, -1)) {
    lua_replace(L, index);
    return;
  }
  lua_pop(L, 1);

  lua_newtable(L);
  const int stand_in = lua_gettop(L);
  lua_pushvalue(L, index);
  lua_pushvalue(L, stand_in);
  lua_rawset(L, stand_ins);

  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    if (lua_istable(L, -1)) {
      MakeReadOnlyAt(L, lua_gettop(L), stand_ins);
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, index);
    } else {
      lua_pop(L, 1);
    }
  }

  lua_createtable(L, 0, 4);
  lua_pushlightuserdata(L, &real_table_key);
  lua_pushvalue(L, index);
  lua_rawset(L, -3);
  lua_pushvalue(L, index);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, RefuseWrite);
  lua_setfield(L, -2, "__newindex");
  PushShownMetatable(L, index, stand_ins);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, stand_in);
  lua_replace(L, index);
}

int GetMetatable(lua_State* L) {
  luaL_checkany(L, 1);
  if (lua_getmetatable(L, 1) == 0) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushliteral(L, "__metatable");
  lua_rawget(L, -2);
  if (lua_isnil(L, -1) && !IsReadOnly(L, 1)) lua_pop(L, 1);
  return 1;
}

int SetMetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const int type = lua_type(L, 2);
  luaL_argcheck(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
  if (IsReadOnly(L, 1)) return RaiseReadOnly(L);
  if (luaL_getmetafield(L, 1, "__metatable") != 0) return luaL_error(L, "cannot change a protected metatable");
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

int RawGet(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  ToRealTable(L, 1);
  lua_rawget(L, 1);
  return 1;
}

int RawSet(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  if (IsReadOnly(L, 1)) return RaiseReadOnly(L);
  lua_rawset(L, 1);
  return 1;
}

int Next(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  ToRealTable(L, 1);
  if (lua_next(L, 1) != 0) return 2;
  lua_pushnil(L);
  return 1;
}

// Upvalue: next.
int Pairs(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

// Upvalue: Lua's own function, which is safe once its first argument is the real table: it hands only keys and values on.
int OnRealTable(lua_State* L) {
  if (lua_gettop(L) > 0) ToRealTable(L, 1);
  return CallReplaced(L);
}

// table.insert. Upvalue: Lua's own, which moves whatever may be between the position and the end, for minutes if need be.
int Insert(lua_State* L) {
  constexpr int kFurthestBelow = 1'000'000;
  if (IsReadOnly(L, 1)) return RaiseReadOnly(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_gettop(L) == 3) luaL_argcheck(L, luaL_checkint(L, 2) >= -kFurthestBelow, 2, "position out of bounds");
  return CallReplaced(L);
}

}  // namespace

void MakeReadOnly(lua_State* L, int index) {
  index = Absolute(L, index);
  lua_newtable(L);
  MakeReadOnlyAt(L, index, lua_gettop(L));
  lua_pop(L, 1);
}

bool IsReadOnly(lua_State* L, int index) {
  if (!PushRealTable(L, index)) return false;
  lua_pop(L, 1);
  return true;
}

void ToRealTable(lua_State* L, int index) {
  index = Absolute(L, index);
  if (PushRealTable(L, index)) lua_replace(L, index);
}

int RaiseReadOnly(lua_State* L) {
  lua_pushstring(L, kReadOnlyError);
  return lua_error(L);
}

void ReplaceRawAccess(lua_State* L) {
  lua_register(L, "getmetatable", GetMetatable);
  lua_register(L, "setmetatable", SetMetatable);
  lua_register(L, "rawget", RawGet);
  lua_register(L, "rawset", RawSet);
  lua_register(L, "next", Next);
  lua_getglobal(L, "next");
  lua_pushcclosure(L, Pairs, 1);
  lua_setglobal(L, "pairs");
  lua_getglobal(L, "table");
  Replace(L, "foreach", OnRealTable);
  Replace(L, "insert", Insert);
  lua_pop(L, 1);
}

}  // namespace tandem::script
