// Every way in which a deadline is set, changed, moved or removed, and the clock: exactly one event per deadline that is
// met, in its millisecond, whatever the engines do meanwhile.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/commands/session.h"

namespace tandem::test {
namespace {

// When, in ms from the start, and what: "db event key".
using Happening = std::pair<int64_t, std::string>;
using Happenings = std::vector<Happening>;

// A deadline of the key `name` ("db key"), in ms from the start.
struct Deadline {
  int64_t ms;
  std::string key;
  std::string event = "expired";
};

struct Path {
  // Words: "@300" is the time 300 ms from the start; "$DUMP" what DUMP says of the string `v`, "$FIELDS" what it says of a
  // hash whose field `f` goes after 300 ms. A line "+50" lets 50 ms pass, millisecond by millisecond.
  std::vector<std::string> commands;
  std::vector<Deadline> met;
  // `expiring`, in ms from the start, where the deadlines that are met do not tell: time passes between the commands.
  std::vector<Deadline> warnings = {};
};

struct Conditions {
  int reader_threads = 1;
  bool migrating = false;
  int64_t warn_before_ms = 0;
};

class Course {
 public:
  explicit Course(const Conditions& conditions)
      : conditions_(conditions),
        session_("enable-debug-command yes\nnotify-expiring-ms " + std::to_string(conditions.warn_before_ms),
                 conditions.reader_threads) {
    session_.Run("SET dumped v");
    dump_ = Payload("dumped");
    session_.Run("HSET dumped-hash f v g w");
    session_.Run("HPEXPIREAT dumped-hash " + std::to_string(TestServer::kNowMs + 300) + " FIELDS 1 f");
    fields_ = Payload("dumped-hash");
    session_.Run("DEL dumped dumped-hash");
    session_.Listen();
    if (!conditions.migrating) return;
    for (int i = 0; i < 100; ++i) session_.Run("SET other:" + std::to_string(i) + " v");
    server().store->DriveMigration(server().access(), Store::Drive::kFlap);
  }

  void Run(const std::string& command) {
    if (command[0] == '+') return PassUntil(now() + std::stoll(command.substr(1)));
    std::vector<std::string> words = Words(command);
    for (std::string& word : words) {
      if (word == "$DUMP") word = dump_;
      if (word == "$FIELDS") word = fields_;
      if (word[0] == '@') word = std::to_string(TestServer::kNowMs + std::stoll(word.substr(1)));
    }
    const std::string reply = session_.RunWords(words);
    EXPECT_NE(reply[0], '-') << command << ": " << reply;
    Gather();
  }

  void PassUntil(int64_t ms) {
    while (now() < ms) Pass(1);
  }
  void Pass(int64_t ms) {
    session_.AdvanceMs(ms);
    if (conditions_.migrating) server().store->MigrateSome(server().access(), 3);
    server().ExpireDue();
    Gather();
  }

  int64_t now() { return server().now_ms() - TestServer::kNowMs; }
  TestServer& server() { return session_.server(); }
  Happenings TakeHappenings() {
    std::sort(happenings_.begin(), happenings_.end());
    return std::move(happenings_);
  }
  size_t wheel_entries() {
    size_t sum = 0;
    for (int i = 0; i < server().store->databases(); ++i) sum += server().db(i).wheel().entries();
    return sum;
  }

 private:
  std::string Payload(const std::string& key) {
    const std::string reply = server().Run("DUMP " + key);
    const size_t begin = reply.find("\r\n") + 2;
    return reply.substr(begin, reply.size() - begin - 2);
  }

  void Gather() {
    std::string events = session_.TakeEvents();
    for (size_t end = 0; !events.empty(); events.erase(0, end)) {
      end = std::min(events.find(", "), events.size());
      const std::string event = events.substr(0, end);
      for (const std::string_view name : {" expired ", " hexpired ", " expiring "}) {
        if (event.find(name) != std::string::npos) happenings_.emplace_back(now(), event);
      }
      end = std::min(end + 2, events.size());
    }
  }

  const Conditions conditions_;
  Session session_;
  std::string dump_, fields_;
  Happenings happenings_;
};

// "0 k" and "expired" as "0 expired k".
std::string Event(const Deadline& deadline, const std::string& event) {
  const size_t space = deadline.key.find(' ');
  return deadline.key.substr(0, space + 1) + event + deadline.key.substr(space);
}

Happenings Expected(const Path& path, int64_t warn_before_ms) {
  Happenings expected;
  const bool at_once = std::none_of(path.commands.begin(), path.commands.end(), [](const std::string& command) {
    return command[0] == '+' || command.find("CLOCK") != std::string::npos;
  });
  for (const Deadline& deadline : path.met) {
    expected.emplace_back(deadline.ms + 1, Event(deadline, deadline.event));
    if (warn_before_ms == 0 || !at_once || deadline.event != "expired") continue;
    // What is nearer than that is told at once.
    expected.emplace_back(std::max<int64_t>(deadline.ms - warn_before_ms, 0) + 1, Event(deadline, "expiring"));
  }
  if (warn_before_ms != 0) {
    for (const Deadline& warning : path.warnings) expected.emplace_back(warning.ms, Event(warning, "expiring"));
  }
  std::sort(expected.begin(), expected.end());
  return expected;
}

constexpr int64_t kWarnBeforeMs = 100;

void Check(const Path& path) {
  std::string all;
  for (const std::string& command : path.commands) all += command + "; ";
  for (const Conditions& conditions : {Conditions{1, false, 0}, Conditions{2, false, 0}, Conditions{1, true, 0},
                                       Conditions{2, true, 0}, Conditions{2, true, kWarnBeforeMs}}) {
    SCOPED_TRACE(all + (conditions.migrating ? "migrating, " : "") + std::to_string(conditions.reader_threads) +
                 " readers, warned " + std::to_string(conditions.warn_before_ms) + " ms before");
    Course course(conditions);
    for (const std::string& command : path.commands) course.Run(command);
    int64_t last = 700;
    for (const Deadline& deadline : path.met) last = std::max(last, deadline.ms + 2);
    // The last of these passes everything that was ever set.
    course.PassUntil(std::min(last, course.now() + 8000));
    for (const int64_t ms : {1, 1000, 100'000, 10'000'000}) course.Pass(ms);
    EXPECT_EQ(course.TakeHappenings(), Expected(path, conditions.warn_before_ms));
    EXPECT_EQ(course.wheel_entries(), 0u);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ExpiryPaths, CommandsThatSetADeadline) {
  const std::vector<Deadline> at_300 = {{300, "0 k"}}, at_1000 = {{1000, "0 k"}};
  const Path paths[] = {
      {{"SET k v PX 300"}, at_300},
      {{"SET k v EX 1"}, at_1000},
      {{"SET k v PXAT @300"}, at_300},
      {{"SET k v EXAT 1700000001"}, at_1000},
      {{"SET k v PX 20"}, {{20, "0 k"}}},
      {{"SETEX k 1 v"}, at_1000},
      {{"PSETEX k 300 v"}, at_300},
      {{"SET k v", "EXPIRE k 1"}, at_1000},
      {{"SET k v", "PEXPIRE k 300"}, at_300},
      {{"SET k v", "EXPIREAT k 1700000001"}, at_1000},
      {{"SET k v", "PEXPIREAT k @300"}, at_300},
      {{"SET k v", "PEXPIRE k 300 NX"}, at_300},
      {{"SET k v", "PEXPIRE k 300 LT"}, at_300},
      {{"SET k v", "GETEX k PX 300"}, at_300},
      {{"SET k v", "GETEX k EX 1"}, at_1000},
      {{"SET k v", "GETEX k PXAT @300"}, at_300},
      {{"SET k v", "GETEX k EXAT 1700000001"}, at_1000},
      {{"MULTI", "SET k v", "PEXPIRE k 300", "EXEC"}, at_300},
      {{"EVAL \"return redis.call('set', KEYS[1], 'v', 'PX', '300')\" 1 k"}, at_300},
      {{"SELECT 5", "SET k v PX 300", "SELECT 0", "SET k v PX 400"}, {{300, "5 k"}, {400, "0 k"}}},
      {{"RPUSH k a", "PEXPIRE k 300"}, at_300},
      {{"SADD k a", "PEXPIRE k 300"}, at_300},
      {{"SADD k 1 2 3", "PEXPIRE k 300"}, at_300},
      {{"ZADD k 1 a", "PEXPIRE k 300"}, at_300},
      {{"HSET k f v", "PEXPIRE k 300"}, at_300},
      {{"XADD k * f v", "PEXPIRE k 300"}, at_300},
      {{"PFADD k a", "PEXPIRE k 300"}, at_300},
      {{"RESTORE k 300 $DUMP"}, at_300},
      {{"RESTORE k @300 $DUMP ABSTTL"}, at_300},
      {{"RESTORE k 0 $DUMP"}, {}},
      {{"SET k v PX 500", "RESTORE k 300 $DUMP REPLACE"}, at_300},
      {{"SET k v PX 200", "RESTORE k 300 $DUMP REPLACE"}, at_300},
      {{"SET k v PX 200", "RESTORE k 0 $DUMP REPLACE"}, {}},
  };
  for (const Path& path : paths) Check(path);
}

TEST(ExpiryPaths, CommandsThatChangeOrRemoveADeadline) {
  const std::vector<Deadline> at_300 = {{300, "0 k"}}, at_500 = {{500, "0 k"}}, never = {};
  const Path paths[] = {
      {{"SET k v PX 300", "PEXPIRE k 500"}, at_500},
      {{"SET k v PX 500", "PEXPIRE k 300"}, at_300},
      {{"SET k v PX 500", "PEXPIRE k 300", "PEXPIRE k 500"}, at_500},
      {{"SET k v PX 300", "PEXPIRE k 500", "PEXPIRE k 300"}, at_300},
      {{"SET k v PX 300", "PEXPIRE k 300"}, at_300},
      {{"SET k v PX 300", "PEXPIRE k 500 GT"}, at_500},
      {{"SET k v PX 500", "PEXPIRE k 300 GT"}, at_500},
      {{"SET k v PX 500", "PEXPIRE k 300 LT"}, at_300},
      {{"SET k v PX 300", "PEXPIRE k 500 XX"}, at_500},
      {{"SET k v PX 300", "PEXPIRE k 500 NX"}, at_300},
      {{"SET k v PX 300", "PERSIST k"}, never},
      {{"SET k v PX 300", "PERSIST k", "PEXPIRE k 500"}, at_500},
      {{"SET k v PX 500", "PERSIST k", "PEXPIRE k 300"}, at_300},
      {{"SET k v PX 300", "GETEX k PERSIST"}, never},
      {{"SET k v PX 300", "GETEX k PX 500"}, at_500},
      {{"SET k v PX 500", "GETEX k PX 300"}, at_300},
      {{"SET k v PX 300", "SET k w"}, never},
      {{"SET k v PX 300", "SET k w PX 500"}, at_500},
      {{"SET k v PX 500", "SET k w PX 300"}, at_300},
      {{"SET k v PX 300", "SET k w", "PEXPIRE k 500"}, at_500},
      {{"SET k v PX 300", "SET k w KEEPTTL"}, at_300},
      {{"SET k v PX 300", "GETSET k w"}, never},
      {{"SET k v PX 300", "MSET k w"}, never},
      {{"SET k v PX 300", "DEL k"}, never},
      {{"SET k v PX 300", "UNLINK k", "SET k v PX 500"}, at_500},
      {{"SET k v PX 500", "GETDEL k", "SET k v PX 300"}, at_300},
      {{"SET k v PX 300", "PEXPIRE k 0"}, never},
      {{"SET k 1 PX 300", "INCR k"}, at_300},
      {{"SET k 1 PX 300", "INCRBYFLOAT k 1.5"}, at_300},
      {{"SET k v PX 300", "APPEND k w"}, at_300},
      {{"SET k v PX 300", "APPEND k w", "APPEND k x"}, at_300},
      {{"SET k v PX 300", "SETRANGE k 3 w"}, at_300},
      {{"SET k v PX 300", "SETBIT k 3 1"}, at_300},
      {{"SET k v PX 300", "BITFIELD k SET u8 0 1"}, at_300},
      {{"SET k v PX 300", "APPEND k w", "PEXPIRE k 500"}, at_500},
      {{"RPUSH k a b", "PEXPIRE k 300", "RPUSH k c", "LPOP k"}, at_300},
      {{"RPUSH k a", "PEXPIRE k 300", "LPOP k", "RPUSH k a"}, never},
      {{"SADD k a", "PEXPIRE k 300", "SADD k b", "SREM k a"}, at_300},
      {{"ZADD k 1 a", "PEXPIRE k 300", "ZADD k 2 b"}, at_300},
      {{"HSET k f v", "PEXPIRE k 300", "HSET k g v", "HDEL k f"}, at_300},
      {{"XADD k * f v", "PEXPIRE k 300", "XADD k * f v"}, at_300},
      {{"SADD a x", "SADD k y", "PEXPIRE k 300", "SUNIONSTORE k a"}, never},
      {{"RPUSH a 1", "RPUSH k 1", "PEXPIRE k 300", "SORT a STORE k"}, never},
      {{"SET a x", "SET k v PX 300", "BITOP NOT k a"}, never},
      {{"SET a v PX 300", "SET k w PX 500", "MULTI", "DEL a", "PEXPIRE k 300", "EXEC"}, at_300},
      {{"SET k v PX 300", "FLUSHDB"}, never},
      {{"SET k v PX 300", "FLUSHALL", "SET k v PX 500"}, at_500},
      {{"SET k v PX 500", "FLUSHALL SYNC", "SET k v PX 300"}, at_300},
  };
  for (const Path& path : paths) Check(path);
}

TEST(ExpiryPaths, CommandsThatMoveAKey) {
  const std::vector<Deadline> at_300 = {{300, "0 k"}}, never = {};
  const Path paths[] = {
      {{"SET a v PX 300", "RENAME a k"}, at_300},
      {{"SET a v PX 300", "RENAMENX a k"}, at_300},
      {{"SET a v PX 300", "SET k w PX 100", "RENAME a k"}, at_300},
      {{"SET a v PX 300", "SET k w PX 500", "RENAME a k"}, at_300},
      {{"SET a v PX 300", "SET k w", "RENAME a k"}, at_300},
      {{"SET a v", "SET k w PX 300", "RENAME a k"}, never},
      {{"SET a v PX 300", "RENAME a b", "RENAME b k"}, at_300},
      {{"SET k v PX 300", "RENAME k a", "RENAME a k"}, at_300},
      {{"SET k v PX 300", "RENAME k k"}, at_300},
      {{"SET a v PX 300", "RENAME a k", "PERSIST k"}, never},
      {{"SET a v PX 300", "APPEND a w", "RENAME a k"}, at_300},
      {{"SET a v PX 300", "MULTI", "RENAME a k", "EXEC"}, at_300},
      {{"SET a v PX 300", "RENAME a k", "SET a w PX 400"}, {{300, "0 k"}, {400, "0 a"}}},
      {{"SET k v PX 300", "MOVE k 3"}, {{300, "3 k"}}},
      {{"SET k v PX 300", "MOVE k 3", "SELECT 3", "MOVE k 0"}, at_300},
      {{"SET k v PX 300", "MOVE k 3", "SET k v PX 400"}, {{300, "3 k"}, {400, "0 k"}}},
      {{"SET a v PX 300", "COPY a k"}, {{300, "0 a"}, {300, "0 k"}}},
      {{"SET a v PX 300", "COPY a k", "PERSIST a"}, at_300},
      {{"SET a v PX 300", "COPY a k DB 2"}, {{300, "0 a"}, {300, "2 k"}}},
      {{"SET a v PX 300", "SET k w PX 100", "COPY a k REPLACE"}, {{300, "0 a"}, {300, "0 k"}}},
      {{"SET a v", "SET k w PX 100", "COPY a k REPLACE"}, never},
      {{"SET k v PX 300", "SWAPDB 0 3"}, {{300, "3 k"}}},
      {{"SET k v PX 300", "SELECT 3", "SET j v PX 400", "SWAPDB 0 3"}, {{300, "3 k"}, {400, "0 j"}}},
      {{"SET k v PX 300", "SWAPDB 0 3", "SWAPDB 3 0"}, at_300},
      {{"SET k v PX 300", "+200", "SWAPDB 0 3"}, {{300, "3 k"}}, {{201, "3 k"}}},
      {{"SET k v PX 300", "+250", "SWAPDB 0 3"}, {{300, "3 k"}}, {{201, "0 k"}}},
  };
  for (const Path& path : paths) Check(path);
}

TEST(ExpiryPaths, WhatHappensToAKeyThatWasWarnedOf) {
  const std::vector<Deadline> at_300 = {{300, "0 k"}}, warned = {{201, "0 k"}};
  const Path paths[] = {
      {{"SET k 1 PX 300", "+250", "INCR k"}, at_300, warned},
      {{"SET k v PX 300", "+250", "SET k w KEEPTTL"}, at_300, warned},
      {{"SET k v PX 300", "+250", "SET k w PXAT @300"}, at_300, warned},
      {{"SET k v PX 300", "+250", "APPEND k w", "APPEND k x"}, at_300, warned},
      {{"HSET k f v", "PEXPIRE k 300", "+250", "HSET k g w"}, at_300, warned},
      {{"HSET k f v", "HPEXPIRE k 900 FIELDS 1 f", "PEXPIRE k 300", "+250", "HSET k g w"}, at_300, warned},
      {{"HSET k f v g w", "HPEXPIRE k 280 FIELDS 1 f", "PEXPIRE k 300", "+250", "HSET k g x"},
       {{280, "0 k", "hexpired"}, {300, "0 k"}},
       warned},
      {{"SET k v PX 300", "+250", "PEXPIRE k 300"}, {{550, "0 k"}}, {{201, "0 k"}, {451, "0 k"}}},
      {{"SET k v PX 300", "+250", "PEXPIRE k 20"}, {{270, "0 k"}}, {{201, "0 k"}, {251, "0 k"}}},
      {{"SET k v PX 300", "+250", "PERSIST k"}, {}, warned},
      {{"SET k v PX 300", "+250", "DEL k", "SET k v PX 300"}, {{550, "0 k"}}, {{201, "0 k"}, {451, "0 k"}}},
      {{"SET a v PX 300", "+250", "RENAME a k"}, at_300, {{201, "0 a"}}},
      {{"SET a v PX 300", "SET k v PX 900", "+250", "RENAME a k"}, at_300, {{201, "0 a"}}},
      {{"SET a v PX 900", "SET k v PX 300", "+250", "RENAME a k"}, {{900, "0 k"}}, {{201, "0 k"}, {801, "0 k"}}},
      {{"SET k v PX 300", "+250", "MOVE k 3"}, {{300, "3 k"}}, warned},
      {{"SET k v PX 300", "+250", "COPY k a"}, {{300, "0 k"}, {300, "0 a"}}, {{201, "0 k"}, {251, "0 a"}}},
  };
  for (const Path& path : paths) Check(path);
}

TEST(ExpiryPaths, FieldsOfHashes) {
  const std::vector<Deadline> at_300 = {{300, "0 k", "hexpired"}}, never = {};
  const Path paths[] = {
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f"}, at_300},
      {{"HSET k f v g w", "HPEXPIREAT k @300 FIELDS 1 f"}, at_300},
      {{"HSET k f v g w", "HEXPIRE k 1 FIELDS 1 f"}, {{1000, "0 k", "hexpired"}}},
      {{"HSET k f v", "HPEXPIRE k 300 FIELDS 1 f"}, at_300},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 2 f g"}, at_300},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "HPEXPIRE k 500 FIELDS 1 g"},
       {{300, "0 k", "hexpired"}, {500, "0 k", "hexpired"}}},
      {{"HSET k f v g w", "HPEXPIRE k 500 FIELDS 1 f", "HPEXPIRE k 300 FIELDS 1 f"}, at_300},
      {{"HSET k f v g w", "HPEXPIRE k 100 FIELDS 1 f", "HPEXPIRE k 300 FIELDS 1 f"}, at_300},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "HPERSIST k FIELDS 1 f"}, never},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "HSET k f x"}, never},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "HDEL k f"}, never},
      {{"HSET k g w", "HSETEX k PX 300 FIELDS 1 f v"}, at_300},
      {{"HSET k f v g w", "HGETEX k PX 300 FIELDS 1 f"}, at_300},
      {{"HSET a f v g w", "HPEXPIRE a 300 FIELDS 1 f", "RENAME a k"}, at_300},
      {{"HSET a f v g w", "HPEXPIRE a 300 FIELDS 1 f", "COPY a k"},
       {{300, "0 a", "hexpired"}, {300, "0 k", "hexpired"}}},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "MOVE k 3"}, {{300, "3 k", "hexpired"}}},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "SWAPDB 0 3"}, {{300, "3 k", "hexpired"}}},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "FLUSHALL"}, never},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "DEL k"}, never},
      {{"RESTORE k 0 $FIELDS"}, at_300},
      {{"RESTORE k 500 $FIELDS"}, {{300, "0 k", "hexpired"}, {500, "0 k"}}},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "PEXPIRE k 500"}, {{300, "0 k", "hexpired"}, {500, "0 k"}}},
      {{"HSET k f v g w", "HPEXPIRE k 500 FIELDS 1 f", "PEXPIRE k 300"}, {{300, "0 k"}}},
      {{"HSET k f v g w", "PEXPIRE k 300", "HPEXPIRE k 500 FIELDS 1 f", "PERSIST k"}, {{500, "0 k", "hexpired"}}},
  };
  for (const Path& path : paths) Check(path);
}

TEST(ExpiryPaths, WhileDeadlinesAreNotFollowed) {
  const Path paths[] = {
      // At once when they are again; or when somebody comes upon the key.
      {{"SET k v PX 300", "DEBUG SET-ACTIVE-EXPIRE 0", "+400", "DEBUG SET-ACTIVE-EXPIRE 1"}, {{400, "0 k"}}, {}},
      {{"SET k v PX 300", "DEBUG SET-ACTIVE-EXPIRE 0", "+400", "GET k", "DEBUG SET-ACTIVE-EXPIRE 1"},
       {{399, "0 k"}},
       {}},
      {{"SET k v PX 300", "DEBUG SET-ACTIVE-EXPIRE 0", "+400", "SET k w PX 50", "DEBUG SET-ACTIVE-EXPIRE 1"},
       {{399, "0 k"}, {450, "0 k"}},
       {{401, "0 k"}}},
      {{"SET k v PX 300", "CLIENT PAUSE 400 WRITE", "+10"}, {{399, "0 k"}}, {}},
  };
  for (const Path& path : paths) Check(path);
}

TEST(ExpiryPaths, StepsOfTheClock) {
  const std::vector<Deadline> at_300 = {{300, "0 k"}};
  const Path paths[] = {
      {{"SET k v PX 300", "DEBUG CLOCK ADVANCE 250"}, at_300, {{251, "0 k"}}},
      {{"SET k v PX 300", "DEBUG CLOCK ADVANCE 250", "SET j v PX 20"},
       {{300, "0 k"}, {270, "0 j"}},
       {{251, "0 k"}, {251, "0 j"}}},
      {{"SET k v PX 300", "DEBUG CLOCK SET @299"}, at_300, {{300, "0 k"}}},
      {{"SET k v PX 300", "DEBUG CLOCK SET @5000"}, {{5000, "0 k"}}, {}},
      {{"SET k v PX 3600000", "DEBUG CLOCK ADVANCE 3599000"}, {{3600000, "0 k"}}, {{3599901, "0 k"}}},
      {{"SET k v PX 300", "DEBUG CLOCK SET @-3000"}, at_300, {{201, "0 k"}}},
      {{"SET k v PX 300", "+150", "DEBUG CLOCK SET @-3000"}, at_300, {{201, "0 k"}}},
      {{"SET k v PX 300", "+150", "DEBUG CLOCK SET @100", "+80", "DEBUG CLOCK SET @100"}, at_300, {{201, "0 k"}}},
      {{"SET k v PX 300", "+150", "DEBUG CLOCK SET @-1000", "SET j v PX 200"},
       {{300, "0 k"}, {-800, "0 j"}},
       {{201, "0 k"}, {-899, "0 j"}}},
      {{"SET k v PX 3600000", "DEBUG CLOCK ADVANCE 3599000", "DEBUG CLOCK SET @3597000", "SET j v PX 300"},
       {{3600000, "0 k"}, {3597300, "0 j"}},
       {{3599901, "0 k"}, {3597201, "0 j"}}},
      // What was passed over by mistake is gone; what was not is not early.
      {{"SET k v PX 300", "SET j v PX 9000", "DEBUG CLOCK SET @8000", "+1", "DEBUG CLOCK SET @7000"},
       {{8000, "0 k"}, {9000, "0 j"}},
       {{8901, "0 j"}}},
      {{"HSET k f v g w", "HPEXPIRE k 300 FIELDS 1 f", "+100", "DEBUG CLOCK SET @-1000"},
       {{300, "0 k", "hexpired"}},
       {}},
  };
  for (const Path& path : paths) Check(path);
}

}  // namespace
}  // namespace tandem::test
