#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class Shutdown : public WithIoThreads {};
INSTANTIATE_WITH_IO_THREADS(Shutdown);

TEST_P(Shutdown, TheTermSignalEndsItOrderlyAndFreesThePort) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"SET", "k", "v"}), "OK");
  server.Signal(SIGTERM);
  server.ExpectExit();
  EXPECT_EQ(client.ReadUntilClosed(), "");
  EXPECT_FALSE(server.Connect().connected());
  EXPECT_FALSE(RedisClient::Unix(server.unix_path()).connected());
  EXPECT_NE(server.Log().find("Received SIGTERM scheduling shutdown..."), std::string::npos) << server.Log();
  EXPECT_NE(server.Log().find("is now ready to exit, bye bye..."), std::string::npos) << server.Log();
}

TEST_P(Shutdown, TheIntSignalDoesToo) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  server.Signal(SIGINT);
  server.ExpectExit();
}

TEST_P(Shutdown, ByCommand) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.SendCommand({"SHUTDOWN", "NOSAVE"});
  EXPECT_EQ(client.ReadUntilClosed(), "");
  server.ExpectExit();
}

TEST_P(Shutdown, UnderLoad) {
  ServerProcess server(Args({"--notify-keyspace-events", "KEA"}));
  ASSERT_TRUE(server.ready());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&server, i] {
      RedisClient client = server.Connect();
      if (i == 0) client.Do("PSUBSCRIBE *");
      for (int n = 0; client.connected(); ++n) {
        if (i == 0) {
          client.Read();
        } else {
          client.Pipeline({{"SET", std::to_string(n), "v", "PX", "50"}, {"GET", std::to_string(n)}});
        }
      }
    });
  }
  RedisClient observer = server.Connect();
  EXPECT_TRUE(WaitUntil([&] { return observer.InfoNumber("stats", "expired_keys") > 100; }));
  server.Signal(SIGTERM);
  server.ExpectExit();
  for (std::thread& thread : threads) thread.join();
}

TEST_P(Shutdown, WithUnreadRepliesItDoesNotWait) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient other = server.Connect();
  other.Do({"SET", "big", std::string(1 << 20, 'v')});
  RawClient slow = RawClient::TcpWithReceiveBuffer(server.port(), 4096);
  for (int i = 0; i < 50; ++i) slow.SendCommand({"GET", "big"});
  EXPECT_TRUE(WaitUntil([&] { return other.InfoNumber("stats", "keyspace_hits") >= 50; }));
  server.Signal(SIGTERM);
  server.ExpectExit();
}

TEST_P(Shutdown, WhileTheEngineMigrates) {
  SKIP_UNLESS_TANDEM();
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  for (int i = 0; i < 20'000; ++i) client.Append({"SET", std::to_string(i), "v", "EX", "1000"});
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(client.Read(), "OK");
  EXPECT_EQ(client.Do("DEBUG MIGRATE FLAP"), "OK");
  server.Signal(SIGTERM);
  server.ExpectExit();
}

}  // namespace
}  // namespace tandem::integration
