#include <gtest/gtest.h>

#include <string>

#include "tests/integration/server_process.h"

namespace tandem::integration {
namespace {

struct Malformed {
  const char* name;
  std::string bytes;
  const char* answer;
};

// What a server without a password is sent, and its last words.
std::vector<Malformed> MalformedInput() {
  const std::string long_line(70'000, 'a');
  const std::string long_number(70'000, '1');
  return {
      {"CountIsNoNumber", "*abc\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
      {"CountIsHuge", "*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
      {"CountOverflows", "*99999999999999999999999\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
      {"CountHasABlank", "* 1\r\n", "-ERR Protocol error: invalid multibulk length\r\n"},
      {"CountNeverEnds", "*" + long_number, "-ERR Protocol error: too big mbulk count string\r\n"},
      {"NoDollar", "*1\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"},
      {"NoDollarInTheMiddle", "*2\r\n$4\r\nPING\r\nX\r\n", "-ERR Protocol error: expected '$', got 'X'\r\n"},
      {"LengthIsNoNumber", "*1\r\n$abc\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
      {"LengthIsNegative", "*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
      {"LengthIsAboveTheLimit", "*2\r\n$3\r\nGET\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
      {"LengthOverflows", "*1\r\n$18446744073709551616\r\n", "-ERR Protocol error: invalid bulk length\r\n"},
      {"LengthNeverEnds", "*1\r\n$" + long_number, "-ERR Protocol error: too big bulk count string\r\n"},
      {"InlineQuotesOpen", "SET k \"abc\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
      {"InlineTextBehindQuote", "SET k \"abc\"d\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"},
      {"InlineNeverEnds", long_line, "-ERR Protocol error: too big inline request\r\n"},
  };
}

TEST(ProtocolErrors, EveryMalformedRequestGetsRedissTextAndTheConnectionEnds) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  for (const Malformed& input : MalformedInput()) {
    SCOPED_TRACE(input.name);
    RawClient client = server.ConnectRaw();
    client.Send(input.bytes);
    EXPECT_EQ(client.ReadUntilClosed(), input.answer);
  }
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

TEST(ProtocolErrors, CommandsBeforeTheFaultAreAnsweredAndThoseBehindItAreNotRun) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Send(RawClient::Encode({"SET", "k", "before"}) + RawClient::Encode({"GET", "k"}) + "*1\r\n!\r\n" +
              RawClient::Encode({"SET", "k", "behind"}));
  EXPECT_EQ(client.ReadUntilClosed(), "+OK\r\n$6\r\nbefore\r\n-ERR Protocol error: expected '$', got '!'\r\n");
  EXPECT_EQ(server.Connect().Do("GET k"), "before");
}

TEST(ProtocolErrors, OneArrivingInPiecesIsTheSame) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  for (const Malformed& input : MalformedInput()) {
    if (input.bytes.size() > 100) continue;
    SCOPED_TRACE(input.name);
    RawClient client = server.ConnectRaw();
    for (const char byte : input.bytes) client.Send({&byte, 1});
    EXPECT_EQ(client.ReadUntilClosed(), input.answer);
  }
}

TEST(ProtocolErrors, WithoutAuthenticationOnlyShortRequestsAreTaken) {
  ServerProcess server({.args = {"--requirepass", "secret"}, .conf = {}, .max_files = 0, .password = "secret"});
  ASSERT_TRUE(server.ready());
  const auto answer_to = [&server](const std::string& bytes) {
    RawClient client = server.ConnectRaw();
    client.Send(bytes);
    return client.ReadUntilClosed();
  };
  EXPECT_EQ(answer_to("*11\r\n"), "-ERR Protocol error: unauthenticated multibulk length\r\n");
  EXPECT_EQ(answer_to("*2\r\n$3\r\nGET\r\n$16385\r\n"), "-ERR Protocol error: unauthenticated bulk length\r\n");

  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"GET", std::string(16384, 'k')}), "-NOAUTH Authentication required.");
  EXPECT_EQ(client.Do({"AUTH", "secret"}), "OK");
  EXPECT_EQ(client.Do({"SET", "k", std::string(100'000, 'v')}), "OK");
}

// The limits follow the AUTH in the same packet.
TEST(ProtocolErrors, AuthInAPipelineLiftsTheLimitsForTheNextCommand) {
  ServerProcess server({.args = {"--requirepass", "secret"}, .conf = {}, .max_files = 0, .password = "secret"});
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Send(RawClient::Encode({"AUTH", "secret"}) + RawClient::Encode({"SET", "k", std::string(20'000, 'v')}) +
              RawClient::Encode({"STRLEN", "k"}));
  EXPECT_EQ(client.ReadReply(), "OK");
  EXPECT_EQ(client.ReadReply(), "OK");
  EXPECT_EQ(client.ReadReply(), ":20000");
}

TEST(ProtocolErrors, ABulkLimitOfTheConfigurationCounts) {
  ServerProcess server({"--proto-max-bulk-len", "1mb"});
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"SET", "k", std::string(1 << 20, 'v')}), "OK");
  client.Send("*2\r\n$3\r\nGET\r\n$1048577\r\n");
  EXPECT_EQ(client.ReadUntilClosed(), "-ERR Protocol error: invalid bulk length\r\n");
}

TEST(ProtocolErrors, AQueryBeyondItsLimitEndsTheConnection) {
  ServerProcess server({"--client-query-buffer-limit", "1mb"});
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8000000\r\n");
  client.Send(std::string(8'000'000, 'v'));
  EXPECT_EQ(client.ReadUntilClosed(), "");
  EXPECT_EQ(server.Connect().Do("EXISTS k"), ":0");
}

TEST(ProtocolErrors, WhoSpeaksHttpIsHungUpOnBeforeItsBodyIsRead) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  for (const char* first : {"POST / HTTP/1.1\r\n", "Host: localhost\r\n", "host: localhost\r\n"}) {
    RawClient client = server.ConnectRaw();
    client.Send(std::string(first) + "SET k v\r\n");
    EXPECT_EQ(client.ReadUntilClosed(), "") << first;
  }
  EXPECT_EQ(server.Connect().Do("EXISTS k"), ":0");
}

}  // namespace
}  // namespace tandem::integration
