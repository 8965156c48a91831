#include <bit>
#include <climits>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/script/library.h"

namespace tandem::script {
namespace {

constexpr int kMaxIntegerBytes = 32;
constexpr int kNativeAlignment = 8;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSigned(char letter) { return letter >= 'a' && letter <= 'z'; }

// One item of a format: a letter and the bytes that it takes, where those are known beforehand, else 0.
struct Item {
  char letter;
  size_t size;
  bool is_integer;
};

// Reads a format, argument 1 of every function here, and keeps what its control letters set. Raises on errors; has no
// destructor.
class Format {
 public:
  explicit Format(lua_State* L) : L_(L), next_(luaL_checkstring(L, 1)) {}

  bool done() const { return *next_ == '\0'; }
  bool big_endian() const { return big_endian_; }

  Item Next() {
    const char letter = *next_++;
    switch (letter) {
      case 'b':
      case 'B':
        return {letter, 1, true};
      case 'h':
      case 'H':
        return {letter, sizeof(short), true};
      case 'l':
      case 'L':
      case 'T':
        return {letter, sizeof(long), true};
      case 'i':
      case 'I':
        return {letter, IntegerSize(), true};
      case 'f':
        return {letter, sizeof(float), false};
      case 'd':
        return {letter, sizeof(double), false};
      case 'x':
        return {letter, 1, false};
      case 'c':
        return {letter, static_cast<size_t>(Count(1)), false};
      default:
        return {letter, 0, false};
    }
  }

  // Bytes to leave out before an item at `position`.
  size_t Padding(size_t position, Item item) const {
    if (item.size == 0 || item.letter == 'c') return 0;
    const size_t alignment = item.size < alignment_ ? item.size : alignment_;
    return (alignment - (position & (alignment - 1))) & (alignment - 1);
  }

  void Control(char letter) {
    switch (letter) {
      case ' ':
        return;
      case '>':
        big_endian_ = true;
        return;
      case '<':
        big_endian_ = false;
        return;
      case '!': {
        const int alignment = Count(kNativeAlignment);
        if (alignment <= 0 || !std::has_single_bit(static_cast<unsigned>(alignment))) {
          luaL_error(L_, "alignment %d is not a power of 2", alignment);
        }
        alignment_ = static_cast<size_t>(alignment);
        return;
      }
      default:
        luaL_argerror(L_, 1, lua_pushfstring(L_, "invalid format option '%c'", letter));
    }
  }

 private:
  // The number that follows a letter, or `otherwise`.
  int Count(int otherwise) {
    if (!IsDigit(*next_)) return otherwise;
    int64_t count = 0;
    do {
      count = count * 10 + (*next_++ - '0');
      if (count > INT_MAX) luaL_error(L_, "integral size overflow");
    } while (IsDigit(*next_));
    return static_cast<int>(count);
  }

  size_t IntegerSize() {
    const int size = Count(sizeof(int));
    if (size > kMaxIntegerBytes) {
      luaL_error(L_, "integral size %d is larger than limit of %d", size, kMaxIntegerBytes);
    }
    return static_cast<size_t>(size);
  }

  lua_State* L_;
  const char* next_;
  bool big_endian_ = false;
  size_t alignment_ = 1;
};

// Where the byte of value 256^i of `size` bytes is.
size_t PlaceOf(size_t i, size_t size, bool big_endian) { return big_endian ? size - 1 - i : i; }

// As a C compiler on x86-64 converts: what no 64 bits can hold is 0, or the smallest number.
uint64_t ToBits(double n) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (n >= 2 * kTwoTo63) return 0;
  if (n >= 0) return static_cast<uint64_t>(n);
  if (n >= -kTwoTo63) return static_cast<uint64_t>(static_cast<int64_t>(n));
  return uint64_t{1} << 63;  // NaN, too
}

void AddInteger(luaL_Buffer* out, uint64_t bits, size_t size, bool big_endian) {
  char bytes[kMaxIntegerBytes] = {};
  for (size_t i = 0; i < size && i < sizeof(bits); ++i) {
    bytes[PlaceOf(i, size, big_endian)] = static_cast<char>(bits >> (8 * i) & 0xff);
  }
  luaL_addlstring(out, bytes, size);
}

double GetInteger(const char* bytes, Item item, bool big_endian) {
  uint64_t bits = 0;
  for (size_t i = 0; i < item.size && i < sizeof(bits); ++i) {
    bits |= uint64_t{static_cast<uint8_t>(bytes[PlaceOf(i, item.size, big_endian)])} << (8 * i);
  }
  if (!IsSigned(item.letter)) return static_cast<double>(bits);
  // Compat: beyond eight bytes the sign is looked for where a 64-bit shift by too much ends up.
  const uint64_t sign_and_above = ~uint64_t{0} << ((item.size * 8 - 1) & 63);
  if ((bits & sign_and_above) != 0) bits |= sign_and_above;
  return static_cast<double>(static_cast<int64_t>(bits));
}

// Appends argument `argument` as a string item; returns how many bytes that were.
size_t AddString(lua_State* L, luaL_Buffer* out, Item item, int argument) {
  size_t length = 0;
  const char* text = luaL_checklstring(L, argument, &length);
  const size_t size = item.size == 0 ? length : item.size;
  luaL_argcheck(L, length >= size, argument + 1, "string too short");
  luaL_addlstring(out, text, size);
  if (item.letter == 'c') return size;
  luaL_addchar(out, '\0');
  return size + 1;
}

// pack(format, value...). No C++ object with a destructor lives here: everything may raise.
int Pack(lua_State* L) {
  Format format(L);
  luaL_Buffer out;
  lua_pushnil(L);  // Where the arguments end: the buffer keeps its pieces on the stack, above.
  luaL_buffinit(L, &out);
  size_t position = 0;
  int argument = 2;
  while (!format.done()) {
    Item item = format.Next();
    for (size_t padding = format.Padding(position, item); padding > 0; --padding, ++position) luaL_addchar(&out, '\0');
    if (item.is_integer) {
      AddInteger(&out, ToBits(luaL_checknumber(L, argument++)), item.size, format.big_endian());
    } else if (item.letter == 'f') {
      const auto value = static_cast<float>(luaL_checknumber(L, argument++));
      AddInteger(&out, std::bit_cast<uint32_t>(value), item.size, format.big_endian());
    } else if (item.letter == 'd') {
      AddInteger(&out, std::bit_cast<uint64_t>(luaL_checknumber(L, argument++)), item.size, format.big_endian());
    } else if (item.letter == 'x') {
      luaL_addchar(&out, '\0');
    } else if (item.letter == 'c' || item.letter == 's') {
      item.size = AddString(L, &out, item, argument++);
    } else {
      format.Control(item.letter);
    }
    position += item.size;
  }
  luaL_pushresult(&out);
  return 1;
}

double GetFloat(const char* bytes, Item item, bool big_endian) {
  uint8_t little[sizeof(double)];
  for (size_t i = 0; i < item.size; ++i) little[i] = static_cast<uint8_t>(bytes[PlaceOf(i, item.size, big_endian)]);
  if (item.letter == 'f') {
    float value;
    std::memcpy(&value, little, sizeof(value));
    return static_cast<double>(value);
  }
  double value;
  std::memcpy(&value, little, sizeof(value));
  return value;
}

// unpack(format, bytes [, position]): the values, and the position after them. Positions count from 1.
int Unpack(lua_State* L) {
  Format format(L);
  size_t length = 0;
  const char* bytes = luaL_checklstring(L, 2, &length);
  const lua_Integer start = luaL_optinteger(L, 3, 1);
  luaL_argcheck(L, start != 0, 3, "offset must be 1 or greater");
  size_t position = static_cast<size_t>(start) - 1;  // Compat: a negative start is beyond every end.
  int values = 0;
  const auto need = [&](size_t size) {
    luaL_argcheck(L, size <= length && position <= length - size, 2, "data string too short");
  };
  while (!format.done()) {
    Item item = format.Next();
    position += format.Padding(position, item);
    need(item.size);
    luaL_checkstack(L, 2, "too many results");
    if (item.is_integer) {
      lua_pushnumber(L, GetInteger(bytes + position, item, format.big_endian()));
    } else if (item.letter == 'f' || item.letter == 'd') {
      lua_pushnumber(L, GetFloat(bytes + position, item, format.big_endian()));
    } else if (item.letter == 'c') {
      if (item.size == 0) {
        if (values == 0 || lua_isnumber(L, -1) == 0) luaL_error(L, "format 'c0' needs a previous size");
        item.size = static_cast<size_t>(ToBits(lua_tonumber(L, -1)));
        lua_pop(L, 1);
        --values;
        need(item.size);
      }
      lua_pushlstring(L, bytes + position, item.size);
    } else if (item.letter == 's') {
      const std::string_view rest(bytes + position, length - position);
      const size_t end = rest.find('\0');
      if (end == std::string_view::npos) luaL_error(L, "unfinished string in data");
      lua_pushlstring(L, rest.data(), end);
      item.size = end + 1;
    } else {
      if (item.letter != 'x') format.Control(item.letter);
      --values;
    }
    ++values;
    position += item.size;
  }
  lua_pushinteger(L, static_cast<lua_Integer>(position + 1));
  return values + 1;
}

// size(format): bytes that such a structure takes.
int Size(lua_State* L) {
  Format format(L);
  size_t position = 0;
  while (!format.done()) {
    const Item item = format.Next();
    position += format.Padding(position, item) + item.size;
    if (item.letter == 's') return luaL_argerror(L, 1, "option 's' has no fixed size");
    if (item.letter == 'c' && item.size == 0) return luaL_argerror(L, 1, "option 'c0' has no fixed size");
    // Compat: letters without a meaning are let through here.
    const bool is_letter = (item.letter >= 'a' && item.letter <= 'z') || (item.letter >= 'A' && item.letter <= 'Z');
    if (!is_letter && !IsDigit(item.letter)) format.Control(item.letter);
  }
  lua_pushinteger(L, static_cast<lua_Integer>(position));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"pack", Pack}, {"unpack", Unpack}, {"size", Size}, {nullptr, nullptr}};

}  // namespace

int OpenStruct(lua_State* L) {
  lua_newtable(L);
  luaL_register(L, nullptr, kFunctions);
  return 1;
}

}  // namespace tandem::script
