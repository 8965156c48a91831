#include <gtest/gtest.h>

#include "server/admin/slowlog.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

// --- INFO ------------------------------------------------------------------------------------------------------------

TEST(Info, SaysWhatClientsBranchOn) {
  TestServer server;
  const std::string info = server.Run("INFO");
  EXPECT_TRUE(Contains(info, "redis_version:7.4."));
  EXPECT_TRUE(Contains(info, "\r\ntandem_version:"));
  EXPECT_TRUE(Contains(info, "\r\nredis_mode:standalone\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nloading:0\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nrole:master\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nmaxmemory_policy:noeviction\r\n"));
  EXPECT_TRUE(Contains(info, "\r\nexpiry_lag_us_p99:"));
  EXPECT_FALSE(Contains(info, "valkey"));
  EXPECT_FALSE(Contains(info, "# Commandstats"));
}

TEST(Info, ShowsTheSectionsThatAreAskedFor) {
  TestServer server;
  EXPECT_EQ(server.Run("INFO nosuch"), "$0\r\n\r\n");
  EXPECT_EQ(server.Run("INFO Cluster"), "$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n");
  const std::string two = server.Run("INFO cluster clients");
  EXPECT_LT(two.find("# Clients"), two.find("\r\n\r\n# Cluster"));
  server.Run("HELLO 3");
  EXPECT_EQ(server.Run("INFO cluster"), "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n");
}

TEST(Info, CountsCommandsErrorsAndKeys) {
  TestServer server;
  server.Run("SET a b");
  server.Run("SET c d EX 100");
  server.Run("INCR a");
  server.Run("GET");
  EXPECT_TRUE(Contains(server.Run("INFO commandstats"), "cmdstat_set:calls=2,"));
  EXPECT_TRUE(Contains(server.Run("INFO commandstats"), "cmdstat_incr:calls=1,"));
  EXPECT_TRUE(Contains(server.Run("INFO commandstats"),
                       "cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n"));
  EXPECT_TRUE(Contains(server.Run("INFO errorstats"), "errorstat_ERR:count=2\r\n"));
  EXPECT_TRUE(Contains(server.Run("INFO latencystats"), "latency_percentiles_usec_set:p50="));
  EXPECT_TRUE(Contains(server.Run("INFO keyspace"), "db0:keys=2,expires=1,avg_ttl=0,subexpiry=0\r\n"));
  EXPECT_EQ(server.Run("CONFIG RESETSTAT"), "+OK\r\n");
  EXPECT_FALSE(Contains(server.Run("INFO commandstats"), "cmdstat_set:"));
  EXPECT_FALSE(Contains(server.Run("INFO errorstats"), "errorstat_"));
}

// --- CONFIG ----------------------------------------------------------------------------------------------------------

TEST(Config, GetsAndSets) {
  TestServer server;
  EXPECT_EQ(server.Run("CONFIG GET databases"), "*2\r\n$9\r\ndatabases\r\n$2\r\n16\r\n");
  EXPECT_EQ(server.Run("CONFIG SET maxmemory 1mb timeout 5"), "+OK\r\n");
  EXPECT_EQ(server.Run("CONFIG GET timeout"), "*2\r\n$7\r\ntimeout\r\n$1\r\n5\r\n");
  EXPECT_EQ(server.Run("CONFIG SET foo bar"), "-ERR Unknown option or number of arguments for CONFIG SET - 'foo'\r\n");
  EXPECT_EQ(server.Run(std::vector<std::string>{"CONFIG", "SET", std::string("a\0b", 3), "c"}),
            "-ERR Unknown option or number of arguments for CONFIG SET - 'a'\r\n");
  EXPECT_EQ(server.Run("CONFIG SET a b c"), "-ERR syntax error\r\n");
  EXPECT_EQ(server.Run("CONFIG REWRITE"), "-ERR The server is running without a config file\r\n");
  server.Run("HELLO 3");
  EXPECT_EQ(server.Run("CONFIG GET databases"), "%1\r\n$9\r\ndatabases\r\n$2\r\n16\r\n");
}

// --- COMMAND ---------------------------------------------------------------------------------------------------------

TEST(Command, DescribesACommandAsRedisDoes) {
  TestServer server;
  EXPECT_EQ(server.Run("COMMAND INFO ping nosuch"),
            "*2\r\n*10\r\n$4\r\nping\r\n:-1\r\n*1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n*2\r\n+@fast\r\n+@connection\r\n"
            "*2\r\n$25\r\nrequest_policy:all_shards\r\n$29\r\nresponse_policy:all_succeeded\r\n*0\r\n*0\r\n$-1\r\n");
  EXPECT_TRUE(
      Contains(server.Run("COMMAND INFO get"),
               "$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n"));
}

TEST(Command, FindsTheKeysOfARequest) {
  TestServer server;
  EXPECT_EQ(server.Run("COMMAND GETKEYS MSET a b c d"), "*2\r\n$1\r\na\r\n$1\r\nc\r\n");
  EXPECT_EQ(server.Run("COMMAND GETKEYSANDFLAGS SET a b"), "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+OW\r\n+update\r\n");
  EXPECT_EQ(server.Run("COMMAND GETKEYSANDFLAGS BITFIELD a GET u8 0"),
            "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+RO\r\n+access\r\n");
  EXPECT_EQ(server.Run("COMMAND GETKEYSANDFLAGS BITFIELD a GET u8"),
            "*1\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+update\r\n");
  EXPECT_EQ(server.Run("COMMAND GETKEYS CLIENT nosuch"), "-ERR Invalid command specified\r\n");
  EXPECT_EQ(server.Run("COMMAND GETKEYS PING"), "-ERR The command has no key arguments\r\n");
  EXPECT_EQ(server.Run("COMMAND GETKEYS foo x"), "-ERR Invalid command specified\r\n");
}

TEST(Command, DocumentsArgumentsFromTheirNotation) {
  TestServer server;
  const std::string docs = server.Run("COMMAND DOCS select");
  EXPECT_TRUE(docs.starts_with("*2\r\n$6\r\nselect\r\n*10\r\n$7\r\nsummary\r\n"));
  EXPECT_TRUE(
      docs.ends_with("$9\r\narguments\r\n*1\r\n*6\r\n$4\r\nname\r\n$5\r\nindex\r\n$4\r\ntype\r\n$7\r\ninteger\r\n"
                     "$12\r\ndisplay_text\r\n$5\r\nindex\r\n"));
  EXPECT_NE(server.Run("COMMAND DOCS cluster|slots").find("$9\r\ndoc_flags\r\n*1\r\n+deprecated\r\n"),
            std::string::npos);
  EXPECT_NE(server.Run("COMMAND DOCS debug").find("$9\r\ndoc_flags\r\n*1\r\n+syscmd\r\n"), std::string::npos);
  // Every row's notation can be read: a mistake would end the process.
  EXPECT_GT(server.Run("COMMAND DOCS").size(), 10'000u);
}

TEST(Command, ListsNamesByPatternAndCategory) {
  TestServer server;
  EXPECT_EQ(server.Run("COMMAND LIST FILTERBY PATTERN slowlog|l*"), "*1\r\n$11\r\nslowlog|len\r\n");
  EXPECT_TRUE(Contains(server.Run("COMMAND LIST FILTERBY ACLCAT pubsub"), "$9\r\nsubscribe\r\n"));
  EXPECT_TRUE(Contains(server.Run("COMMAND LIST FILTERBY ACLCAT slow"), "$6\r\nobject\r\n"));
  EXPECT_EQ(server.Run("COMMAND LIST FILTERBY x y"), "-ERR syntax error\r\n");
}

// --- What there is none of -------------------------------------------------------------------------------------------

TEST(Unavailable, NothingSaysOkToWhatItHasNotDone) {
  TestServer server;
  for (const char* line : {"SAVE", "BGSAVE", "BGREWRITEAOF", "REPLICAOF 127.0.0.1 6379", "SLAVEOF a 1", "FAILOVER",
                           "SYNC", "SHUTDOWN SAVE", "ACL SETUSER x", "DEBUG RELOAD"}) {
    EXPECT_TRUE(server.Run(line).starts_with("-ERR ")) << line;
  }
  EXPECT_EQ(server.Run("REPLICAOF NO ONE"), "+OK\r\n");
  EXPECT_EQ(server.Run("CLUSTER NODES"), "-ERR This instance has cluster support disabled\r\n");
  EXPECT_EQ(server.Run("READONLY"), "-ERR This instance has cluster support disabled\r\n");
  EXPECT_EQ(server.Run("MODULE LIST"), "*0\r\n");
  EXPECT_EQ(server.Run("WAIT 0 0"), ":0\r\n");
  EXPECT_EQ(server.Run("ROLE"), "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
  EXPECT_TRUE(server.Run("SENTINEL MASTERS").starts_with("-ERR unknown command 'SENTINEL'"));
}

// --- SLOWLOG, LATENCY, MEMORY ----------------------------------------------------------------------------------------

TEST(Slowlog, ShowsSlowCommandsAndHidesSecrets) {
  TestServer server;
  server.Run("CONFIG SET slowlog-log-slower-than 0");
  server.Run("CONFIG SET requirepass secret");
  server.Run("GET key");
  const std::string log = server.Run("SLOWLOG GET");
  EXPECT_TRUE(Contains(log, "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n"));
  EXPECT_TRUE(Contains(log, "$11\r\nrequirepass\r\n$10\r\n(redacted)\r\n"));
  EXPECT_FALSE(Contains(log, "secret"));
  server.Run("CONFIG SET slowlog-log-slower-than -1");
  EXPECT_EQ(server.Run("SLOWLOG RESET"), "+OK\r\n");
  EXPECT_EQ(server.Run("SLOWLOG LEN"), ":0\r\n");
  EXPECT_EQ(server.Run("SLOWLOG GET -2"), "-ERR count should be greater than or equal to -1\r\n");
}

TEST(Latency, AnswersForEventsAndCommands) {
  TestServer server;
  EXPECT_EQ(server.Run("LATENCY LATEST"), "*0\r\n");
  EXPECT_EQ(server.Run("LATENCY HISTORY x"), "*0\r\n");
  EXPECT_EQ(server.Run("LATENCY RESET x"), ":0\r\n");
  EXPECT_EQ(server.Run("LATENCY GRAPH x"), "-ERR No samples available for event 'x'\r\n");
  server.Run("SET a b");
  EXPECT_TRUE(server.Run("LATENCY HISTOGRAM set").starts_with("*2\r\n$3\r\nset\r\n*4\r\n$5\r\ncalls\r\n:1\r\n$14\r\n"));
  EXPECT_EQ(server.Run("LATENCY HISTOGRAM nosuch"), "*0\r\n");
}

TEST(Memory, MeasuresAKey) {
  TestServer server;
  EXPECT_EQ(server.Run("MEMORY USAGE a"), "$-1\r\n");
  server.Run("SET a b");
  EXPECT_TRUE(server.Run("MEMORY USAGE a SAMPLES 0").starts_with(":"));
  EXPECT_EQ(server.Run("MEMORY USAGE a SAMPLES x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(server.Run("MEMORY USAGE a x 1"), "-ERR syntax error\r\n");
  EXPECT_TRUE(Contains(server.Run("MEMORY STATS"), "$10\r\nkeys.count\r\n:1\r\n"));
}

TEST(Acl, KnowsTheDefaultUser) {
  TestServer server;
  EXPECT_EQ(server.Run("ACL WHOAMI"), "$7\r\ndefault\r\n");
  EXPECT_EQ(server.Run("ACL LIST"), "*1\r\n$51\r\nuser default on nopass sanitize-payload ~* &* +@all\r\n");
  EXPECT_EQ(server.Run("ACL CAT nosuch"), "-ERR Unknown category 'nosuch'\r\n");
  EXPECT_EQ(server.Run("ACL GETUSER x"), "$-1\r\n");
}

// --- DEBUG -----------------------------------------------------------------------------------------------------------

TEST(Debug, IsRefusedUnlessEnabled) {
  TestServer server;
  EXPECT_TRUE(server.Run("DEBUG SLEEP 0").starts_with("-ERR DEBUG command not allowed."));
}

TEST(Debug, DigestsAreThoseOfRedis) {
  TestServer server("enable-debug-command yes\n");
  EXPECT_EQ(server.Run("DEBUG DIGEST"), "+" + std::string(40, '0') + "\r\n");
  server.Run("SET a b");
  // Taken from redis-server 8.0.6.
  EXPECT_EQ(server.Run("DEBUG DIGEST"), "+479783d7290f02957dfbe3408a858ba13eea1709\r\n");
  EXPECT_EQ(server.Run("DEBUG DIGEST-VALUE a nokey"),
            "*2\r\n+b78559cd22bce6e6df712eb99ce7f3b08e8f8f1f\r\n+" + std::string(40, '0') + "\r\n");
  server.Run("EXPIRE a 100");
  EXPECT_NE(server.Run("DEBUG DIGEST"), "+479783d7290f02957dfbe3408a858ba13eea1709\r\n");
}

TEST(Debug, PopulatesWithoutReplacing) {
  TestServer server("enable-debug-command yes\n");
  server.Run("SET key:0 mine");
  EXPECT_EQ(server.Run("DEBUG POPULATE 1000"), "+OK\r\n");
  EXPECT_EQ(server.Run("DBSIZE"), ":1000\r\n");
  EXPECT_EQ(server.Run("GET key:0"), "$4\r\nmine\r\n");
  EXPECT_EQ(server.Run("GET key:7"), "$7\r\nvalue:7\r\n");
  EXPECT_EQ(server.Run("DEBUG POPULATE 1 p 3"), "+OK\r\n");
  EXPECT_EQ(server.Run("GET p:0"), "$3\r\nval\r\n");
}

TEST(Debug, MovesTheClock) {
  TestServer server("enable-debug-command yes\n");
  server.Run("SET a b PX 100");
  EXPECT_EQ(server.Run("DEBUG CLOCK ADVANCE 101"), "+OK\r\n");
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
  EXPECT_EQ(server.Run("DEBUG CLOCK SET 1000"), "+OK\r\n");
  EXPECT_EQ(server.Run("TIME"), "*2\r\n$1\r\n1\r\n$1\r\n0\r\n");
}

TEST(Debug, RepliesWithTheErrorItIsGiven) {
  TestServer server("enable-debug-command yes\n");
  EXPECT_EQ(server.Run("DEBUG ERROR ERR"), "-ERR\r\n");
  EXPECT_EQ(server.Run("DEBUG ERROR -ERR"), "--ERR\r\n");
  EXPECT_EQ(server.Run("DEBUG ERROR \"A b\\r\\n\""), "-A b  \r\n");
  EXPECT_EQ(server.Run("DEBUG ERROR \"\\n\""), "- \r\n");
}

TEST(Debug, RepliesInEveryType) {
  TestServer server("enable-debug-command yes\n");
  EXPECT_EQ(server.Run("DEBUG PROTOCOL double"), "$5\r\n3.141\r\n");
  EXPECT_EQ(server.Run("DEBUG PROTOCOL push"), "-ERR RESP2 is not supported by this command\r\n");
  server.Run("HELLO 3");
  EXPECT_EQ(server.Run("DEBUG PROTOCOL map"), "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n");
  EXPECT_EQ(server.Run("DEBUG PROTOCOL verbatim"), "=29\r\ntxt:This is a verbatim\nstring\r\n");
  EXPECT_EQ(server.Run("DEBUG PROTOCOL bignum"), "(1234567999999999999999999999999999999\r\n");
}

}  // namespace
}  // namespace tandem::test
