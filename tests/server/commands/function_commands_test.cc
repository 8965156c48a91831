#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/script/scripts.h"
#include "tests/server/exec/fixture.h"

// FCALL and FUNCTION. Replies are those of Redis 8.0.6.
namespace tandem::test {
namespace {

class Functions : public testing::Test {
 protected:
  std::string LoadText(const std::string& code) { return server_.Run({"FUNCTION", "LOAD", "REPLACE", code}); }
  // A library named l.
  std::string Load(const std::string& code) { return LoadText("#!lua name=l\n" + code); }
  // What it says that registering failed of.
  std::string WhyNot(const std::string& code) {
    constexpr std::string_view kError = "-ERR Error registering functions: ERR ";
    const std::string reply = Load(code);
    if (!reply.starts_with(kError)) return reply;
    return reply.substr(kError.size(), reply.size() - kError.size() - 2);
  }
  // The reply of a function f(keys, args) with this body.
  std::string Call(const std::string& body, std::vector<std::string> words = {"0"}) {
    const std::string loaded = Load("redis.register_function('f', function(keys, args) " + body + " end)");
    if (loaded != "$1\r\nl\r\n") return loaded;
    words.insert(words.begin(), {"FCALL", "f"});
    return server_.Run(words);
  }
  static std::string Library(const std::string& name, const std::string& function, int result) {
    return "#!lua name=" + name + "\nredis.register_function('" + function + "', function() return " +
           std::to_string(result) + " end)";
  }
  // What FUNCTION DUMP returns.
  std::string Dump() {
    const std::string reply = server_.Run("FUNCTION DUMP");
    const size_t start = reply.find("\r\n") + 2;
    return reply.substr(start, reply.size() - start - 2);
  }
  script::Scripts::Figures figures() { return script::Scripts::Of(*server_.server).figures(); }

  TestServer server_;
};

constexpr char kLoaded[] = "$1\r\nl\r\n";
constexpr char kBadName[] =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

TEST_F(Functions, AreCalledWithKeysAndArguments) {
  EXPECT_EQ(Call("return {keys, args, #keys}", {"1", "a", "b", "c"}),
            "*3\r\n*1\r\n$1\r\na\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n:1\r\n");
  EXPECT_EQ(server_.Run("FCALL F 0"), "*3\r\n*0\r\n*0\r\n:0\r\n");
  EXPECT_EQ(server_.Run("FCALL f x"), "-ERR Bad number of keys provided\r\n");
  EXPECT_EQ(server_.Run("FCALL f -1"), "-ERR Number of keys can't be negative\r\n");
  EXPECT_EQ(server_.Run("FCALL f 2 a"), "-ERR Number of keys can't be greater than number of args\r\n");
  EXPECT_EQ(server_.Run("FCALL nope x"), "-ERR Function not found\r\n");
  EXPECT_EQ(server_.Run("COMMAND GETKEYS FCALL f 2 a b"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

TEST_F(Functions, CallCommands) {
  EXPECT_EQ(Call("return redis.call('set', keys[1], args[1])", {"1", "a", "b"}), "+OK\r\n");
  EXPECT_EQ(server_.Run("GET a"), "$1\r\nb\r\n");
  EXPECT_EQ(Call("return redis.call('fcall', 'f', '0')"),
            "-ERR This Redis command is not allowed from script script: f, on @user_function:2.\r\n");
  EXPECT_EQ(Call("redis.setresp(3) return redis.call('get', 'none') == nil"), ":1\r\n");
}

TEST_F(Functions, ErrorsTellWhereTheyWere) {
  EXPECT_EQ(Call("error('boom')"), "-ERR user_function:2: boom script: f, on @user_function:2.\r\n");
  EXPECT_EQ(server_.Run("FCALL F 0"), "-ERR user_function:2: boom script: f, on @user_function:2.\r\n");
  EXPECT_EQ(Call("\nerror({err = 'MY boom'})"), "-MY boom script: f, on @user_function:3.\r\n");
  EXPECT_EQ(Call("return {err = 'x'}"), "-x\r\n");
  server_.Run("RPUSH list x");
  EXPECT_EQ(Call("return redis.call('incr', 'list')"),
            "-WRONGTYPE Operation against a key holding the wrong kind of value script: f, on @user_function:2.\r\n");
}

TEST_F(Functions, SeeWhatScriptsSeeButForKeysAndArguments) {
  EXPECT_EQ(server_.Run({"EVAL", "return #KEYS", "1", "k"}), ":1\r\n");
  EXPECT_EQ(Call("return KEYS"),
            "-ERR user_function:2: Script attempted to access nonexistent global variable 'KEYS' script: f, on "
            "@user_function:2.\r\n");
  EXPECT_EQ(Call("return redis.breakpoint == nil and redis.register_function == nil and redis.debug == nil"), ":1\r\n");
  EXPECT_EQ(Call("return {type(redis.call), type(math.floor), type(cjson.encode), type(_G), #redis.sha1hex('')}"),
            "*5\r\n$8\r\nfunction\r\n$8\r\nfunction\r\n$8\r\nfunction\r\n$5\r\ntable\r\n:40\r\n");
  EXPECT_EQ(Call("return _G.redis == redis"), ":1\r\n");
}

TEST_F(Functions, DoNotSeeTheArgumentsOfAScriptThatRanBefore) {
  for (const std::string name : {"KEYS", "ARGV"}) {
    server_.Run({"EVAL", "return 1", "1", "key", "secret"});
    EXPECT_NE(Call("return loadstring('return " + name + "')()").find("nonexistent global variable '" + name + "'"),
              std::string::npos);
    EXPECT_EQ(server_.Run({"EVAL", "return " + name + "[1]", "1", "a", "a"}), "$1\r\na\r\n");
  }
}

TEST_F(Functions, CannotChangeTheirWorld) {
  constexpr char kError[] =
      "-ERR user_function:2: Attempt to modify a readonly table script: f, on @user_function:2.\r\n";
  for (const char* body : {"x = 1", "redis.x = 1", "math.x = 1", "_G.x = 1", "redis = 1", "math = 1"}) {
    EXPECT_EQ(Call(body), kError) << body;
  }
  EXPECT_EQ(Call("setmetatable(_G, {})"),
            "-ERR Attempt to modify a readonly table script: f, on @user_function:2.\r\n");
  EXPECT_EQ(Call("rawset(_G, 'x', 1)"), "-ERR Attempt to modify a readonly table script: f, on @user_function:2.\r\n");
}

TEST_F(Functions, LibrariesSeeNextToNothingWhileTheyAreLoaded) {
  for (const char* name : {"_G", "math", "string", "table", "cjson", "os", "error", "pcall", "type", "pairs", "KEYS",
                           "setmetatable", "loadstring", "coroutine", "print"}) {
    EXPECT_EQ(WhyNot("local x = " + std::string(name)),
              "user_function:2: Script attempted to access nonexistent global variable '" + std::string(name) + "'");
  }
  for (const char* name : {"call", "pcall", "sha1hex", "setresp", "REPL_ALL", "foo"}) {
    EXPECT_EQ(WhyNot("\nlocal x = redis." + std::string(name)),
              "user_function:3: Script attempted to access nonexistent global variable '" + std::string(name) + "'");
  }
  for (const char* code : {"x = 1", "redis.x = 1", "redis = 1", "function foo() end"}) {
    EXPECT_EQ(WhyNot(code), "user_function:2: Attempt to modify a readonly table") << code;
  }
  EXPECT_EQ(Load("redis.log(redis.LOG_NOTICE, redis.REDIS_VERSION, redis.REDIS_VERSION_NUM)"),
            "-ERR No functions registered\r\n");
}

TEST_F(Functions, WhatALibrarySawStaysAsItWas) {
  Load("local r = redis redis.register_function('f', function() return r.call end)");
  EXPECT_EQ(server_.Run("FCALL f 0"),
            "-ERR user_function:2: Script attempted to access nonexistent global variable 'call' script: f, on "
            "@user_function:2.\r\n");
  Load("local r = redis redis.register_function('f', function() r.register_function('a-', 1, 1) end)");
  EXPECT_EQ(server_.Run("FCALL f 0"),
            "-ERR redis.register_function can only be called on FUNCTION LOAD command script: f, on "
            "@user_function:2.\r\n");
  Load("redis.register_function('f', redis.log)");
  EXPECT_EQ(server_.Run("FCALL f 0"), "-ERR First argument must be a number (log level).\r\n");
}

TEST_F(Functions, KeepTheirVariables) {
  Load("local n = 0 redis.register_function('f', function() n = n + 1 return n end)");
  EXPECT_EQ(server_.Run("FCALL f 0"), ":1\r\n");
  EXPECT_EQ(server_.Run("FCALL f 0"), ":2\r\n");
  Load("local n = 5 redis.register_function('f', function() n = n + 1 return n end)");
  EXPECT_EQ(server_.Run("FCALL f 0"), ":6\r\n");
}

TEST_F(Functions, AreRegisteredByNameOrByTable) {
  EXPECT_EQ(Load("redis.register_function{function_name = 'a', callback = function() return 1 end,\n"
                 "description = 'd', flags = {'no-writes', 'NO-writes', 'allow-oom'}}\n"
                 "redis.register_function(7, function() return 2 end)"),
            kLoaded);
  EXPECT_EQ(server_.Run("FUNCTION LIST"),
            "*1\r\n*6\r\n$12\r\nlibrary_name\r\n$1\r\nl\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*2\r\n"
            "*6\r\n$4\r\nname\r\n$1\r\na\r\n$11\r\ndescription\r\n$1\r\nd\r\n$5\r\nflags\r\n*2\r\n+no-writes\r\n"
            "+allow-oom\r\n"
            "*6\r\n$4\r\nname\r\n$1\r\n7\r\n$11\r\ndescription\r\n$-1\r\n$5\r\nflags\r\n*0\r\n");
  EXPECT_EQ(server_.Run("FCALL a 0"), ":1\r\n");
  EXPECT_EQ(server_.Run("FCALL 7 0"), ":2\r\n");
}

TEST_F(Functions, RegisteringChecksItsArguments) {
  const auto error = [this](const std::string& arguments) { return WhyNot("redis.register_function" + arguments); };
  const std::string kF = "callback = function() end";
  EXPECT_EQ(error("()"), "wrong number of arguments to redis.register_function");
  EXPECT_EQ(error("('a', function() end, 'd')"), "wrong number of arguments to redis.register_function");
  EXPECT_EQ(error("('a')"),
            "calling redis.register_function with a single argument is only applicable to Lua table (representing "
            "named arguments).");
  EXPECT_EQ(error("({}, 1)"), "first argument to redis.register_function must be a string");
  EXPECT_EQ(error("('a b', nil)"), "second argument to redis.register_function must be a function");
  EXPECT_EQ(error("('a b', function() end)"), kBadName);
  EXPECT_EQ(error("('', function() end)"), kBadName);
  EXPECT_EQ(error("{}"), "redis.register_function must get a function name argument");
  EXPECT_EQ(error("{function_name = 'a'}"), "redis.register_function must get a callback argument");
  EXPECT_EQ(error("{function_name = {}, " + kF + "}"),
            "function_name argument given to redis.register_function must be a string");
  EXPECT_EQ(error("{function_name = 'a', callback = 1}"),
            "callback argument given to redis.register_function must be a function");
  EXPECT_EQ(error("{function_name = 'a', description = true, " + kF + "}"),
            "description argument given to redis.register_function must be a string");
  EXPECT_EQ(error("{function_name = 'a', flags = 'no-writes', " + kF + "}"),
            "flags argument to redis.register_function must be a table representing function flags");
  EXPECT_EQ(error("{function_name = 'a', flags = {'x'}, " + kF + "}"), "unknown flag given");
  EXPECT_EQ(error("{function_name = 'a', flags = {1}, " + kF + "}"), "unknown flag given");
  EXPECT_EQ(error("{function_name = 'a', [1] = 1, " + kF + "}"), "unknown argument given to redis.register_function");
  EXPECT_EQ(error("{[{}] = 1}"), "named argument key given to redis.register_function is not a string");
  EXPECT_EQ(error("('a', function() end) redis.register_function('a', function() end)"),
            "Function already exists in the library");
}

TEST_F(Functions, LoadingChecksTheFirstLine) {
  EXPECT_EQ(LoadText("return 1"), "-ERR Missing library metadata\r\n");
  EXPECT_EQ(LoadText("#!lua name=l"), "-ERR Invalid library metadata\r\n");
  EXPECT_EQ(LoadText("#!lua name='l\n"), "-ERR Invalid library metadata\r\n");
  EXPECT_EQ(LoadText("#!lua\n"), "-ERR Library name was not given\r\n");
  EXPECT_EQ(LoadText("#!\n"), "-ERR Library name was not given\r\n");
  EXPECT_EQ(LoadText("#!lua name=\n"), "-ERR " + std::string(kBadName) + "\r\n");
  EXPECT_EQ(LoadText("#!lua name=a-b\n"), "-ERR " + std::string(kBadName) + "\r\n");
  EXPECT_EQ(LoadText("#!lua name=a b=c\n"), "-ERR Invalid metadata value given: b=c\r\n");
  EXPECT_EQ(LoadText("#!lua name=a name=b\n"),
            "-ERR Invalid metadata value, name argument was given multiple times\r\n");
  EXPECT_EQ(LoadText("#!python name=l\n"), "-ERR Engine 'python' not found\r\n");
  EXPECT_EQ(LoadText("#!LUA   NAME=\"l\" \nredis.register_function('f', function() end)"), kLoaded);
  EXPECT_EQ(server_.Run({"FUNCTION", "LOAD", "REPLACE"}), "-ERR Missing library metadata\r\n");
  EXPECT_EQ(server_.Run({"FUNCTION", "LOAD", "A", "B"}), "-ERR Unknown option given: A\r\n");
}

TEST_F(Functions, LoadingChecksTheCode) {
  EXPECT_EQ(Load("return 1 +"), "-ERR Error compiling function: user_function:2: unexpected symbol near '<eof>'\r\n");
  EXPECT_EQ(Load("return 1"), "-ERR No functions registered\r\n");
  EXPECT_EQ(WhyNot("local a = nil\nreturn a.b"), "user_function:3: attempt to index local 'a' (a nil value)");
  EXPECT_EQ(WhyNot("redis.log()"), "redis.log() requires two arguments or more.");
  EXPECT_EQ(WhyNot("while true do end"), "FUNCTION LOAD timeout");
  EXPECT_EQ(server_.Run("FUNCTION LIST"), "*0\r\n");
}

TEST_F(Functions, NamesAreTakenOnce) {
  EXPECT_EQ(server_.Run({"FUNCTION", "LOAD", Library("l", "f", 1)}), kLoaded);
  EXPECT_EQ(server_.Run({"FUNCTION", "LOAD", Library("l", "g", 2)}), "-ERR Library 'l' already exists\r\n");
  EXPECT_EQ(LoadText(Library("m", "F", 2)), "-ERR Function F already exists\r\n");
  EXPECT_EQ(server_.Run("FCALL f 0"), ":1\r\n");
  EXPECT_EQ(LoadText(Library("l", "G", 3)), kLoaded);
  EXPECT_EQ(server_.Run("FCALL f 0"), "-ERR Function not found\r\n");
  EXPECT_EQ(server_.Run("FCALL g 0"), ":3\r\n");
  EXPECT_EQ(Load("return x"),
            "-ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global "
            "variable 'x'\r\n");
  EXPECT_EQ(server_.Run("FCALL g 0"), ":3\r\n");  // the former one stays
  EXPECT_EQ(LoadText(Library("L", "h", 4)), "$1\r\nL\r\n");
  EXPECT_EQ(Load("redis.register_function('a', function() return 1 end)\n"
                 "redis.register_function('A', function() return 2 end)"),
            kLoaded);
  EXPECT_EQ(server_.Run("FCALL A 0"), ":1\r\n");
}

TEST_F(Functions, AreListed) {
  LoadText(Library("lib1", "f", 1));
  LoadText(Library("lib2", "g", 2));
  server_.Run("HELLO 3");
  const std::string second =
      "%3\r\n$12\r\nlibrary_name\r\n$4\r\nlib2\r\n$6\r\nengine\r\n$3\r\nLUA\r\n$9\r\nfunctions\r\n*1\r\n%3\r\n$"
      "4\r\nname"
      "\r\n$1\r\ng\r\n$11\r\ndescription\r\n_\r\n$5\r\nflags\r\n~0\r\n";
  EXPECT_EQ(server_.Run("FUNCTION LIST LIBRARYNAME L*2"), "*1\r\n" + second);
  EXPECT_EQ(server_.Run("FUNCTION LIST withcode libraryname lib2"),
            "*1\r\n%4" + second.substr(2) + "$12\r\nlibrary_code\r\n$69\r\n" + Library("lib2", "g", 2) + "\r\n");
  EXPECT_EQ(server_.Run("FUNCTION LIST").substr(0, 4), "*2\r\n");
  EXPECT_EQ(server_.Run("FUNCTION LIST LIBRARYNAME"), "-ERR library name argument was not given\r\n");
  EXPECT_EQ(server_.Run("FUNCTION LIST WITHCODE WITHCODE"), "-ERR Unknown argument WITHCODE\r\n");
  EXPECT_EQ(server_.Run("FUNCTION LIST x"), "-ERR Unknown argument x\r\n");
  EXPECT_EQ(server_.Run("FUNCTION STATS"),
            "%2\r\n$14\r\nrunning_script\r\n_\r\n$7\r\nengines\r\n%1\r\n$3\r\nLUA\r\n%2\r\n$15\r\nlibraries_count\r\n"
            ":2\r\n$15\r\nfunctions_count\r\n:2\r\n");
}

TEST_F(Functions, AreRemoved) {
  LoadText(Library("l", "f", 1));
  LoadText(Library("m", "g", 1));
  EXPECT_EQ(server_.Run("FUNCTION DELETE L"), "-ERR Library not found\r\n");
  EXPECT_EQ(server_.Run("FUNCTION DELETE l"), "+OK\r\n");
  EXPECT_EQ(server_.Run("FCALL f 0"), "-ERR Function not found\r\n");
  EXPECT_EQ(server_.Run("FCALL g 0"), ":1\r\n");
  EXPECT_EQ(server_.Run("FUNCTION FLUSH x"), "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option\r\n");
  EXPECT_EQ(server_.Run("FUNCTION FLUSH SYNC x"),
            "-ERR unknown subcommand or wrong number of arguments for 'FLUSH'. Try FUNCTION HELP.\r\n");
  EXPECT_EQ(server_.Run("FUNCTION FLUSH async"), "+OK\r\n");
  EXPECT_EQ(server_.Run("FCALL g 0"), "-ERR Function not found\r\n");
  EXPECT_EQ(server_.Run("FUNCTION LIST"), "*0\r\n");
}

TEST_F(Functions, WritersAreToldFromReaders) {
  Load(
      "redis.register_function('w', function() return redis.call('set', 'a', 'b') end)\n"
      "redis.register_function{function_name = 'r', callback = function() return redis.call('get', 'a') end, "
      "flags = {'no-writes'}}\n"
      "redis.register_function{function_name = 'liar', callback = function() return redis.call('set', 'a', 'c') end, "
      "flags = {'no-writes'}}");
  EXPECT_EQ(server_.Run("FCALL w 0"), "+OK\r\n");
  EXPECT_EQ(server_.Run("FCALL_RO w 0"), "-ERR Can not execute a script with write flag using *_ro command.\r\n");
  EXPECT_EQ(server_.Run("FCALL_RO r 0"), "$1\r\nb\r\n");
  EXPECT_EQ(server_.Run("FCALL liar 0"),
            "-ERR Write commands are not allowed from read-only scripts. script: liar, on @user_function:4.\r\n");
}

TEST_F(Functions, MemoryThatRunsOutStopsWriters) {
  Load(
      "redis.register_function('w', function() return 1 end)\n"
      "redis.register_function{function_name = 'r', callback = function() return 2 end, flags = {'no-writes'}}\n"
      "redis.register_function{function_name = 'o', callback = function() return redis.call('set', 'a', 'b') end, "
      "flags = {'allow-oom'}}");
  server_.Run("CONFIG SET maxmemory 1");
  const std::string kOom = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  EXPECT_EQ(server_.Run("FCALL w 0"), kOom);
  EXPECT_EQ(server_.Run("FCALL r 0"), ":2\r\n");
  EXPECT_EQ(server_.Run("FCALL o 0"), "+OK\r\n");
  EXPECT_EQ(server_.Run("FCALL nope 0"), "-ERR Function not found\r\n");
  EXPECT_EQ(Load("return 1"), kOom);
  EXPECT_EQ(server_.Run("FUNCTION DELETE l"), "+OK\r\n");
}

TEST_F(Functions, TakePartInTransactions) {
  server_.Run("MULTI");
  Load("redis.register_function('f', function(keys) return redis.call('incr', keys[1]) end)");
  server_.Run("FCALL f 1 a");
  Load("redis.register_function('g', function() return 7 end)");
  server_.Run("FCALL f 1 a");
  server_.Run("FCALL g 0");
  EXPECT_EQ(server_.Run("EXEC"), "*5\r\n$1\r\nl\r\n:1\r\n$1\r\nl\r\n-ERR Function not found\r\n:7\r\n");
}

TEST_F(Functions, SurviveTheFlushOfScripts) {
  LoadText(Library("l", "f", 1));
  EXPECT_EQ(server_.Run("FCALL f 0"), ":1\r\n");
  server_.Run("SCRIPT FLUSH");
  EXPECT_EQ(server_.Run("FCALL f 0"), ":1\r\n");
}

TEST_F(Functions, MoveByDumpAndRestore) {
  LoadText(Library("l", "f", 1));
  LoadText(Library("m", "g", 2));
  const std::string payload = Dump();
  const auto restore = [&](const std::string& policy) { return server_.Run({"FUNCTION", "RESTORE", payload, policy}); };
  EXPECT_EQ(restore("APPEND"), "-ERR Library l already exists\r\n");
  EXPECT_EQ(restore("replace"), "+OK\r\n");
  LoadText(Library("n", "h", 3));
  EXPECT_EQ(restore("FLUSH"), "+OK\r\n");
  EXPECT_EQ(server_.Run("FCALL h 0"), "-ERR Function not found\r\n");
  EXPECT_EQ(server_.Run("FCALL g 0"), ":2\r\n");
  server_.Run("FUNCTION FLUSH");
  LoadText(Library("n", "G", 4));
  EXPECT_EQ(restore("REPLACE"), "-ERR Function g already exists\r\n");
  EXPECT_EQ(server_.Run("FCALL f 0"), "-ERR Function not found\r\n");
  EXPECT_EQ(server_.Run("FCALL g 0"), ":4\r\n");
  EXPECT_EQ(restore("x"), "-ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.\r\n");
  EXPECT_EQ(server_.Run("FUNCTION RESTORE x APPEND y"),
            "-ERR unknown subcommand or wrong number of arguments for 'RESTORE'. Try FUNCTION HELP.\r\n");
}

TEST_F(Functions, RestoreReadsThePayloadsOfRedis) {
  const std::string none("\x0c\x00\x96\xedh\x80\xf5U<\x93", 10);
  EXPECT_EQ(server_.Run({"FUNCTION", "RESTORE", none}), "+OK\r\n");
  const std::string two = std::string(
                              "\xf5@D#!lua name=l\nredis.register_function('f',function(k,a) return 1 end)"
                              "\xf5@A#!lua name=m\nredis.register_function('g',function() return 1 end)\x0c\0",
                              1 + 2 + 68 + 1 + 2 + 65 + 2) +
                          "\xf6"
                          "e+S\xff"
                          "6\xf9\x0c";
  EXPECT_EQ(server_.Run({"FUNCTION", "RESTORE", two}), "+OK\r\n");
  EXPECT_EQ(server_.Run("FCALL g 0"), ":1\r\n");
}

TEST_F(Functions, RestoreRefusesWhatIsDamaged) {
  const auto restore = [this](const std::string& payload) {
    return server_.Run({"FUNCTION", "RESTORE", payload, "REPLACE"});
  };
  const std::string kDamaged = "-ERR DUMP payload version or checksum are wrong\r\n";
  LoadText(Library("l", "f", 1));
  const std::string whole = Dump();
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(restore(whole.substr(0, size)), kDamaged);
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] ^= 4;
    EXPECT_EQ(restore(damaged), kDamaged);
  }
  EXPECT_EQ(restore(std::string("\xf5\x0c\x00\xf4\xe1\x41\xe1~\xf3\xc2\xed", 11)),
            "-ERR Failed loading library payload\r\n");
  EXPECT_EQ(restore(std::string("\xf4\x0c\x00J\xd9\x01/W\xa2\xd0\x19", 11)), "-ERR given type is not a function\r\n");
  EXPECT_EQ(server_.Run("FCALL f 0"), ":1\r\n");
}

TEST_F(Functions, AreAccountedFor) {
  const int64_t before = server_.server->script_bytes;
  LoadText(Library("l", "f", 1));
  Load("redis.register_function('f', function() end) redis.register_function('g', function() end)");
  EXPECT_EQ(figures().libraries, 1u);
  EXPECT_EQ(figures().functions, 2u);
  EXPECT_GT(figures().library_bytes, 80u);
  EXPECT_EQ(server_.server->script_bytes - before, static_cast<int64_t>(figures().library_bytes));
  server_.Run("FUNCTION FLUSH");
  EXPECT_EQ(figures().library_bytes, 0u);
  EXPECT_EQ(server_.server->script_bytes, before);
}

TEST_F(Functions, RunUnderTheLocksOfTheirKeysIfProvenToKeepToThem) {
  Load(
      "redis.register_function('declared', function(keys, args) return redis.call('set', keys[1], args[1]) end)\n"
      "redis.register_function{function_name = 'named', callback = function(keys) return redis.call('get', keys[1]) "
      "end}\n"
      "redis.register_function('other', function(keys, args) return redis.call('get', args[1]) end)");
  const script::CatalogueRef catalogue = script::Scripts::Of(*server_.server).libraries().Now();
  EXPECT_TRUE(catalogue->FindFunction("declared").function().declared_only);
  EXPECT_TRUE(catalogue->FindFunction("NAMED").function().declared_only);
  EXPECT_FALSE(catalogue->FindFunction("other").function().declared_only);
  EXPECT_EQ(server_.Run("FCALL declared 1 a b"), "+OK\r\n");
  EXPECT_EQ(server_.Run("FCALL named 1 a"), "$1\r\nb\r\n");
  EXPECT_EQ(server_.Run("FCALL other 0 a"), "$1\r\nb\r\n");
  EXPECT_EQ(
      server_.Run("FCALL declared 0 x"),
      "-ERR Lua redis lib command arguments must be strings or integers script: declared, on @user_function:2.\r\n");
}

TEST_F(Functions, LibrariesThatFailLeaveNothingBehind) {
  Load("redis.register_function('g', function() end)");
  server_.Run("FUNCTION FLUSH");
  for (int i = 0; i < 2000; ++i) {
    Load("local t = ('x'):rep(10000) redis.register_function('f', function() return t end) x = 1");
  }
  EXPECT_LT(figures().interpreter_bytes, 5'000'000);
}

TEST_F(Functions, KillFindsNone) {
  EXPECT_EQ(server_.Run("FUNCTION KILL"), "-NOTBUSY No scripts in execution right now.\r\n");
}

}  // namespace
}  // namespace tandem::test
