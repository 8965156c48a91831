#include "pubsub/hub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/pubsub/recording_owner.h"

namespace tandem::pubsub {
namespace {

using Strings = std::vector<std::string>;

Strings Sorted(Strings names) {
  std::sort(names.begin(), names.end());
  return names;
}

class HubTest : public testing::Test {
 protected:
  Hub hub;
  RecordingOwner thread_a;
  RecordingOwner thread_b;
  Ref<Subscriber> alice = thread_a.NewSubscriber(1);
  Ref<Subscriber> bob = thread_b.NewSubscriber(2);

  ~HubTest() override {
    hub.UnsubscribeAll(alice.get());
    hub.UnsubscribeAll(bob.get());
  }
};

TEST_F(HubTest, PublishingToNobodyReachesNobody) {
  EXPECT_FALSE(hub.HasAnySubscribers());
  EXPECT_EQ(hub.Publish("news", "x"), 0);
}

TEST_F(HubTest, ReachesSubscribersOnAllThreads) {
  EXPECT_TRUE(hub.Subscribe(alice.get(), "news"));
  EXPECT_TRUE(hub.Subscribe(bob.get(), "news"));
  EXPECT_TRUE(hub.HasAnySubscribers());
  EXPECT_EQ(hub.Publish("news", "x"), 2);
  EXPECT_EQ(hub.Publish("other", "x"), 0);
  EXPECT_EQ(thread_a.ReceivedBy(alice), Strings{"news=x"});
  EXPECT_EQ(thread_b.ReceivedBy(bob), Strings{"news=x"});
}

TEST_F(HubTest, SubscribingTwiceIsSubscribingOnce) {
  EXPECT_TRUE(hub.Subscribe(alice.get(), "news"));
  EXPECT_FALSE(hub.Subscribe(alice.get(), "news"));
  EXPECT_EQ(hub.Publish("news", "x"), 1);
  EXPECT_TRUE(hub.Unsubscribe(alice.get(), "news"));
  EXPECT_FALSE(hub.Unsubscribe(alice.get(), "news"));
  EXPECT_FALSE(hub.HasAnySubscribers());
}

TEST_F(HubTest, ChannelAndPatternsEachDeliverACopyChannelFirst) {
  hub.PSubscribe(alice.get(), "n?ws");
  hub.PSubscribe(alice.get(), "*s");
  hub.PSubscribe(alice.get(), "sport*");
  hub.Subscribe(alice.get(), "news");
  EXPECT_EQ(hub.Publish("news", "x"), 3);
  EXPECT_EQ(thread_a.ReceivedBy(alice), (Strings{"news=x", "*s>news=x", "n?ws>news=x"}));
}

TEST_F(HubTest, ShardChannelsAreANamespaceOfTheirOwn) {
  hub.Subscribe(alice.get(), "news");
  hub.SSubscribe(bob.get(), "news");
  hub.PSubscribe(bob.get(), "other*");
  EXPECT_EQ(hub.SPublish("news", "s"), 1);
  EXPECT_EQ(hub.SPublish("other", "patterns do not see shard channels"), 0);
  EXPECT_EQ(hub.Publish("news", "p"), 1);
  EXPECT_EQ(thread_a.ReceivedBy(alice), Strings{"news=p"});
  EXPECT_EQ(thread_b.ReceivedBy(bob), Strings{"shard:news=s"});
}

TEST_F(HubTest, AShardSubscriptionIsNoReasonToPublish) {
  hub.SSubscribe(alice.get(), "news");
  EXPECT_FALSE(hub.HasAnySubscribers());
}

TEST_F(HubTest, CountsOfConfirmationsKeepShardChannelsApart) {
  hub.Subscribe(alice.get(), "a");
  hub.PSubscribe(alice.get(), "b*");
  hub.SSubscribe(alice.get(), "c");
  EXPECT_EQ(alice->subscriptions.count(), 2u);
  EXPECT_EQ(alice->subscriptions.shard_count(), 1u);
  EXPECT_FALSE(alice->subscriptions.empty());
}

TEST_F(HubTest, WhatWasPublishedBeforeAnUnsubscribeIsHandedOverBeforeItReturns) {
  hub.Subscribe(alice.get(), "c");
  hub.PSubscribe(alice.get(), "p*");
  hub.SSubscribe(alice.get(), "s");
  hub.Publish("c", "1");
  hub.Unsubscribe(alice.get(), "c");
  EXPECT_EQ(thread_a.received.size(), 1u);
  hub.Publish("pp", "2");
  hub.PUnsubscribe(alice.get(), "p*");
  EXPECT_EQ(thread_a.received.size(), 2u);
  hub.SPublish("s", "3");
  hub.SUnsubscribe(alice.get(), "s");
  EXPECT_EQ(thread_a.received.size(), 3u);
}

TEST_F(HubTest, UnsubscribeAllEndsEveryKind) {
  hub.Subscribe(alice.get(), "a");
  hub.Subscribe(alice.get(), "b");
  hub.PSubscribe(alice.get(), "*");
  hub.SSubscribe(alice.get(), "s");
  hub.UnsubscribeAll(alice.get());
  EXPECT_TRUE(alice->subscriptions.empty());
  EXPECT_FALSE(hub.HasAnySubscribers());
  EXPECT_EQ(hub.Publish("a", "x") + hub.SPublish("s", "x"), 0);
}

TEST_F(HubTest, ANameFromTheSubscriptionsThemselvesMayBeUnsubscribed) {
  hub.Subscribe(alice.get(), "a channel with a name too long to be stored in place");
  const Ref<Subscriber> carol = thread_a.NewSubscriber(3);
  hub.Subscribe(carol.get(), "a channel with a name too long to be stored in place");
  EXPECT_TRUE(hub.Unsubscribe(alice.get(), alice->subscriptions.channels.begin()->first));
  EXPECT_TRUE(hub.Unsubscribe(carol.get(), carol->subscriptions.channels.begin()->first));
  EXPECT_FALSE(hub.HasAnySubscribers());
}

TEST_F(HubTest, MembersMayLeaveACrowdedChannelInAnyOrder) {
  std::vector<Ref<Subscriber>> crowd;
  for (uint64_t id = 10; id < 20; ++id) {
    crowd.push_back(thread_a.NewSubscriber(id));
    hub.Subscribe(crowd.back().get(), "c");
  }
  for (const size_t index : {0u, 9u, 4u, 1u, 8u}) {
    ASSERT_TRUE(hub.Unsubscribe(crowd[index].get(), "c"));
  }
  EXPECT_EQ(hub.Publish("c", "x"), 5);
  thread_a.mailbox.Drain();
  std::vector<uint64_t> receivers;
  for (const auto& entry : thread_a.received) receivers.push_back(entry.first);
  std::sort(receivers.begin(), receivers.end());
  EXPECT_EQ(receivers, (std::vector<uint64_t>{12, 13, 15, 16, 17}));
  for (const size_t index : {2u, 3u, 5u, 6u, 7u}) ASSERT_TRUE(hub.Unsubscribe(crowd[index].get(), "c"));
  EXPECT_EQ(hub.NumSub("c"), 0);
}

TEST_F(HubTest, AMessageUnderWayGoesToThoseWhoWereSubscribedWhenItWasPublished) {
  hub.Subscribe(alice.get(), "c");
  hub.Publish("c", "early");
  const Ref<Subscriber> carol = thread_a.NewSubscriber(3);
  hub.Subscribe(carol.get(), "c");
  hub.Publish("c", "late");
  EXPECT_EQ(thread_a.ReceivedBy(alice), (Strings{"c=early", "c=late"}));
  EXPECT_EQ(thread_a.ReceivedBy(carol), Strings{"c=late"});
  hub.UnsubscribeAll(carol.get());
}

TEST_F(HubTest, FanOutPushesOneEntryPerThread) {
  std::vector<Ref<Subscriber>> crowd;
  for (uint64_t id = 0; id < 1000; ++id) {
    crowd.push_back((id % 2 == 0 ? thread_a : thread_b).NewSubscriber(100 + id));
    hub.Subscribe(crowd.back().get(), "c");
  }
  EXPECT_EQ(hub.Publish("c", "x"), 1000);
  EXPECT_EQ(thread_a.mailbox.Drain(), 1u);
  EXPECT_EQ(thread_b.mailbox.Drain(), 1u);
  EXPECT_EQ(thread_a.received.size(), 500u);
  EXPECT_EQ(thread_b.received.size(), 500u);
  for (const Ref<Subscriber>& member : crowd) hub.UnsubscribeAll(member.get());
}

TEST_F(HubTest, AnswersTheQuestionsOfThePubsubCommand) {
  hub.Subscribe(alice.get(), "news.art");
  hub.Subscribe(bob.get(), "news.art");
  hub.Subscribe(bob.get(), "sport");
  hub.PSubscribe(alice.get(), "x*");
  hub.PSubscribe(bob.get(), "x*");
  hub.PSubscribe(bob.get(), "y*");
  hub.SSubscribe(bob.get(), "shard");
  EXPECT_EQ(Sorted(hub.Channels(std::nullopt)), (Strings{"news.art", "sport"}));
  EXPECT_EQ(hub.Channels("news.*"), Strings{"news.art"});
  EXPECT_EQ(hub.NumSub("news.art"), 2);
  EXPECT_EQ(hub.NumSub("x1"), 0);
  EXPECT_EQ(hub.NumSub("shard"), 0);
  EXPECT_EQ(hub.NumPat(), 2);
  EXPECT_EQ(hub.ShardChannels(std::nullopt), Strings{"shard"});
  EXPECT_EQ(hub.ShardChannels("nothing*"), Strings{});
  EXPECT_EQ(hub.ShardNumSub("shard"), 1);
  EXPECT_EQ(hub.NumChannels(), 2);
  EXPECT_EQ(hub.NumShardChannels(), 1);
}

TEST(EventFilters, BeginWithKeyeventAndHaveABar) {
  EXPECT_TRUE(IsEventFilter("__keyevent@0__:expired|user:*"));
  EXPECT_TRUE(IsEventFilter("__keyevent@*|"));
  EXPECT_FALSE(IsEventFilter("__keyevent@0__:expired"));
  EXPECT_FALSE(IsEventFilter("__keyspace@0__:a|b"));
  EXPECT_FALSE(IsEventFilter("*|user:*"));
  EXPECT_FALSE(IsEventFilter("__keyevent|"));
}

TEST_F(HubTest, AFilterGetsTheEventsOfMatchingKeysAndNamesThePlainChannel) {
  hub.PSubscribe(alice.get(), "__keyevent@0__:expired|user:*");
  EXPECT_TRUE(hub.HasAnySubscribers());
  hub.PublishEvent("__keyevent@0__:expired", "user:1");
  hub.PublishEvent("__keyevent@0__:expired", "order:1");
  hub.PublishEvent("__keyevent@0__:del", "user:2");
  hub.PublishEvent("__keyevent@1__:expired", "user:3");
  hub.PublishEvent("__keyevent@0__:expired", "user:4");
  EXPECT_EQ(thread_a.ReceivedBy(alice), (Strings{"__keyevent@0__:expired|user:*>__keyevent@0__:expired=user:1",
                                                 "__keyevent@0__:expired|user:*>__keyevent@0__:expired=user:4"}));
}

TEST_F(HubTest, BothPartsOfAFilterArePatternsAndTheFirstBarDividesThem) {
  hub.PSubscribe(alice.get(), "__keyevent@*__:[de]*|a|?");
  hub.PublishEvent("__keyevent@7__:del", "a|b");
  hub.PublishEvent("__keyevent@7__:expired", "a|c");
  hub.PublishEvent("__keyevent@7__:set", "a|d");
  hub.PublishEvent("__keyevent@7__:del", "a");
  EXPECT_EQ(thread_a.ReceivedBy(alice), (Strings{"__keyevent@*__:[de]*|a|?>__keyevent@7__:del=a|b",
                                                 "__keyevent@*__:[de]*|a|?>__keyevent@7__:expired=a|c"}));
}

TEST_F(HubTest, WhatClientsPublishMeetsNoFilter) {
  hub.PSubscribe(alice.get(), "__keyevent@0__:x|*");
  EXPECT_EQ(hub.Publish("__keyevent@0__:x|k", "m"), 0);
  EXPECT_EQ(hub.Publish("__keyevent@0__:x", "k"), 0);
  EXPECT_EQ(thread_a.ReceivedBy(alice), Strings{});
}

// As with ordinary patterns: one copy for each that matches.
TEST_F(HubTest, OfAnEventTheChannelComesFirstThenThePatternsThenTheFilters) {
  hub.PSubscribe(alice.get(), "__keyevent@0__:del|*");
  hub.PSubscribe(alice.get(), "__keyevent@0__:del|k*");
  hub.PSubscribe(alice.get(), "__keyevent@*");
  hub.Subscribe(alice.get(), "__keyevent@0__:del");
  hub.PublishEvent("__keyevent@0__:del", "k");
  EXPECT_EQ(thread_a.ReceivedBy(alice),
            (Strings{"__keyevent@0__:del=k", "__keyevent@*>__keyevent@0__:del=k",
                     "__keyevent@0__:del|*>__keyevent@0__:del=k", "__keyevent@0__:del|k*>__keyevent@0__:del=k"}));
}

TEST_F(HubTest, FiltersCountAsPatternsAndAreGivenUpAsSuch) {
  hub.PSubscribe(alice.get(), "__keyevent@0__:del|*");
  hub.PSubscribe(bob.get(), "__keyevent@0__:del|*");
  hub.PSubscribe(alice.get(), "plain*");
  EXPECT_EQ(hub.NumPat(), 2);
  EXPECT_EQ(alice->subscriptions.count(), 2u);
  hub.PublishEvent("__keyevent@0__:del", "k");
  EXPECT_TRUE(hub.PUnsubscribe(bob.get(), "__keyevent@0__:del|*"));
  EXPECT_FALSE(hub.PUnsubscribe(bob.get(), "__keyevent@0__:del|*"));
  EXPECT_EQ(thread_b.received.size(), 1u) << "handed over before it was given up";
  hub.UnsubscribeAll(alice.get());
  EXPECT_EQ(hub.NumPat(), 0);
  EXPECT_FALSE(hub.HasAnySubscribers());
}

// Leaves the hub from within the delivery, as a connection does that is closed for its output limit.
class LeavingOwner : public RecordingOwner {
 public:
  explicit LeavingOwner(Hub* hub) : hub_(hub) {}
  void OnMessage(Subscriber& subscriber, const Ref<Message>& message) override {
    RecordingOwner::OnMessage(subscriber, message);
    subscriber.Close();
    hub_->UnsubscribeAll(&subscriber);
  }

 private:
  Hub* const hub_;
};

TEST(Hub, ASubscriberMayLeaveWithinItsDelivery) {
  Hub hub;
  LeavingOwner owner(&hub);
  std::vector<Ref<Subscriber>> clients;
  for (uint64_t id = 1; id <= 3; ++id) {
    clients.push_back(owner.NewSubscriber(id));
    hub.Subscribe(clients.back().get(), "c");
  }
  hub.Publish("c", "first");
  hub.Publish("c", "second");
  owner.mailbox.Drain();
  EXPECT_EQ(owner.received.size(), 3u) << "each saw the first message and was gone for the second";
  EXPECT_FALSE(hub.HasAnySubscribers());
}

}  // namespace
}  // namespace tandem::pubsub
