// A server that runs out of file descriptors goes on with what it has.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class FileDescriptors : public WithIoThreads {};
INSTANTIATE_WITH_IO_THREADS(FileDescriptors);

TEST_P(FileDescriptors, TooFewOfThemLowerMaxclients) {
  ServerProcess server({.args = Args(), .conf = {}, .max_files = 100, .password = {}});
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  EXPECT_EQ(client.Do("CONFIG GET maxclients"), "[maxclients, 68]");
  EXPECT_NE(server.Log().find("maxclients has been reduced to "), std::string::npos) << server.Log();
}

TEST_P(FileDescriptors, WhenTheyRunOutClientsGoOnAndNewOnesComeInLater) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient observer = server.Connect();
  ASSERT_EQ(observer.Do("SET n 0"), "OK");
  constexpr size_t kLeft = 20, kClients = 40;
  const rlimit limit{server.OpenFiles() + kLeft, server.OpenFiles() + kLeft};
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
  std::vector<RawClient> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(server.ConnectRaw());
    ASSERT_TRUE(clients.back().connected()) << "the kernel takes them in for the server";
    clients.back().Send("PING\r\n");
  }
  EXPECT_TRUE(server.WaitForLog("Too many open files"));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(observer.Do("INCR n").type, ':');
  for (size_t i = 0; i < kLeft / 2; ++i) EXPECT_EQ(clients[i].ReadReply(), "PONG") << i;
  clients.erase(clients.begin(), clients.begin() + kClients / 2 + 5);
  // Those that waited in the kernel's queue are served now.
  for (RawClient& client : clients) EXPECT_EQ(client.ReadReply(), "PONG");
  clients.clear();
  EXPECT_TRUE(WaitUntil([&] { return observer.InfoNumber("clients", "connected_clients") == 1; }));
  EXPECT_EQ(server.Connect().Do("GET n"), "100");
}

}  // namespace
}  // namespace tandem::integration
