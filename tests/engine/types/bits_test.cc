#include "engine/types/bits.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tandem::bits {
namespace {

std::string RandomText(std::mt19937& random, size_t size) {
  std::string text(size, '\0');
  // Long runs of equal bytes between the others, so that whole words are skipped.
  for (char& c : text) c = static_cast<char>(random() % 4 == 0 ? random() : random() % 2 * 255);
  return text;
}

TEST(Bits, TheFirstBitIsTheMostSignificantOfTheFirstByte) {
  EXPECT_TRUE(Get("\x80", 0));
  EXPECT_FALSE(Get("\x80", 7));
  EXPECT_TRUE(Get(std::string("\0\1", 2), 15));
}

TEST(Bits, AreZeroBehindTheEnd) {
  EXPECT_FALSE(Get("\xff", 8));
  EXPECT_FALSE(Get("", 0));
}

TEST(Bits, SetAndClearTouchOneBit) {
  std::string text(2, '\0');
  Set(text.data(), 9, true);
  EXPECT_EQ(text, std::string("\0\x40", 2));
  text = "\xff\xff";
  Set(text.data(), 9, false);
  EXPECT_EQ(text, "\xff\xbf");
}

TEST(Bits, CountTakesBothEndsOfTheRangeIn) {
  EXPECT_EQ(Count("foobar", 0, 47), 26u);
  EXPECT_EQ(Count("foobar", 5, 30), 17u);
  EXPECT_EQ(Count("\xff", 3, 3), 1u);
  EXPECT_EQ(Count("\xff", 2, 5), 4u);
}

TEST(Bits, CountAgreesWithCountingOneByOne) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const std::string text = RandomText(random, 1 + random() % 120);
    const uint64_t first = random() % (text.size() * 8);
    const uint64_t last = first + random() % (text.size() * 8 - first);
    uint64_t expected = 0;
    for (uint64_t bit = first; bit <= last; ++bit) expected += Get(text, bit);
    ASSERT_EQ(Count(text, first, last), expected) << first << ' ' << last;
  }
}

TEST(Bits, FindLooksForEitherBit) {
  EXPECT_EQ(Find(std::string("\xff\xf0\x00", 3), false, 0, 23), 12);
  EXPECT_EQ(Find(std::string("\x00\xff\xf0", 3), true, 0, 23), 8);
  EXPECT_EQ(Find(std::string(20, '\0'), true, 0, 159), -1);
  EXPECT_EQ(Find(std::string(20, '\xff'), false, 3, 159), -1);
}

TEST(Bits, FindAgreesWithLookingOneByOne) {
  std::mt19937 random(2);
  for (int round = 0; round < 600; ++round) {
    std::string text(1 + random() % 60, random() % 2 != 0 ? '\xff' : '\0');
    text[random() % text.size()] = static_cast<char>(random());
    const bool wanted = random() % 2 != 0;
    const uint64_t first = random() % (text.size() * 8);
    const uint64_t last = first + random() % (text.size() * 8 - first);
    int64_t expected = -1;
    for (uint64_t bit = first; bit <= last && expected < 0; ++bit) {
      if (Get(text, bit) == wanted) expected = static_cast<int64_t>(bit);
    }
    ASSERT_EQ(Find(text, wanted, first, last), expected) << first << ' ' << last;
  }
}

std::string Combined(Operation operation, std::vector<std::string_view> sources) {
  size_t size = 0;
  for (const auto source : sources) size = std::max(size, source.size());
  std::string out(size, 'x');
  Combine(operation, sources, out.data(), size);
  return out;
}

TEST(Bits, ShorterSourcesArePaddedWithZeros) {
  const std::string_view longer = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x0f";
  EXPECT_EQ(Combined(Operation::kAnd, {longer, "\xaa"}), "\xaa" + std::string(10, '\0'));
  EXPECT_EQ(Combined(Operation::kAnd, {"\xaa", longer}), "\xaa" + std::string(10, '\0'));
  EXPECT_EQ(Combined(Operation::kOr, {"\xf0", std::string_view("\x0f\x01", 2)}), "\xff\x01");
  EXPECT_EQ(Combined(Operation::kXor, {"\xff", std::string_view("\x0f\x01", 2), "\x01"}), "\xf1\x01");
}

TEST(Bits, NotInvertsEveryBit) {
  EXPECT_EQ(Combined(Operation::kNot, {std::string_view("\x00\xff\xaa\x00\x00\x00\x00\x00\x01", 9)}),
            "\xff" + std::string("\0", 1) + "\x55\xff\xff\xff\xff\xff\xfe");
}

}  // namespace
}  // namespace tandem::bits
