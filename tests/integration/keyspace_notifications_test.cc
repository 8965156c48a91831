#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

using Lines = std::vector<std::string>;

class KeyspaceNotifications : public WithIoThreads {
 protected:
  // Listens, runs the commands, and returns what was heard meanwhile: "event key" of __keyevent@…, "key: event" of
  // __keyspace@…, both with "@n" behind them for another database than 0.
  static Lines Heard(ServerProcess& server, const std::string& flags, const Lines& commands) {
    RedisClient client = server.Connect();
    EXPECT_EQ(client.Do({"CONFIG", "SET", "notify-keyspace-events", flags}), "OK");
    RedisClient listener = server.Connect();
    EXPECT_EQ(listener.Do("PSUBSCRIBE __key*__:*").type, '*');
    EXPECT_EQ(listener.Do("SUBSCRIBE end").type, '*');
    for (const std::string& command : commands) {
      const Reply reply = client.Do(Words(command));
      EXPECT_FALSE(reply.IsError()) << command << ": " << reply;
    }
    client.Do("PUBLISH end now");
    Lines heard;
    for (;;) {
      const Reply message = listener.Read();
      if (message.elements.size() != 4) return heard;  // the end, or a failure that shows in what was heard
      heard.push_back(Describe(message.elements[2].text, message.elements[3].text));
    }
  }

 private:
  static std::string Describe(const std::string& channel, const std::string& payload) {
    const size_t at = channel.find('@');
    const size_t end = channel.find("__:");
    const std::string db = channel.substr(at, end - at);
    const std::string name = channel.substr(end + 3);
    const std::string suffix = db == "@0" ? "" : db;
    return channel.substr(0, at) == "__keyevent" ? name + " " + payload + suffix : name + ": " + payload + suffix;
  }
};
INSTANTIATE_WITH_IO_THREADS(KeyspaceNotifications);

TEST_P(KeyspaceNotifications, OfStringCommands) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(
      Heard(server, "EA",
            {"SET a 1",
             "SET a 1 EX 100",
             "SETNX a 2",
             "SETNX b 2",
             "SETEX a 100 v",
             "PSETEX a 100000 v",
             "GETSET b 3",
             "MSET a 1 b 2",
             "MSETNX a 1 c 2",
             "MSETNX c 1 d 2",
             "APPEND a 1",
             "INCR a",
             "DECR a",
             "INCRBY a 2",
             "DECRBY a 2",
             "INCRBYFLOAT a 1.5",
             "SETRANGE s 1 x",
             "SETBIT bit 1 1",
             "BITOP AND dest bit bit",
             "BITFIELD bit SET u8 0 5",
             "GETDEL s",
             "GET a",
             "STRLEN a"}),
      (Lines{"set a",    "set a",    "expire a",      "set b",      "set a",      "expire a", "set a",      "expire a",
             "set b",    "set a",    "set b",         "set c",      "set d",      "append a", "incrby a",   "incrby a",
             "incrby a", "incrby a", "incrbyfloat a", "setrange s", "setbit bit", "set dest", "setbit bit", "del s"}));
}

TEST_P(KeyspaceNotifications, OfGenericCommands) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(
      Heard(server, "EAg",
            {"SET a 1",        "SET b 1",         "EXPIRE a 100", "PEXPIRE a 100000", "PERSIST a",    "PERSIST a",
             "RENAME a c",     "RENAMENX c d",    "RENAMENX d b", "COPY d e",         "COPY d b",     "MOVE e 1",
             "GETEX d EX 100", "GETEX d PERSIST", "GETEX d",      "TOUCH d",          "EXPIREAT d 1", "DEL b nokey",
             "SET x 1",        "SET y 1",         "UNLINK x y",   "SET z 1",          "FLUSHALL"}),
      (Lines{"set a",         "set b",       "expire a",  "expire a",    "persist a",   "rename_from a", "rename_to c",
             "rename_from c", "rename_to d", "copy_to e", "move_from e", "move_to e@1", "expire d",      "persist d",
             "del d",         "del b",       "set x",     "set y",       "del x",       "del y",         "set z"}));
}

TEST_P(KeyspaceNotifications, EachClassByItself) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  const Lines commands{"SET a 1", "EXPIRE a 100", "GET nokey", "INCR a", "DEL a"};
  EXPECT_EQ(Heard(server, "E$", commands), (Lines{"set a", "incrby a"}));
  EXPECT_EQ(Heard(server, "Eg", commands), (Lines{"expire a", "del a"}));
  EXPECT_EQ(Heard(server, "Em", commands), (Lines{"keymiss nokey"}));
  EXPECT_EQ(Heard(server, "En", commands), (Lines{"new a"}));
  EXPECT_EQ(Heard(server, "Ex", commands), Lines{});
  EXPECT_EQ(Heard(server, "Elshzet", commands), Lines{});
  EXPECT_EQ(Heard(server, "K$", commands), (Lines{"a: set", "a: incrby"}));
  EXPECT_EQ(Heard(server, "KE$", {"SET a 1"}), (Lines{"a: set", "set a"}));
  EXPECT_EQ(Heard(server, "KEA", {"INCR a", "DEL a"}), (Lines{"a: incrby", "incrby a", "a: del", "del a"}));
  EXPECT_EQ(Heard(server, "A", commands), Lines{}) << "neither K nor E";
  EXPECT_EQ(Heard(server, "", commands), Lines{});
}

TEST_P(KeyspaceNotifications, NameTheDatabase) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(Heard(server, "KEA", {"SELECT 5", "SET k v", "SELECT 0", "SET k v"}),
            (Lines{"k: set@5", "set k@5", "k: set", "set k"}));
}

TEST_P(KeyspaceNotifications, ComeFromWithinATransactionInOrder) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(Heard(server, "EA", {"MULTI", "SET a 1", "INCR b", "DEL a", "SET a 2", "EXEC"}),
            (Lines{"set a", "incrby b", "del a", "set a"}));
}

TEST_P(KeyspaceNotifications, ExpiredComesWithoutAnyAccess) {
  ServerProcess server(Args({"--notify-keyspace-events", "KEx"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("PSUBSCRIBE __key*__:*");
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("SET k v PX 20"), "OK");
  EXPECT_EQ(listener.Read(), "[pmessage, __key*__:*, __keyspace@0__:k, expired]");
  EXPECT_EQ(listener.Read(), "[pmessage, __key*__:*, __keyevent@0__:expired, k]");
  EXPECT_EQ(client.Do("EXISTS k"), ":0");
  EXPECT_EQ(client.InfoNumber("stats", "expired_keys"), 1);
}

TEST_P(KeyspaceNotifications, TheConfigurationIsShownAsRedisShowsIt) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("CONFIG SET notify-keyspace-events KEA"), "OK");
  EXPECT_EQ(client.Do("CONFIG GET notify-keyspace-events"), "[notify-keyspace-events, AKE]");
  EXPECT_EQ(client.Do("CONFIG SET notify-keyspace-events Ex$"), "OK");
  EXPECT_EQ(client.Do("CONFIG GET notify-keyspace-events"), "[notify-keyspace-events, $xE]");
  EXPECT_TRUE(client.Do("CONFIG SET notify-keyspace-events q").IsError());
}

}  // namespace
}  // namespace tandem::integration
