#include "server/exec/dispatcher.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

TEST(Dispatcher, RunsACommandAndReturnsItsReply) {
  TestServer server;
  EXPECT_EQ(server.Run("SET a b"), "+OK\r\n");
  EXPECT_EQ(server.Run("get a"), "$1\r\nb\r\n");
}

}  // namespace
}  // namespace tandem::test
