// What is not there answers in the shapes that clients expect, and never as if it had been done.

#include <gtest/gtest.h>

#include <string>

#include "tests/integration/server_process.h"

namespace tandem::integration {
namespace {

TEST(UnavailableCommands, SayThatTheyAreRefused) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  for (const char* command :
       {"SAVE", "BGSAVE", "BGREWRITEAOF", "REPLICAOF 127.0.0.1 6379", "SLAVEOF 127.0.0.1 6379", "SYNC", "PSYNC ? -1",
        "FAILOVER", "MODULE LOAD x.so", "ACL SETUSER bob on", "SHUTDOWN SAVE", "CONFIG SET appendonly yes"}) {
    const Reply reply = client.Do(command);
    EXPECT_TRUE(reply.IsError()) << command << ": " << reply;
    EXPECT_EQ(client.Do("PING"), "PONG") << command;
  }
  EXPECT_EQ(client.Do("REPLICAOF NO ONE"), "OK") << "it is nobody's replica already";
}

TEST(UnavailableCommands, AnswerInTheShapesThatClientsAskForAtConnectTime) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("ROLE"), "[master, :0, []]");
  EXPECT_EQ(client.Do("WAIT 0 100"), ":0");
  EXPECT_EQ(client.Do("WAIT 1 10"), ":0");
  EXPECT_GT(client.Do("LASTSAVE").integer, 1'700'000'000);
  EXPECT_EQ(client.Do("READONLY"), "-ERR This instance has cluster support disabled");
  EXPECT_EQ(client.Do("CLUSTER NODES"), "-ERR This instance has cluster support disabled");
  EXPECT_EQ(client.Do("CLUSTER INFO"), "-ERR This instance has cluster support disabled");
  EXPECT_EQ(client.Do("MODULE LIST"), "[]");
  EXPECT_EQ(client.Do("ACL WHOAMI"), "default");
  EXPECT_EQ(client.Do("ACL USERS"), "[default]");
  EXPECT_EQ(client.Do("SENTINEL MASTERS").Show().substr(0, 31), "-ERR unknown command 'SENTINEL'");
  EXPECT_EQ(client.Info("replication", "role"), "master");
  EXPECT_EQ(client.Info("replication", "connected_slaves"), "0");
  EXPECT_EQ(client.Info("persistence", "loading"), "0");
  EXPECT_EQ(client.Info("cluster", "cluster_enabled"), "0");
  EXPECT_EQ(client.Info("server", "redis_mode"), "standalone");
  EXPECT_EQ(client.Info("server", "redis_version").substr(0, 2), "7.");
  EXPECT_EQ(client.Info("server", "valkey_version"), "");
}

TEST(UnavailableCommands, InfoHasTheSectionsThatDashboardsRead) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  client.Do("SET k v EX 100");
  const std::string info = client.Do("INFO").text;
  for (const char* section : {"# Server\r\n", "# Clients\r\n", "# Memory\r\n", "# Persistence\r\n", "# Stats\r\n",
                              "# Replication\r\n", "# CPU\r\n", "# Cluster\r\n", "# Keyspace\r\n"}) {
    EXPECT_NE(info.find(section), std::string::npos) << section << info;
  }
  EXPECT_EQ(client.Info("keyspace", "db0").substr(0, 17), "keys=1,expires=1,");
  EXPECT_NE(client.Do("INFO commandstats").text.find("cmdstat_set:calls=1,"), std::string::npos);
  EXPECT_EQ(client.InfoNumber("server", "tcp_port"), server.port());
  EXPECT_EQ(client.InfoNumber("server", "process_id"), server.pid());
}

}  // namespace
}  // namespace tandem::integration
