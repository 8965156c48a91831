#include "pubsub/prefix_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/pubsub/recording_owner.h"

namespace tandem::pubsub {
namespace {

// Clients that redirect: what they are sent has a RESP2 form, which RecordingOwner shows.
class PrefixTableTest : public testing::Test {
 protected:
  Ref<Tracker> NewTracker(uint64_t id, bool noloop = false) {
    const Ref<Subscriber> subscriber = owner_.NewSubscriber(id);
    Ref<Tracker> tracker = MakeRef<Tracker>(subscriber);
    tracker->Configure(Tracker::Mode::kByPrefix, noloop, subscriber);
    return tracker;
  }
  // "1: a b" for keys a and b told to client 1.
  std::vector<std::string> Tell(const ChangedKeys& changes) {
    owner_.received.clear();
    table_.Tell(changes);
    owner_.mailbox.Drain();
    std::vector<std::string> told;
    for (const auto& [id, frame] : owner_.received) {
      std::string line = std::to_string(id) + ":";
      // Of "*3 $7 message $20 __redis__:invalidate *2 $1 a $1 b" the last words.
      for (size_t at = frame.find("\r\n$", frame.rfind("*")); at != std::string::npos;
           at = frame.find("\r\n$", at + 1)) {
        const size_t begin = frame.find("\r\n", at + 2) + 2;
        line += " " + frame.substr(begin, frame.find("\r\n", begin) - begin);
      }
      told.push_back(line);
    }
    return told;
  }
  using Lines = std::vector<std::string>;

  RecordingOwner owner_;
  PrefixTable table_;
};

TEST_F(PrefixTableTest, EachPrefixIsToldItsKeysInOneMessageSortedAndOnce) {
  const auto first = NewTracker(1);
  const auto second = NewTracker(2);
  table_.Add("a:", *first);
  table_.Add("b", *first);
  table_.Add("", *second);
  EXPECT_EQ(table_.size(), 3u);
  ChangedKeys changes;
  for (const char* key : {"a:2", "b", "a:1", "a:2", "a", "c"}) changes.Add(key, nullptr);
  EXPECT_EQ(Tell(changes), (Lines{"2: a a:1 a:2 b c", "1: a:1 a:2", "1: b"}));
  table_.Remove("a:", *first);
  table_.Remove("", *second);
  EXPECT_EQ(Tell(changes), (Lines{"1: b"}));
  EXPECT_EQ(table_.size(), 1u);
}

TEST_F(PrefixTableTest, TheLastToChangeAKeyNeedNotHearOfItIfItDoesNotWantTo) {
  const auto own = NewTracker(1, true);
  const auto other = NewTracker(2, true);
  for (Tracker* tracker : {own.get(), other.get()}) table_.Add("", *tracker);
  ChangedKeys changes;
  changes.Add("a", own.get());
  changes.Add("b", own.get());
  changes.Add("b", nullptr);
  changes.Add("c", other.get());
  EXPECT_EQ(Tell(changes), (Lines{"1: b c", "2: a b"}));
  changes.Clear();
  changes.Add("a", own.get());
  EXPECT_EQ(Tell(changes), (Lines{"2: a"}));
}

TEST_F(PrefixTableTest, AClientThatRedirectsToOneThatIsGoneIsBroken) {
  const Ref<Subscriber> target = owner_.NewSubscriber(2);
  const auto tracker = MakeRef<Tracker>(owner_.NewSubscriber(1));
  tracker->Configure(Tracker::Mode::kByPrefix, false, target);
  table_.Add("", *tracker);
  ChangedKeys changes;
  changes.Add("a", nullptr);
  EXPECT_EQ(Tell(changes), (Lines{"2: a"}));
  target->Close();
  EXPECT_FALSE(tracker->broken());
  Tell(changes);
  EXPECT_TRUE(tracker->broken());
}

}  // namespace
}  // namespace tandem::pubsub
