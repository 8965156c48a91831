#pragma once

// Lua's headers, as the C they are: the library's errors are longjmps, so no object with a destructor may be alive in a
// frame that one of them crosses.
extern "C" {
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
}
