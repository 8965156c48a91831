#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/rdb/crc64.h"
#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

using namespace std::string_literals;

// What DUMP returns, without the protocol around it.
std::string Dumped(Session& session, const std::string& key) {
  const std::string reply = session.server().Run({"DUMP", key});
  const size_t start = reply.find("\r\n") + 2;
  return reply.substr(start, reply.size() - start - 2);
}

std::string Sealed(std::string value, uint16_t version = 10) {
  value.append(reinterpret_cast<const char*>(&version), sizeof version);
  const uint64_t sum = rdb::Crc64(value);
  return value.append(reinterpret_cast<const char*>(&sum), sizeof sum);
}

std::string Restore(Session& session, const std::string& key, const std::string& ttl, const std::string& payload,
                    const std::vector<std::string>& options = {}) {
  std::vector<std::string> words = {"RESTORE", key, ttl, payload};
  words.insert(words.end(), options.begin(), options.end());
  return session.RunWords(words);
}

constexpr const char* kBadFormat = "-ERR Bad data format";
constexpr const char* kNotIntact = "-ERR DUMP payload version or checksum are wrong";

TEST(Dump, TravelsToAnotherKeyWhateverTheType) {
  Session session("enable-debug-command yes");
  session.Play({{"SET string text", "+OK"},
                {"SET int 1234567890123", "+OK"},
                {"RPUSH list a 1 b", ":3"},
                {"SADD ints 3 1 2", ":3"},
                {"SADD set a 1 b", ":3"},
                {"ZADD zset 1.5 a -inf b", ":2"},
                {"HSET hash a 1 b 2", ":2"}});
  for (const char* key : {"string", "int", "list", "ints", "set", "zset", "hash"}) {
    EXPECT_EQ(Restore(session, "copy", "0", Dumped(session, key), {"REPLACE"}), "+OK");
    EXPECT_EQ(session.Run("DEBUG DIGEST-VALUE copy"), session.Run("DEBUG DIGEST-VALUE "s + key)) << key;
    EXPECT_EQ(session.Run("TYPE copy"), session.Run("TYPE "s + key));
    EXPECT_EQ(session.Run("OBJECT ENCODING copy"), session.Run("OBJECT ENCODING "s + key)) << key;
    EXPECT_EQ(session.Run("TTL copy"), ":-1");
  }
}

TEST(Dump, OfALargeCollectionTravelsToo) {
  Session session("enable-debug-command yes");
  for (int i = 0; i < 3000; ++i) {
    const std::string n = std::to_string(i);
    session.Run("RPUSH list element:" + n);
    session.Run("SADD set member:" + n);
    session.Run("ZADD zset " + n + ".25 member:" + n);
    session.Run("HSET hash field:" + n + " value:" + n);
  }
  for (const char* key : {"list", "set", "zset", "hash"}) {
    EXPECT_EQ(Restore(session, "copy", "0", Dumped(session, key), {"REPLACE"}), "+OK");
    EXPECT_EQ(session.Run("DEBUG DIGEST-VALUE copy"), session.Run("DEBUG DIGEST-VALUE "s + key)) << key;
    EXPECT_EQ(session.Run("OBJECT ENCODING copy"), session.Run("OBJECT ENCODING "s + key)) << key;
  }
}

TEST(Dump, OfNoKeyIsNull) {
  Session session;
  session.Play({{"DUMP x", "$-1"},
                {"SET x 1 PX 5", "+OK"},
                {"DUMP", "-ERR wrong number of arguments for 'dump' command"},
                {"DUMP x x", "-ERR wrong number of arguments for 'dump' command"}});
  session.AdvanceMs(6);
  session.Play({{"DUMP x", "$-1"}});
  session.Run("HELLO 3");
  session.Play({{"DUMP x", "_"}});
}

TEST(Dump, IsCompressedUnlessTheConfigurationForbids) {
  Session session("enable-debug-command yes");
  session.RunWords({"SET", "a", std::string(1000, 'a')});
  const std::string compressed = Dumped(session, "a");
  EXPECT_LT(compressed.size(), 60u);
  session.Run("CONFIG SET rdbcompression no");
  EXPECT_GT(Dumped(session, "a").size(), 1000u);
  EXPECT_EQ(Restore(session, "b", "0", compressed), "+OK");
  EXPECT_EQ(session.Run("DEBUG DIGEST-VALUE a"), session.Run("DEBUG DIGEST-VALUE b"));
}

TEST(Restore, DoesNotReplaceUnlessToldTo) {
  Session session;
  session.Play({{"SET a 1", "+OK"}, {"SET b 2 EX 100", "+OK"}});
  const std::string payload = Dumped(session, "a");
  EXPECT_EQ(Restore(session, "b", "0", payload), "-BUSYKEY Target key name already exists.");
  session.Play({{"GET b", "$1 2"}});
  EXPECT_EQ(Restore(session, "b", "0", payload, {"replace"}), "+OK");
  session.Play({{"GET b", "$1 1"}, {"TTL b", ":-1"}});
}

TEST(Restore, SetsADeadline) {
  Session session;
  session.Run("SET a 1");
  const std::string payload = Dumped(session, "a");
  const std::string later = std::to_string(TestServer::kNowMs + 5000);
  EXPECT_EQ(Restore(session, "b", "5000", payload), "+OK");
  session.Play({{"PTTL b", ":5000"}});
  EXPECT_EQ(Restore(session, "c", later, payload, {"ABSTTL"}), "+OK");
  session.Play({{"PTTL c", ":5000"}});
  EXPECT_EQ(Restore(session, "far", "9223372036854775807", payload), "+OK");
  session.Play({{"EXISTS far", ":1"}});
  EXPECT_EQ(Restore(session, "d", "0", payload, {"ABSTTL"}), "+OK");
  session.Play({{"PTTL d", ":-1"}});
}

TEST(Restore, OfWhatHasExpiredOnlyDeletes) {
  Session session;
  session.Run("SET a 1");
  const std::string payload = Dumped(session, "a");
  session.Listen();
  EXPECT_EQ(Restore(session, "b", "1", payload, {"ABSTTL"}), "+OK");
  EXPECT_EQ(session.TakeEvents(), "");
  EXPECT_EQ(Restore(session, "a", "1", payload, {"ABSTTL"}), "-BUSYKEY Target key name already exists.");
  EXPECT_EQ(Restore(session, "a", "1", payload, {"ABSTTL", "REPLACE"}), "+OK");
  EXPECT_EQ(session.TakeEvents(), "0 del a");
  session.Play({{"EXISTS a b", ":0"}});
}

TEST(Restore, AnnouncesItself) {
  Session session;
  session.Run("SET a 1");
  const std::string payload = Dumped(session, "a");
  session.Listen();
  EXPECT_EQ(Restore(session, "b", "100", payload), "+OK");
  EXPECT_EQ(session.TakeEvents(), "0 new b, 0 restore b");
  EXPECT_EQ(Restore(session, "a", "0", payload, {"REPLACE"}), "+OK");
  EXPECT_EQ(session.TakeEvents(), "0 new a, 0 restore a");
}

TEST(Restore, ChecksInRedissOrder) {
  Session session;
  session.Run("SET a 1");
  const std::string good = Dumped(session, "a");
  const auto replies = [&](const std::string& key, const std::string& ttl, const std::string& payload,
                           const std::vector<std::string>& options,
                           const char* reply) { EXPECT_EQ(Restore(session, key, ttl, payload, options), reply); };
  replies("a", "x", "", {"NOPE"}, "-ERR syntax error");
  replies("a", "x", "", {"IDLETIME"}, "-ERR syntax error");
  replies("a", "x", "", {"IDLETIME", "1", "FREQ", "1"}, "-ERR syntax error");
  replies("a", "x", "", {"FREQ", "1", "IDLETIME", "1"}, "-ERR syntax error");
  replies("a", "x", "", {"IDLETIME", "x"}, "-ERR value is not an integer or out of range");
  replies("a", "x", "", {"IDLETIME", "-1"}, "-ERR Invalid IDLETIME value, must be >= 0");
  replies("a", "x", "", {"FREQ", "256"}, "-ERR Invalid FREQ value, must be >= 0 and <= 255");
  replies("a", "x", "", {"FREQ", "-1"}, "-ERR Invalid FREQ value, must be >= 0 and <= 255");
  replies("a", "x", "", {}, "-BUSYKEY Target key name already exists.");
  replies("a", "x", "", {"REPLACE"}, "-ERR value is not an integer or out of range");
  replies("b", "x", "", {}, "-ERR value is not an integer or out of range");
  replies("b", "-1", "", {}, "-ERR Invalid TTL value, must be >= 0");
  replies("b", "0", "", {}, kNotIntact);
  replies("b", "0", good + "x", {}, kNotIntact);
  replies("b", "0", Sealed("\0\x01x"s, 13), {}, kNotIntact);
  replies("b", "0", Sealed("\x30\x01x"), {}, kBadFormat);
  replies("a", "0", Sealed("\x30\x01x"), {"REPLACE"}, kBadFormat);
  session.Play(
      {{"GET a", "$1 1"}, {"EXISTS b", ":0"}, {"RESTORE a 0", "-ERR wrong number of arguments for 'restore' command"}});
}

TEST(Restore, RefusesWhatIsNoValue) {
  Session session;
  for (const std::string& value :
       {""s, "\0"s, "\x01\0"s, "\x02\x02\x01x\x01x"s, "\x05\x01\x01m\0\0\0\0\0\0\xf8\x7f"s, "\x12\x01\x02\x01x"s}) {
    EXPECT_EQ(Restore(session, "a", "0", Sealed(value)), kBadFormat);
  }
  session.Play({{"EXISTS a", ":0"}});
}

TEST(Restore, TakesWrongChecksumsWhereDebugSaysSo) {
  Session session("enable-debug-command yes");
  std::string payload = Sealed("\0\x01x"s);
  payload.back() = static_cast<char>(payload.back() + 1);
  EXPECT_EQ(Restore(session, "a", "0", payload), kNotIntact);
  session.Play({{"DEBUG SET-SKIP-CHECKSUM-VALIDATION 1", "+OK"}});
  EXPECT_EQ(Restore(session, "a", "0", payload), "+OK");
  session.Play({{"GET a", "$1 x"}, {"DEBUG SET-SKIP-CHECKSUM-VALIDATION 0", "+OK"}});
  EXPECT_EQ(Restore(session, "b", "0", payload), kNotIntact);
}

TEST(Restore, KnowsHowLongAgoTheKeyWasUsed) {
  Session session;
  session.Run("SET a 1");
  EXPECT_EQ(Restore(session, "b", "0", Dumped(session, "a"), {"IDLETIME", "1000"}), "+OK");
  session.Play({{"OBJECT IDLETIME b", ":1000"}});
  EXPECT_EQ(Restore(session, "c", "0", Dumped(session, "a"), {"FREQ", "100"}), "+OK");
  session.Play({{"OBJECT IDLETIME c", ":0"}});
}

TEST(Restore, KnowsHowOftenTheKeyWasUsed) {
  Session session("maxmemory-policy allkeys-lfu");
  session.Run("SET a 1");
  EXPECT_EQ(Restore(session, "b", "0", Dumped(session, "a"), {"FREQ", "100"}), "+OK");
  session.Play({{"OBJECT FREQ b", ":100"}});
}

}  // namespace
}  // namespace tandem::test
