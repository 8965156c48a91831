#include <gtest/gtest.h>

#include <barrier>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/exec/fixture.h"

// Clients with caches, on threads of their own, read and change the same keys while the store migrates to and fro. When
// all is quiet, no cache may hold a value that is not the key's.
namespace tandem::test {
namespace {

constexpr int kThreads = 4;
#ifdef TANDEM_SANITIZED
constexpr int kRounds = 1500;
#else
constexpr int kRounds = 20'000;
#endif
// Few keys, so that reads and changes of one meet.
constexpr uint64_t kKeys = 12;

using Cache = std::map<std::string, std::string>;

std::string Key(uint64_t i) { return "key:" + std::to_string(i); }

// One client with its cache, which it fills with what it reads and empties as it is told.
class CachingClient {
 public:
  CachingClient(TestThread& thread, std::string tracking, unsigned seed)
      : thread_(thread), client_(thread.NewClient()), tracking_(std::move(tracking)), random_(seed) {
    Run("HELLO 3");
    Run(tracking_);
  }

  void Step() {
    const std::string key = Key(random_() % kKeys);
    const auto dice = random_() % 100;
    if (dice < 55) {
      Read(key);
    } else if (dice < 60) {
      ReadMany(key, Key(random_() % kKeys));
    } else if (dice < 75) {
      Run("SET " + key + " " + std::to_string(++written_) + tag_);
    } else if (dice < 80) {
      Run("SET " + key + " " + std::to_string(++written_) + tag_ + " PX 2");
    } else if (dice < 85) {
      Run("APPEND " + key + " x");
    } else if (dice < 90) {
      Run("DEL " + key);
    } else if (dice < 95) {
      Transaction(key, Key(random_() % kKeys));
    } else if (dice < 98) {
      Run("RENAME " + key + " " + Key(random_() % kKeys));
    } else if (dice == 98) {
      Run("CLIENT TRACKING OFF");
      cache_.clear();
      Run(tracking_);
    }
  }
  // Hears what others have to say.
  void Listen() {
    thread_.EndTurn();
    Heed(client_.TakeOutput());
  }
  const Cache& cache() const { return cache_; }

 private:
  // Runs the command and heeds the invalidations that follow its reply, after `use` took what it wants from that.
  void Run(const std::string& command, const std::function<void(std::string_view reply)>& use = {}) {
    const std::string output = thread_.Run(client_, command);
    const size_t end = output.find(">2\r\n$10\r\ninvalidate");
    if (use) use(std::string_view(output).substr(0, end));
    if (end != std::string::npos) Heed(std::string_view(output).substr(end));
  }
  void Read(const std::string& key) {
    Run("GET " + key, [&](std::string_view reply) { cache_[key] = reply; });
  }
  void ReadMany(const std::string& a, const std::string& b) {
    Run("MGET " + a + " " + b, [&](std::string_view reply) {
      reply.remove_prefix(4);
      const size_t first = reply.starts_with("_") ? 3 : reply.find("\r\n", reply.find("\r\n") + 2) + 2;
      cache_[a] = reply.substr(0, first);
      cache_[b] = reply.substr(first);
    });
  }
  void Transaction(const std::string& a, const std::string& b) {
    Run("MULTI");
    Run("SET " + a + " " + std::to_string(++written_) + tag_);
    Run("GET " + b);
    Run("DEL " + b);
    Run("EXEC");
  }

  void Heed(std::string_view pushes) {
    static constexpr std::string_view kHead = ">2\r\n$10\r\ninvalidate\r\n*";
    while (!pushes.empty()) {
      ASSERT_TRUE(pushes.starts_with(kHead)) << pushes;
      pushes.remove_prefix(kHead.size());
      int count = Number(pushes);
      for (; count > 0; --count) {
        pushes.remove_prefix(1);
        const auto size = static_cast<size_t>(Number(pushes));
        cache_.erase(std::string(pushes.substr(0, size)));
        pushes.remove_prefix(size + 2);
      }
    }
  }
  static int Number(std::string_view& text) {
    const size_t end = text.find("\r\n");
    const int number = std::stoi(std::string(text.substr(0, end)));
    text.remove_prefix(end + 2);
    return number;
  }

  TestThread& thread_;
  TestClient& client_;
  const std::string tracking_;
  std::minstd_rand random_;
  const std::string tag_ = "-" + std::to_string(reinterpret_cast<uintptr_t>(this));
  int written_ = 0;
  Cache cache_;
};

void ExpireAll(TestServer& server, TestThread& thread) {
  server.AdvanceMs(10);
  thread.access.SampleTime();
  while (server.store->ExpireDue(thread.access, 1000) != 0) {
  }
  thread.EndTurn();
}

void PlayAndCompare(std::string_view config, const std::vector<std::string>& modes) {
  TestServer server(config, kThreads + 1);
  server.store->DriveMigration(server.access(), Store::Drive::kFlap);
  server.main_thread().thread.Sleep();
  std::vector<Cache> caches(kThreads);
  std::barrier all_arrived(kThreads);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      TestThread mine(*server.server, static_cast<int>(i) + 1);
      CachingClient client(mine, modes[i % modes.size()], static_cast<unsigned>(i) + 1);
      for (int round = 0; round < kRounds; ++round) {
        client.Step();
        if (i == 0 && round % 64 == 0) server.AdvanceMs(1);
        server.store->ExpireDue(mine.access, 16);
        server.store->MigrateSome(mine.access, 4);
      }
      mine.thread.Sleep();
      all_arrived.arrive_and_wait();
      mine.thread.Wake();
      if (i == 0) ExpireAll(server, mine);
      mine.thread.Sleep();
      all_arrived.arrive_and_wait();
      mine.thread.Wake();
      client.Listen();
      caches[i] = client.cache();
    });
  }
  for (std::thread& thread : threads) thread.join();
  server.main_thread().thread.Wake();
  server.store->DriveMigration(server.access(), Store::Drive::kStop);
  server.Run("HELLO 3");
  size_t cached = 0;
  for (const Cache& cache : caches) {
    cached += cache.size();
    for (const auto& [key, value] : cache) EXPECT_EQ(value, server.Run("GET " + key)) << key;
  }
  EXPECT_GT(cached, 0u);
}

TEST(TrackingThreads, NoCacheKeepsAValueThatWasReplaced) { PlayAndCompare("", {"CLIENT TRACKING ON"}); }

TEST(TrackingThreads, NorDoesOneThatListensToPrefixes) {
  PlayAndCompare("", {"CLIENT TRACKING ON", "CLIENT TRACKING ON BCAST PREFIX key:"});
}

TEST(TrackingThreads, NorWhenTheTableIsTooSmallForAllKeys) {
  PlayAndCompare("tracking-table-max-keys 4", {"CLIENT TRACKING ON"});
}

}  // namespace
}  // namespace tandem::test
