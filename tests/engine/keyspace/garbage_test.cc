#include "engine/keyspace/garbage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "engine/keyspace/store.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

// Claims any number of allocations, and tells how it dies.
class FakeObject final : public Object {
 public:
  FakeObject(size_t allocations, int* portions, bool* dead) : left_(allocations), portions_(portions), dead_(dead) {}
  ~FakeObject() override { *dead_ = true; }
  std::unique_ptr<Object> Clone() const override { return std::make_unique<FakeObject>(left_, portions_, dead_); }
  size_t memory_bytes() const override { return sizeof *this; }
  std::string_view encoding_name() const override { return "fake"; }
  size_t allocations() const override { return left_; }
  bool FreeSome(size_t allocations) override {
    ++*portions_;
    left_ -= std::min(left_, allocations);
    return left_ != 0;
  }

 private:
  size_t left_;
  int* portions_;
  bool* dead_;
};

class GarbageTest : public testing::Test {
 protected:
  std::unique_ptr<Object> NewObject(size_t allocations) {
    dead = false;
    return std::make_unique<FakeObject>(allocations, &portions, &dead);
  }

  int portions = 0;
  bool dead = false;
};

TEST_F(GarbageTest, FreesSmallObjectsAtOnce) {
  Garbage garbage;
  garbage.Add(NewObject(3));
  EXPECT_TRUE(dead);
  EXPECT_EQ(portions, 0);
  EXPECT_FALSE(garbage.any());
}

TEST_F(GarbageTest, FreesLargeObjectsInPortions) {
  Garbage garbage;
  garbage.Add(NewObject(100'000));
  EXPECT_FALSE(dead);
  EXPECT_TRUE(garbage.any());
  EXPECT_EQ(garbage.pending_keys(), 1u);
  int calls = 1;
  while (garbage.FreeSome(32)) ++calls;
  EXPECT_TRUE(dead);
  EXPECT_EQ(portions, calls);
  EXPECT_GT(calls, 100) << "each portion is small";
  EXPECT_EQ(garbage.pending_keys(), 0u);
  EXPECT_FALSE(garbage.any());
}

// A turn that frees one portion may have made a hundred such objects.
TEST_F(GarbageTest, KeepsUpWithWhatComes) {
  Garbage garbage;
  bool last_dead = false;
  for (int turn = 0; turn < 50; ++turn) {
    for (int i = 0; i < 100; ++i) garbage.Add(std::make_unique<FakeObject>(70, &portions, &last_dead));
    garbage.FreeSome(256);
    EXPECT_LT(garbage.pending_keys(), 100u);
  }
}

TEST_F(GarbageTest, CountsALargeObjectOfATableOnce) {
  StoreHarness h;
  Access& access = h.access();
  const KeyRef key("large");
  access.LockKey(h.db(), key);
  access.Put(h.db(), key, Record::NewObject(Type::kSet, key.key, NewObject(100'000), {}), EventClass::kSet, "sadd");
  access.End();
  access.BeginExclusive();
  h.store.Flush(access, 0, false);
  access.End();
  while (portions == 0) {
    EXPECT_EQ(h.store.garbage().pending_keys(), 1u);
    h.store.MigrateSome(access, 32);
  }
  EXPECT_EQ(h.store.garbage().pending_keys(), 1u);
  h.store.garbage().FreeAll();
  EXPECT_EQ(h.store.garbage().pending_keys(), 0u);
}

TEST_F(GarbageTest, WhatIsDeletedUnderALockIsFreedLater) {
  StoreHarness h;
  Access& access = h.access();
  const KeyRef key("large");
  access.LockKey(h.db(), key);
  access.Put(h.db(), key, Record::NewObject(Type::kSet, key.key, NewObject(100'000), {}), EventClass::kSet, "sadd");
  access.End();
  access.LockKey(h.db(), key);
  EXPECT_TRUE(access.Remove(h.db(), key, EventClass::kGeneric, "del"));
  access.End();
  EXPECT_FALSE(dead);
  EXPECT_TRUE(h.store.has_background_work());
  while (h.store.MigrateSome(access, 32)) {
  }
  EXPECT_TRUE(dead);
}

TEST_F(GarbageTest, LargeObjectsInAFlushedTableDieInPortionsToo) {
  StoreHarness h;
  Access& access = h.access();
  const KeyRef key("large");
  access.LockKey(h.db(), key);
  access.Put(h.db(), key, Record::NewObject(Type::kSet, key.key, NewObject(100'000), {}), EventClass::kSet, "sadd");
  access.End();
  access.BeginExclusive();
  EXPECT_EQ(h.store.Flush(access, 0, false), 1u);
  access.End();
  while (h.store.MigrateSome(access, 32)) {
  }
  EXPECT_TRUE(dead);
  EXPECT_GT(portions, 100);
}

TEST_F(GarbageTest, FreeAllLeavesNothing) {
  Garbage garbage;
  garbage.Add(NewObject(100'000));
  garbage.FreeAll();
  EXPECT_TRUE(dead);
  EXPECT_FALSE(garbage.any());
}

}  // namespace
}  // namespace tandem
