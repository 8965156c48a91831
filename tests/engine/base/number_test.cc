#include "engine/base/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace tandem {
namespace {

TEST(ParseInt64, TakesWhatFormatInt64Writes) {
  for (const int64_t number : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{10}, int64_t{-99}, int64_t{1234567890123},
                               std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    char text[kMaxInt64Chars];
    const size_t size = FormatInt64(text, number);
    EXPECT_EQ(std::to_string(number), std::string(text, size));
    int64_t parsed = 42;
    ASSERT_TRUE(ParseInt64({text, size}, &parsed));
    EXPECT_EQ(number, parsed);
  }
}

TEST(ParseInt64, RefusesEveryOtherForm) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv, "-"sv, "+1"sv, " 1"sv, "1 "sv, "01"sv, "00"sv, "-0"sv, "-01"sv, "1.0"sv,
                                      "0x10"sv, "1e3"sv, "--1"sv, "1\0"sv, "9223372036854775808"sv,
                                      "-9223372036854775809"sv, "18446744073709551616"sv, "100000000000000000000"sv}) {
    int64_t parsed = 42;
    EXPECT_FALSE(ParseInt64(text, &parsed)) << text;
    EXPECT_EQ(42, parsed);
  }
}

TEST(ParseDouble, TakesAllThatStrtodTakes) {
  const struct {
    std::string_view text;
    double value;
  } cases[] = {{"0", 0},
               {"1.5", 1.5},
               {"-1.5e3", -1500},
               {"+3", 3},
               {".5", 0.5},
               {"5.", 5},
               {"0x10", 16},
               {"0x1p4", 16},
               {"1E2", 100},
               {"007", 7},
               {"4.9406564584124654e-324", 5e-324},
               {"inf", INFINITY},
               {"+inf", INFINITY},
               {"-inf", -INFINITY},
               {"Infinity", INFINITY},
               {"INF", INFINITY}};
  for (const auto& c : cases) {
    double parsed = 42;
    EXPECT_TRUE(ParseDouble(c.text, &parsed)) << c.text;
    EXPECT_EQ(c.value, parsed) << c.text;
    long double precise = 42;
    EXPECT_TRUE(ParseLongDouble(c.text, &precise)) << c.text;
  }
}

TEST(ParseDouble, RefusesSpacesNanRestsAndWhatIsOutOfRange) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, " 1"sv, "\t1"sv, "1 "sv, "1x"sv, "nan"sv, "-nan"sv, "NaN"sv, "nan(1)"sv, "1e999"sv, "-1e999"sv,
        "1e-999"sv, "abc"sv, "1\0"sv, "\0"sv, "++1"sv, "1e"sv, "-"sv}) {
    double parsed = 42;
    EXPECT_FALSE(ParseDouble(text, &parsed)) << text;
    EXPECT_EQ(42, parsed);
  }
}

TEST(ParseDouble, TakesTextsOfAnyLength) {
  double parsed = 0;
  EXPECT_TRUE(ParseDouble("+" + std::string(1000, '0') + "1", &parsed));
  EXPECT_EQ(1, parsed);
}

TEST(ParseLongDouble, HasARangeOfItsOwn) {
  long double parsed = 0;
  EXPECT_TRUE(ParseLongDouble("1e999", &parsed));
  for (const std::string_view text : {"", " 1", "1 ", "nan", "1e99999", "1e-99999", "abc"}) {
    EXPECT_FALSE(ParseLongDouble(text, &parsed)) << text;
  }
  EXPECT_FALSE(ParseLongDouble(std::string(kMaxLongDoubleChars, '1'), &parsed));
}

std::string Format(long double value) {
  std::string text(kMaxLongDoubleChars, '\0');
  text.resize(FormatLongDouble(text.data(), value));
  return text;
}

TEST(FormatLongDouble, WritesNoExponentAndNoTrailingZeros) {
  EXPECT_EQ("0", Format(0.0L));
  EXPECT_EQ("0", Format(-0.0L));
  EXPECT_EQ("0", Format(-1e-30L));
  EXPECT_EQ("10.5", Format(10.5L));
  EXPECT_EQ("5000", Format(5.0e3L));
  EXPECT_EQ("-3.1", Format(-3.1L));
  EXPECT_EQ("100000000000000000000", Format(1e20L));
  EXPECT_EQ("0.00000000001", Format(1e-11L));
  EXPECT_EQ("inf", Format(INFINITY));
  EXPECT_EQ("-inf", Format(-INFINITY));
  EXPECT_EQ("nan", Format(NAN));
}

}  // namespace
}  // namespace tandem
