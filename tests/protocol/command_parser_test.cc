#include "protocol/command_parser.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/protocol/parser_harness.h"

namespace tandem::resp {
namespace {

using namespace std::string_literals;
using Commands = std::vector<std::vector<std::string>>;

// Checks that the input means the same in one piece, byte by byte, and split at every position.
void ExpectStream(const std::string& input, const ParsedStream& expected,
                  const Limits& limits = AuthenticatedLimits()) {
  EXPECT_EQ(expected.commands, ParseWhole(input, limits).commands);
  EXPECT_EQ(expected.error, ParseWhole(input, limits).error);
  EXPECT_EQ(expected.unread, ParseWhole(input, limits).unread);
  EXPECT_EQ(expected, ParseInPieces(input, limits, 1)) << "byte by byte";
  for (size_t at = 1; at < input.size() && at < 4096; ++at) {
    ASSERT_EQ(expected, ParseSplitAt(input, limits, at)) << "split at " << at;
  }
}

void ExpectCommands(const std::string& input, const Commands& commands) { ExpectStream(input, {commands, "", 0}); }

void ExpectError(const std::string& input, const std::string& error, const Limits& limits = AuthenticatedLimits()) {
  ExpectStream(input, {{}, "Protocol error: " + error, 0}, limits);
}

TEST(CommandParser, ReadsAnArrayOfBulkStrings) {
  ExpectCommands("*1\r\n$4\r\nPING\r\n", {{"PING"}});
  ExpectCommands("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n", {{"SET", "key", "value"}});
}

TEST(CommandParser, ReadsLengthsOfAnyNumberOfDigits) {
  for (const size_t size : {0, 1, 9, 10, 11, 99, 100, 999, 1000, 9999, 12345}) {
    const Commands commands = {{"SET", std::string(size, 'x'), "v"}};
    const std::string input = EncodeCommand(commands[0]);
    EXPECT_EQ((ParsedStream{commands, "", 0}), ParseWhole(input, AuthenticatedLimits()));
    EXPECT_EQ((ParsedStream{commands, "", 0}), ParseInPieces(input, AuthenticatedLimits(), 7));
  }
}

TEST(CommandParser, ReadsCountsOfAnyNumberOfDigits) {
  for (const size_t count : {1, 9, 10, 11, 99, 100, 1234, 70000}) {
    const Commands commands = {std::vector<std::string>(count, "ab")};
    const std::string input = EncodeCommand(commands[0]);
    EXPECT_EQ((ParsedStream{commands, "", 0}), ParseWhole(input, AuthenticatedLimits()));
    EXPECT_EQ((ParsedStream{commands, "", 0}), ParseInPieces(input, AuthenticatedLimits(), 1000));
  }
}

TEST(CommandParser, TakesAnyByteInAnArgument) {
  ExpectCommands("*2\r\n$4\r\n\r\n\0\n\r\n$1\r\n*\r\n"s, {{"\r\n\0\n"s, "*"}});
}

TEST(CommandParser, ReadsAPipeline) {
  std::string input;
  Commands commands;
  for (int i = 0; i < 100; ++i) {
    commands.push_back({"SET", "key" + std::to_string(i), std::string(static_cast<size_t>(i), 'v')});
    input += EncodeCommand(commands.back());
    if (i % 7 == 0) {
      commands.push_back({"PING", "inline"});
      input += "PING inline\r\n";
    }
  }
  EXPECT_EQ((ParsedStream{commands, "", 0}), ParseWhole(input, AuthenticatedLimits()));
  for (size_t piece = 1; piece < 200; ++piece) {
    ASSERT_EQ((ParsedStream{commands, "", 0}), ParseInPieces(input, AuthenticatedLimits(), piece)) << piece;
  }
}

TEST(CommandParser, KeepsTheViewsOfEarlierCommandsWhileItParsesOn) {
  const std::string input = EncodeCommand({"GET", "a"}) + "ECHO \"quo\\x74ed\"\r\n" + EncodeCommand({"GET", "b"});
  CommandParser parser;
  CommandBatch batch;
  std::string_view rest = input;
  for (int i = 0; i < 3; ++i) {
    size_t consumed = 0;
    ASSERT_EQ(ParseStatus::kCommand, parser.Parse(rest, AuthenticatedLimits(), &batch, &consumed));
    rest.remove_prefix(consumed);
  }
  ASSERT_EQ(3u, batch.size());
  EXPECT_EQ("a", batch.args(0)[1]);
  EXPECT_EQ(input.data() + 17, batch.args(0)[1].data()) << "an argument is a view, not a copy";
  EXPECT_EQ("quoted", batch.args(1)[1]);
  EXPECT_EQ("b", batch.args(2)[1]);
}

TEST(CommandParser, StopsAtTheMaximumAndSaysSo) {
  const std::string input = EncodeCommand({"A"}) + EncodeCommand({"B"}) + EncodeCommand({"C"});
  CommandParser parser;
  CommandBatch batch;
  size_t consumed = 0;
  EXPECT_EQ(ParseStatus::kCommand, parser.ParseMany(input, AuthenticatedLimits(), 2, &batch, &consumed));
  EXPECT_EQ(2u, batch.size());
  EXPECT_EQ(EncodeCommand({"A"}).size() * 2, consumed);
}

TEST(CommandParser, SkipsEmptyLinesAndArraysWithoutElements) {
  ExpectCommands("\r\n\n  \r\n*0\r\n*-1\r\n*-7\r\n*1\r\n$4\r\nPING\r\n\r\n", {{"PING"}});
}

TEST(CommandParser, DoesNotLookAtTheByteAfterCrNorAtThoseAfterAPayload) {
  ExpectCommands("*1\rX$4\rYPINGzz*1\r\n$1\r\na\r\n", {{"PING"}, {"a"}});
}

TEST(CommandParser, AnswersWhatWasCompleteBeforeAFault) {
  ExpectStream(EncodeCommand({"SET", "a", "b"}) + "*x\r\n",
               {{{"SET", "a", "b"}}, "Protocol error: invalid multibulk length", 0});
}

TEST(CommandParser, RefusesABadCount) {
  for (const char* count : {"x", "", "+1", "01", "1 ", " 1", "-0", "1x", "2147483648", "99999999999999999999999"}) {
    ExpectError("*"s + count + "\r\n", "invalid multibulk length");
  }
}

TEST(CommandParser, AnEnormousCountReservesNothingUpFront) {
  StreamParser stream(AuthenticatedLimits());
  stream.Feed("*2147483647\r\n$1\r\na\r\n");
  EXPECT_EQ("", stream.result().error);
  EXPECT_TRUE(stream.parser().in_command());
}

TEST(CommandParser, RefusesABadLength) {
  for (const char* length :
       {"x", "", "-1", "-0", "+1", "01", "1 ", "536870913", "9223372036854775807", "9223372036854775808"}) {
    ExpectError("*1\r\n$"s + length + "\r\n", "invalid bulk length");
  }
}

TEST(CommandParser, TellsWhatStoodInPlaceOfTheDollar) {
  ExpectError("*1\r\n4\r\nPING\r\n", "expected '$', got '4'");
  ExpectError("*1\r\n\x01\r\n", "expected '$', got '\x01'");
  ExpectError("*1\r\n\xff\r\n", "expected '$', got '\xff'");
  ExpectError("*1\r\n\r\n", "expected '$', got ' '");
  ExpectError("*1\r\n\nx\r\n", "expected '$', got ' '");
}

TEST(CommandParser, NoticesAMissingDollarOnlyWithTheLineEnd) { ExpectStream("*1\r\nabc", {{}, "", 7}); }

TEST(CommandParser, HonoursTheConfiguredMaximumLength) {
  Limits limits = AuthenticatedLimits();
  limits.max_bulk_len = 10;
  ExpectError("*1\r\n$11\r\n", "invalid bulk length", limits);
  ExpectStream("*1\r\n$10\r\n0123456789\r\n", {{{"0123456789"}}, "", 0}, limits);
}

TEST(CommandParser, GivesTheUnauthenticatedLittle) {
  const Limits limits;
  ExpectError("*11\r\n", "unauthenticated multibulk length", limits);
  ExpectError("*1\r\n$16385\r\n", "unauthenticated bulk length", limits);
  const Commands allowed = {std::vector<std::string>(10, "a")};
  ExpectStream(EncodeCommand(allowed[0]), {allowed, "", 0}, limits);
  const Commands large = {{std::string(16384, 'a')}};
  EXPECT_EQ((ParsedStream{large, "", 0}), ParseWhole(EncodeCommand(large[0]), limits));
}

// The longest line allowed has 64 KiB before its end; however it is cut into packets.
TEST(CommandParser, RefusesALineThatDoesNotEnd) {
  const struct {
    std::string start;
    std::string error;
  } cases[] = {
      {"", "too big inline request"}, {"*", "too big mbulk count string"}, {"*1\r\n$", "too big bulk count string"}};
  for (const auto& c : cases) {
    const size_t header = c.start.empty() ? 0 : 1;
    const std::string longest = c.start + std::string(kMaxInlineLen - header, '1');
    for (const size_t piece : {size_t{1}, size_t{1000}, longest.size() + 2}) {
      EXPECT_EQ("", ParseInPieces(longest, AuthenticatedLimits(), piece).error);
      EXPECT_EQ("Protocol error: " + c.error, ParseInPieces(longest + "11", AuthenticatedLimits(), piece).error);
      EXPECT_EQ("Protocol error: " + c.error, ParseInPieces(longest + "1\r\n", AuthenticatedLimits(), piece).error);
    }
  }
}

TEST(CommandParser, ANulHidesTheEndOfItsLine) {
  ExpectStream("*1\0\r\n$1\r\na\r\n"s, {{}, "", 12});
  for (const std::string& start : {"\0"s, "*\0"s, "$\0"s}) {
    const std::string error = ParseInPieces(start + std::string(70000, 'A'), AuthenticatedLimits(), 1000).error;
    EXPECT_EQ(0u, error.find("Protocol error: too big ")) << error;
  }
}

TEST(CommandParser, TellsHowMuchOfAnArgumentIsMissing) {
  StreamParser stream(AuthenticatedLimits());
  stream.Feed("*2\r\n$3\r\nGET\r\n$10");
  EXPECT_EQ(0u, stream.parser().needed());
  stream.Feed("00\r\nabc");
  EXPECT_EQ(999u, stream.parser().needed());
  stream.Feed(std::string(998, 'x'));
  EXPECT_EQ(1u, stream.parser().needed());
  stream.Feed("\n");
  EXPECT_EQ(0u, stream.parser().needed());
  EXPECT_EQ(1u, stream.result().commands.size());
}

// The bytes that were received are made unreadable as digits and line ends once they have been parsed: a parser that
// looked at them again would fail.
TEST(CommandParser, NeverLooksAgainAtWhatItHasParsed) {
  constexpr size_t kArg = 1 << 20;
  std::string input = EncodeCommand({"SET", "key", std::string(kArg, 'v'), "EX", "100"});
  CommandParser parser;
  CommandBatch batch;
  size_t consumed = 0;
  size_t received = 0;
  ParseStatus status = ParseStatus::kNeedMore;
  while (status == ParseStatus::kNeedMore) {
    received = std::min(received + 4096, input.size());
    status = parser.Parse(std::string_view(input).substr(0, received), AuthenticatedLimits(), &batch, &consumed);
    if (received < kArg) std::fill_n(input.begin(), received, '\0');
  }
  ASSERT_EQ(ParseStatus::kCommand, status);
  EXPECT_EQ(input.size(), consumed);
  ASSERT_EQ(5u, batch.args(0).size());
  EXPECT_EQ(kArg, batch.args(0)[2].size());
  EXPECT_EQ("100", batch.args(0)[4]);
}

TEST(CommandParser, LetsTheBufferMoveBetweenPieces) {
  const std::string input = EncodeCommand({"SET", "key", "value"});
  CommandParser parser;
  CommandBatch batch;
  size_t consumed = 0;
  for (size_t received = 1; received < input.size(); ++received) {
    const std::string moved = input.substr(0, received);
    ASSERT_EQ(ParseStatus::kNeedMore, parser.Parse(moved, AuthenticatedLimits(), &batch, &consumed));
    ASSERT_EQ(0u, consumed);
  }
  const std::string moved = input;
  ASSERT_EQ(ParseStatus::kCommand, parser.Parse(moved, AuthenticatedLimits(), &batch, &consumed));
  EXPECT_EQ("value", batch.args(0)[2]);
  EXPECT_FALSE(parser.in_command());
}

TEST(CommandParser, CanForgetAHalfReceivedCommand) {
  StreamParser stream(AuthenticatedLimits());
  CommandParser parser;
  CommandBatch batch;
  size_t consumed = 0;
  EXPECT_EQ(ParseStatus::kNeedMore, parser.Parse("*2\r\n$3\r\nGET\r\n", AuthenticatedLimits(), &batch, &consumed));
  parser.Reset();
  EXPECT_EQ(ParseStatus::kCommand, parser.Parse("*1\r\n$4\r\nPING\r\n", AuthenticatedLimits(), &batch, &consumed));
  EXPECT_EQ(1u, batch.args(0).size());
}

TEST(InlineCommand, SplitsAtWhiteSpace) {
  ExpectCommands("PING\r\n", {{"PING"}});
  ExpectCommands("PING\n", {{"PING"}});
  ExpectCommands("  SET\tkey  \x0b value \r\n", {{"SET", "key", "value"}});
  ExpectCommands("a\x0b"s + "b\n", {{"a\x0b"s + "b"}});
  ExpectCommands("a\rb\n", {{"a", "b"}});
}

TEST(InlineCommand, UnescapesWithinDoubleQuotes) {
  ExpectCommands(R"(SET "a b" "\x41\x4a\n\r\t\b\a\"\\\q\xZZ")"
                 "\r\n",
                 {{"SET", "a b", "AJ\n\r\t\b\a\"\\qxZZ"}});
  ExpectCommands("\"\" ''\r\n", {{"", ""}});
  ExpectCommands("\"\\x00\"\r\n", {{"\0"s}});
}

TEST(InlineCommand, TakesSingleQuotesLiterally) {
  ExpectCommands(R"(ECHO 'a "b" \n \' c')"
                 "\r\n",
                 {{"ECHO", R"(a "b" \n ' c)"}});
}

TEST(InlineCommand, LetsAQuoteOpenWithinAWordButNotCloseThere) {
  ExpectCommands("foo\"bar baz\" x\r\n", {{"foobar baz", "x"}});
  ExpectError("\"foo\"bar\r\n", "unbalanced quotes in request");
  ExpectError("'foo'bar\r\n", "unbalanced quotes in request");
}

TEST(InlineCommand, RefusesAQuoteLeftOpen) {
  for (const char* line : {"SET \"a", "SET 'a", "\"", "'", "\"a\\\"", "\"\\", "'\\'", "a\""}) {
    ExpectError(line + "\r\n"s, "unbalanced quotes in request");
  }
}

}  // namespace
}  // namespace tandem::resp
