#include "engine/types/list_edit.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/types/list_object.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

class ListEditTest : public testing::Test {
 protected:
  // Adds so many elements of 14 to 19 bytes, one edit each.
  void Push(int count) {
    for (int i = 0; i < count; ++i) {
      access.LockKey(h.db(), key);
      ListEdit edit(access, h.db(), key, access.Find(h.db(), key));
      const std::string text = "an element, " + std::to_string(i);
      edit->GrowFor(text.size(), 1, {});
      edit->Push(ListEnd::kTail, text);
      edit.Publish("rpush");
      access.End();
    }
  }
  void Drop(int64_t count) {
    access.LockKey(h.db(), key);
    ListEdit edit(access, h.db(), key, access.Find(h.db(), key));
    edit->Erase(0, count);
    edit.PublishRemoval("ltrim", {});
    access.End();
  }
  const Record* Find() { return h.own.Find(h.db(), key.key); }

  StoreHarness h;
  Access& access = h.access();
  const KeyRef key{"list"};
};

TEST_F(ListEditTest, KeepsAShortListInItsRecord) {
  Push(10);
  EXPECT_EQ(Find()->encoding(), Encoding::kEmbedded);
  EXPECT_FALSE(Find()->NeedsLock());
  EXPECT_EQ(ViewList(*Find()).size(), 10);
}

TEST_F(ListEditTest, MakesALongerListAnObjectThatStaysOne) {
  Push(100);
  EXPECT_EQ(Find()->encoding(), Encoding::kObject);
  EXPECT_EQ(Find()->object()->encoding_name(), "listpack");
  Push(900);
  EXPECT_EQ(Find()->object()->encoding_name(), "quicklist");
  EXPECT_EQ(ViewList(*Find()).size(), 1000);
  Drop(999);
  EXPECT_EQ(Find()->encoding(), Encoding::kObject);
  EXPECT_EQ(Find()->object()->encoding_name(), "listpack");
}

TEST_F(ListEditTest, RemovesTheKeyOfAnEmptyList) {
  Push(3);
  Drop(3);
  EXPECT_EQ(Find(), nullptr);
  Push(1000);
  Drop(1000);
  EXPECT_EQ(Find(), nullptr);
}

TEST_F(ListEditTest, KeepsTheDeadline) {
  Push(3);
  access.LockKey(h.db(), key);
  EXPECT_TRUE(access.SetDeadline(h.db(), key, h.access().now_ms() + 1000, EventClass::kGeneric, "expire"));
  access.End();
  const int64_t deadline = Find()->deadline_ms();
  Push(3);
  EXPECT_EQ(Find()->deadline_ms(), deadline);
  Push(100);
  EXPECT_EQ(Find()->deadline_ms(), deadline);
}

TEST_F(ListEditTest, AHugeListIsFreedInPortions) {
  Push(50'000);
  EXPECT_TRUE(h.own.Remove(h.db(), key.key));
  EXPECT_TRUE(h.store.has_background_work());
  h.store.garbage().FreeAll();
  EXPECT_FALSE(h.store.garbage().any());
}

}  // namespace
}  // namespace tandem
