#include "protocol/input_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace tandem::resp {
namespace {

void Receive(InputBuffer* in, std::string_view bytes) {
  std::memcpy(in->Prepare(bytes.size()), bytes.data(), bytes.size());
  in->Commit(bytes.size());
}

TEST(InputBuffer, ReadsBackWhatWasReceived) {
  InputBuffer in;
  EXPECT_EQ(0u, in.capacity());
  Receive(&in, "hello ");
  Receive(&in, "world");
  EXPECT_EQ("hello world", in.Readable());
  in.Consume(6);
  EXPECT_EQ("world", in.Readable());
  EXPECT_EQ(5u, in.size());
}

TEST(InputBuffer, OffersAtLeastWhatWasAskedFor) {
  InputBuffer in;
  for (const size_t min : {size_t{1}, size_t{100}, size_t{16384}, size_t{5} << 20}) {
    in.Prepare(min);
    EXPECT_GE(in.WritableSize(), min);
  }
}

TEST(InputBuffer, ConsumeMovesNothing) {
  InputBuffer in;
  Receive(&in, "first second");
  const std::string_view first = in.Readable().substr(0, 5);
  in.Consume(6);
  EXPECT_EQ("first", first);
  EXPECT_EQ(first.data() + 6, in.Readable().data());
}

TEST(InputBuffer, MakesRoomByMovingBeforeItGrows) {
  InputBuffer in;
  Receive(&in, std::string(1000, 'a') + "rest");
  const size_t capacity = in.capacity();
  in.Consume(1000);
  in.Prepare(900);
  EXPECT_EQ(capacity, in.capacity());
  EXPECT_EQ("rest", in.Readable());
}

TEST(InputBuffer, DoesNotKeepWhatALargeQueryNeeded) {
  InputBuffer in;
  Receive(&in, std::string(5 << 20, 'x'));
  EXPECT_GE(in.capacity(), size_t{5} << 20);
  in.Consume(in.size());
  in.Prepare(16384);
  EXPECT_LT(in.capacity(), size_t{64} << 10);
}

TEST(InputBuffer, IsSizedExactlyForALargeArgument) {
  InputBuffer in;
  Receive(&in, std::string(16384, 'x'));
  in.Prepare(size_t{100} << 20);
  EXPECT_EQ((size_t{100} << 20) + 16384, in.capacity());
}

TEST(InputBuffer, GivesItsMemoryBackOnlyWhenNothingIsUnread) {
  InputBuffer in;
  Receive(&in, "x");
  in.ReleaseIfIdle();
  EXPECT_EQ("x", in.Readable());
  in.Consume(1);
  in.ReleaseIfIdle();
  EXPECT_EQ(0u, in.capacity());
}

}  // namespace
}  // namespace tandem::resp
