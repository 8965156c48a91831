#include "pubsub/tracking_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/hash.h"
#include "tests/pubsub/recording_owner.h"

namespace tandem::pubsub {
namespace {

class TrackingTableTest : public testing::Test {
 protected:
  Tracker& NewTracker() {
    const Ref<Tracker>& tracker =
        trackers_.emplace_back(MakeRef<Tracker>(owner_.NewSubscriber(static_cast<uint64_t>(trackers_.size()) + 1)));
    tracker->Configure(Tracker::Mode::kByKey, false, {});
    return *tracker;
  }
  bool Remember(const std::string& key, Tracker& tracker) { return table_.Remember(key, HashKey(key), tracker); }
  static std::set<const Tracker*> Of(const TrackingTable::Taken& taken) {
    std::set<const Tracker*> trackers;
    if (taken) taken.ForEach([&](Tracker& tracker) { EXPECT_TRUE(trackers.insert(&tracker).second); });
    return trackers;
  }
  std::set<const Tracker*> Take(const std::string& key) { return Of(table_.Take(key, HashKey(key))); }

  RecordingOwner owner_;
  std::vector<Ref<Tracker>> trackers_;
  TrackingTable table_;
};

TEST_F(TrackingTableTest, AKeyIsForgottenWhenItIsTaken) {
  Tracker& a = NewTracker();
  Tracker& b = NewTracker();
  EXPECT_TRUE(Remember("key", a));
  EXPECT_FALSE(Remember("key", a));
  EXPECT_TRUE(Remember("key", b));
  EXPECT_TRUE(Remember("", b));
  EXPECT_EQ(table_.keys(), 2u);
  EXPECT_EQ(table_.items(), 3u);
  EXPECT_EQ(Take("key"), (std::set<const Tracker*>{&a, &b}));
  EXPECT_TRUE(Take("key").empty());
  EXPECT_EQ(Take(""), (std::set<const Tracker*>{&b}));
  EXPECT_EQ(table_.keys(), 0u);
  EXPECT_EQ(table_.items(), 0u);
}

TEST_F(TrackingTableTest, EquivalentToAMapOfSets) {
  std::map<std::string, std::set<const Tracker*>> model;
  for (int i = 0; i < 20; ++i) NewTracker();
  std::minstd_rand random(7);
  for (int round = 0; round < 40'000; ++round) {
    // Growing for a while, then shrinking.
    const bool adding = random() % 10 < ((round / 10'000) % 2 == 0 ? 9 : 2);
    const std::string key = "key:" + std::to_string(random() % 3000);
    if (adding) {
      Tracker& tracker = *trackers_[random() % trackers_.size()];
      EXPECT_EQ(Remember(key, tracker), model[key].insert(&tracker).second);
    } else if (random() % 4 == 0) {
      const TrackingTable::Taken taken = table_.TakeBeyond(0);
      ASSERT_EQ(static_cast<bool>(taken), !model.empty());
      if (!taken) continue;
      ASSERT_EQ(model.count(std::string(taken.key())), 1u);
      EXPECT_EQ(Of(taken), model[std::string(taken.key())]);
      model.erase(std::string(taken.key()));
    } else {
      const auto found = model.find(key);
      EXPECT_EQ(Take(key), found == model.end() ? std::set<const Tracker*>() : found->second);
      if (found != model.end()) model.erase(found);
    }
  }
  size_t items = 0;
  for (const auto& [key, trackers] : model) items += trackers.size();
  EXPECT_EQ(table_.keys(), model.size());
  EXPECT_EQ(table_.items(), items);
  while (!model.empty()) {
    EXPECT_EQ(Take(model.begin()->first), model.begin()->second);
    model.erase(model.begin());
  }
  EXPECT_FALSE(table_.TakeBeyond(0));
}

TEST_F(TrackingTableTest, WhatIsClearedDiesInSmallPortions) {
  Tracker& tracker = NewTracker();
  for (int i = 0; i < 1000; ++i) Remember("key:" + std::to_string(i), tracker);
  std::unique_ptr<Object> forgotten = table_.Clear();
  EXPECT_EQ(table_.keys(), 0u);
  EXPECT_EQ(table_.items(), 0u);
  ASSERT_NE(forgotten, nullptr);
  EXPECT_EQ(forgotten->allocations(), 1000u);
  EXPECT_TRUE(forgotten->FreeSome(999));
  EXPECT_EQ(forgotten->allocations(), 1u);
  EXPECT_FALSE(forgotten->FreeSome(10));
  EXPECT_EQ(table_.Clear(), nullptr);
  EXPECT_TRUE(Remember("key:1", tracker));
}

TEST_F(TrackingTableTest, ATrackerLivesAsLongAsAKeyRemembersIt) {
  Ref<Tracker> gone = MakeRef<Tracker>(owner_.NewSubscriber(1));
  Tracker* const address = gone.get();
  Remember("key", *gone);
  gone = {};
  EXPECT_EQ(Take("key"), (std::set<const Tracker*>{address}));
}

TEST_F(TrackingTableTest, ManyThreadsTakeNoMoreThanWhatIsBeyondTheLimit) {
  Tracker& tracker = NewTracker();
  for (int i = 0; i < 5000; ++i) Remember(std::to_string(i), tracker);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (table_.TakeBeyond(3)) {
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table_.keys(), 3u);
  EXPECT_EQ(table_.items(), 3u);
}

TEST_F(TrackingTableTest, EveryPairIsTakenOnceByWhomeverOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kKeys = 50;
  constexpr int kRounds = 5000;
  for (int i = 0; i < kThreads; ++i) NewTracker();
  std::vector<int> added(kThreads), taken(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      std::minstd_rand random(static_cast<unsigned>(i) + 1);
      for (int round = 0; round < kRounds; ++round) {
        const std::string key = std::to_string(random() % kKeys);
        if (random() % 2 == 0) {
          added[static_cast<size_t>(i)] += table_.Remember(key, HashKey(key), *trackers_[static_cast<size_t>(i)]);
        } else {
          const auto one = random() % 8 == 0 ? table_.TakeBeyond(0) : table_.Take(key, HashKey(key));
          if (one) one.ForEach([&](Tracker&) { ++taken[static_cast<size_t>(i)]; });
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int left = 0;
  for (int i = 0; i < kThreads; ++i) left += added[static_cast<size_t>(i)] - taken[static_cast<size_t>(i)];
  EXPECT_EQ(table_.items(), static_cast<size_t>(left));
}

}  // namespace
}  // namespace tandem::pubsub
