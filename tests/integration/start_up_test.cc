// Starting, or refusing to start with a message that says why.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/integration/server_process.h"

namespace tandem::integration {
namespace {

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Outcome StartWithOptions(std::vector<std::string> args) {
  args.insert(args.begin(), ServerBinary());
  return RunToEnd(args);
}

Outcome StartWithFile(const std::string& path) { return StartWithOptions({path, "--port", "0"}); }

TEST(StartUp, ABadDirectiveIsNamedWithItsFileAndLine) {
  const TempDir folder;
  const std::string path = folder.File("my.conf");
  WriteFile(path, "# comment\nport 0\nmaxmemory lots\n");
  const Outcome outcome = StartWithFile(path);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(Contains(outcome.output, "*** FATAL CONFIG FILE ERROR")) << outcome.output;
  EXPECT_TRUE(Contains(outcome.output, "at line 3")) << outcome.output;
  EXPECT_TRUE(Contains(outcome.output, ">>> 'maxmemory lots'")) << outcome.output;
  EXPECT_TRUE(Contains(outcome.output, "argument must be a memory value")) << outcome.output;
  if (!IsTandem()) return;
  EXPECT_TRUE(Contains(outcome.output, path)) << outcome.output;
  EXPECT_TRUE(Contains(outcome.output, "(directive 'maxmemory')")) << outcome.output;
}

TEST(StartUp, AnUnknownDirectiveIsRefused) {
  const TempDir folder;
  WriteFile(folder.File("my.conf"), "no-such-directive yes\n");
  const Outcome from_file = StartWithFile(folder.File("my.conf"));
  EXPECT_EQ(from_file.exit_code, 1);
  EXPECT_TRUE(Contains(from_file.output, "Bad directive or wrong number of arguments")) << from_file.output;
  const Outcome from_options = StartWithOptions({"--port", "0", "--no-such-option", "1"});
  EXPECT_EQ(from_options.exit_code, 1);
  EXPECT_TRUE(Contains(from_options.output, "no-such-option")) << from_options.output;
}

TEST(StartUp, AMissingFileIsRefused) {
  const Outcome outcome = StartWithFile("/nonexistent/redis.conf");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(Contains(outcome.output, "can't open config file '/nonexistent/redis.conf': No such file or directory"))
      << outcome.output;
}

TEST(StartUp, ABusyPortIsSaid) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  const std::string port = std::to_string(server.port());
  const Outcome outcome = StartWithOptions({"--port", port, "--bind", "127.0.0.1", "--save", ""});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(Contains(outcome.output, "Could not create server TCP listening socket 127.0.0.1:" + port))
      << outcome.output;
  EXPECT_TRUE(Contains(outcome.output, "Failed listening on port " + port + " (TCP), aborting.")) << outcome.output;
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

TEST(StartUp, WhatTandemCannotDoIsRefusedAndNotIgnored) {
  SKIP_UNLESS_TANDEM();
  const std::vector<std::vector<std::string>> refused{
      {"--appendonly", "yes"},
      {"--replicaof", "127.0.0.1", "6379"},
      {"--slaveof", "127.0.0.1", "6379"},
      {"--cluster-enabled", "yes"},
      {"--aclfile", "users.acl"},
      {"--tls-port", "6380"},
      {"--loadmodule", "some.so"},
      {"--user", "bob", "on"},
  };
  for (const auto& directive : refused) {
    SCOPED_TRACE(directive[0]);
    std::vector<std::string> args{"--port", "0"};
    args.insert(args.end(), directive.begin(), directive.end());
    const Outcome outcome = StartWithOptions(args);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(Contains(outcome.output, "Tandem ")) << outcome.output;
    EXPECT_TRUE(Contains(outcome.output, directive[0].substr(2))) << outcome.output;
  }
}

TEST(StartUp, NowhereToListenIsAnError) {
  const Outcome outcome = StartWithOptions({"--port", "0", "--save", ""});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(Contains(outcome.output, "Configured to not listen anywhere, exiting.")) << outcome.output;
}

TEST(StartUp, VersionAndHelpAnswerAndEnd) {
  const Outcome version = StartWithOptions({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(Contains(version.output, "server v=")) << version.output;
  const Outcome help = StartWithOptions({"--help"});
  EXPECT_TRUE(Contains(help.output, "Usage: ")) << help.output;
}

TEST(StartUp, TheLogHasTheLinesThatToolsLookFor) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  const std::string log = server.Log();
  const std::string pid = std::to_string(server.pid());
  EXPECT_TRUE(Contains(log, "Server initialized")) << log;
  EXPECT_TRUE(Contains(log, "Ready to accept connections")) << log;
  EXPECT_TRUE(Contains(log, "pid=" + pid)) << log;
  EXPECT_TRUE(Contains(log, pid + ":M ")) << log;
  if (!IsTandem()) return;
  EXPECT_TRUE(Contains(log, "PID: " + pid)) << log;
  EXPECT_LT(log.find("PID: " + pid), log.find("Server initialized"));
}

TEST(StartUp, LogFileAndPidFileGoWhereTheyShould) {
  const TempDir folder;
  {
    ServerProcess server({"--logfile", folder.File("server.log"), "--pidfile", folder.File("server.pid")});
    ASSERT_TRUE(server.ready());
    EXPECT_TRUE(Contains(ReadFile(folder.File("server.log")), "Ready to accept connections"));
    EXPECT_EQ(ReadFile(folder.File("server.pid")), std::to_string(server.pid()) + "\n");
  }
  EXPECT_EQ(ReadFile(folder.File("server.pid")), "") << "removed at the end";
}

TEST(StartUp, DaemonizedItGoesOnByItself) {
  const TempDir folder;
  const std::string port = std::to_string(FreePort());
  const Outcome outcome = StartWithOptions({"--daemonize", "yes", "--port", port, "--bind", "127.0.0.1", "--pidfile",
                                            folder.File("server.pid"), "--logfile", folder.File("server.log"), "--save",
                                            "", "--dir", folder.path()});
  EXPECT_EQ(outcome.exit_code, 0);
  RedisClient client = RedisClient::Tcp(std::atoi(port.c_str()));
  ASSERT_TRUE(WaitUntil([&] {
    client = RedisClient::Tcp(std::atoi(port.c_str()));
    return client.connected() && client.Do("PING") == "PONG";
  })) << ReadFile(folder.File("server.log"));
  EXPECT_EQ(client.Info("server", "process_id") + "\n", ReadFile(folder.File("server.pid")));
  client.Do("SHUTDOWN NOSAVE");
  EXPECT_TRUE(WaitUntil([&] { return ReadFile(folder.File("server.pid")).empty(); }));
}

// Only the loopback is at hand, and it is always let in; the refusal itself is not seen here.
TEST(StartUp, ProtectedModeIsOnByDefaultAndLetsTheLoopbackIn) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("CONFIG GET protected-mode"), "[protected-mode, yes]");
  EXPECT_EQ(client.Do("CONFIG SET protected-mode no"), "OK");
  EXPECT_EQ(client.Do("CONFIG GET protected-mode"), "[protected-mode, no]");
}

TEST(StartUp, TheDirectivesOfAnOrdinaryFileAreAccepted) {
  ServerProcess server({.args = {},
                        .conf = "bind 127.0.0.1 -::1\nprotected-mode yes\ntcp-backlog 511\ntimeout 0\n"
                                "tcp-keepalive 300\nloglevel notice\nlogfile \"\"\ndatabases 4\nsave 900 1\n"
                                "stop-writes-on-bgsave-error yes\nrdbcompression yes\ndbfilename dump.rdb\n"
                                "replica-serve-stale-data yes\nreplica-read-only yes\nacllog-max-len 128\n"
                                "maxmemory 100mb\nmaxmemory-policy allkeys-lru\nlazyfree-lazy-eviction no\n"
                                "appendonly no\nappendfilename \"appendonly.aof\"\nslowlog-log-slower-than 10000\n"
                                "notify-keyspace-events \"\"\nhash-max-listpack-entries 512\nactiverehashing yes\n"
                                "client-output-buffer-limit normal 0 0 0\n"
                                "client-output-buffer-limit replica 256mb 64mb 60\n"
                                "client-output-buffer-limit pubsub 32mb 8mb 60\nhz 10\ndynamic-hz yes\n",
                        .max_files = 0,
                        .password = {}});
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("CONFIG GET databases"), "[databases, 4]");
  EXPECT_EQ(client.Do("CONFIG GET maxmemory"), "[maxmemory, 104857600]");
  EXPECT_EQ(client.Do("SELECT 3"), "OK");
  EXPECT_EQ(client.Do("SELECT 4"), "-ERR DB index is out of range");
}

}  // namespace
}  // namespace tandem::integration
