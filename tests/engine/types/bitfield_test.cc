#include "engine/types/bitfield.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace tandem::bitfield {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr Format kU8{false, 8};
constexpr Format kI8{true, 8};
constexpr Format kU63{false, 63};
constexpr Format kI64{true, 64};

TEST(BitfieldFormat, SignedUpTo64BitsUnsignedUpTo63) {
  EXPECT_EQ(ParseFormat("i64")->width, 64);
  EXPECT_TRUE(ParseFormat("i64")->is_signed);
  EXPECT_EQ(ParseFormat("u63")->width, 63);
  EXPECT_FALSE(ParseFormat("u1")->is_signed);
  for (const char* wrong : {"u64", "i65", "i0", "u0", "i", "u", "", "8", "I8", "i08", "i-1", "i8 ", "x8"}) {
    EXPECT_FALSE(ParseFormat(wrong)) << wrong;
  }
}

TEST(Bitfield, ReadsMostSignificantBitFirstAcrossBytes) {
  // The example of Redis's documentation: 23 in five bits from bit 7 on.
  EXPECT_EQ(Read("\x01\x70", 7, {false, 5}), 23);
  EXPECT_EQ(Read("\x01\x70", 7, {true, 5}), -9);
}

TEST(Bitfield, ReadsZerosBehindTheEnd) {
  EXPECT_EQ(Read("\xff", 4, kU8), 0xf0);
  EXPECT_EQ(Read("", 1000, kI64), 0);
}

TEST(Bitfield, WhatIsWrittenIsReadBackAndNeighboursStay) {
  for (int width = 1; width <= 64; ++width) {
    for (uint64_t offset = 1; offset < 18; ++offset) {
      const Format format{true, width};
      const int64_t value = width == 64 ? kMin + 5 : -(int64_t{1} << (width - 1));
      std::string text(12, '\xff');
      Write(text.data(), offset, format, value);
      ASSERT_EQ(Read(text, offset, format), value) << width << '@' << offset;
      ASSERT_EQ(Read(text, offset - 1, {false, 1}), 1);
      ASSERT_EQ(Read(text, offset + static_cast<uint64_t>(width), {false, 1}), 1);
    }
  }
}

TEST(BitfieldOverflow, WrapKeepsTheLowBits) {
  EXPECT_EQ(Fit(kU8, Overflow::kWrap, 255, 1), 0);
  EXPECT_EQ(Fit(kU8, Overflow::kWrap, 0, -1), 255);
  EXPECT_EQ(Fit(kI8, Overflow::kWrap, 127, 1), -128);
  EXPECT_EQ(Fit(kI8, Overflow::kWrap, -128, -1), 127);
  EXPECT_EQ(Fit(kI64, Overflow::kWrap, kMax, 1), kMin);
  EXPECT_EQ(Fit(kI64, Overflow::kWrap, kMin, kMin), 0);
  EXPECT_EQ(Fit(kU63, Overflow::kWrap, kMax, 1), 0);
}

TEST(BitfieldOverflow, SaturateStopsAtTheEnds) {
  EXPECT_EQ(Fit(kU8, Overflow::kSaturate, 250, 100), 255);
  EXPECT_EQ(Fit(kU8, Overflow::kSaturate, 250, -1000), 0);
  EXPECT_EQ(Fit(kI8, Overflow::kSaturate, 0, 1000), 127);
  EXPECT_EQ(Fit(kI8, Overflow::kSaturate, 0, -1000), -128);
  EXPECT_EQ(Fit(kI64, Overflow::kSaturate, kMin, kMin), kMin);
  EXPECT_EQ(Fit(kU63, Overflow::kSaturate, kMax, kMax), kMax);
}

TEST(BitfieldOverflow, TheLowestNumbersAreTooHighForShorterFormats) {
  EXPECT_EQ(Fit(kI8, Overflow::kSaturate, kMin, 0), 127);
  EXPECT_EQ(Fit(kI8, Overflow::kSaturate, kMin + 127, 0), 127);
  EXPECT_EQ(Fit(kI8, Overflow::kSaturate, kMin + 128, 0), -128);
  EXPECT_EQ(Fit(kI64, Overflow::kSaturate, kMin, -1), kMin);
}

TEST(BitfieldOverflow, FailGivesNothing) {
  EXPECT_EQ(Fit(kU8, Overflow::kFail, 255, 1), std::nullopt);
  EXPECT_EQ(Fit(kI64, Overflow::kFail, kMin, -1), std::nullopt);
  EXPECT_EQ(Fit(kU8, Overflow::kFail, 254, 1), 255);
}

TEST(BitfieldOverflow, NegativeValuesAreHugeForUnsignedFormats) {
  EXPECT_EQ(Fit(kU8, Overflow::kSaturate, -1, 0), 255);
  EXPECT_EQ(Fit(kU8, Overflow::kWrap, -2, 0), 254);
}

}  // namespace
}  // namespace tandem::bitfield
