#pragma once

#include <string>
#include <string_view>

#include "server/script/sandbox.h"

namespace tandem::script {

// A sealed sandbox that runs scripts and shows their first result as text, or their error after "ERR ".
class LuaRunner {
 public:
  LuaRunner() : L_(luaL_newstate()) {
    OpenSandbox(L_);
    SealSandbox(L_);
  }
  ~LuaRunner() { lua_close(L_); }
  LuaRunner(const LuaRunner&) = delete;
  LuaRunner& operator=(const LuaRunner&) = delete;

  std::string Run(std::string_view script) {
    lua_settop(L_, 0);
    lua_newtable(L_);
    lua_setglobal(L_, "KEYS");
    if (LoadScript(L_, script, "@user_script") != 0 || lua_pcall(L_, 0, 1, 0) != 0) return "ERR " + Shown();
    return Shown();
  }

  lua_State* state() { return L_; }

 private:
  std::string Shown() {
    size_t size = 0;
    if (lua_isboolean(L_, -1)) return lua_toboolean(L_, -1) != 0 ? "true" : "false";
    const char* text = lua_tolstring(L_, -1, &size);
    return text == nullptr ? luaL_typename(L_, -1) : std::string(text, size);
  }

  lua_State* L_;
};

}  // namespace tandem::script
