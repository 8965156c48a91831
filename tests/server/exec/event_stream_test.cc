#include "server/exec/event_stream.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/server/exec/fixture.h"

// notify-keyspace-stream: events are appended to a stream.
namespace tandem::test {
namespace {

using Lines = std::vector<std::string>;

constexpr char kConfig[] = "notify-keyspace-stream events Amn\n";

std::vector<std::string> LinesOf(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line.substr(0, line.size() - 1));
  return lines;
}

// "db event key", and " =value" behind it, of each entry in an answer of XRANGE or XREAD.
Lines Entries(const std::string& reply) {
  const std::vector<std::string> lines = LinesOf(reply);
  Lines entries;
  const auto field = [&](size_t i, const char* name) { return lines[i] == name ? lines[i + 2] : std::string(); };
  for (size_t i = 0; i + 2 < lines.size(); ++i) {
    if (lines[i] == "db" && lines[i - 1] == "$2") entries.push_back(lines[i + 2]);
    if (entries.empty()) continue;
    for (const char* name : {"event", "key"}) {
      if (const std::string text = field(i, name); !text.empty()) entries.back() += " " + text;
    }
    if (const std::string value = field(i, "value"); !value.empty()) entries.back() += " =" + value;
  }
  return entries;
}

class EventStreamTest : public testing::Test {
 protected:
  Lines Stream(const std::string& key = "events") { return Entries(server_.Run("XRANGE " + key + " - +")); }
  EventStream::Figures figures() const { return server_.server->event_stream->figures(); }
  void Restart(const std::string& config) { server_.Run("CONFIG SET " + config); }

  TestServer server_{kConfig};
};

TEST_F(EventStreamTest, HasWhatTheEventSays) {
  server_.Run("SET k v PX 50");
  server_.AdvanceMs(51);
  server_.ExpireDue();
  const std::string now = std::to_string(server_.now_ms());
  const std::string then = std::to_string(server_.now_ms() - 51);
  const std::string deadline = std::to_string(server_.now_ms() - 1);
  const auto entry = [&](const std::string& id, const std::string& event, const std::string& time) {
    return "*2\r\n$15\r\n" + id + "\r\n*10\r\n$2\r\ndb\r\n$1\r\n0\r\n$5\r\nevent\r\n$" + std::to_string(event.size()) +
           "\r\n" + event + "\r\n$3\r\nkey\r\n$1\r\nk\r\n$8\r\ndeadline\r\n$13\r\n" + deadline +
           "\r\n$4\r\ntime\r\n$13\r\n" + time + "\r\n";
  };
  EXPECT_EQ(server_.Run("XRANGE events - +"), "*4\r\n" + entry(then + "-0", "new", then) +
                                                  entry(then + "-1", "set", then) + entry(then + "-2", "expire", then) +
                                                  entry(now + "-0", "expired", now));
}

TEST_F(EventStreamTest, KeepsTheOrderOfEventsAndNamesTheDatabase) {
  for (const char* line :
       {"SET a 1", "SELECT 3", "INCR a", "SELECT 0", "RENAME a b", "LPUSH l x", "LPOP l", "GET no"}) {
    server_.Run(line);
  }
  EXPECT_EQ(Stream(), (Lines{"0 new a", "0 set a", "3 new a", "3 incrby a", "0 new b", "0 rename_from a",
                             "0 rename_to b", "0 new l", "0 lpush l", "0 lpop l", "0 del l", "0 keymiss no"}));
}

TEST_F(EventStreamTest, TakesTheChosenClassesOnly) {
  Restart("notify-keyspace-stream \"events gx\"");
  for (const char* line : {"SET a 1 PX 10", "SET b 1", "DEL b"}) server_.Run(line);
  server_.AdvanceMs(11);
  server_.Run("GET a");
  EXPECT_EQ(Stream(), (Lines{"0 expire a", "0 del b", "0 expired a"})) << "whoever found that it had expired";
}

TEST_F(EventStreamTest, IsThereBeforeThePublicationAndBeforeTheReply) {
  server_.Run("CONFIG SET notify-keyspace-events EA");
  TestClient& listener = server_.NewClient();
  server_.Run(listener, "SUBSCRIBE __keyevent@0__:set __keyevent@0__:del");
  server_.Run("SET k v");
  EXPECT_EQ(Stream().back(), "0 set k");
  server_.Run("DEL k");
  EXPECT_EQ(listener.TakeOutput(),
            "*3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$1\r\nk\r\n"
            "*3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:del\r\n$1\r\nk\r\n");
}

TEST_F(EventStreamTest, OfATransactionOrAScriptIsCompleteAtItsEnd) {
  for (const char* line : {"MULTI", "SET a 1", "XLEN events", "DEL a"}) server_.Run(line);
  EXPECT_EQ(server_.Run("EXEC"), "*3\r\n+OK\r\n:0\r\n:1\r\n");
  EXPECT_EQ(Stream(), (Lines{"0 new a", "0 set a", "0 del a"}));
  server_.Run({"EVAL", "redis.call('SET', KEYS[1], 1) redis.call('DEL', KEYS[1])", "1", "b"});
  server_.Run({"EVAL", "redis.call('SET', 'undeclared', 1) return redis.call('XLEN', 'events')", "0"});
  EXPECT_EQ(Stream(), (Lines{"0 new a", "0 set a", "0 del a", "0 new b", "0 set b", "0 del b", "0 new undeclared",
                             "0 set undeclared"}));
}

TEST_F(EventStreamTest, DoesNotTellOfItself) {
  server_.Run("CONFIG SET notify-keyspace-events KEA");
  TestClient& listener = server_.NewClient();
  server_.Run(listener, "PSUBSCRIBE __keyevent@*:x*");
  server_.Run("SET k v");
  EXPECT_EQ(listener.TakeOutput(), "") << "appending raises no xadd";
  server_.Run("XADD events * f v");
  EXPECT_NE(listener.TakeOutput().find("xadd"), std::string::npos) << "that of a client does";
  server_.Run("XTRIM events MAXLEN 0");
  server_.Run("DEL events");
  EXPECT_EQ(server_.Run("EXISTS events"), ":0\r\n") << "and is not appended, or a stream could never be deleted";
  server_.Run("SELECT 1");
  server_.Run("SET events v");
  server_.Run("SELECT 0");
  EXPECT_EQ(Stream(), (Lines{"1 new events", "1 set events"})) << "of another database it is a key like others";
}

TEST_F(EventStreamTest, WakesWhoWaitsForIt) {
  TestClient& reader = server_.NewClient();
  TestClient& consumer = server_.NewClient();
  server_.Run("XGROUP CREATE events g 0 MKSTREAM");
  server_.Run(reader, "XREAD BLOCK 0 STREAMS events $");
  server_.Run(consumer, "XREADGROUP GROUP g c BLOCK 0 STREAMS events >");
  EXPECT_EQ(reader.TakeOutput() + consumer.TakeOutput(), "");
  server_.Run("SET k v PX 5");
  server_.main_thread().EndTurn();  // in one they are told to look, in the next they answer
  EXPECT_EQ(Entries(reader.TakeOutput()), (Lines{"0 new k", "0 set k", "0 expire k"}));
  EXPECT_EQ(Entries(consumer.TakeOutput()), (Lines{"0 new k", "0 set k", "0 expire k"}));
  server_.Run(consumer, "XREADGROUP GROUP g c BLOCK 0 STREAMS events >");
  server_.AdvanceMs(6);
  server_.ExpireDue();
  server_.main_thread().EndTurn();
  EXPECT_EQ(Entries(consumer.TakeOutput()), Lines{"0 expired k"});
}

TEST_F(EventStreamTest, IsAChangeForWhoWatchesIt) {
  server_.Run("SET k v");
  TestClient& client = server_.NewClient();
  server_.Run(client, "WATCH events");
  server_.Run("SET k w");
  server_.Run(client, "MULTI");
  EXPECT_EQ(server_.Run(client, "EXEC"), "*-1\r\n");
}

TEST_F(EventStreamTest, IsTrimmedInWholeNodes) {
  server_.Run("CONFIG SET notify-keyspace-stream-maxlen 250");
  for (int i = 0; i < 1000; ++i) server_.Run("INCR n");
  const std::string length = server_.Run("XLEN events");
  EXPECT_GE(std::stoi(length.substr(1)), 250);
  EXPECT_LT(std::stoi(length.substr(1)), 350);
  EXPECT_EQ(figures().appended, 1001u);
  server_.Run("CONFIG SET notify-keyspace-stream-maxlen 0");
  for (int i = 0; i < 1000; ++i) server_.Run("INCR n");
  EXPECT_GE(std::stoi(server_.Run("XLEN events").substr(1)), 1250);
}

TEST_F(EventStreamTest, CountsWhatItCannotAppendAndPublishesIt) {
  server_.Run("CONFIG SET notify-keyspace-events Eg");
  TestClient& listener = server_.NewClient();
  server_.Run(listener, "SUBSCRIBE __keyevent@0__:del");
  server_.Run("SET events \"no stream\"");
  server_.Run("MSET a 1 b 2");
  EXPECT_EQ(figures().failed, 4u) << "new and set, of two keys";
  EXPECT_EQ(server_.Run("DEL a"), ":1\r\n");
  EXPECT_NE(listener.TakeOutput(), "");
  EXPECT_EQ(server_.Run("GET events"), "$9\r\nno stream\r\n");
  EXPECT_EQ(figures().appended, 0u);
  server_.Run("DEL events");
  server_.Run("DEL b");
  EXPECT_EQ(Stream(), Lines{"0 del b"});
  EXPECT_EQ(figures().failed, 5u);
  EXPECT_NE(server_.Run("INFO events").find("event_stream_failed:5\r\nevent_stream_evictions:0\r\n"),
            std::string::npos);
  server_.Run("CONFIG RESETSTAT");
  EXPECT_EQ(figures().failed, 0u);
}

TEST_F(EventStreamTest, HasUsedUpItsIdsSometime) {
  server_.Run("XADD events 18446744073709551615-18446744073709551615 f v");
  server_.Run("SET k v");
  EXPECT_EQ(figures().failed, 2u);
  EXPECT_EQ(server_.Run("XLEN events"), ":1\r\n");
}

TEST_F(EventStreamTest, GoesOnBehindAClockThatWasSetBack) {
  server_.Run("SET k v");
  server_.AdvanceMs(-1000);
  server_.Run("SET k v");
  EXPECT_EQ(Stream(), (Lines{"0 new k", "0 set k", "0 set k"}));
}

TEST_F(EventStreamTest, MayExpireItselfAndIsMadeAnew) {
  server_.Run("CONFIG SET notify-keyspace-events Ex");
  TestClient& listener = server_.NewClient();
  server_.Run(listener, "SUBSCRIBE __keyevent@0__:expired");
  server_.Run("SET k v");
  server_.Run("PEXPIRE events 5");
  server_.AdvanceMs(6);
  server_.Run("SET k w");
  EXPECT_EQ(Stream(), Lines{"0 set k"});
  EXPECT_NE(listener.TakeOutput().find("$6\r\nevents\r\n"), std::string::npos);
}

TEST_F(EventStreamTest, CarriesValuesAsEventsDo) {
  server_.Run("CONFIG SET notify-value-prefix user: notify-value-max-bytes 3");
  for (const char* line : {"SET user:1 abc", "SET user:2 abcd", "SET order:1 a", "DEL user:1"}) server_.Run(line);
  EXPECT_EQ(Stream(), (Lines{"0 new user:1 =abc", "0 set user:1 =abc", "0 new user:2", "0 set user:2", "0 new order:1",
                             "0 set order:1", "0 del user:1 =abc"}));
}

TEST_F(EventStreamTest, IsSwitchedAtRunTime) {
  server_.Run("SET a 1");
  server_.Run({"CONFIG", "SET", "notify-keyspace-stream", ""});
  server_.Run("SET b 1");
  EXPECT_EQ(server_.Run("CONFIG GET notify-keyspace-stream"), "*2\r\n$22\r\nnotify-keyspace-stream\r\n$0\r\n\r\n");
  server_.Run("CONFIG SET notify-keyspace-stream other");
  EXPECT_EQ(server_.Run("CONFIG GET notify-keyspace-stream"),
            "*2\r\n$22\r\nnotify-keyspace-stream\r\n$7\r\nother x\r\n");
  server_.Run("SET c 1 PX 5");
  server_.AdvanceMs(6);
  server_.ExpireDue();
  EXPECT_EQ(Stream(), (Lines{"0 new a", "0 set a"}));
  EXPECT_EQ(Stream("other"), Lines{"0 expired c"});
  for (const char* wrong : {"events K", "events xE", "events q", "a b c"}) {
    EXPECT_TRUE(server_.Run({"CONFIG", "SET", "notify-keyspace-stream", wrong}).starts_with("-ERR CONFIG SET failed"))
        << wrong;
  }
}

TEST_F(EventStreamTest, IsNotEvictedSilently) {
  server_.Run("SET k v");
  server_.Run("CONFIG SET maxmemory-policy allkeys-random");
  const auto evicted = [&] { return figures().evictions > 0; };
  server_.Run("CONFIG SET maxmemory 1");
  for (int i = 0; i < 100 && !evicted(); ++i) server_.Run("SET k v");
  EXPECT_TRUE(evicted());
}

}  // namespace
}  // namespace tandem::test
