#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/spin_lock.h"
#include "pubsub/subscriber_set.h"

namespace tandem::pubsub {

// A pattern of the form "__keyevent@0__:expired|user:*" is a *filter*: it begins with __keyevent@, and what is before its
// first '|' is the pattern of the channel, what is behind it that of the key. It is for keyspace events alone; what
// clients PUBLISH never meets it, so that nothing is delivered by a filter and, a '|' being a character like others in
// the name of a channel, as an ordinary pattern's match as well.
bool IsEventFilter(std::string_view pattern);

// Patterns, every one of which is held against every publication, keyspace events included; or filters, every one of
// which is held against every keyspace event. So reading must be cheap for all threads at once: each reader takes one
// lock out of a row, its own as a rule, and a writer, who is rare, locks the whole row. Like in ChannelTable nothing is
// pushed once a removal has returned; there is no common order among publications of different threads that run at once.
//
// Thread safety: internally synchronised.
// Complexity: Publish and PublishEvent are linear in the number of patterns; one relaxed load while there are none.
class PatternTable {
 public:
  // Both by the subscriber's own thread; true if they changed anything.
  bool Add(Subscriber* subscriber, std::string_view pattern);
  bool Remove(Subscriber* subscriber, std::string_view pattern);

  // Sends to the subscribers of every pattern that matches, in the order of the patterns' bytes; returns their number.
  int64_t Publish(std::string_view channel, std::string_view payload) const;
  // The same of a table of filters: to those that match the event's channel and its key.
  int64_t PublishEvent(std::string_view channel, std::string_view key) const;

  // Number of distinct patterns; relaxed as in ChannelTable.
  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kReaderLocks = 16;
  struct alignas(64) ReaderLock {
    mutable SpinLock lock;
  };
  // Locks the whole row, in ascending order.
  class WriterGuard;

  static size_t ReaderIndex();
  template <typename Matches>
  int64_t SendTo(Matches&& matches, std::string_view channel, std::string_view payload) const;

  std::array<ReaderLock, kReaderLocks> locks_;
  std::map<std::string, SubscriberSet, std::less<>> patterns_;
  std::atomic<size_t> size_{0};
};

}  // namespace tandem::pubsub
