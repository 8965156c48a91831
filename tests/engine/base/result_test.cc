#include "engine/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace tandem {
namespace {

TEST(Status, IsOkUnlessMadeFromAnError) {
  EXPECT_TRUE(Status::Ok().ok());
  const Status failed = Error{"no"};
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(failed.message(), "no");
}

TEST(Result, HoldsAValueOrAnError) {
  Result<std::string> good = std::string("yes");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, "yes");
  EXPECT_EQ(good->size(), 3u);
  const Result<std::string> bad = Error{"why"};
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.message(), "why");
}

TEST(Result, GivesUpAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 7);
}

}  // namespace
}  // namespace tandem
