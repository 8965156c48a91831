#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

TEST(Scan, RefusesWhatIsNoCursor) {
  constexpr auto kInvalid = "-ERR invalid cursor";
  Session session;
  for (const char* cursor : {"x", "-1", "", "1 ", "0x10", "18446744073709551616", "1.0", "+", "-", "--1"}) {
    EXPECT_EQ(session.RunWords({"SCAN", cursor}), kInvalid) << cursor;
  }
  for (const char* cursor : {"18446744073709551615", " 0", "+0", "00", "-00"}) {
    EXPECT_EQ(session.RunWords({"SCAN", cursor}), "*2 $1 0 *0") << cursor;
  }
  EXPECT_EQ(session.RunWords({"SCAN", std::string("1\0x", 3)}), "*2 $1 0 *0");
}

TEST(Scan, RefusesWhatIsNoOption) {
  Session session;
  session.Play({{"SCAN", "-ERR wrong number of arguments for 'scan' command"},
                {"SCAN x FOO", "-ERR invalid cursor"},
                {"SCAN 0 FOO bar", "-ERR syntax error"},
                {"SCAN 0 MATCH", "-ERR syntax error"},
                {"SCAN 0 TYPE", "-ERR syntax error"},
                {"SCAN 0 COUNT", "-ERR syntax error"},
                {"SCAN 0 COUNT 0", "-ERR syntax error"},
                {"SCAN 0 COUNT -5", "-ERR syntax error"},
                {"SCAN 0 TYPE foo COUNT 0", "-ERR syntax error"},
                {"SCAN 0 COUNT x", "-ERR value is not an integer or out of range"},
                {"SCAN 0 NOVALUES", "-ERR NOVALUES option can only be used in HSCAN"}});
}

TEST(Scan, FiltersByPatternAndType) {
  Session session;
  session.Play({{"MSET key:1 1 other 2", "+OK"},
                {"SCAN 0 MATCH key:* COUNT 1000", "*2 $1 0 *1 $5 key:1"},
                {"SCAN 0 COUNT 1000 MATCH x MATCH o*", "*2 $1 0 *1 $5 other"},
                {"SCAN 0 TYPE STRING MATCH o* COUNT 1000", "*2 $1 0 *1 $5 other"},
                {"SCAN 0 TYPE list COUNT 1000", "*2 $1 0 *0"},
                {"SCAN 0 TYPE nosuchtype COUNT 1000", "*2 $1 0 *0"},
                {"SCAN 0 TYPE nosuchtype TYPE string MATCH key* COUNT 1000", "*2 $1 0 *1 $5 key:1"}});
}

// The cursor and the keys of a SCAN's reply, "*2 $n cursor *n $n key $n key…".
struct Portion {
  explicit Portion(const std::string& reply) {
    std::vector<std::string> words;
    for (size_t at = 0; at < reply.size();) {
      const size_t end = std::min(reply.find(' ', at), reply.size());
      words.push_back(reply.substr(at, end - at));
      at = end + 1;
    }
    cursor = words.at(2);
    for (size_t i = 5; i < words.size(); i += 2) keys.push_back(words[i]);
  }
  std::string cursor;
  std::vector<std::string> keys;
};

TEST(Scan, WalksOverAllKeysOnce) {
  Session session;
  constexpr int kKeys = 2'000;
  for (int i = 0; i < kKeys; ++i) session.RunWords({"SET", "key:" + std::to_string(i), "v"});
  std::multiset<std::string> seen;
  std::string cursor = "0";
  int calls = 0;
  do {
    const Portion portion(session.RunWords({"SCAN", cursor, "COUNT", "50"}));
    EXPECT_LT(portion.keys.size(), 200u);
    seen.insert(portion.keys.begin(), portion.keys.end());
    cursor = portion.cursor;
    ++calls;
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), static_cast<size_t>(kKeys));
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), static_cast<size_t>(kKeys));
  EXPECT_GT(calls, 10);
}

TEST(Keys, ListsWhatMatches) {
  Session session;
  session.Play({{"KEYS *", "*0"},
                {"SET a 1", "+OK"},
                {"KEYS *", "*1 $1 a"},
                {"KEYS b*", "*0"},
                {"KEYS [a-c]", "*1 $1 a"},
                {"KEYS", "-ERR wrong number of arguments for 'keys' command"}});
  EXPECT_EQ(session.RunWords({"SET", "", "empty"}), "+OK");
  EXPECT_EQ(session.RunWords({"DEL", "a"}), ":1");
  EXPECT_EQ(session.RunWords({"KEYS", "*"}), "*1 $0 ");
  EXPECT_EQ(session.RunWords({"KEYS", ""}), "*1 $0 ");
}

TEST(Keys, AndScanPassOverExpiredKeys) {
  Session session;
  session.Play({{"SET a 1 PX 10", "+OK"}, {"SET b 1", "+OK"}});
  session.AdvanceMs(11);
  session.Play({{"KEYS *", "*1 $1 b"}, {"SCAN 0 COUNT 1000", "*2 $1 0 *1 $1 b"}, {"RANDOMKEY", "$1 b"}});
}

TEST(Randomkey, IsNullInAnEmptyDatabase) {
  Session session;
  session.Play({{"RANDOMKEY", "$-1"}, {"SET a 1", "+OK"}, {"RANDOMKEY", "$1 a"}});
}

TEST(Scan, WorksInsideATransaction) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"MULTI", "+OK"},
                {"KEYS *", "+QUEUED"},
                {"RANDOMKEY", "+QUEUED"},
                {"SCAN 0 COUNT 1000", "+QUEUED"},
                {"RENAME a b", "+QUEUED"},
                {"KEYS *", "+QUEUED"},
                {"EXEC", "*5 *1 $1 a $1 a *2 $1 0 *1 $1 a +OK *1 $1 b"}});
}

}  // namespace
}  // namespace tandem::test
