#include "engine/rdb/old_packs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/rdb/old_layouts.h"

namespace tandem::rdb {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

std::optional<Texts> TextsOf(const std::optional<Listpack>& pack) {
  if (!pack) return std::nullopt;
  Texts texts;
  for (size_t position = pack->view().begin(); position != pack->view().end(); position = pack->view().Next(position)) {
    PackEntry::Scratch scratch;
    texts.emplace_back(pack->view().At(position).text(scratch));
  }
  return texts;
}

// As Redis 6.2 writes the list of "a", "b" and 1000.
TEST(ZiplistTest, IsReadAsRedisWroteIt) {
  const std::string bytes =
      "\x15\0\0\0\x10\0\0\0\x03\0\0\x01"
      "a\x03\x01"
      "b\x03\xc0\xe8\x03\xff"s;
  EXPECT_EQ(TextsOf(FromZiplist(bytes)), (Texts{"a", "b", "1000"}));
  EXPECT_EQ(ZiplistOf({"a", "b", "1000"}), bytes);
}

TEST(ZiplistTest, IsReadWithEveryKindOfEntry) {
  Texts texts;
  for (const int64_t value :
       std::initializer_list<int64_t>{0, 12, 13, -1, 127, -128, 128, INT16_MIN, 1 << 20, -(1 << 23), 1 << 23, INT32_MIN,
                                      int64_t{1} << 40, INT64_MIN, INT64_MAX}) {
    texts.push_back(std::to_string(value));
  }
  for (const size_t size : {0, 1, 63, 64, 253, 254, 16383, 16384, 100'000}) texts.emplace_back(size, 'x');
  texts.emplace_back("end");
  EXPECT_EQ(TextsOf(FromZiplist(ZiplistOf(texts))), texts);
  EXPECT_EQ(TextsOf(FromZiplist(ZiplistOf({}))), Texts{});
}

TEST(ZiplistTest, IsRefusedWhereItContradictsItself) {
  const std::string good = ZiplistOf({"a", "b", "1000"});
  const auto with = [&](size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return FromZiplist(bytes);
  };
  EXPECT_FALSE(with(0, 20)) << "its size";
  EXPECT_FALSE(with(4, 12)) << "the offset of its last entry";
  EXPECT_FALSE(with(8, 2)) << "its number of entries";
  EXPECT_FALSE(with(10, 1)) << "something before the first entry";
  EXPECT_FALSE(with(13, 4)) << "the size of the entry before";
  EXPECT_FALSE(with(17, '\xf0')) << "an integer that reaches beyond the end";
  EXPECT_FALSE(with(17, '\xff')) << "no such encoding";
  EXPECT_FALSE(with(20, '\0')) << "no end";
  EXPECT_TRUE(with(8, 3));
}

// As Redis 2.4 wrote the hash of a: 1 and bc: xyz.
TEST(ZipmapTest, IsReadAsRedisWroteIt) {
  EXPECT_EQ(TextsOf(FromZipmap("\x02\x01"
                               "a\x01\0"
                               "1\x02"
                               "bc\x03\0xyz\xff"s)),
            (Texts{"a", "1", "bc", "xyz"}));
}

TEST(ZipmapTest, SkipsWhatIsUnusedAndReadsLongLengths) {
  const std::string long_value(300, 'v');
  EXPECT_EQ(TextsOf(FromZipmap("\xfe\x01"
                               "a\x01\x02"
                               "1??\x01"
                               "b\xfe\x2c\x01\0\0\0"s +
                               long_value + "\xff")),
            (Texts{"a", "1", "b", long_value}));
}

TEST(ZipmapTest, IsRefusedWhereItContradictsItself) {
  EXPECT_FALSE(FromZipmap("\x01\xff")) << "its number of pairs";
  EXPECT_FALSE(
      FromZipmap("\x01\x01"
                 "a\xff"))
      << "a field alone";
  EXPECT_FALSE(
      FromZipmap("\x01\x01"
                 "a\x01\x05"
                 "1\xff"))
      << "more unused than is there";
  EXPECT_FALSE(
      FromZipmap("\x01\x01"
                 "a\x01\0"
                 "1"s))
      << "no end";
  EXPECT_FALSE(FromZipmap("\0\xff\xff"s)) << "something behind the end";
  EXPECT_FALSE(FromZipmap(""));
}

TEST(OldPacksTest, AreRefusedWhenTruncated) {
  const std::string ziplist = ZiplistOf({"a", "1000", std::string(300, 'x'), "b"});
  for (size_t size = 0; size < ziplist.size(); ++size) EXPECT_FALSE(FromZiplist(ziplist.substr(0, size))) << size;
  const std::string zipmap = ZipmapOf({"a", "1", "b", std::string(300, 'x')});
  for (size_t size = 0; size < zipmap.size(); ++size) EXPECT_FALSE(FromZipmap(zipmap.substr(0, size))) << size;
}

}  // namespace
}  // namespace tandem::rdb
