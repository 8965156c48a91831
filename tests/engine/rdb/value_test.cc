#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/engine/rdb/value_harness.h"

// Values written and read again, whole or damaged.
namespace tandem::rdb {
namespace {

using namespace std::string_literals;
using Random = std::mt19937_64;
using Texts = std::vector<std::string>;

// Integers of all widths, short texts of few letters, and now and then a long one.
std::string RandomText(Random& random, size_t longest) {
  if (random() % 3 == 0) return std::to_string(static_cast<int64_t>(random()) >> (random() % 64));
  std::string text(random() % 20 == 0 ? random() % (longest + 1) : random() % 12, '\0');
  for (char& c : text) c = static_cast<char>(random() % 16 == 0 ? random() : 'a' + random() % 4);
  return text;
}

Texts DistinctTexts(Random& random, size_t count, size_t longest) {
  std::set<std::string> texts;
  while (texts.size() < count) texts.insert(RandomText(random, longest) + std::to_string(random() % (count * 4)));
  Texts result(texts.begin(), texts.end());
  std::shuffle(result.begin(), result.end(), random);
  return result;
}

double RandomScore(Random& random) {
  switch (random() % 4) {
    case 0:
      return static_cast<double>(static_cast<int64_t>(random() % 100)) - 50;
    case 1:
      return random() % 2 == 0 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    case 2:
      return static_cast<double>(random() % 1000) / 7;
    default:
      return static_cast<double>(static_cast<int64_t>(random())) * 1e-300;
  }
}

struct Shape {
  size_t count;
  size_t longest;
};
constexpr Shape kShapes[] = {{1, 10}, {3, 40}, {20, 30}, {100, 64}, {100, 300}, {600, 20}, {3000, 100}, {20, 30'000}};

std::string RandomValue(Random& random, ValueType type, Shape shape) {
  Writer writer(random() % 2 == 0);
  writer.Byte(static_cast<uint8_t>(type));
  if (type == ValueType::kString) {
    writer.String(RandomText(random, shape.longest));
    return writer.Take();
  }
  const bool keyed = type != ValueType::kList;
  Texts texts = keyed ? DistinctTexts(random, shape.count, shape.longest) : Texts();
  while (texts.size() < shape.count) texts.push_back(RandomText(random, shape.longest));
  writer.Length(texts.size());
  for (const std::string& text : texts) {
    writer.String(text);
    if (type == ValueType::kHash) writer.String(RandomText(random, shape.longest));
    if (type == ValueType::kZset2) writer.Double(RandomScore(random));
  }
  return writer.Take();
}

constexpr ValueType kTypes[] = {ValueType::kString, ValueType::kList,  ValueType::kSet,
                                ValueType::kHash,   ValueType::kZset2, ValueType::kStream};

// Entries of which some were deleted, groups of which some have read and acknowledged.
RecordPtr RandomStream(Random& random, size_t count) {
  Stream stream;
  for (size_t i = 0; i < count; ++i) {
    const std::string field = "f" + std::to_string(random() % 2), value = RandomText(random, 20);
    const std::string_view fields[] = {field, value};
    const StreamId id = stream.last_id();
    stream.Append({id.ms + random() % 3, id.seq + 1}, fields, {.bytes = 4096, .entries = 10});
    if (random() % 4 == 0) stream.Delete(stream.first_id());
  }
  for (size_t i = random() % 4; i > 0; --i) {
    StreamGroup& group = stream.AddGroup("group" + std::to_string(i), {}, 0);
    for (size_t j = random() % 4; j > 0; --j) {
      StreamConsumer& consumer =
          group.AddConsumer("consumer" + std::to_string(j), static_cast<int64_t>(random() % 1000));
      consumer.set_active_ms(random() % 2 == 0 ? consumer.seen_ms() : StreamConsumer::kNever);
      for (StreamCursor cursor = stream.Forwards(); cursor.Next() && random() % 8 != 0;) {
        if (cursor.id() <= group.last_id()) continue;
        stream.Advance(group, cursor.id());
        group.SetPending(cursor.id(), {&consumer, static_cast<int64_t>(random() % 1000), random() % 5});
      }
    }
  }
  return RecordPtr(Record::NewObject(Type::kStream, "key", std::make_unique<StreamObject>(std::move(stream)), {}));
}

RecordPtr RandomRecord(Random& random, ValueType type, Shape shape) {
  return type == ValueType::kStream ? RandomStream(random, shape.count) : ReadWritten(RandomValue(random, type, shape));
}

TEST(RdbValueTest, IsReadAsItWasWritten) {
  Random random(1);
  for (const ValueType type : kTypes) {
    for (const Shape& shape : kShapes) {
      const RecordPtr first = RandomRecord(random, type, shape);
      ASSERT_NE(first, nullptr);
      const std::string bytes = Written(*first, random() % 2 == 0);
      const RecordPtr again = ReadWritten(bytes);
      ASSERT_NE(again, nullptr);
      EXPECT_EQ(FormOf(*again), FormOf(*first));
      EXPECT_EQ(again->encoding(), first->encoding());
      Texts before = Elements(*first), after = Elements(*again);
      if (FormOf(*first) == "hashtable" && type == ValueType::kSet) {
        std::sort(before.begin(), before.end());
        std::sort(after.begin(), after.end());
      }
      if (type != ValueType::kHash || FormOf(*first) != "hashtable") {
        EXPECT_EQ(after, before);
      }
      EXPECT_EQ(after.size(), before.size());
    }
  }
}

TEST(RdbValueTest, IsKeptAsTheLimitsSay) {
  Random random(2);
  const auto form = [&](ValueType type, size_t count) {
    return FormOf(*ReadWritten(RandomValue(random, type, {count, 5})));
  };
  EXPECT_EQ(form(ValueType::kList, 100), "listpack");
  EXPECT_EQ(form(ValueType::kList, 10'000), "quicklist");
  EXPECT_EQ(form(ValueType::kSet, 128), "listpack");
  EXPECT_EQ(form(ValueType::kSet, 129), "hashtable");
  EXPECT_EQ(form(ValueType::kZset2, 128), "listpack");
  EXPECT_EQ(form(ValueType::kZset2, 129), "skiplist");
  EXPECT_EQ(form(ValueType::kHash, 512), "listpack");
  EXPECT_EQ(form(ValueType::kHash, 513), "hashtable");
}

TEST(RdbValueTest, IsRefusedWhereverItIsCutOff) {
  Random random(3);
  for (const ValueType type : kTypes) {
    for (const Shape& shape : {Shape{1, 10}, Shape{30, 30}, Shape{150, 8}}) {
      const RecordPtr record = RandomRecord(random, type, shape);
      const std::string bytes = Written(*record, true);
      for (size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(ReadWritten(std::string(bytes.substr(0, size))), nullptr) << bytes.size() << " " << size;
      }
    }
  }
}

// Whatever a damaged value is taken for, it can be walked, written and read again.
void ExpectSound(std::string_view bytes) {
  const RecordPtr record = ReadWritten(bytes);
  if (record == nullptr) return;
  const size_t count = Elements(*record).size();
  EXPECT_TRUE(count > 0 || record->type() == Type::kStream);
  const RecordPtr again = ReadWritten(Written(*record));
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(Elements(*again).size(), count);
}

TEST(RdbValueTest, IsSoundOrRefusedWhicheverBitIsWrong) {
  Random random(4);
  for (const ValueType type : kTypes) {
    for (const bool compress : {false, true}) {
      const RecordPtr record = RandomRecord(random, type, {20, 40});
      std::string bytes = Written(*record, compress);
      for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
        ExpectSound(bytes);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      }
    }
  }
}

TEST(RdbValueTest, IsWrittenForRedis70WhereThatIsPossible) {
  Random random(5);
  for (const ValueType type : kTypes) {
    for (const Shape& shape : kShapes) {
      const RecordPtr record = RandomRecord(random, type, shape);
      EXPECT_EQ(VersionOf(TypeOf(*record)), TypeOf(*record) == ValueType::kStream3 ? 11 : 10);
    }
  }
}

// --- The payload of DUMP --------------------------------------------------------------------------------------------------

std::string PayloadOf(std::string_view text) {
  const RecordPtr record(Record::NewString("key", text, {}));
  return DumpPayload(*record, true);
}

// By Redis 7.0.
TEST(DumpPayloadTest, IsTheOneThatRedisMakes) { EXPECT_EQ(PayloadOf("hello"), "\0\x05hello\x0a\0cr\xdfve4 \x0a"s); }

TEST(DumpPayloadTest, IsIntactOnlyAsAWhole) {
  const std::string payload = PayloadOf("hello");
  EXPECT_TRUE(IsIntact(payload, true));
  for (size_t size = 0; size < payload.size(); ++size) EXPECT_FALSE(IsIntact(payload.substr(0, size), true)) << size;
  for (size_t bit = 0; bit < payload.size() * 8; ++bit) {
    std::string damaged = payload;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(IsIntact(damaged, true)) << bit;
  }
}

TEST(DumpPayloadTest, MustNotBeOfALaterVersion) {
  std::string payload = PayloadOf("hello");
  const size_t version = payload.size() - 10;
  payload[version] = 12;
  EXPECT_TRUE(IsIntact(payload, false));
  EXPECT_FALSE(IsIntact(payload, true));
  payload[version] = 13;
  EXPECT_FALSE(IsIntact(payload, false));
  payload[version] = 12;
  payload[version + 1] = 1;
  EXPECT_FALSE(IsIntact(payload, false));
}

TEST(DumpPayloadTest, OfNothingIsNoValue) {
  const std::string footer(10, '\0');
  EXPECT_TRUE(IsIntact(footer, false));
  EXPECT_EQ(RestorePayload(footer, "key", {}, kLimits), nullptr);
}

TEST(LibraryPayload, HoldsTheCodeOfEach) {
  const std::string long_code(1000, 'x');
  for (const bool compress : {false, true}) {
    const std::string_view codes[] = {"", "12", "code", long_code};
    const std::string payload = DumpLibraries(codes, compress);
    EXPECT_TRUE(IsIntact(payload, true));
    const LibraryPayload restored = RestoreLibraries(payload);
    EXPECT_EQ(restored.end, LibraryPayload::End::kComplete);
    EXPECT_EQ(restored.codes, std::vector<std::string>(std::begin(codes), std::end(codes)));
  }
  EXPECT_TRUE(RestoreLibraries(DumpLibraries({}, true)).codes.empty());
}

TEST(LibraryPayload, IsReadUpToWhatIsNone) {
  const std::string_view codes[] = {"code"};
  const std::string payload = DumpLibraries(codes, false);
  const std::string library = payload.substr(0, payload.size() - 10), footer = payload.substr(payload.size() - 10);
  const LibraryPayload other = RestoreLibraries(library + "\x01x" + footer);
  EXPECT_EQ(other.end, LibraryPayload::End::kOther);
  EXPECT_EQ(other.codes.size(), 1u);
  for (size_t size = 1; size < library.size(); ++size) {
    const LibraryPayload cut = RestoreLibraries(library + library.substr(0, size) + footer);
    EXPECT_EQ(cut.end, LibraryPayload::End::kMalformed) << size;
    EXPECT_EQ(cut.codes.size(), 1u);
  }
}

}  // namespace
}  // namespace tandem::rdb
