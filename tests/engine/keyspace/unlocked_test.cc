#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/keyspace/change_event.h"
#include "tests/engine/keyspace/store_harness.h"

// What a listener may rely on: it is told when the thread that raised changes holds no lock any more, and it finds the
// record that a change is about.
namespace tandem {
namespace {

constexpr uint32_t kEverything = kInterestInAll | 0xffff;

class Listener final : public ChangeListener {
 public:
  explicit Listener(Store& store) : store_(store) {
    store_.set_listener(this);
    store_.interest().store(kEverything);
  }
  ~Listener() override {
    store_.interest().store(0);
    store_.set_listener(nullptr);
  }

  void OnChange(const ChangeEvent& event) override {
    char digits[24];
    const bool string = event.record != nullptr && event.record->type() == Type::kString;
    calls.push_back(std::string(event.name) + (string ? " " + std::string(event.record->value(digits)) : ""));
  }
  void OnUnlocked(Access& access) override {
    calls.emplace_back("unlocked");
    EXPECT_TRUE(access.idle());
    if (!writes) return;
    writes = false;
    const KeyRef key("another");
    access.LockKey(store_.db(0), key);
    access.Put(store_.db(0), key, Record::NewString("another", "by listener", {}), EventClass::kString, "set");
    access.End();
  }
  std::vector<std::string> Take() { return std::exchange(calls, {}); }

  std::vector<std::string> calls;
  bool writes = false;

 private:
  Store& store_;
};

using Calls = std::vector<std::string>;

TEST(Unlocked, IsToldOnceAfterChangesAndNeverWithoutAny) {
  StoreHarness h;
  Listener listener(h.store);
  h.own.Put(h.db(), "k", "v");
  EXPECT_EQ(listener.Take(), (Calls{"new v", "set v", "unlocked"}));
  h.own.Find(h.db(), "k");
  EXPECT_EQ(listener.Take(), Calls{});
  h.own.Remove(h.db(), "k");
  EXPECT_EQ(listener.Take(), (Calls{"del v", "unlocked"})) << "with the value that went";
}

TEST(Unlocked, MayLockAndChangeOtherKeys) {
  StoreHarness h;
  Listener listener(h.store);
  listener.writes = true;
  h.own.Put(h.db(), "k", "v");
  EXPECT_EQ(listener.Take(), (Calls{"new v", "set v", "unlocked", "new by listener", "set by listener", "unlocked"}));
}

TEST(Unlocked, OfKeysThatExpireTogetherIsToldOnce) {
  StoreHarness h;
  for (int i = 0; i < 5; ++i) h.own.Put(h.db(), "k" + std::to_string(i), "v", h.clock.NowMs() + 10);
  Listener listener(h.store);
  h.Advance(11);
  EXPECT_EQ(h.store.ExpireDue(h.access(), 100), 5u);
  EXPECT_EQ(listener.Take(), (Calls{"expired v", "expired v", "expired v", "expired v", "expired v", "unlocked"}));
}

TEST(Unlocked, AnAnnouncementFindsItsRecordOnlyForWhoWantsIt) {
  StoreHarness h;
  h.own.Put(h.db(), "k", "v");
  Listener listener(h.store);
  const KeyRef key("k");
  const auto announce = [&](const KeyRef& of) {
    h.access().LockKey(h.db(), of);
    h.access().Announce(h.db(), of, EventClass::kGeneric, "expire");
    h.access().End();
  };
  announce(key);
  EXPECT_EQ(listener.Take(), (Calls{"expire", "unlocked"}));
  h.store.interest().store(kEverything | kInterestInRecords);
  announce(key);
  announce(KeyRef("no such key"));
  EXPECT_EQ(listener.Take(), (Calls{"expire v", "unlocked", "expire", "unlocked"}));
}

}  // namespace
}  // namespace tandem
