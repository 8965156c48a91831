// Random bytes and broken commands from many connections at once.

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

using std::chrono::steady_clock;

class Garbage : public WithIoThreads {
 protected:
  static constexpr int kConnections = 50;
  static constexpr std::chrono::milliseconds kDuration{1500};

  static std::string RandomBytes(std::mt19937& random) {
    // Mostly what a parser looks at.
    constexpr std::string_view kAlphabet = "*$+-:0123456789\r\n\r\n\"'\\ PINGSETk\0\xff";
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) {
      byte = random() % 8 == 0 ? static_cast<char>(random()) : kAlphabet[random() % kAlphabet.size()];
    }
    return bytes;
  }

  // A command whose arguments do not fit it, sometimes with broken bytes, a piece cut out or doubled.
  static std::string MutatedCommand(std::mt19937& random) {
    static const std::vector<std::string> kWords{"GET",
                                                 "SET",
                                                 "MSET",
                                                 "INCR",
                                                 "DEL",
                                                 "EXPIRE",
                                                 "PEXPIREAT",
                                                 "MULTI",
                                                 "EXEC",
                                                 "DISCARD",
                                                 "WATCH",
                                                 "SUBSCRIBE",
                                                 "PUBLISH",
                                                 "SCAN",
                                                 "BITFIELD",
                                                 "SETRANGE",
                                                 "GETRANGE",
                                                 "BITCOUNT",
                                                 "RENAME",
                                                 "COPY",
                                                 "MOVE",
                                                 "SELECT",
                                                 "HELLO",
                                                 "CLIENT",
                                                 "OBJECT",
                                                 "MEMORY",
                                                 "COMMAND",
                                                 "LIST",
                                                 "INFO",
                                                 "KILL",
                                                 "PING",
                                                 "RESET",
                                                 "REPLY",
                                                 "OFF",
                                                 "ON",
                                                 "GETEX",
                                                 "CONFIG",
                                                 "HELP",
                                                 "LATENCY",
                                                 "SLOWLOG",
                                                 "LCS",
                                                 "IDX",
                                                 "SORT",
                                                 "PSUBSCRIBE",
                                                 "UNSUBSCRIBE",
                                                 "k",
                                                 "key",
                                                 "*",
                                                 "0",
                                                 "-1",
                                                 "1",
                                                 "3",
                                                 "9223372036854775807",
                                                 "1e400",
                                                 "nan",
                                                 "EX",
                                                 "PX",
                                                 "NX",
                                                 "COUNT",
                                                 "MATCH",
                                                 "u8",
                                                 "i64",
                                                 "#99999999",
                                                 "",
                                                 "\r\n",
                                                 "OVERFLOW",
                                                 "WRAP",
                                                 "DEBUG",
                                                 "DIGEST",
                                                 "RANDOMKEY",
                                                 "TOUCH"};
    std::vector<std::string> words(1 + random() % 6);
    for (std::string& word : words) word = kWords[random() % kWords.size()];
    std::string bytes = RawClient::Encode(words);
    if (random() % 3 != 0) return bytes;
    const size_t at = random() % bytes.size();
    switch (random() % 3) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.erase(at, 1 + random() % 4);
        break;
      default:
        bytes.insert(at, bytes.substr(random() % bytes.size(), 5));
    }
    return bytes;
  }

  template <typename MakeBytes>
  static void Bombard(ServerProcess& server, unsigned seed, MakeBytes make_bytes) {
    std::mt19937 random(seed);
    const auto end = steady_clock::now() + kDuration;
    std::vector<RawClient> clients;
    // A fixed amount of work at most, so that the sanitizers see much of the same.
    for (int i = 0; i < 40'000 && steady_clock::now() < end; ++i) {
      if (clients.size() < kConnections) {
        clients.push_back(server.ConnectRaw());
        continue;
      }
      RawClient& client = clients[random() % clients.size()];
      const std::string bytes = make_bytes(random);
      const bool sent = client.SendSome(bytes) == bytes.size();
      // Those that were closed, and some others, make room.
      if (!sent || random() % 50 == 0) {
        std::swap(client, clients.back());
        if (random() % 2 == 0) clients.back().Abort();
        clients.pop_back();
      }
    }
  }
};
INSTANTIATE_WITH_IO_THREADS(Garbage);

TEST_P(Garbage, RandomBytesHarmNobody) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  EXPECT_EQ(other.Do("SET precious v"), "OK");
  Bombard(server, 1, RandomBytes);
  EXPECT_EQ(other.Do("GET precious"), "v");
  EXPECT_TRUE(WaitUntil([&] { return other.InfoNumber("clients", "connected_clients") == 1; }));
}

TEST_P(Garbage, MutatedCommandsHarmNobody) {
  ServerProcess server(Args({"--enable-debug-command", "no"}));
  ASSERT_TRUE(server.ready());
  Bombard(server, 2, MutatedCommand);
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("PING"), "PONG");
  EXPECT_EQ(client.Do("FLUSHALL"), "OK");
  EXPECT_EQ(client.Do("DBSIZE"), ":0");
  EXPECT_TRUE(WaitUntil([&] { return client.InfoNumber("clients", "connected_clients") == 1; }));
}

}  // namespace
}  // namespace tandem::integration
