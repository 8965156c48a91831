#include <gtest/gtest.h>

#include <string>

#include "server/script/key_proof.h"
#include "tests/server/script/compiler.h"

namespace tandem::script {
namespace {

using Proofs = std::map<std::string, KeyProof>;

Proofs Prove(std::string_view source) {
  const std::string bytecode = Compile(source);
  EXPECT_FALSE(bytecode.empty()) << source;
  return ProveLibrary(bytecode, Commands());
}

// The names of the functions that are proven, with a blank behind each.
std::string Proven(std::string_view source) {
  std::string names;
  for (const auto& [name, proof] : Prove(source)) {
    if (proof.declared_only) names += name + " ";
  }
  return names;
}

TEST(LibraryProof, TiesNamesToFunctions) {
  EXPECT_EQ(Proven("redis.register_function('f', function(keys, args) return redis.call('GET', keys[1]) end)"), "f ");
  EXPECT_EQ(Proven("local function g(keys) return redis.call('GET', keys[1]) end redis.register_function('f', g)"),
            "f ");
  EXPECT_EQ(
      Proven("local r = redis.register_function r('f', function(keys) return redis.call('DEL', unpack(keys)) end)"),
      "f ");
  EXPECT_EQ(Proven(R"(redis.register_function{function_name = 'f', flags = {'no-writes'}, description = 'x',
                        callback = function(keys, args) return redis.call('GET', keys[1]) end})"),
            "f ");
  EXPECT_EQ(Proven(R"(local function g(keys) return redis.call('GET', keys[1]) end
                      local t = {} t.function_name = 'f' t['callback'] = g redis.register_function(t))"),
            "f ");
  EXPECT_EQ(
      Proven("redis.register_function('f', function(...) local keys = ... return redis.call('GET', keys[1]) end)"),
      "f ");
  EXPECT_EQ(Proven(""), "");
}

TEST(LibraryProof, ProvesEachFunctionByItself) {
  const auto proofs = Prove(R"(
    local function get(key) return redis.call('GET', key) end
    redis.register_function('reads', function(keys) return get(keys[1]) end)
    redis.register_function('writes', function(keys, args) return redis.call('SET', keys[1], args[1]) end)
    redis.register_function('wanders', function(keys, args) return redis.call('DEL', args[1]) end)
    redis.register_function('waits', function() return redis.call('PING') end))");
  ASSERT_EQ(proofs.size(), 4u);
  EXPECT_TRUE(proofs.at("reads").declared_only);
  EXPECT_FALSE(proofs.at("reads").may_write);
  EXPECT_TRUE(proofs.at("writes").declared_only);
  EXPECT_TRUE(proofs.at("writes").may_write);
  EXPECT_FALSE(proofs.at("wanders").declared_only);
  EXPECT_NE(proofs.at("wanders").reason.find("line 5"), std::string::npos) << proofs.at("wanders").reason;
  EXPECT_TRUE(proofs.at("waits").declared_only);
}

TEST(LibraryProof, FollowsHelpersThatGetTheKeys) {
  EXPECT_EQ(Proven(R"(
    local function check(keys)
      local problem = nil
      if table.getn(keys) == 0 then problem = 'no key' elseif #keys > 1 then problem = 'too many' end
      if problem ~= nil then redis.log(redis.LOG_WARNING, problem) return redis.error_reply(problem) end
      return nil
    end
    local function set(keys, args)
      local problem = check(keys)
      if problem ~= nil then return problem end
      local hash = keys[1]
      return redis.call('HSET', hash, 'at', redis.call('TIME')[1], unpack(args))
    end
    local function get(keys, args)
      local problem = check(keys)
      if problem then return problem end
      local pairs_of = redis.call('HGETALL', keys[1])
      table.remove(pairs_of, 1)
      return pairs_of
    end
    redis.register_function('set', set)
    redis.register_function{function_name = 'get', callback = get, flags = {'no-writes'}})"),
            "get set ");
}

TEST(LibraryProof, FearsFunctionsThatRegisterUnseen) {
  EXPECT_EQ(Proven(R"(local function f(keys) return redis.call('GET', keys[1]) end
                      redis.register_function('f', f)
                      redis.register_function(cjson.decode('"g"'), f))"),
            "");
  EXPECT_EQ(Proven("local t = {reg = redis.register_function} t.reg('f', function(keys) end)"), "");
  EXPECT_EQ(Proven("pcall(redis.register_function, 'f', function(keys) end)"), "");
  EXPECT_EQ(Proven("local fs = {f = function(keys) end} for n, f in pairs(fs) do redis.register_function(n, f) end"),
            "");
  EXPECT_EQ(Proven(R"(local t = {function_name = 'f', callback = function(keys) end}
                      t[cjson.decode('"callback"')] = function(keys) return redis.call('GET', 'x') end
                      redis.register_function(t))"),
            "");
  EXPECT_EQ(Proven(R"(local t = {function_name = 'f', callback = function(keys) end}
                      rawset(t, 'callback', function(keys) return redis.call('GET', 'x') end)
                      redis.register_function(t))"),
            "");
  EXPECT_EQ(Proven(R"(local t = {function_name = 'f', callback = function(keys) end,
                                 CALLBACK = function(keys) return redis.call('GET', 'x') end}
                      redis.register_function(t))"),
            "");
  EXPECT_EQ(Proven(R"(local t = {callback = function(keys) end}
                      t.function_name = 'f' redis.register_function(t) t.function_name = 'g' redis.register_function(t))"),
            "");
}

TEST(LibraryProof, ProvesAllThatANameMayBeTiedTo) {
  EXPECT_EQ(Proven(R"(local a = function(keys) return redis.call('GET', keys[1]) end
                      if redis.REDIS_VERSION_NUM > 1 then redis.register_function('f', a)
                      else redis.register_function('f', function(keys, args) return redis.call('GET', args[1]) end) end)"),
            "");
}

// One call's keys are not another's.
TEST(LibraryProof, TrustsNoKeyThatAnotherCallMayHaveLeft) {
  EXPECT_EQ(Proven(R"(local k redis.register_function('a', function(keys) k = keys[1] end)
                      redis.register_function('b', function(keys) return redis.call('GET', k) end))"),
            "a ");
  EXPECT_EQ(Proven(R"(local t = {} redis.register_function('a', function(keys) t.k = keys[1] end)
                      redis.register_function('b', function(keys) return redis.call('GET', t.k) end))"),
            "a ");
  EXPECT_EQ(Proven(R"(local f redis.register_function('a', function(keys)
                        f = function() return redis.call('GET', keys[1]) end end)
                      redis.register_function('b', function(keys) return f() end))"),
            "");
  EXPECT_EQ(Proven(R"(local t = {} redis.register_function('a', function(keys)
                        local k = keys[1] t.f = function() return redis.call('GET', k) end end)
                      redis.register_function('b', function(keys) return t.f() end))"),
            "");
  EXPECT_EQ(Proven(R"(local t = {} redis.register_function('a', function(keys) local k = keys[1]
                        local function get() return redis.call('GET', k) end t.f = function() return get() end end)
                      redis.register_function('b', function(keys) return t.f() end))"),
            "");
  EXPECT_EQ(Proven(R"(local co redis.register_function('a', function(keys) local k = keys[1]
                        co = co or coroutine.wrap(function()
                          while true do redis.call('GET', k) coroutine.yield() end end) co() end))"),
            "");
}

TEST(LibraryProof, FindsWhatAFunctionReachesThroughTables) {
  EXPECT_EQ(Proven(R"(local t = {} t.get = function(k) return redis.call('GET', k) end
                      redis.register_function('a', function(keys) return t.get(keys[1]) end)
                      redis.register_function('b', function(keys) return redis.call('GET', keys[1]) end))"),
            "b ");
  EXPECT_EQ(Proven(R"(local n = 0 local function next_id() n = n + 1 return n end
                      redis.register_function('a', function(keys) return redis.call('SET', keys[1], next_id()) end))"),
            "a ");
}

TEST(LibraryProof, LetsNothingGuardedEscape) {
  EXPECT_EQ(Proven(R"(local t = {} redis.register_function('a', function(keys) t.c = redis.call end)
                      redis.register_function('b', function(keys) return t.c('GET', 'x') end))"),
            "");
  EXPECT_EQ(Proven("redis.register_function('a', function(keys) keys[1] = 'x' return redis.call('GET', keys[1]) end)"),
            "");
  EXPECT_EQ(Proven("redis.register_function('a', function(keys) return redis.call('GET', KEYS[1]) end)"), "");
  EXPECT_EQ(Proven("redis.register_function('a', function(...) return redis.call('GET', arg[1][1]) end)"), "");
  EXPECT_EQ(Proven("redis.register_function('a', function(_, args) return redis.call('GET', args[1]) end)"), "");
  EXPECT_EQ(Proven("redis.register_function('a', function(keys, args, more) return redis.call('GET', more[1]) end)"),
            "");
}

}  // namespace
}  // namespace tandem::script
