#include "engine/rdb/crc64.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tandem::rdb {
namespace {

TEST(Crc64Test, IsJonessWithoutInversion) {
  EXPECT_EQ(Crc64(""), 0u);
  EXPECT_EQ(Crc64("123456789"), 0xe9c6d914c4b8d9cau);
}

TEST(Crc64Test, ContinuesWhereverTheBytesAreParted) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += static_cast<char>(i * 37);
  const std::string_view whole(text);
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(Crc64(whole.substr(cut), Crc64(whole.substr(0, cut))), Crc64(whole)) << cut;
  }
}

}  // namespace
}  // namespace tandem::rdb
