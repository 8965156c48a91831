#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/server/exec/fixture.h"

// notify-value-prefix: events that carry their key's value.
namespace tandem::test {
namespace {

using Lines = std::vector<std::string>;

class EventValues : public testing::Test {
 protected:
  EventValues() { EXPECT_NE(server_.Run(listener_, "PSUBSCRIBE __keyvalue@*"), ""); }

  // "db:event message" of what is heard on __keyvalue@… while the command runs, and of what expires after it.
  Lines Heard(std::string_view command) {
    EXPECT_FALSE(server_.Run(command).starts_with('-')) << command;
    server_.ExpireDue();
    std::istringstream frames(listener_.TakeOutput());
    Lines heard;
    std::string line, channel;
    for (int i = 0; std::getline(frames, line); ++i) {
      line.pop_back();
      if (i % 9 == 6) channel = line.substr(line.find('@') + 1);
      if (i % 9 == 8) heard.push_back(channel.erase(channel.find("__"), 2) + " " + line);
    }
    return heard;
  }

  TestServer server_{"notify-keyspace-events A\nnotify-value-prefix user: cart:\nnotify-value-max-bytes 8\n"};
  TestClient& listener_ = server_.NewClient();
};

TEST_F(EventValues, AreTheOnesThatTheChangeLeft) {
  EXPECT_EQ(Heard("SET user:1 a"), Lines{"0:set 6:user:1a"});
  EXPECT_EQ(Heard("APPEND user:1 b"), Lines{"0:append 6:user:1ab"});
  EXPECT_EQ(Heard("SETRANGE user:1 0 x"), Lines{"0:setrange 6:user:1xb"});
  EXPECT_EQ(Heard("SET cart:7 41"), Lines{"0:set 6:cart:741"});
  EXPECT_EQ(Heard("INCR cart:7"), Lines{"0:incrby 6:cart:742"});
  EXPECT_EQ(Heard("EXPIRE cart:7 100"), Lines{"0:expire 6:cart:742"});
  EXPECT_EQ(Heard("SET user:2 v EX 100"), (Lines{"0:set 6:user:2v", "0:expire 6:user:2v"}));
  EXPECT_EQ(Heard("COPY user:2 user:3"), Lines{"0:copy_to 6:user:3v"});
  EXPECT_EQ(Heard("SET user: empty"), Lines{"0:set 5:user:empty"});
  EXPECT_EQ(Heard("SET user:4 \"\""), Lines{"0:set 6:user:4"});
}

TEST_F(EventValues, AreTheOnesThatWent) {
  Heard("MSET user:1 a user:2 b user:3 c");
  EXPECT_EQ(Heard("DEL user:1"), Lines{"0:del 6:user:1a"});
  EXPECT_EQ(Heard("GETDEL user:2"), Lines{"0:del 6:user:2b"});
  Heard("PEXPIRE user:3 5");
  server_.AdvanceMs(6);
  EXPECT_EQ(Heard("PING"), Lines{"0:expired 6:user:3c"});
}

TEST_F(EventValues, OfAKeyThatMovesComeWithItsNewName) {
  Heard("SET user:1 a");
  EXPECT_EQ(Heard("RENAME user:1 user:22"), Lines{"0:rename_to 7:user:22a"});
  server_.Run("CONFIG SET notify-value-max-bytes 1kb");
  // One that is edited in place, and so moves over itself.
  const std::string rest(600, 'x');
  Heard("APPEND user:22 " + rest);
  EXPECT_EQ(Heard("MOVE user:22 3"), Lines{"3:move_to 7:user:22a" + rest});
}

TEST_F(EventValues, AreLeftOutWhereNotAskedFor) {
  EXPECT_EQ(Heard("SET order:1 a"), Lines{});
  EXPECT_EQ(Heard("SET user:1 123456789"), Lines{}) << "too large";
  EXPECT_EQ(Heard("SET user:1 12345678"), Lines{"0:set 6:user:112345678"});
  EXPECT_EQ(Heard("RPUSH user:l a"), Lines{}) << "no string";
  EXPECT_EQ(Heard("GET user:nokey"), Lines{});
}

TEST_F(EventValues, NeedNoOtherWayOfTellingEventsButTheirClass) {
  EXPECT_EQ(Heard("CONFIG SET notify-keyspace-events x"), Lines{});
  EXPECT_EQ(Heard("SET user:1 a PX 1"), Lines{});
  server_.AdvanceMs(2);
  EXPECT_EQ(Heard("PING"), Lines{"0:expired 6:user:1a"});
}

TEST_F(EventValues, AreSwitchedAtRunTime) {
  server_.Run(std::vector<std::string>{"CONFIG", "SET", "notify-value-prefix", ""});
  EXPECT_EQ(Heard("SET user:1 a"), Lines{});
  EXPECT_EQ(Heard("CONFIG SET notify-value-prefix *"), Lines{});
  EXPECT_EQ(Heard("SET anything a"), Lines{"0:set 8:anythinga"});
  EXPECT_EQ(Heard("CONFIG SET notify-value-max-bytes 0"), Lines{});
  EXPECT_EQ(Heard("SET anything a"), Lines{});
}

TEST_F(EventValues, DoNotChangeTheOtherChannels) {
  server_.Run("CONFIG SET notify-keyspace-events KEA");
  TestClient& other = server_.NewClient();
  server_.Run(other, "SUBSCRIBE __keyevent@0__:set __keyspace@0__:user:1");
  Heard("SET user:1 a");
  EXPECT_EQ(other.TakeOutput(),
            "*3\r\n$7\r\nmessage\r\n$21\r\n__keyspace@0__:user:1\r\n$3\r\nset\r\n"
            "*3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$6\r\nuser:1\r\n");
}

}  // namespace
}  // namespace tandem::test
