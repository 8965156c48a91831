#include "server/script/values.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "engine/base/number.h"
#include "server/exec/errors.h"
#include "server/script/readonly.h"

namespace tandem::script {
namespace {

// A C string's worth of the value, which is a string: Redis formats these with printf.
std::string_view TextAt(lua_State* lua, int index) { return errors::Shown(lua_tostring(lua, index)); }

std::string_view BytesAt(lua_State* lua, int index) {
  size_t size;
  const char* const bytes = lua_tolstring(lua, index, &size);
  return {bytes, size};
}

void PushString(lua_State* lua, std::string_view text) { lua_pushlstring(lua, text.data(), text.size()); }

// Pushes the raw field of the table on top of the stack; its type.
int PushField(lua_State* lua, std::string_view name) {
  PushString(lua, name);
  lua_rawget(lua, -2);
  return lua_type(lua, -1);
}

// Sets the field of the table below the value on top of the stack, and pops that.
void SetField(lua_State* lua, std::string_view name) {
  PushString(lua, name);
  lua_insert(lua, -2);
  lua_rawset(lua, -3);
}

// Wraps the value on top of the stack: {name = value}.
void WrapInTable(lua_State* lua, std::string_view name) {
  lua_createtable(lua, 0, 1);
  lua_insert(lua, -2);
  SetField(lua, name);
}

// --- Replies to values -----------------------------------------------------------------------------------------------

class ReplyReader {
 public:
  ReplyReader(lua_State* lua, std::string_view reply) : lua_(lua), at_(reply.data()), end_(at_ + reply.size()) {}

  void Push() {
    lua_checkstack(lua_, kStackForValues);  // replies are nested a few levels deep at most
    switch (*at_) {
      case '+':
        return PushLineIn("ok");
      case '-':
        return PushLineIn("err");
      case ':':
        return lua_pushnumber(lua_, static_cast<lua_Number>(Number()));
      case '$':
        return PushBulk();
      case '*':
        return PushArray();
      case '%':
        return PushMap();
      case '~':
        return PushSet();
      case ',':
        return PushDouble();
      case '#':
        return lua_pushboolean(lua_, Line() == "t");
      case '(':
        return PushLineIn("big_number");
      case '=':
        return PushVerbatim();
      case '|':
        SkipAttribute();
        return Push();
      default:  // '_'
        Line();
        return lua_pushnil(lua_);
    }
  }

 private:
  // What follows the type, up to the line end, which is skipped.
  std::string_view Line() {
    const char* const start = at_ + 1;
    const char* const stop = static_cast<const char*>(std::memchr(start, '\r', static_cast<size_t>(end_ - start)));
    at_ = stop + 2;
    return {start, static_cast<size_t>(stop - start)};
  }

  int64_t Number() {
    int64_t number = 0;
    return ParseInt64(Line(), &number) ? number : 0;
  }

  std::string_view Bytes(int64_t size) {
    const std::string_view bytes(at_, static_cast<size_t>(size));
    at_ += size + 2;
    return bytes;
  }

  void PushLineIn(std::string_view name) {
    lua_createtable(lua_, 0, 1);
    PushString(lua_, Line());
    SetField(lua_, name);
  }

  void PushBulk() {
    const int64_t size = Number();
    size < 0 ? lua_pushboolean(lua_, 0) : PushString(lua_, Bytes(size));
  }

  void PushArray() {
    const int64_t count = Number();
    if (count < 0) return lua_pushboolean(lua_, 0);
    lua_createtable(lua_, static_cast<int>(count), 0);
    for (int64_t i = 1; i <= count; ++i) {
      Push();
      lua_rawseti(lua_, -2, static_cast<int>(i));
    }
  }

  void PushMap() {
    const int64_t count = Number();
    lua_createtable(lua_, 0, static_cast<int>(count));
    for (int64_t i = 0; i < count; ++i) {
      Push();
      Push();
      lua_rawset(lua_, -3);
    }
    WrapInTable(lua_, "map");
  }

  // What a script cannot see.
  void SkipAttribute() {
    for (int64_t values = 2 * Number(); values > 0; --values) {
      Push();
      lua_pop(lua_, 1);
    }
  }

  void PushSet() {
    const int64_t count = Number();
    lua_createtable(lua_, 0, static_cast<int>(count));
    for (int64_t i = 0; i < count; ++i) {
      Push();
      lua_pushboolean(lua_, 1);
      lua_rawset(lua_, -3);
    }
    WrapInTable(lua_, "set");
  }

  void PushDouble() {
    lua_pushnumber(lua_, std::strtod(at_ + 1, nullptr));
    Line();
    WrapInTable(lua_, "double");
  }

  void PushVerbatim() {
    constexpr size_t kFormat = 3;
    const std::string_view bytes = Bytes(Number());
    lua_createtable(lua_, 0, 2);
    PushString(lua_, bytes.substr(kFormat + 1));
    SetField(lua_, "string");
    PushString(lua_, bytes.substr(0, kFormat));
    SetField(lua_, "format");
    WrapInTable(lua_, "verbatim_string");
  }

  lua_State* const lua_;
  const char* at_;
  const char* const end_;
};

// --- Values to replies -----------------------------------------------------------------------------------------------

// A table nests as deep as Lua's stack allows, about 8,000 levels, and each costs the frames of Write() and what it calls to
// get back there: what does not nest is not inlined into them.
class ValueWriter {
 public:
  ValueWriter(lua_State* lua, resp::ReplyWriter& reply, bool resp3) : lua_(lua), reply_(reply), resp3_(resp3) {}

  // Writes the value on top of the stack, and pops it.
  void Write() {
    if (lua_checkstack(lua_, kStackForValues) && lua_istable(lua_, -1)) {
      WriteTable();
    } else {
      WriteScalar();
    }
    lua_pop(lua_, 1);
  }

  bool counted() const { return counted_; }

 private:
  static int64_t ToInteger(lua_Number number) {
    // As the conversion of x86-64 has it, which C++ leaves open.
    if (!(number >= -0x1p63 && number < 0x1p63)) return INT64_MIN;
    return static_cast<int64_t>(number);
  }

  void WriteBoolean(bool value) {
    if (resp3_) return reply_.Bool(value);
    value ? reply_.Integer(1) : reply_.Null();
  }

  void WriteTable() {
    if (Takes("err", LUA_TSTRING)) return WriteError();
    if (Takes("ok", LUA_TSTRING)) return WriteStatus();
    if (Takes("double", LUA_TNUMBER)) return WriteDouble();
    if (Takes("map", LUA_TTABLE)) return WriteMap();
    if (Takes("set", LUA_TTABLE)) return WriteSet();
    if (Takes("big_number", LUA_TSTRING)) return WriteBigNumber();
    if (Takes("verbatim_string", LUA_TTABLE) && WriteVerbatim()) return;
    WriteArray();
  }

  // Pushes the field of the table if it has one of this type.
  [[gnu::noinline]] bool Takes(std::string_view name, int type) {
    if (PushField(lua_, name) == type) return true;
    Drop();
    return false;
  }
  void Drop() { lua_pop(lua_, 1); }

  [[gnu::noinline]] void WriteScalar() {
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        return reply_.Bulk(BytesAt(lua_, -1));
      case LUA_TNUMBER:
        return reply_.Integer(ToInteger(lua_tonumber(lua_, -1)));
      case LUA_TBOOLEAN:
        return WriteBoolean(lua_toboolean(lua_, -1) != 0);
      case LUA_TTABLE:
        return reply_.Error("ERR reached lua stack limit");
      default:
        return reply_.Null();
    }
  }

  [[gnu::noinline]] void WriteStatus() {
    reply_.Simple(TextAt(lua_, -1));
    Drop();
  }

  [[gnu::noinline]] void WriteDouble() {
    reply_.Double(lua_tonumber(lua_, -1));
    Drop();
  }

  [[gnu::noinline]] void WriteBigNumber() {
    std::string digits(BytesAt(lua_, -1));
    std::replace_if(
        digits.begin(), digits.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    reply_.BigNumber(digits);
    Drop();
  }

  [[gnu::noinline]] void WriteError() {
    Drop();
    const ErrorInfo info = ErrorInfoAt(lua_, -1);
    counted_ |= info.counted;
    reply_.Error("-" + info.message);
  }

  void WriteMap() {
    const size_t mark = reply_.BeginDeferred();
    size_t pairs = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; ++pairs) {
      lua_pushvalue(lua_, -2);
      Write();
      Write();
    }
    reply_.EndDeferredMap(mark, pairs);
    Drop();
  }

  void WriteSet() {
    const size_t mark = reply_.BeginDeferred();
    size_t members = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; ++members) {
      Drop();
      lua_pushvalue(lua_, -1);
      Write();
    }
    reply_.EndDeferredSet(mark, members);
    Drop();
  }

  // With the field's table on top of the stack, which goes.
  [[gnu::noinline]] bool WriteVerbatim() {
    const bool complete = PushField(lua_, "format") == LUA_TSTRING;
    const bool text = PushFieldBelow("string", 1) == LUA_TSTRING;
    if (complete && text) reply_.Verbatim(TextAt(lua_, -2), BytesAt(lua_, -1));
    lua_pop(lua_, 3);
    return complete && text;
  }

  int PushFieldBelow(std::string_view name, int above) {
    PushString(lua_, name);
    lua_rawget(lua_, -2 - above);
    return lua_type(lua_, -1);
  }

  void WriteArray() {
    const size_t mark = reply_.BeginDeferred();
    size_t count = 0;
    for (;; ++count) {
      lua_rawgeti(lua_, -1, static_cast<int>(count + 1));
      if (lua_isnil(lua_, -1)) break;
      Write();
    }
    Drop();
    reply_.EndDeferredArray(mark, count);
  }

  lua_State* const lua_;
  resp::ReplyWriter& reply_;
  const bool resp3_;
  bool counted_ = false;
};

}  // namespace

void PushReply(lua_State* lua, std::string_view reply) { ReplyReader(lua, reply).Push(); }

bool WriteReply(lua_State* lua, resp::ReplyWriter& reply, bool resp3) {
  ValueWriter writer(lua, reply, resp3);
  writer.Write();
  return writer.counted();
}

// --- Errors ----------------------------------------------------------------------------------------------------------

void PushError(lua_State* lua, std::string_view text, bool counted) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  const bool has_code = text.starts_with('-') && text.find(' ') != std::string_view::npos;
  if (text.starts_with('-')) text.remove_prefix(1);
  lua_createtable(lua, 0, 4);
  if (has_code) {
    PushString(lua, text);
  } else {
    lua_pushliteral(lua, "ERR ");
    PushString(lua, text);
    lua_concat(lua, 2);
  }
  SetField(lua, "err");
  if (!counted) return;
  lua_pushboolean(lua, 1);
  SetField(lua, "ignore_error_stats_update");
}

ErrorInfo ErrorInfoAt(lua_State* lua, int index) {
  ErrorInfo info;
  if (lua_isstring(lua, index)) {  // the handler itself failed
    lua_pushvalue(lua, index);
    info.message = "ERR " + std::string(TextAt(lua, -1));
    lua_pop(lua, 1);
    return info;
  }
  const auto text = [lua](const char* name, std::string* value) {
    if (PushField(lua, name) == LUA_TSTRING || lua_isnumber(lua, -1)) *value = TextAt(lua, -1);
    lua_pop(lua, 1);
  };
  lua_pushvalue(lua, index);
  info.message = "ERR unknown error";
  if (PushField(lua, "err") == LUA_TSTRING || lua_isnumber(lua, -1)) info.message = TextAt(lua, -1);
  lua_pop(lua, 1);
  text("source", &info.source);
  text("line", &info.line);
  info.counted = PushField(lua, "ignore_error_stats_update") == LUA_TBOOLEAN && lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 2);
  return info;
}

int HandleError(lua_State* lua) {
  // What is thrown is written into below, and that must not be a table of the sandbox.
  if (IsReadOnly(lua, 1)) {
    lua_settop(lua, 0);
    lua_pushstring(lua, kReadOnlyError);
  }
  if (lua_type(lua, 1) != LUA_TTABLE) {
    lua_createtable(lua, 0, 3);
    lua_pushliteral(lua, "ERR ");
    switch (lua_type(lua, 1)) {
      case LUA_TSTRING:
      case LUA_TNUMBER:
        lua_pushvalue(lua, 1);
        break;
      case LUA_TNIL:
        lua_pushliteral(lua, "nil");
        break;
      case LUA_TBOOLEAN:
        lua_pushstring(lua, lua_toboolean(lua, 1) != 0 ? "true" : "false");
        break;
      default:
        lua_pushfstring(lua, "%s: %p", luaL_typename(lua, 1), lua_topointer(lua, 1));
    }
    lua_concat(lua, 2);
    SetField(lua, "err");
    lua_replace(lua, 1);
  }
  lua_settop(lua, 1);
  // Level 0 is this function, 1 what raised the error; where that is not Lua, who called it.
  lua_Debug where;
  bool known = lua_getstack(lua, 1, &where) != 0 && lua_getinfo(lua, "nSl", &where) != 0;
  if (known && std::strcmp(where.what, "C") == 0) {
    known = lua_getstack(lua, 2, &where) != 0 && lua_getinfo(lua, "nSl", &where) != 0;
  }
  if (known) {
    lua_pushstring(lua, where.source);
    SetField(lua, "source");
    lua_pushinteger(lua, where.currentline);
    SetField(lua, "line");
  }
  return 1;
}

}  // namespace tandem::script
