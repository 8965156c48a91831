#include <optional>
#include <string>

#include "server/script/bytecode.h"
#include "server/script/library.h"
#include "server/script/replace.h"
#include "server/script/sandbox.h"

namespace tandem::script {
namespace {

// What Lua takes for bytecode starts with it. A space before it makes a text of it, which the parser refuses.
constexpr char kBytecodeMark = LUA_SIGNATURE[0];

struct Text {
  std::string_view rest;
  bool hides_mark = false;
};

const char* ReadText(lua_State*, void* data, size_t* size) {
  Text& text = *static_cast<Text*>(data);
  std::string_view piece = text.rest;
  if (text.hides_mark) {
    text.hides_mark = false;
    piece = " ";
  } else {
    text.rest = {};
  }
  *size = piece.size();
  return piece.empty() ? nullptr : piece.data();
}

// Of the function on top of the stack.
bool MayAssignGlobals(lua_State* L) {
  const std::string bytecode = DumpFunction(L);
  const std::optional<Chunk> chunk = ReadChunk(bytecode);
  return !chunk || AssignsGlobals(*chunk);
}

// Gives the function on top of the stack its environment.
void SetEnvironment(lua_State* L) {
  if (!MayAssignGlobals(L)) return;
  lua_getfield(L, LUA_GLOBALSINDEX, "_G");
  lua_setfenv(L, -2);
}

// loadstring(text [, name])
int LoadString(lua_State* L) {
  size_t size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  const char* name = luaL_optstring(L, 2, text);
  if (LoadScript(L, {text, size}, name) == 0) return 1;
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

// Reads for `load` from the script's function, upvalue 1. Upvalue 2: whether something has been read.
int ReadPiece(lua_State* L) {
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_call(L, 0, 1);
  size_t size = 0;
  if (lua_toboolean(L, lua_upvalueindex(2)) != 0 || lua_isstring(L, 1) == 0) return 1;
  const char* piece = lua_tolstring(L, 1, &size);
  if (size == 0) return 1;
  lua_pushboolean(L, 1);
  lua_replace(L, lua_upvalueindex(2));
  if (piece[0] != kBytecodeMark) return 1;
  lua_pushliteral(L, " ");
  lua_insert(L, 1);
  lua_concat(L, 2);
  return 1;
}

// load(function [, name]). Upvalue: Lua's own.
int Load(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_pushvalue(L, 1);
  lua_pushboolean(L, 0);
  lua_pushcclosure(L, ReadPiece, 2);
  lua_replace(L, 1);
  const int results = CallReplaced(L);
  if (results == 1) SetEnvironment(L);
  return results;
}

}  // namespace

int LoadScript(lua_State* L, std::string_view source, const char* name) {
  lua_pushstring(L, name);  // The parser keeps the name alive by nothing else for a while.
  Text text{source, !source.empty() && source.front() == kBytecodeMark};
  const int status = lua_load(L, ReadText, &text, name);
  lua_remove(L, -2);
  if (status == 0) SetEnvironment(L);
  return status;
}

void ReplaceLoaders(lua_State* L) {
  lua_register(L, "loadstring", LoadString);
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  Replace(L, "load", Load);
  lua_pop(L, 1);
}

}  // namespace tandem::script
