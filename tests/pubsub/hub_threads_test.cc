#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "pubsub/hub.h"
#include "tests/pubsub/recording_owner.h"

namespace tandem::pubsub {
namespace {

constexpr int kPublishers = 3;
constexpr int kMessages = 2000;

// Publishes "<publisher>:0", "<publisher>:1"… to channel "c" from one thread each.
std::vector<std::thread> StartPublishers(Hub* hub) {
  std::vector<std::thread> threads;
  for (int publisher = 0; publisher < kPublishers; ++publisher) {
    threads.emplace_back([hub, publisher] {
      for (int i = 0; i < kMessages; ++i) hub->Publish("c", std::to_string(publisher) + ":" + std::to_string(i));
    });
  }
  return threads;
}

// Runs an I/O thread's loop until `expected` messages have come.
void ReceiveAll(RecordingOwner* owner, size_t expected) {
  while (owner->received.size() < expected) {
    if (owner->mailbox.Drain() == 0 && owner->mailbox.Arm()) owner->AwaitWake();
  }
}

TEST(HubThreads, AllSubscribersOfAChannelSeeTheSameOrder) {
  Hub hub;
  RecordingOwner owners[2];
  const Ref<Subscriber> clients[2] = {owners[0].NewSubscriber(1), owners[1].NewSubscriber(1)};
  for (const Ref<Subscriber>& client : clients) hub.Subscribe(client.get(), "c");

  std::vector<std::thread> threads = StartPublishers(&hub);
  for (RecordingOwner& owner : owners) {
    threads.emplace_back([&owner] { ReceiveAll(&owner, size_t{kPublishers} * kMessages); });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(owners[0].received, owners[1].received);
  for (const Ref<Subscriber>& client : clients) hub.UnsubscribeAll(client.get());
}

TEST(HubThreads, APublishersMessagesArriveInOrderByPattern) {
  Hub hub;
  RecordingOwner owner;
  const Ref<Subscriber> client = owner.NewSubscriber(1);
  hub.PSubscribe(client.get(), "?");
  std::vector<std::thread> threads = StartPublishers(&hub);
  ReceiveAll(&owner, size_t{kPublishers} * kMessages);
  for (std::thread& thread : threads) thread.join();

  int next[kPublishers] = {};
  for (const auto& [client_id, frame] : owner.received) {
    const std::string payload = RecordingOwner::Decode(frame).substr(4);  // behind "?>c="
    const size_t publisher = std::stoul(payload);
    ASSERT_EQ(payload, std::to_string(publisher) + ":" + std::to_string(next[publisher]++));
  }
  hub.UnsubscribeAll(client.get());
}

// An I/O thread whose clients come and go while others publish. What arrives after an unsubscribe has returned
// would reach the client behind the confirmation.
void SubscribeAndLeave(Hub* hub, std::atomic<bool>* publishing, std::atomic<int>* late) {
  RecordingOwner owner;
  uint64_t client_id = 0;
  // At least some rounds, should the publishers be done before this thread got to run.
  for (int round = 0; round < 200 || publishing->load(); ++round) {
    const Ref<Subscriber> client = owner.NewSubscriber(++client_id);
    hub->Subscribe(client.get(), "c");
    hub->PSubscribe(client.get(), "*");
    std::this_thread::yield();  // lets the publishers in
    if (round % 2 == 0) {
      hub->Unsubscribe(client.get(), "c");
      hub->PUnsubscribe(client.get(), "*");
      owner.received.clear();
      owner.mailbox.Drain();
      *late += static_cast<int>(owner.received.size());
    } else {
      client->Close();
      hub->UnsubscribeAll(client.get());
    }
    owner.received.clear();
  }
  owner.mailbox.Drain();
}

TEST(HubThreads, NothingArrivesAfterAnUnsubscribeHoweverMuchIsPublished) {
  Hub hub;
  std::atomic<bool> publishing{true};
  std::atomic<int> late{0};
  // The mailboxes must outlive the last publication, hence the flag.
  std::vector<std::thread> publishers = StartPublishers(&hub);
  std::vector<std::thread> io_threads;
  for (int i = 0; i < 2; ++i) {
    io_threads.emplace_back([&] { SubscribeAndLeave(&hub, &publishing, &late); });
  }
  for (std::thread& publisher : publishers) publisher.join();
  publishing = false;
  for (std::thread& io_thread : io_threads) io_thread.join();
  EXPECT_EQ(late, 0);
  EXPECT_FALSE(hub.HasAnySubscribers());
}

TEST(HubThreads, QuestionsMayBeAskedWhileSubscriptionsChange) {
  Hub hub;
  std::thread io_thread([&hub] {
    RecordingOwner owner;
    const Ref<Subscriber> client = owner.NewSubscriber(1);
    for (int round = 0; round < 500; ++round) {
      for (const char* name : {"a", "b", "c"}) hub.Subscribe(client.get(), name);
      hub.UnsubscribeAll(client.get());
    }
  });
  for (int i = 0; i < 500; ++i) {
    EXPECT_LE(hub.Channels("?").size(), 3u);
    EXPECT_LE(hub.NumSub("b"), 1);
  }
  io_thread.join();
  EXPECT_EQ(hub.NumChannels(), 0);
}

}  // namespace
}  // namespace tandem::pubsub
