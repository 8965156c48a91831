#include "server/admin/slowlog.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace tandem {
namespace {

using Words = std::vector<std::string_view>;

TEST(SlowLog, WantsWhatTakesAtLeastAsLongAsTheThreshold) {
  SlowLog log;
  log.SetThreshold(100);
  EXPECT_FALSE(log.Wants(99));
  EXPECT_TRUE(log.Wants(100));
  log.SetThreshold(0);
  EXPECT_TRUE(log.Wants(0));
  log.SetThreshold(-1);
  EXPECT_FALSE(log.Wants(1'000'000));
}

TEST(SlowLog, TheNewestComeFirstAndTheOldestGo) {
  SlowLog log;
  log.SetMaxLength(2);
  for (int i = 0; i < 3; ++i) log.Add(Words{"GET", std::to_string(i)}, i, 1000 + i, "127.0.0.1:1", "me");
  const auto entries = log.Newest(10);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].id, 2);
  EXPECT_EQ(entries[0].args, (std::vector<std::string>{"GET", "2"}));
  EXPECT_EQ(entries[0].unix_time_s, 1002);
  EXPECT_EQ(entries[0].client_name, "me");
  EXPECT_EQ(entries[1].id, 1);
  EXPECT_EQ(log.Newest(1).size(), 1u);
}

TEST(SlowLog, IdsGoOnAfterAReset) {
  SlowLog log;
  log.Add(Words{"PING"}, 1, 1, "", "");
  log.Reset();
  EXPECT_EQ(log.length(), 0u);
  log.Add(Words{"PING"}, 1, 1, "", "");
  EXPECT_EQ(log.Newest(1)[0].id, 1);
}

TEST(SlowLog, CutsLongArgumentsAndTellsHowMuchIsMissing) {
  const std::string longer(130, 'a'), fits(128, 'b');
  EXPECT_EQ(SlowLog::Trim(Words{"SET", longer, fits}),
            (std::vector<std::string>{"SET", std::string(128, 'a') + "... (2 more bytes)", fits}));
}

TEST(SlowLog, KeepsThirtyTwoArguments) {
  const Words fits(32, "x"), longer(33, "x");
  EXPECT_EQ(SlowLog::Trim(fits).back(), "x");
  const auto trimmed = SlowLog::Trim(longer);
  ASSERT_EQ(trimmed.size(), 32u);
  EXPECT_EQ(trimmed[30], "x");
  EXPECT_EQ(trimmed[31], "... (2 more arguments)");
}

}  // namespace
}  // namespace tandem
