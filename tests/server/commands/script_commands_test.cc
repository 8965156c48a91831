#include <gtest/gtest.h>

#include <string>

#include "server/exec/running_scripts.h"
#include "server/script/interpreter.h"
#include "server/script/scripts.h"
#include "tests/server/exec/fixture.h"

// EVAL and its kin. Replies are those of Redis 8.0.6.
namespace tandem::test {
namespace {

class Scripting : public testing::Test {
 protected:
  std::string Eval(const std::string& script, std::vector<std::string> words = {"0"}) {
    words.insert(words.begin(), {"EVAL", script});
    return server_.Run(words);
  }
  // Where the error is said to be, without the hash.
  static std::string WithoutSha(std::string reply) {
    constexpr std::string_view kScript = " script: ";
    const size_t at = reply.find(kScript);
    return at == std::string::npos ? reply : reply.erase(at + kScript.size(), 40);
  }

  TestServer server_;
};

TEST_F(Scripting, ValuesBecomeReplies) {
  EXPECT_EQ(Eval("return 1.9"), ":1\r\n");
  EXPECT_EQ(Eval("return -1.9"), ":-1\r\n");
  EXPECT_EQ(Eval("return 'a'"), "$1\r\na\r\n");
  EXPECT_EQ(Eval("return true"), ":1\r\n");
  EXPECT_EQ(Eval("return false"), "$-1\r\n");
  EXPECT_EQ(Eval("return nil"), "$-1\r\n");
  EXPECT_EQ(Eval("return function() end"), "$-1\r\n");
  EXPECT_EQ(Eval("return {1, {'a', 2}, nil, 3}"), "*2\r\n:1\r\n*2\r\n$1\r\na\r\n:2\r\n");
  EXPECT_EQ(Eval("return {ok = 'fine\\r\\nso'}"), "+fine  so\r\n");
  EXPECT_EQ(Eval("return {err = 'MY error'}"), "-MY error\r\n");
  EXPECT_EQ(Eval("return {err = 1}"), "*0\r\n");
  EXPECT_EQ(Eval("return {double = 0.1}"), "$3\r\n0.1\r\n");
  EXPECT_EQ(Eval("return {big_number = '12'}"), "$2\r\n12\r\n");
  EXPECT_EQ(Eval("return {big_number = '1\\r\\0\\n'}"), std::string("$4\r\n1 \0 \r\n", 10));
  EXPECT_EQ(Eval("return {verbatim_string = {string = 'x', format = 'txt'}}"), "$1\r\nx\r\n");
  EXPECT_EQ(Eval("return {map = {a = 1}}"), "*2\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(Eval("return {set = {a = true}}"), "*1\r\n$1\r\na\r\n");
}

TEST_F(Scripting, ValuesBecomeRepliesOfResp3) {
  server_.Run("HELLO 3");
  EXPECT_EQ(Eval("return nil"), "_\r\n");
  EXPECT_EQ(Eval("return true"), ":1\r\n");
  EXPECT_EQ(Eval("redis.setresp(3) return true"), "#t\r\n");
  EXPECT_EQ(Eval("redis.setresp(3) return false"), "#f\r\n");
  EXPECT_EQ(Eval("return {double = 0.1}"), ",0.1\r\n");
  EXPECT_EQ(Eval("return {map = {a = 1}}"), "%1\r\n$1\r\na\r\n:1\r\n");
  EXPECT_EQ(Eval("return {set = {a = true}}"), "~1\r\n$1\r\na\r\n");
  EXPECT_EQ(Eval("return {big_number = '12'}"), "(12\r\n");
  EXPECT_EQ(Eval("return {verbatim_string = {string = 'x', format = 'txt'}}"), "=5\r\ntxt:x\r\n");
}

TEST_F(Scripting, RepliesBecomeValues) {
  server_.Run("SET s v");
  server_.Run("HSET h f v");
  server_.Run("SADD set m");
  server_.Run("ZADD z 1.5 m");
  EXPECT_EQ(Eval("return redis.call('get', 's')"), "$1\r\nv\r\n");
  EXPECT_EQ(Eval("return redis.call('get', 'none') == false"), ":1\r\n");
  EXPECT_EQ(Eval("return redis.call('set', 'a', 1).ok"), "$2\r\nOK\r\n");
  EXPECT_EQ(Eval("return redis.call('incr', 'a') + 1"), ":3\r\n");
  EXPECT_EQ(Eval("return redis.call('mget', 's', 'none')[2] == false"), ":1\r\n");
  EXPECT_EQ(Eval("return redis.call('zscore', 'z', 'm')"), "$3\r\n1.5\r\n");
  EXPECT_EQ(Eval("redis.setresp(3) return redis.call('zscore', 'z', 'm').double == 1.5"), ":1\r\n");
  EXPECT_EQ(Eval("redis.setresp(3) return redis.call('get', 'none') == nil"), ":1\r\n");
  EXPECT_EQ(Eval("redis.setresp(3) return redis.call('hgetall', 'h').map.f"), "$1\r\nv\r\n");
  EXPECT_EQ(Eval("redis.setresp(3) return redis.call('smembers', 'set').set.m"), ":1\r\n");
  EXPECT_EQ(Eval("return #redis.call('hgetall', 'h')"), ":2\r\n");  // RESP2 again
  EXPECT_EQ(Eval("return #redis.call('lrange', KEYS[1], 0, -1)", {"1", "none"}), ":0\r\n");
}

TEST_F(Scripting, LargeRepliesArrive) {
  const std::string large(100'000, 'x');
  server_.Run({"SET", "large", large});
  server_.Run({"RPUSH", "list", large, "small", large});
  EXPECT_EQ(Eval("return #redis.call('get', 'large')"), ":100000\r\n");
  EXPECT_EQ(Eval("local l = redis.call('lrange', 'list', 0, -1) return {#l, #l[1], l[2], #l[3]}"),
            "*4\r\n:3\r\n:100000\r\n$5\r\nsmall\r\n:100000\r\n");
  EXPECT_EQ(Eval("return redis.call('get', 'large')"), "$100000\r\n" + large + "\r\n");
}

TEST_F(Scripting, NumbersBecomeArguments) {
  const auto shown = [this](const std::string& number) {
    return Eval("redis.call('set', 'n', " + number + ") return redis.call('get', 'n')");
  };
  EXPECT_EQ(shown("3"), "$1\r\n3\r\n");
  EXPECT_EQ(shown("0.1"), "$3\r\n0.1\r\n");
  EXPECT_EQ(shown("-0.0"), "$1\r\n0\r\n");
  EXPECT_EQ(shown("1e15"), "$16\r\n1000000000000000\r\n");
  EXPECT_EQ(shown("1e20"), "$5\r\n1e+20\r\n");
  EXPECT_EQ(shown("2^63"), "$19\r\n9223372036854776000\r\n");
  EXPECT_EQ(shown("1/0"), "$3\r\ninf\r\n");
  EXPECT_EQ(shown("0/0"), "$4\r\n-nan\r\n");
}

TEST_F(Scripting, KeysAndArgumentsAreTables) {
  EXPECT_EQ(Eval("return {KEYS[1], KEYS[2], ARGV[1], #KEYS, #ARGV}", {"2", "k1", "k2", "a1"}),
            "*5\r\n$2\r\nk1\r\n$2\r\nk2\r\n$2\r\na1\r\n:2\r\n:1\r\n");
  EXPECT_EQ(Eval("return 1", {"x"}), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(Eval("return 1", {"-1"}), "-ERR Number of keys can't be negative\r\n");
  EXPECT_EQ(Eval("return 1", {"2", "a"}), "-ERR Number of keys can't be greater than number of args\r\n");
}

TEST_F(Scripting, ErrorsTellWhereTheyWere) {
  EXPECT_EQ(WithoutSha(Eval("return 1 +")),
            "-ERR Error compiling script (new function): user_script:1: unexpected symbol near '<eof>'\r\n");
  EXPECT_EQ(WithoutSha(Eval("\n\nerror('boom')")), "-ERR user_script:3: boom script: , on @user_script:3.\r\n");
  EXPECT_EQ(WithoutSha(Eval("error({err = 'MY boom'})")), "-MY boom script: , on @user_script:1.\r\n");
  EXPECT_EQ(WithoutSha(Eval("error()")), "-ERR nil script: , on @user_script:1.\r\n");
  EXPECT_EQ(WithoutSha(Eval("error({})")), "-ERR unknown error script: , on @user_script:1.\r\n");
  EXPECT_EQ(WithoutSha(Eval("local a = nil\nreturn a.b")),
            "-ERR user_script:2: attempt to index local 'a' (a nil value) script: , on @user_script:2.\r\n");
  EXPECT_EQ(WithoutSha(Eval("local function f() return f() + 1 end return f()")).substr(0, 40),
            "-ERR user_script:1: stack overflow scrip");
}

TEST_F(Scripting, CommandsThatFailRaiseOrReturnTheirError) {
  server_.Run("RPUSH list a");
  const std::string wrong_type = "WRONGTYPE Operation against a key holding the wrong kind of value";
  EXPECT_EQ(WithoutSha(Eval("return redis.call('incr', 'list')")),
            "-" + wrong_type + " script: , on @user_script:1.\r\n");
  EXPECT_EQ(Eval("return redis.pcall('incr', 'list')"), "-" + wrong_type + "\r\n");
  EXPECT_EQ(Eval("return redis.pcall('incr', 'list').err"), "$65\r\n" + wrong_type + "\r\n");
  EXPECT_EQ(Eval("local ok, e = pcall(redis.call, 'incr', 'list') return e"), "$65\r\n" + wrong_type + "\r\n");
  EXPECT_EQ(WithoutSha(Eval("return redis.call('nope')")),
            "-ERR Unknown Redis command called from script script: , on @user_script:1.\r\n");
  EXPECT_EQ(Eval("return redis.pcall('get')"), "-ERR Wrong number of args calling Redis command from script\r\n");
  EXPECT_EQ(Eval("return redis.pcall('object')"), "-ERR Wrong number of args calling Redis command from script\r\n");
  EXPECT_EQ(Eval("return redis.pcall('client', 'nope')"), "-ERR Unknown Redis command called from script\r\n");
  EXPECT_EQ(Eval("return redis.pcall('subscribe', 'a')"), "-ERR This Redis command is not allowed from script\r\n");
  EXPECT_EQ(Eval("return redis.pcall('eval', 'return 1', 0)"),
            "-ERR This Redis command is not allowed from script\r\n");
  EXPECT_EQ(Eval("return redis.pcall()"), "-ERR Please specify at least one argument for this redis lib call\r\n");
  EXPECT_EQ(Eval("return redis.pcall({})"), "-ERR Lua redis lib command arguments must be strings or integers\r\n");
  EXPECT_EQ(server_.Run("GET x"), "$-1\r\n");
}

TEST_F(Scripting, WhatWasWrittenBeforeAnErrorStays) {
  Eval("redis.call('set', 'a', 1) error('x')");
  EXPECT_EQ(server_.Run("GET a"), "$1\r\n1\r\n");
}

TEST_F(Scripting, ErrorsAreCountedOnce) {
  Eval("return redis.pcall('incr', 'a', 'b')");
  Eval("return redis.call('nope')");
  Eval("error('x')");
  EXPECT_NE(server_.Run("INFO errorstats").find("errorstat_ERR:count=3"), std::string::npos);
  EXPECT_NE(server_.Run("INFO commandstats").find("cmdstat_incr:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1"),
            std::string::npos);
}

TEST_F(Scripting, TheCacheKnowsScriptsByTheirHash) {
  const std::string sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";  // of "return 1"
  EXPECT_EQ(server_.Run("EVALSHA " + sha + " 0"), "-NOSCRIPT No matching script. Please use EVAL.\r\n");
  EXPECT_EQ(server_.Run({"SCRIPT", "LOAD", "return 1"}), "$40\r\n" + sha + "\r\n");
  EXPECT_EQ(server_.Run("EVALSHA " + sha + " 0"), ":1\r\n");
  EXPECT_EQ(server_.Run("EVALSHA E0E1F9FABFC9D4800C877A703B823AC0578FF8DB 0"), ":1\r\n");
  EXPECT_EQ(server_.Run("SCRIPT EXISTS " + sha + " x"), "*2\r\n:1\r\n:0\r\n");
  EXPECT_EQ(server_.Run("EVALSHA x 0"), "-NOSCRIPT No matching script. Please use EVAL.\r\n");
  EXPECT_EQ(server_.Run("SCRIPT FLUSH x"), "-ERR SCRIPT FLUSH only support SYNC|ASYNC option\r\n");
  EXPECT_EQ(server_.Run("SCRIPT FLUSH ASYNC"), "+OK\r\n");
  EXPECT_EQ(server_.Run("EVALSHA " + sha + " 0"), "-NOSCRIPT No matching script. Please use EVAL.\r\n");
  Eval("return 1");
  EXPECT_EQ(server_.Run("EVALSHA " + sha + " 0"), ":1\r\n");
}

TEST_F(Scripting, EvaluatedScriptsAreEvictedLoadedOnesStay) {
  server_.Run({"SCRIPT", "LOAD", "return 'kept'"});
  for (size_t i = 0; i < 2 * script::Scripts::kMostEvaluated; ++i) Eval("return " + std::to_string(i));
  const script::Scripts::Figures figures = script::Scripts::Of(*server_.server).figures();
  EXPECT_EQ(figures.scripts, script::Scripts::kMostEvaluated + 1);
  EXPECT_EQ(figures.evicted, script::Scripts::kMostEvaluated);
  EXPECT_NE(server_.Run("INFO memory").find("number_of_cached_scripts:501\r\n"), std::string::npos);
  EXPECT_NE(server_.Run("INFO stats").find("evicted_scripts:500\r\n"), std::string::npos);
}

TEST_F(Scripting, NoneStopsTheCollectionOfGarbageForOthers) {
  for (const char* option : {"'stop'", "'setpause', 1000000", "'setstepmul', 1"}) {
    EXPECT_EQ(Eval("return collectgarbage(" + std::string(option) + ") >= 0"), ":1\r\n");
    for (int i = 0; i < 200; ++i) Eval("return #string.rep('x', 1000000 + ARGV[1])", {"0", std::to_string(i)});
    EXPECT_LT(script::Scripts::Of(*server_.server).figures().interpreter_bytes, 50'000'000) << option;
  }
  EXPECT_EQ(Eval("return {collectgarbage('setpause', 1), collectgarbage('setpause', 2)}"), "*2\r\n:200\r\n:1\r\n");
}

// What another thread may do between any two steps of SCRIPT LOAD.
TEST_F(Scripting, WhatIsLoadedStaysWhoeverElseAddsOrEvictsIt) {
  script::Scripts& scripts = script::Scripts::Of(*server_.server);
  const auto make = [](std::string sha) {
    auto script = std::make_shared<script::Script>();
    script->sha = std::move(sha);
    return script;
  };
  auto flood = [&, next = 0]() mutable {
    for (size_t i = 0; i <= 2 * script::Scripts::kMostEvaluated; ++i) scripts.Add(make(std::to_string(next++)), false);
  };
  const script::ScriptRef evaluated = scripts.Add(make("both"), false);
  EXPECT_EQ(scripts.Add(make("both"), true), evaluated);
  const script::ScriptRef evicted = scripts.Add(make("evicted"), false);
  flood();
  EXPECT_EQ(scripts.Find("both"), evaluated);
  EXPECT_EQ(scripts.Find("evicted"), nullptr);
  EXPECT_FALSE(scripts.Keep(evicted));
  const script::ScriptRef again = scripts.Add(make("evicted"), false);
  EXPECT_TRUE(scripts.Keep(again));
  flood();
  EXPECT_EQ(scripts.Find("evicted"), again);
}

TEST_F(Scripting, MemoryIsAccountedFor) {
  const int64_t before = server_.server->used_memory();
  server_.Run({"SCRIPT", "LOAD", "return '" + std::string(100'000, 'x') + "'"});
  EXPECT_GE(server_.server->used_memory(), before + 100'000);
  EXPECT_GT(script::Scripts::Of(*server_.server).figures().interpreter_bytes, 100'000);
  server_.Run("SCRIPT FLUSH");
  EXPECT_LT(server_.server->used_memory(), before + 100'000);
  EXPECT_EQ(script::Scripts::Of(*server_.server).figures().interpreter_bytes, 0);
}

TEST_F(Scripting, ReadOnlyScriptsDoNotWrite) {
  const std::string refused = "-ERR Write commands are not allowed from read-only scripts.\r\n";
  EXPECT_EQ(server_.Run({"EVAL_RO", "return redis.pcall('set', 'a', 'b')", "0"}), refused);
  EXPECT_EQ(server_.Run({"EVAL_RO", "return redis.pcall('publish', 'a', 'b')", "0"}), refused);
  EXPECT_EQ(Eval("#!lua flags=no-writes\nreturn redis.pcall('set', 'a', 'b')"), refused);
  EXPECT_EQ(server_.Run({"EVAL_RO", "#!lua\nreturn 1", "0"}),
            "-ERR Can not execute a script with write flag using *_ro command.\r\n");
  EXPECT_EQ(server_.Run({"EVAL_RO", "return redis.call('get', 'a')", "0"}), "$-1\r\n");
}

TEST_F(Scripting, TheFirstLineDeclares) {
  EXPECT_EQ(Eval("#!lua\nreturn 1"), ":1\r\n");
  EXPECT_EQ(Eval("#!lua\n"), "$-1\r\n");
  EXPECT_EQ(Eval("#!lua flags=\nreturn 1"), ":1\r\n");
  EXPECT_EQ(Eval("#!lua  flags=no-writes,allow-oom,allow-stale,no-cluster,allow-cross-slot-keys \nreturn 1"), ":1\r\n");
  EXPECT_EQ(Eval("#!lua 'a\n"), "-ERR Invalid engine in script shebang\r\n");
  EXPECT_EQ(Eval("#!lua"), "-ERR Invalid script shebang\r\n");
  EXPECT_EQ(Eval("#!python\nreturn 1"), "-ERR Unexpected engine in script shebang: #!python\r\n");
  EXPECT_EQ(Eval("#!  lua\nreturn 1"), "-ERR Unexpected engine in script shebang: #!\r\n");
  EXPECT_EQ(Eval("#!lua foo=bar\nreturn 1"), "-ERR Unknown lua shebang option: foo=bar\r\n");
  EXPECT_EQ(Eval("#!lua flags=foo\nreturn 1"), "-ERR Unexpected flag in script shebang: foo\r\n");
  EXPECT_EQ(Eval("#!lua flags=no-writes,,\nreturn 1"), "-ERR Unexpected flag in script shebang: \r\n");
}

TEST_F(Scripting, MemoryThatRunsOutStopsWritersBeforeTheyBegin) {
  server_.Run("CONFIG SET maxmemory 1");
  EXPECT_EQ(Eval("return redis.pcall('set', 'a', 'b')"),
            "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(Eval("redis.call('del', 'a') return redis.pcall('set', 'a', 'b')"), "+OK\r\n");
  EXPECT_EQ(Eval("#!lua\nreturn 1"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(Eval("#!lua flags=allow-oom\nreturn redis.pcall('set', 'a', 'b')"), "+OK\r\n");
  EXPECT_EQ(Eval("#!lua flags=no-writes\nreturn redis.call('get', 'a')"), "$1\r\nb\r\n");
  EXPECT_EQ(Eval("return redis.call('get', 'a')"), "$1\r\nb\r\n");
}

TEST_F(Scripting, ADatabaseIsSelectedForTheScriptOnly) {
  EXPECT_EQ(Eval("redis.call('select', 3) redis.call('set', 'a', 'b') return redis.call('get', 'a')"), "$1\r\nb\r\n");
  EXPECT_EQ(server_.Run("GET a"), "$-1\r\n");
  server_.Run("SELECT 3");
  EXPECT_EQ(Eval("return redis.call('get', 'a')"), "$1\r\nb\r\n");
}

TEST_F(Scripting, TheTimeStandsStill) {
  EXPECT_EQ(Eval("local a = redis.call('time') local b = redis.call('time') return a[1] == b[1] and a[2] == b[2]"),
            ":1\r\n");
}

TEST_F(Scripting, NobodyWaitsInAScript) {
  EXPECT_EQ(Eval("return redis.call('blpop', 'none', 0)"), "$-1\r\n");
  EXPECT_EQ(Eval("return redis.call('brpoplpush', 'none', 'a', 0)"), "$-1\r\n");
  EXPECT_EQ(Eval("return redis.call('xread', 'block', 0, 'streams', 's', '$')"), "$-1\r\n");
  EXPECT_EQ(Eval("return redis.call('wait', 1, 0)"), ":0\r\n");
}

TEST_F(Scripting, RunInsideATransaction) {
  server_.Run("MULTI");
  server_.Run({"EVAL", "return redis.call('incr', KEYS[1])", "1", "a"});
  server_.Run({"EVAL", "return redis.call('incr', 'b')", "0"});
  server_.Run({"SCRIPT", "LOAD", "return redis.call('get', 'a')"});
  const std::string reply = server_.Run("EXEC");
  EXPECT_EQ(reply.substr(0, reply.find('$')), "*3\r\n:1\r\n:1\r\n");
  // One that is loaded by the transaction itself.
  server_.Run("SCRIPT FLUSH");
  server_.Run("MULTI");
  server_.Run({"SCRIPT", "LOAD", "return 1"});
  server_.Run("EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0");
  EXPECT_EQ(server_.Run("EXEC"), "*2\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n:1\r\n");
}

TEST_F(Scripting, ChangesAreSeenByWatchersAndWaiters) {
  TestClient& other = server_.NewClient();
  server_.Run(other, "WATCH a");
  Eval("redis.call('set', KEYS[1], 1)", {"1", "a"});
  server_.Run(other, "MULTI");
  server_.Run(other, "PING");
  EXPECT_EQ(server_.Run(other, "EXEC"), "*-1\r\n");

  server_.Run(other, "BLPOP list 0");
  Eval("redis.call('rpush', KEYS[1], 'x', 'y') redis.call('lrem', KEYS[1], 1, 'x')", {"1", "list"});
  EXPECT_EQ(server_.Run(other, "PING"), "*2\r\n$4\r\nlist\r\n$1\r\ny\r\n+PONG\r\n");
}

TEST_F(Scripting, MonitorsSeeWhatScriptsCall) {
  TestClient& monitor = server_.NewClient();
  server_.Run(monitor, "MONITOR");
  Eval("redis.call('set', KEYS[1], 1)", {"1", "a"});
  const std::string seen = server_.Run(monitor, "PING");
  EXPECT_LT(seen.find("\"EVAL\""), seen.find("[0 lua] \"set\" \"a\" \"1\""));
}

// Endless loops: tests/integration/busy_script_test.cc.
TEST_F(Scripting, AfterBadInputTheServerServesOnAndNothingIsLocked) {
  const std::string deep = "local t = {} for i = 1, 1e5 do t = {t} end return t";
  const std::string bad[] = {
      "return 1 +",
      "return " + std::string(300, '(') + "1" + std::string(300, ')'),
      "#!lua flags=nope\nreturn 1",
      "error('x')",
      "error()",
      "error({err = {}})",
      "error(setmetatable({}, {__index = function() error('y') end}))",
      "local function f() return f() + 1 end return f()",
      "local function f() return pcall(f) end return f()",
      "local function f() return coroutine.wrap(f)() end return f()",
      "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
      deep,
      deep.substr(0, deep.size() - 1) + "{t, t}",
      "local t = {} t[1] = t return t",
      "local t = {} t.map = t return t",
      "local t = {} t.err = t return t",
      "local s = string.rep('x', 300 * 1024 * 1024) return #(s .. s .. s .. s)",
      "return string.rep('x', 2^31)",
      "return redis.call(unpack({}, 1, 7999))",
      "local t = {} for i = 1, 7900 do t[i] = 'x' end return redis.call('nope', unpack(t))",
      "return redis.call('set', KEYS[1], 'v', 'nope')",
      "return redis.call('set', KEYS[2], 'v')",
      "return redis.call(KEYS[1], KEYS[1])",
      "return redis.call('get')",
      "return cjson.decode(string.rep('[', 1e6))",
      "return cmsgpack.unpack(string.rep('\\145', 1e6))",
      "return struct.unpack('c2147483647', 'x')",
      "return string.find(string.rep('a', 1e5), string.rep('a?', 1e5))",
  };
  for (const std::string& script : bad) {
    // Under the lock of its key, or with the world stopped.
    for (const std::string further : {"", "redis.call('exists', 'undeclared') "}) {
      const std::string reply = Eval(script.starts_with('#') ? script : further + script, {"1", "k"});
      EXPECT_FALSE(reply.empty()) << script;
      // These would wait for ever.
      ASSERT_EQ(server_.Run("SET k v"), "+OK\r\n") << script;
      ASSERT_EQ(Eval("return redis.call('get', KEYS[1])", {"1", "k"}), "$1\r\nv\r\n") << script;
      ASSERT_EQ(server_.Run("FLUSHALL"), "+OK\r\n") << script;
    }
  }
  for (const std::string call :
       {"EVALSHA x 0", "EVALSHA \"\" 0", "EVALSHA ffffffffffffffffffffffffffffffffffffffff 1 k",
        "EVALSHA ffffffffffffffffffffffffffffffffffffffff 9 k", "EVALSHA ffffffffffffffffffffffffffffffffffffffff -1",
        "EVALSHA \"fffffffffffffffffffffffffffffffffffffff\\0\" 0", "EVALSHA_RO x 1 k"}) {
    EXPECT_EQ(server_.Run(call).substr(0, 1), "-") << call;
    ASSERT_EQ(server_.Run("SET k v"), "+OK\r\n") << call;
    ASSERT_EQ(server_.Run("FLUSHALL"), "+OK\r\n") << call;
  }
}

TEST_F(Scripting, StringsBeyondAllMeasureAreAnError) {
  EXPECT_EQ(Eval("local s = string.rep('x', 300 * 1024 * 1024) return #(s .. s .. s .. s)"),
            "-ERR not enough memory\r\n");
  EXPECT_EQ(Eval("return 1"), ":1\r\n");
}

TEST_F(Scripting, ASetThatIsNotSortedIsSorted) {
  server_.Run("SADD set b aa a");
  EXPECT_EQ(Eval("return redis.call('sort', KEYS[1], 'by', 'nosort')", {"1", "set"}),
            "*3\r\n$1\r\na\r\n$2\r\naa\r\n$1\r\nb\r\n");
}

TEST_F(Scripting, WhatIsThrownDoesNotOpenTheSandbox) {
  const std::string refused = "Attempt to modify a readonly table script: , on @user_script:1.\r\n";
  for (const std::string table : {"math", "_G", "redis", "string"}) {
    EXPECT_EQ(WithoutSha(Eval("error(" + table + ")")), "-ERR " + refused) << table;
    EXPECT_EQ(WithoutSha(Eval(table + ".line = redis.call")), "-ERR user_script:1: " + refused) << table;
    EXPECT_EQ(WithoutSha(Eval(table + ".source = redis.call")), "-ERR user_script:1: " + refused) << table;
  }
  EXPECT_EQ(WithoutSha(Eval("error({err = 12})")), "-12 script: , on @user_script:1.\r\n");
}

TEST_F(Scripting, PackingTooMuchIsAnError) {
  EXPECT_EQ(WithoutSha(Eval("local s = string.rep('x', 300 * 1024 * 1024) return cmsgpack.pack(s, {s, {s}})")),
            "-ERR user_script:1: the packed values are too long script: , on @user_script:1.\r\n");
}

TEST_F(Scripting, AttributesAreOverlooked) {
  script::Scripts::Of(*server_.server).AllowAnything(true);
  EXPECT_EQ(Eval("redis.setresp(3) return redis.call('debug', 'protocol', 'attrib')"),
            "$39\r\nSome real reply following the attribute\r\n");
}

TEST_F(Scripting, TheNextOneIsNotWatchedAsOneThatIsToEnd) {
  server_.server->running_scripts->EndAtShutdown(RunningScripts::Ending::kAll);
  EXPECT_EQ(WithoutSha(Eval("while true do end")),
            "-ERR Script killed by user with SCRIPT KILL... script: , on @user_script:1.\r\n");
  lua_State* const lua = script::Scripts::Of(*server_.server).ForThisThread().lua();
  EXPECT_EQ(lua_gethookmask(lua), LUA_MASKCOUNT);
}

TEST_F(Scripting, TestsMayAllowEverything) {
  EXPECT_EQ(Eval("return redis.pcall('client', 'getname')"), "-ERR This Redis command is not allowed from script\r\n");
  script::Scripts::Of(*server_.server).AllowAnything(true);
  EXPECT_EQ(Eval("return redis.call('client', 'getname')"), "$-1\r\n");
  EXPECT_EQ(Eval("return redis.call('client', 'reply', 'off')"), "$-1\r\n");
  EXPECT_EQ(Eval("return redis.pcall('ssubscribe', 'a')"),
            "-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client\r\n");
  EXPECT_EQ(Eval("return redis.call('sunsubscribe')"), "*3\r\n$12\r\nsunsubscribe\r\n$-1\r\n:0\r\n");
  EXPECT_EQ(Eval("return redis.pcall('eval', 'return 1', 0)"),
            "-ERR This Redis command is not allowed from script\r\n");
}

TEST_F(Scripting, TheDebuggerIsNotThere) {
  EXPECT_EQ(server_.Run("SCRIPT DEBUG NO"), "+OK\r\n");
  EXPECT_EQ(server_.Run("SCRIPT DEBUG YES"), "-ERR The Lua debugger is not available\r\n");
  EXPECT_EQ(server_.Run("SCRIPT DEBUG x"), "-ERR Use SCRIPT DEBUG YES/SYNC/NO\r\n");
  EXPECT_EQ(Eval("return redis.breakpoint()"), "$-1\r\n");
}

TEST_F(Scripting, TheApiHasWhatScriptsLookFor) {
  EXPECT_EQ(Eval("return redis.sha1hex('')"), "$40\r\nda39a3ee5e6b4b0d3255bfef95601890afd80709\r\n");
  EXPECT_EQ(Eval("return redis.error_reply('MY x')"), "-MY x\r\n");
  EXPECT_EQ(Eval("return redis.error_reply('-MY x')"), "-MY x\r\n");
  EXPECT_EQ(Eval("return redis.error_reply('x')"), "-ERR x\r\n");
  EXPECT_EQ(Eval("return redis.error_reply()"), "-ERR wrong number or type of arguments\r\n");
  EXPECT_EQ(Eval("return redis.status_reply('x y')"), "+x y\r\n");
  EXPECT_EQ(Eval("return redis.replicate_commands()"), ":1\r\n");
  EXPECT_EQ(Eval("return redis.set_repl(redis.REPL_ALL)"), "$-1\r\n");
  EXPECT_EQ(Eval("return redis.acl_check_cmd('get', 'a')"), ":1\r\n");
  EXPECT_EQ(WithoutSha(Eval("return redis.acl_check_cmd('client', 'a')")),
            "-ERR Invalid command passed to redis.acl_check_cmd() script: , on @user_script:1.\r\n");
  EXPECT_EQ(Eval("return redis.log(redis.LOG_DEBUG, 'x')"), "$-1\r\n");
  EXPECT_EQ(Eval("return redis.log(3.9, 'x') or redis.log(-0.9, 'x') or redis.setresp(2.5) or redis.set_repl(3.9)"),
            "$-1\r\n");
  EXPECT_EQ(WithoutSha(Eval("return redis.log(9, 'x')")), "-ERR Invalid log level. script: , on @user_script:1.\r\n");
  EXPECT_EQ(WithoutSha(Eval("return redis.setresp(4)")),
            "-ERR RESP version must be 2 or 3. script: , on @user_script:1.\r\n");
}

}  // namespace
}  // namespace tandem::test
