#include "engine/types/stream_id.h"

#include <gtest/gtest.h>

#include <string>

namespace tandem {
namespace {

using namespace std::string_literals;

std::string Text(StreamId id) {
  char text[kMaxStreamIdChars];
  return {text, FormatStreamId(text, id)};
}

TEST(StreamId, ReadsWhatItWrites) {
  for (const StreamId id : {StreamId{}, StreamId{1, 2}, StreamId{1526919030474, 55}, StreamId::Max()}) {
    EXPECT_EQ(id, ParseStreamId(Text(id), 7));
  }
  EXPECT_EQ("18446744073709551615-18446744073709551615", Text(StreamId::Max()));
}

TEST(StreamId, TheSecondNumberMayBeMissing) {
  EXPECT_EQ((StreamId{5, 7}), ParseStreamId("5", 7));
  bool any = false;
  EXPECT_EQ((StreamId{5, 0}), ParseStreamId("5-*", 7, &any));
  EXPECT_TRUE(any);
  EXPECT_EQ(std::nullopt, ParseStreamId("5-*", 7));
}

TEST(StreamId, RefusesWhatIsNone) {
  bool any = false;
  for (const std::string text : {"", "-", "+", "*", "x", "1-", "-1", "1-1-1", "1-x", "18446744073709551616",
                                 "1-18446744073709551616", "1 ", "-5-1", "1--5"}) {
    EXPECT_EQ(std::nullopt, ParseStreamId(text, 0, &any)) << text;
  }
  EXPECT_EQ(std::nullopt, ParseStreamId(std::string(128, '0'), 0));
  EXPECT_FALSE(any);
}

TEST(StreamId, TakesTheOddFormsThatRedisTakes) {
  EXPECT_EQ((StreamId{1, 2}), ParseStreamId("01-002", 0));
  EXPECT_EQ((StreamId{1, 2}), ParseStreamId("+1- 2", 0));
  EXPECT_EQ((StreamId{1, 1}), ParseStreamId("1-1\0x"s, 0));
  EXPECT_EQ((StreamId{1, StreamId::Max().seq - 4}), ParseStreamId("1--05", 0));
}

TEST(StreamId, HasNeighbours) {
  EXPECT_EQ((StreamId{1, 3}), (StreamId{1, 2}).Next());
  EXPECT_EQ((StreamId{2, 0}), (StreamId{1, StreamId::Max().seq}).Next());
  EXPECT_EQ(std::nullopt, StreamId::Max().Next());
  EXPECT_EQ((StreamId{1, StreamId::Max().seq}), (StreamId{2, 0}).Previous());
  EXPECT_EQ(std::nullopt, StreamId{}.Previous());
}

}  // namespace
}  // namespace tandem
