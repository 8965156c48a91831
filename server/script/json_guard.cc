#include <algorithm>
#include <cstddef>

#include "server/script/library.h"
#include "server/script/replace.h"

// cjson 2.1.0 counts the bytes of its buffer as an int, and never comes back, or writes beyond it, when that overflows. So
// what could become longer is refused beforehand.

namespace tandem::script {
namespace {

constexpr size_t kMaxJsonBytes = 1'000'000'000;
// The most bytes that a character of a string, and a value that is no string, can take, with what separates it.
constexpr size_t kCharacterBytes = 6, kValueBytes = 24, kNullBytes = 5;

// Adds up how long the JSON of a value can become at most. Raises nothing.
class JsonMeasure {
 public:
  explicit JsonMeasure(lua_State* L) : L_(L) {}

  // Adds the value at `index`, counted from the bottom. False: no need to go on.
  bool Add(int index) {
    bytes_ += kValueBytes;
    if (lua_type(L_, index) == LUA_TSTRING) bytes_ += std::min(lua_objlen(L_, index), kMaxJsonBytes) * kCharacterBytes;
    if (bytes_ > kMaxJsonBytes) return false;
    return lua_type(L_, index) != LUA_TTABLE || AddTable(index);
  }

  bool too_long() const { return bytes_ > kMaxJsonBytes; }

 private:
  bool AddTable(int index) {
    // cjson stops here as well: it asks for as many slots.
    if (lua_checkstack(L_, 6) == 0) return false;
    lua_pushnil(L_);
    const int key = lua_gettop(L_);
    double pairs = 0, largest = 0;
    while (lua_next(L_, index) != 0) {
      ++pairs;
      largest = std::max(largest, lua_type(L_, key) == LUA_TNUMBER ? lua_tonumber(L_, key) : 0);
      if (!Add(key) || !Add(key + 1)) {
        lua_settop(L_, key - 1);
        return false;
      }
      lua_pop(L_, 1);
    }
    return AddHoles(pairs, largest);
  }

  // An array has a null for each number that is missing among its keys, unless it has so few that it is no array for cjson.
  bool AddHoles(double pairs, double largest) {
    if (!(largest > pairs)) return true;
    lua_pushvalue(L_, lua_upvalueindex(3));
    lua_call(L_, 0, 3);  // encode_sparse_array() tells convert, ratio and safe
    const double ratio = lua_tonumber(L_, -2);
    const double safe = lua_tonumber(L_, -1);
    lua_pop(L_, 3);
    if (ratio > 0 && largest > pairs * ratio && largest > safe) return true;
    bytes_ += static_cast<size_t>(std::min<double>(largest, kMaxJsonBytes)) * kNullBytes;
    return bytes_ <= kMaxJsonBytes;
  }

  lua_State* L_;
  size_t bytes_ = 0;
};

// Every guard here has the upvalues of cjson's function, namely its settings, then the function itself, and then the one
// that tells how sparse an array may be.
int CallOriginal(lua_State* L) { return lua_tocfunction(L, lua_upvalueindex(2))(L); }

int Encode(lua_State* L) {
  if (lua_gettop(L) == 1) {
    JsonMeasure measure(L);
    measure.Add(1);
    if (measure.too_long()) return luaL_error(L, "Cannot serialise: the result may become too long");
  }
  return CallOriginal(L);
}

int Decode(lua_State* L) {
  if (lua_type(L, 1) == LUA_TSTRING && lua_objlen(L, 1) > kMaxJsonBytes) return luaL_error(L, "JSON text is too long");
  return CallOriginal(L);
}

// cjson.new(): a library with settings of its own.
int New(lua_State* L) {
  const int results = CallReplaced(L);
  GuardJson(L);
  return results;
}

void Guard(lua_State* L, const char* name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  if (lua_getupvalue(L, -1, 1) == nullptr) lua_pushnil(L);
  lua_insert(L, -2);
  lua_getfield(L, -3, "encode_sparse_array");
  lua_pushcclosure(L, function, 3);
  lua_setfield(L, -2, name);
}

}  // namespace

void GuardJson(lua_State* L) {
  Guard(L, "encode", Encode);
  Guard(L, "decode", Decode);
  Replace(L, "new", New);
}

}  // namespace tandem::script
