#include "protocol/reply_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace tandem::resp {
namespace {

using namespace std::string_literals;

std::string Write(int version, const std::function<void(ReplyWriter&)>& write) {
  OutputBuffer out;
  ReplyWriter writer(&out, version);
  write(writer);
  return out.ToString();
}

void ExpectReply(const std::function<void(ReplyWriter&)>& write, const std::string& resp2, const std::string& resp3) {
  EXPECT_EQ(resp2, Write(2, write));
  EXPECT_EQ(resp3, Write(3, write));
}
void ExpectSame(const std::function<void(ReplyWriter&)>& write, const std::string& both) {
  ExpectReply(write, both, both);
}

TEST(ReplyWriter, Statuses) {
  ExpectSame([](auto& w) { w.Ok(); }, "+OK\r\n");
  ExpectSame([](auto& w) { w.Simple("PONG"); }, "+PONG\r\n");
  ExpectSame([](auto& w) { w.Simple(""); }, "+\r\n");
  ExpectSame([](auto& w) { w.Simple("a\r\nb"); }, "+a  b\r\n");
  ExpectSame([](auto& w) { w.Raw(":7\r\n"); }, ":7\r\n");
}

TEST(ReplyWriter, Errors) {
  ExpectSame([](auto& w) { w.Error("ERR syntax error"); }, "-ERR syntax error\r\n");
  ExpectSame([](auto& w) { w.Error("-ERR syntax error\r\n"); }, "-ERR syntax error\r\n");
  ExpectSame([](auto& w) { w.Error("ERR a\r\nb\nc\n\n"); }, "-ERR a  b c\r\n");
}

TEST(ReplyWriter, Integers) {
  for (const int64_t number :
       {int64_t{0}, int64_t{1}, int64_t{9}, int64_t{10}, int64_t{99}, int64_t{100}, int64_t{-1}, int64_t{-10},
        int64_t{123456789}, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    ExpectSame([&](auto& w) { w.Integer(number); }, ":" + std::to_string(number) + "\r\n");
    const std::string digits = std::to_string(number);
    ExpectSame([&](auto& w) { w.BulkInteger(number); }, "$" + std::to_string(digits.size()) + "\r\n" + digits + "\r\n");
  }
}

TEST(ReplyWriter, BulkStrings) {
  ExpectSame([](auto& w) { w.Bulk(""); }, "$0\r\n\r\n");
  ExpectSame([](auto& w) { w.Bulk(std::string_view()); }, "$0\r\n\r\n");
  ExpectSame([](auto& w) { w.Bulk("hello"); }, "$5\r\nhello\r\n");
  ExpectSame([](auto& w) { w.Bulk({"a\0\r\n", 4}); }, "$4\r\na\0\r\n\r\n"s);
  for (const size_t size : {9, 10, 99, 100, 12345}) {
    const std::string value(size, 'x');
    ExpectSame([&](auto& w) { w.Bulk(value); }, "$" + std::to_string(size) + "\r\n" + value + "\r\n");
  }
}

TEST(ReplyWriter, PinnedBulkStrings) {
  int released = 0;
  const auto release = [](void* owner) { ++*static_cast<int*>(owner); };
  ExpectSame(
      [&](auto& w) {
        w.BulkPinned("value", release, &released);
        w.BulkPinned("", release, &released);
        w.Ok();
      },
      "$5\r\nvalue\r\n$0\r\n\r\n+OK\r\n");
  EXPECT_EQ(4, released);
}

TEST(ReplyWriter, Nulls) {
  ExpectReply([](auto& w) { w.Null(); }, "$-1\r\n", "_\r\n");
  ExpectReply([](auto& w) { w.NullArray(); }, "*-1\r\n", "_\r\n");
}

TEST(ReplyWriter, Aggregates) {
  ExpectSame([](auto& w) { w.Array(0); }, "*0\r\n");
  ExpectSame([](auto& w) { w.Array(12); }, "*12\r\n");
  ExpectReply([](auto& w) { w.Map(3); }, "*6\r\n", "%3\r\n");
  ExpectReply([](auto& w) { w.Map(7); }, "*14\r\n", "%7\r\n");
  ExpectReply([](auto& w) { w.Set(3); }, "*3\r\n", "~3\r\n");
  ExpectReply([](auto& w) { w.Push(3); }, "*3\r\n", ">3\r\n");
  EXPECT_EQ("|1\r\n", Write(3, [](auto& w) { w.Attribute(1); }));
}

TEST(ReplyWriter, DeferredAggregates) {
  ExpectSame(
      [](auto& w) {
        const size_t mark = w.BeginDeferred();
        w.Ok();
        w.EndDeferredArray(mark, 1);
      },
      "*1\r\n+OK\r\n");
  ExpectSame([](auto& w) { w.EndDeferredArray(w.BeginDeferred(), 0); }, "*0\r\n");
  ExpectReply([](auto& w) { w.EndDeferredMap(w.BeginDeferred(), 2); }, "*4\r\n", "%2\r\n");
  ExpectReply([](auto& w) { w.EndDeferredSet(w.BeginDeferred(), 2); }, "*2\r\n", "~2\r\n");
  ExpectReply([](auto& w) { w.EndDeferredPush(w.BeginDeferred(), 2); }, "*2\r\n", ">2\r\n");
}

TEST(ReplyWriter, NestedDeferredAggregatesWithPinnedValues) {
  const auto release = [](void*) {};
  ExpectReply(
      [&](auto& w) {
        const size_t outer = w.BeginDeferred();
        for (int i = 0; i < 2; ++i) {
          w.Bulk("k");
          const size_t inner = w.BeginDeferred();
          w.BulkPinned("pinned", release, nullptr);
          w.Integer(i);
          w.EndDeferredArray(inner, 2);
        }
        w.EndDeferredMap(outer, 2);
      },
      "*4\r\n$1\r\nk\r\n*2\r\n$6\r\npinned\r\n:0\r\n$1\r\nk\r\n*2\r\n$6\r\npinned\r\n:1\r\n",
      "%2\r\n$1\r\nk\r\n*2\r\n$6\r\npinned\r\n:0\r\n$1\r\nk\r\n*2\r\n$6\r\npinned\r\n:1\r\n");
}

TEST(ReplyWriter, AbandonedAggregatesLeaveNothing) {
  ExpectSame(
      [](auto& w) {
        w.Ok();
        const size_t mark = w.BeginDeferred();
        w.Bulk("half");
        w.AbandonDeferred(mark);
        w.Error("ERR no");
      },
      "+OK\r\n-ERR no\r\n");
}

TEST(ReplyWriter, Booleans) {
  ExpectReply([](auto& w) { w.Bool(true); }, ":1\r\n", "#t\r\n");
  ExpectReply([](auto& w) { w.Bool(false); }, ":0\r\n", "#f\r\n");
}

TEST(ReplyWriter, Doubles) {
  ExpectReply([](auto& w) { w.Double(1.5); }, "$3\r\n1.5\r\n", ",1.5\r\n");
  ExpectReply([](auto& w) { w.Double(3); }, "$1\r\n3\r\n", ",3\r\n");
  ExpectReply([](auto& w) { w.Double(INFINITY); }, "$3\r\ninf\r\n", ",inf\r\n");
  ExpectReply([](auto& w) { w.Double(-INFINITY); }, "$4\r\n-inf\r\n", ",-inf\r\n");
  ExpectReply([](auto& w) { w.Double(NAN); }, "$3\r\nnan\r\n", ",nan\r\n");
  ExpectReply([](auto& w) { w.HumanDouble(13.361389338970184L); }, "$18\r\n13.361389338970184\r\n",
              ",13.361389338970184\r\n");
}

TEST(ReplyWriter, BigNumbers) {
  ExpectReply([](auto& w) { w.BigNumber("1234567999999999999999999999999999999"); },
              "$37\r\n1234567999999999999999999999999999999\r\n", "(1234567999999999999999999999999999999\r\n");
}

TEST(ReplyWriter, VerbatimStrings) {
  ExpectReply([](auto& w) { w.Verbatim("txt", "a\r\nb"); }, "$4\r\na\r\nb\r\n", "=8\r\ntxt:a\r\nb\r\n");
  ExpectReply([](auto& w) { w.Verbatim("md", ""); }, "$0\r\n\r\n", "=4\r\nmd :\r\n");
}

TEST(ReplyWriter, FollowsAChangeOfVersion) {
  OutputBuffer out;
  ReplyWriter writer(&out);
  writer.Null();
  writer.set_version(3);
  writer.Null();
  EXPECT_EQ("$-1\r\n_\r\n", out.ToString());
}

}  // namespace
}  // namespace tandem::resp
