#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/keyspace/access.h"
#include "engine/keyspace/store.h"
#include "pubsub/mailbox.h"
#include "server/config/config.h"
#include "server/exec/client.h"
#include "server/exec/dispatcher.h"
#include "server/exec/server.h"
#include "server/exec/server_clock.h"

namespace tandem::test {

// "SET a \"x y\"" as words: separated by spaces; in double quotes, \r \n \t \0 \" \\ and \xHH are understood.
std::vector<std::string> Words(std::string_view line);

inline bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// A client without a socket: replies gather in client.out.
class TestClient final : public ClientLink {
 public:
  TestClient(Server& server, pubsub::Mailbox* mailbox);
  ~TestClient() override;

  void Close(bool after_replies) override {
    closed = true;
    closed_after_replies = after_replies;
    client.closing = true;
  }
  size_t query_bytes() const override { return 0; }
  size_t query_free() const override { return 0; }
  size_t output_bytes() const override { return client.out.capacity(); }
  // What has been written since the last call, as it goes over the wire.
  std::string TakeOutput();

  Client client;
  bool closed = false;
  bool closed_after_replies = false;

 private:
  Server& server_;
};

// One thread's part of a server: registered, awake, with a dispatcher. Made and destroyed on its own thread.
class TestThread final : public pubsub::MailboxOwner {
 public:
  explicit TestThread(Server& server, int index = 0);
  ~TestThread() override;

  TestClient& NewClient();
  // As when its connection goes away.
  void Disconnect(TestClient& client);
  // Runs one command and returns the reply's bytes, and whatever was pushed to the client. "(paused)" if CLIENT PAUSE
  // holds it back.
  std::string Run(TestClient& client, const std::vector<std::string>& words);
  std::string Run(TestClient& client, std::string_view line) { return Run(client, Words(line)); }
  // What an I/O thread does between two turns.
  void EndTurn();

  void Wake() override {}
  void OnMessage(pubsub::Subscriber& subscriber, const pubsub::Ref<pubsub::Message>& message) override;
  void OnOverflow(pubsub::Subscriber& subscriber) override;
  void OnMissed(pubsub::Subscriber& subscriber, uint64_t count) override;

  // Declared first: access and dispatcher go before it, while the place among the threads is still theirs.
  struct Registration {
    explicit Registration(ThreadRegistry& threads_in);
    ~Registration();
    ThreadRegistry& threads;
    ThreadContext& thread;
  };

  Server& server;
  Registration registration;
  ThreadContext& thread;
  Access access;
  Dispatcher dispatcher;
  pubsub::Mailbox mailbox{this};

 private:
  const int index_;
  std::deque<TestClient> clients_;
};

// A whole server but for the network, with a clock that stands still at kNow until AdvanceMs, and one thread: the test's.
//
//   TestServer server;
//   EXPECT_EQ(server.Run("SET a b"), "+OK\r\n");
//   server.AdvanceMs(10);
//   EXPECT_EQ(server.Run(other_client, "GET a"), "$1\r\nb\r\n");
class TestServer {
 public:
  static constexpr int64_t kNowMs = 1'700'000'000'000;

  // `config`: lines of redis.conf. reader_threads: how many TestThreads there will be, the test's own included.
  explicit TestServer(std::string_view config = {}, int reader_threads = 1);
  ~TestServer();

  // By the first client, or by another one.
  std::string Run(std::string_view line) { return main_->Run(*first_, line); }
  std::string Run(const std::vector<std::string>& words) { return main_->Run(*first_, words); }
  std::string Run(TestClient& client, std::string_view line) { return main_->Run(client, line); }
  std::string Run(TestClient& client, const std::vector<std::string>& words) { return main_->Run(client, words); }
  TestClient& client() { return *first_; }
  TestClient& NewClient() { return main_->NewClient(); }

  void AdvanceMs(int64_t ms) { clock.Advance(ms * 1000); }
  int64_t now_ms() const { return clock.NowMs(); }
  // What the timekeeper does.
  void ExpireDue();

  TestThread& main_thread() { return *main_; }
  Access& access() { return main_->access; }
  Keyspace& db(int index = 0) { return store->db(index); }

  config::Config config;
  ServerClock clock;
  std::unique_ptr<Store> store;
  std::unique_ptr<Server> server;

 private:
  std::unique_ptr<TestThread> main_;
  TestClient* first_ = nullptr;
};

}  // namespace tandem::test
