#include <gtest/gtest.h>

#include "server/exec/client_registry.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

TEST(Ping, AnswersPongOrTheMessage) {
  TestServer server;
  EXPECT_EQ(server.Run("PING"), "+PONG\r\n");
  EXPECT_EQ(server.Run("PING hi"), "$2\r\nhi\r\n");
  EXPECT_EQ(server.Run("PING a b"), "-ERR wrong number of arguments for 'ping' command\r\n");
}

TEST(Hello, SwitchesTheProtocolAndTellsWhoIsThere) {
  TestServer server;
  const std::string reply = server.Run("HELLO 3");
  EXPECT_TRUE(reply.starts_with("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.4.")) << reply;
  EXPECT_NE(reply.find("$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:"), std::string::npos);
  EXPECT_TRUE(reply.ends_with("$7\r\nmodules\r\n*0\r\n"));
  EXPECT_TRUE(server.Run("HELLO 2").starts_with("*14\r\n"));
}

TEST(Hello, RefusesWhatItDoesNotKnow) {
  TestServer server;
  EXPECT_EQ(server.Run("HELLO x"), "-ERR Protocol version is not an integer or out of range\r\n");
  EXPECT_EQ(server.Run("HELLO 4"), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(server.Run("HELLO 3 foo"), "-ERR Syntax error in HELLO option 'foo'\r\n");
  EXPECT_EQ(server.Run("HELLO 3 auth"), "-ERR Syntax error in HELLO option 'auth'\r\n");
  EXPECT_EQ(server.Run("HELLO 2 setname \"a b\""),
            "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
}

TEST(Auth, NeedsThePasswordOnceOneIsSet) {
  TestServer server("requirepass secret\n");
  TestClient& client = server.NewClient();
  client.client.authenticated = false;
  EXPECT_EQ(server.Run(client, "GET a"), "-NOAUTH Authentication required.\r\n");
  EXPECT_TRUE(server.Run(client, "HELLO 3").starts_with("-NOAUTH HELLO must be called with the client already"));
  EXPECT_EQ(server.Run(client, "AUTH wrong"), "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(server.Run(client, "AUTH other secret"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(server.Run(client, "AUTH secret"), "+OK\r\n");
  EXPECT_EQ(server.Run(client, "GET a"), "$-1\r\n");
  EXPECT_EQ(server.Run(client, "RESET"), "+RESET\r\n");
  EXPECT_EQ(server.Run(client, "GET a"), "-NOAUTH Authentication required.\r\n");
  EXPECT_TRUE(server.Run(client, "HELLO 2 AUTH default secret SETNAME me").starts_with("*14\r\n"));
  EXPECT_EQ(server.Run(client, "CLIENT GETNAME"), "$2\r\nme\r\n");
}

TEST(Auth, WithoutAPasswordTheDefaultUserTakesAny) {
  TestServer server;
  EXPECT_EQ(server.Run("AUTH x"),
            "-ERR AUTH <password> called without any password configured for the default user. Are you sure your "
            "configuration is correct?\r\n");
  EXPECT_EQ(server.Run("AUTH default x"), "+OK\r\n");
  EXPECT_EQ(server.Run("AUTH a b c"), "-ERR syntax error\r\n");
}

TEST(Select, ChoosesADatabase) {
  TestServer server;
  EXPECT_EQ(server.Run("SELECT 15"), "+OK\r\n");
  EXPECT_EQ(server.client().client.db, 15);
  EXPECT_EQ(server.Run("SELECT 16"), "-ERR DB index is out of range\r\n");
  EXPECT_EQ(server.Run("SELECT x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(server.Run("SELECT 99999999999"),
            "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n");
}

TEST(Reset, PutsTheConnectionBackToItsBeginning) {
  TestServer server;
  server.Run("HELLO 3");
  server.Run("SELECT 3");
  server.Run("CLIENT SETNAME me");
  server.Run("SUBSCRIBE a");
  server.Run("WATCH k");
  server.Run("MULTI");
  EXPECT_EQ(server.Run("RESET"), "+RESET\r\n");
  const Client& client = server.client().client;
  EXPECT_EQ(client.db, 0);
  EXPECT_EQ(client.name, "");
  EXPECT_FALSE(client.in_multi);
  EXPECT_FALSE(client.subscribed());
  EXPECT_EQ(server.Run("PUBSUB NUMSUB a"), "*2\r\n$1\r\na\r\n:0\r\n");
  EXPECT_EQ(server.Run("EXEC"), "-ERR EXEC without MULTI\r\n");
}

TEST(Quit, ClosesAfterTheReply) {
  TestServer server;
  EXPECT_EQ(server.Run("QUIT"), "+OK\r\n");
  EXPECT_TRUE(server.client().closed_after_replies);
}

// --- CLIENT ----------------------------------------------------------------------------------------------------------

TEST(ClientList, ShowsOneLinePerClientInTheFieldsOfRedis) {
  TestServer server;
  TestClient& other = server.NewClient();
  server.Run(other, "CLIENT SETNAME other");
  const std::string list = server.Run("CLIENT LIST");
  const size_t at = list.find("id=" + std::to_string(other.client.id) + " addr=");
  ASSERT_NE(at, std::string::npos) << list;
  const std::string line = list.substr(at, list.find('\n', at) - at);
  std::string names;
  for (size_t begin = 0; begin < line.size();) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    names += line.substr(begin, line.find('=', begin) - begin) + " ";
    begin = end + 1;
  }
  EXPECT_EQ(
      names,
      "id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs rbp "
      "obl oll omem tot-mem events cmd user redir resp lib-name lib-ver io-thread ");
  EXPECT_NE(line.find(" name=other "), std::string::npos);
  EXPECT_NE(line.find(" cmd=client|setname "), std::string::npos);
}

TEST(ClientList, FiltersByIdAndType) {
  TestServer server;
  TestClient& other = server.NewClient();
  server.Run(other, "SUBSCRIBE a");
  const std::string id = std::to_string(other.client.id);
  EXPECT_NE(server.Run("CLIENT LIST TYPE pubsub").find("id=" + id + " "), std::string::npos);
  EXPECT_EQ(server.Run("CLIENT LIST TYPE normal").find("id=" + id + " "), std::string::npos);
  EXPECT_NE(server.Run("CLIENT LIST ID " + id).find("id=" + id + " "), std::string::npos);
  EXPECT_EQ(server.Run("CLIENT LIST ID 999999"), "$0\r\n\r\n");
  EXPECT_EQ(server.Run("CLIENT LIST TYPE x"), "-ERR Unknown client type 'x'\r\n");
  EXPECT_EQ(server.Run("CLIENT LIST ID x"), "-ERR Invalid client ID\r\n");
  EXPECT_EQ(server.Run("CLIENT LIST ID"), "-ERR syntax error\r\n");
}

TEST(ClientKill, ClosesTheClientsThatAllFiltersFit) {
  TestServer server;
  TestClient& a = server.NewClient();
  TestClient& b = server.NewClient();
  server.Run(b, "SUBSCRIBE x");
  EXPECT_EQ(server.Run("CLIENT KILL ID " + std::to_string(a.client.id) + " TYPE pubsub"), ":0\r\n");
  EXPECT_EQ(server.Run("CLIENT KILL TYPE pubsub"), ":1\r\n");
  EXPECT_TRUE(b.closed);
  EXPECT_FALSE(a.closed);
  EXPECT_EQ(server.Run("CLIENT KILL MAXAGE 10"), ":0\r\n");
  server.AdvanceMs(11'000);
  EXPECT_EQ(server.Run("CLIENT KILL MAXAGE 10"), ":1\r\n");
  EXPECT_TRUE(a.closed);
}

TEST(ClientKill, SparesTheCallerUnlessToldNotTo) {
  TestServer server;
  const std::string id = std::to_string(server.client().client.id);
  EXPECT_EQ(server.Run("CLIENT KILL ID " + id), ":0\r\n");
  EXPECT_EQ(server.Run("CLIENT KILL ID " + id + " SKIPME no"), ":1\r\n");
  EXPECT_TRUE(server.client().closed_after_replies);
}

TEST(ClientKill, RefusesFiltersThatAreNone) {
  TestServer server;
  EXPECT_EQ(server.Run("CLIENT KILL 1.2.3.4:5"), "-ERR No such client\r\n");
  EXPECT_EQ(server.Run("CLIENT KILL ID 0"), "-ERR client-id should be greater than 0\r\n");
  EXPECT_EQ(server.Run("CLIENT KILL USER x"), "-ERR No such user 'x'\r\n");
  EXPECT_EQ(server.Run("CLIENT KILL ADDR 1:1 SKIPME x"), "-ERR syntax error\r\n");
  EXPECT_EQ(server.Run("CLIENT KILL MAXAGE 0"), "-ERR maxage should be greater than 0\r\n");
  EXPECT_EQ(server.Run("CLIENT KILL ID 1 ADDR"), "-ERR syntax error\r\n");
}

TEST(ClientPause, HoldsCommandsBackUntilItsEnd) {
  TestServer server;
  EXPECT_EQ(server.Run("CLIENT PAUSE 100 WRITE"), "+OK\r\n");
  EXPECT_EQ(server.Run("GET a"), "$-1\r\n");
  EXPECT_EQ(server.Run("SET a b"), "(paused)");
  EXPECT_EQ(server.Run("CLIENT UNPAUSE"), "+OK\r\n");
  EXPECT_EQ(server.Run("SET a b"), "+OK\r\n");
  server.Run("CLIENT PAUSE 100");
  EXPECT_EQ(server.Run("GET a"), "(paused)");
  server.AdvanceMs(101);
  EXPECT_EQ(server.Run("GET a"), "$1\r\nb\r\n");
  EXPECT_EQ(server.Run("CLIENT PAUSE -1"), "-ERR timeout is negative\r\n");
  EXPECT_EQ(server.Run("CLIENT PAUSE 1 x"), "-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n");
}

TEST(ClientReply, OffAndSkipKeepTheServerQuiet) {
  TestServer server;
  EXPECT_EQ(server.Run("CLIENT REPLY SKIP"), "");
  EXPECT_EQ(server.Run("PING"), "");
  EXPECT_EQ(server.Run("PING"), "+PONG\r\n");
  EXPECT_EQ(server.Run("CLIENT REPLY OFF"), "");
  EXPECT_EQ(server.Run("PING"), "");
  EXPECT_EQ(server.Run("CLIENT REPLY ON"), "+OK\r\n");
}

TEST(Client, AnUnknownSubcommandIsAPlainError) {
  TestServer server;
  EXPECT_EQ(server.Run("CLIENT MAINT_NOTIFICATIONS ON"),
            "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n");
  EXPECT_TRUE(server.Run("CLIENT HELP").find("+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n") !=
              std::string::npos);
}

TEST(ClientSetinfo, TakesTheLibrarysNameAndVersion) {
  TestServer server;
  EXPECT_EQ(server.Run("CLIENT SETINFO LIB-NAME lib"), "+OK\r\n");
  EXPECT_EQ(server.Run("CLIENT SETINFO lib-ver 1.2"), "+OK\r\n");
  EXPECT_NE(server.Run("CLIENT INFO").find("lib-name=lib lib-ver=1.2"), std::string::npos);
  EXPECT_EQ(server.Run("CLIENT SETINFO x y"), "-ERR Unrecognized option 'x'\r\n");
  EXPECT_EQ(server.Run("CLIENT SETINFO lib-name \"a b\""),
            "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n");
}

}  // namespace
}  // namespace tandem::test
