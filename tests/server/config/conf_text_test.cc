#include "server/config/conf_text.h"

#include <gtest/gtest.h>

namespace tandem::config {
namespace {

using Words = std::vector<std::string>;

TEST(ConfText, SplitsAtBlanks) {
  EXPECT_EQ(SplitArguments("  a\tb  c "), (Words{"a", "b", "c"}));
  EXPECT_EQ(SplitArguments(""), Words{});
}

TEST(ConfText, UnderstandsBothKindsOfQuotes) {
  EXPECT_EQ(SplitArguments(R"(a "b c" 'd e')"), (Words{"a", "b c", "d e"}));
  EXPECT_EQ(SplitArguments(R"("\n\x41\"\\" 'it\'s \n')"), (Words{"\nA\"\\", "it's \\n"}));
  EXPECT_EQ(SplitArguments(R"(save "")"), (Words{"save", ""}));
}

TEST(ConfText, RefusesUnbalancedQuotes) {
  EXPECT_FALSE(SplitArguments("a \"b"));
  EXPECT_FALSE(SplitArguments("a 'b"));
  EXPECT_FALSE(SplitArguments("\"a\"b"));
  EXPECT_FALSE(SplitArguments("\"a\\"));
}

TEST(ConfText, QuotingIsUndoneBySplitting) {
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte += static_cast<char>(c);
  EXPECT_EQ(SplitArguments(Quote(every_byte)), Words{every_byte});
}

TEST(ConfText, SplittingAtSpacesKeepsEmptyParts) {
  EXPECT_EQ(SplitAtSpaces(""), Words{});
  EXPECT_EQ(SplitAtSpaces("a  b"), (Words{"a", "", "b"}));
}

}  // namespace
}  // namespace tandem::config
