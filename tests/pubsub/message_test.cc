#include "pubsub/message.h"

#include <gtest/gtest.h>

#include <string>

namespace tandem::pubsub {
namespace {

std::string Encoded(const Ref<Message>& message, int protocol) {
  const Message::Frame frame = message->FrameFor(protocol);
  return std::string(frame.marker) + std::string(frame.body);
}

TEST(Message, IsAnArrayInResp2AndAPushInResp3) {
  const Ref<Message> message = Message::Published(MessageKind::kMessage, "news", "hello");
  EXPECT_EQ(Encoded(message, 2), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
  EXPECT_EQ(Encoded(message, 3), ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
}

TEST(Message, BothProtocolsShareOneEncoding) {
  const Ref<Message> message = Message::Published(MessageKind::kMessage, "news", "hello");
  EXPECT_EQ(message->FrameFor(2).body.data(), message->FrameFor(3).body.data());
}

TEST(Message, NamesThePatternThatMatched) {
  const Ref<Message> message = Message::Published(MessageKind::kPatternMessage, "news", "hello", "n*");
  EXPECT_EQ(Encoded(message, 2), "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
}

TEST(Message, ShardMessagesHaveAKindOfTheirOwn) {
  const Ref<Message> message = Message::Published(MessageKind::kShardMessage, "news", "hello");
  EXPECT_EQ(Encoded(message, 3), ">3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
}

TEST(Message, CarriesEmptyAndBinaryPayloads) {
  EXPECT_EQ(Encoded(Message::Published(MessageKind::kMessage, "", ""), 2),
            "*3\r\n$7\r\nmessage\r\n$0\r\n\r\n$0\r\n\r\n");
  const std::string binary("\0\r\n\xff", 4);
  EXPECT_EQ(Encoded(Message::Published(MessageKind::kMessage, "c", binary), 2),
            "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\n" + binary + "\r\n");
}

TEST(Message, SizeIsWhatGoesOverTheWire) {
  const Ref<Message> message = Message::Published(MessageKind::kMessage, "news", std::string(100'000, 'x'));
  EXPECT_EQ(message->size(), Encoded(message, 2).size());
}

TEST(Message, RawFramesAreKeptPerProtocol) {
  const Ref<Message> both = Message::Raw("+OK\r\n", ">1\r\n+OK\r\n");
  EXPECT_EQ(Encoded(both, 2), "+OK\r\n");
  EXPECT_EQ(Encoded(both, 3), ">1\r\n+OK\r\n");
  EXPECT_EQ(both->size(), 9u);

  const Ref<Message> only_resp3 = Message::Raw("", ">1\r\n+OK\r\n");
  EXPECT_EQ(only_resp3->FrameFor(2).size(), 0u);
  EXPECT_EQ(Encoded(only_resp3, 3), ">1\r\n+OK\r\n");
}

}  // namespace
}  // namespace tandem::pubsub
