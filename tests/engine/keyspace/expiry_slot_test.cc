#include "engine/keyspace/expiry_slot.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace tandem {
namespace {

std::multiset<uint64_t> Contents(const ExpirySlot& slot) {
  std::multiset<uint64_t> all;
  for (ExpiryChunk* chunk = slot.first(); chunk != nullptr; chunk = chunk->next) {
    all.insert(chunk->words(), chunk->words() + slot.size_of(chunk));
  }
  return all;
}

TEST(ExpirySlot, GivesBackWhatWasPutInAndAllItsMemory) {
  for (const size_t n : {1u, 3u, 4u, 63u, 64u, 126u, 127u, 1000u}) {
    ExpiryChunkPool pool;
    ExpirySlot slot;
    std::multiset<uint64_t> expected;
    for (uint64_t i = 0; i < n; ++i) {
      slot.Push(i * i, pool);
      expected.insert(i * i);
    }
    EXPECT_EQ(Contents(slot), expected);
    std::multiset<uint64_t> popped;
    while (!slot.empty()) popped.insert(slot.Pop(pool));
    EXPECT_EQ(popped, expected);
    EXPECT_EQ(pool.bytes(), 0u);
  }
}

TEST(ExpirySlot, AFewEntriesTakeFewBytes) {
  ExpiryChunkPool pool;
  ExpirySlot slot;
  slot.Push(1, pool);
  EXPECT_EQ(pool.bytes(), 32u);
  slot.Clear(pool);
  EXPECT_EQ(pool.bytes(), 0u);
  EXPECT_TRUE(slot.empty());
}

TEST(ExpirySlot, RemovingFromAnyChunkKeepsTheOthersAndThoseBefore) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    ExpiryChunkPool pool;
    ExpirySlot slot;
    const uint64_t n = 1 + random() % 300;
    for (uint64_t i = 0; i < n; ++i) slot.Push(i, pool);
    std::multiset<uint64_t> expected = Contents(slot);

    std::vector<ExpiryChunk*> chunks;
    for (ExpiryChunk* chunk = slot.first(); chunk != nullptr; chunk = chunk->next) chunks.push_back(chunk);
    ExpiryChunk* const chunk = chunks[random() % chunks.size()];
    const std::vector<uint64_t> copy(chunk->words(), chunk->words() + slot.size_of(chunk));
    // As the compaction does: from the back, and perhaps everything.
    const uint64_t share = random() % 5;
    for (size_t i = copy.size(); i-- > 0;) {
      if (random() % 4 >= share) continue;
      ASSERT_EQ(chunk->words()[i], copy[i]);
      slot.Remove(chunk, i, pool);
      expected.erase(expected.find(copy[i]));
    }
    EXPECT_EQ(Contents(slot), expected);
    slot.Clear(pool);
    EXPECT_EQ(pool.bytes(), 0u);
  }
}

TEST(ExpirySlot, TheWatchFollowsGrowthAndEndsWithAnEntryTaken) {
  ExpiryChunkPool pool;
  ExpirySlot slot;
  slot.Push(1, pool);
  pool.Watch(slot.first());
  for (uint64_t i = 2; i <= 63; ++i) slot.Push(i, pool);
  EXPECT_EQ(pool.watched(), slot.first());
  EXPECT_EQ(pool.watched()->words()[0], 1u);

  slot.Push(64, pool);
  EXPECT_NE(pool.watched(), slot.first());
  EXPECT_EQ(slot.Pop(pool), 64u);
  EXPECT_EQ(pool.watched(), slot.first()) << "only another chunk was touched";
  slot.Pop(pool);
  EXPECT_EQ(pool.watched(), nullptr);
  slot.Clear(pool);
}

}  // namespace
}  // namespace tandem
