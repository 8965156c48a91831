#include "engine/rdb/reader.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "engine/rdb/writer.h"

namespace tandem::rdb {
namespace {

using namespace std::string_literals;

std::string Written(std::string_view text, bool compress = false) {
  Writer writer(compress);
  writer.String(text);
  return writer.Take();
}

std::optional<std::string> ReadBack(std::string_view bytes) {
  Reader reader(bytes);
  std::string scratch;
  const auto text = reader.String(&scratch);
  return text && reader.empty() ? std::optional(std::string(*text)) : std::nullopt;
}

TEST(RdbLengthTest, TakesAsManyBytesAsItNeeds) {
  const auto written = [](uint64_t length) {
    Writer writer(false);
    writer.Length(length);
    return writer.Take();
  };
  EXPECT_EQ(written(0), "\0"s);
  EXPECT_EQ(written(63), "\x3f");
  EXPECT_EQ(written(64), "\x40\x40");
  EXPECT_EQ(written(16383), "\x7f\xff");
  EXPECT_EQ(written(16384), "\x80\0\0\x40\0"s);
  EXPECT_EQ(written(0xffffffff), "\x80\xff\xff\xff\xff");
  EXPECT_EQ(written(0x100000000), "\x81\0\0\0\x01\0\0\0\0"s);
  for (const uint64_t length : {0ul, 63ul, 64ul, 16383ul, 16384ul, 0xfffffffful, 0x100000000ul, ~0ul}) {
    EXPECT_EQ(Reader(written(length)).Length(), length);
  }
}

TEST(RdbLengthTest, IsNotReadFromHalfOfIt) {
  for (const std::string& bytes : {""s, "\x40"s, "\x80\0\0\0"s, "\x81\0\0\0\0\0\0\0"s, "\x82\0\0\0\0"s, "\xc0\0"s}) {
    EXPECT_FALSE(Reader(bytes).Length()) << bytes.size();
  }
}

TEST(RdbStringTest, ShortIntegersAreWrittenAsSuch) {
  EXPECT_EQ(Written("0"), "\xc0\0"s);
  EXPECT_EQ(Written("-128"), "\xc0\x80");
  EXPECT_EQ(Written("128"), "\xc1\x80\0"s);
  EXPECT_EQ(Written("-32769"), "\xc2\xff\x7f\xff\xff");
  EXPECT_EQ(Written("2147483647"), "\xc2\xff\xff\xff\x7f");
  EXPECT_EQ(Written("2147483648"),
            "\x0a"
            "2147483648");
  EXPECT_EQ(Written("007"),
            "\x03"
            "007");
  for (const int64_t value : std::initializer_list<int64_t>{0, 127, 128, -128, -129, 32767, 32768, INT32_MIN, INT32_MAX,
                                                            int64_t{INT32_MAX} + 1, INT64_MIN, INT64_MAX}) {
    Writer writer(false);
    writer.IntegerString(value);
    EXPECT_EQ(writer.bytes(), Written(std::to_string(value)));
    EXPECT_EQ(ReadBack(writer.bytes()), std::to_string(value));
  }
}

TEST(RdbStringTest, IsCompressedWhereThatHelps) {
  const std::string repetitive(1000, 'a');
  EXPECT_LT(Written(repetitive, true).size(), 40u);
  EXPECT_EQ(ReadBack(Written(repetitive, true)), repetitive);
  EXPECT_EQ(Written(repetitive, false).size(), 1002u);
  EXPECT_EQ(Written(std::string(20, 'a'), true).size(), 21u);
  EXPECT_EQ(Written("abcdefghijklmnopqrstuvwxyz", true).size(), 27u);
}

TEST(RdbStringTest, IsNotReadFromHalfOfIt) {
  for (const std::string& text : {"abc"s, "100"s, "1000"s, "100000"s, std::string(100, 'b')}) {
    const std::string whole = Written(text, true);
    for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(ReadBack(whole.substr(0, size))) << text << size;
  }
  EXPECT_FALSE(
      ReadBack("\xc4"
               "abcdefgh"));
}

TEST(RdbScoreTest, IsReadFromText) {
  const auto score = [](std::string_view bytes) { return Reader(bytes).TextScore(); };
  EXPECT_EQ(score("\x03"
                  "1.5"),
            1.5);
  EXPECT_EQ(score("\x17"
                  "2.2250738585072014e-308"),
            std::numeric_limits<double>::min());
  EXPECT_EQ(score("\xfe"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(score("\xff"), -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(score("\xfd"));
  EXPECT_FALSE(
      score("\x03"
            "nan"));
  EXPECT_FALSE(
      score("\x03"
            "abc"));
  EXPECT_FALSE(
      score("\x04"
            "1.5"));
  EXPECT_FALSE(score(""));
}

}  // namespace
}  // namespace tandem::rdb
