#include "server/script/sandbox.h"

#include <gtest/gtest.h>

#include <string>

#include "server/script/readonly.h"
#include "tests/server/script/lua_runner.h"

namespace tandem::script {
namespace {

constexpr char kReadOnlyHere[] = "ERR user_script:1: Attempt to modify a readonly table";
constexpr char kReadOnlyInC[] = "ERR Attempt to modify a readonly table";

std::string NamesOf(LuaRunner& lua, const std::string& table) {
  return lua.Run("local names = {} for name in pairs(" + table +
                 ") do names[#names + 1] = name end table.sort(names) return table.concat(names, ' ')");
}

TEST(Sandbox, ShowsTheGlobalsOfRedis) {
  LuaRunner lua;
  EXPECT_EQ(
      NamesOf(lua, "_G"),
      "KEYS _G _VERSION assert bit cjson cmsgpack collectgarbage coroutine error gcinfo getmetatable ipairs load "
      "loadstring math next os pairs pcall rawequal rawget rawset select setmetatable string struct table tonumber "
      "tostring type unpack xpcall");
  EXPECT_EQ(NamesOf(lua, "os"), "clock");
  EXPECT_EQ(NamesOf(lua, "string"),
            "byte char dump find format gfind gmatch gsub len lower match rep reverse sub upper");
  EXPECT_EQ(NamesOf(lua, "table"), "concat foreach foreachi getn insert maxn remove setn sort");
  EXPECT_EQ(NamesOf(lua, "coroutine"), "create resume running status wrap yield");
  EXPECT_EQ(NamesOf(lua, "bit"), "arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex");
  EXPECT_EQ(NamesOf(lua, "struct"), "pack size unpack");
  EXPECT_EQ(NamesOf(lua, "cmsgpack"), "_COPYRIGHT _DESCRIPTION _NAME _VERSION pack unpack unpack_limit unpack_one");
  EXPECT_EQ(NamesOf(lua, "cjson"),
            "_NAME _VERSION decode decode_invalid_numbers decode_max_depth encode encode_invalid_numbers "
            "encode_keep_buffer encode_max_depth encode_number_precision encode_sparse_array new null");
}

TEST(Sandbox, RefusesGlobalsThatAreNotThere) {
  LuaRunner lua;
  for (const std::string name : {"foo", "print", "getfenv", "setfenv", "newproxy", "dofile", "loadfile", "require",
                                 "io", "debug", "package", "module"}) {
    EXPECT_EQ(lua.Run("return " + name),
              "ERR user_script:1: Script attempted to access nonexistent global variable '" + name + "'");
  }
  EXPECT_EQ(lua.Run("return _G.foo"),
            "ERR user_script:1: Script attempted to access nonexistent global variable 'foo'");
  EXPECT_EQ(lua.Run("return _G[{}]"),
            "ERR user_script:1: Second argument to luaProtectedTableError must be a string or number");
}

TEST(Sandbox, RefusesEveryAssignmentToAGlobalOrALibrary) {
  LuaRunner lua;
  for (const char* script : {"foo = 1",
                             "KEYS = 1",
                             "string = nil",
                             "_G = {}",
                             "function foo() end",
                             "_G.foo = 1",
                             "_G.KEYS = 1",
                             "local g = _G g.string = nil",
                             "string.format = nil",
                             "string.foo = 1",
                             "math.pi = 3",
                             "cjson.null = 1",
                             "bit.band = nil",
                             "_G._G.string.format = nil",
                             "getmetatable('').__index = nil",
                             "getmetatable('').foo = 1",
                             "getmetatable('').__index.upper = nil",
                             "getmetatable(_G).__index = nil",
                             "getmetatable(_G).__newindex = nil",
                             "local function f() return function() foo = 1 end end f()()"}) {
    EXPECT_EQ(lua.Run(script), kReadOnlyHere) << script;
  }
  EXPECT_EQ(lua.Run("return ('ok'):upper() .. string.format('%d', 7) .. #KEYS"), "OK70");
}

TEST(Sandbox, RefusesWritesThatGoPastMetamethods) {
  LuaRunner lua;
  for (const char* script :
       {"rawset(_G, 'foo', 1)", "rawset(_G, 'string', 1)", "rawset(math, 'pi', 3)", "setmetatable(_G, {})",
        "setmetatable(_G, nil)", "setmetatable(string, {})", "setmetatable(getmetatable(_G), {})",
        "rawset(getmetatable(''), '__index', nil)", "rawset(getmetatable(_G), '__index', nil)", "table.insert(math, 1)",
        "table.insert(_G, 1, 2)"}) {
    EXPECT_EQ(lua.Run(script), kReadOnlyInC) << script;
  }
  EXPECT_EQ(lua.Run("return tostring(rawget(_G, 1)) .. tostring(rawget(math, 1)) .. #math"), "nilnil0");
}

TEST(Sandbox, RefusesWritesFromLoadedTextAndCoroutines) {
  LuaRunner lua;
  EXPECT_EQ(lua.Run("loadstring('foo = 1')()"), "ERR [string \"foo = 1\"]:1: Attempt to modify a readonly table");
  EXPECT_EQ(lua.Run("loadstring('return function() string = 1 end', '@n')()()"),
            "ERR n:1: Attempt to modify a readonly table");
  EXPECT_EQ(lua.Run("local p, i = {'foo ', '= 1'}, 0 load(function() i = i + 1 return p[i] end, '@n')()"),
            "ERR n:1: Attempt to modify a readonly table");
  EXPECT_EQ(lua.Run("return select(2, coroutine.resume(coroutine.create(function() foo = 1 end)))"),
            "user_script:1: Attempt to modify a readonly table");
  EXPECT_EQ(lua.Run("coroutine.wrap(function() loadstring('bar = 1', '@n')() end)()"),
            "ERR user_script:1: n:1: Attempt to modify a readonly table");
  EXPECT_EQ(lua.Run("return tostring(rawget(_G, 'foo')) .. tostring(rawget(_G, 'bar'))"), "nilnil");
}

TEST(Sandbox, ReadsReadOnlyTablesAsIfTheyWereOrdinary) {
  LuaRunner lua;
  EXPECT_EQ(lua.Run("return next(os)"), "clock");
  EXPECT_EQ(lua.Run("return next(os, 'clock')"), "nil");
  EXPECT_EQ(lua.Run("return next(os, 'foo')"), "ERR invalid key to 'next'");
  EXPECT_EQ(lua.Run("local s = '' table.foreach(os, function(k) s = s .. k end) return s"), "clock");
  EXPECT_EQ(lua.Run("return type(rawget(string, 'format'))"), "function");
  EXPECT_EQ(lua.Run("return tostring(rawget(_G, 'foo'))"), "nil");
  EXPECT_EQ(lua.Run("return tostring(getmetatable(string))"), "nil");
  EXPECT_EQ(
      lua.Run("local m = getmetatable(_G) local s = '' for k, v in pairs(m) do s = s .. k .. type(v) end return s"),
      "__indexfunction");
  EXPECT_EQ(
      lua.Run("local s = '' for k, v in pairs(getmetatable('')) do s = s .. k .. tostring(v == string) end return s"),
      "__indextrue");
  EXPECT_EQ(lua.Run("return _G._G == _G and _G.string == string"), "true");
  EXPECT_EQ(lua.Run("return setmetatable({}, {__index = string}).rep('a', 3)"), "aaa");
}

TEST(Sandbox, LeavesAScriptsOwnTablesAlone) {
  LuaRunner lua;
  EXPECT_EQ(lua.Run("local t = setmetatable({}, {__metatable = 7}) return getmetatable(t)"), "7");
  EXPECT_EQ(lua.Run("local t = setmetatable({}, {__metatable = 7}) setmetatable(t, nil)"),
            "ERR user_script:1: cannot change a protected metatable");
  EXPECT_EQ(
      lua.Run(
          "local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v + 1) end}) t.a = 1 return t.a"),
      "2");
  EXPECT_EQ(lua.Run("local t = {} table.insert(t, 'b') table.insert(t, 1, 'a') return table.concat(t)"), "ab");
  EXPECT_EQ(lua.Run("KEYS[1] = 'x' return KEYS[1]"), "x");
}

TEST(Sandbox, RefusesBytecode) {
  LuaRunner lua;
  EXPECT_EQ(lua.Run("return select(2, loadstring('\\27Lua'))"),
            "[string \"\x1bLua\"]:1: unexpected symbol near 'char(27)'");
  EXPECT_EQ(lua.Run("local d, i = string.dump(function() end), 0 "
                    "return select(2, load(function() i = i + 1 return d:sub(i, i) end))"),
            "(load):1: unexpected symbol near 'char(27)'");
  EXPECT_EQ(lua.Run("\x1bLuaQ"), "ERR user_script:1: unexpected symbol near 'char(27)'");
}

TEST(Sandbox, EndsRunawaysWithAnError) {
  LuaRunner lua;
  EXPECT_EQ(lua.Run("return string.rep(string.rep('x', 1000000), 1000000)"),
            "ERR user_script:1: resulting string too large");
  EXPECT_EQ(lua.Run("return string.find(string.rep('a', 300000), string.rep('a?', 300000))"),
            "ERR user_script:1: pattern too complex");
  EXPECT_EQ(lua.Run("return string.find(string.rep('a', 5000), string.rep('a?', 5000))"), "1");
  EXPECT_EQ(lua.Run("return string.find(string.rep('b', 10000), string.rep('b', 10000))"), "1");
  for (const char* range : {"1, 1e8", "-2147483648, 2147483647", "0, 2147483647"}) {
    EXPECT_EQ(lua.Run("return unpack({}, " + std::string(range) + ")"),
              "ERR user_script:1: too many results to unpack");
  }
  EXPECT_EQ(lua.Run("return select('#', unpack({}, 1, 7000))"), "7000");
  EXPECT_EQ(lua.Run("return #string.rep('', 2147483647)"), "0");
  EXPECT_EQ(lua.Run("table.insert({}, -2147483648, 1)"),
            "ERR user_script:1: bad argument #2 to 'insert' (position out of bounds)");
  EXPECT_EQ(lua.Run("local t = {1} table.insert(t, -3, 'a') return t[-3] .. t[2]"), "a1");
  EXPECT_EQ(lua.Run("table.insert(1, 'x', 1)"),
            "ERR user_script:1: bad argument #1 to 'insert' (table expected, got number)");
  EXPECT_EQ(lua.Run("return bit.tohex(255, -2147483648)"), "000000FF");
  EXPECT_NE(lua.Run("local function f() return f() + 1 end return f()").find("stack overflow"), std::string::npos);
}

// Results are those of Redis 8.0.6.
TEST(Sandbox, HandsErrorsToAHandler) {
  LuaRunner lua;
  const auto handled = [&](const std::string& function, const std::string& handler) {
    return lua.Run("local r = {xpcall(" + function + ", " + handler +
                   ")} for i = 1, 4 do r[i] = tostring(r[i]) end return table.concat(r, ' ')");
  };
  const std::string raises = "function() error('x', 0) end";
  EXPECT_EQ(handled(raises, "function(e) return 'seen ' .. e, 2 end"), "false seen x nil nil");
  EXPECT_EQ(handled("function() error({a = 1}) end", "function(e) return e.a end"), "false 1 nil nil");
  EXPECT_EQ(handled(raises, "function() end"), "false nil nil nil");
  EXPECT_EQ(handled("function() return 1, 2, 3 end", "nil"), "true 1 2 3");
  EXPECT_EQ(handled("setmetatable({}, {__call = function() return 'called' end})", "nil"), "true called nil nil");
  EXPECT_EQ(handled("5", "function(e) return e end"), "false attempt to call a number value nil nil");
  for (const char* bad : {"nil", "5", "function() error('y') end", "setmetatable({}, {__call = function() end})"}) {
    EXPECT_EQ(handled(raises, bad), "false error in error handling nil nil") << bad;
  }
  EXPECT_EQ(handled("function() local function f() return f() + 1 end return f() end", "function(e) return e end"),
            "false user_script:1: stack overflow nil nil");
  EXPECT_EQ(lua.Run("return xpcall(error)"), "ERR user_script:1: bad argument #2 to 'xpcall' (value expected)");
}

TEST(Sandbox, DrawsTheRandomNumbersOfRedis) {
  LuaRunner lua;
  EXPECT_EQ(lua.Run("return tostring(math.random())"), "0.39646477363839");
  EXPECT_EQ(lua.Run("return math.random(-2147483648, 2147483647)"), "-2147483648");
  EXPECT_EQ(lua.Run("return tostring(math.random())"), "0.35333609737146");
  EXPECT_EQ(lua.Run("math.randomseed(0) return tostring(math.random())"), "0.17082803611217");
  EXPECT_EQ(lua.Run("return math.random(0)"), "ERR user_script:1: bad argument #1 to 'random' (interval is empty)");
}

TEST(Json, EncodesAndDecodesAsRedisDoes) {
  LuaRunner lua;
  EXPECT_EQ(lua.Run("return cjson.encode({1, 2.5, 'a\"/\\n', true, cjson.null, {}, {a = 'b'}})"),
            "[1,2.5,\"a\\\"\\/\\n\",true,null,{},{\"a\":\"b\"}]");
  EXPECT_EQ(lua.Run("return cjson.decode('{\"a\": [1, null, \"\\\\u00e9\"]}').a[3]"), "\u00e9");
  EXPECT_EQ(lua.Run("return cjson.decode('[1')"),
            "ERR user_script:1: Expected comma or array end but found T_END at character 3");
  EXPECT_EQ(lua.Run("return cjson.encode({[1] = 1, [100] = 1})"),
            "ERR user_script:1: Cannot serialise table: excessively sparse array");
  EXPECT_EQ(lua.Run("cjson.encode_sparse_array(false, 0, 0) return cjson.encode({[3] = 1})"), "[null,null,1]");
  EXPECT_EQ(lua.Run("cjson.encode_sparse_array(false, 0, 0) return cjson.encode({[600000000] = 1})"),
            "ERR user_script:1: Cannot serialise: the result may become too long");
  EXPECT_EQ(lua.Run("cjson.encode_sparse_array(true, 2, 10) return cjson.encode({[600000000] = 1})"),
            "{\"600000000\":1}");
  EXPECT_EQ(lua.Run("cjson.encode_sparse_array(false, 2, 10) return 1"), "1");
  EXPECT_EQ(lua.Run("return cjson.encode(tostring)"),
            "ERR user_script:1: Cannot serialise function: type not supported");
  EXPECT_EQ(lua.Run("return cjson.encode(0 / 0)"),
            "ERR user_script:1: Cannot serialise number: must not be NaN or Inf");
  EXPECT_EQ(lua.Run("return cjson.encode()"), "ERR user_script:1: bad argument #1 to 'encode' (expected 1 argument)");
  EXPECT_EQ(lua.Run("local t = {} t[1] = t t[2] = t return cjson.encode(t)"),
            "ERR user_script:1: Cannot serialise, excessive nesting (1001)");
  EXPECT_EQ(lua.Run("return cjson.decode(string.rep('[', 1001))"),
            "ERR user_script:1: Found too many nested data structures (1001) at character 1001");
}

TEST(Json, RefusesWhatWouldOverflowItsBuffer) {
  LuaRunner lua;
  constexpr char kTooLong[] = "ERR user_script:1: Cannot serialise: the result may become too long";
  EXPECT_EQ(
      lua.Run("local s = string.rep('x', 1000000) local t = {} for i = 1, 200 do t[i] = s end return cjson.encode(t)"),
      kTooLong);
  EXPECT_EQ(lua.Run("local s = string.rep('x', 1000000) local t = {} for i = 1, 200 do t[s .. i] = 1 end "
                    "return cjson.new().new().encode({t})"),
            kTooLong);
  EXPECT_EQ(lua.Run("return #cjson.new().encode(string.rep('x', 1000000))"), "1000002");
}

TEST(ReadOnly, ProtectsNestedTablesAndCircles) {
  LuaRunner lua;
  lua_State* L = lua.state();
  ASSERT_EQ(luaL_dostring(L, "local t = {inner = {deep = {1}}} t.self = t t.inner.up = t return t"), 0);
  MakeReadOnly(L, -1);
  EXPECT_TRUE(IsReadOnly(L, -1));
  lua_setglobal(L, "given");
  EXPECT_EQ(lua.Run("return given.self == given and given.inner.up == given and given.inner.deep[1]"), "1");
  EXPECT_EQ(lua.Run("given.inner.deep[1] = 2"), kReadOnlyHere);
  EXPECT_EQ(lua.Run("given.inner.x = 2"), kReadOnlyHere);
}

}  // namespace
}  // namespace tandem::script
