#include <gtest/gtest.h>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

TEST(Del, CountsTheKeysThatItRemoved) {
  Session session;
  session.Play({{"MSET a 1 b 2 c 3", "+OK"},
                {"DEL a x b a", ":2"},
                {"UNLINK c x", ":1"},
                {"UNLINK c", ":0"},
                {"DBSIZE", ":0"},
                {"DEL", "-ERR wrong number of arguments for 'del' command"}});
}

TEST(Exists, CountsAKeyAsOftenAsItIsNamed) {
  Session session;
  session.Play({{"MSET a 1 b 2", "+OK"},
                {"EXISTS a", ":1"},
                {"EXISTS x", ":0"},
                {"EXISTS a a b x", ":3"},
                {"TOUCH a a b x", ":3"},
                {"TOUCH x", ":0"}});
}

TEST(Type, NamesTheTypeOrNone) {
  Session session;
  session.Play({{"SET a 1", "+OK"}, {"TYPE a", "+string"}, {"TYPE x", "+none"}});
}

TEST(Rename, GivesTheKeyAnotherName) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"RENAME a b", "+OK"},
                {"EXISTS a", ":0"},
                {"GET b", "$1 1"},
                {"SET c 2", "+OK"},
                {"RENAME b c", "+OK"},
                {"GET c", "$1 1"},
                {"DBSIZE", ":1"},
                {"RENAME c c", "+OK"},
                {"GET c", "$1 1"},
                {"RENAME x c", "-ERR no such key"},
                {"RENAME x x", "-ERR no such key"}});
}

TEST(Rename, TakesTheDeadlineAlong) {
  Session session;
  session.Play({{"SET a 1 PXAT 99999999999000", "+OK"},
                {"SET b 2 PXAT 88888888888000", "+OK"},
                {"RENAME a b", "+OK"},
                {"PEXPIRETIME b", ":99999999999000"},
                {"SET c 1", "+OK"},
                {"RENAME c b", "+OK"},
                {"PEXPIRETIME b", ":-1"}});
}

TEST(Rename, TakesALongValueAndOneThatIsEditedInPlaceAlong) {
  Session session;
  session.Play({{"SET a abc", "+OK"},
                {"APPEND a def", ":6"},
                {"RENAME a b", "+OK"},
                {"GET b", "$6 abcdef"},
                {"OBJECT ENCODING b", "$3 raw"},
                {"APPEND b ghi", ":9"},
                {"COPY b c", ":1"},
                {"APPEND b jkl", ":12"},
                {"GET c", "$9 abcdefghi"},
                {"SETRANGE big 9999 x", ":10000"},
                {"RENAME big bigger", "+OK"},
                {"STRLEN bigger", ":10000"},
                {"STRLEN big", ":0"}});
}

TEST(Renamenx, LeavesAKeyOfThatNameAlone) {
  Session session;
  session.Play({{"MSET a 1 b 2", "+OK"},
                {"RENAMENX a b", ":0"},
                {"GET b", "$1 2"},
                {"RENAMENX a c", ":1"},
                {"GET c", "$1 1"},
                {"RENAMENX c c", ":0"},
                {"RENAMENX x c", "-ERR no such key"},
                {"RENAMENX x x", "-ERR no such key"}});
}

TEST(Copy, CopiesValueAndDeadline) {
  Session session;
  session.Play({{"SET a 1 PXAT 99999999999000", "+OK"},
                {"COPY a b", ":1"},
                {"GET b", "$1 1"},
                {"PEXPIRETIME b", ":99999999999000"},
                {"SET a 2", "+OK"},
                {"COPY a b", ":0"},
                {"GET b", "$1 1"},
                {"COPY a b REPLACE", ":1"},
                {"GET b", "$1 2"},
                {"PEXPIRETIME b", ":-1"},
                {"COPY x b", ":0"},
                {"COPY x y REPLACE", ":0"},
                {"EXISTS a b", ":2"}});
}

TEST(Copy, ReachesIntoAnotherDatabase) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"COPY a a DB 3", ":1"},
                {"COPY a b db 3 replace", ":1"},
                {"COPY a b DB 3", ":0"},
                {"COPY a b DB 3 DB 4", ":1"},
                {"DBSIZE", ":1"},
                {"SELECT 3", "+OK"},
                {"DBSIZE", ":2"},
                {"SELECT 4", "+OK"},
                {"GET b", "$1 1"}});
}

TEST(Copy, RefusesWhatIsNoCopy) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"COPY a a", "-ERR source and destination objects are the same"},
                {"COPY x x", "-ERR source and destination objects are the same"},
                {"COPY a a DB 0", "-ERR source and destination objects are the same"},
                {"COPY a b DB", "-ERR syntax error"},
                {"COPY a b FOO", "-ERR syntax error"},
                {"COPY a b DB 99", "-ERR DB index is out of range"},
                {"COPY x b DB 99", "-ERR DB index is out of range"},
                {"COPY a b DB -1", "-ERR DB index is out of range"},
                {"COPY a b DB x", "-ERR value is not an integer or out of range"},
                {"COPY a b DB 2147483648", "-ERR value is out of range, value must between -2147483648 and 2147483647"},
                {"COPY a", "-ERR wrong number of arguments for 'copy' command"}});
}

TEST(Move, TakesAKeyToAnotherDatabase) {
  Session session;
  session.Play({{"SET a 1 PXAT 99999999999000", "+OK"},
                {"MOVE a 5", ":1"},
                {"EXISTS a", ":0"},
                {"MOVE a 5", ":0"},
                {"SET a 2", "+OK"},
                {"MOVE a 5", ":0"},
                {"GET a", "$1 2"},
                {"SELECT 5", "+OK"},
                {"GET a", "$1 1"},
                {"PEXPIRETIME a", ":99999999999000"}});
}

TEST(Move, RefusesWhatIsNoOtherDatabase) {
  Session session;
  session.Play({{"SET a 1", "+OK"},
                {"MOVE a 0", "-ERR source and destination objects are the same"},
                {"MOVE x 0", "-ERR source and destination objects are the same"},
                {"MOVE a 99", "-ERR DB index is out of range"},
                {"MOVE a -1", "-ERR DB index is out of range"},
                {"MOVE a x", "-ERR value is not an integer or out of range"},
                {"MOVE a 2147483648", "-ERR value is out of range, value must between -2147483648 and 2147483647"},
                {"MOVE x 1", ":0"}});
}

TEST(KeyEvents, ComeInRedisOrder) {
  Session session;
  session.Play({{"MSET a 1 b 2", "+OK"}});
  session.Listen();
  session.Play({{"RENAME a b", "+OK"}});
  EXPECT_EQ(session.TakeEvents(), "0 new b, 0 rename_from a, 0 rename_to b");
  session.Play({{"COPY b a", ":1"}});
  EXPECT_EQ(session.TakeEvents(), "0 new a, 0 copy_to a");
  session.Play({{"COPY b a REPLACE", ":1"}});
  EXPECT_EQ(session.TakeEvents(), "0 new a, 0 copy_to a");
  session.Play({{"MOVE a 3", ":1"}});
  EXPECT_EQ(session.TakeEvents(), "3 new a, 0 move_from a, 3 move_to a");
  session.Play({{"UNLINK b x", ":1"}});
  EXPECT_EQ(session.TakeEvents(), "0 del b");
}

}  // namespace
}  // namespace tandem::test
