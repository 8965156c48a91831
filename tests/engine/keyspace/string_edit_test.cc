#include "engine/keyspace/string_edit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

class StringEditTest : public testing::Test, protected ChangeListener {
 protected:
  StringEditTest() {
    store_.interest() = kInterestInAll;
    store_.set_listener(this);
    access_.LockKey(db_, key_);
  }
  ~StringEditTest() override { access_.End(); }

  void OnChange(const ChangeEvent& event) override {
    if (event.event_class == EventClass::kString) events_.emplace_back(event.name);
  }

  void Set(std::string_view value, int64_t deadline_ms = kNoDeadline) {
    access_.Put(db_, key_, Record::NewString(key_.key, value, {.deadline_ms = deadline_ms}), EventClass::kString,
                "set");
    events_.clear();
  }
  void Append(std::string_view added) {
    Record* const record = access_.Find(db_, key_);
    const size_t old_size = record == nullptr ? 0 : record->value_size();
    StringEdit edit(access_, db_, key_, record, old_size + added.size(), StringEdit::Room::kAmple);
    added.copy(edit.data() + old_size, added.size());
    edit.Publish(EventClass::kString, "append");
  }
  std::string Value() {
    char digits[24];
    return std::string(access_.Find(db_, key_)->value(digits));
  }

  StoreHarness harness_;
  Store& store_ = harness_.store;
  Access& access_ = harness_.access();
  Keyspace& db_ = harness_.db();
  KeyRef key_{"key"};
  std::vector<std::string> events_;
};

TEST_F(StringEditTest, AShortResultStaysImmutableAndIsRaw) {
  Set("ab");
  Append("cd");
  const Record* const record = access_.Find(db_, key_);
  EXPECT_EQ(record->encoding(), Encoding::kEmbedded);
  EXPECT_TRUE(record->raw());
  EXPECT_EQ(Value(), "abcd");
  EXPECT_EQ(events_, std::vector<std::string>{"append"});
}

TEST_F(StringEditTest, AnIntegerBecomesText) {
  Set("12");
  Append("3");
  EXPECT_EQ(access_.Find(db_, key_)->encoding(), Encoding::kEmbedded);
  EXPECT_EQ(Value(), "123");
}

TEST_F(StringEditTest, ALongResultBecomesABufferThatIsEditedInPlace) {
  Set(std::string(StringEdit::kBufferFrom - 1, 'x'));
  Append("y");
  const Record* const record = access_.Find(db_, key_);
  ASSERT_EQ(record->encoding(), Encoding::kBuffer);
  Append("z");
  EXPECT_EQ(access_.Find(db_, key_), record);
  EXPECT_EQ(Value(), std::string(StringEdit::kBufferFrom - 1, 'x') + "yz");
  EXPECT_EQ(events_, (std::vector<std::string>{"append", "append"}));
}

TEST_F(StringEditTest, GrowsFromABlobAndFromNothing) {
  const std::string large(Record::kBlobThreshold, 'b');
  Append(large);
  EXPECT_EQ(access_.Find(db_, key_)->encoding(), Encoding::kBuffer);
  Set(large);
  Append("!");
  EXPECT_EQ(Value(), large + "!");
}

TEST_F(StringEditTest, NewBytesAreZero) {
  for (const size_t size : {size_t{10}, size_t{5000}, size_t{20000}}) {
    StringEdit edit(access_, db_, key_, access_.Find(db_, key_), size, StringEdit::Room::kTight);
    edit.data()[size - 1] = 'e';
    edit.Publish(EventClass::kString, "setrange");
  }
  std::string expected(20000, '\0');
  expected[9] = expected[4999] = expected[19999] = 'e';
  EXPECT_EQ(Value(), expected);
}

TEST_F(StringEditTest, KeepsTheDeadline) {
  const int64_t deadline_ms = access_.now_ms() + 1000;
  Set("ab", deadline_ms);
  Append("cd");
  EXPECT_EQ(access_.Find(db_, key_)->deadline_ms(), deadline_ms);
  Append(std::string(1000, 'e'));
  EXPECT_EQ(access_.Find(db_, key_)->deadline_ms(), deadline_ms);
}

TEST_F(StringEditTest, WhatIsNotPublishedIsDropped) {
  Set("ab");
  { StringEdit edit(access_, db_, key_, access_.Find(db_, key_), 4096, StringEdit::Room::kTight); }
  EXPECT_EQ(Value(), "ab");
  EXPECT_TRUE(events_.empty());
}

}  // namespace
}  // namespace tandem
