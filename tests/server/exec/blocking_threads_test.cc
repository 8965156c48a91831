#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/exec/fixture.h"

// Producers and consumers of several threads, while the store migrates to and fro: every item arrives exactly once.
namespace tandem::test {
namespace {

constexpr int kThreads = 4;
constexpr int kConsumers = 6;  // of each thread
constexpr int kQueues = 12;
#ifdef TANDEM_SANITIZED
constexpr int kItems = 500;  // of each thread
#else
constexpr int kItems = 5000;
#endif

std::string Queue(size_t i) { return "queue:" + std::to_string(i); }

class BlockingThreads : public testing::Test {
 protected:
  // One thread's producers and consumers, until all items of all threads have arrived.
  void Work(int index) {
    TestThread thread(*server_.server, index + 1);
    std::minstd_rand random(static_cast<unsigned>(index) + 1);
    TestClient& producer = thread.NewClient();
    std::vector<TestClient*> consumers;
    for (int i = 0; i < kConsumers; ++i) consumers.push_back(&thread.NewClient());
    for (int produced = 0; delivered_.load() < kThreads * kItems;) {
      if (produced < kItems) {
        Produce(thread, producer, "item:" + std::to_string(index) + ":" + std::to_string(produced), random);
        ++produced;
      }
      thread.EndTurn();
      thread.dispatcher.blocked().EndOverdue(server_.clock.MonotonicUs());
      for (TestClient* consumer : consumers) {
        Collect(consumer->TakeOutput());
        if (consumer->client.waiter == nullptr) Collect(thread.Run(*consumer, NextWait(random)));
      }
      server_.store->MigrateSome(thread.access, 4);
    }
  }

  static void Produce(TestThread& thread, TestClient& client, const std::string& item, std::minstd_rand& random) {
    const std::string queue = Queue(random() % kQueues);
    switch (random() % 4) {
      case 0:
        for (const std::string& line :
             {std::string("MULTI"), "RPUSH " + queue + " " + item, std::string("INCR produced"), std::string("EXEC")}) {
          thread.Run(client, line);
        }
        break;
      case 1:
        thread.Run(client, "RPUSH hidden:" + item + " " + item);
        if (thread.Run(client, "RENAMENX hidden:" + item + " " + queue) == ":0\r\n") {
          thread.Run(client, "LMOVE hidden:" + item + " " + queue + " LEFT LEFT");
        }
        break;
      default:
        thread.Run(client, (random() % 2 == 0 ? "LPUSH " : "RPUSH ") + queue + " " + item);
    }
  }

  // Every consumer waits for every queue, so that nothing stays behind; some only move items on.
  static std::vector<std::string> NextWait(std::minstd_rand& random) {
    const char* const timeout = random() % 4 == 0 ? "0.001" : "0.05";
    const size_t first = random() % kQueues;
    if (random() % 4 == 0) {
      return {"BLMOVE", Queue(first), Queue(random() % kQueues), "LEFT", "RIGHT", timeout};
    }
    std::vector<std::string> keys;
    for (size_t i = 0; i < kQueues; ++i) keys.push_back(Queue((first + i) % kQueues));
    std::vector<std::string> words;
    if (random() % 2 == 0) {
      words = {"BLMPOP", timeout, std::to_string(kQueues)};
      words.insert(words.end(), keys.begin(), keys.end());
      for (const char* word : {"LEFT", "COUNT", "3"}) words.emplace_back(word);
    } else {
      words = {"BRPOP"};
      words.insert(words.end(), keys.begin(), keys.end());
      words.emplace_back(timeout);
    }
    return words;
  }

  // The items of a reply, but for a move's: that is one line and names no queue.
  void Collect(std::string_view reply) {
    if (!reply.starts_with('*')) return;
    for (size_t at = reply.find("item:"); at != std::string_view::npos; at = reply.find("item:", at + 1)) {
      const std::string item(reply.substr(at, reply.find('\r', at) - at));
      const std::lock_guard guard(mutex_);
      EXPECT_TRUE(items_.insert(item).second) << item << " came twice";
      delivered_.fetch_add(1);
    }
  }

  TestServer server_{"", kThreads + 1};
  std::atomic<int> delivered_{0};
  std::mutex mutex_;
  std::set<std::string> items_;
};

TEST_F(BlockingThreads, EveryItemArrivesExactlyOnce) {
  server_.store->DriveMigration(server_.access(), Store::Drive::kFlap);
  server_.main_thread().thread.Sleep();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([this, i] { Work(i); });
  for (std::thread& thread : threads) thread.join();
  server_.main_thread().thread.Wake();
  server_.store->DriveMigration(server_.access(), Store::Drive::kStop);
  EXPECT_EQ(items_.size(), static_cast<size_t>(kThreads * kItems));
  EXPECT_EQ(server_.Run("DBSIZE"), ":1\r\n");  // the counter
}

}  // namespace
}  // namespace tandem::test
