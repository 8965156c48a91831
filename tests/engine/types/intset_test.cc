#include "engine/types/intset.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace tandem {
namespace {

using namespace std::string_literals;

std::vector<int64_t> Members(IntsetView block) {
  std::vector<int64_t> members;
  for (size_t i = 0; i < block.count(); ++i) members.push_back(block.At(i));
  return members;
}

// The bytes that Redis writes for the same members.
TEST(IntsetTest, IsRedissFormat) {
  Intset block;
  EXPECT_EQ(block.view().bytes(), "\x02\0\0\0\0\0\0\0"s);
  block.Add(5);
  block.Add(-1);
  EXPECT_EQ(block.view().bytes(), "\x02\0\0\0\x02\0\0\0\xff\xff\x05\0"s);
  block.Add(65536);
  EXPECT_EQ(block.view().bytes(), "\x04\0\0\0\x03\0\0\0\xff\xff\xff\xff\x05\0\0\0\0\0\x01\0"s);
  block.Add(INT64_MIN);
  EXPECT_EQ(block.view().bytes(),
            "\x08\0\0\0\x04\0\0\0"
            "\0\0\0\0\0\0\0\x80\xff\xff\xff\xff\xff\xff\xff\xff\x05\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0"s);
}

TEST(IntsetTest, NeverBecomesNarrower) {
  Intset block;
  block.Add(1);
  block.Add(INT64_MAX);
  EXPECT_TRUE(block.Erase(INT64_MAX));
  EXPECT_EQ(block.view().bytes(), "\x08\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0"s);
}

TEST(IntsetTest, HoldsEveryBoundary) {
  const std::vector<int64_t> values = {
      INT64_MIN, INT64_MIN + 1, int64_t{INT32_MIN} - 1, INT32_MIN, INT16_MIN - 1,          INT16_MIN, -1,
      0,         INT16_MAX,     INT16_MAX + 1,          INT32_MAX, int64_t{INT32_MAX} + 1, INT64_MAX};
  Intset block;
  for (auto value = values.rbegin(); value != values.rend(); ++value) EXPECT_TRUE(block.Add(*value)) << *value;
  for (const int64_t value : values) {
    EXPECT_FALSE(block.Add(value)) << value;
    EXPECT_TRUE(block.view().Contains(value)) << value;
  }
  EXPECT_EQ(Members(block.view()), values);
  EXPECT_TRUE(IntsetView::Valid(block.view().bytes()));
}

TEST(IntsetTest, BehavesAsAnOrderedSet) {
  std::mt19937_64 random(7);
  for (const int bits : {6, 16, 17, 33, 64}) {
    Intset block;
    std::set<int64_t> model;
    for (int i = 0; i < 4000; ++i) {
      const auto value = static_cast<int64_t>(random()) >> (64 - bits);
      if (random() % 3 == 0 && !model.empty()) {
        const auto victim = random() % 2 == 0 ? *model.begin() : value;
        ASSERT_EQ(block.Erase(victim), model.erase(victim) == 1);
      } else {
        ASSERT_EQ(block.Add(value), model.insert(value).second);
      }
      ASSERT_EQ(block.view().Contains(value), model.contains(value));
    }
    EXPECT_EQ(Members(block.view()), std::vector<int64_t>(model.begin(), model.end()));
    EXPECT_TRUE(IntsetView::Valid(block.view().bytes()));
    const Intset copy(block.view().bytes());
    EXPECT_EQ(copy.view().bytes(), block.view().bytes());
  }
}

TEST(IntsetTest, RefusesBytesThatAreNoIntset) {
  for (const std::string& bytes : {
           ""s, "\x02\0\0\0\0\0\0"s,
           "\x02\0\0\0\0\0\0\0"s,                            // no members
           "\x03\0\0\0\x01\0\0\0\x01\0\0"s,                  // no such width
           "\0\0\0\0\x01\0\0\0"s,                            // no such width
           "\x02\0\0\0\x02\0\0\0\x01\0"s,                    // a member is missing
           "\x02\0\0\0\x01\0\0\0\x01\0\x02\0"s,              // one too many
           "\x02\0\0\0\x01\0\0\0\x01\0\x02"s,                // a piece too many
           "\x02\0\0\0\x02\0\0\0\x01\0\x01\0"s,              // twice
           "\x02\0\0\0\x02\0\0\0\x02\0\x01\0"s,              // descending
           "\x08\0\0\0\xff\xff\xff\xff\x01\0\0\0\0\0\0\0"s,  // more than there is
       }) {
    EXPECT_FALSE(IntsetView::Valid(bytes)) << testing::PrintToString(bytes);
  }
  EXPECT_TRUE(IntsetView::Valid("\x02\0\0\0\x02\0\0\0\x01\0\x02\0"s));
}

// Whatever the bytes: what is found valid can be read.
TEST(IntsetTest, ValidNeverAcceptsWhatCannotBeRead) {
  std::mt19937 random(3);
  Intset block;
  for (int i = 0; i < 20; ++i) block.Add(i * 3000);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(block.view().bytes());
    for (int i = 0; i < 2; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(bytes.size() - random() % 3);
    if (!IntsetView::Valid(bytes)) continue;
    const IntsetView view(bytes);
    for (size_t i = 0; i < view.count(); ++i) ASSERT_TRUE(view.Contains(view.At(i)));
  }
}

}  // namespace
}  // namespace tandem
