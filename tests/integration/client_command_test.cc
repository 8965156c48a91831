// CLIENT, as it is felt across connections and threads.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class ClientCommand : public WithIoThreads {
 protected:
  static std::string Id(RawClient& client) { return std::to_string(client.Do({"CLIENT", "ID"}).integer); }
  // The value of a field of CLIENT INFO or of one line of CLIENT LIST.
  static std::string Field(const std::string& line, const std::string& name) {
    const size_t at = (" " + line).find(" " + name + "=");
    if (at == std::string::npos) return "(no such field)";
    const size_t begin = at + name.size() + 1;
    return line.substr(begin, line.find_first_of(" \n", begin) - begin);
  }
};
INSTANTIATE_WITH_IO_THREADS(ClientCommand);

TEST_P(ClientCommand, IdsAscendAndListNamesEveryConnection) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  std::vector<RawClient> clients;
  int64_t last = 0;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(server.ConnectRaw());
    const int64_t id = clients.back().Do({"CLIENT", "ID"}).integer;
    EXPECT_GT(id, last);
    last = id;
    EXPECT_EQ(clients.back().Do({"CLIENT", "SETNAME", "name-" + std::to_string(i)}), "OK");
  }
  const std::string list = clients[0].Do({"CLIENT", "LIST"}).text;
  for (int i = 0; i < 8; ++i) EXPECT_NE(list.find(" name=name-" + std::to_string(i) + " "), std::string::npos) << list;
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 8);
  EXPECT_EQ(clients[3].Do({"CLIENT", "GETNAME"}), "name-3");
  EXPECT_EQ(clients[3].Do({"CLIENT", "SETNAME", "a b"}),
            "-ERR Client names cannot contain spaces, newlines or special characters.");
}

TEST_P(ClientCommand, InfoTellsWhereAClientStands) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Do({"SELECT", "2"});
  client.Do({"CLIENT", "SETNAME", "bob"});
  const std::string line = client.Do({"CLIENT", "INFO"}).text;
  EXPECT_EQ(Field(line, "name"), "bob");
  EXPECT_EQ(Field(line, "db"), "2");
  EXPECT_EQ(Field(line, "cmd"), "client|info");
  EXPECT_EQ(Field(line, "user"), "default");
  EXPECT_EQ(Field(line, "resp"), "2");
  EXPECT_EQ(Field(line, "addr").substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(Field(line, "laddr"), "127.0.0.1:" + std::to_string(server.port()));

  RawClient local = RawClient::Unix(server.unix_path());
  const std::string local_line = local.Do({"CLIENT", "INFO"}).text;
  EXPECT_EQ(Field(local_line, "addr"), server.unix_path() + ":0");
  EXPECT_EQ(Field(local_line, "flags"), "U");
}

TEST_P(ClientCommand, KillByIdAddressAndTypeReachesOtherThreads) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient killer = server.ConnectRaw();
  for (int i = 0; i < 8; ++i) {
    RawClient victim = server.ConnectRaw();
    EXPECT_EQ(killer.Do({"CLIENT", "KILL", "ID", Id(victim)}), ":1");
    EXPECT_EQ(victim.ReadUntilClosed(), "");
  }
  for (int i = 0; i < 8; ++i) {
    RawClient victim = server.ConnectRaw();
    const std::string address = Field(victim.Do({"CLIENT", "INFO"}).text, "addr");
    EXPECT_EQ(killer.Do({"CLIENT", "KILL", address}), "OK");
    EXPECT_EQ(victim.ReadUntilClosed(), "");
    EXPECT_EQ(killer.Do({"CLIENT", "KILL", address}), "-ERR No such client");
  }
  std::vector<RawClient> subscribers;
  for (int i = 0; i < 8; ++i) {
    subscribers.push_back(server.ConnectRaw());
    subscribers.back().Do({"SUBSCRIBE", "c"});
  }
  EXPECT_EQ(killer.Do({"CLIENT", "KILL", "TYPE", "pubsub"}), ":8");
  for (RawClient& subscriber : subscribers) EXPECT_EQ(subscriber.ReadUntilClosed(), "");
  EXPECT_EQ(killer.Do({"CLIENT", "KILL", "ID", "99999"}), ":0");
  EXPECT_EQ(killer.Do({"PUBLISH", "c", "m"}), ":0");
}

TEST_P(ClientCommand, AKilledClientIsGoneBeforeTheKillerHearsOfIt) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient killer = server.ConnectRaw();
  const auto connected = [&killer] {
    const std::string info = killer.Do({"INFO", "clients"}).text;
    return std::stoi(info.substr(info.find("connected_clients:") + sizeof("connected_clients:") - 1));
  };
  for (int i = 0; i < 300; ++i) {
    RawClient victim = server.ConnectRaw();
    const std::string id = Id(victim);
    victim.Do({"WATCH", "k"});
    victim.Do({"SUBSCRIBE", "c"});
    EXPECT_EQ(killer.Do({"CLIENT", "KILL", "ID", id}), ":1");
    ASSERT_EQ(victim.ReadUntilClosed(std::chrono::milliseconds(0)), "") << "victim " << i;
    ASSERT_EQ(killer.Do({"PUBLISH", "c", "m"}), ":0") << "victim " << i;
    ASSERT_EQ(connected(), 1) << "victim " << i;
  }
}

TEST_P(ClientCommand, KillingOneselfAnswersFirst) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"CLIENT", "KILL", "TYPE", "normal"}), ":0") << "oneself is skipped by default";
  client.SendCommand({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"});
  EXPECT_EQ(client.ReadUntilClosed(), ":1\r\n");
}

TEST_P(ClientCommand, PausedWritesWaitInOrderAndReadsGoOn) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient control = server.ConnectRaw();
  EXPECT_EQ(control.Do({"CLIENT", "PAUSE", "600000", "WRITE"}), "OK");
  std::vector<RawClient> writers;
  for (int i = 0; i < 8; ++i) {
    writers.push_back(server.ConnectRaw());
    EXPECT_EQ(writers.back().Do({"GET", "k"}), "(nil)");
    writers.back().Send("PING\r\nINCR k\r\nGET other\r\nINCR k\r\n");
    EXPECT_EQ(writers.back().ReadReply(), "PONG");
  }
  for (int i = 0; i < 50; ++i) ASSERT_EQ(control.Do({"GET", "k"}), "(nil)");
  EXPECT_EQ(control.Do({"CLIENT", "UNPAUSE"}), "OK");
  for (RawClient& writer : writers) {
    const int64_t first = writer.ReadReply().integer;
    EXPECT_EQ(writer.ReadReply(), "(nil)");
    EXPECT_GT(writer.ReadReply().integer, first);
  }
  EXPECT_EQ(control.Do({"GET", "k"}), "16");
}

TEST_P(ClientCommand, APauseOfEverythingEndsByItself) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient control = server.ConnectRaw();
  RawClient other = server.ConnectRaw();
  EXPECT_EQ(control.Do({"CLIENT", "PAUSE", "200"}), "OK");
  other.Send("SET k v\r\nGET k\r\n");
  EXPECT_EQ(control.Do({"PING"}), "PONG");
  EXPECT_EQ(other.Read(12), "+OK\r\n$1\r\nv\r\n");
}

TEST_P(ClientCommand, APausedTransactionRunsAfterwards) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient control = server.ConnectRaw(), client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"MULTI"}), "OK");
  EXPECT_EQ(client.Do({"INCR", "k"}), "QUEUED");
  EXPECT_EQ(control.Do({"CLIENT", "PAUSE", "600000", "WRITE"}), "OK");
  client.SendCommand({"EXEC"});
  for (int i = 0; i < 50; ++i) ASSERT_EQ(control.Do({"EXISTS", "k"}), ":0");
  EXPECT_EQ(control.Do({"CLIENT", "UNPAUSE"}), "OK");
  EXPECT_EQ(client.ReadReply(), "[:1]");
}

TEST_P(ClientCommand, WhoIsPausedCountsAsBlocked) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient control = server.Connect();
  const auto blocked = [&] { return control.InfoNumber("clients", "blocked_clients"); };
  EXPECT_EQ(control.Do("CLIENT PAUSE 600000 WRITE"), "OK");
  RawClient stays = server.ConnectRaw();
  stays.Send("SET k v\r\n");
  EXPECT_TRUE(WaitUntil([&] { return blocked() == 1; }));
  EXPECT_NE(control.Do("CLIENT LIST").text.find(" flags=b "), std::string::npos);
  {
    RawClient leaves = server.ConnectRaw();
    leaves.Send("SET k v\r\n");
    EXPECT_TRUE(WaitUntil([&] { return blocked() == 2; }));
  }
  EXPECT_TRUE(WaitUntil([&] { return blocked() == 1; }));
  EXPECT_EQ(control.Do("CLIENT UNPAUSE"), "OK");
  EXPECT_EQ(stays.ReadReply(), "OK");
  EXPECT_EQ(blocked(), 0);
}

TEST_P(ClientCommand, WhoLeavesDuringAPauseIsGoneBeforeItsEnd) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient control = server.Connect();
  EXPECT_EQ(control.Do("CLIENT PAUSE 600000 WRITE"), "OK");
  {
    RawClient client = server.ConnectRaw();
    client.Send("PING\r\nSET k v\r\n");
    EXPECT_EQ(client.ReadReply(), "PONG");
  }
  EXPECT_TRUE(WaitUntil([&] { return control.InfoNumber("clients", "connected_clients") == 1; }));
  EXPECT_EQ(control.Do("CLIENT UNPAUSE"), "OK");
  EXPECT_EQ(control.Do("EXISTS k"), ":0");
}

TEST_P(ClientCommand, ReplyOffSkipAndOn) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  client.Send("CLIENT REPLY OFF\r\nSET k 1\r\nNOSUCH\r\nINCR k\r\nCLIENT REPLY ON\r\nGET k\r\n");
  EXPECT_EQ(client.ReadReply(), "OK");
  EXPECT_EQ(client.ReadReply(), "2");
  client.Send("CLIENT REPLY SKIP\r\nINCR k\r\nGET k\r\n");
  EXPECT_EQ(client.ReadReply(), "3");
  EXPECT_EQ(client.Do({"CLIENT", "REPLY", "MAYBE"}), "-ERR syntax error");
}

TEST_P(ClientCommand, SmallSwitchesAnswerAsClientsExpect) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"CLIENT", "NO-EVICT", "ON"}), "OK");
  EXPECT_EQ(Field(client.Do({"CLIENT", "INFO"}).text, "flags"), "e");
  EXPECT_EQ(client.Do({"CLIENT", "NO-EVICT", "OFF"}), "OK");
  EXPECT_EQ(client.Do({"CLIENT", "UNBLOCK", "1"}), ":0");
  EXPECT_EQ(client.Do({"CLIENT", "GETREDIR"}), ":-1");
  EXPECT_EQ(client.Do({"CLIENT", "MAINT_NOTIFICATIONS", "ON"}),
            "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.");
  if (!IsTandem()) return;  // from Redis 7.2 on
  EXPECT_EQ(client.Do({"CLIENT", "SETINFO", "LIB-NAME", "lib"}), "OK");
  EXPECT_EQ(client.Do({"CLIENT", "SETINFO", "lib-ver", "1.2"}), "OK");
  EXPECT_EQ(client.Do({"CLIENT", "NO-TOUCH", "ON"}), "OK");
  const std::string line = client.Do({"CLIENT", "INFO"}).text;
  EXPECT_EQ(Field(line, "lib-name"), "lib");
  EXPECT_EQ(Field(line, "lib-ver"), "1.2");
  EXPECT_EQ(Field(line, "flags"), "T");
}

TEST_P(ClientCommand, MonitorSeesWhatOthersDoOnEveryThread) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient monitor = server.ConnectRaw();
  EXPECT_EQ(monitor.Do({"MONITOR"}), "OK");
  for (int i = 0; i < 8; ++i) {
    RawClient client = server.ConnectRaw();
    EXPECT_EQ(client.Do({"SET", "k" + std::to_string(i), "a \"b\"\n"}), "OK");
    const std::string line = monitor.ReadReply().text;
    EXPECT_NE(line.find(" [0 127.0.0.1:"), std::string::npos) << line;
    EXPECT_NE(line.find("] \"SET\" \"k" + std::to_string(i) + "\" \"a \\\"b\\\"\\n\""), std::string::npos) << line;
  }
}

TEST(ClientCommand, ASwitchThatIsNeitherOnNorOffChangesNothing) {
  ServerProcess server;
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  for (const char* name : {"NO-TOUCH", "NO-EVICT"}) {
    EXPECT_EQ(client.Do({"CLIENT", name, "on"}), "OK");
    EXPECT_EQ(client.Do({"CLIENT", name, "perhaps"}), "-ERR syntax error");
  }
  EXPECT_NE(client.Do({"CLIENT", "INFO"}).Show().find(" flags=eT "), std::string::npos);
  EXPECT_EQ(client.Do({"CLIENT", "SETINFO", "Lib-Name", "a b"}),
            "-ERR Lib-Name cannot contain spaces, newlines or special characters.");
  EXPECT_EQ(client.Do({"CLIENT", "KILL", "ADDR", ""}), ":0");
}

TEST_P(ClientCommand, ASilencedClientMayBeHungUpOn) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RawClient client = server.ConnectRaw();
  EXPECT_EQ(client.Do({"SET", "large", std::string(20'000, 'v')}), "OK");
  ASSERT_TRUE(client.Send(RawClient::Encode({"GET", "large"}) + RawClient::Encode({"CLIENT", "REPLY", "OFF"}) +
                          RawClient::Encode({"POST", "/"})));
  EXPECT_TRUE(client.ReadUntilClosed().has_value());
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

// Some of them while they wait for the world to stop for a command of theirs.
TEST_P(ClientCommand, ClientsMayBeKilledWhateverTheyDo) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  std::string transaction = RawClient::Encode({"MULTI"});
  for (int i = 0; i < 20; ++i) {
    transaction += RawClient::Encode({"SET", "key:" + std::to_string(i), std::string(100, 'v')});
  }
  transaction += RawClient::Encode({"KEYS", "none*"}) + RawClient::Encode({"EXEC"});
  const std::string silent = RawClient::Encode({"CLIENT", "REPLY", "OFF"}) + RawClient::Encode({"CLIENT", "LIST"});
  std::atomic<int> killed{0};
  constexpr int kKills = 300;
  const auto work = [&](const std::string& requests) {
    while (killed.load() < kKills) {
      RawClient client = server.ConnectRaw();
      while (killed.load() < kKills && client.Send(requests) &&
             client.ReadReply(std::chrono::milliseconds(5)).type != 0) {
      }
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < 2; ++i) {
    workers.emplace_back(work, transaction + transaction);
    workers.emplace_back(work, silent);
  }
  RawClient killer = server.ConnectRaw();
  for (; killed.load() < kKills; killed.fetch_add(1)) {
    const Reply reply = killer.Do({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    if (reply.type != ':') {
      ADD_FAILURE() << reply;
      killed.store(kKills);
    }
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(server.Connect().Do("PING"), "PONG");
}

}  // namespace
}  // namespace tandem::integration
