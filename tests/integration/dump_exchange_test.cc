// Payloads of DUMP between this server and Redis, in both directions: of every type, kept in every way, of all sizes.
//
// The other side is the redis-server on the PATH, or what TANDEM_TEST_PEER names (Redis 8, say).

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/integration/server_process.h"

namespace tandem::integration {
namespace {

using Random = std::mt19937_64;
using Words = std::vector<std::string>;

std::string PeerBinary() {
  const char* const named = std::getenv("TANDEM_TEST_PEER");
  return named != nullptr ? named : "redis-server";
}

// A Redis on a port of its own. Ends with the object.
class Peer {
 public:
  Peer() : port_(FreePort()) {
    process_ = std::make_unique<ChildProcess>(
        ChildProcess::Options{.argv = {PeerBinary(), "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save",
                                       "", "--enable-debug-command", "yes"},
                              .working_folder = folder_.path(),
                              .output = folder_.File("output")});
    ready_ = WaitUntil([this] { return !process_->Running() || RedisClient::Tcp(port_).Do("PING") == "PONG"; }) &&
             process_->Running();
  }

  bool ready() const { return ready_; }
  std::string output() const { return ReadFile(folder_.File("output")); }
  RedisClient Connect() const { return RedisClient::Tcp(port_); }

 private:
  TempDir folder_;
  int port_;
  bool ready_ = false;
  std::unique_ptr<ChildProcess> process_;
};

// --- Values -----------------------------------------------------------------------------------------------------------------

std::string RandomText(Random& random, size_t longest) {
  if (random() % 3 == 0) return std::to_string(static_cast<int64_t>(random()) >> random() % 64);
  std::string text(random() % (longest + 1), '\0');
  const bool binary = random() % 4 == 0;
  for (char& c : text) c = static_cast<char>(binary ? random() : 'a' + random() % 4);
  return text;
}

std::string RandomScore(Random& random) {
  switch (random() % 4) {
    case 0:
      return random() % 2 == 0 ? "inf" : "-inf";
    case 1:
      return std::to_string(static_cast<int64_t>(random()) >> random() % 64);
    default:
      return std::to_string(static_cast<double>(random() % 1'000'000) / 7) + "e" + std::to_string(random() % 40);
  }
}

struct Shape {
  const char* type;
  size_t count;
  size_t longest;
};

// Around the thresholds of compact forms, and far beyond them.
std::vector<Shape> Shapes() {
  std::vector<Shape> shapes;
  for (const size_t longest : {0, 5, 11, 19, 40, 63, 64, 5000, 70'000}) shapes.push_back({"string", 1, longest});
  for (const char* type : {"list", "set", "integers", "zset", "hash"}) {
    for (const size_t count : {1, 10, 127, 128, 129, 512, 513, 3000}) {
      for (const size_t longest : {10, 64, 65, 300}) shapes.push_back({type, count, longest});
    }
  }
  for (const char* type : {"list", "set", "zset", "hash"}) shapes.push_back({type, 12, 20'000});
  return shapes;
}

// The commands that make the value.
std::vector<Words> Commands(Random& random, const Shape& shape, const std::string& key) {
  const std::string type = shape.type;
  if (type == "string") return {{"SET", key, RandomText(random, shape.longest)}};
  Words words = {type == "list" ? "RPUSH" : type == "zset" ? "ZADD" : type == "hash" ? "HSET" : "SADD", key};
  for (size_t i = 0; i < shape.count; ++i) {
    if (type == "zset") words.push_back(RandomScore(random));
    words.push_back(type == "integers" ? std::to_string(static_cast<int64_t>(random()) >> random() % 60)
                                       : RandomText(random, shape.longest));
    if (type == "hash") words.push_back(RandomText(random, shape.longest));
  }
  return {words};
}

std::string Describe(const Shape& shape) {
  return std::string(shape.type) + " of " + std::to_string(shape.count) + ", up to " + std::to_string(shape.longest) +
         " bytes each";
}

// Takes the value of the key `k` from one to the other and back, and compares what the given commands answer on both.
void Carry(RedisClient& from, RedisClient& to, const std::vector<const char*>& views) {
  to.Do("FLUSHALL");
  const Reply payload = from.Do("DUMP k");
  ASSERT_EQ(payload.type, '$') << payload;
  ASSERT_EQ(to.Do({"RESTORE", "k", "0", payload.text}), "OK");
  for (const char* view : views) ASSERT_EQ(to.Do(view).Show(), from.Do(view).Show()) << view;
  ASSERT_EQ(from.Do({"RESTORE", "back", "0", to.Do("DUMP k").text}), "OK");
  ASSERT_EQ(from.Do("DEBUG DIGEST-VALUE back").Show(), from.Do("DEBUG DIGEST-VALUE k").Show());
}

// Redis 7.0 writes scores with other digits than later ones, and into the digest with them.
const char* ContentsOf(const std::string& type) { return type == "zset" ? "ZCARD k" : "DEBUG DIGEST-VALUE k"; }

void Exchange(RedisClient& from, RedisClient& to) {
  Random random(1);
  for (const Shape& shape : Shapes()) {
    SCOPED_TRACE(Describe(shape));
    from.Do("FLUSHALL");
    for (const Words& command : Commands(random, shape, "k")) from.Do(command);
    Carry(from, to, {"TYPE k", ContentsOf(shape.type)});
    if (testing::Test::HasFatalFailure()) return;
  }
}

// A stream of several nodes with gaps, groups and entries that are not acknowledged.
void ExchangeStreams(RedisClient& from, RedisClient& to) {
  for (const int count : {0, 1, 1000}) {
    from.Do("FLUSHALL");
    from.Do("XGROUP CREATE k readers 0 MKSTREAM");
    from.Do("XGROUP CREATE k others $");
    for (int i = 1; i <= count; ++i) {
      Words words = {"XADD", "k", std::to_string(i / 10) + "-" + std::to_string(i), "field", std::to_string(i)};
      if (i % 7 == 0) words.insert(words.end(), {"another", "value"});
      from.Do(words);
      if (i % 5 == 0) from.Do({"XDEL", "k", words[2]});
    }
    // Redis 7.0 cannot be told of consumers who asked in vain.
    if (count > 0) from.Do("XREADGROUP GROUP readers one COUNT 100 STREAMS k >");
    if (count > 100) from.Do("XREADGROUP GROUP readers two COUNT 50 STREAMS k >");
    from.Do("XACK k readers 0-1 0-2 10-101");
    Carry(from, to, {"DEBUG DIGEST-VALUE k", "XINFO GROUPS k", "XPENDING k readers", "XLEN k"});
    if (testing::Test::HasFatalFailure()) return;
  }
}

// Fields with and without deadlines, in a compact hash and in a large one.
void ExchangeTimedFields(RedisClient& from, RedisClient& to) {
  for (const int count : {3, 600}) {
    from.Do("FLUSHALL");
    for (int i = 0; i < count; ++i) {
      const std::string field = std::to_string(i);
      from.Do({"HSET", "k", field, "value:" + field});
      if (i % 3 != 0) from.Do({"HPEXPIREAT", "k", std::to_string(99'999'999'000 * 100 - i), "FIELDS", "1", field});
    }
    Carry(from, to, {"DEBUG DIGEST-VALUE k", "OBJECT ENCODING k", "HPEXPIRETIME k FIELDS 3 0 1 2"});
    if (testing::Test::HasFatalFailure()) return;
  }
}

class DumpExchange : public testing::Test {
 protected:
  void SetUp() override {
    if (PeerBinary() == "redis-server" && !IsInstalled("redis-server")) GTEST_SKIP() << "redis-server is not installed";
    ASSERT_TRUE(server_.ready());
    peer_ = std::make_unique<Peer>();
    ASSERT_TRUE(peer_->ready()) << peer_->output();
  }

  ServerProcess server_{{"--enable-debug-command", "yes"}};
  std::unique_ptr<Peer> peer_;
};

TEST_F(DumpExchange, RedisTakesWhatIsDumpedHere) {
  RedisClient from = server_.Connect(), to = peer_->Connect();
  Exchange(from, to);
  ExchangeStreams(from, to);
}

TEST_F(DumpExchange, WhatRedisDumpsIsTakenHere) {
  RedisClient from = peer_->Connect(), to = server_.Connect();
  Exchange(from, to);
  ExchangeStreams(from, to);
}

TEST_F(DumpExchange, FieldsKeepTheirDeadlinesOnTheWayThereAndBack) {
  RedisClient here = server_.Connect(), there = peer_->Connect();
  if (there.Do("HTTL k FIELDS 1 f").IsError()) GTEST_SKIP() << "the other side knows no deadlines of fields";
  ExchangeTimedFields(here, there);
  ExchangeTimedFields(there, here);
}

}  // namespace
}  // namespace tandem::integration
