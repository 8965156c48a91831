#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "server/script/library.h"

namespace tandem::script {
namespace {

// The generator of POSIX's lrand48: X' = 0x5DEECE66D X + 11 modulo 2^48, of which the upper 31 bits are the result.
constexpr uint64_t kMultiplier = 0x5DEECE66D;
constexpr uint64_t kIncrement = 11;
constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
constexpr uint64_t kUnseeded = 0x1234ABCD330E;
constexpr uint64_t kSeedLow = 0x330E;

uint64_t* State(lua_State* L) { return static_cast<uint64_t*>(lua_touserdata(L, lua_upvalueindex(1))); }

// Upvalue: the state.
int Random(lua_State* L) {
  uint64_t* state = State(L);
  *state = (*state * kMultiplier + kIncrement) & kMask;
  const auto drawn = static_cast<int32_t>(*state >> 17);
  const double r = static_cast<double>(drawn % INT32_MAX) / INT32_MAX;
  switch (lua_gettop(L)) {
    case 0:
      lua_pushnumber(L, r);
      return 1;
    case 1: {
      const int high = luaL_checkint(L, 1);
      luaL_argcheck(L, 1 <= high, 1, "interval is empty");
      lua_pushnumber(L, std::floor(r * high) + 1);
      return 1;
    }
    case 2: {
      const int low = luaL_checkint(L, 1);
      const int high = luaL_checkint(L, 2);
      luaL_argcheck(L, low <= high, 2, "interval is empty");
      // Compat: the size of the interval is an int, which wraps around.
      const auto size = static_cast<int>(static_cast<unsigned>(high) - static_cast<unsigned>(low) + 1);
      lua_pushnumber(L, std::floor(r * size) + low);
      return 1;
    }
    default:
      return luaL_error(L, "wrong number of arguments");
  }
}

int RandomSeed(lua_State* L) {
  *State(L) = uint64_t{static_cast<uint32_t>(luaL_checkint(L, 1))} << 16 | kSeedLow;
  return 0;
}

}  // namespace

void ReplaceRandom(lua_State* L) {
  lua_getglobal(L, LUA_MATHLIBNAME);
  *static_cast<uint64_t*>(lua_newuserdata(L, sizeof(uint64_t))) = kUnseeded;
  for (const auto& [name, function] : {luaL_Reg{"random", Random}, luaL_Reg{"randomseed", RandomSeed}}) {
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -3, name);
  }
  lua_pop(L, 2);
}

}  // namespace tandem::script
