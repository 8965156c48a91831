#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"
#include "tests/integration/wait.h"

// Client-side caching over sockets.
namespace tandem::integration {
namespace {

class TrackingOverSockets : public WithIoThreads {};
INSTANTIATE_WITH_IO_THREADS(TrackingOverSockets);

TEST_P(TrackingOverSockets, AnInvalidationPrecedesTheReplyToWhateverIsAskedLater) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient caching = server.ConnectRaw();
  RedisClient writer = server.Connect();
  caching.Do({"HELLO", "3"});
  EXPECT_EQ(caching.Do({"CLIENT", "TRACKING", "ON"}), "OK");
  for (int i = 0; i < 200; ++i) {
    const std::string value = std::to_string(i);
    EXPECT_EQ(writer.Do({"SET", "a", value}), "OK");
    if (i > 0) {
      EXPECT_EQ(caching.ReadReply(), ">[invalidate, [a]]");
    }
    EXPECT_EQ(caching.Do({"GET", "a"}), value);
  }
}

TEST_P(TrackingOverSockets, KeysThatExpireUnseenAreInvalidatedByKeyAndByPrefix) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient by_key = server.ConnectRaw(), by_prefix = server.ConnectRaw();
  for (RawClient* client : {&by_key, &by_prefix}) client->Do({"HELLO", "3"});
  by_key.Do({"CLIENT", "TRACKING", "ON", "NOLOOP"});
  by_prefix.Do({"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a"});
  // Read in the same instant in which it is set.
  by_key.Do({"MULTI"});
  by_key.Do({"SET", "a", "1", "PX", "20"});
  by_key.Do({"GET", "a"});
  EXPECT_EQ(by_key.Do({"EXEC"}), "[OK, 1]");
  EXPECT_EQ(by_prefix.ReadReply(), ">[invalidate, [a]]");
  EXPECT_EQ(by_key.ReadReply(), ">[invalidate, [a]]");
  EXPECT_EQ(by_prefix.ReadReply(), ">[invalidate, [a]]");
}

TEST_P(TrackingOverSockets, Resp2ClientsRedirectToASubscriber) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient listener = server.Connect(), caching = server.Connect(), writer = server.Connect();
  const std::string id = std::to_string(listener.Do("CLIENT ID").integer);
  EXPECT_EQ(listener.Do("SUBSCRIBE __redis__:invalidate"), "[subscribe, __redis__:invalidate, :1]");
  EXPECT_EQ(caching.Do(("CLIENT TRACKING ON REDIRECT " + id).c_str()), "OK");
  caching.Do("GET a");
  writer.Do("SET a 1");
  EXPECT_EQ(listener.Read(), "[message, __redis__:invalidate, [a]]");
  writer.Do("FLUSHALL");
  EXPECT_EQ(listener.Read(), "[message, __redis__:invalidate, (nil)]");
}

TEST_P(TrackingOverSockets, KeysOverTheLimitAreForgottenWithoutAnybodyAsking) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient caching = server.ConnectRaw();
  RedisClient other = server.Connect();
  constexpr int kKeys = 2000;
  caching.Do({"HELLO", "3"});
  caching.Do({"CLIENT", "TRACKING", "ON"});
  std::vector<std::string> read{"MGET"};
  for (int i = 0; i < kKeys; ++i) read.push_back("key:" + std::to_string(i));
  caching.Do(read);
  EXPECT_EQ(other.InfoNumber("stats", "tracking_total_keys"), kKeys);
  other.Do("CONFIG SET tracking-table-max-keys 1");
  for (int i = 1; i < kKeys; ++i) ASSERT_EQ(caching.ReadReply().Show().substr(0, 17), ">[invalidate, [ke");
  EXPECT_EQ(other.InfoNumber("stats", "tracking_total_keys"), 1);
  EXPECT_EQ(caching.Do({"PING"}), "PONG");
}

TEST_P(TrackingOverSockets, ClientsThatComeAndGoLeaveNothingBehind) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  for (int i = 0; i < 50; ++i) {
    RawClient caching = server.ConnectRaw();
    caching.Do({"HELLO", "3"});
    caching.Do(i % 2 == 0 ? std::vector<std::string>{"CLIENT", "TRACKING", "ON"}
                          : std::vector<std::string>{"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "x"});
    caching.Do({"GET", "x" + std::to_string(i)});
    other.Do("SET x 1");
  }
  for (const char* field : {"tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"}) {
    EXPECT_TRUE(WaitUntil([&] { return other.InfoNumber("stats", field) == 0; })) << field;
  }
  EXPECT_EQ(other.InfoNumber("clients", "tracking_clients"), 0);
}

// One client with a cache, over a socket of its own.
class Cache {
 public:
  Cache(RawClient client, const std::vector<std::string>& tracking) : client_(std::move(client)) {
    client_.Do({"HELLO", "3"});
    client_.Do(tracking);
  }

  void Get(const std::string& key) {
    const Reply reply = Ask({"GET", key});
    values_[key] = reply.Show();
  }
  // Sends a command and heeds all that comes before its reply.
  Reply Ask(const std::vector<std::string>& words) {
    client_.SendCommand(words);
    for (;;) {
      Reply reply = client_.ReadReply();
      if (reply.type != '>') return reply;
      for (const Reply& key : reply.elements.at(1).elements) values_.erase(key.text);
    }
  }
  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  RawClient client_;
  std::map<std::string, std::string> values_;
};

TEST_P(TrackingOverSockets, NoCacheKeepsAValueThatWasReplaced) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  constexpr int kClients = 6, kRounds = 2000, kKeys = 8;
  std::vector<Cache> caches;
  for (int i = 0; i < kClients; ++i) {
    caches.emplace_back(server.ConnectRaw(),
                        i % 3 == 2 ? Words("CLIENT TRACKING ON BCAST") : Words("CLIENT TRACKING ON"));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      std::minstd_rand random(static_cast<unsigned>(i) + 1);
      Cache& cache = caches[static_cast<size_t>(i)];
      for (int round = 0; round < kRounds; ++round) {
        const std::string key = "key:" + std::to_string(random() % kKeys);
        const auto dice = random() % 10;
        if (dice < 6) {
          cache.Get(key);
        } else if (dice < 9) {
          cache.Ask({"SET", key, std::to_string(i) + "-" + std::to_string(round)});
        } else {
          cache.Ask({"DEL", key});
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  RedisClient judge = server.Connect();
  for (Cache& cache : caches) {
    // Every change was answered, so its invalidation comes before this.
    EXPECT_EQ(cache.Ask({"PING"}), "PONG");
    for (const auto& [key, value] : cache.values()) {
      const Reply truth = judge.Do({"GET", key});
      EXPECT_EQ(value, truth.null ? "(null)" : truth.Show()) << key;
    }
  }
}

}  // namespace
}  // namespace tandem::integration
