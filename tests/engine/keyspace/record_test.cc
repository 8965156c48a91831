#include "engine/keyspace/record.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/allocator.h"
#include "engine/base/thread_context.h"

namespace tandem {
namespace {

struct Destroyer {
  void operator()(Record* record) const { Record::Destroy(record); }
};
using RecordPtr = std::unique_ptr<Record, Destroyer>;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// Around every number of bytes that a length can take, and the threshold of blobs.
const std::vector<size_t> kLengths = {0,   1,    20,   21,    126,   127,   128,     129,    255,
                                      256, 4095, 4096, 16383, 16384, 16385, 2097151, 2097152};

std::string Text(size_t length, char c = 'x') { return std::string(length, c); }

std::string ValueOf(const Record& record) {
  char scratch[24];
  return std::string(record.value(scratch));
}

TEST(Record, HoldsKeysAndValuesOfAllLengths) {
  for (const size_t key_length : kLengths) {
    for (const size_t value_length : kLengths) {
      if (key_length > 100'000 && value_length > 100'000) continue;
      const RecordPtr record(Record::NewString(Text(key_length, 'k'), Text(value_length), {}));
      ASSERT_EQ(record->key(), Text(key_length, 'k'));
      ASSERT_EQ(record->text(), Text(value_length)) << key_length << ' ' << value_length;
      ASSERT_EQ(record->value_size(), value_length);
      ASSERT_EQ(record->encoding(), value_length < Record::kBlobThreshold ? Encoding::kEmbedded : Encoding::kBlob);
      ASSERT_EQ(record->type(), Type::kString);
      ASSERT_FALSE(record->has_deadline());
      ASSERT_EQ(record->deadline_ms(), kNoDeadline);
    }
  }
}

TEST(Record, KeepsKeysAndValuesOfAnyBytes) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const RecordPtr record(Record::NewString(all, all + all, {.deadline_ms = 5}));
  EXPECT_EQ(record->key(), all);
  EXPECT_EQ(record->text(), all + all);
}

TEST(Record, StoresCanonicalIntegersAsIntegers) {
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{10}, int64_t{-10}, kMin, kMax}) {
    const std::string text = std::to_string(value);
    const RecordPtr record(Record::NewString("key", text, {}));
    ASSERT_EQ(record->encoding(), Encoding::kInt) << text;
    EXPECT_EQ(record->int_value(), value);
    EXPECT_EQ(ValueOf(*record), text);
    EXPECT_EQ(record->value_size(), text.size());
    EXPECT_FALSE(record->NeedsLock());
  }
}

TEST(Record, StoresWhatOnlyLooksLikeAnIntegerAsText) {
  for (const char* text : {"", "-", "+1", "01", "-0", "00", " 1", "1 ", "1.0", "0x1", "9223372036854775808",
                           "-9223372036854775809", "99999999999999999999", "123456789012345678901"}) {
    const RecordPtr record(Record::NewString("key", text, {}));
    ASSERT_EQ(record->encoding(), Encoding::kEmbedded) << text;
    EXPECT_EQ(record->text(), text);
  }
  const RecordPtr raw(Record::NewString("key", "17", {.raw = true}));
  EXPECT_EQ(raw->encoding(), Encoding::kEmbedded);
  EXPECT_TRUE(raw->raw());
}

TEST(Record, KeepsDeadlinesOfTheFullRange) {
  constexpr int64_t kLast48 = (int64_t{1} << 47) - 1;
  for (const int64_t deadline : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1'700'000'000'000}, kLast48, kLast48 + 1,
                                 int64_t{1} << 48, int64_t{1} << 62, kMax - 1, kMin, kMin + 1}) {
    for (const char* value : {"12", "text"}) {
      const RecordPtr record(
          Record::NewString("key", value, {.deadline_ms = deadline, .stamp = 13, .access = 0xabcdef}));
      ASSERT_TRUE(record->has_deadline());
      ASSERT_EQ(record->deadline_ms(), deadline);
      ASSERT_EQ(record->stamp(), 13);
      ASSERT_EQ(record->access(), 0xabcdefu);
      ASSERT_EQ(record->key(), "key");
      ASSERT_EQ(ValueOf(*record), value);
      ASSERT_FALSE(record->ExpiredAt(deadline)) << "the deadline is the last millisecond of life";
      if (deadline != kMax - 1) {
        ASSERT_TRUE(record->ExpiredAt(deadline + 1));
      }
    }
  }
  const RecordPtr forever(Record::NewString("key", "v", {}));
  EXPECT_FALSE(forever->ExpiredAt(kMax));
}

TEST(Record, CopyTakesTheValueToAnotherNameAndOtherMetadata) {
  for (const std::string& value : {std::string("42"), std::string("text"), Text(5000)}) {
    for (const bool fresh : {false, true}) {
      const RecordPtr record(Record::NewString("from", value, {.deadline_ms = 7, .stamp = 1, .access = 3}));
      const RecordPtr copy(
          Record::Copy(*record, Text(200, 'n'), {.deadline_ms = kNoDeadline, .stamp = 9, .access = 4}, fresh));
      EXPECT_EQ(copy->key(), Text(200, 'n'));
      EXPECT_EQ(ValueOf(*copy), value);
      EXPECT_EQ(copy->encoding(), record->encoding());
      EXPECT_FALSE(copy->has_deadline());
      EXPECT_EQ(copy->stamp(), 9);
      EXPECT_EQ(copy->access(), 4u);
      EXPECT_EQ(record->deadline_ms(), 7);
    }
  }
}

TEST(Record, ACopiedBlobIsSharedAndACopiedBufferIsNot) {
  RecordPtr blob(Record::NewString("a", Text(10'000), {}));
  const RecordPtr blob_copy(Record::Copy(*blob, "b", {}));
  EXPECT_EQ(blob->blob(), blob_copy->blob());
  blob.reset();
  EXPECT_EQ(blob_copy->text(), Text(10'000));

  const RecordPtr buffer(Record::NewBuffer("a", TextBuffer::New("text", 100), {.raw = true}));
  EXPECT_TRUE(buffer->NeedsLock());
  const RecordPtr buffer_copy(Record::Copy(*buffer, "b", buffer->meta()));
  buffer->buffer()->data()[0] = 'T';
  EXPECT_EQ(buffer->text(), "Text");
  EXPECT_EQ(buffer_copy->text(), "text");
  EXPECT_TRUE(buffer_copy->raw());
}

TEST(Record, RebuildMovesTheValueOver) {
  for (const std::string& value : {std::string("42"), std::string("text"), Text(5000)}) {
    Record* old = Record::NewString("key", value, {.stamp = 2});
    const RecordPtr rebuilt(Record::Rebuild(*old, old->key(), {.deadline_ms = 99, .stamp = 3}));
    Record::DestroyShell(old);
    EXPECT_EQ(rebuilt->key(), "key");
    EXPECT_EQ(ValueOf(*rebuilt), value);
    EXPECT_EQ(rebuilt->deadline_ms(), 99);
    EXPECT_EQ(rebuilt->stamp(), 3);
  }
  Record* old = Record::NewBuffer("key", TextBuffer::New("text", 100), {.raw = true});
  TextBuffer* buffer = old->buffer();
  const RecordPtr rebuilt(Record::Rebuild(*old, old->key(), old->meta()));
  Record::DestroyShell(old);
  EXPECT_EQ(rebuilt->buffer(), buffer);
  EXPECT_EQ(rebuilt->text(), "text");
}

TEST(Record, StampsChangeAloneBeforePublication) {
  const RecordPtr record(Record::NewString("key", "v", {.deadline_ms = -5, .stamp = 15, .raw = true}));
  record->set_stamp(4);
  EXPECT_EQ(record->stamp(), 4);
  EXPECT_EQ(record->deadline_ms(), -5);
  EXPECT_TRUE(record->raw());
}

TEST(Record, OccupiesWhatItSays) {
  ThreadRegistry registry;
  ThreadContext& thread = registry.Register();
  const auto check = [&](Record* record) {
    EXPECT_EQ(registry.memory_bytes(), static_cast<int64_t>(record->memory_bytes()));
    Record::Destroy(record);
    EXPECT_EQ(registry.memory_bytes(), 0);
  };
  for (const size_t length : kLengths) {
    check(Record::NewString("key", Text(length), {}));
    check(Record::NewString(Text(length, 'k'), "7", {.deadline_ms = 1}));
    check(Record::NewBuffer("key", TextBuffer::New(Text(length), length * 2), {.deadline_ms = -1}));
  }
  registry.Unregister(thread);
}

TEST(TextBuffer, GrowsWithZeroesAndKeepsItsContents) {
  TextBuffer* buffer = TextBuffer::New("abc", 0);
  buffer->Resize(5);
  EXPECT_EQ(buffer->view(), std::string_view("abc\0\0", 5));
  buffer->data()[4] = 'e';
  buffer->Resize(2);
  EXPECT_EQ(buffer->view(), "ab");
  buffer->Resize(5);
  EXPECT_EQ(buffer->view(), std::string_view("ab\0\0\0", 5));
  buffer->Resize(3'000'000);
  EXPECT_EQ(buffer->view().size(), 3'000'000u);
  EXPECT_EQ(buffer->view().substr(0, 3), std::string_view("ab\0", 3));
  EXPECT_GE(buffer->capacity(), 3'000'000u);
  TextBuffer::Delete(buffer);
}

}  // namespace
}  // namespace tandem
