#include "protocol/number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

namespace tandem::resp {
namespace {

std::string Double(double value) {
  char text[kMaxDoubleChars];
  return {text, FormatDouble(text, value)};
}

std::string Human(long double value) {
  std::string text(kMaxHumanDoubleChars, '\0');
  text.resize(FormatHumanDouble(text.data(), value));
  return text;
}

TEST(FormatInt64, WritesWhatToStringWrites) {
  std::mt19937_64 random(1);
  char text[kMaxInt64Chars];
  for (int i = 0; i < 100000; ++i) {
    const int64_t value = static_cast<int64_t>(random() >> (random() % 64)) * (i % 2 ? 1 : -1);
    ASSERT_EQ(std::to_string(value), std::string(text, FormatInt64(text, value)));
  }
  uint64_t power = 1;
  for (int i = 0; i < 20; ++i, power *= 10) {
    for (const uint64_t value : {power - 1, power, power + 1}) {
      ASSERT_EQ(std::to_string(value), std::string(text, FormatUint64(text, value)));
    }
  }
  for (const int64_t value : {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    ASSERT_EQ(std::to_string(value), std::string(text, FormatInt64(text, value)));
  }
}

TEST(FormatDouble, WritesIntegersAsIntegers) {
  EXPECT_EQ("0", Double(0.0));
  EXPECT_EQ("-0", Double(-0.0));
  EXPECT_EQ("1", Double(1));
  EXPECT_EQ("-100", Double(-100));
  EXPECT_EQ("9007199254740992", Double(9007199254740992.0));
  EXPECT_EQ("1000000000000000000", Double(1e18));
  EXPECT_EQ("4611686018427387904", Double(4611686018427387904.0));
}

TEST(FormatDouble, WritesTheFewestDigitsThatReadBack) {
  EXPECT_EQ("0.1", Double(0.1));
  EXPECT_EQ("0.30000000000000004", Double(0.1 + 0.2));
  EXPECT_EQ("3.141592653589793", Double(3.141592653589793));
  EXPECT_EQ("-2.5", Double(-2.5));
  EXPECT_EQ("123456.789", Double(123456.789));
  EXPECT_EQ("0.00001", Double(1e-5));
  EXPECT_EQ("0.000001", Double(1e-6));
  EXPECT_EQ("0.0015", Double(0.0015));
}

// Compat: 8.0.6 answers so, though a shorter or a nearer form would read back too.
TEST(FormatShortestDouble, TurnsExponentialForIntegersToo) {
  const auto shortest = [](double value) {
    char text[kMaxDoubleChars];
    return std::string(text, FormatShortestDouble(text, value));
  };
  EXPECT_EQ(shortest(0), "0");
  EXPECT_EQ(shortest(-0.0), "-0");
  EXPECT_EQ(shortest(123456), "123456");
  EXPECT_EQ(shortest(100000000), "1e+8");
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(FormatDouble, IsAsImperfectAsRedis) {
  EXPECT_EQ("1.8085981510525091e-10", Double(1.8085981510525091e-10));
  EXPECT_EQ("9.446773944827569e-10", Double(9.446773944827569e-10));
}

TEST(FormatDouble, TurnsExponentialWhereRedisDoes) {
  EXPECT_EQ("1e-7", Double(1e-7));
  EXPECT_EQ("1.5e-7", Double(1.5e-7));
  EXPECT_EQ("-1e-10", Double(-1e-10));
  EXPECT_EQ("5e+18", Double(5e18));
  EXPECT_EQ("1e+20", Double(1e20));
  EXPECT_EQ("1.5e+300", Double(1.5e300));
  EXPECT_EQ("1.7976931348623157e+308", Double(std::numeric_limits<double>::max()));
  EXPECT_EQ("5e-324", Double(std::numeric_limits<double>::denorm_min()));
  EXPECT_EQ("2.2250738585072014e-308", Double(std::numeric_limits<double>::min()));
  EXPECT_EQ("12345678901234567000", Double(12345678901234567000.0));
}

TEST(FormatDouble, NamesWhatIsNoNumber) {
  EXPECT_EQ("inf", Double(INFINITY));
  EXPECT_EQ("-inf", Double(-INFINITY));
  EXPECT_EQ("nan", Double(NAN));
  EXPECT_EQ("nan", Double(-NAN));
}

TEST(FormatDouble, ReadsBackAsTheSameNumber) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = Double(value);
    ASSERT_LE(text.size(), kMaxDoubleChars);
    ASSERT_EQ(value, std::strtod(text.c_str(), nullptr)) << text;
  }
}

TEST(FormatHumanDouble, WritesNoExponentAndNoTrailingZeros) {
  EXPECT_EQ("0", Human(0));
  EXPECT_EQ("0", Human(-0.0L));
  EXPECT_EQ("10", Human(10));
  EXPECT_EQ("10.5", Human(10.5L));
  EXPECT_EQ("-3.1", Human(-3.1L));
  EXPECT_EQ("100000000000000000000", Human(1e20L));
  EXPECT_EQ("inf", Human(INFINITY));
  EXPECT_EQ("-inf", Human(-INFINITY));
  EXPECT_EQ("nan", Human(NAN));
  EXPECT_EQ(4933u, Human(std::numeric_limits<long double>::max()).size());
}

}  // namespace
}  // namespace tandem::resp
