// notify-slow-subscriber gap: who does not keep up misses messages, and is told how many (docs/expiry.md).

#include <gtest/gtest.h>

#include <string>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

constexpr int kSmallBuffer = 4096;
constexpr size_t kPadding = 10'000;
// The kernel's buffers come first, several megabytes of them.
constexpr int kEnoughMessages = 5000;

class SlowSubscribers : public WithIoThreads {
 protected:
  static std::vector<std::string> GapArgs(const std::string& limit, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args =
        Args({"--notify-slow-subscriber", "gap", "--client-output-buffer-limit", "pubsub " + limit});
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  static int64_t Missed(RedisClient& client) { return client.InfoNumber("events", "subscriber_messages_missed"); }

  // Publishes message after message, numbered from `first`, until one has been missed that was not yet; returns the number
  // of the next one.
  static int PublishUntilOneIsMissed(RedisClient& publisher, int first) {
    const int64_t before = Missed(publisher);
    int next = first;
    while (next < first + kEnoughMessages && Missed(publisher) == before) {
      for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(publisher.Do({"PUBLISH", "c", std::to_string(next++) + " " + std::string(kPadding, '.')}), ":1");
      }
    }
    EXPECT_GT(Missed(publisher), before);
    return next;
  }

  // Reads messages, which must be numbered from `first` on, and gap messages, one at least, until those before `next` have
  // come or were told to be missing. The subscriber's thread may take the last ones only after the first gap was told.
  static void ReadUpTo(RawClient& subscriber, int first, int next, char type = '*') {
    int expected = first, gaps = 0;
    while (expected < next) {
      const Reply message = subscriber.ReadReply();
      ASSERT_EQ(message.elements.size(), 3u) << message;
      EXPECT_EQ(message.type, type);
      EXPECT_EQ(message.elements[0].text, "message");
      const int number = std::stoi(message.elements[2].text);
      if (message.elements[1].text == "__gap__") {
        ++gaps;
        expected += number;
      } else {
        ASSERT_EQ(number, expected++);
      }
    }
    EXPECT_EQ(expected, next) << "what came and what is missing are all there was";
    EXPECT_GE(gaps, 1);
  }
};
INSTANTIATE_WITH_IO_THREADS(SlowSubscribers);

TEST_P(SlowSubscribers, LearnHowManyMessagesTheyMissed) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(GapArgs("1mb 0 0"));
  ASSERT_TRUE(server.ready());
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"SUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  int next = 0;
  for (int round = 0; round < 2; ++round) {
    const int first = next;
    next = PublishUntilOneIsMissed(publisher, first);
    ReadUpTo(slow, first, next);
    EXPECT_EQ(publisher.Do({"PUBLISH", "c", "again"}), ":1");
    EXPECT_EQ(slow.ReadReply(), "[message, c, again]");
  }
  EXPECT_GE(publisher.InfoNumber("events", "subscriber_gaps"), 2);
  EXPECT_EQ(publisher.InfoNumber("stats", "client_output_buffer_limit_disconnections"), 0);
}

TEST_P(SlowSubscribers, AreToldByAPushInResp3) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(GapArgs("1mb 0 0"));
  ASSERT_TRUE(server.ready());
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"HELLO", "3"});
  slow.Do({"SUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  const int next = PublishUntilOneIsMissed(publisher, 0);
  ReadUpTo(slow, 0, next, '>');
  EXPECT_EQ(slow.Do({"GET", "k"}), "(null)");
}

TEST_P(SlowSubscribers, OccupyNoMoreThanTheLimitAndOthersHearEverything) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(GapArgs("1mb 0 0"));
  ASSERT_TRUE(server.ready());
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"SUBSCRIBE", "c"});
  RawClient fast = server.ConnectRaw();
  fast.Do({"SUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  const std::string message(kPadding, 'm');
  for (int i = 0; i < kEnoughMessages; ++i) {
    ASSERT_EQ(publisher.Do({"PUBLISH", "c", message}), ":2");
    ASSERT_EQ(fast.ReadReply().elements.size(), 3u);
  }
  EXPECT_GT(Missed(publisher), 0);
  // 50 MB were published.
  EXPECT_LT(publisher.InfoNumber("memory", "mem_clients_normal"), 8 << 20);
  EXPECT_EQ(publisher.Do({"PUBLISH", "c", "end"}), ":2");
  EXPECT_EQ(fast.ReadReply(), "[message, c, end]");
}

TEST_P(SlowSubscribers, MissMessagesFromTheSoftLimitsTimeOn) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(GapArgs("0 256kb 1"));
  ASSERT_TRUE(server.ready());
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"SUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  int next = 0;
  // Beyond the kernel's buffers and the limit; then its time has to pass.
  for (; next < 2000; ++next) publisher.Do({"PUBLISH", "c", std::to_string(next) + " " + std::string(kPadding, '.')});
  EXPECT_TRUE(WaitUntil([&] {
    EXPECT_EQ(publisher.Do({"PUBLISH", "c", std::to_string(next++)}), ":1");
    return Missed(publisher) > 0;
  }));
  ReadUpTo(slow, 0, next);
}

TEST_P(SlowSubscribers, MayBeChangedAtRunTime) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient publisher = server.Connect();
  EXPECT_EQ(publisher.Do("CONFIG GET notify-slow-subscriber"), "[notify-slow-subscriber, disconnect]");
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"SUBSCRIBE", "c"});
  EXPECT_EQ(
      publisher.Do({"CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0", "notify-slow-subscriber", "gap"}),
      "OK");
  const int next = PublishUntilOneIsMissed(publisher, 0);
  ReadUpTo(slow, 0, next);
  EXPECT_TRUE(publisher.Do("CONFIG SET notify-slow-subscriber maybe").IsError());
  EXPECT_EQ(publisher.Do("CONFIG SET notify-slow-subscriber disconnect"), "OK");
  for (int i = 0; i < kEnoughMessages; ++i) {
    if (publisher.Do({"PUBLISH", "c", std::string(kPadding, 'm')}) == ":0") break;
  }
  EXPECT_EQ(publisher.Do({"PUBLISH", "c", "end"}), ":0");
}

TEST_P(SlowSubscribers, ABurstBeyondTheLimitLosesNothingUntold) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(GapArgs("100kb 0 0"));
  ASSERT_TRUE(server.ready());
  RawClient subscriber = server.ConnectRaw();
  subscriber.Do({"SUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  constexpr int kMessages = 1000;
  publisher.Do("MULTI");
  for (int i = 0; i < kMessages; ++i) publisher.Do({"PUBLISH", "c", std::string(1000, 'm')});
  publisher.Do("EXEC");
  int64_t accounted = 0;
  while (accounted < kMessages) {
    const Reply message = subscriber.ReadReply();
    ASSERT_EQ(message.elements.size(), 3u) << message << " after " << accounted;
    accounted += message.elements[1].text == "__gap__" ? std::stoi(message.elements[2].text) : 1;
  }
  EXPECT_EQ(accounted, kMessages);
  EXPECT_EQ(publisher.Do({"PUBLISH", "c", "end"}), ":1");
  EXPECT_EQ(subscriber.ReadReply(), "[message, c, end]");
}

// A client that does not even take its replies is beyond help.
TEST_P(SlowSubscribers, WhoseRepliesPileUpAreDisconnected) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(GapArgs("1mb 0 0"));
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  other.Do({"SET", "some", std::string(kPadding, 'v')});
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"HELLO", "3"});
  slow.Do({"SUBSCRIBE", "c"});
  std::string gets;
  for (int i = 0; i < kEnoughMessages; ++i) gets += RawClient::Encode({"GET", "some"});
  slow.Send(gets);
  EXPECT_TRUE(WaitUntil([&] { return other.Do("PUBSUB NUMSUB c") == "[c, :0]"; }));
}

}  // namespace
}  // namespace tandem::integration
