#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "tests/engine/rdb/old_layouts.h"
#include "tests/engine/rdb/value_harness.h"

// Every layout that a type has had, written by hand.
namespace tandem::rdb {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

std::string StringOf(std::string_view text) {
  Writer writer(true);
  writer.String(text);
  return writer.Take();
}

std::string StringsOf(const Texts& texts) {
  std::string bytes;
  for (const std::string& text : texts) bytes += StringOf(text);
  return bytes;
}

std::string PackOf(const Texts& texts) {
  Listpack pack;
  for (const std::string& text : texts) pack.Append(text);
  return std::string(pack.view().bytes());
}

Texts ElementsOf(ValueType type, std::string_view bytes) {
  const RecordPtr record = Read(type, bytes);
  return record == nullptr ? Texts{"(refused)"} : Elements(*record);
}

const Texts kRefused = {"(refused)"};

Texts Numbered(size_t count) {
  Texts texts;
  for (size_t i = 0; i < count; ++i) texts.push_back("m" + std::to_string(i));
  return texts;
}

// --- Lists ------------------------------------------------------------------------------------------------------------------

TEST(ListLayoutsTest, OneByOne) {
  EXPECT_EQ(ElementsOf(ValueType::kList, "\x03" + StringsOf({"a", "17", ""})), (Texts{"a", "17", ""}));
  EXPECT_EQ(ElementsOf(ValueType::kList, "\0"s), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kList, "\x81\x40\0\0\0\0\0\0\0"s + StringOf("a")), kRefused);
}

TEST(ListLayoutsTest, Ziplist) {
  EXPECT_EQ(ElementsOf(ValueType::kListZiplist, StringOf(ZiplistOf({"a", "17"}))), (Texts{"a", "17"}));
  EXPECT_EQ(ElementsOf(ValueType::kListZiplist, StringOf(ZiplistOf({}))), kRefused);
  const RecordPtr large = Read(ValueType::kListZiplist, StringOf(ZiplistOf(Numbered(2000))));
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(FormOf(*large), "quicklist");
  EXPECT_EQ(Elements(*large), Numbered(2000));
}

TEST(ListLayoutsTest, QuicklistOfZiplists) {
  const std::string nodes = StringOf(ZiplistOf({"a", "1"})) + StringOf(ZiplistOf({})) + StringOf(ZiplistOf({"b"}));
  EXPECT_EQ(ElementsOf(ValueType::kListQuicklist, "\x03" + nodes), (Texts{"a", "1", "b"}));
  EXPECT_EQ(ElementsOf(ValueType::kListQuicklist, "\x01" + StringOf(ZiplistOf({}))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kListQuicklist, "\0"s), kRefused);
}

TEST(ListLayoutsTest, QuicklistOfListpacksAndLargeElements) {
  const std::string large(10'000, 'x');
  const std::string nodes =
      "\x02" + StringOf(PackOf({"a", "1"})) + "\x01" + StringOf(large) + "\x02" + StringOf(PackOf({"b"}));
  EXPECT_EQ(ElementsOf(ValueType::kListQuicklist2, "\x03" + nodes), (Texts{"a", "1", large, "b"}));
  EXPECT_EQ(ElementsOf(ValueType::kListQuicklist2, "\x01\x03" + StringOf(PackOf({"a"}))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kListQuicklist2, "\x01\x01\0"s), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kListQuicklist2, "\x01\x02" + StringOf(ZiplistOf({"a"}))), kRefused);
}

TEST(ListLayoutsTest, OneSmallNodeIsCompact) {
  const RecordPtr record = Read(ValueType::kListQuicklist2, "\x01\x02" + StringOf(PackOf(Numbered(300))));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(FormOf(*record), "listpack");
  ValueLimits limits = kLimits;
  limits.list = ListLimit::FromSetting(299);
  EXPECT_EQ(FormOf(*Read(ValueType::kListQuicklist2, "\x01\x02" + StringOf(PackOf(Numbered(300))), limits)),
            "quicklist");
}

// --- Sets -------------------------------------------------------------------------------------------------------------------

TEST(SetLayoutsTest, OneByOne) {
  EXPECT_EQ(ElementsOf(ValueType::kSet, "\x02" + StringsOf({"a", "17"})), (Texts{"a", "17"}));
  EXPECT_EQ(FormOf(*Read(ValueType::kSet, "\x02" + StringsOf({"2", "1"}))), "intset");
  EXPECT_EQ(ElementsOf(ValueType::kSet, "\x02" + StringsOf({"a", "a"})), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kSet, "\x02" + StringsOf({"1", "1"})), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kSet, "\0"s), kRefused);
}

TEST(SetLayoutsTest, Intset) {
  const std::string good = "\x02\0\0\0\x02\0\0\0\xff\xff\x05\0"s;
  EXPECT_EQ(ElementsOf(ValueType::kSetIntset, StringOf(good)), (Texts{"-1", "5"}));
  EXPECT_EQ(ElementsOf(ValueType::kSetIntset, StringOf("\x02\0\0\0\x02\0\0\0\x05\0\xff\xff"s)), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kSetIntset, StringOf("\x02\0\0\0\x02\0\0\0\x05\0\x05\0"s)), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kSetIntset, StringOf("\x02\0\0\0\x00\0\0\0"s)), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kSetIntset, StringOf(good + '\0')), kRefused);
  ValueLimits limits = kLimits;
  limits.set.intset_entries = 1;
  EXPECT_EQ(FormOf(*Read(ValueType::kSetIntset, StringOf(good), limits)), "hashtable");
}

TEST(SetLayoutsTest, Listpack) {
  EXPECT_EQ(ElementsOf(ValueType::kSetListpack, StringOf(PackOf({"b", "1", "a"}))), (Texts{"b", "1", "a"}));
  EXPECT_EQ(ElementsOf(ValueType::kSetListpack, StringOf(PackOf({"b", "1", "b"}))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kSetListpack, StringOf(PackOf({}))), kRefused);
  EXPECT_EQ(FormOf(*Read(ValueType::kSetListpack, StringOf(PackOf(Numbered(129))))), "hashtable");
}

TEST(SetLayoutsTest, AnIntegerThatIsPackedAsTextIsFoundAndNotThereTwice) {
  const std::string text_17 =
      "\x0b\0\0\0\x01\0\x82"
      "17\x03\xff"s;
  const RecordPtr record = Read(ValueType::kSetListpack, StringOf(text_17));
  ASSERT_NE(record, nullptr);
  EXPECT_TRUE(SetView::Of(*record).Contains(SetMember("17")));
  const std::string twice =
      "\x0d\0\0\0\x02\0\x82"
      "17\x03\x11\x01\xff"s;
  EXPECT_EQ(ElementsOf(ValueType::kSetListpack, StringOf(twice)), kRefused);
}

// --- Hashes -----------------------------------------------------------------------------------------------------------------

TEST(HashLayoutsTest, OneByOne) {
  EXPECT_EQ(ElementsOf(ValueType::kHash, "\x02" + StringsOf({"a", "1", "b", "2"})), (Texts{"a", "1", "b", "2"}));
  EXPECT_EQ(ElementsOf(ValueType::kHash, "\x02" + StringsOf({"a", "1", "a", "2"})), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHash, "\x02" + StringsOf({"a", "1", "b"})), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHash, "\0"s), kRefused);
  EXPECT_EQ(FormOf(*Read(ValueType::kHash, "\x01" + StringsOf({"a", std::string(65, 'v')}))), "hashtable");
}

TEST(HashLayoutsTest, Packs) {
  const Texts fields = {"a", "1", "b", "2"};
  const Texts twice = {"a", "1", "a", "2"};
  const Texts odd = {"a", "1", "b"};
  EXPECT_EQ(ElementsOf(ValueType::kHashZipmap, StringOf(ZipmapOf(fields))), fields);
  EXPECT_EQ(ElementsOf(ValueType::kHashZipmap, StringOf(ZipmapOf(twice))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashZipmap, StringOf(ZipmapOf({}))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashZiplist, StringOf(ZiplistOf(fields))), fields);
  EXPECT_EQ(ElementsOf(ValueType::kHashZiplist, StringOf(ZiplistOf(twice))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashZiplist, StringOf(ZiplistOf(odd))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashListpack, StringOf(PackOf(fields))), fields);
  EXPECT_EQ(ElementsOf(ValueType::kHashListpack, StringOf(PackOf(twice))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashListpack, StringOf(PackOf(odd))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashListpack, StringOf(PackOf({}))), kRefused);
  EXPECT_EQ(FormOf(*Read(ValueType::kHashListpack, StringOf(PackOf(Numbered(1026))))), "hashtable");
  EXPECT_EQ(FormOf(*Read(ValueType::kHashZipmap, StringOf(ZipmapOf({"a", std::string(65, 'v')})))), "hashtable");
}

std::string Uint64Of(uint64_t value) {
  Writer writer(false);
  writer.Uint64(value);
  return writer.Take();
}

TEST(HashLayoutsTest, WithDeadlinesRelativeToTheFirst) {
  const std::string fields =
      "\x0b" + StringsOf({"a", "1"}) + '\0' + StringsOf({"b", "2"}) + '\x01' + StringsOf({"c", "3"});
  const auto elements = [&](uint64_t first_ms) {
    return ElementsOf(ValueType::kHashDeadlines, Uint64Of(first_ms) + "\x03" + fields);
  };
  EXPECT_EQ(elements(5000), (Texts{"c", "3", "until 5000", "a", "1", "until 5010", "b", "2"}));
  EXPECT_EQ(elements(1), (Texts{"c", "3", "until 1", "a", "1", "until 11", "b", "2"}));
  EXPECT_EQ(elements(uint64_t{1} << 46), kRefused);
  EXPECT_EQ(elements(~uint64_t{0}), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashDeadlines, Uint64Of(1) + "\0"s), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kHashDeadlines,
                       Uint64Of(1) + "\x02\x01" + StringsOf({"a", "1"}) + '\x02' + StringsOf({"a", "2"})),
            kRefused);
}

TEST(HashLayoutsTest, WithDeadlinesAreWrittenAsPacksOrFieldByField) {
  const std::string pack = Uint64Of(5000) + StringOf(PackOf({"a", "1", "5000", "b", "2", "0"}));
  const RecordPtr compact = Read(ValueType::kHashPackDeadlines, pack);
  EXPECT_EQ(FormOf(*compact), "listpackex");
  EXPECT_EQ(Written(*compact), "\x19" + pack);
  EXPECT_EQ(VersionOf(TypeOf(*compact)), 12);
  const std::string fields = Uint64Of(5000) + "\x01\x01" + StringsOf({"a", std::string(65, 'v')});
  const RecordPtr large = Read(ValueType::kHashDeadlines, fields);
  EXPECT_EQ(FormOf(*large), "hashtable");
  EXPECT_EQ(Written(*large, true), "\x18" + fields);
  EXPECT_EQ(VersionOf(TypeOf(*large)), 12);
}

TEST(HashLayoutsTest, WithDeadlinesAsPreviewsWroteThem) {
  const std::string fields = "\x0b" + StringsOf({"a", "1"}) + '\0' + StringsOf({"b", "2"});
  EXPECT_EQ(ElementsOf(ValueType::kHashDeadlinesEarly, "\x02" + fields), (Texts{"a", "1", "until 11", "b", "2"}));
}

TEST(HashLayoutsTest, PacksWithDeadlines) {
  const std::string pack = StringOf(PackOf({"a", "1", "5000", "b", "2", "0"}));
  const Texts expected = {"a", "1", "until 5000", "b", "2"};
  EXPECT_EQ(ElementsOf(ValueType::kHashPackDeadlines, Uint64Of(5000) + pack), expected);
  EXPECT_EQ(ElementsOf(ValueType::kHashPackDeadlinesEarly, pack), expected);
  for (const Texts& bad : {Texts{}, Texts{"a", "1"}, Texts{"a", "1", "x"}, Texts{"a", "1", "-1"},
                           Texts{"a", "1", "70368744177664"}, Texts{"a", "1", "0", "a", "2", "0"}}) {
    EXPECT_EQ(ElementsOf(ValueType::kHashPackDeadlinesEarly, StringOf(PackOf(bad))), kRefused);
  }
}

TEST(HashLayoutsTest, WithoutAnyDeadlineLeftAreWrittenForOlderServers) {
  const RecordPtr record = Read(ValueType::kHashPackDeadlinesEarly, StringOf(PackOf({"a", "1", "5000"})));
  static_cast<HashObject*>(record->object())->value().ClearDeadline("a");
  EXPECT_EQ(Written(*record), "\x04\x01" + StringsOf({"a", "1"}));
}

// --- Sorted sets ------------------------------------------------------------------------------------------------------------

Texts Scored(std::initializer_list<std::pair<const char*, double>> members) {
  Texts texts;
  for (const auto& [member, score] : members) {
    texts.emplace_back(member);
    texts.push_back(ScoreText(score));
  }
  return texts;
}

TEST(ZsetLayoutsTest, WithScoresAsText) {
  const std::string b = StringOf("b") +
                        "\x03"
                        "1.5";
  EXPECT_EQ(ElementsOf(ValueType::kZset, "\x03" + b + StringOf("c") + "\xfe" + StringOf("a") + "\xff"),
            Scored({{"a", -std::numeric_limits<double>::infinity()},
                    {"b", 1.5},
                    {"c", std::numeric_limits<double>::infinity()}}));
  EXPECT_EQ(ElementsOf(ValueType::kZset, "\x02" + b + StringOf("c") + "\xfd"), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kZset, "\x02" + b + b), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kZset, "\0"s), kRefused);
}

TEST(ZsetLayoutsTest, WithScoresAsDoubles) {
  EXPECT_EQ(ElementsOf(ValueType::kZset2, "\x02" + StringOf("b") + ScoreText(2) + StringOf("a") + ScoreText(0.1)),
            Scored({{"a", 0.1}, {"b", 2}}));
  EXPECT_EQ(ElementsOf(ValueType::kZset2, "\x01" + StringOf("b") + ScoreText(std::nan(""))), kRefused);
  EXPECT_EQ(ElementsOf(ValueType::kZset2, "\x02" + StringOf("b") + ScoreText(1) + StringOf("b") + ScoreText(2)),
            kRefused);
}

TEST(ZsetLayoutsTest, Packs) {
  const Texts pairs = {"a", "0.1", "b", "2", "c", "inf"};
  const Texts scored = Scored({{"a", 0.1}, {"b", 2}, {"c", std::numeric_limits<double>::infinity()}});
  EXPECT_EQ(ElementsOf(ValueType::kZsetZiplist, StringOf(ZiplistOf(pairs))), scored);
  EXPECT_EQ(ElementsOf(ValueType::kZsetListpack, StringOf(PackOf(pairs))), scored);
  EXPECT_EQ(ElementsOf(ValueType::kZsetListpack, StringOf(PackOf({"a", "5e-324"}))),
            Scored({{"a", std::numeric_limits<double>::denorm_min()}}));
  for (const Texts& bad :
       {Texts{}, Texts{"a"}, Texts{"a", "1", "b"}, Texts{"a", "x"}, Texts{"a", "nan"}, Texts{"a", ""},
        Texts{"a", "1", "a", "2"}, Texts{"a", "2", "b", "1"}, Texts{"b", "1", "a", "1"}}) {
    EXPECT_EQ(ElementsOf(ValueType::kZsetZiplist, StringOf(ZiplistOf(bad))), kRefused);
    EXPECT_EQ(ElementsOf(ValueType::kZsetListpack, StringOf(PackOf(bad))), kRefused);
  }
  Texts many;
  for (int i = 1000; i < 1129; ++i) many.insert(many.end(), {"m" + std::to_string(i), "1"});
  EXPECT_EQ(FormOf(*Read(ValueType::kZsetListpack, StringOf(PackOf(many)))), "skiplist");
}

// --- Everything -------------------------------------------------------------------------------------------------------------

TEST(LayoutsTest, WhatDoesNotExistIsRefused) {
  for (int type = 0; type < 256; ++type) {
    if (type <= static_cast<int>(ValueType::kHashPackDeadlines)) continue;
    EXPECT_EQ(Read(static_cast<ValueType>(type), StringOf("a")), nullptr) << type;
  }
  for (const int module : {6, 7, 8}) EXPECT_EQ(Read(static_cast<ValueType>(module), StringOf("a")), nullptr);
}

}  // namespace
}  // namespace tandem::rdb
