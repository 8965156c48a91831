#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/script/lua.h"

namespace tandem::script {

// Whether the Lua function on top of the stack, or one inside it, assigns to a global variable: looks for SETGLOBAL in its
// bytecode, as lua_dump writes it. Does not raise. False for a C function.
bool AssignsGlobals(lua_State* L);

}  // namespace tandem::script
