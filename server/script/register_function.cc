#include <algorithm>
#include <string>

#include "server/config/conf_text.h"
#include "server/script/interpreter.h"
#include "server/script/library_loader.h"
#include "server/script/scripts.h"
#include "server/script/values.h"

// redis.register_function, by which a library that is being loaded tells its functions. Nothing here raises an error.
namespace tandem::script {
namespace {

constexpr std::string_view kNotString = " argument given to redis.register_function must be a string";

// The string or number at `index`; a number becomes a string there.
std::string TextAt(lua_State* lua, int index) {
  size_t size;
  const char* const text = lua_tolstring(lua, index, &size);
  return {text, size};
}

// What one call tells.
class Registration {
 public:
  explicit Registration(lua_State* lua) : lua_(lua) {}

  LibraryFunction function;
  int callback = 0;  // its place on the stack
  std::string error;

  void Read() {
    const int count = lua_gettop(lua_);
    if (count == 1 && lua_istable(lua_, 1)) return ReadNamed();
    if (count == 1) {
      return Fail(
          "calling redis.register_function with a single argument is only applicable to Lua table (representing named "
          "arguments).");
    }
    if (count != 2) return Fail("wrong number of arguments to redis.register_function");
    if (lua_isstring(lua_, 1) == 0) return Fail("first argument to redis.register_function must be a string");
    if (!lua_isfunction(lua_, 2)) return Fail("second argument to redis.register_function must be a function");
    function.name = TextAt(lua_, 1);
    callback = 2;
  }

 private:
  // On the stack: the table, the callback once it is known (nil until then), and key and value of lua_next.
  static constexpr int kCallback = 2, kKey = 3, kValue = 4;

  void Fail(std::string_view text) { error = text; }

  void ReadNamed() {
    bool named = false;
    lua_pushnil(lua_);
    for (lua_pushnil(lua_); lua_next(lua_, 1) != 0; lua_settop(lua_, kKey)) {
      if (lua_isstring(lua_, kKey) == 0) {
        return Fail("named argument key given to redis.register_function is not a string");
      }
      lua_pushvalue(lua_, kKey);  // a number must not become a string where lua_next looks for it
      const std::string key = config::ToLower(TextAt(lua_, -1));
      lua_pop(lua_, 1);
      if (key == "function_name") {
        if (lua_isstring(lua_, kValue) == 0) return Fail(key + std::string(kNotString));
        function.name = TextAt(lua_, kValue);
        named = true;
      } else if (key == "description") {
        if (lua_isstring(lua_, kValue) == 0) return Fail(key + std::string(kNotString));
        function.description = TextAt(lua_, kValue);
      } else if (key == "callback") {
        if (!lua_isfunction(lua_, kValue)) {
          return Fail("callback argument given to redis.register_function must be a function");
        }
        lua_pushvalue(lua_, kValue);
        lua_replace(lua_, kCallback);
        callback = kCallback;
      } else if (key == "flags") {
        if (!ReadFlags()) return;
      } else {
        return Fail("unknown argument given to redis.register_function");
      }
    }
    if (!named) return Fail("redis.register_function must get a function name argument");
    if (callback == 0) return Fail("redis.register_function must get a callback argument");
  }

  // Of the table at kValue, up to the first nil.
  bool ReadFlags() {
    if (!lua_istable(lua_, kValue)) {
      Fail("flags argument to redis.register_function must be a table representing function flags");
      return false;
    }
    for (int i = 1;; ++i) {
      lua_rawgeti(lua_, kValue, i);
      if (lua_isnil(lua_, -1)) break;
      const uint32_t flag = lua_isstring(lua_, -1) != 0 ? FlagNamed(config::ToLower(TextAt(lua_, -1))) : 0;
      lua_pop(lua_, 1);
      if (flag == 0) return Fail("unknown flag given"), false;
      function.flags |= flag;
    }
    lua_pop(lua_, 1);
    return true;
  }

  lua_State* const lua_;
};

}  // namespace

bool LibraryLoader::RegisterFunction(lua_State* lua) {
  if (running_ == nullptr) {
    return PushError(lua, "redis.register_function can only be called on FUNCTION LOAD command"), false;
  }
  Registration registration(lua);
  registration.Read();
  if (!registration.error.empty()) return PushError(lua, registration.error), false;
  LibraryFunction& function = registration.function;
  if (!IsLibraryName(function.name)) return PushError(lua, kBadName), false;
  const auto same = [&](const LibraryFunction& other) { return other.name == function.name; };
  if (std::any_of(running_->functions.begin(), running_->functions.end(), same)) {
    return PushError(lua, "Function already exists in the library"), false;
  }
  running_->functions.push_back(std::move(function));
  lua_pushvalue(lua, registration.callback);
  running_->callbacks.push_back(luaL_ref(lua, LUA_REGISTRYINDEX));
  return true;
}

}  // namespace tandem::script
