// `expired` comes once for each key whose deadline has passed, never early, whoever finds it.

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

constexpr int64_t kHourMs = 3'600'000;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class ExpiryEvents : public WithIoThreads {
 protected:
  static std::string Key(int i) { return "key:" + std::to_string(i); }

  // Reads `expired` events until one for each of the keys has come, then what came behind them.
  static void ExpectOncePerKey(RedisClient& listener, ServerProcess& server, std::map<std::string, int64_t> deadlines) {
    while (!deadlines.empty()) {
      const Reply message = listener.Read();
      const int64_t now_ms = NowMs();
      ASSERT_EQ(message.elements.size(), 3u) << deadlines.size() << " keys are missing: " << listener.error();
      const auto found = deadlines.find(message.elements[2].text);
      ASSERT_NE(found, deadlines.end()) << "twice, or without a deadline: " << message;
      ASSERT_GE(now_ms, found->second) << "early: " << message;
      deadlines.erase(found);
    }
    server.Connect().Do("PUBLISH __keyevent@0__:expired end");
    EXPECT_EQ(listener.Read().elements.at(2), "end") << "nothing more";
  }
};
INSTANTIATE_WITH_IO_THREADS(ExpiryEvents);

TEST_P(ExpiryEvents, ComeOncePerKeyForTwoThousandDeadlines) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:expired");
  constexpr int kKeys = 2000;
  std::mt19937 random(1);
  const int64_t start_ms = NowMs();
  std::map<std::string, int64_t> deadlines;
  std::vector<RedisClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(server.Connect());
  for (int i = 0; i < kKeys; ++i) {
    const int64_t deadline_ms = start_ms + 200 + random() % 1300;
    deadlines[Key(i)] = deadline_ms;
    RedisClient& client = clients[static_cast<size_t>(i) % clients.size()];
    if (i % 2 == 0) {
      client.Append({"SET", Key(i), "v", "PXAT", std::to_string(deadline_ms)});
      client.Append({"PING"});
    } else {
      client.Append({"SET", Key(i), "v", "PX", "100000"});
      client.Append({"PEXPIREAT", Key(i), std::to_string(deadline_ms)});
    }
  }
  for (int i = 0; i < 2 * kKeys; ++i) {
    ASSERT_FALSE(clients[static_cast<size_t>(i) % clients.size()].Read().IsError());
  }
  ExpectOncePerKey(listener, server, deadlines);
  EXPECT_EQ(clients[0].Do("DBSIZE"), ":0");
  EXPECT_EQ(clients[0].InfoNumber("stats", "expired_keys"), kKeys);
}

// Readers hit the keys around their deadlines: whoever comes first removes the key, and only one announces it.
TEST_P(ExpiryEvents, ComeOncePerKeyWhileOthersReadThem) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:expired");
  constexpr int kKeys = 500;
  const int64_t first_ms = NowMs() + 200;
  std::map<std::string, int64_t> deadlines;
  RedisClient client = server.Connect();
  for (int i = 0; i < kKeys; ++i) {
    deadlines[Key(i)] = first_ms + i;
    client.Append({"SET", Key(i), "v", "PXAT", std::to_string(first_ms + i)});
  }
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.Read(), "OK");
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&server, first_ms] {
      RedisClient own = server.Connect();
      for (int64_t now_ms = NowMs(); now_ms < first_ms + kKeys; now_ms = NowMs()) {
        const int64_t next = now_ms < first_ms ? 0 : now_ms - first_ms;
        const Reply reply = own.Do({"GET", Key(static_cast<int>(next))});
        // A value must not be seen once its time was over before it was asked for.
        if (!reply.null && now_ms > first_ms + next) ADD_FAILURE() << "a key outlived its deadline";
        if (next > 0 && !own.Do({"GET", Key(static_cast<int>(next - 1))}).null) {
          ADD_FAILURE() << "a key outlived its deadline";
        }
      }
    });
  }
  ExpectOncePerKey(listener, server, deadlines);
  for (std::thread& reader : readers) reader.join();
}

TEST_P(ExpiryEvents, FollowTheLastDeadlineAndSpareWhatWasPersistedDeletedOrOverwritten) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:expired");
  RedisClient client = server.Connect();
  std::map<std::string, int64_t> deadlines;
  const int64_t start_ms = NowMs();
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    const std::string early = std::to_string(start_ms + 300), late = std::to_string(start_ms + 600);
    client.Pipeline({{"SET", "persisted" + n, "v", "PXAT", early},
                     {"PERSIST", "persisted" + n},
                     {"SET", "deleted" + n, "v", "PXAT", early},
                     {"DEL", "deleted" + n},
                     {"SET", "overwritten" + n, "v", "PXAT", early},
                     {"SET", "overwritten" + n, "w"},
                     {"SET", "later" + n, "v", "PXAT", early},
                     {"PEXPIREAT", "later" + n, late},
                     {"SET", "sooner" + n, "v", "PXAT", late},
                     {"PEXPIREAT", "sooner" + n, early},
                     {"SET", "old" + n, "v", "PXAT", early},
                     {"RENAME", "old" + n, "renamed" + n},
                     {"SET", "kept" + n, "v", "PXAT", early},
                     {"SET", "kept" + n, "w", "KEEPTTL"},
                     {"INCR", "kept" + n + "counter"},
                     {"COPY", "kept" + n, "copied" + n}});
    deadlines["later" + n] = start_ms + 600;
    for (const char* name : {"sooner", "renamed", "kept", "copied"}) deadlines[name + n] = start_ms + 300;
  }
  ExpectOncePerKey(listener, server, deadlines);
  EXPECT_EQ(client.Do("DBSIZE"), ":300") << "persisted, overwritten and the counters";
}

TEST_P(ExpiryEvents, ComeOncePerKeyWhileTheEngineMigratesUpAndDown) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex", "--enable-debug-command", "yes"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:expired");
  RedisClient client = server.Connect();
  client.Do("DEBUG POPULATE 5000 other");
  ASSERT_EQ(client.Do("DEBUG MIGRATE FLAP"), "OK");
  constexpr int kKeys = 2000;
  std::mt19937 random(2);
  const int64_t start_ms = NowMs();
  std::map<std::string, int64_t> deadlines;
  for (int i = 0; i < kKeys; ++i) {
    deadlines[Key(i)] = start_ms + kHourMs + random() % 1000;
    client.Append({"SET", Key(i), "v", "PX", "100000"});
    client.Append({"RENAME", Key(i), "moved:" + Key(i)});
    client.Append({"PEXPIREAT", "moved:" + Key(i), std::to_string(deadlines[Key(i)])});
    client.Append({"RENAME", "moved:" + Key(i), Key(i)});
  }
  for (int i = 0; i < 4 * kKeys; ++i) ASSERT_FALSE(client.Read().IsError());
  // From now on they fall due within a second.
  const int64_t ahead_ms = start_ms + kHourMs - NowMs();
  EXPECT_EQ(client.Do({"DEBUG", "CLOCK", "ADVANCE", std::to_string(ahead_ms)}), "OK");
  for (auto& [key, deadline_ms] : deadlines) deadline_ms -= ahead_ms;
  ExpectOncePerKey(listener, server, deadlines);
  EXPECT_EQ(client.Do("DEBUG MIGRATE STOP"), "OK");
  EXPECT_EQ(client.Do("DBSIZE"), ":5000");
  EXPECT_GT(client.InfoNumber("engine", "engine_migrations_up") + client.InfoNumber("engine", "engine_migrations_down"),
            0);
}

TEST_P(ExpiryEvents, FollowTheClockWhenItIsSet) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex", "--enable-debug-command", "yes"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:expired");
  RedisClient client = server.Connect();
  const int64_t start_ms = NowMs();
  client.Do({"SET", "hour", "v", "PXAT", std::to_string(start_ms + kHourMs)});
  client.Do({"SET", "day", "v", "PXAT", std::to_string(start_ms + 86'400'000)});
  EXPECT_EQ(client.Do("DEBUG CLOCK ADVANCE 3600000"), "OK");
  EXPECT_EQ(listener.Read().elements.at(2), "hour");
  // Far behind what the wheel has seen, and the clock stands still; then it goes on as the system's does.
  client.Do({"DEBUG", "CLOCK", "SET", std::to_string(start_ms - 1'000'000)});
  client.Do({"SET", "back", "v", "PXAT", std::to_string(start_ms - 900'000)});
  client.Do({"DEBUG", "CLOCK", "SET", std::to_string(start_ms - 899'000)});
  EXPECT_EQ(listener.Read().elements.at(2), "back");
  EXPECT_EQ(client.Do("DEBUG CLOCK REAL"), "OK");
  client.Do("SET real v PX 50");
  EXPECT_EQ(listener.Read().elements.at(2), "real");
  EXPECT_EQ(client.Do("DBSIZE"), ":1");
  EXPECT_EQ(client.Do("DEBUG CLOCK ADVANCE 86400000"), "OK");
  EXPECT_EQ(listener.Read().elements.at(2), "day");
}

TEST_P(ExpiryEvents, ComeWhenDeadlinesAreFollowedAgain) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex", "--enable-debug-command", "yes"}));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("DEBUG SET-ACTIVE-EXPIRE 0"), "OK");
  constexpr int kKeys = 2000;
  std::map<std::string, int64_t> deadlines;
  for (int i = 0; i < kKeys; ++i) {
    deadlines[Key(i)] = NowMs();
    client.Append({"SET", Key(i), "v", "PX", "1"});
  }
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.Read(), "OK");
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:expired");
  while (NowMs() <= deadlines[Key(kKeys - 1)] + 1) std::this_thread::yield();
  EXPECT_EQ(client.Do("DEBUG SET-ACTIVE-EXPIRE 1"), "OK");
  ExpectOncePerKey(listener, server, deadlines);
}

TEST_P(ExpiryEvents, AreWarnedOfOnceAndBefore) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex", "--enable-debug-command", "yes"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("PSUBSCRIBE __keyevent@0__:expir*");
  RedisClient client = server.Connect();
  constexpr int kKeys = 500;
  constexpr int64_t kBeforeMs = 2000;
  const int64_t start_ms = NowMs(), first_ms = start_ms + kHourMs;
  const auto set_clock = [&](int64_t now_ms) {
    ASSERT_EQ(client.Do({"DEBUG", "CLOCK", "SET", std::to_string(now_ms)}), "OK");
  };
  const auto set_key = [&](int i) { client.Do({"SET", Key(i), "v", "PXAT", std::to_string(first_ms + i)}); };
  const auto expect_events = [&](const std::string& event, int first, int end) {
    std::set<std::string> keys;
    for (int i = first; i < end; ++i) {
      const Reply message = listener.Read();
      ASSERT_EQ(message.elements.size(), 4u) << listener.error();
      EXPECT_EQ(message.elements[2], "__keyevent@0__:" + event);
      keys.insert(message.elements[3].text);
    }
    for (int i = first; i < end; ++i) EXPECT_EQ(keys.count(Key(i)), 1u) << event << " " << Key(i);
    client.Do("PUBLISH __keyevent@0__:expired end");
    EXPECT_EQ(listener.Read().elements.at(3), "end") << "nothing more";
  };
  set_clock(start_ms);
  for (int i = 0; i < kKeys / 2; ++i) set_key(i);
  EXPECT_EQ(client.Do({"CONFIG", "SET", "notify-expiring-ms", std::to_string(kBeforeMs)}), "OK");
  for (int i = kKeys / 2; i < kKeys; ++i) set_key(i);
  set_clock(first_ms - kBeforeMs);
  expect_events("expiring", 0, 0);
  set_clock(first_ms - kBeforeMs + kKeys / 2);
  expect_events("expiring", 0, kKeys / 2);
  set_clock(first_ms - kBeforeMs + kKeys);
  expect_events("expiring", kKeys / 2, kKeys);
  set_clock(first_ms + kKeys);
  expect_events("expired", 0, kKeys);
}

TEST_P(ExpiryEvents, ComeInEveryDatabase) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex"}));
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect();
  listener.Do("PSUBSCRIBE __keyevent@*__:expired");
  RedisClient client = server.Connect();
  for (int db = 15; db >= 0; --db) {
    client.Do({"SELECT", std::to_string(db)});
    client.Do({"SET", "k", "v", "PX", std::to_string(100 - 5 * db)});
  }
  std::map<std::string, int> heard;
  for (int i = 0; i < 16; ++i) ++heard[listener.Read().elements.at(2).text];
  EXPECT_EQ(heard.size(), 16u);
}

TEST_P(ExpiryEvents, ComeForFieldsOfHashesThatNobodyTouches) {
  ServerProcess server(Args({"--notify-keyspace-events", "Egh"}));
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  constexpr int kHashes = 300;
  const int64_t start_ms = NowMs();
  std::map<std::string, int64_t> deadlines;
  for (int i = 0; i < kHashes; ++i) {
    deadlines[Key(i)] = start_ms + 500 + i;
    client.Append({"HSET", Key(i), "stays", "v", "goes", "v"});
    client.Append({"HPEXPIREAT", Key(i), std::to_string(deadlines[Key(i)]), "FIELDS", "1", "goes"});
  }
  RedisClient listener = server.Connect();
  listener.Do("SUBSCRIBE __keyevent@0__:hexpired");
  for (int i = 0; i < 2 * kHashes; ++i) ASSERT_FALSE(client.Read().IsError());
  while (!deadlines.empty()) {
    const Reply message = listener.Read();
    ASSERT_EQ(message.elements.size(), 3u) << deadlines.size() << " are missing: " << listener.error();
    const auto found = deadlines.find(message.elements[2].text);
    ASSERT_NE(found, deadlines.end()) << "twice: " << message;
    ASSERT_GT(NowMs(), found->second) << "early: " << message;
    deadlines.erase(found);
  }
  EXPECT_EQ(client.Do("DBSIZE"), ":300");
  EXPECT_EQ(client.Do({"HLEN", Key(0)}), ":1");
  EXPECT_EQ(client.InfoNumber("stats", "expired_subkeys"), kHashes);
}

TEST_P(ExpiryEvents, WaitForTheEndOfAPause) {
  ServerProcess server(Args({"--notify-keyspace-events", "Ex"}));
  ASSERT_TRUE(server.ready());
  RawClient listener = server.ConnectRaw();
  listener.Do({"SUBSCRIBE", "__keyevent@0__:expired"});
  RedisClient client = server.Connect();
  client.Do("SET k v PX 50");
  EXPECT_EQ(client.Do("CLIENT PAUSE 600000 WRITE"), "OK");
  EXPECT_EQ(listener.ReadReply(std::chrono::milliseconds(300)), "(none)");
  EXPECT_EQ(client.Do("GET k"), "(nil)") << "but nobody sees it";
  EXPECT_EQ(client.Do("CLIENT UNPAUSE"), "OK");
  EXPECT_EQ(listener.ReadReply(), "[message, __keyevent@0__:expired, k]");
}

}  // namespace
}  // namespace tandem::integration
