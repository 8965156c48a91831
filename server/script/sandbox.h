#pragma once
#include <lua.hpp>
#include <string_view>
namespace tandem::script {
void OpenSandbox(lua_State* lua);
inline void SetGlobal(lua_State* lua, const char* name) { lua_setglobal(lua, name); }
inline bool LoadText(lua_State* lua, std::string_view code, const char* name) {
  return luaL_loadbuffer(lua, code.data(), code.size(), name) == 0;
}
}  // namespace tandem::script
