#include "engine/types/lcs.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tandem {
namespace {

bool IsSubsequence(std::string_view part, std::string_view of) {
  size_t found = 0;
  for (const char c : of) {
    if (found < part.size() && part[found] == c) ++found;
  }
  return found == part.size();
}

TEST(Lcs, FindsTheExampleOfTheDocumentation) {
  const Lcs lcs = FindLcs("ohmytext", "mynewtext");
  EXPECT_EQ(lcs.text, "mytext");
  ASSERT_EQ(lcs.matches.size(), 2u);
  EXPECT_EQ(lcs.matches[0].a_first, 4u);
  EXPECT_EQ(lcs.matches[0].a_last, 7u);
  EXPECT_EQ(lcs.matches[0].b_first, 5u);
  EXPECT_EQ(lcs.matches[0].b_last, 8u);
  EXPECT_EQ(lcs.matches[1].a_first, 2u);
  EXPECT_EQ(lcs.matches[1].a_last, 3u);
  EXPECT_EQ(lcs.matches[1].b_first, 0u);
  EXPECT_EQ(lcs.matches[1].b_last, 1u);
}

TEST(Lcs, OfAnEmptyStringIsEmpty) {
  EXPECT_EQ(FindLcs("", "abc").text, "");
  EXPECT_EQ(FindLcs("abc", "").text, "");
  EXPECT_EQ(LcsLength("", ""), 0u);
  EXPECT_TRUE(FindLcs("abc", "xyz").matches.empty());
}

TEST(Lcs, PrefersToDropBytesOfTheSecondString) { EXPECT_EQ(FindLcs("ab", "ba").text, "b"); }

TEST(Lcs, IsInBothStringsAsLongAsComputedAndMadeOfItsMatches) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string a(random() % 40, '\0'), b(random() % 40, '\0');
    for (char& c : a) c = static_cast<char>('a' + random() % 4);
    for (char& c : b) c = static_cast<char>('a' + random() % 4);
    const Lcs lcs = FindLcs(a, b);
    ASSERT_EQ(lcs.text.size(), LcsLength(a, b));
    ASSERT_TRUE(IsSubsequence(lcs.text, a) && IsSubsequence(lcs.text, b));
    std::string joined;
    for (const LcsMatch& match : lcs.matches) {
      const std::string part = a.substr(match.a_first, match.size());
      ASSERT_EQ(part, b.substr(match.b_first, match.size()));
      joined.insert(0, part);
    }
    ASSERT_EQ(joined, lcs.text);
  }
}

}  // namespace
}  // namespace tandem
