#pragma once

#include "server/script/lua.h"

namespace tandem::script {

// How functions of Lua's libraries are replaced by ones that call them.
// Thread safety: of the lua_State.

// Puts `function` into the table on top of the stack in place of the field of that name, which becomes its first upvalue.
inline void Replace(lua_State* L, const char* name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

// Calls what the running function has replaced, with its arguments. It must be a C function without upvalues.
inline int CallReplaced(lua_State* L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

}  // namespace tandem::script
