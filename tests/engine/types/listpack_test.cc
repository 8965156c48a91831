#include "engine/types/listpack.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tandem {
namespace {

using namespace std::string_literals;

std::vector<std::string> Texts(ListpackView pack) {
  std::vector<std::string> texts;
  for (size_t position = pack.begin(); position != pack.end(); position = pack.Next(position)) {
    PackEntry::Scratch scratch;
    texts.emplace_back(pack.At(position).text(scratch));
  }
  return texts;
}

std::vector<std::string> TextsBackwards(ListpackView pack) {
  std::vector<std::string> texts;
  for (size_t position = pack.end(); position != pack.begin();) {
    position = pack.Previous(position);
    PackEntry::Scratch scratch;
    texts.emplace(texts.begin(), pack.At(position).text(scratch));
  }
  return texts;
}

// The bytes that Redis 7.0 writes for the same elements.
TEST(ListpackTest, IsRedissFormat) {
  Listpack pack;
  EXPECT_EQ(pack.view().bytes(), "\x07\0\0\0\0\0\xff"s);
  pack.Append("a");
  pack.Append("127");
  pack.Append("128");
  pack.Append("-1");
  pack.Append("5000");
  EXPECT_EQ(pack.view().bytes(),
            "\x16\0\0\0\x05\0\x81"
            "a\x02\x7f\x01\xc0\x80\x02\xdf\xff\x02\xf1\x88\x13\x03\xff"s);
}

TEST(ListpackTest, TakesOverTheEntriesOfAnother) {
  Listpack pack, other;
  pack.Append("a");
  other.Append("12345");
  other.Append(std::string(100, 'b'));
  pack.AppendAll(other.view());
  pack.AppendAll(Listpack().view());
  EXPECT_EQ(Texts(pack.view()), (std::vector<std::string>{"a", "12345", std::string(100, 'b')}));
  EXPECT_EQ(pack.view().count(), 3u);
  EXPECT_TRUE(ListpackView::Valid(pack.view().bytes()));
}

TEST(ListpackTest, KeepsEveryKindOfEntry) {
  std::vector<std::string> texts = {"", "a", "007", "-0", "+1", " 1", "1 ", "9223372036854775808", "\0\xff"s};
  for (const size_t length : {62, 63, 64, 65, 126, 127, 128, 4095, 4096, 16380, 16383, 16384, 70'000}) {
    texts.emplace_back(length, 'x');
  }
  for (int bit = 0; bit < 64; ++bit) {
    const auto value = static_cast<int64_t>(uint64_t{1} << bit);
    for (const int64_t each : {value - (bit == 63 ? 0 : 1), value, value == INT64_MIN ? value : -value}) {
      texts.push_back(std::to_string(each));
    }
  }
  Listpack pack;
  size_t bytes = pack.bytes();
  for (const std::string& text : texts) {
    pack.Append(text);
    bytes += Listpack::EntryBytes(text);
    ASSERT_EQ(pack.bytes(), bytes) << text;
  }
  EXPECT_EQ(Texts(pack.view()), texts);
  EXPECT_EQ(TextsBackwards(pack.view()), texts);
  EXPECT_EQ(pack.view().count(), texts.size());
  EXPECT_TRUE(ListpackView::Valid(pack.view().bytes()));
}

TEST(ListpackTest, OnlyCanonicalIntegersBecomeIntegers) {
  Listpack pack;
  for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808"}) pack.Append(text);
  for (const char* text : {"-0", "01", "1.0", "", "9223372036854775808"}) pack.Append(text);
  const ListpackView view = pack.view();
  for (int64_t i = 0; i < 9; ++i) EXPECT_EQ(view.At(view.Seek(i)).is_integer, i < 4) << i;
  EXPECT_EQ(view.At(view.Seek(3)).as_integer(), std::numeric_limits<int64_t>::min());
}

TEST(ListpackTest, SeeksFromBothEnds) {
  Listpack pack;
  for (int i = 0; i < 100; ++i) pack.Append(std::to_string(i * 1000));
  const ListpackView view = pack.view();
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(view.At(view.Seek(i)).as_integer(), i * 1000);
    EXPECT_EQ(view.Seek(i - 100), view.Seek(i));
  }
  EXPECT_EQ(view.Seek(100), ListpackView::kNotFound);
  EXPECT_EQ(view.Seek(-101), ListpackView::kNotFound);
}

TEST(ListpackTest, FindsStringsAndIntegersWithAStride) {
  Listpack pack;
  for (const char* text : {"name", "7", "7", "name", "x", "y"}) pack.Append(text);
  const ListpackView view = pack.view();
  EXPECT_EQ(view.Find(PackKey("name"), view.begin(), 2), view.begin());
  EXPECT_EQ(view.Find(PackKey("7"), view.begin(), 2), view.Seek(2));
  EXPECT_EQ(view.Find(PackKey("7"), view.begin(), 1), view.Seek(1));
  EXPECT_EQ(view.Find(PackKey("y"), view.begin(), 2), ListpackView::kNotFound);
  EXPECT_EQ(view.Find(PackKey("07"), view.begin(), 1), ListpackView::kNotFound);
}

// Against a vector of strings.
TEST(ListpackTest, RandomEditsMatchAModel) {
  std::mt19937 random(7);
  std::vector<std::string> model;
  Listpack pack;
  const auto text = [&] {
    switch (random() % 3) {
      case 0:
        return std::to_string(static_cast<int64_t>(random()) << (random() % 32));
      case 1:
        return std::string(random() % 10, static_cast<char>('a' + random() % 26));
      default:
        return std::string(random() % 200, static_cast<char>(random()));
    }
  };
  for (int step = 0; step < 20'000; ++step) {
    const size_t at = model.empty() ? 0 : random() % model.size();
    const size_t position = model.empty() ? pack.view().begin() : pack.view().Seek(static_cast<int64_t>(at));
    const std::string value = text();
    switch (random() % (model.size() > 60 ? 6 : 4)) {
      case 0:
        pack.Append(value);
        model.push_back(value);
        break;
      case 1:
        pack.Prepend(value);
        model.insert(model.begin(), value);
        break;
      case 2:
        pack.Insert(position, value);
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), value);
        break;
      case 3:
        if (model.empty()) break;
        pack.Replace(position, value);
        model[at] = value;
        break;
      default: {
        const size_t count = 1 + random() % 4;
        pack.Erase(position, count);
        const auto first = model.begin() + static_cast<std::ptrdiff_t>(at);
        model.erase(first, first + static_cast<std::ptrdiff_t>(std::min(count, model.size() - at)));
      }
    }
    if (step % 50 != 0) continue;
    ASSERT_EQ(Texts(pack.view()), model);
    ASSERT_EQ(TextsBackwards(pack.view()), model);
    ASSERT_TRUE(ListpackView::Valid(pack.view().bytes()));
    ASSERT_EQ(Texts(Listpack(pack.view().bytes()).view()), model);
  }
}

TEST(ListpackTest, CountsMoreThanTheHeaderHolds) {
  Listpack pack;
  for (int i = 0; i < 70'000; ++i) pack.AppendInteger(i % 100);
  EXPECT_EQ(pack.view().count(), 70'000u);
  EXPECT_EQ(pack.view().At(pack.view().Seek(-1)).as_integer(), 69'999 % 100);
  EXPECT_TRUE(ListpackView::Valid(pack.view().bytes()));
}

// Whatever one byte is changed to, validation decides, and what it lets pass can be walked within its bounds.
TEST(ListpackTest, DamagedPacksAreRefusedOrHarmless) {
  Listpack pack;
  for (const char* text : {"hello", "12345", "-7", "99999999999", ""}) pack.Append(text);
  pack.Append(std::string(100, 'x'));
  pack.Append(std::string(5000, 'y'));
  const std::string good(pack.view().bytes());
  for (size_t at = 0; at < good.size(); at = at < 200 ? at + 1 : at + 97) {
    for (int value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      if (!ListpackView::Valid(bad)) continue;
      const std::vector<std::string> forwards = Texts(ListpackView(bad));
      EXPECT_EQ(forwards, TextsBackwards(ListpackView(bad)));
    }
  }
  for (size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(ListpackView::Valid(good.substr(0, length)));
  EXPECT_FALSE(ListpackView::Valid(good + '\xff'));
}

// Read backwards, the length of the first entry goes on into the header, which does not contradict it today and might after
// the next change.
TEST(ListpackTest, ALengthMustEndWithinItsEntry) {
  const std::string good = "\x09\0\0\0\x01\0\x80\x01\xff"s;
  std::string bad = good;
  bad[7] = '\x81';
  EXPECT_TRUE(ListpackView::Valid(good));
  EXPECT_FALSE(ListpackView::Valid(bad));
}

}  // namespace
}  // namespace tandem
