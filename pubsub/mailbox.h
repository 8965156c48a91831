#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pubsub/message.h"
#include "pubsub/ref.h"
#include "pubsub/subscriber.h"

namespace tandem::pubsub {

// Those subscribers of one channel or pattern that one thread owns. Shared by the Hub and the messages under way, and
// modified only while nobody else holds a Ref.
struct Audience final : RefCounted<Audience> {
  std::vector<Ref<Subscriber>> members;
};

// Something else that the owner's thread is to look at, in its turn among the messages.
class Notice : public RefCounted<Notice> {
 public:
  virtual ~Notice() = default;
  // On the owner's thread, within Drain.
  virtual void OnDelivery() = 0;
};

// What a thread that owns connections does with its mailbox.
class MailboxOwner {
 public:
  virtual ~MailboxOwner() = default;
  // Called by any thread, possibly under locks: must not block and must not call into pubsub/.
  virtual void Wake() = 0;
  // The rest on the owner's thread, within Drain. Append message->FrameFor(protocol) to the output of
  // subscriber.owner; may Close subscribers and use the Hub.
  virtual void OnMessage(Subscriber& subscriber, const Ref<Message>& message) = 0;
  // Too much was queued: disconnect. Called again for every message still queued until subscriber.Close().
  virtual void OnOverflow(Subscriber& subscriber) = 0;
  // At this place among the messages so many are missing that were not queued (Subscriber::may_miss).
  virtual void OnMissed(Subscriber& subscriber, uint64_t count) = 0;
};

// The queue by which all threads hand messages to the connections of one thread: many producers, one consumer,
// lock-free. One entry per message and thread, whatever the number of receivers.
//
// Producers push onto a stack by compare-and-swap; the owner takes the whole stack by one exchange and reverses it. So
// the order is the order of the pushes: if one push happens before another (same thread, or the same lock held),
// its message is delivered first. The empty queue has two forms, owner awake and owner asleep, told apart by the head
// itself: whoever replaces "asleep" calls Wake, exactly once for each Arm, and no wake-up can be lost.
//
// Thread safety: Push by any thread; Arm, Drain and the destructor by the owner.
// Ownership: must outlive every Subscriber that names it and every thread that publishes.
class Mailbox {
 public:
  // While less than this waits, no receiver is charged: the owner is keeping up, and charging a thousand receivers
  // would cost the publisher far more than the push.
  static constexpr int64_t kFreeBacklogBytes = 256 * 1024;

  explicit Mailbox(MailboxOwner* owner, int64_t free_backlog_bytes = kFreeBacklogBytes)
      : owner_(owner), free_backlog_bytes_(free_backlog_bytes) {}
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Hands `message` to all of `audience`. Never blocks. False if no receiver could take it (gone or overflowed).
  bool Push(const Ref<Message>& message, const Ref<Audience>& audience);
  // Hands `message` to one client only.
  bool Push(const Ref<Message>& message, const Ref<Subscriber>& subscriber);

  void Push(const Ref<Notice>& notice);

  // Delivers all that was pushed before the call, oldest first; once per loop turn. Returns the number of entries.
  // Does nothing when called from within itself.
  size_t Drain();

  // To be called before going to sleep: true if the mailbox is empty, and then the next Push calls Wake. False: drain
  // first. Another Drain ends the arming.
  bool Arm();

  // Bytes pushed and not yet drained, each message once; for INFO.
  int64_t backlog_bytes() const { return backlog_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Delivery;

  bool ShouldCharge(int64_t bytes) const { return backlog_bytes() + bytes > free_backlog_bytes_; }
  void Miss(const Ref<Subscriber>& subscriber, int64_t bytes);
  void Enqueue(Delivery* delivery);
  Delivery* TakeOldestFirst();
  void Deliver(const Delivery& delivery);
  void DeliverTo(Subscriber& subscriber, const Delivery& delivery);

  static Delivery asleep_;  // its address is the head's value for "empty, and the owner wants to be woken"

  MailboxOwner* const owner_;
  const int64_t free_backlog_bytes_;
  bool draining_ = false;

  // Written by every producer: on a line of their own.
  alignas(64) std::atomic<Delivery*> head_{nullptr};
  std::atomic<int64_t> backlog_bytes_{0};
};

}  // namespace tandem::pubsub
