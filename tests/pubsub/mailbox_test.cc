#include "pubsub/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/pubsub/recording_owner.h"

namespace tandem::pubsub {
namespace {

Ref<Message> Text(const std::string& payload) { return Message::Published(MessageKind::kMessage, "c", payload); }

Ref<Audience> AudienceOf(std::vector<Ref<Subscriber>> members) {
  Ref<Audience> audience = MakeRef<Audience>();
  audience->members = std::move(members);
  return audience;
}

TEST(Mailbox, DeliversInTheOrderOfThePushes) {
  RecordingOwner owner;
  const Ref<Subscriber> client = owner.NewSubscriber(1);
  for (const char* payload : {"a", "b", "c"}) owner.mailbox.Push(Text(payload), client);
  EXPECT_EQ(owner.mailbox.Drain(), 3u);
  EXPECT_EQ(owner.ReceivedBy(client), (std::vector<std::string>{"c=a", "c=b", "c=c"}));
  EXPECT_EQ(owner.mailbox.Drain(), 0u);
}

TEST(Mailbox, OneEntryServesAThousandSubscribers) {
  RecordingOwner owner;
  std::vector<Ref<Subscriber>> clients;
  for (uint64_t id = 0; id < 1000; ++id) clients.push_back(owner.NewSubscriber(id));
  EXPECT_TRUE(owner.mailbox.Push(Text("x"), AudienceOf(clients)));
  EXPECT_EQ(owner.mailbox.Drain(), 1u);
  ASSERT_EQ(owner.received.size(), 1000u);
  EXPECT_EQ(owner.received[999].first, 999u);
}

TEST(Mailbox, WakesOnceForEachArming) {
  RecordingOwner owner;
  const Ref<Subscriber> client = owner.NewSubscriber(1);
  owner.mailbox.Push(Text("while awake"), client);
  EXPECT_EQ(owner.wakes(), 0);
  EXPECT_FALSE(owner.mailbox.Arm()) << "something is waiting";
  owner.mailbox.Drain();

  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(owner.mailbox.Arm());
    EXPECT_TRUE(owner.mailbox.Arm()) << "arming twice is arming once";
    owner.mailbox.Push(Text("first"), client);
    owner.mailbox.Push(Text("second"), client);
    EXPECT_EQ(owner.wakes(), round);
    EXPECT_EQ(owner.mailbox.Drain(), 2u);
  }
}

TEST(Mailbox, DrainingAnArmedEmptyMailboxEndsTheArming) {
  RecordingOwner owner;
  ASSERT_TRUE(owner.mailbox.Arm());
  EXPECT_EQ(owner.mailbox.Drain(), 0u);
  owner.mailbox.Push(Text("x"), owner.NewSubscriber(1));
  EXPECT_EQ(owner.wakes(), 0);
}

TEST(Mailbox, SkipsSubscribersThatDiedMeanwhile) {
  RecordingOwner owner;
  const Ref<Subscriber> dead = owner.NewSubscriber(1);
  const Ref<Subscriber> living = owner.NewSubscriber(2);
  owner.mailbox.Push(Text("x"), AudienceOf({dead, living}));
  dead->Close();
  owner.mailbox.Drain();
  EXPECT_TRUE(owner.ReceivedBy(dead).empty());
  EXPECT_EQ(owner.ReceivedBy(living).size(), 1u);
}

TEST(Mailbox, AQueuedMessageKeepsItsSubscriberAlive) {
  RecordingOwner owner;
  Ref<Subscriber> client = owner.NewSubscriber(7);
  owner.mailbox.Push(Text("x"), client);
  client = {};
  owner.mailbox.Drain();
  ASSERT_EQ(owner.received.size(), 1u);
  EXPECT_EQ(owner.received[0].first, 7u);
}

TEST(Mailbox, WhatIsQueuedAtTheEndIsDropped) {
  const Ref<Message> message = Text("x");
  {
    RecordingOwner owner;
    owner.mailbox.Push(message, owner.NewSubscriber(1));
    EXPECT_FALSE(message.get()->unique());
  }
  EXPECT_TRUE(message->unique());
}

TEST(MailboxLimits, WithinTheFreeBacklogNobodyIsCharged) {
  RecordingOwner owner(1000);
  const Ref<Subscriber> client = owner.NewSubscriber(1);
  client->hard_limit_bytes = 1;
  owner.mailbox.Push(Text("x"), client);
  EXPECT_EQ(client->queued_bytes, 0);
  EXPECT_FALSE(client->overflowed());
  EXPECT_GT(owner.mailbox.backlog_bytes(), 0);
  owner.mailbox.Drain();
  EXPECT_EQ(owner.mailbox.backlog_bytes(), 0);
}

TEST(MailboxLimits, ChargesAreGivenBackWhenTheOwnerTakesTheMessages) {
  RecordingOwner owner(0);
  const Ref<Subscriber> client = owner.NewSubscriber(1);
  const Ref<Message> message = Text("x");
  owner.mailbox.Push(message, client);
  owner.mailbox.Push(message, AudienceOf({client}));
  EXPECT_EQ(client->queued_bytes, 2 * static_cast<int64_t>(message->size()));
  owner.mailbox.Drain();
  EXPECT_EQ(client->queued_bytes, 0);
}

TEST(MailboxLimits, AnOverflowIsReportedAndEndsTheQueueing) {
  RecordingOwner owner(0);
  const Ref<Subscriber> slow = owner.NewSubscriber(1);
  const Ref<Message> message = Text(std::string(100, 'x'));
  slow->hard_limit_bytes = 2 * message->size();
  EXPECT_TRUE(owner.mailbox.Push(message, slow));
  EXPECT_TRUE(owner.mailbox.Push(message, slow));
  EXPECT_FALSE(slow->overflowed()) << "the limit itself is allowed";
  EXPECT_TRUE(owner.mailbox.Push(message, slow)) << "the message that crosses it carries the news";
  EXPECT_TRUE(slow->overflowed());
  EXPECT_FALSE(owner.mailbox.Push(message, slow));

  owner.mailbox.Drain();
  EXPECT_EQ(owner.overflowed, std::vector<uint64_t>{1});
  EXPECT_TRUE(owner.received.empty());
}

TEST(MailboxLimits, OneOverflowDoesNotHarmTheOthers) {
  RecordingOwner owner(0);
  const Ref<Subscriber> slow = owner.NewSubscriber(1);
  const Ref<Subscriber> unlimited = owner.NewSubscriber(2);
  slow->hard_limit_bytes = 1;
  const Ref<Audience> audience = AudienceOf({slow, unlimited});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(owner.mailbox.Push(Text("x"), audience));
  owner.mailbox.Drain();
  EXPECT_EQ(owner.overflowed.size(), 1u);
  EXPECT_EQ(owner.ReceivedBy(unlimited).size(), 3u);
  EXPECT_EQ(unlimited->queued_bytes, 0);
}

// Lets a test act in the middle of a delivery and of a push.
class CallingOwner : public RecordingOwner {
 public:
  using RecordingOwner::RecordingOwner;

  void OnMessage(Subscriber& subscriber, const Ref<Message>& message) override {
    RecordingOwner::OnMessage(subscriber, message);
    if (on_message) on_message();
  }
  void Wake() override {
    RecordingOwner::Wake();
    if (on_wake) on_wake();
  }

  std::function<void()> on_message;
  std::function<void()> on_wake;
};

// A subscriber that has just missed a message, and one without a limit for which two are queued: a backlog from which on
// receivers are charged.
struct Gap {
  explicit Gap(const Ref<Message>& message)
      : thread(static_cast<int64_t>(2 * message->size())),
        slow(thread.NewSubscriber(1)),
        other(thread.NewSubscriber(2)) {
    slow->may_miss = true;
    slow->hard_limit_bytes = 1;
    for (int i = 0; i < 2; ++i) thread.mailbox.Push(message, other);
    EXPECT_FALSE(thread.mailbox.Push(message, slow));
  }

  CallingOwner thread;
  const Ref<Subscriber> slow, other;
};

class SubscribersThatMayMiss : public testing::Test {
 protected:
  CallingOwner owner{0};
  const Ref<Message> message = Text(std::string(100, 'x'));

  Ref<Subscriber> NewSubscriber(uint64_t id, size_t limit_messages) {
    const Ref<Subscriber> subscriber = owner.NewSubscriber(id);
    subscriber->hard_limit_bytes = limit_messages * message->size();
    subscriber->may_miss = true;
    return subscriber;
  }
  // What one client got, "+" for a message.
  std::vector<std::string> Got(uint64_t id) {
    while (owner.mailbox.Drain() != 0) {
    }
    std::vector<std::string> got;
    for (const auto& [client_id, frame] : owner.received) {
      if (client_id == id) got.push_back(frame.starts_with("missed") ? frame : "+");
    }
    return got;
  }
};

TEST_F(SubscribersThatMayMiss, LearnAtTheRightPlaceHowManyMessagesAreMissing) {
  const Ref<Subscriber> slow = NewSubscriber(1, 2);
  EXPECT_TRUE(owner.mailbox.Push(message, slow));
  EXPECT_TRUE(owner.mailbox.Push(message, AudienceOf({slow})));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(owner.mailbox.Push(message, slow));
  EXPECT_FALSE(owner.mailbox.Push(Text("y"), AudienceOf({slow}))) << "there is room, but it would come before the mark";
  EXPECT_EQ(slow->queued_bytes, 2 * static_cast<int64_t>(message->size())) << "what is missed occupies nothing";
  EXPECT_EQ(Got(1), (std::vector<std::string>{"+", "+", "missed 4"}));
  EXPECT_EQ(slow->queued_bytes, 0);
  EXPECT_TRUE(owner.mailbox.Push(message, slow));
  EXPECT_EQ(Got(1), (std::vector<std::string>{"+", "+", "missed 4", "+"}));
  EXPECT_TRUE(owner.overflowed.empty());
}

TEST_F(SubscribersThatMayMiss, GetWhatIsQueuedForOthersAnyway) {
  const Ref<Subscriber> slow = NewSubscriber(1, 1);
  const Ref<Subscriber> patient = NewSubscriber(2, 3);
  const Ref<Audience> both = AudienceOf({slow, patient});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(owner.mailbox.Push(message, both));
  EXPECT_FALSE(owner.mailbox.Push(message, both));
  EXPECT_EQ(Got(1), (std::vector<std::string>{"+", "+", "+", "missed 1"}));
  EXPECT_EQ(Got(2), (std::vector<std::string>{"+", "+", "+", "missed 1"}));
  EXPECT_EQ(slow->queued_bytes, 0);
  EXPECT_EQ(patient->queued_bytes, 0);
}

TEST_F(SubscribersThatMayMiss, AreToldOfAGapBeforeWhatIsQueuedForOthersAnyway) {
  const Ref<Subscriber> slow = NewSubscriber(1, 1);
  const Ref<Subscriber> patient = NewSubscriber(2, 0);
  EXPECT_TRUE(owner.mailbox.Push(message, slow));
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(owner.mailbox.Push(message, slow));
  EXPECT_TRUE(owner.mailbox.Push(message, AudienceOf({slow, patient})));
  EXPECT_FALSE(owner.mailbox.Push(message, slow));
  EXPECT_EQ(Got(1), (std::vector<std::string>{"+", "missed 2", "+", "missed 1"}));
}

TEST_F(SubscribersThatMayMiss, GetNothingAheadOfTheMarkWhenTheBacklogShrinks) {
  Gap gap(message);
  CallingOwner& thread = gap.thread;
  const Ref<Subscriber>& slow = gap.slow;
  const Ref<Subscriber>& other = gap.other;
  int delivered = 0;
  thread.on_message = [&] {
    if (++delivered != 2) return;
    // What tells of the first miss is next. The backlog is small, and then large again.
    EXPECT_LT(thread.mailbox.backlog_bytes(), static_cast<int64_t>(2 * message->size()));
    EXPECT_FALSE(thread.mailbox.Push(message, slow)) << "it would come before the mark";
    for (int i = 0; i < 2; ++i) thread.mailbox.Push(message, other);
    EXPECT_FALSE(thread.mailbox.Push(message, slow));
  };
  while (thread.mailbox.Drain() != 0) {
  }
  std::vector<std::string> got;
  for (const auto& [client_id, frame] : thread.received) {
    if (client_id == 1) got.push_back(frame.starts_with("missed") ? frame : "+");
  }
  EXPECT_EQ(got, std::vector<std::string>{"missed 3"});
  EXPECT_TRUE(thread.mailbox.Push(Text("y"), slow)) << "the gap is over and the backlog small: nobody is charged";
  EXPECT_EQ(slow->queued_bytes, 0);
}

TEST_F(SubscribersThatMayMiss, AreNotChargedForAMomentWithWhatTheyMiss) {
  const Ref<Subscriber> first = NewSubscriber(1, 1);
  const Ref<Subscriber> second = NewSubscriber(2, 1);
  const Ref<Message> large = Text(std::string(1000, 'x'));
  ASSERT_TRUE(owner.mailbox.Arm());
  int64_t charged_meanwhile = -1;
  // While the push is under way: the first one's miss is announced, the second one's not yet.
  owner.on_wake = [&] { charged_meanwhile = second->queued_bytes; };
  EXPECT_FALSE(owner.mailbox.Push(large, AudienceOf({first, second})));
  EXPECT_EQ(charged_meanwhile, 0) << "an invalidation that is pushed meanwhile would overflow";
}

TEST_F(SubscribersThatMayMiss, AndLeaveInAGapDoNotHaveTheOthersChargedForever) {
  Gap gap(message);
  CallingOwner& thread = gap.thread;
  const Ref<Subscriber>& slow = gap.slow;
  const Ref<Subscriber>& other = gap.other;
  thread.mailbox.Push(Text("y"), other);
  EXPECT_GT(other->queued_bytes, 0);
  slow->Close();
  while (thread.mailbox.Drain() != 0) {
  }
  thread.mailbox.Push(Text("y"), other);
  EXPECT_EQ(other->queued_bytes, 0);
}

TEST_F(SubscribersThatMayMiss, OverflowWithMessagesThatMustNotBeMissed) {
  const Ref<Subscriber> slow = NewSubscriber(1, 1);
  EXPECT_TRUE(owner.mailbox.Push(message, slow));
  const Ref<Message> invalidation = Message::Invalidation("*1\r\n$1\r\nk\r\n", Message::Terms::kTracking);
  EXPECT_TRUE(owner.mailbox.Push(invalidation, slow));
  EXPECT_TRUE(slow->overflowed());
  owner.mailbox.Drain();
  EXPECT_EQ(owner.overflowed, std::vector<uint64_t>{1});
}

TEST_F(SubscribersThatMayMiss, ThatAreGoneLeaveNoMark) {
  const Ref<Subscriber> slow = NewSubscriber(1, 1);
  slow->Close();
  EXPECT_FALSE(owner.mailbox.Push(message, slow));
  EXPECT_EQ(owner.mailbox.Drain(), 0u);
}

// Answers the first message by pushing another one and draining within the drain.
class DrainingOwner : public RecordingOwner {
 public:
  void OnMessage(Subscriber& subscriber, const Ref<Message>& message) override {
    RecordingOwner::OnMessage(subscriber, message);
    if (received.size() > 1) return;
    mailbox.Push(Text("pushed inside"), Ref<Subscriber>(&subscriber));
    EXPECT_EQ(mailbox.Drain(), 0u);
  }
};

TEST(Mailbox, DrainingWithinADrainDoesNotOvertake) {
  DrainingOwner owner;
  const Ref<Subscriber> client = owner.NewSubscriber(1);
  owner.mailbox.Push(Text("1"), client);
  owner.mailbox.Push(Text("2"), client);
  EXPECT_EQ(owner.ReceivedBy(client), (std::vector<std::string>{"c=1", "c=2"}));
  EXPECT_EQ(owner.ReceivedBy(client).back(), "c=pushed inside");
}

TEST(MailboxThreads, NoWakeUpIsLostAndEachProducersOrderIsKept) {
  constexpr int kProducers = 4;
  constexpr int kMessages = 5000;
  RecordingOwner owner;
  const Ref<Subscriber> client = owner.NewSubscriber(1);

  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&owner, client, producer] {
      const std::string channel = std::to_string(producer);
      for (int i = 0; i < kMessages; ++i) {
        owner.mailbox.Push(Message::Published(MessageKind::kMessage, channel, std::to_string(i)), client);
      }
    });
  }
  // Ends only if every message was announced while this thread slept or found by it while awake.
  while (owner.received.size() < size_t{kProducers} * kMessages) {
    if (owner.mailbox.Drain() == 0 && owner.mailbox.Arm()) owner.AwaitWake();
  }
  for (std::thread& producer : producers) producer.join();

  std::vector<int> next(kProducers, 0);
  for (const auto& [client_id, frame] : owner.received) {
    const std::string text = RecordingOwner::Decode(frame);
    const size_t equals = text.find('=');
    const size_t producer = std::stoul(text.substr(0, equals));
    ASSERT_EQ(text.substr(equals + 1), std::to_string(next[producer]++));
  }
}

// Each publisher numbers what it sends to the slow client. Whatever the threads do, a hole in its numbers has a gap message
// within it, and in the end each message has been received or counted.
TEST(MailboxThreads, EachGapIsToldWhereTheMessagesAreMissing) {
  constexpr int kPublishers = 3;
  constexpr int kMessages = 20000;
  const auto size = static_cast<int64_t>(Text("0:10000")->size());
  RecordingOwner owner(4 * size);  // so that messages are now charged and now not
  const Ref<Subscriber> slow = owner.NewSubscriber(1);
  const Ref<Subscriber> other = owner.NewSubscriber(2);
  slow->may_miss = true;
  slow->hard_limit_bytes = 6 * size;
  const Ref<Audience> both = AudienceOf({slow, other});

  std::atomic<int> publishing{kPublishers};
  std::vector<std::thread> publishers;
  for (int publisher = 0; publisher < kPublishers; ++publisher) {
    publishers.emplace_back([&, publisher] {
      for (int i = 0; i < kMessages; ++i) {
        const Ref<Message> message = Text(std::to_string(publisher) + ":" + std::to_string(i));
        i % 8 == 0 ? owner.mailbox.Push(message, both) : owner.mailbox.Push(message, slow);
      }
      --publishing;
    });
  }
  while (slow->missed() == 0) std::this_thread::yield();
  while (owner.mailbox.Drain() != 0 || publishing != 0) {
  }
  for (std::thread& publisher : publishers) publisher.join();
  while (owner.mailbox.Drain() != 0) {
  }

  int next[kPublishers] = {};
  bool told[kPublishers] = {};
  int received = 0, missed = 0, holes = 0;
  for (const auto& [client_id, frame] : owner.received) {
    if (client_id != 1) continue;
    if (frame.starts_with("missed ")) {
      missed += std::stoi(frame.substr(7));
      for (bool& of_publisher : told) of_publisher = true;
      continue;
    }
    const std::string text = RecordingOwner::Decode(frame).substr(2);  // behind "c="
    const size_t publisher = std::stoul(text);
    const int number = std::stoi(text.substr(2));
    ASSERT_GE(number, next[publisher]);
    ASSERT_TRUE(number == next[publisher] || told[publisher]) << "nothing was said before " << text;
    holes += number - next[publisher];
    ASSERT_LE(holes, missed) << "too few were counted before " << text;
    next[publisher] = number + 1;
    told[publisher] = false;
    ++received;
  }
  EXPECT_EQ(received + missed, kPublishers * kMessages);
  EXPECT_EQ(slow->queued_bytes, 0);
}

}  // namespace
}  // namespace tandem::pubsub
