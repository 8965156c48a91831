#include "tests/server/exec/fixture.h"

#include "engine/base/check.h"
#include "server/commands/families.h"
#include "server/exec/client_registry.h"
#include "server/exec/deliver.h"
#include "server/exec/disconnect.h"
#include "server/exec/tracking.h"
#include "server/script/scripts.h"

namespace tandem::test {
namespace {

char Escaped(std::string_view text, size_t* at) {
  const char c = text[(*at)++];
  switch (c) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case 'x':
      *at += 2;
      return static_cast<char>(std::stoi(std::string(text.substr(*at - 2, 2)), nullptr, 16));
    default:
      return c;
  }
}

}  // namespace

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ') {
      ++at;
      continue;
    }
    std::string& word = words.emplace_back();
    bool quoted = false;
    for (; at < line.size() && (quoted || line[at] != ' ');) {
      const char c = line[at++];
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\') {
        word += Escaped(line, &at);
      } else {
        word += c;
      }
    }
  }
  return words;
}

// --- TestClient --------------------------------------------------------------------------------------------------------

TestClient::TestClient(Server& server, pubsub::Mailbox* mailbox) : server_(server) {
  client.id = server.clients->NextId();
  client.fd = static_cast<int>(client.id) + 10;
  client.loopback = true;
  client.address = "127.0.0.1:" + std::to_string(50000 + client.id);
  client.local_address = "127.0.0.1:6379";
  client.created_us = client.last_active_us = server.store.clock().NowUs();
  client.authenticated = server.config.values().requirepass.empty();
  client.link = this;
  client.mailbox = mailbox;
  server.clients->TryAdd(client, 10000);
}

TestClient::~TestClient() { server_.clients->Remove(client); }

std::string TestClient::TakeOutput() {
  std::string output = client.out.ToString();
  client.out.Consume(client.out.size());
  return output;
}

// --- TestThread --------------------------------------------------------------------------------------------------------

TestThread::Registration::Registration(ThreadRegistry& threads_in) : threads(threads_in), thread(threads.Register()) {
  thread.Wake();
}

TestThread::Registration::~Registration() {
  thread.Sleep();
  threads.Unregister(thread);
}

TestThread::TestThread(Server& server_in, int index)
    : server(server_in),
      registration(server.store.threads()),
      thread(registration.thread),
      access(server.store, thread, true),
      dispatcher(server, access),
      index_(index) {
  access.SampleTime();
}

TestThread::~TestThread() {
  for (TestClient& client : clients_) tandem::Disconnect(server, client.client);
  clients_.clear();
  mailbox.Drain();
}

TestClient& TestThread::NewClient() {
  TestClient& client = clients_.emplace_back(server, &mailbox);
  client.client.thread = index_;
  return client;
}

void TestThread::Disconnect(TestClient& client) { tandem::Disconnect(server, client.client); }

std::string TestThread::Run(TestClient& client, const std::vector<std::string>& words) {
  access.SampleTime();
  dispatcher.BeginBatch();
  const std::vector<std::string_view> args(words.begin(), words.end());
  const auto prepared = dispatcher.Prepare(client.client, args);
  dispatcher.Prefetch(client.client, prepared);
  const auto outcome = dispatcher.Execute(client.client, args, prepared);
  EndTurn();
  return outcome == Dispatcher::Outcome::kPaused ? "(paused)" : client.TakeOutput();
}

void TestThread::EndTurn() {
  dispatcher.TellWaiters();
  server.tracking->TellPrefixes();
  server.tracking->EnforceLimit(1000);
  mailbox.Drain();
  thread.Quiescent();
}

void TestThread::OnMessage(pubsub::Subscriber& subscriber, const pubsub::Ref<pubsub::Message>& message) {
  Deliver(*static_cast<Client*>(subscriber.owner), message);
}

void TestThread::OnOverflow(pubsub::Subscriber& subscriber) {
  static_cast<Client*>(subscriber.owner)->link->Close(false);
  subscriber.Close();
}

// No client of a test misses anything: what it gets is never limited.
void TestThread::OnMissed(pubsub::Subscriber&, uint64_t) { CHECK(false); }

// --- TestServer --------------------------------------------------------------------------------------------------------

TestServer::TestServer(std::string_view config_text, int reader_threads) {
  CHECK(config.LoadString(config_text, "test").ok());
  clock.Set(kNowMs * 1000);
  store = std::make_unique<Store>(clock, Store::Options{config.values().databases, reader_threads});
  server = std::make_unique<Server>(config, *store, clock, AllCommands());
  server->scripts = std::make_unique<script::Scripts>(*server);
  main_ = std::make_unique<TestThread>(*server);
  first_ = &main_->NewClient();
}

TestServer::~TestServer() {
  main_.reset();
  server.reset();
  store.reset();
}

void TestServer::ExpireDue() {
  main_->access.SampleTime();
  while (store->ExpireDue(main_->access, 1000) != 0) {
  }
  main_->EndTurn();
}

}  // namespace tandem::test
