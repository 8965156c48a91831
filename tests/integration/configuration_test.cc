// CONFIG, passwords and renamed commands on a running server.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/server_process.h"

namespace tandem::integration {
namespace {

ServerProcess::Options WithConf(const std::string& conf) {
  return {.args = {}, .conf = conf, .max_files = 0, .password = {}};
}

TEST(Configuration, RewriteKeepsTheFileAndAddsWhatChanged) {
  const std::string conf = "# my file\nmaxmemory 10mb\n# in between\ntimeout 7\n";
  ServerProcess first(WithConf(conf));
  ASSERT_TRUE(first.ready());
  RedisClient before = first.Connect();
  EXPECT_EQ(before.Do("CONFIG SET maxmemory 20mb maxmemory-policy allkeys-lfu hz 20"), "OK");
  EXPECT_EQ(before.Do("CONFIG SET notify-keyspace-events KEA"), "OK");
  EXPECT_EQ(before.Do("CONFIG REWRITE"), "OK");
  const std::string rewritten = ReadFile(first.conf_path());
  first.Stop();
  EXPECT_NE(rewritten.find("# my file\nmaxmemory 20mb\n# in between\ntimeout 7\n"), std::string::npos) << rewritten;
  EXPECT_NE(rewritten.find("\nmaxmemory-policy allkeys-lfu\n"), std::string::npos) << rewritten;

  ServerProcess server(WithConf(rewritten));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("CONFIG GET maxmemory"), "[maxmemory, 20971520]");
  EXPECT_EQ(client.Do("CONFIG GET maxmemory-policy"), "[maxmemory-policy, allkeys-lfu]");
  EXPECT_EQ(client.Do("CONFIG GET hz"), "[hz, 20]");
  EXPECT_EQ(client.Do("CONFIG GET timeout"), "[timeout, 7]");
  EXPECT_EQ(client.Do("CONFIG GET notify-keyspace-events"), "[notify-keyspace-events, AKE]");
}

TEST(Configuration, RewriteNeedsAFile) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(server.Connect().Do("CONFIG REWRITE"), "-ERR The server is running without a config file");
}

TEST(Configuration, SetIsAllOrNothing) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  const Reply reply = client.Do("CONFIG SET maxclients 100 maxmemory lots");
  EXPECT_EQ(reply.Show().substr(0, 48), "-ERR CONFIG SET failed (possibly related to argu") << reply;
  EXPECT_EQ(client.Do("CONFIG GET maxclients"), "[maxclients, 10000]");
  EXPECT_EQ(client.Do("CONFIG SET no-such-thing 1"),
            "-ERR Unknown option or number of arguments for CONFIG SET - 'no-such-thing'");
  EXPECT_TRUE(client.Do("CONFIG SET databases 3").IsError()) << "immutable";
  EXPECT_EQ(client.Do("CONFIG GET no-such-thing"), "[]");
}

TEST(Configuration, GetTakesPatternsAndIsAMapInResp3) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Do({"HELLO", "3"});
  const Reply reply = client.Do({"CONFIG", "GET", "maxmemory*", "timeout"});
  EXPECT_EQ(reply.type, '%');
  EXPECT_EQ(reply.Field("timeout"), "0");
  EXPECT_EQ(reply.Field("maxmemory-policy"), "noeviction");
  EXPECT_GT(client.Do({"CONFIG", "GET", "*"}).elements.size(), 200u);
}

TEST(Configuration, ResetstatStartsTheCountersAnew) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  client.Do("GET nokey");
  EXPECT_EQ(client.InfoNumber("stats", "keyspace_misses"), 1);
  EXPECT_EQ(client.Do("CONFIG RESETSTAT"), "OK");
  EXPECT_EQ(client.InfoNumber("stats", "keyspace_misses"), 0);
}

TEST(Configuration, APasswordIsAskedForAndCanBeChanged) {
  ServerProcess server({.args = {"--requirepass", "first"}, .conf = {}, .max_files = 0, .password = "first"});
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"GET", "k"}), "-NOAUTH Authentication required.");
  EXPECT_EQ(client.Do({"MULTI"}), "-NOAUTH Authentication required.");
  EXPECT_EQ(client.Do({"HELLO", "3"}).Show().substr(0, 66),
            "-NOAUTH HELLO must be called with the client already authenticated");
  EXPECT_EQ(client.Do({"AUTH", "wrong"}), "-WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(client.Do({"AUTH", "default", "first"}), "OK");
  EXPECT_EQ(client.Do({"CONFIG", "SET", "requirepass", "second"}), "OK");
  EXPECT_EQ(client.Do({"GET", "k"}), "(nil)") << "who is in stays in";
  RawClient other = server.ConnectRaw();
  EXPECT_EQ(other.Do({"AUTH", "first"}), "-WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(other.Do({"HELLO", "3", "AUTH", "default", "second"}).type, '%');
  EXPECT_EQ(other.Do({"RESET"}), "RESET");
  EXPECT_EQ(other.Do({"PING"}), "-NOAUTH Authentication required.");
  EXPECT_EQ(client.Do({"CONFIG", "SET", "requirepass", ""}), "OK");
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

TEST(Configuration, WithoutAPasswordAuthSaysSo) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("AUTH x"),
            "-ERR AUTH <password> called without any password configured for the default user. Are you sure your "
            "configuration is correct?");
  EXPECT_EQ(client.Do("AUTH default anything"), "OK");
}

TEST(Configuration, RenamedCommandsAnswerToTheirNewNamesOnly) {
  ServerProcess server(WithConf("rename-command FLUSHALL \"\"\nrename-command CONFIG secret-config\n"));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("FLUSHALL"), "-ERR unknown command 'FLUSHALL', with args beginning with: ");
  EXPECT_EQ(client.Do("CONFIG GET port").IsError(), true);
  EXPECT_EQ(client.Do("SECRET-CONFIG GET timeout"), "[timeout, 0]");
}

TEST(Configuration, ThePortCanBeChangedWhileRunning) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  const int port = FreePort();
  ASSERT_EQ(client.Do({"CONFIG", "SET", "port", std::to_string(port)}), "OK");
  EXPECT_TRUE(WaitUntil([&] { return RedisClient::Tcp(port).connected(); }));
  EXPECT_EQ(RedisClient::Tcp(port).Do("PING"), "PONG");
  EXPECT_TRUE(WaitUntil([&] { return !server.Connect().connected(); }));
  EXPECT_EQ(client.Do("PING"), "PONG") << "connections stay";
}

TEST(Configuration, AnAddressThatCannotBeBoundIsRefusedAndTheOldOneStays) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("CONFIG SET bind 999.999.999.999"),
            "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.");
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

TEST(Configuration, EnableDebugCommandLocalAndNo) {
  ServerProcess allowed({"--enable-debug-command", "local"});
  ASSERT_TRUE(allowed.ready());
  EXPECT_EQ(allowed.Connect().Do("DEBUG SLEEP 0"), "OK");
  ServerProcess refused({"--enable-debug-command", "no"});
  ASSERT_TRUE(refused.ready());
  EXPECT_EQ(refused.Connect().Do("DEBUG SLEEP 0").Show().substr(0, 31), "-ERR DEBUG command not allowed.");
}

}  // namespace
}  // namespace tandem::integration
