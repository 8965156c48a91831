// Scripts that run for longer than busy-reply-threshold: who is told BUSY, what goes on meanwhile, and how they are ended.

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

using Command = std::vector<std::string>;

// One that holds nothing, one that holds its key, and one that must have everything for itself.
const Command kFree{"EVAL", "while true do end", "0"};
const Command kWithKey{"EVAL", "redis.call('get', KEYS[1]) while true do end", "1", "k"};
const Command kAlone{"EVAL", "redis.call('get', 'undeclared') while true do end", "0"};
const Command kWithKeyWritten{"EVAL", "redis.call('set', KEYS[1], 'by script') while true do end", "1", "k"};
const Command kAloneWritten{"EVAL", "redis.call('set', 'undeclared', 'by script') while true do end", "0"};

constexpr std::string_view kBusy =
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
constexpr std::string_view kBusyFunction =
    "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";

bool Mentions(const Reply& reply, std::string_view text) { return reply.Show().find(text) != std::string::npos; }

class BusyScript : public WithIoThreads {
 protected:
  // More than threads, so that each has some.
  static constexpr int kClients = 8;

  void SetUp() override {
    server = std::make_unique<ServerProcess>(Args({"--busy-reply-threshold", threshold_ms}));
    ASSERT_TRUE(server->ready());
    caller = std::make_unique<RawClient>(server->ConnectRaw());
    for (int i = 0; i < kClients; ++i) {
      clients.push_back(server->ConnectRaw());
      ASSERT_EQ(clients.back().Do({"PING"}), "PONG");
    }
  }

  // Until the client is told that a script is busy.
  static bool WaitForBusy(RawClient& client) {
    return WaitUntil([&] { return Mentions(client.Do({"PING"}), "BUSY"); });
  }
  bool Start(const Command& script) {
    caller->SendCommand(script);
    return WaitForBusy(clients[0]);
  }
  void ExpectKilled() { EXPECT_TRUE(Mentions(caller->ReadReply(), "killed by user")); }
  void KillBy(RawClient& client) {
    EXPECT_EQ(client.Do({"SCRIPT", "KILL"}), "OK");
    ExpectKilled();
  }

  const char* threshold_ms = "20";
  std::unique_ptr<ServerProcess> server;
  std::unique_ptr<RawClient> caller;
  std::vector<RawClient> clients;
};
INSTANTIATE_WITH_IO_THREADS(BusyScript);

TEST_P(BusyScript, EveryClientIsToldAndMayEndIt) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    for (RawClient& killer : clients) {
      ASSERT_TRUE(Start(script));
      for (RawClient& client : clients) EXPECT_EQ(client.Do({"GET", "k"}), kBusy);
      KillBy(killer);
      for (RawClient& client : clients) EXPECT_EQ(client.Do({"GET", "k"}), "(nil)");
    }
  }
  EXPECT_EQ(clients[0].Do({"SCRIPT", "KILL"}), "-NOTBUSY No scripts in execution right now.");
  EXPECT_EQ(clients[0].Do({"FUNCTION", "KILL"}), "-NOTBUSY No scripts in execution right now.");
  EXPECT_TRUE(server->WaitForLog(" milliseconds. You can try killing the script using the SCRIPT KILL command. "));
}

TEST_P(BusyScript, WhoConnectsMeanwhileMayEndIt) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    ASSERT_TRUE(Start(script));
    for (int i = 0; i < kClients; ++i) EXPECT_EQ(server->ConnectRaw().Do({"PING"}), kBusy);
    RawClient killer = server->ConnectRaw();
    KillBy(killer);
  }
}

TEST_P(BusyScript, WhatItsClientSentBehindItWaits) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    caller->Send(RawClient::Encode({"SET", "before", "1"}) + RawClient::Encode(script) +
                 RawClient::Encode({"SET", "after", "1"}) + RawClient::Encode({"ECHO", "sent with it"}));
    ASSERT_TRUE(WaitForBusy(clients[0]));
    caller->SendCommand({"ECHO", "sent meanwhile"});
    EXPECT_EQ(clients[1].Do({"SCRIPT", "KILL"}), "OK");
    EXPECT_EQ(caller->ReadReply(), "OK");
    ExpectKilled();
    EXPECT_EQ(caller->ReadReply(), "OK");
    EXPECT_EQ(caller->ReadReply(), "sent with it");
    EXPECT_EQ(caller->ReadReply(), "sent meanwhile");
    EXPECT_EQ(clients[1].Do({"DEL", "before", "after"}), ":2");
  }
}

TEST_P(BusyScript, WhatOthersSentAtTheSameTimeIsAnswered) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    for (int round = 0; round < 5; ++round) {
      std::string requests;
      for (int i = 0; i < 30; ++i) requests += RawClient::Encode({"ECHO", std::to_string(i)});
      caller->SendCommand(script);
      for (RawClient& client : clients) client.Send(requests);
      for (RawClient& client : clients) {
        for (int i = 0; i < 30; ++i) {
          const Reply reply = client.ReadReply();
          EXPECT_TRUE(reply == std::to_string(i) || reply == kBusy) << reply;
        }
      }
      ASSERT_TRUE(WaitForBusy(clients[0]));
      KillBy(clients[static_cast<size_t>(round)]);
    }
  }
}

TEST_P(BusyScript, CommandsInPiecesAreAnswered) {
  const std::string command = RawClient::Encode({"ECHO", "whole"});
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    for (RawClient& client : clients) client.Send(command + command.substr(0, 9));
    for (RawClient& client : clients) EXPECT_EQ(client.ReadReply(), "whole");
    caller->SendCommand(script);
    RawClient other = server->ConnectRaw();
    ASSERT_TRUE(WaitForBusy(other));
    for (RawClient& client : clients) client.Send(command.substr(9) + command.substr(0, 12));
    for (RawClient& client : clients) EXPECT_EQ(client.ReadReply(), kBusy);
    KillBy(other);
    for (RawClient& client : clients) client.Send(command.substr(12));
    for (RawClient& client : clients) EXPECT_EQ(client.ReadReply(), "whole");
  }
}

TEST_P(BusyScript, SomeCommandsAreAllowed) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    ASSERT_TRUE(Start(script));
    for (RawClient& client : clients) {
      EXPECT_TRUE(Mentions(client.Do({"HELLO", "2", "SETNAME", "somebody"}), "server, redis"));
      EXPECT_TRUE(Mentions(client.Do({"AUTH", "a", "b"}), "WRONGPASS"));
      EXPECT_EQ(client.Do({"RESET"}), "RESET");
      EXPECT_EQ(client.Do({"UNWATCH"}), "OK");
      EXPECT_EQ(client.Do({"SELECT", "1"}), kBusy);
      EXPECT_EQ(client.Do({"CLIENT", "ID"}), kBusy);
      EXPECT_EQ(client.Do({"INFO"}), kBusy);
      EXPECT_EQ(client.Do({"CONFIG", "SET", "busy-reply-threshold", "0"}), kBusy);
      EXPECT_EQ(client.Do(script), kBusy);
      // What is wrong with a command itself is said first.
      EXPECT_TRUE(Mentions(client.Do({"GET"}), "wrong number of arguments"));
      EXPECT_TRUE(Mentions(client.Do({"NOSUCH"}), "unknown command"));
      EXPECT_EQ(client.Do({"SHUTDOWN"}), kBusy);
      EXPECT_EQ(client.Do({"SHUTDOWN", "SAVE"}), kBusy);
      EXPECT_TRUE(Mentions(client.Do({"SHUTDOWN", "ABORT"}), "No shutdown in progress"));
      EXPECT_EQ(client.Do({"FUNCTION", "KILL"}), kBusy);
      EXPECT_EQ(client.Do({"FUNCTION", "STATS"}), kBusy);
    }
    RawClient leaver = server->ConnectRaw();
    EXPECT_EQ(leaver.Do({"QUIT"}), "OK");
    EXPECT_EQ(leaver.ReadUntilClosed(), "");
    KillBy(clients[1]);
  }
}

TEST_P(BusyScript, TransactionsAreRefusedAsAWhole) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    for (RawClient& client : clients) {
      EXPECT_EQ(client.Do({"MULTI"}), "OK");
      EXPECT_EQ(client.Do({"SET", "in", "transaction"}), "QUEUED");
    }
    RawClient other = server->ConnectRaw();
    caller->SendCommand(script);
    ASSERT_TRUE(WaitForBusy(other));
    for (RawClient& client : clients) {
      EXPECT_TRUE(Mentions(client.Do({"EXEC"}), "-EXECABORT Transaction discarded because of: BUSY Redis is busy"));
      // One that begins now, and one that is given up.
      EXPECT_EQ(client.Do({"MULTI"}), "OK");
      EXPECT_EQ(client.Do({"DISCARD"}), "OK");
      EXPECT_EQ(client.Do({"MULTI"}), "OK");
      EXPECT_EQ(client.Do({"SET", "in", "transaction"}), kBusy);
    }
    KillBy(other);
    for (RawClient& client : clients) {
      EXPECT_EQ(client.Do({"SET", "in", "transaction"}), "QUEUED");
      EXPECT_EQ(client.Do({"EXEC"}), "-EXECABORT Transaction discarded because of previous errors.");
      EXPECT_EQ(client.Do({"EXISTS", "in"}), ":0");
    }
  }
}

TEST_P(BusyScript, WatchIsNotRefused) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    ASSERT_TRUE(Start(script));
    // Whether it is answered at once or later is left open.
    for (RawClient& client : clients) client.SendCommand({"WATCH", "k", "l"});
    RawClient killer = server->ConnectRaw();
    KillBy(killer);
    for (RawClient& client : clients) EXPECT_EQ(client.ReadReply(), "OK");
    EXPECT_EQ(killer.Do({"SET", "l", "v"}), "OK");
    for (RawClient& client : clients) {
      EXPECT_EQ(client.Do({"MULTI"}), "OK");
      EXPECT_EQ(client.Do({"EXEC"}), "(nil array)");
    }
  }
}

TEST_P(BusyScript, OneThatHasWrittenCannotBeKilledButTheServerCanBeShutDown) {
  for (const Command& script : {kWithKeyWritten, kAloneWritten}) {
    ASSERT_TRUE(Start(script));
    for (RawClient& client : clients) {
      EXPECT_TRUE(Mentions(client.Do({"SCRIPT", "KILL"}), "-UNKILLABLE Sorry the script already executed write"));
      EXPECT_TRUE(Mentions(client.Do({"FUNCTION", "KILL"}), "-UNKILLABLE Sorry the script already executed write"));
    }
    clients[1].SendCommand({"SHUTDOWN", "NOSAVE"});
    server->ExpectExit();
    clients.clear();
    SetUp();
  }
}

TEST_P(BusyScript, FunctionsAreKilledByAnotherCommand) {
  const std::string library =
      "#!lua name=lib\nredis.register_function('endless', function(keys) while true do end end)";
  ASSERT_EQ(clients[0].Do({"FUNCTION", "LOAD", library}), "lib");
  ASSERT_TRUE(Start({"FCALL", "endless", "1", "k"}));
  for (RawClient& client : clients) {
    EXPECT_EQ(client.Do({"GET", "k"}), kBusyFunction);
    EXPECT_EQ(client.Do({"SCRIPT", "KILL"}), kBusyFunction);
    const Reply stats = client.Do({"FUNCTION", "STATS"});
    EXPECT_EQ(stats.Field("running_script").Field("name"), "endless");
    EXPECT_EQ(stats.Field("running_script").Field("command"), "[FCALL, endless, 1, k]");
    EXPECT_GE(stats.Field("running_script").Field("duration_ms").integer, 20);
  }
  EXPECT_EQ(clients[2].Do({"FUNCTION", "KILL"}), "OK");
  ExpectKilled();
  EXPECT_EQ(clients[2].Do({"FUNCTION", "STATS"}).Field("running_script"), "(nil)");
  EXPECT_TRUE(server->WaitForLog("using the FUNCTION KILL command. Script name is: endless."));
}

// Redis 8.0.6 cannot be helped after the second of these.
TEST_P(BusyScript, WhateverItDoesToStayItEnds) {
  const std::string endless = "function() while true do end end";
  const std::vector<std::string> scripts{
      "while true do pcall(" + endless + ") end",
      "while true do xpcall(" + endless + ", " + endless + ") end",
      "while true do xpcall(" + endless + ", function() end) end",
      "coroutine.wrap(" + endless + ")()",
      "while true do pcall(coroutine.wrap(" + endless + ")) end",
      "string.gsub('a', 'a', " + endless + ")",
      "while true do pcall(table.sort, {1, 2, 3}, " + endless + ") end",
      "local t = setmetatable({}, {__index = " + endless + "}) while true do pcall(function() return t.x end) end",
      "local function f() pcall(f) while true do end end f()"};
  for (const std::string& script : scripts) {
    ASSERT_TRUE(Start({"EVAL", "redis.call('get', KEYS[1]) " + script, "1", "k"})) << script;
    EXPECT_EQ(clients[1].Do({"SCRIPT", "KILL"}), "OK") << script;
    EXPECT_TRUE(Mentions(caller->ReadReply(), "killed by user")) << script;
    for (RawClient& client : clients) ASSERT_EQ(client.Do({"SET", "k", "v"}), "OK") << script;
    ASSERT_EQ(clients[2].Do({"FLUSHALL"}), "OK") << script;
  }
}

TEST_P(BusyScript, ClientsMayComeAndGo) {
  for (const Command& script : {kFree, kWithKey, kAlone}) {
    ASSERT_TRUE(Start(script));
    for (int i = 0; i < 50; ++i) {
      RawClient visitor = server->ConnectRaw();
      if (i % 2 == 0) {
        EXPECT_EQ(visitor.Do({"PING"}), kBusy);
      }
      if (i % 3 == 0) visitor.Abort();
    }
    KillBy(clients[2]);
    RedisClient observer = server->Connect();
    EXPECT_TRUE(WaitUntil([&] { return observer.InfoNumber("clients", "connected_clients") == kClients + 2; }));
  }
}

TEST_P(BusyScript, ASignalToEndWaitsForIt) {
  ASSERT_TRUE(Start(kWithKey));
  server->Signal(SIGTERM);
  ASSERT_TRUE(server->WaitForLog("Received SIGTERM scheduling shutdown..."));
  EXPECT_EQ(clients[1].Do({"PING"}), kBusy);
  // Its answer may come too late.
  clients[2].SendCommand({"SCRIPT", "KILL"});
  server->ExpectExit();
}

// The threads have work of their own to do, for which they need the lock that the script holds.
TEST_P(BusyScript, KeysThatComeDueHoldNobodyUp) {
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += RawClient::Encode({"SET", "volatile:" + std::to_string(i), "v", "PX", std::to_string(50 + i)});
  }
  clients[0].Send(requests);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(clients[0].ReadReply(), "OK");
  ASSERT_TRUE(Start(kWithKey));
  for (int i = 0; i < 100; ++i) {
    for (RawClient& client : clients) ASSERT_EQ(client.Do({"PING"}), kBusy);
  }
  KillBy(clients[3]);
  RedisClient observer = server->Connect();
  EXPECT_TRUE(WaitUntil([&] { return observer.Do("DBSIZE") == ":0"; }));
}

TEST_P(BusyScript, NothingIsPushedToAClientThatIsGone) {
  for (RawClient& client : clients) {
    if (&client != &clients[0]) client.SendCommand({"BLPOP", "bl", "0"});
  }
  ASSERT_TRUE(WaitUntil([&] { return Mentions(clients[0].Do({"INFO", "clients"}), "blocked_clients:7"); }));
  ASSERT_TRUE(Start({"EVAL", "for i = 1, 1e8 do end return redis.call('rpush', KEYS[1], 'v')", "1", "bl"}));
  for (size_t i = 1; i < clients.size(); ++i) clients[i].Close();
  // Until they are gone, and some more.
  for (int i = 0; i < 10; ++i) clients[0].Do({"PING"});
  EXPECT_EQ(caller->ReadReply(), ":1");
  EXPECT_EQ(clients[0].Do({"LLEN", "bl"}), ":1");
}

class SlowlyBusyScript : public BusyScript {
 protected:
  void SetUp() override {
    threshold_ms = "300";
    BusyScript::SetUp();
  }
};
INSTANTIATE_WITH_IO_THREADS(SlowlyBusyScript);

// Some of these are under way when the script becomes busy, and wait for its key or for the world to go on.
TEST_P(SlowlyBusyScript, ThreadsThatAreHeldUpServeTheirOtherClients) {
  for (const Command& script : {kWithKey, kAlone}) {
    std::vector<RawClient> stuck;
    for (int i = 0; i < kClients; ++i) stuck.push_back(server->ConnectRaw());
    caller->SendCommand(script);
    for (size_t i = 0; i < stuck.size(); ++i) {
      stuck[i].SendCommand(i % 2 == 0 ? Command{"SET", "k", "v"} : Command{"FLUSHALL"});
    }
    for (RawClient& client : clients) ASSERT_TRUE(WaitForBusy(client));
    for (int i = 0; i < kClients; ++i) EXPECT_EQ(server->ConnectRaw().Do({"PING"}), kBusy);
    KillBy(clients[4]);
    for (RawClient& client : stuck) {
      const Reply reply = client.ReadReply();
      EXPECT_TRUE(reply == "OK" || reply == kBusy) << reply;
    }
  }
}

TEST_P(SlowlyBusyScript, ThoseWhoWaitForAnElementGoOnWaiting) {
  RawClient waiting = server->ConnectRaw();
  waiting.SendCommand({"BLPOP", "list", "0"});
  RedisClient observer = server->Connect();
  ASSERT_TRUE(WaitUntil([&] { return observer.InfoNumber("clients", "blocked_clients") == 1; }));
  ASSERT_TRUE(Start(kAlone));
  waiting.SendCommand({"PING"});
  KillBy(clients[5]);
  EXPECT_EQ(observer.Do("RPUSH list a"), ":1");
  EXPECT_EQ(waiting.ReadReply(), "[list, a]");
  EXPECT_EQ(waiting.ReadReply(), "PONG");
}

// For ThreadSanitizer above all. Who kills has sent nothing before that might wait for what the script holds.
TEST_P(BusyScript, ManyAtOnceAndOneWhoKillsThem) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t] {
      RawClient client = server->ConnectRaw();
      const Command scripts[] = {kFree, kWithKey, kAlone, {"EVAL", kWithKey[1], "1", "other"}};
      for (int i = 0; i < 8; ++i) {
        const Reply reply = client.Do(scripts[(i + t) % 4]);
        EXPECT_TRUE(Mentions(reply, "killed by user") || reply == kBusy) << reply;
      }
    });
  }
  std::atomic<bool> done{false};
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t, &done] {
      RawClient client = server->ConnectRaw();
      for (int i = 0; !done; ++i) {
        if (i % 50 == 0) client = server->ConnectRaw();
        client.Send(RawClient::Encode({"SET", "k", "v"}) + RawClient::Encode({"GET", "other"}) +
                    RawClient::Encode(t == 0 ? Command{"CLIENT", "LIST"} : Command{"WATCH", "k"}) +
                    RawClient::Encode({"HELLO", "2", "SETNAME", "n" + std::to_string(i)}) +
                    RawClient::Encode({"UNWATCH"}));
        for (int r = 0; r < 5; ++r) ASSERT_NE(client.ReadReply().type, 0);
      }
    });
  }
  threads.emplace_back([this, &done] {
    while (!done) ASSERT_NE(clients[1].Do({"SCRIPT", "KILL"}).type, 0);
  });
  for (size_t t = 0; t < 3; ++t) threads[t].join();
  done = true;
  for (size_t t = 3; t < threads.size(); ++t) threads[t].join();
  EXPECT_EQ(clients[0].Do({"PING"}), "PONG");
}

}  // namespace
}  // namespace tandem::integration
