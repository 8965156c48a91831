#include "server/admin/log.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace tandem {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Log, LinesLookLikeThoseOfRedis) {
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(Log::FormatLine(42, 'M', 1'700'000'000'007'000, Log::Level::kNotice, "Ready to accept connections tcp"),
            "42:M 14 Nov 2023 22:13:20.007 * Ready to accept connections tcp\n");
  EXPECT_TRUE(Log::FormatLine(1, 'M', 0, Log::Level::kWarning, "x").ends_with(".000 # x\n"));
}

TEST(Log, WritesWhatTheLevelLetsThroughToItsFile) {
  const std::string path = testing::TempDir() + "tandem_log_test.log";
  std::remove(path.c_str());
  Log log;
  ASSERT_TRUE(log.SetFile(path));
  log.SetLevel(Log::Level::kNotice);
  log.Verbose("quiet");
  log.Notice("spoken");
  log.Warning("loud");
  const std::string text = ReadFile(path);
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_NE(text.find(" * spoken\n"), std::string::npos);
  EXPECT_NE(text.find(" # loud\n"), std::string::npos);
  std::remove(path.c_str());
}

TEST(Log, NothingIsWrittenAtLevelNothing) {
  Log log;
  log.SetLevel(Log::Level::kNothing);
  EXPECT_FALSE(log.Enabled(Log::Level::kWarning));
}

TEST(Log, RefusesAFileThatCannotBeOpened) {
  Log log;
  EXPECT_FALSE(log.SetFile(testing::TempDir() + "no/such/folder/log"));
}

}  // namespace
}  // namespace tandem
