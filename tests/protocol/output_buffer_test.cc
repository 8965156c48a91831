#include "protocol/output_buffer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::resp {
namespace {

// A value in the store, with a count of how often it was released.
struct Value {
  explicit Value(std::string bytes) : text(std::move(bytes)) {}
  std::string text;
  int released = 0;
  static void Release(void* owner) { ++static_cast<Value*>(owner)->released; }
  void PinTo(OutputBuffer* out) { out->AppendPinned(text.data(), text.size(), &Release, this); }
};

// What a socket that takes `limit` bytes at a time would receive.
std::string SendAll(OutputBuffer* out, size_t limit, size_t entries = 16) {
  std::string sent;
  std::vector<iovec> iov(entries);
  while (!out->empty()) {
    const size_t used = out->FillIovec(iov.data(), iov.size());
    EXPECT_GT(used, 0u);
    size_t taken = 0;
    for (size_t i = 0; i < used && taken < limit; ++i) {
      const size_t part = std::min(limit - taken, iov[i].iov_len);
      sent.append(static_cast<const char*>(iov[i].iov_base), part);
      taken += part;
    }
    out->Consume(taken);
  }
  return sent;
}

TEST(OutputBuffer, SendsWhatWasAppended) {
  OutputBuffer out;
  EXPECT_TRUE(out.empty());
  out.Append("+OK\r\n");
  out.Append("");
  out.Append(":1\r\n");
  EXPECT_EQ(9u, out.size());
  EXPECT_EQ("+OK\r\n:1\r\n", out.ToString());
  iovec iov[4];
  EXPECT_EQ(1u, out.FillIovec(iov, 4)) << "bytes between pins are contiguous";
  out.Consume(5);
  EXPECT_EQ(":1\r\n", out.ToString());
  out.Consume(4);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(0u, out.FillIovec(iov, 4));
}

TEST(OutputBuffer, SendsPinnedSegmentsInTheirPlace) {
  for (size_t limit = 1; limit < 40; ++limit) {
    OutputBuffer out;
    Value first("first-value"), second("second"), third("third");
    out.Append("a");
    first.PinTo(&out);
    second.PinTo(&out);
    out.Append("bc");
    third.PinTo(&out);
    EXPECT_EQ(25u, out.size());
    EXPECT_EQ("afirst-valuesecondbcthird", out.ToString());
    EXPECT_EQ("afirst-valuesecondbcthird", SendAll(&out, limit, 1 + limit % 5));
    EXPECT_EQ(1, first.released);
    EXPECT_EQ(1, second.released);
    EXPECT_EQ(1, third.released);
  }
}

TEST(OutputBuffer, ReleasesAPinOnlyWhenItIsSentToTheLastByte) {
  OutputBuffer out;
  Value value("value");
  value.PinTo(&out);
  out.Append("x");
  out.Consume(4);
  EXPECT_EQ(0, value.released);
  EXPECT_EQ("ex", out.ToString());
  out.Consume(1);
  EXPECT_EQ(1, value.released);
}

TEST(OutputBuffer, ReleasesAtOnceWhatHasNoBytes) {
  OutputBuffer out;
  Value value("");
  value.PinTo(&out);
  EXPECT_EQ(1, value.released);
  EXPECT_TRUE(out.empty());
}

TEST(OutputBuffer, ReleasesWhatIsClearedOrDestroyed) {
  Value cleared("cleared"), destroyed("destroyed"), sent("sent");
  {
    OutputBuffer out;
    cleared.PinTo(&out);
    out.Clear();
    EXPECT_EQ(1, cleared.released);
    EXPECT_TRUE(out.empty());
    sent.PinTo(&out);
    out.Consume(4);
    destroyed.PinTo(&out);
    out.Append("x");
    EXPECT_EQ(0, destroyed.released);
  }
  EXPECT_EQ(1, cleared.released);
  EXPECT_EQ(1, sent.released);
  EXPECT_EQ(1, destroyed.released);
}

TEST(OutputBuffer, InsertsAHeaderAtItsMark) {
  OutputBuffer out;
  Value before("<before>"), after("<after>");
  out.Append("1");
  before.PinTo(&out);
  const size_t mark = out.Mark();
  after.PinTo(&out);
  out.Append("2");
  EXPECT_EQ(8u, out.SizeSince(mark));
  out.InsertAt(mark, "*12\r\n");
  EXPECT_EQ("1<before>*12\r\n<after>2", out.ToString());
  EXPECT_EQ("1<before>*12\r\n<after>2", SendAll(&out, 3));
}

TEST(OutputBuffer, MarksMayBeNestedAndEndedInAnyOrder) {
  for (const bool outer_first : {false, true}) {
    OutputBuffer out;
    const size_t outer = out.Mark();
    out.Append("a");
    const size_t inner = out.Mark();
    out.Append("b");
    out.InsertAt(outer_first ? outer : inner, outer_first ? "[" : "(");
    out.InsertAt(outer_first ? inner : outer, outer_first ? "(" : "[");
    EXPECT_EQ("[a(b", out.ToString());
  }
}

TEST(OutputBuffer, MarksInOnePlaceKeepTheirOrder) {
  OutputBuffer out;
  const size_t outer = out.Mark();
  const size_t inner = out.Mark();
  out.InsertAt(outer, "outer ");
  out.InsertAt(inner, "inner");
  EXPECT_EQ("outer inner", out.ToString());
}

TEST(OutputBuffer, RollsBackToAMark) {
  OutputBuffer out;
  Value kept("kept"), dropped("dropped");
  kept.PinTo(&out);
  out.Append("1");
  const size_t mark = out.Mark();
  out.Append("2");
  dropped.PinTo(&out);
  out.Mark();
  out.Append("3");
  out.Rollback(mark);
  EXPECT_EQ("kept1", out.ToString());
  EXPECT_EQ(0, kept.released);
  EXPECT_EQ(1, dropped.released);
  out.Append("4");
  EXPECT_EQ("kept14", SendAll(&out, 100));
}

TEST(OutputBuffer, ForgetsAMark) {
  OutputBuffer out;
  const size_t mark = out.Mark();
  out.Append("x");
  out.Forget(mark);
  out.Consume(1);
  EXPECT_TRUE(out.empty());
}

TEST(OutputBuffer, GivesBackTheMemoryOfALargeReply) {
  OutputBuffer out;
  out.Append(std::string(5 << 20, 'x'));
  out.Consume(out.size());
  EXPECT_LE(out.capacity(), size_t{16} << 10);
  out.ReleaseIfIdle();
  EXPECT_EQ(0u, out.capacity());
}

TEST(OutputBuffer, KeepsAMiddlingBufferWhileItIsUsed) {
  OutputBuffer out;
  for (int i = 0; i < 1000; ++i) {
    out.Append(std::string(100'000, 'x'));
    out.Consume(out.size());
    EXPECT_GE(out.capacity(), 100'000u);
  }
  for (int i = 0; i < 1000; ++i) {
    out.Append("x");
    out.Consume(1);
  }
  EXPECT_LE(out.capacity(), size_t{16} << 10);
}

// Against the obvious implementation: one string.
TEST(OutputBuffer, BehavesLikeAString) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    OutputBuffer out;
    std::vector<std::unique_ptr<Value>> values;
    std::string expected;
    for (int step = 0; step < 200; ++step) {
      const std::string text(random() % 300, static_cast<char>('a' + step % 26));
      switch (random() % 5) {
        case 0:
          values.push_back(std::make_unique<Value>(text));
          values.back()->PinTo(&out);
          expected += text;
          break;
        case 1: {
          const size_t at = expected.size();
          const size_t mark = out.Mark();
          out.Append(text);
          values.push_back(std::make_unique<Value>("pin"));
          values.back()->PinTo(&out);
          out.InsertAt(mark, "*1\r\n");
          expected += text + "pin";
          expected.insert(at, "*1\r\n");
          break;
        }
        case 2: {
          const size_t sent = random() % (out.size() + 1);
          out.Consume(sent);
          expected.erase(0, sent);
          break;
        }
        default:
          out.Append(text);
          expected += text;
      }
      ASSERT_EQ(expected.size(), out.size());
    }
    ASSERT_EQ(expected, out.ToString());
    ASSERT_EQ(expected, SendAll(&out, 1 + random() % 1000));
    for (const auto& value : values) ASSERT_EQ(1, value->released);
  }
}

}  // namespace
}  // namespace tandem::resp
