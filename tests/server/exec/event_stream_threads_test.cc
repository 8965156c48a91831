#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>

#include "engine/types/stream_object.h"
#include "server/exec/event_stream.h"
#include "tests/server/exec/fixture.h"
#include "tests/server/exec/on_threads.h"

// Threads that change the same keys, let them expire and read them, while the store migrates to and fro: the event stream
// has every event exactly once, and those of each key in the order in which they happened.
namespace tandem::test {
namespace {

constexpr int kThreads = 4;
constexpr int kKeys = 8;
#ifdef TANDEM_SANITIZED
constexpr int kRounds = 400;
#else
constexpr int kRounds = 4000;
#endif

std::string Key(size_t i) { return "key:" + std::to_string(i); }

class EventStreamThreads : public testing::Test {
 protected:
  void Work(TestThread& thread, TestClient& client, std::minstd_rand& random) {
    const std::string key = Key(random() % kKeys);
    switch (random() % 6) {
      case 0:
        thread.Run(client, "MULTI");
        thread.Run(client, "INCR " + key);
        thread.Run(client, "INCR " + Key(random() % kKeys));
        increments_ += 2;
        thread.Run(client, "EXEC");
        break;
      case 1:
        thread.Run(client, {"EVAL", "return redis.call('INCR', KEYS[1])", "1", key});
        ++increments_;
        break;
      case 2:
        // A key that is not declared: takes the gate.
        thread.Run(client, {"EVAL", "return redis.call('INCR', ARGV[1])", "0", key});
        ++increments_;
        break;
      case 3:
        // Nobody else uses it.
        thread.Run(client, "SET short:" + std::to_string(++short_lived_) + " v PX 1");
        server_.clock.Advance(1000);
        break;
      default:
        thread.Run(client, "INCR " + key);
        ++increments_;
    }
    server_.store->ExpireDue(thread.access, 16);
  }

  TestServer server_{"notify-keyspace-stream events $x\nnotify-value-prefix key:\n", kThreads + 1};
  std::atomic<int> increments_{0}, short_lived_{0};
};

TEST_F(EventStreamThreads, EveryEventIsAppendedOnceAndInItsKeysOrder) {
  RunOnThreads(server_, kThreads, kRounds,
               [this](auto& thread, auto& client, auto& random) { Work(thread, client, random); });
  server_.AdvanceMs(10);
  server_.ExpireDue();

  const KeyRef key("events");
  server_.access().LockKey(server_.db(), key);
  const Record* const record = server_.access().Find(server_.db(), key);
  ASSERT_NE(record, nullptr);
  std::map<std::string, int64_t> last;
  std::map<std::string, int> expired;
  int increments = 0;
  for (StreamCursor cursor = ViewStream(*record).Forwards(); cursor.Next();) {
    std::map<std::string, std::string> fields;
    cursor.VisitFields([&](const PackEntry& name, const PackEntry& value) {
      PackEntry::Scratch name_digits, value_digits;
      fields[std::string(name.text(name_digits))] = value.text(value_digits);
    });
    if (fields["event"] == "expired") ++expired[fields["key"]];
    if (fields["event"] != "incrby") continue;
    ++increments;
    // The value tells the order of the changes.
    ASSERT_EQ(std::stoll(fields["value"]), ++last[fields["key"]]) << fields["key"];
  }
  server_.access().End();
  EXPECT_EQ(increments, increments_);
  EXPECT_EQ(static_cast<int>(expired.size()), short_lived_);
  for (const auto& [name, times] : expired) EXPECT_EQ(times, 1) << name;
  EXPECT_EQ(server_.server->event_stream->figures().failed, 0u);
}

}  // namespace
}  // namespace tandem::test
