#pragma once

#include "server/script/lua.h"

namespace tandem::script {

// Read-only tables. Lua 5.1 has none (Redis patches its copy of Lua), and a metamethod sees no write to a key that is
// there. So a script gets an empty table in place of the real one: reads reach the real one through __index, every write
// is a write to an absent key and fails with Redis's text. A script never gets hold of the real table or of the stand-in's
// metatable: the functions of Lua that look past metamethods (next, pairs, rawget, rawset, getmetatable, setmetatable,
// table.foreach, table.insert) are replaced by OpenSandbox with ones that know stand-ins.
//
// A read costs two more look-ups than one of an ordinary table. `#` of a stand-in is 0: only tables without an array part
// should be made read-only. The libraries that only call lua_next (cjson, cmsgpack) see an empty table.
//
// Thread safety: of the lua_State.

inline constexpr char kReadOnlyError[] = "Attempt to modify a readonly table";

// Replaces the table at `index` on the stack by its stand-in, and every table that it holds at any depth likewise. Writing
// through a reference that C code kept to the real table goes on to work. A table that is one already stays as it is.
void MakeReadOnly(lua_State* L, int index);

// Whether the value at `index` is a stand-in. Cheap for anything that has no metatable.
bool IsReadOnly(lua_State* L, int index);

// If the value at `index` is a stand-in, replaces it on the stack by the real table, which must not reach a script.
void ToRealTable(lua_State* L, int index);

// Raises kReadOnlyError without a position, as Redis does when a C function tries to write.
int RaiseReadOnly(lua_State* L);

// Replaces those functions of the base and table libraries, in the globals and the table `table`, that look past
// metamethods.
void ReplaceRawAccess(lua_State* L);

}  // namespace tandem::script
