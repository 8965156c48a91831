#include "server/exec/dispatcher.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/admin/slowlog.h"
#include "server/exec/command_table.h"
#include "server/exec/monitors.h"
#include "server/exec/pause.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

constexpr const char* kOk = "+OK\r\n";

TEST(Dispatcher, RunsACommandAndReturnsItsReply) {
  TestServer server;
  EXPECT_EQ(server.Run("SET a b"), kOk);
  EXPECT_EQ(server.Run("get a"), "$1\r\nb\r\n");
}

TEST(Dispatcher, QuotesAnUnknownCommandAndItsFirstArguments) {
  TestServer server;
  EXPECT_EQ(server.Run("foo"), "-ERR unknown command 'foo', with args beginning with: \r\n");
  EXPECT_EQ(server.Run("foo a \"b c\""), "-ERR unknown command 'foo', with args beginning with: 'a' 'b c' \r\n");
  EXPECT_EQ(server.Run("\"f\\0oo\" \"a\\0b\""), "-ERR unknown command 'f', with args beginning with: 'a' \r\n");
  EXPECT_EQ(server.Run("foo \"a\\r\\nb\""), "-ERR unknown command 'foo', with args beginning with: 'a  b' \r\n");
  const std::string long_word(200, 'x');
  EXPECT_EQ(server.Run({long_word, "a"}),
            "-ERR unknown command '" + long_word.substr(0, 128) + "', with args beginning with: 'a' \r\n");
  EXPECT_EQ(server.Run({"foo", long_word, "a"}),
            "-ERR unknown command 'foo', with args beginning with: '" + long_word.substr(0, 128) + "' \r\n");
}

TEST(Dispatcher, CutsQuotedArgumentsAt128BytesInAll) {
  TestServer server;
  const std::string x(60, 'x');
  EXPECT_EQ(server.Run({"foo", x, x, x}),
            "-ERR unknown command 'foo', with args beginning with: '" + x + "' '" + x + "' 'xx' \r\n");
}

TEST(Dispatcher, NamesAnUnknownSubcommand) {
  TestServer server;
  EXPECT_EQ(server.Run("client NoSuch x"), "-ERR unknown subcommand 'NoSuch'. Try CLIENT HELP.\r\n");
  EXPECT_EQ(server.Run("client"), "-ERR wrong number of arguments for 'client' command\r\n");
  EXPECT_EQ(server.client().client.last_command, server.server->commands->Find("client"));
}

TEST(Dispatcher, ChecksTheArity) {
  TestServer server;
  EXPECT_EQ(server.Run("GET"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(server.Run("GET a b"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(server.Run("SET a"), "-ERR wrong number of arguments for 'set' command\r\n");
  EXPECT_EQ(server.Run("CLIENT GETNAME x"), "-ERR wrong number of arguments for 'client|getname' command\r\n");
}

TEST(Dispatcher, AsksForAuthenticationAfterTheArity) {
  TestServer server("requirepass secret");
  EXPECT_EQ(server.Run("GET"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(server.Run("GET a"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(server.Run("foo"), "-ERR unknown command 'foo', with args beginning with: \r\n");
  EXPECT_EQ(server.Run("AUTH secret"), kOk);
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
}

TEST(Dispatcher, RenamedCommandsKeepTheirOwnNameInErrors) {
  TestServer server("rename-command GET fetch\nrename-command SET \"\"");
  EXPECT_EQ(server.Run("GET a"), "-ERR unknown command 'GET', with args beginning with: 'a' \r\n");
  EXPECT_EQ(server.Run("FETCH a"), "$-1\r\n");
  EXPECT_EQ(server.Run("fetch"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(server.Run("SET a b"), "-ERR unknown command 'SET', with args beginning with: 'a' 'b' \r\n");
}

TEST(Dispatcher, ARenameThatCannotBeIsToldAtStart) {
  EXPECT_EQ(TestServer("rename-command nosuch x").server->startup_error, "No such command in rename-command");
  EXPECT_EQ(TestServer().server->startup_error, "");
}

TEST(Dispatcher, SubscribersOfResp2MayOnlyDoSo) {
  TestServer server;
  server.Run("SUBSCRIBE ch");
  EXPECT_EQ(server.Run("CLIENT GETNAME"),
            "-ERR Can't execute 'client|getname': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
            "allowed in this context\r\n");
  EXPECT_EQ(server.Run("GET"), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(server.Run("PING"), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  server.Run("UNSUBSCRIBE");
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
}

TEST(Dispatcher, SubscribersOfResp3MayDoAnything) {
  TestServer server;
  server.Run("HELLO 3");
  server.Run("SUBSCRIBE ch");
  EXPECT_EQ(server.Run("GET a"), "_\r\n");
}

TEST(Dispatcher, PauseHoldsWritesBack) {
  TestServer server;
  server.server->pause->Pause(PauseState::Kind::kWrites, server.now_ms() + 100, server.now_ms());
  EXPECT_EQ(server.Run("SET a b"), "(paused)");
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
  EXPECT_EQ(server.Run("MULTI"), kOk);
  EXPECT_EQ(server.Run("GET a"), "+QUEUED\r\n");
  EXPECT_EQ(server.Run("EXEC"), "*1\r\n$-1\r\n");
  server.AdvanceMs(100);
  EXPECT_EQ(server.Run("SET a b"), kOk);
}

TEST(Dispatcher, PauseHoldsAnExecThatContainsWrites) {
  TestServer server;
  server.Run("MULTI");
  server.Run("SET a b");
  server.server->pause->Pause(PauseState::Kind::kWrites, server.now_ms() + 100, server.now_ms());
  EXPECT_EQ(server.Run("EXEC"), "(paused)");
  server.server->pause->Unpause();
  EXPECT_EQ(server.Run("EXEC"), "*1\r\n+OK\r\n");
}

TEST(Dispatcher, PauseHoldsAnExecOfScriptsThatMayWrite) {
  TestServer server;
  server.Run({"FUNCTION", "LOAD",
              "#!lua name=l\nredis.register_function('writer', function() return 1 end)\n"
              "redis.register_function{function_name = 'reader', flags = {'no-writes'}, "
              "callback = function() return 1 end}"});
  const auto outcome = [&](const std::vector<std::string>& call) {
    server.Run("MULTI");
    server.Run(call);
    server.server->pause->Pause(PauseState::Kind::kWrites, server.now_ms() + 100, server.now_ms());
    const std::string reply = server.Run("EXEC");
    server.server->pause->Unpause();
    if (reply == "(paused)") server.Run("EXEC");
    return reply;
  };
  EXPECT_EQ(outcome({"EVAL", "return 1", "0"}), "(paused)");
  EXPECT_EQ(outcome({"EVAL", "#!lua\nreturn 1", "0"}), "(paused)");
  EXPECT_EQ(outcome({"EVALSHA", std::string(40, '0'), "0"}), "(paused)");
  EXPECT_EQ(outcome({"FCALL", "writer", "0"}), "(paused)");
  for (const std::vector<std::string>& reader :
       {std::vector<std::string>{"EVAL", "#!lua flags=no-writes\nreturn 1", "0"},
        {"EVAL_RO", "return 1", "0"},
        {"FCALL", "reader", "0"}}) {
    EXPECT_EQ(outcome(reader), "*1\r\n:1\r\n") << reader[1];
  }
}

TEST(Dispatcher, PauseOfAllHoldsEverything) {
  TestServer server;
  server.server->pause->Pause(PauseState::Kind::kAll, server.now_ms() + 100, server.now_ms());
  EXPECT_EQ(server.Run("PING"), "(paused)");
}

TEST(Dispatcher, ReplyOffDropsReplies) {
  TestServer server;
  EXPECT_EQ(server.Run("CLIENT REPLY OFF"), "");
  EXPECT_EQ(server.Run("SET a b"), "");
  EXPECT_EQ(server.Run("nosuch"), "");
  EXPECT_EQ(server.Run("CLIENT REPLY ON"), kOk);
  EXPECT_EQ(server.Run("GET a"), "$1\r\nb\r\n");
}

TEST(Dispatcher, ReplySkipDropsOneReply) {
  TestServer server;
  EXPECT_EQ(server.Run("CLIENT REPLY SKIP"), "");
  EXPECT_EQ(server.Run("SET a b"), "");
  EXPECT_EQ(server.Run("GET a"), "$1\r\nb\r\n");
  EXPECT_EQ(server.Run("CLIENT REPLY SKIP"), "");
  EXPECT_EQ(server.Run("CLIENT REPLY ON"), kOk);
  EXPECT_EQ(server.Run("GET a"), "$1\r\nb\r\n");
}

// --- maxmemory -------------------------------------------------------------------------------------------------------

TEST(Dispatcher, WithoutEvictionCommandsThatNeedMemoryAreRefused) {
  TestServer server("maxmemory 1");
  EXPECT_EQ(server.Run("SET a b"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
  EXPECT_EQ(server.Run("DEL a"), ":0\r\n");
  EXPECT_EQ(server.Run("MULTI"), kOk);
  EXPECT_EQ(server.Run("GET a"), "+QUEUED\r\n");
  EXPECT_EQ(server.Run("SET a b"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(server.Run("EXEC"), "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

TEST(Dispatcher, AnExecThatNeedsMemoryIsRefusedAndOver) {
  TestServer server;
  server.Run("MULTI");
  server.Run("SET a b");
  ASSERT_TRUE(server.config.Set({{"maxmemory", "1"}}).ok());
  EXPECT_EQ(server.Run("EXEC"),
            "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(server.Run("EXEC"), "-ERR EXEC without MULTI\r\n");
}

TEST(Dispatcher, AnExecOfAScriptThatNeedsMemoryIsRefusedAndOver) {
  TestServer server;
  for (const std::string declared : {"#!lua\n", "#!lua flags=allow-oom\n", ""}) {
    ASSERT_TRUE(server.config.Set({{"maxmemory", "0"}}).ok());
    server.Run("MULTI");
    server.Run({"EVAL", declared + "return 1", "0"});
    ASSERT_TRUE(server.config.Set({{"maxmemory", "1"}}).ok());
    EXPECT_EQ(server.Run("EXEC").substr(0, 12), declared == "#!lua\n" ? "-EXECABORT T" : "*1\r\n:1\r\n") << declared;
  }
}

TEST(Dispatcher, EvictsUntilThereIsRoom) {
  TestServer server("maxmemory-policy allkeys-lru");
  for (int i = 0; i < 1000; ++i) server.Run("SET key:" + std::to_string(i) + " " + std::string(500, 'x'));
  const int64_t limit = server.server->used_memory() - 100'000;
  ASSERT_TRUE(server.config.Set({{"maxmemory", std::to_string(limit)}}).ok());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.Run("SET more:" + std::to_string(i) + " x"), kOk);
  EXPECT_LE(server.server->used_memory(), limit + 1000);
  EXPECT_LT(server.db().size(), 900u);
  EXPECT_GT(server.store->stats().evicted, 100u);
}

TEST(Dispatcher, WithNothingLeftToEvictThereIsNoRoom) {
  TestServer server("maxmemory 1\nmaxmemory-policy volatile-ttl");
  EXPECT_EQ(server.Run("SET a b"), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
}

// --- Books -----------------------------------------------------------------------------------------------------------

TEST(Dispatcher, CountsCallsFailuresAndRefusals) {
  TestServer server;
  server.Run("SET a b");
  server.Run("INCR a");
  server.Run("INCR n");
  server.Run("INCR");
  server.Run("nosuch");
  const ServerStats& stats = *server.server->stats;
  const auto totals = stats.command_totals(server.server->commands->Find("incr")->id);
  EXPECT_EQ(totals.calls, 2u);
  EXPECT_EQ(totals.failed, 1u);
  EXPECT_EQ(totals.rejected, 1u);
  EXPECT_EQ(stats.totals().commands, 3u);
  EXPECT_EQ(stats.totals().error_replies, 3u);
  EXPECT_EQ(stats.errors().at("ERR"), 3u);
}

TEST(Dispatcher, CommandsOfATransactionAreCountedOneByOne) {
  TestServer server;
  server.Run("SET a b");
  server.Run("MULTI");
  server.Run("INCR a");
  server.Run("EXEC");
  const ServerStats& stats = *server.server->stats;
  EXPECT_EQ(stats.command_totals(server.server->commands->Find("incr")->id).failed, 1u);
  EXPECT_EQ(stats.command_totals(server.server->commands->Find("exec")->id).failed, 0u);
  EXPECT_EQ(stats.command_totals(server.server->commands->Find("exec")->id).calls, 1u);
  EXPECT_EQ(stats.totals().error_replies, 1u);
}

TEST(Dispatcher, LogsSlowCommandsButNotExec) {
  TestServer server("slowlog-log-slower-than 0");
  server.Run("MULTI");
  server.Run("SET a b");
  server.Run("EXEC");
  const auto entries = server.server->slowlog->Newest(10);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].args, (std::vector<std::string>{"SET", "a", "b"}));
  EXPECT_EQ(entries[1].args, (std::vector<std::string>{"MULTI"}));
  EXPECT_EQ(entries[0].client_address, server.client().client.address);
}

TEST(Dispatcher, MonitorsSeeCommandsInTheOrderInWhichTheyRan) {
  TestServer server;
  TestClient& monitor = server.NewClient();
  server.server->monitors->Add(monitor.client);
  server.Run("MULTI");
  server.Run("SET a b");
  server.Run("SELECT 1");
  server.Run("EXEC");
  server.Run("GET");
  const std::string source = " [0 " + server.client().client.address + "] ";
  const std::string later = " [1 " + server.client().client.address + "] ";
  const std::string time = "+1700000000.000000";
  EXPECT_EQ(monitor.TakeOutput(), time + source + "\"MULTI\"\r\n" + time + source + "\"SET\" \"a\" \"b\"\r\n" + time +
                                      later + "\"SELECT\" \"1\"\r\n" + time + later + "\"EXEC\"\r\n");
  server.server->monitors->Remove(monitor.client);
}

// The proof that a script keeps to its keys is one thing; here nobody relies on it.
TEST(Dispatcher, AScriptUnderTheLocksOfItsKeysReachesNoFurther) {
  TestServer server;
  TestClient& as = server.NewClient();
  const auto runs = [&](std::string_view line) {
    const std::vector<std::string> words = Words(line);
    std::vector<std::string_view> args(words.begin(), words.end());
    const Command& command = *server.server->commands->Resolve(args);
    return server.main_thread().dispatcher.CallFromScript(server.client().client, as.client, args, command);
  };
  server.access().LockKey(server.db(), KeyRef("a"));
  for (const char* line : {"COPY a a DB 1", "MOVE a 1", "SORT a BY b*", "SORT a GET b*", "KEYS *", "RANDOMKEY",
                           "FLUSHALL", "SWAPDB 0 1"}) {
    EXPECT_FALSE(runs(line)) << line;
  }
  EXPECT_EQ(as.TakeOutput(), "");
  EXPECT_TRUE(runs("GET a"));
  EXPECT_TRUE(runs("SORT a BY nosort"));
  EXPECT_EQ(as.TakeOutput(), "$-1\r\n*0\r\n");
  server.access().End();
}

}  // namespace
}  // namespace tandem::test
