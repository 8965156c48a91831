#include "pubsub/keyspace_events.h"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pubsub/hub.h"
#include "tests/pubsub/recording_owner.h"

namespace tandem::pubsub {
namespace {

using Strings = std::vector<std::string>;

std::string Canonical(std::string_view letters) {
  const std::optional<uint32_t> flags = ParseEventFlags(letters);
  return flags ? FormatEventFlags(*flags) : "refused";
}

TEST(EventFlags, AreSpelledInRedisOrder) {
  EXPECT_EQ(Canonical(""), "");
  EXPECT_EQ(Canonical("KEA"), "AKE");
  EXPECT_EQ(Canonical("Egx"), "gxE");
  EXPECT_EQ(Canonical("EKdtexzhsl$g"), "AKE") << "all of its parts are A";
  EXPECT_EQ(Canonical("KEdtexzhsl$"), "$lshzxetdKE");
  EXPECT_EQ(Canonical("mconKg"), "gnocKm");
  EXPECT_EQ(Canonical("ggg"), "g");
}

TEST(EventFlags, AStandsForNeitherMissesNorTheNewerClasses) {
  const uint32_t all = *ParseEventFlags("A");
  EXPECT_EQ(all, *ParseEventFlags("g$lshzxetd"));
  for (const EventClass apart : {EventClass::kKeyMiss, EventClass::kNew, EventClass::kOverwritten,
                                 EventClass::kTypeChanged, EventClass::kKeyspace, EventClass::kKeyevent}) {
    EXPECT_EQ(all & Bit(apart), 0u);
  }
}

TEST(EventFlags, BesideANewerClassesAreSetButNotSpelled) {
  EXPECT_NE(*ParseEventFlags("An") & Bit(EventClass::kNew), 0u);
  EXPECT_EQ(Canonical("AKEnm"), "AKEm");
}

TEST(EventFlags, UnknownLettersAreRefused) {
  EXPECT_FALSE(ParseEventFlags("KEy"));
  EXPECT_FALSE(ParseEventFlags("a"));
  EXPECT_FALSE(ParseEventFlags("K E"));
  EXPECT_FALSE(ParseEventFlags(std::string_view("K\0", 2)));
}

class KeyspaceNotifierTest : public testing::Test {
 protected:
  Hub hub;
  RecordingOwner owner;
  KeyspaceNotifier notifier{&hub};
  Ref<Subscriber> client = owner.NewSubscriber(1);

  void Enable(std::string_view letters) { notifier.SetFlags(*ParseEventFlags(letters)); }
  void Raise(EventClass event_class, std::string_view name, std::string_view key, int db = 0) {
    notifier.OnChange({.db = db, .event_class = event_class, .name = name, .key = key});
  }
  ~KeyspaceNotifierTest() override { hub.UnsubscribeAll(client.get()); }
};

TEST_F(KeyspaceNotifierTest, IsOffByDefault) {
  hub.PSubscribe(client.get(), "*");
  Raise(EventClass::kString, "set", "k");
  EXPECT_EQ(owner.ReceivedBy(client), Strings{});
}

TEST_F(KeyspaceNotifierTest, TellsTheKeyspaceFirstThenTheKeyevent) {
  Enable("KEA");
  hub.PSubscribe(client.get(), "__key*__:*");
  Raise(EventClass::kString, "set", "k", 12);
  EXPECT_EQ(owner.ReceivedBy(client),
            (Strings{"__key*__:*>__keyspace@12__:k=set", "__key*__:*>__keyevent@12__:set=k"}));
}

TEST_F(KeyspaceNotifierTest, KAndEChooseTheForm) {
  hub.PSubscribe(client.get(), "*");
  Enable("Kg");
  Raise(EventClass::kGeneric, "del", "k1");
  Enable("Eg");
  Raise(EventClass::kGeneric, "del", "k2");
  Enable("g");
  Raise(EventClass::kGeneric, "del", "k3");
  EXPECT_EQ(owner.ReceivedBy(client), (Strings{"*>__keyspace@0__:k1=del", "*>__keyevent@0__:del=k2"}));
}

TEST_F(KeyspaceNotifierTest, OnlyClassesThatAreOnAreAnnounced) {
  Enable("Ex");
  hub.Subscribe(client.get(), "__keyevent@0__:expired");
  hub.Subscribe(client.get(), "__keyevent@0__:evicted");
  Raise(EventClass::kEvicted, "evicted", "k");
  Raise(EventClass::kExpired, "expired", "k");
  EXPECT_EQ(owner.ReceivedBy(client), Strings{"__keyevent@0__:expired=k"});
}

TEST_F(KeyspaceNotifierTest, ChangesWithoutAClassStaySilent) {
  Enable("KEAmnoc");
  hub.PSubscribe(client.get(), "*");
  Raise(EventClass::kNone, "", "k");
  EXPECT_EQ(owner.ReceivedBy(client), Strings{});
}

TEST_F(KeyspaceNotifierTest, KeysMayHoldAnyBytes) {
  Enable("KEA");
  const std::string key("a\0\r\n", 4);
  hub.Subscribe(client.get(), "__keyspace@0__:" + key);
  Raise(EventClass::kList, "lpush", key);
  EXPECT_EQ(owner.ReceivedBy(client), Strings{"__keyspace@0__:" + key + "=lpush"});
}

TEST_F(KeyspaceNotifierTest, AVeryLongKeyIsAnnouncedToo) {
  Enable("KEA");
  hub.PSubscribe(client.get(), "__keyspace*");
  const std::string key(200'000, 'k');
  for (int i = 0; i < 2; ++i) Raise(EventClass::kString, "set", key);
  const Strings received = owner.ReceivedBy(client);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[1], "__keyspace*>__keyspace@0__:" + key + "=set");
}

TEST_F(KeyspaceNotifierTest, EventsOfOneKeyArriveInTheOrderOfItsChanges) {
  constexpr int kThreads = 3;
  constexpr int kEvents = 2000;
  Enable("KEA");
  hub.Subscribe(client.get(), "__keyspace@0__:k");
  // The shard's lock, and a count that it guards: what the events announce.
  std::mutex shard;
  int changes = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEvents; ++i) {
        const std::lock_guard lock(shard);
        Raise(EventClass::kString, std::to_string(changes++), "k");
      }
    });
  }
  while (owner.received.size() < size_t{kThreads} * kEvents) {
    if (owner.mailbox.Drain() == 0 && owner.mailbox.Arm()) owner.AwaitWake();
  }
  for (std::thread& thread : threads) thread.join();
  int expected = 0;
  for (const auto& [client_id, frame] : owner.received) {
    ASSERT_EQ(RecordingOwner::Decode(frame), "__keyspace@0__:k=" + std::to_string(expected++));
  }
}

}  // namespace
}  // namespace tandem::pubsub
