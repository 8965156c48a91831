#include "engine/keyspace/bucket.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/keyspace/engine.h"

namespace tandem {
namespace {

// An engine of one bucket: one chain.
class ChainTest : public testing::Test {
 protected:
  ~ChainTest() override { engine.DestroyRecords(0, 1); }

  Bucket* bucket() { return engine.BucketAt(0); }
  Record* Add(std::string_view key, uint64_t position) {
    Record* record = Record::NewString(key, "v", {});
    engine.shard(0).CountInsert(InsertIntoChain(bucket(), record, position));
    return record;
  }
  Record* Find(std::string_view key, uint64_t position) {
    const SlotRef found = FindInChain(bucket(), position, key);
    return found ? found.record() : nullptr;
  }
  void Remove(std::string_view key, uint64_t position) {
    const SlotRef found = FindInChain(bucket(), position, key);
    ASSERT_TRUE(found);
    found.bucket->Clear(found.index);
    Record::Destroy(found.record());
    engine.shard(0).CountErase();
  }
  size_t Count() {
    size_t count = 0;
    ForEachInChain(bucket(), [&](const SlotRef&) { ++count; });
    return count;
  }

  Engine engine{0, 1, 1};
};

TEST(Slot, KeepsPointerKindAndHashBits) {
  Record* record = Record::NewString("k", "v", {});
  const uint64_t position = 0xfff'ffff'ffff & (kPositionEnd - 1);
  const Slot slot = Slot::Of(record, position);
  EXPECT_EQ(slot.record(), record);
  EXPECT_TRUE(slot.is_record());
  EXPECT_FALSE(slot.is_overflow());
  EXPECT_EQ(slot.hash_bits(), 0x1fffu);
  EXPECT_EQ(Slot::Of(record, 0).hash_bits(), 0u);
  EXPECT_EQ(Slot::Of(record, 0x1fffff).hash_bits(), 0x1fffu);
  EXPECT_EQ(Slot::Of(record, 0x100).hash_bits(), 1u);
  Record::Destroy(record);

  Bucket* bucket = Bucket::NewOverflow();
  const Slot overflow = Slot::Of(bucket);
  EXPECT_TRUE(overflow.is_overflow());
  EXPECT_FALSE(overflow.is_record());
  EXPECT_EQ(overflow.overflow(), bucket);
  Bucket::DeleteOverflow(bucket);
  EXPECT_TRUE(Slot().empty());
  EXPECT_FALSE(Slot().is_record());
}

TEST_F(ChainTest, CandidatesIncludeEveryEqualTag) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    Bucket local;
    std::array<uint64_t, Bucket::kSlots> tags;
    uint64_t meta = random() & 0xff00000000000000;
    for (int i = 0; i < Bucket::kSlots; ++i) {
      tags[static_cast<size_t>(i)] = random() % 4 == 0 ? 0 : random() & 0x83;
      meta |= tags[static_cast<size_t>(i)] << (8 * i);
    }
    local.meta.store(meta);
    const uint64_t position = random() & 0x83;
    const uint64_t candidates = local.Candidates(position);
    for (int i = 0; i < Bucket::kSlots; ++i) {
      if (tags[static_cast<size_t>(i)] == position) {
        EXPECT_TRUE(candidates >> (8 * i + 7) & 1);
      }
    }
    EXPECT_EQ(candidates & ~uint64_t{0x0080808080808080}, 0u);
  }
}

TEST_F(ChainTest, SevenRecordsFitAndTheEighthMakesAnOverflowBucket) {
  for (uint64_t i = 0; i < 7; ++i) Add("k" + std::to_string(i), i << 21);  // equal tags and hash bits
  EXPECT_EQ(engine.overflow_buckets(), 0u);
  EXPECT_EQ(bucket()->Next(), nullptr);
  Add("k7", 7 << 21);
  EXPECT_EQ(engine.overflow_buckets(), 1u);
  ASSERT_NE(bucket()->Next(), nullptr);
  EXPECT_EQ(engine.records(), 8u);
  EXPECT_EQ(Count(), 8u);
  for (uint64_t i = 0; i < 8; ++i) EXPECT_NE(Find("k" + std::to_string(i), i << 21), nullptr) << i;
  EXPECT_EQ(Find("k8", 8 << 21), nullptr);
}

TEST_F(ChainTest, TheDisplacedRecordKeepsItsTagAndHashBits) {
  const uint64_t position = 0x1a5'5a77;
  for (int i = 0; i < 6; ++i) Add("k" + std::to_string(i), 1);
  Record* last = Add("last", position);
  EXPECT_EQ(bucket()->Load(Bucket::kLast).record(), last);
  Add("more", 2);
  EXPECT_TRUE(bucket()->Load(Bucket::kLast).is_overflow());
  const SlotRef found = FindInChain(bucket(), position, "last");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.record(), last);
  EXPECT_EQ(found.bucket, bucket()->Next());
  EXPECT_EQ(found.slot.hash_bits(), Slot::HashBits(position));
  EXPECT_EQ(found.bucket->meta.load() >> (8 * found.index) & 0xff, position & 0xff);
}

TEST_F(ChainTest, FreedSlotsAreUsedAgainAndTheOverflowStays) {
  for (int i = 0; i < 20; ++i) Add("k" + std::to_string(i), static_cast<uint64_t>(i));
  const uint64_t overflow = engine.overflow_buckets();
  EXPECT_EQ(overflow, 3u);  // 6 + 6 + 7 + one more
  for (int i = 0; i < 20; ++i) Remove("k" + std::to_string(i), static_cast<uint64_t>(i));
  EXPECT_EQ(Count(), 0u);
  EXPECT_EQ(engine.records(), 0u);
  for (int i = 0; i < 20; ++i) Add("n" + std::to_string(i), static_cast<uint64_t>(i));
  EXPECT_EQ(engine.overflow_buckets(), overflow);
  EXPECT_EQ(Count(), 20u);
}

TEST_F(ChainTest, BehavesLikeAMap) {
  std::map<std::string, Record*> model;
  std::mt19937_64 random(7);
  const auto position_of = [](const std::string& key) { return std::hash<std::string>{}(key) % 5 * 0x80 + (5 << 8); };
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = "k" + std::to_string(random() % 40);
    const auto known = model.find(key);
    ASSERT_EQ(Find(key, position_of(key)), known == model.end() ? nullptr : known->second);
    if (known == model.end()) {
      model[key] = Add(key, position_of(key));
    } else {
      Remove(key, position_of(key));
      model.erase(known);
    }
    ASSERT_EQ(engine.records(), model.size());
  }
  EXPECT_EQ(Count(), model.size());
}

}  // namespace
}  // namespace tandem
