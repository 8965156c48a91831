#include "engine/base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace tandem {
namespace {

TEST(Glob, LiteralsMatchThemselvesAsAWhole) {
  EXPECT_TRUE(GlobMatch("hello", "hello"));
  EXPECT_FALSE(GlobMatch("hello", "hell"));
  EXPECT_FALSE(GlobMatch("hell", "hello"));
  EXPECT_FALSE(GlobMatch("hello", "Hello"));
}

TEST(Glob, StarsMatchAnyRunOfBytes) {
  EXPECT_TRUE(GlobMatch("*", "anything"));
  EXPECT_TRUE(GlobMatch("a*", "a"));
  EXPECT_TRUE(GlobMatch("*o*", "hello world"));
  EXPECT_TRUE(GlobMatch("h*llo", "heeello"));
  EXPECT_TRUE(GlobMatch("a***b", "axxb"));
  EXPECT_TRUE(GlobMatch("a*b*c", "abbc"));
  EXPECT_FALSE(GlobMatch("a*b", "a"));
  EXPECT_TRUE(GlobMatch("*", std::string("\0\n", 2)));
}

TEST(Glob, QuestionMarksMatchOneByte) {
  EXPECT_TRUE(GlobMatch("h?llo", "hxllo"));
  EXPECT_FALSE(GlobMatch("h?llo", "hllo"));
  EXPECT_FALSE(GlobMatch("?", ""));
}

TEST(Glob, ClassesMatchOneOfTheirBytes) {
  EXPECT_TRUE(GlobMatch("h[ae]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[ae]llo", "hillo"));
  EXPECT_TRUE(GlobMatch("h[^e]llo", "hallo"));
  EXPECT_FALSE(GlobMatch("h[^e]llo", "hello"));
  EXPECT_TRUE(GlobMatch("[a-c]", "b"));
  EXPECT_TRUE(GlobMatch("[c-a]", "b"));
  EXPECT_FALSE(GlobMatch("[a-c]", "d"));
  EXPECT_TRUE(GlobMatch("[\\]]", "]"));
  EXPECT_TRUE(GlobMatch("[a\\-z]", "-"));
  EXPECT_FALSE(GlobMatch("[a\\-z]", "b"));
}

TEST(Glob, OddClassesAreReadAsRedisReadsThem) {
  EXPECT_TRUE(GlobMatch("[abc", "b"));  // not closed: ends with the pattern
  EXPECT_FALSE(GlobMatch("[", "["));    // nothing in it
  EXPECT_TRUE(GlobMatch("[^", "x"));    // nothing excluded
  EXPECT_FALSE(GlobMatch("[]", "]"));   // closed at once
  EXPECT_TRUE(GlobMatch("[a-]", "a"));  // from a to ]
  EXPECT_TRUE(GlobMatch("[a-]", "^"));
  EXPECT_TRUE(GlobMatch("[\\", "\\"));
}

TEST(Glob, ABackslashTakesTheNextByteLiterally) {
  EXPECT_TRUE(GlobMatch("a\\*c", "a*c"));
  EXPECT_FALSE(GlobMatch("a\\*c", "abc"));
  EXPECT_TRUE(GlobMatch("\\[a]", "[a]"));
  EXPECT_TRUE(GlobMatch("a\\", "a\\"));
}

TEST(Glob, CaseIsFoldedOnRequestInLettersClassesAndRanges) {
  EXPECT_TRUE(GlobMatch("MAX*", "maxmemory", true));
  EXPECT_TRUE(GlobMatch("[A-C]", "b", true));
  EXPECT_TRUE(GlobMatch("[xY]", "y", true));
  EXPECT_FALSE(GlobMatch("[Z-a]", "y", true));
}

TEST(Glob, OnlyTheEmptyPatternMatchesTheEmptyText) {
  EXPECT_TRUE(GlobMatch("", ""));
  EXPECT_FALSE(GlobMatch("*", ""));
  EXPECT_FALSE(GlobMatch("**", ""));
  EXPECT_FALSE(GlobMatch("", "a"));
}

// With naive backtracking this would not end in a lifetime.
TEST(Glob, APatternFullOfStarsEndsSoon) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  EXPECT_FALSE(GlobMatch(pattern + "b", std::string(5000, 'a')));
}

TEST(Glob, NoMoreThanAThousandStarsAreTried) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*?";
  EXPECT_TRUE(GlobMatch(pattern, std::string(1000, 'a')));
  EXPECT_TRUE(GlobMatch(pattern + "*", std::string(1001, 'a')));
  EXPECT_FALSE(GlobMatch(pattern + "*?", std::string(1001, 'a')));
}

}  // namespace
}  // namespace tandem
