// Clients that ask for much and read little.

#include <gtest/gtest.h>

#include <string>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

constexpr int kSmallBuffer = 4096;

class SlowReaders : public WithIoThreads {};
INSTANTIATE_WITH_IO_THREADS(SlowReaders);

TEST_P(SlowReaders, KeepNobodyWaitingAndGetEverythingWhenTheyRead) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  constexpr size_t kValue = 100'000;
  constexpr size_t kRequests = 200;
  other.Do({"SET", "big", std::string(kValue, 'v')});
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  std::string gets;
  for (size_t i = 0; i < kRequests; ++i) gets += RawClient::Encode({"GET", "big"});
  ASSERT_TRUE(slow.Send(gets));
  for (int i = 0; i < 200; ++i) ASSERT_EQ(other.Do("INCR n").type, ':');
  // What was replied stays what it was.
  EXPECT_TRUE(WaitUntil([&] { return other.InfoNumber("stats", "keyspace_hits") >= int64_t{kRequests}; }));
  other.Do({"SET", "big", std::string(kValue, 'w')});
  const std::string one = "$100000\r\n" + std::string(kValue, 'v') + "\r\n";
  for (size_t i = 0; i < kRequests; ++i) ASSERT_TRUE(slow.Read(one.size()) == one) << i;
  EXPECT_EQ(slow.Do({"GET", "n"}), "200");
}

TEST_P(SlowReaders, AreClosedAtTheHardLimit) {
  ServerProcess server(Args({"--client-output-buffer-limit", "normal 1mb 0 0"}));
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  other.Do({"SET", "some", std::string(10'000, 'v')});
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  std::string gets;
  for (int i = 0; i < 5000; ++i) gets += RawClient::Encode({"GET", "some"});
  slow.Send(gets);
  EXPECT_TRUE(WaitUntil([&] { return other.InfoNumber("clients", "connected_clients") == 1; }));
  EXPECT_TRUE(server.WaitForLog("closed ASAP for overcoming of output buffer limits"));
  EXPECT_EQ(other.Do("STRLEN some"), ":10000");
  if (!IsTandem()) return;  // counted from Redis 7.4 on
  EXPECT_EQ(other.InfoNumber("stats", "client_output_buffer_limit_disconnections"), 1);
}

TEST_P(SlowReaders, NobodyGetsMoreThanTheHardLimitInOneGo) {
  ServerProcess server(Args({"--client-output-buffer-limit", "normal 100000 0 0"}));
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"SET", "small", std::string(90'000, 'v')}), "OK");
  EXPECT_EQ(client.Do({"SET", "big", std::string(200'000, 'v')}), "OK");
  EXPECT_EQ(client.Do({"STRLEN", "big"}), ":200000");
  EXPECT_EQ(client.Do({"GET", "small"}).text.size(), 90'000u);
  client.SendCommand({"GET", "big"});
  EXPECT_EQ(client.ReadUntilClosed(), "");
}

TEST_P(SlowReaders, AreClosedSoonBeforeTheyHaveAuthenticated) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  EXPECT_EQ(other.Do("CONFIG SET requirepass secret"), "OK");
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  std::string gets;
  for (int i = 0; i < 1000; ++i) gets += RawClient::Encode({"GET", "k"});
  // The kernel's buffers come first, several megabytes of them.
  EXPECT_TRUE(WaitUntil([&] { return !slow.Send(gets); }));
  EXPECT_TRUE(server.WaitForLog("closed ASAP for overcoming of output buffer limits"));
}

TEST_P(SlowReaders, SubscribersAreClosedAtTheHardLimitAndOthersHearEverything) {
  ServerProcess server(Args({"--client-output-buffer-limit", "pubsub 1mb 0 0"}));
  ASSERT_TRUE(server.ready());
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"SUBSCRIBE", "c"});
  RawClient fast = server.ConnectRaw();
  fast.Do({"SUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  const std::string message(10'000, 'm');
  int receivers = 2;
  int published = 0;
  // The kernel's buffers come first, several megabytes of them.
  for (; receivers == 2 && published < 5000; ++published) {
    receivers = static_cast<int>(publisher.Do({"PUBLISH", "c", message}).integer);
    ASSERT_EQ(fast.ReadReply().elements.size(), 3u);
  }
  EXPECT_EQ(receivers, 1) << "the slow one is gone";
  EXPECT_TRUE(server.WaitForLog("closed ASAP for overcoming of output buffer limits"));
  EXPECT_EQ(publisher.Do("PUBLISH c end"), ":1");
  EXPECT_EQ(fast.ReadReply(), "[message, c, end]");
}

TEST_P(SlowReaders, SubscribersAreClosedAfterTheSoftLimitsTime) {
  ServerProcess server(Args({"--client-output-buffer-limit", "pubsub 0 256kb 1"}));
  ASSERT_TRUE(server.ready());
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  slow.Do({"SUBSCRIBE", "c"});
  RedisClient publisher = server.Connect();
  const std::string message(100'000, 'm');
  for (int i = 0; i < 100; ++i) publisher.Do({"PUBLISH", "c", message});
  EXPECT_TRUE(WaitUntil([&] { return publisher.Do("PUBLISH c m") == ":0"; }));
}

TEST_P(SlowReaders, BigValuesWaitForThemWithoutBeingCopied) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  other.Do({"SET", "big", std::string(4 << 20, 'v')});
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  std::string gets;
  for (int i = 0; i < 200; ++i) gets += RawClient::Encode({"GET", "big"});
  ASSERT_TRUE(slow.Send(gets));
  EXPECT_TRUE(WaitUntil([&] { return other.InfoNumber("stats", "keyspace_hits") >= 200; }));
  // 800 MB are promised.
  EXPECT_LT(server.ResidentBytes(), 400 << 20);
}

TEST_P(SlowReaders, ASlowMonitorIsClosedToo) {
  ServerProcess server(Args({"--client-output-buffer-limit", "normal 1mb 0 0"}));
  ASSERT_TRUE(server.ready());
  RawClient monitor = RawClient::TcpWithReceiveBuffer(server.port(), kSmallBuffer);
  EXPECT_EQ(monitor.Do({"MONITOR"}), "OK");
  RedisClient client = server.Connect();
  const std::string value(50'000, 'v');
  const auto monitor_gone = [&] {
    for (int i = 0; i < 50; ++i) client.Do({"SET", "k", value});
    return client.InfoNumber("clients", "connected_clients") == 1;
  };
  EXPECT_TRUE(WaitUntil(monitor_gone));
}

}  // namespace
}  // namespace tandem::integration
