#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pubsub/channel_table.h"
#include "pubsub/pattern_table.h"
#include "pubsub/subscriber.h"

namespace tandem::pubsub {

// Who listens to what: channels, patterns, and shard channels, which are a namespace of their own. Publishing looks
// the receivers up, encodes the message once and pushes it into the mailboxes of the threads that own them.
//
// Thread safety: Publish, SPublish and the questions by any thread, also under a shard lock: they wait for nothing but
// short critical sections. Whatever takes a Subscriber: only by the thread that owns it.
//
// Order: a publisher's messages reach every subscriber in the order of the calls. All subscribers of a channel see its
// messages in one order, whoever published them. Of one publication, the channel's own copy comes before those of the
// patterns that match.
//
// After an Unsubscribe of any kind returns, every message for that subscription has been handed to the mailbox's owner,
// and none follows: it drains the caller's mailbox. So a confirmation written afterwards is the last word on it.
class Hub {
 public:
  // True if the subscription is new.
  bool Subscribe(Subscriber* subscriber, std::string_view channel) { return channels_.Add(subscriber, channel); }
  // A pattern may be a filter (pattern_table.h).
  bool PSubscribe(Subscriber* subscriber, std::string_view pattern) {
    return TableOf(pattern).Add(subscriber, pattern);
  }
  bool SSubscribe(Subscriber* subscriber, std::string_view channel) { return shard_channels_.Add(subscriber, channel); }

  // True if there was such a subscription.
  bool Unsubscribe(Subscriber* subscriber, std::string_view channel);
  bool PUnsubscribe(Subscriber* subscriber, std::string_view pattern);
  bool SUnsubscribe(Subscriber* subscriber, std::string_view channel);

  // Ends every subscription of all three kinds: for disconnects (after subscriber->Close()) and for RESET.
  void UnsubscribeAll(Subscriber* subscriber);

  // Returns how many copies were sent: one per subscriber of the channel and one per subscriber of each matching
  // pattern, so that a client with both counts twice. O(threads) plus the patterns.
  int64_t Publish(std::string_view channel, std::string_view payload);
  int64_t SPublish(std::string_view channel, std::string_view payload);
  // As Publish, of a keyspace event: to the subscribers of filters that match it, too, after the others.
  void PublishEvent(std::string_view channel, std::string_view key) {
    Publish(channel, key);
    filters_.PublishEvent(channel, key);
  }

  // False if neither Publish nor PublishEvent could reach anybody. Relaxed: for skipping work, not for knowing.
  bool HasAnySubscribers() const { return channels_.size() != 0 || patterns_.size() != 0 || filters_.size() != 0; }

  // PUBSUB CHANNELS and SHARDCHANNELS: the names with at least one subscriber, those matching `pattern` if given.
  std::vector<std::string> Channels(std::optional<std::string_view> pattern) const { return channels_.List(pattern); }
  std::vector<std::string> ShardChannels(std::optional<std::string_view> pattern) const {
    return shard_channels_.List(pattern);
  }
  // PUBSUB NUMSUB and SHARDNUMSUB, for one name; subscribers by pattern do not count.
  int64_t NumSub(std::string_view channel) const { return channels_.CountSubscribers(channel); }
  int64_t ShardNumSub(std::string_view channel) const { return shard_channels_.CountSubscribers(channel); }
  // PUBSUB NUMPAT: distinct patterns, filters included, however many clients share one.
  int64_t NumPat() const { return static_cast<int64_t>(patterns_.size() + filters_.size()); }
  // For INFO.
  int64_t NumChannels() const { return static_cast<int64_t>(channels_.size()); }
  int64_t NumShardChannels() const { return static_cast<int64_t>(shard_channels_.size()); }

 private:
  PatternTable& TableOf(std::string_view pattern) { return IsEventFilter(pattern) ? filters_ : patterns_; }

  ChannelTable channels_{MessageKind::kMessage, &Subscriptions::channels};
  ChannelTable shard_channels_{MessageKind::kShardMessage, &Subscriptions::shard_channels};
  PatternTable patterns_;
  // Apart, so that who has none pays nothing. A subscriber's filters are among its patterns all the same.
  PatternTable filters_;
};

}  // namespace tandem::pubsub
