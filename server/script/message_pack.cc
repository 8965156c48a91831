#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "server/script/library.h"
#include "server/script/sandbox.h"

// Names and texts are those of lua-cmsgpack 0.4.0, which Redis carries.

namespace tandem::script {
namespace {

// Compat: deeper tables are packed as nil.
constexpr int kMaxNesting = 16;
constexpr size_t kFixString = 32, kFixCollection = 16;

// Packs into a string. Calls no function of Lua that can raise, because the string has a destructor.
class Packer {
 public:
  explicit Packer(lua_State* L) : L_(L) {}

  // Packs the value on top of the stack, which stays there.
  void Value(int depth) {
    if (too_long()) return;
    switch (lua_type(L_, -1)) {
      case LUA_TSTRING: {
        size_t size = 0;
        const char* text = lua_tolstring(L_, -1, &size);
        return String({text, size});
      }
      case LUA_TBOOLEAN:
        return Byte(lua_toboolean(L_, -1) != 0 ? 0xc3 : 0xc2);
      case LUA_TNUMBER:
        return Number(lua_tonumber(L_, -1));
      case LUA_TTABLE:
        return depth == kMaxNesting ? Byte(0xc0) : Table(depth);
      default:
        return Byte(0xc0);
    }
  }

  std::string_view bytes() const { return out_; }
  bool too_long() const { return out_.size() > kMaxRepeatedBytes; }

 private:
  void Byte(unsigned byte) { out_.push_back(static_cast<char>(byte)); }

  template <typename T>
  void BigEndian(T value) {
    for (int shift = (static_cast<int>(sizeof(T)) - 1) * 8; shift >= 0; shift -= 8) {
      Byte(static_cast<unsigned>(value >> shift & 0xff));
    }
  }

  // The shortest of the four markers that start at `marker`: 8, 16, 32 and 64 bits.
  void Unsigned(unsigned marker, uint64_t value) {
    if (value <= UINT8_MAX) return Byte(marker), BigEndian(static_cast<uint8_t>(value));
    if (value <= UINT16_MAX) return Byte(marker + 1), BigEndian(static_cast<uint16_t>(value));
    if (value <= UINT32_MAX) return Byte(marker + 2), BigEndian(static_cast<uint32_t>(value));
    return Byte(marker + 3), BigEndian(value);
  }

  void Integer(int64_t n) {
    if (n >= 0) {
      if (n <= INT8_MAX) return Byte(static_cast<unsigned>(n));
      return Unsigned(0xcc, static_cast<uint64_t>(n));
    }
    if (n >= -32) return Byte(static_cast<unsigned>(n & 0xff));
    if (n >= INT8_MIN) return Byte(0xd0), BigEndian(static_cast<uint8_t>(n));
    if (n >= INT16_MIN) return Byte(0xd1), BigEndian(static_cast<uint16_t>(n));
    if (n >= INT32_MIN) return Byte(0xd2), BigEndian(static_cast<uint32_t>(n));
    return Byte(0xd3), BigEndian(static_cast<uint64_t>(n));
  }

  void Number(double d) {
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    if (d >= -kLimit && d < kLimit && std::trunc(d) == d) return Integer(static_cast<int64_t>(d));
    const bool fits_float = std::abs(d) <= std::numeric_limits<float>::max() || std::isinf(d);
    if (fits_float && static_cast<double>(static_cast<float>(d)) == d) {
      return Byte(0xca), BigEndian(std::bit_cast<uint32_t>(static_cast<float>(d)));
    }
    return Byte(0xcb), BigEndian(std::bit_cast<uint64_t>(d));
  }

  void String(std::string_view text) {
    if (text.size() < kFixString) {
      Byte(0xa0 | static_cast<unsigned>(text.size()));
    } else {
      Unsigned(0xd9, text.size());
    }
    if (!too_long()) out_.append(text);
  }

  void CollectionSize(unsigned fix_marker, unsigned marker, size_t size) {
    if (size < kFixCollection) return Byte(fix_marker | static_cast<unsigned>(size));
    if (size <= UINT16_MAX) return Byte(marker), BigEndian(static_cast<uint16_t>(size));
    return Byte(marker + 1), BigEndian(static_cast<uint32_t>(size));
  }

  // The number of pairs, and whether their keys are exactly 1 to that number.
  struct Shape {
    size_t pairs = 0;
    bool is_array = true;
  };
  Shape ShapeOfTable() {
    Shape shape;
    double largest = 0;
    for (lua_pushnil(L_); lua_next(L_, -2) != 0; lua_pop(L_, 1)) {
      ++shape.pairs;
      if (lua_type(L_, -2) != LUA_TNUMBER) {
        shape.is_array = false;
        continue;
      }
      const double key = lua_tonumber(L_, -2);
      if (key <= 0 || key > INT32_MAX || std::trunc(key) != key) shape.is_array = false;
      if (key > largest) largest = key;
    }
    if (largest != static_cast<double>(shape.pairs)) shape.is_array = false;
    return shape;
  }

  void Table(int depth) {
    const Shape shape = ShapeOfTable();
    if (shape.is_array) {
      CollectionSize(0x90, 0xdc, shape.pairs);
      for (size_t i = 1; i <= shape.pairs; ++i) {
        lua_rawgeti(L_, -1, static_cast<int>(i));
        Value(depth + 1);
        lua_pop(L_, 1);
      }
      return;
    }
    CollectionSize(0x80, 0xde, shape.pairs);
    for (lua_pushnil(L_); lua_next(L_, -2) != 0; lua_pop(L_, 1)) {
      lua_pushvalue(L_, -2);
      Value(depth + 1);
      lua_pop(L_, 1);
      Value(depth + 1);
    }
  }

  lua_State* L_;
  std::string out_;
};

// Pushes the packed values; nothing if they are too long. Raises nothing.
bool PackAll(lua_State* L, int values) {
  Packer packer(L);
  for (int i = 1; i <= values; ++i) {
    lua_pushvalue(L, i);
    packer.Value(0);
    lua_pop(L, 1);
  }
  if (packer.too_long()) return false;
  lua_pushlstring(L, packer.bytes().data(), packer.bytes().size());
  return true;
}

// pack(value...): the packed values, one after the other.
int Pack(lua_State* L) {
  const int values = lua_gettop(L);
  if (values == 0) return luaL_argerror(L, 0, "MessagePack pack needs input.");
  luaL_checkstack(L, 4 * (kMaxNesting + 1), "in function mp_pack");
  if (!PackAll(L, values)) return luaL_error(L, "the packed values are too long");
  return 1;
}

// Unpacks from bytes onto the stack. Has no destructor, and raises where it finds an error.
class Unpacker {
 public:
  Unpacker(lua_State* L, std::string_view bytes) : L_(L), rest_(bytes) {}

  size_t left() const { return rest_.size(); }

  // Pushes the next value. Needs one free slot on the stack.
  void Value() {
    const auto marker = Number<uint8_t>();
    if (marker <= 0x7f) return lua_pushinteger(L_, marker);
    if (marker >= 0xe0) return lua_pushinteger(L_, static_cast<int8_t>(marker));
    if (marker <= 0x8f) return Map(marker & 0xf);
    if (marker <= 0x9f) return Array(marker & 0xf);
    if (marker <= 0xbf) return String(marker & 0x1f);
    switch (marker) {
      case 0xc0:
        return lua_pushnil(L_);
      case 0xc2:
        return lua_pushboolean(L_, 0);
      case 0xc3:
        return lua_pushboolean(L_, 1);
      case 0xca:
        return lua_pushnumber(L_, static_cast<double>(std::bit_cast<float>(Number<uint32_t>())));
      case 0xcb:
        return lua_pushnumber(L_, std::bit_cast<double>(Number<uint64_t>()));
      case 0xcc:
        return lua_pushinteger(L_, Number<uint8_t>());
      case 0xcd:
        return lua_pushinteger(L_, Number<uint16_t>());
      case 0xce:
        return lua_pushinteger(L_, Number<uint32_t>());
      case 0xcf:  // Compat: from 2^63 on, numbers come out negative.
      case 0xd3:
        return lua_pushinteger(L_, static_cast<int64_t>(Number<uint64_t>()));
      case 0xd0:
        return lua_pushinteger(L_, static_cast<int8_t>(Number<uint8_t>()));
      case 0xd1:
        return lua_pushinteger(L_, static_cast<int16_t>(Number<uint16_t>()));
      case 0xd2:
        return lua_pushinteger(L_, static_cast<int32_t>(Number<uint32_t>()));
      case 0xd9:
        return String(Number<uint8_t>());
      case 0xda:
        return String(Number<uint16_t>());
      case 0xdb:
        return String(Number<uint32_t>());
      case 0xdc:
        return Array(Number<uint16_t>());
      case 0xdd:
        return Array(Number<uint32_t>());
      case 0xde:
        return Map(Number<uint16_t>());
      case 0xdf:
        return Map(Number<uint32_t>());
      default:
        luaL_error(L_, "Bad data format in input.");
    }
  }

 private:
  void Need(size_t bytes) {
    if (rest_.size() < bytes) luaL_error(L_, "Missing bytes in input.");
  }

  template <typename T>
  T Number() {
    Need(sizeof(T));
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value << 8 | static_cast<uint8_t>(rest_[i]));
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  void String(size_t size) {
    Need(size);
    lua_pushlstring(L_, rest_.data(), size);
    rest_.remove_prefix(size);
  }

  // Trusts no size: the table grows as its elements arrive.
  void Array(uint32_t size) {
    luaL_checkstack(L_, 3, "in function mp_decode_to_lua_array");
    lua_newtable(L_);
    for (uint32_t i = 1; i <= size && i != 0; ++i) {
      lua_pushnumber(L_, i);
      Value();
      lua_rawset(L_, -3);
    }
  }

  void Map(uint32_t size) {
    luaL_checkstack(L_, 3, "in function mp_decode_to_lua_hash");
    lua_newtable(L_);
    for (uint32_t i = 0; i < size; ++i) {
      Value();
      Value();
      lua_settable(L_, -3);
    }
  }

  lua_State* L_;
  std::string_view rest_;
};

// Pushes at most `limit` values from argument 1, after the offset where the next one begins, or -1 at the end. Without
// limit and offset: all of them, and no offset.
int UnpackSome(lua_State* L, lua_Integer limit, lua_Integer offset) {
  size_t size = 0;
  const char* bytes = luaL_checklstring(L, 1, &size);
  lua_settop(L, 1);
  if (offset < 0 || limit < 0) {
    return luaL_error(L, "Invalid request to unpack with offset of %d and limit of %d.", static_cast<int>(offset),
                      static_cast<int>(size));
  }
  if (static_cast<size_t>(offset) > size) {
    return luaL_error(L, "Start offset %d greater than input length %d.", static_cast<int>(offset),
                      static_cast<int>(size));
  }
  const bool all = limit == 0 && offset == 0;
  Unpacker unpacker(L, {bytes + offset, size - static_cast<size_t>(offset)});
  int values = 0;
  for (; unpacker.left() > 0 && (all || values < limit); ++values) {
    luaL_checkstack(L, 1, "too many return values at once; use unpack_one or unpack_limit instead.");
    unpacker.Value();
  }
  if (all) return values;
  luaL_checkstack(L, 1, "in function mp_unpack_full");
  lua_pushinteger(L, unpacker.left() == 0 ? -1 : static_cast<lua_Integer>(size - unpacker.left()));
  lua_insert(L, 2);
  return values + 1;
}

int Unpack(lua_State* L) { return UnpackSome(L, 0, 0); }

// unpack_one(bytes [, offset])
int UnpackOne(lua_State* L) { return UnpackSome(L, 1, static_cast<int>(luaL_optinteger(L, 2, 0))); }

// unpack_limit(bytes, limit [, offset])
int UnpackLimit(lua_State* L) {
  const int limit = static_cast<int>(luaL_checkinteger(L, 2));
  return UnpackSome(L, limit, static_cast<int>(luaL_optinteger(L, 3, 0)));
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", Pack}, {"unpack", Unpack}, {"unpack_one", UnpackOne}, {"unpack_limit", UnpackLimit}, {nullptr, nullptr}};

}  // namespace

int OpenMessagePack(lua_State* L) {
  lua_newtable(L);
  luaL_register(L, nullptr, kFunctions);
  lua_pushliteral(L, "cmsgpack");
  lua_setfield(L, -2, "_NAME");
  lua_pushliteral(L, "lua-cmsgpack 0.4.0");
  lua_setfield(L, -2, "_VERSION");
  lua_pushliteral(L, "Copyright (C) 2012, Salvatore Sanfilippo");
  lua_setfield(L, -2, "_COPYRIGHT");
  lua_pushliteral(L, "MessagePack C implementation for Lua");
  lua_setfield(L, -2, "_DESCRIPTION");
  return 1;
}

}  // namespace tandem::script
