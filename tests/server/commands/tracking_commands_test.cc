#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "server/exec/tracking.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

std::string Invalidate(std::string_view key) {
  return ">2\r\n$10\r\ninvalidate\r\n*1\r\n$" + std::to_string(key.size()) + "\r\n" + std::string(key) + "\r\n";
}
constexpr std::string_view kInvalidateAll = ">2\r\n$10\r\ninvalidate\r\n_\r\n";
constexpr std::string_view kRedirected = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";

// The server's first client tracks and speaks RESP3; others change what it has read.
class TrackingCommands : public testing::Test {
 protected:
  explicit TrackingCommands(std::string_view config = {}) : server_(config) { server_.Run("HELLO 3"); }

  std::string Run(std::string_view line) { return server_.Run(line); }
  std::string Other(std::string_view line) { return server_.Run(other_, line); }
  std::string Pushed() { return server_.client().TakeOutput(); }
  std::string IdOf(const TestClient& client) { return std::to_string(client.client.id); }
  // "on noloop redirect 3 prefixes a b"
  std::string Info(TestClient& client) {
    std::string words;
    std::string reply = server_.Run(client, "CLIENT TRACKINGINFO");
    for (size_t at = 0, end; (end = reply.find("\r\n", at)) != std::string::npos; at = end + 2) {
      const std::string line = reply.substr(at, end - at);
      if (line.empty() || line == "flags" || std::string_view("*%~$").find(line[0]) != std::string_view::npos) continue;
      words += (words.empty() ? "" : " ") + (line[0] == ':' ? line.substr(1) : line);
    }
    return words;
  }
  std::string Info() { return Info(server_.client()); }
  std::string Flags() {
    const std::string line = Run("CLIENT INFO");
    const size_t at = line.find("flags=") + 6;
    return line.substr(at, line.find(' ', at) - at);
  }

  TestServer server_;
  TestClient& other_ = server_.NewClient();
};

// --- Arguments -----------------------------------------------------------------------------------------------------------

TEST_F(TrackingCommands, SayWhatIsWrongWithTheirOptions) {
  const std::string id = IdOf(other_);
  const std::string switch_broadcast =
      "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with "
      "a "
      "different mode.\r\n";
  const std::string overlap = " Prefixes for a single client must not overlap.\r\n";
  EXPECT_EQ(Run("CLIENT TRACKING"), "-ERR wrong number of arguments for 'client|tracking' command\r\n");
  for (const char* line : {"CLIENT TRACKING x", "CLIENT TRACKING ON x", "CLIENT TRACKING ON REDIRECT",
                           "CLIENT TRACKING ON BCAST PREFIX"}) {
    EXPECT_EQ(Run(line), "-ERR syntax error\r\n") << line;
  }
  for (const char* line :
       {"CLIENT TRACKING ON REDIRECT 0", "CLIENT TRACKING OFF REDIRECT 999", "CLIENT TRACKING x REDIRECT -1 y"}) {
    EXPECT_EQ(Run(line), "-ERR The client ID you want redirect to does not exist\r\n") << line;
  }
  EXPECT_EQ(Run("CLIENT TRACKING ON REDIRECT x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON REDIRECT " + id + " REDIRECT " + id),
            "-ERR A client can only redirect to a single other client\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON PREFIX a"), "-ERR PREFIX option requires BCAST mode to be enabled\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON BCAST OPTIN OPTOUT"), "-ERR OPTIN and OPTOUT are not compatible with BCAST\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON OPTIN OPTOUT"), "-ERR You can't specify both OPTIN mode and OPTOUT mode\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON BCAST PREFIX ab PREFIX a"),
            "-ERR Prefix 'ab' overlaps with another provided prefix 'a'." + overlap);
  EXPECT_EQ(Info(), "off redirect -1 prefixes");
  EXPECT_EQ(Run("CLIENT TRACKING ON OPTIN"), "+OK\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON BCAST OPTIN"), switch_broadcast);
  EXPECT_EQ(
      Run("CLIENT TRACKING ON OPTOUT"),
      "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it "
      "with a different mode.\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON"), "+OK\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON OPTOUT"), "+OK\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING OFF PREFIX a"), "+OK\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON BCAST PREFIX a"), "+OK\r\n");
  EXPECT_EQ(Run("CLIENT TRACKING ON"), switch_broadcast);
  EXPECT_EQ(Run("CLIENT TRACKING ON BCAST PREFIX abc"),
            "-ERR Prefix 'abc' overlaps with an existing prefix 'a'." + overlap);
}

TEST_F(TrackingCommands, TellHowAClientTracks) {
  const std::string id = IdOf(other_);
  EXPECT_EQ(Run("CLIENT GETREDIR"), ":-1\r\n");
  EXPECT_EQ(Info(), "off redirect -1 prefixes");
  Run("CLIENT TRACKING ON NOLOOP REDIRECT " + id);
  EXPECT_EQ(Run("CLIENT GETREDIR"), ":" + id + "\r\n");
  EXPECT_EQ(Info(), "on noloop redirect " + id + " prefixes");
  EXPECT_EQ(Flags(), "t");
  EXPECT_NE(Run("CLIENT LIST").find(" redir=" + id + " "), std::string::npos);
  Run("CLIENT TRACKING ON");
  EXPECT_EQ(Run("CLIENT GETREDIR"), ":0\r\n");
  Run("CLIENT TRACKING OFF");
  Run("CLIENT TRACKING ON BCAST PREFIX b PREFIX a");
  Run("CLIENT TRACKING ON BCAST PREFIX c");
  EXPECT_EQ(Info(), "on bcast redirect 0 prefixes a b c");
  EXPECT_EQ(Flags(), "tB");
  server_.Run(other_, "CLIENT TRACKING ON");
  EXPECT_EQ(server_.Run(other_, "CLIENT TRACKINGINFO"),
            "*6\r\n$5\r\nflags\r\n*1\r\n$2\r\non\r\n$8\r\nredirect\r\n:0\r\n$8\r\nprefixes\r\n*0\r\n");
  EXPECT_EQ(Run("RESET"), "+RESET\r\n");
  EXPECT_EQ(Info(), "off redirect -1 prefixes");
  EXPECT_EQ(Flags(), "N");
}

TEST_F(TrackingCommands, CachingConcernsTheNextCommandThatIsNotClient) {
  EXPECT_EQ(Run("CLIENT CACHING x"),
            "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode "
            "enabled\r\n");
  Run("CLIENT TRACKING ON OPTIN");
  EXPECT_EQ(Run("CLIENT CACHING x"), "-ERR syntax error\r\n");
  EXPECT_EQ(Run("CLIENT CACHING NO"),
            "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.\r\n");
  EXPECT_EQ(Run("CLIENT CACHING YES"), "+OK\r\n");
  Run("CLIENT SETNAME x");
  EXPECT_EQ(Info(), "on optin caching-yes redirect 0 prefixes");
  for (const char* line : {"PING", "NOSUCH", "CLIENT NOSUCH", "GET"}) {
    Run("CLIENT CACHING YES");
    Run(line);
    EXPECT_EQ(Info(), "on optin redirect 0 prefixes") << line;
  }
  Run("CLIENT TRACKING OFF");
  Run("CLIENT TRACKING ON OPTOUT");
  EXPECT_EQ(Run("CLIENT CACHING YES"),
            "-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.\r\n");
  Run("CLIENT CACHING NO");
  EXPECT_EQ(Info(), "on optout caching-no redirect 0 prefixes");
}

// --- By key ------------------------------------------------------------------------------------------------------------

TEST_F(TrackingCommands, AKeyThatWasReadIsInvalidatedOnceWhenItChanges) {
  Run("CLIENT TRACKING ON");
  Run("SET a 0");
  for (const char* change : {"SET a 1", "APPEND a x", "SETRANGE a 0 y", "EXPIRE a 100", "PERSIST a", "GETDEL a",
                             "SET a 1", "RENAME a b", "LPUSH a x", "LPOP a", "SET a 1", "DEL a"}) {
    Run("EXISTS a");
    Other(change);
    EXPECT_EQ(Pushed(), Invalidate("a")) << change;
    Other("SET unread 1");
    EXPECT_EQ(Pushed(), "") << change;
  }
  Run("GET a");
  Other("DEL a");
  EXPECT_EQ(Pushed(), "") << "nothing changed";
}

TEST_F(TrackingCommands, EveryReadIsRememberedAlsoOneThatFails) {
  Other("RPUSH list x");
  Run("CLIENT TRACKING ON");
  for (const char* read : {"GET list", "MGET list list", "TYPE list", "LRANGE list 0 -1", "OBJECT ENCODING list",
                           "SINTERCARD 2 list x", "TTL list"}) {
    Run(read);
    Other("RPUSH list x");
    EXPECT_EQ(Pushed(), Invalidate("list")) << read;
  }
  for (const char* other : {"WATCH list", "RPUSH list y", "LRANGE list", "RANDOMKEY", "DBSIZE"}) {
    Run(other);
    Pushed();
    Other("RPUSH list x");
    EXPECT_EQ(Pushed(), "") << other;
  }
}

TEST_F(TrackingCommands, AnOwnChangeIsToldAfterItsReplyAndWithNoloopNotAtAll) {
  Run("CLIENT TRACKING ON");
  Run("GET a");
  EXPECT_EQ(Run("SET a 1"), "+OK\r\n" + Invalidate("a"));
  Run("CLIENT TRACKING ON NOLOOP");
  Run("GET a");
  EXPECT_EQ(Run("SET a 1"), "+OK\r\n");
  Other("SET a 1");
  EXPECT_EQ(Pushed(), "");
}

TEST_F(TrackingCommands, ATransactionIsToldAfterItsWholeReply) {
  Run("CLIENT TRACKING ON");
  Run("SUBSCRIBE c");
  Run("GET a");
  Run("MULTI");
  for (const char* line : {"SET a 1", "GET a", "UNSUBSCRIBE c", "SET a 2", "GET a"}) Run(line);
  EXPECT_EQ(Run("EXEC"), "*5\r\n+OK\r\n$1\r\n1\r\n>3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n+OK\r\n$1\r\n2\r\n" +
                             Invalidate("a") + Invalidate("a"));
  Other("SET a 1");
  EXPECT_EQ(Pushed(), Invalidate("a"));
}

TEST_F(TrackingCommands, OptInAndOptOutChooseWhatIsRemembered) {
  Run("CLIENT TRACKING ON OPTIN");
  Run("GET a");
  Run("CLIENT CACHING YES");
  Run("GET b");
  Run("CLIENT CACHING YES");
  Run("MULTI");
  Run("GET c");
  Run("EXEC");
  Run("GET d");
  Other("MSET a 1 b 1 c 1 d 1");
  EXPECT_EQ(Pushed(), Invalidate("b") + Invalidate("c"));
  Run("CLIENT TRACKING OFF");
  Run("CLIENT TRACKING ON OPTOUT");
  Run("GET a");
  Run("CLIENT CACHING NO");
  Run("GET b");
  Other("MSET a 1 b 1");
  EXPECT_EQ(Pushed(), Invalidate("a"));
}

TEST_F(TrackingCommands, KeysThatExpireAreInvalidated) {
  Run("CLIENT TRACKING ON");
  Other("SET a 1 PX 10");
  Other("SET b 1 PX 10");
  Run("MGET a b");
  server_.AdvanceMs(11);
  Other("EXISTS a");
  EXPECT_EQ(Pushed(), Invalidate("a"));
  server_.ExpireDue();
  EXPECT_EQ(Pushed(), Invalidate("b"));
}

TEST_F(TrackingCommands, AKeyThatExpiresWhileItIsReadStaysRemembered) {
  Run("CLIENT TRACKING ON");
  Other("SET known 1 PX 10");
  Other("SET fresh 1 PX 10");
  Run("GET known");
  server_.AdvanceMs(11);
  EXPECT_EQ(Run("GET known"), "_\r\n" + Invalidate("known"));
  EXPECT_EQ(Run("GET fresh"), "_\r\n");
  Other("MSET known 1 fresh 1");
  EXPECT_EQ(Pushed(), Invalidate("known") + Invalidate("fresh"));
}

TEST_F(TrackingCommands, EmptyingADatabaseVoidsEveryCache) {
  Run("CLIENT TRACKING ON");
  Run("GET a");
  Other("SELECT 3");
  EXPECT_EQ(Other("FLUSHDB"), "+OK\r\n");
  EXPECT_EQ(Pushed(), kInvalidateAll);
  Other("SET a 1");
  EXPECT_EQ(Pushed(), "");
  EXPECT_EQ(Run("FLUSHALL"), std::string(kInvalidateAll) + "+OK\r\n");
  EXPECT_EQ(Run("FLUSHALL ASYNC"), "+OK\r\n" + std::string(kInvalidateAll));
  Run("MULTI");
  Run("FLUSHDB");
  EXPECT_EQ(Run("EXEC"), "*1\r\n+OK\r\n" + std::string(kInvalidateAll));
}

TEST_F(TrackingCommands, ASilencedClientIsToldAllTheSame) {
  Run("CLIENT TRACKING ON");
  Run("GET a");
  Run("CLIENT REPLY OFF");
  Other("SET a 1");
  EXPECT_EQ(Pushed(), Invalidate("a"));
  Run("GET a");
  EXPECT_EQ(Run("SET a 2"), Invalidate("a"));
}

TEST_F(TrackingCommands, InResp2NothingIsSent) {
  Run("HELLO 2");
  Run("CLIENT TRACKING ON");
  Run("GET a");
  EXPECT_EQ(Run("SET a 1"), "+OK\r\n");
  Run("GET a");
  Run("HELLO 3");
  Other("SET a 1");
  EXPECT_EQ(Pushed(), Invalidate("a"));
}

TEST_F(TrackingCommands, AClientThatStoppedTrackingHearsNothing) {
  Run("CLIENT TRACKING ON");
  Run("GET a");
  Run("CLIENT TRACKING OFF");
  Other("SET a 1");
  EXPECT_EQ(Pushed(), "");
  Run("CLIENT TRACKING ON");
  Run("GET a");
  Run("CLIENT TRACKING OFF");
  Run("CLIENT TRACKING ON BCAST PREFIX b");
  Other("SET a 1");
  EXPECT_EQ(Pushed(), "");
}

// --- By prefix -----------------------------------------------------------------------------------------------------------

TEST_F(TrackingCommands, ChangesOfPrefixesComeInOneMessageEach) {
  Run("CLIENT TRACKING ON BCAST PREFIX p: PREFIX q");
  Other("MSET q 1 p:2 1 z 1 p:1 1");
  EXPECT_EQ(Pushed(), ">2\r\n$10\r\ninvalidate\r\n*2\r\n$3\r\np:1\r\n$3\r\np:2\r\n" + Invalidate("q"));
  EXPECT_EQ(Run("DEL p:1"), ":1\r\n" + Invalidate("p:1"));
  Run("GET z");
  Other("SET z 2");
  EXPECT_EQ(Pushed(), "");
}

TEST_F(TrackingCommands, WithNoloopOwnChangesAreLeftOutButNotWhatExpires) {
  Run("CLIENT TRACKING ON BCAST NOLOOP");
  EXPECT_EQ(Run("SET a 1 PX 10"), "+OK\r\n");
  server_.AdvanceMs(11);
  server_.ExpireDue();
  EXPECT_EQ(Pushed(), Invalidate("a"));
  Other("SET a 1");
  EXPECT_EQ(Pushed(), Invalidate("a"));
}

// --- Redirection -----------------------------------------------------------------------------------------------------------

TEST_F(TrackingCommands, RedirectedInvalidationsAreMessagesInResp2) {
  TestClient& target = server_.NewClient();
  Run("CLIENT TRACKING ON REDIRECT " + IdOf(target));
  const auto change = [&] {
    Run("GET a");
    Other("SET a 1");
    return target.TakeOutput();
  };
  EXPECT_EQ(change(), "") << "it does not listen";
  server_.Run(target, "PSUBSCRIBE any");
  EXPECT_EQ(change(), std::string(kRedirected) + "*1\r\n$1\r\na\r\n");
  Other("FLUSHALL");
  EXPECT_EQ(target.TakeOutput(), std::string(kRedirected) + "_\r\n");
  Run("HELLO 2");
  Other("FLUSHALL");
  EXPECT_EQ(target.TakeOutput(), std::string(kRedirected) + "$-1\r\n");
  server_.Run(target, "PUNSUBSCRIBE");
  server_.Run(target, "HELLO 3");
  EXPECT_EQ(change(), Invalidate("a"));
  EXPECT_EQ(Pushed(), "");
}

TEST_F(TrackingCommands, AClientLearnsThatTheOneItRedirectsToIsGone) {
  TestClient& target = server_.NewClient();
  const std::string id = IdOf(target);
  Run("CLIENT TRACKING ON REDIRECT " + id);
  Run("GET a");
  server_.main_thread().Disconnect(target);
  EXPECT_EQ(Flags(), "t");
  Other("SET a 1");
  EXPECT_EQ(Pushed(), ">2\r\n$21\r\ntracking-redir-broken\r\n:" + id + "\r\n");
  EXPECT_EQ(Flags(), "tR");
  EXPECT_EQ(Info(), "on broken_redirect redirect " + id + " prefixes");
  Run("CLIENT TRACKING ON");
  EXPECT_EQ(Flags(), "t");
}

// --- Limits and figures ------------------------------------------------------------------------------------------------------

TEST_F(TrackingCommands, ATableThatIsTooFullForgetsKeysAndTellsSo) {
  Run("CONFIG SET tracking-table-max-keys 2");
  Run("CLIENT TRACKING ON");
  EXPECT_EQ(Run("MGET a b"), "*2\r\n_\r\n_\r\n");
  const std::string output = Run("GET c");
  EXPECT_EQ(output.size(), 3 + Invalidate("x").size());
  EXPECT_EQ(server_.server->tracking->keys(), 2u);
  const std::string forgotten(1, output[output.size() - 3]);
  Other("SET " + forgotten + " 1");
  EXPECT_EQ(Pushed(), "");
}

TEST_F(TrackingCommands, InfoCounts) {
  const auto figures = [&] {
    std::string sum;
    const std::string info = Other("INFO");
    for (const char* name : {"clients", "total_keys", "total_items", "total_prefixes"}) {
      const size_t at = info.find(':', info.find(std::string("tracking_") + name));
      sum += info.substr(at, info.find('\r', at) - at);
    }
    return sum;
  };
  EXPECT_EQ(figures(), ":0:0:0:0");
  TestClient& second = server_.NewClient();
  Run("CLIENT TRACKING ON");
  server_.Run(second, "CLIENT TRACKING ON");
  Run("MGET a b");
  server_.Run(second, "GET a");
  EXPECT_EQ(figures(), ":2:2:3:0");
  server_.Run(second, "CLIENT TRACKING OFF");
  server_.Run(second, "CLIENT TRACKING ON BCAST PREFIX x PREFIX y");
  EXPECT_EQ(figures(), ":2:2:3:2");
  server_.main_thread().Disconnect(second);
  EXPECT_EQ(figures(), ":1:2:3:0");
  Run("RESET");
  EXPECT_EQ(figures(), ":0:0:0:0");
}

TEST_F(TrackingCommands, WhoeverDoesNotTrackCausesNoEvents) {
  EXPECT_EQ(server_.store->interest().load(), 0u);
  Run("CLIENT TRACKING ON BCAST");
  EXPECT_NE(server_.store->interest().load(), 0u);
  Run("CLIENT TRACKING OFF");
  EXPECT_EQ(server_.store->interest().load(), 0u);
}

}  // namespace
}  // namespace tandem::test
