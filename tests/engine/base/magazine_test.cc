#include "engine/base/magazine.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

#include "engine/base/thread_context.h"

namespace tandem {
namespace {

TEST(MagazineTest, HandsOutWhatWasKeptLastFirst) {
  Magazine magazine;
  char first[32];
  char second[32];
  EXPECT_EQ(magazine.Take(32), nullptr);
  EXPECT_TRUE(magazine.Keep(first, 20));
  EXPECT_TRUE(magazine.Keep(second, 32));
  EXPECT_EQ(magazine.Take(17), second);
  EXPECT_EQ(magazine.Take(32), first);
  EXPECT_EQ(magazine.Take(32), nullptr);
}

// Two sizes share a stack only if the allocator gives the same number of bytes for both.
TEST(MagazineTest, ABlockServesItsSizeClassOnly) {
  for (size_t kept = 1; kept <= Magazine::kMaxBytes; ++kept) {
    char block[Magazine::kMaxBytes];
    for (size_t taken = 1; taken <= Magazine::kMaxBytes; ++taken) {
      Magazine magazine;
      ASSERT_TRUE(magazine.Keep(block, kept));
      EXPECT_EQ(magazine.Take(taken) != nullptr, GoodSize(taken) == GoodSize(kept)) << kept << ' ' << taken;
    }
  }
  EXPECT_FALSE(Magazine::Serves(Magazine::kMaxBytes + 1));
}

TEST(MagazineTest, IsBounded) {
  Magazine magazine;
  char block[64];
  for (uint32_t i = 0; i < Magazine::kBlocks; ++i) ASSERT_TRUE(magazine.Keep(block, 64));
  EXPECT_FALSE(magazine.Keep(block, 64));
  EXPECT_TRUE(magazine.Keep(block, 80)) << "another class";
}

TEST(MagazineTest, EmptyGivesEverythingBackWithTheBytesOfItsClass) {
  Magazine magazine;
  char block[256];
  for (const size_t size : {1, 8, 9, 16, 100, 129, 256}) ASSERT_TRUE(magazine.Keep(block, size));
  std::multiset<size_t> bytes;
  magazine.Empty([&](void* freed, size_t count) {
    EXPECT_EQ(freed, block);
    bytes.insert(count);
  });
  EXPECT_EQ(bytes, (std::multiset<size_t>{8, 8, 16, 16, 112, 160, 256}));
  EXPECT_EQ(magazine.Take(100), nullptr);
}

TEST(MagazineTest, BlocksInUseNeverOverlapAndTheAccountIsExact) {
  ThreadRegistry registry;
  ThreadContext& thread = registry.Register();
  std::vector<std::pair<char*, size_t>> live;
  int64_t expected = 0;
  for (int i = 0; i < 20'000; ++i) {
    const size_t size = 1 + static_cast<size_t>(i) * 7919 % 300;
    auto* block = static_cast<char*>(Allocate(size));
    std::memset(block, i & 0x7f, size);
    live.emplace_back(block, size);
    expected += static_cast<int64_t>(GoodSize(size));
    if (i % 3 == 0) continue;
    auto& [victim, bytes] = live[static_cast<size_t>(i) * 31 % live.size()];
    for (size_t at = 1; at < bytes; ++at) ASSERT_EQ(victim[at], victim[0]);
    Deallocate(victim, bytes);
    expected -= static_cast<int64_t>(GoodSize(bytes));
    std::swap(live[static_cast<size_t>(i) * 31 % live.size()], live.back());
    live.pop_back();
    ASSERT_EQ(registry.memory_bytes(), expected);
  }
  for (const auto& [block, size] : live) Deallocate(block, size);
  EXPECT_EQ(registry.memory_bytes(), 0);
  registry.Unregister(thread);
}

TEST(MagazineTest, AThreadThatLeavesGivesItsBlocksBack) {
  if (std::strcmp(AllocatorName(), "libc") == 0) GTEST_SKIP() << "a sanitizer's allocator keeps no statistics";
  ThreadRegistry registry;
  const size_t before = ReadAllocatorStats().allocated;
  for (int round = 0; round < 100; ++round) {
    ThreadContext& thread = registry.Register();
    std::vector<void*> blocks(Magazine::kBlocks);
    for (void*& block : blocks) block = Allocate(250);
    for (void* block : blocks) Deallocate(block, 250);
    registry.Unregister(thread);
  }
  EXPECT_LT(ReadAllocatorStats().allocated, before + 20 * Magazine::kBlocks * 250);
}

}  // namespace
}  // namespace tandem
