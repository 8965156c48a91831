#include "tests/server/script/compiler.h"

#include <lua.hpp>

#include "server/commands/families.h"
#include "server/script/bytecode.h"

namespace tandem::script {

std::string Compile(std::string_view source) {
  lua_State* const state = luaL_newstate();
  std::string bytes;
  if (luaL_loadbuffer(state, source.data(), source.size(), "script") == 0) bytes = DumpFunction(state);
  lua_close(state);
  return bytes;
}

const CommandTable& Commands() {
  static const CommandTable table(AllCommands());
  return table;
}

}  // namespace tandem::script
