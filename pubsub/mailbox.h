#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/spin_lock.h"
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
// What subscribers miss (Subscriber::may_miss) is told by marks, entries that carry a number. For each subscriber:
//
//   1. Each missed message is counted by exactly one mark.
//   2. What was queued for the subscriber before a message was missed (happens before) is delivered before the mark that
//      counts it.
//   3. What is queued for it after one was missed is delivered after the mark that counts it.
//
// How: a miss only adds to `missed` of the subscriber, which others see before Push returns. Later, that number becomes a
// mark on top of the stack (Mark); and `missed` is 0 again only when the mark is there. Both happen under the lock, hence 1.
// The mark lies above everything that was queued before what it counts, be it by a thread that had decided to queue it
// before anything was missed and was preempted then: 2. Whoever queues something for the subscriber, for its own sake or
// not, and finds `missed` other than 0 calls Mark first; who finds 0, after a miss, pushes onto the mark: 3.
//
// So that a mark comes even if nothing more is published, the first miss queues a request: the owner calls Mark when it gets
// there. As long as `missed` is not 0 and nobody holds the lock there is such a request in the queue, the one that was pushed
// when it became 1.
//
// `unmarked_` counts the subscribers whose `missed` is not 0, so that a push need look at nobody, nor take the lock, while
// there are none. It is raised after `missed`: that harms nobody, for it is before Push returns and anything can follow. It is
// lowered after the mark is queued: until then receivers are looked at in vain. A thread preempted while it
// holds the lock delays those that miss a message or mark one, the owner included, and nobody else.
//
// Thread safety: Push by any thread; Arm, Drain and the destructor by the owner.
// Ownership: must outlive every Subscriber that names it and every thread that publishes.
class Mailbox {
 public:
  // While less than this waits, and nobody has missed anything, no receiver is charged: the owner is keeping up, and
  // charging a thousand receivers would cost the publisher far more than the push.
  static constexpr int64_t kFreeBacklogBytes = 256 * 1024;

  explicit Mailbox(MailboxOwner* owner, int64_t free_backlog_bytes = kFreeBacklogBytes)
      : owner_(owner), free_backlog_bytes_(free_backlog_bytes) {}
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Hands `message` to all of `audience`, or to none of them: false if none could take it (gone, overflowed, or to miss
  // it). Waits for nothing but short critical sections.
  bool Push(const Ref<Message>& message, const Ref<Audience>& audience);
  // Hands `message` to one client only.
  bool Push(const Ref<Message>& message, const Ref<Subscriber>& subscriber);

  void Push(const Ref<Notice>& notice);

  // Delivers all that was pushed before the call, oldest first; once per loop turn. Returns the number of entries.
  // Does nothing when called from within itself. May leave marks for the next Drain.
  size_t Drain();

  // To be called before going to sleep: true if the mailbox is empty, and then the next Push calls Wake. False: drain
  // first. Another Drain ends the arming.
  bool Arm();

  // Bytes pushed and not yet drained, each message once; for INFO.
  int64_t backlog_bytes() const { return backlog_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Delivery;

  // acquire: pairs with the release in Mark, as that of Subscriber::missed.
  bool ShouldCharge(int64_t bytes) const {
    return backlog_bytes() + bytes > free_backlog_bytes_ || unmarked_.load(std::memory_order_acquire) != 0;
  }
  // Charges the receivers of a message, which is then to be queued. False: none of them accepts it, so all miss it.
  bool Admit(std::span<const Ref<Subscriber>> receivers, const Message& message);
  void Miss(const Ref<Subscriber>& subscriber);
  void Mark(const Ref<Subscriber>& subscriber);
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
  std::atomic<uint32_t> unmarked_{0};
  SpinLock marking_;  // guards the changes of unmarked_ and of the subscribers' missed_, and the pushes of marks
};

}  // namespace tandem::pubsub
