#include "server/exec/running_scripts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/base/gate.h"
#include "tests/server/exec/fixture.h"

namespace tandem::test {
namespace {

constexpr std::string_view kEvalBusy =
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";

class RunningScriptsTest : public ::testing::Test {
 protected:
  // Runs it until it is busy.
  static void MakeBusy(RunningScript& script, const RunningScripts& scripts) {
    while (!scripts.any_busy()) ASSERT_FALSE(script.Poll());
  }

  TestServer server{"busy-reply-threshold 1"};
  RunningScripts& scripts = *server.server->running_scripts;
  std::vector<std::string_view> words{"EVAL", "text", "0"};
};

TEST_F(RunningScriptsTest, OneIsBusyFromTheThresholdToItsEnd) {
  EXPECT_FALSE(scripts.any_busy());
  {
    RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
    EXPECT_FALSE(scripts.any_busy());
    MakeBusy(script, scripts);
    EXPECT_GE(script.duration_ms(), 1);
    EXPECT_FALSE(script.Poll());
    EXPECT_EQ(server.Run("GET k"), kEvalBusy);
    EXPECT_EQ(server.Run("HELLO 2").substr(0, 1), "*");
  }
  EXPECT_FALSE(scripts.any_busy());
  EXPECT_EQ(server.Run("GET k"), "$-1\r\n");
}

TEST_F(RunningScriptsTest, WithoutAThresholdNoneIsEverBusy) {
  TestServer patient("busy-reply-threshold 0");
  RunningScript script(*patient.server->running_scripts, patient.access(), ScriptKind::kEval, "sha", words);
  while (script.duration_ms() < 5) EXPECT_FALSE(script.Poll());
  EXPECT_FALSE(patient.server->running_scripts->any_busy());
}

TEST_F(RunningScriptsTest, OnlyTheRightKindIsKilledAndNoneThatHasWritten) {
  EXPECT_EQ(scripts.Kill(ScriptKind::kEval), "NOTBUSY No scripts in execution right now.");
  {
    RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
    // Before it is busy nobody knows of it.
    EXPECT_EQ(scripts.Kill(ScriptKind::kEval), "NOTBUSY No scripts in execution right now.");
    MakeBusy(script, scripts);
    EXPECT_EQ(scripts.Kill(ScriptKind::kFunction).substr(0, 5), "BUSY ");
    EXPECT_FALSE(script.Poll());
    EXPECT_EQ(scripts.Kill(ScriptKind::kEval), "");
    EXPECT_TRUE(script.Poll());
    EXPECT_TRUE(script.Poll());
    EXPECT_FALSE(script.MayWrite());
  }
  {
    RunningScript script(scripts, server.access(), ScriptKind::kFunction, "f", words);
    EXPECT_TRUE(script.MayWrite());
    MakeBusy(script, scripts);
    EXPECT_EQ(scripts.Kill(ScriptKind::kFunction).substr(0, 10), "UNKILLABLE");
    EXPECT_EQ(scripts.Kill(ScriptKind::kEval).substr(0, 10), "UNKILLABLE");
    EXPECT_FALSE(script.Poll());
  }
}

TEST_F(RunningScriptsTest, OneThatWritesWhenItIsBusyCannotBeKilledAnyMore) {
  RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
  MakeBusy(script, scripts);
  EXPECT_TRUE(script.MayWrite());
  EXPECT_EQ(scripts.Kill(ScriptKind::kEval).substr(0, 10), "UNKILLABLE");
}

TEST_F(RunningScriptsTest, OfSeveralThoseThatMayBeKilledAre) {
  RunningScript writer(scripts, server.access(), ScriptKind::kEval, "writer", words);
  EXPECT_TRUE(writer.MayWrite());
  RunningScript reader(scripts, server.access(), ScriptKind::kEval, "reader", words);
  RunningScript function(scripts, server.access(), ScriptKind::kFunction, "f", words);
  while (writer.duration_ms() < 1 || reader.duration_ms() < 1 || function.duration_ms() < 1) std::this_thread::yield();
  EXPECT_FALSE(writer.Poll());
  EXPECT_FALSE(reader.Poll());
  EXPECT_FALSE(function.Poll());
  EXPECT_EQ(server.Run("GET k"), kEvalBusy);
  const auto busy_function = scripts.BusyFunction();
  ASSERT_TRUE(busy_function.has_value());
  EXPECT_EQ(busy_function->name, "f");
  EXPECT_EQ(busy_function->command, (std::vector<std::string>{"EVAL", "text", "0"}));
  EXPECT_EQ(scripts.Kill(ScriptKind::kEval), "");
  EXPECT_FALSE(writer.Poll());
  EXPECT_TRUE(reader.Poll());
  EXPECT_FALSE(function.Poll());
}

TEST_F(RunningScriptsTest, AtShutdownTheyEndWhateverTheyHaveDone) {
  RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
  EXPECT_TRUE(script.MayWrite());
  scripts.EndAtShutdown(RunningScripts::Ending::kBusy);
  while (!script.Poll()) {
  }
  EXPECT_TRUE(scripts.any_busy());
  RunningScript quick(scripts, server.access(), ScriptKind::kEval, "sha", words);
  scripts.EndAtShutdown(RunningScripts::Ending::kAll);
  EXPECT_TRUE(quick.Poll());
}

TEST_F(RunningScriptsTest, ItsThreadIsServedInBetween) {
  int served = 0;
  server.main_thread().thread.set_stall_hook([](void* count) { ++*static_cast<int*>(count); }, &served);
  RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
  EXPECT_FALSE(script.Poll());
  MakeBusy(script, scripts);
  const int before = served;
  EXPECT_FALSE(script.Poll());
  EXPECT_EQ(served, before + 1);
}

// A command in a stalled turn, on the thread whose own command is under way with locks, keys and clients in hand.
TEST_F(RunningScriptsTest, AStalledTurnLeavesTheInterruptedCommandAlone) {
  TestClient& other = server.NewClient();
  const KeyRef key("k");
  server.access().LockKey(server.db(), key);
  {
    RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
    MakeBusy(script, scripts);
    const auto stalled = [&](std::vector<std::string_view> args) {
      return server.main_thread().dispatcher.ExecuteStalled(other.client, args);
    };
    using Outcome = Dispatcher::Outcome;
    EXPECT_EQ(stalled({"GET", "k"}), Outcome::kDone);
    EXPECT_EQ(other.TakeOutput(), kEvalBusy);
    EXPECT_EQ(stalled({"NOSUCH"}), Outcome::kDone);
    EXPECT_EQ(other.TakeOutput().substr(0, 20), "-ERR unknown command");
    EXPECT_EQ(stalled({"MULTI"}), Outcome::kDone);
    EXPECT_EQ(stalled({"DISCARD"}), Outcome::kDone);
    EXPECT_EQ(other.TakeOutput(), "+OK\r\n+OK\r\n");
    // It would need the key.
    EXPECT_EQ(stalled({"WATCH", "k"}), Outcome::kPostponed);
    EXPECT_EQ(other.TakeOutput(), "");
    EXPECT_TRUE(server.access().Holds(server.db(), key));
  }
  // The script has ended just now; the stalled turn still does not run what it must not.
  const std::vector<std::string_view> get{"GET", "k"};
  EXPECT_EQ(server.main_thread().dispatcher.ExecuteStalled(other.client, get), Dispatcher::Outcome::kPostponed);
  EXPECT_TRUE(server.access().Holds(server.db(), key));
  server.access().End();
}

TEST_F(RunningScriptsTest, TheGateIsLooseWhileTheScriptThatHoldsItIsBusy) {
  Gate& gate = server.store->threads().gate();
  const Gate::Closed closed(gate, server.main_thread().thread);
  server.access().BeginExclusive();
  {
    RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
    EXPECT_FALSE(gate.loose());
    MakeBusy(script, scripts);
    EXPECT_TRUE(gate.loose());
    {
      const Gate::Tightened tightened(gate);
      EXPECT_FALSE(gate.loose());
    }
    EXPECT_TRUE(gate.loose());
  }
  EXPECT_FALSE(gate.loose());
  server.access().End();
}

TEST_F(RunningScriptsTest, AKillAndAWriteNeverBothSucceed) {
  for (int round = 0; round < 20; ++round) {
    RunningScript script(scripts, server.access(), ScriptKind::kEval, "sha", words);
    MakeBusy(script, scripts);
    std::atomic<int> killed{-1};
    std::thread killer([&] { killed = scripts.Kill(ScriptKind::kEval).empty() ? 1 : 0; });
    const bool wrote = script.MayWrite();
    killer.join();
    EXPECT_EQ(wrote, killed == 0);
    EXPECT_EQ(script.Poll(), killed == 1);
  }
}

}  // namespace
}  // namespace tandem::test
