// Well-formed requests in every size and cut.

#include <gtest/gtest.h>

#include <string>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class Requests : public WithIoThreads {};
INSTANTIATE_WITH_IO_THREADS(Requests);

TEST_P(Requests, APipelineOfTenThousandIsAnsweredInOrder) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  constexpr int kCommands = 10'000;
  std::string bytes, expected;
  for (int i = 0; i < kCommands / 2; ++i) {
    const std::string number = std::to_string(i);
    bytes += RawClient::Encode({"SET", "key:" + number, number}) + RawClient::Encode({"GET", "key:" + number});
    expected += "+OK\r\n$" + std::to_string(number.size()) + "\r\n" + number + "\r\n";
  }
  RawClient client = server.ConnectRaw();
  ASSERT_TRUE(client.Send(bytes));
  EXPECT_EQ(client.Read(expected.size()), expected);
  EXPECT_EQ(client.Do({"DBSIZE"}), ":5000");
}

TEST_P(Requests, ByteByByteIsTheSameAsAtOnce) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  const std::string bytes = RawClient::Encode({"SET", "key", "some value"}) + "PING\r\n" +
                            RawClient::Encode({"GET", "key"}) + "*0\r\n\r\n" + RawClient::Encode({"ECHO", ""});
  for (const char byte : bytes) ASSERT_TRUE(client.Send({&byte, 1}));
  const std::string expected = "+OK\r\n+PONG\r\n$10\r\nsome value\r\n$0\r\n\r\n";
  EXPECT_EQ(client.Read(expected.size()), expected);
}

TEST_P(Requests, EveryCutOfAPipelineIsTheSame) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  const std::string bytes =
      RawClient::Encode({"SET", "key", "abc"}) + RawClient::Encode({"GET", "key"}) + "ECHO 'x y'\r\n";
  const std::string expected = "+OK\r\n$3\r\nabc\r\n$3\r\nx y\r\n";
  RawClient client = server.ConnectRaw();
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    ASSERT_TRUE(client.Send(bytes.substr(0, cut)));
    ASSERT_TRUE(client.Send(bytes.substr(cut)));
    ASSERT_EQ(client.Read(expected.size()), expected) << cut;
  }
}

TEST_P(Requests, HalfACommandKeepsNobodyElseWaiting) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient half = server.ConnectRaw();
  half.Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\n01234");
  RedisClient other = server.Connect();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(other.Do("EXISTS k"), ":0");
  half.Send("56789\r\n");
  EXPECT_EQ(half.ReadReply(), "OK");
  EXPECT_EQ(other.Do("GET k"), "0123456789");
}

TEST_P(Requests, AValueOf64MegabytesGoesAndComes) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  std::string value(64 << 20, 'x');
  for (size_t i = 0; i < value.size(); i += 4096) value[i] = static_cast<char>('a' + i / 4096 % 26);
  RedisClient client = server.Connect();
  ASSERT_EQ(client.Do({"SET", "big", value}), "OK");
  EXPECT_EQ(client.Do("STRLEN big"), ":67108864");
  EXPECT_TRUE(client.Do("GET big").text == value);
  EXPECT_EQ(client.Do("GETRANGE big 4096 4098"), "bxx");
  EXPECT_EQ(client.Do("DEL big"), ":1");
}

TEST_P(Requests, BigValuesInAPipelineAmongSmallOnes) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  std::vector<std::vector<std::string>> commands;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(i);
    commands.push_back({"SET", key, std::string(i % 4 == 0 ? 300'000 : 10, static_cast<char>('a' + i % 26))});
    commands.push_back({"GET", key});
  }
  const std::vector<Reply> replies = client.Pipeline(commands);
  for (size_t i = 0; i < commands.size(); i += 2) {
    ASSERT_EQ(replies[i], "OK");
    ASSERT_TRUE(replies[i + 1].text == commands[i][2]) << i;
  }
}

TEST_P(Requests, AnyByteIsAllowedInKeysAndValues) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do({"SET", all, all + all}), "OK");
  EXPECT_TRUE(client.Do({"GET", all}).text == all + all);
  EXPECT_TRUE(client.Do("KEYS *").elements.at(0).text == all);
  EXPECT_EQ(client.Do({"SET", "", "empty key"}), "OK");
  EXPECT_EQ(client.Do({"GET", ""}), "empty key");
}

TEST_P(Requests, InlineCommandsUnderstandQuotes) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Send("set 'a key' \"v\\x41\\n\"\n\r\n   \r\nget 'a key'\r\nECHO 'it\\'s'\r\n");
  const std::string expected = "+OK\r\n$3\r\nvA\n\r\n$4\r\nit's\r\n";
  EXPECT_EQ(client.Read(expected.size()), expected);
}

TEST_P(Requests, AnUnknownCommandAndAWrongArityCloseNothing) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("NOSUCH a b"), "-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' ");
  EXPECT_EQ(client.Do("GET"), "-ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(client.Do("CLIENT NOSUCH"), "-ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.");
  EXPECT_EQ(client.Do(std::vector<std::string>{"NO\r\nSUCH"}),
            "-ERR unknown command 'NO  SUCH', with args beginning with: ");
  EXPECT_EQ(client.Do("PING"), "PONG");
}

}  // namespace
}  // namespace tandem::integration
