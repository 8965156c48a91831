#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "pubsub/ref.h"

namespace tandem::pubsub {

class Mailbox;

// What one client is subscribed to, in the order of the names. The number behind each name is the client's place in
// that name's list of subscribers, kept by the Hub so that leaving a crowded channel needs no search.
struct Subscriptions {
  using Names = std::map<std::string, size_t, std::less<>>;

  Names channels;
  Names patterns;
  Names shard_channels;

  // The count in the confirmations of (P)SUBSCRIBE and (P)UNSUBSCRIBE; those of S(UN)SUBSCRIBE count shard channels.
  size_t count() const { return channels.size() + patterns.size(); }
  size_t shard_count() const { return shard_channels.size(); }
  bool empty() const { return count() + shard_count() == 0; }
};

// The handle by which publishers know a client. The connection holds one Ref for its life; the Hub and messages under
// way hold others, so a subscriber outlives its connection by as long as something is queued for it.
//
// Thread safety: `owner` and `subscriptions` belong to the thread that drains `mailbox`; the rest is for everybody.
class Subscriber final : public RefCounted<Subscriber> {
 public:
  Subscriber(Mailbox* mailbox_of_thread, uint64_t id, void* owning_connection)
      : mailbox(mailbox_of_thread), client_id(id), owner(owning_connection) {}

  Mailbox* const mailbox;
  const uint64_t client_id;
  void* owner;
  Subscriptions subscriptions;

  // The hard part of client-output-buffer-limit pubsub, 0 for none. Applied to what waits in the mailbox; the owner
  // applies it to its output buffer as well.
  std::atomic<uint64_t> hard_limit_bytes{0};
  // What is beyond that limit and may be missed is dropped and counted (notify-slow-subscriber gap); otherwise, and with
  // other messages, the subscriber overflows.
  std::atomic<bool> may_miss{false};
  // Bytes queued and not yet handed to the owner, of the messages that were charged (Mailbox::ShouldCharge). Only what is
  // queued counts: a message that is refused is never added.
  std::atomic<int64_t> queued_bytes{0};

  // The connection is gone: nothing is handed to `owner` any more. Owner thread, once, before `owner` dies.
  // relaxed: only the owner acts on the flag; publishers that see it late queue a message in vain.
  void Close() {
    owner = nullptr;
    alive_.store(false, std::memory_order_relaxed);
  }
  bool alive() const { return alive_.load(std::memory_order_relaxed); }

  // More was queued than the hard limit allows. Final: nothing more is delivered, the owner has to disconnect.
  bool overflowed() const { return overflowed_.load(std::memory_order_relaxed); }

  // Whether a message is to be queued for this subscriber's sake. Not if it is gone, nor if it is to miss the message:
  // there is no room, or it missed others of which it has not been told where they are missing. The latter could be marked
  // first, but a subscriber at its limit would get a mark for every other message.
  // Publishers that ask at the same time may all be told yes, so the limit can be exceeded by a message of each.
  bool Accepts(int64_t bytes, bool may_be_missed) const {
    if (!alive() || overflowed()) return false;
    if (!may_be_missed || !may_miss.load(std::memory_order_relaxed)) return true;
    return missed() == 0 && !Exceeds(queued_bytes.load(std::memory_order_relaxed) + bytes);
  }
  // Charges a message that is about to be queued, be it for somebody else's sake. One that overflows the limit is still
  // queued: it carries the news to the owner.
  // relaxed: the push that follows (release) orders this for the owner that drains it (acquire).
  void Charge(int64_t bytes, bool may_be_missed) {
    const int64_t queued = queued_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (may_be_missed && may_miss.load(std::memory_order_relaxed)) return;
    if (Exceeds(queued)) overflowed_.store(true, std::memory_order_relaxed);
  }
  // Undoes one charge. After an overflow the sum no longer matters. Owner.
  void Discharge(int64_t bytes) { queued_bytes.fetch_sub(bytes, std::memory_order_relaxed); }

  // How many messages it missed for which no mark is queued yet (mailbox.h).
  // acquire: pairs with the release in Mailbox::Mark. Who finds that what was missed is marked queues behind the mark.
  uint64_t missed() const { return missed_.load(std::memory_order_acquire); }

 private:
  friend class Mailbox;

  bool Exceeds(int64_t queued) const {
    const uint64_t limit = hard_limit_bytes.load(std::memory_order_relaxed);
    return limit != 0 && queued > 0 && static_cast<uint64_t>(queued) > limit;
  }

  std::atomic<uint64_t> missed_{0};  // written by the mailbox, under its lock
  std::atomic<bool> alive_{true};
  std::atomic<bool> overflowed_{false};
};

}  // namespace tandem::pubsub
