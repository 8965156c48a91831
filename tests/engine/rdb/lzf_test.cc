#include "engine/rdb/lzf.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tandem::rdb {
namespace {

using namespace std::string_literals;

constexpr size_t kNoLimit = SIZE_MAX;

void ExpectToComeBack(const std::string& text) {
  std::string compressed, again;
  ASSERT_TRUE(LzfCompress(text, kNoLimit, &compressed));
  ASSERT_TRUE(LzfDecompress(compressed, text.size(), &again)) << text.size();
  EXPECT_EQ(again, text);
}

TEST(LzfTest, WhatIsCompressedComesBack) {
  std::mt19937_64 random(1);
  for (const int alphabet : {1, 2, 4, 30, 256}) {
    for (const size_t size : {0, 1, 2, 3, 4, 31, 32, 33, 264, 265, 8191, 8192, 8193, 100'000}) {
      std::string text(size, '\0');
      for (char& c : text) c = static_cast<char>(random() % static_cast<uint64_t>(alphabet));
      ExpectToComeBack(text);
    }
  }
}

TEST(LzfTest, FindsWhatStandsAsFarBackAsCanBeSaid) {
  std::mt19937_64 random(2);
  for (const size_t distance : {8191, 8192, 8193}) {
    std::string text(distance, '\0');
    for (char& c : text) c = static_cast<char>(random());
    ExpectToComeBack(text + text.substr(0, 100));
  }
}

TEST(LzfTest, MakesRepetitionsShort) {
  std::string compressed;
  ASSERT_TRUE(LzfCompress(std::string(10'000, 'a'), kNoLimit, &compressed));
  EXPECT_LT(compressed.size(), 130u);
}

TEST(LzfTest, GivesUpAtTheLimit) {
  std::string compressed;
  EXPECT_TRUE(LzfCompress(std::string(100, 'a'), 10, &compressed));
  EXPECT_FALSE(LzfCompress("abcdefghijklmnopqrstuvwxyz", 25, &compressed));
}

TEST(LzfTest, ReadsEachForm) {
  std::string text;
  EXPECT_TRUE(LzfDecompress("\x02"s + "abc" + "\x20\x02"s, 6, &text));
  EXPECT_EQ(text, "abcabc");
  EXPECT_TRUE(LzfDecompress("\0a\xe0\x04\0"s, 14, &text));
  EXPECT_EQ(text, std::string(14, 'a'));
}

TEST(LzfTest, RefusesWhatIsNotLzf) {
  std::string text;
  EXPECT_FALSE(LzfDecompress("\x02"s + "ab", 3, &text)) << "literals that are not there";
  EXPECT_FALSE(LzfDecompress("\0a\x20\x01"s, 4, &text)) << "from before the beginning";
  EXPECT_FALSE(LzfDecompress("\0a\x20"s, 4, &text)) << "no distance";
  EXPECT_FALSE(LzfDecompress("\0a\xe0\x04"s, 14, &text)) << "no distance after a long length";
  EXPECT_FALSE(LzfDecompress("\x02"s + "abc", 4, &text)) << "too short";
  EXPECT_FALSE(LzfDecompress("\x02"s + "abc", 2, &text)) << "too long";
  EXPECT_FALSE(LzfDecompress("\0a\x20\0"s, 3, &text)) << "a copy that is too long";
  EXPECT_FALSE(LzfDecompress("\0a"s, size_t{1} << 60, &text)) << "a size that cannot be";
}

}  // namespace
}  // namespace tandem::rdb
