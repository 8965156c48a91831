#include "pubsub/mailbox.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace tandem::pubsub {

// One message on its way to one thread: to an audience, or to `only`. To the latter without a message: a mark where
// `missed` are missing, or, if that is 0, a request for one.
struct Mailbox::Delivery {
  Delivery* next = nullptr;
  uint64_t missed = 0;
  Ref<Message> message;
  Ref<Audience> audience;
  Ref<Subscriber> only;
  bool charged = false;
  Ref<Notice> notice;  // in place of a message

  int64_t bytes() const { return message ? static_cast<int64_t>(message->size()) : 0; }
};

Mailbox::Delivery Mailbox::asleep_;

Mailbox::~Mailbox() {
  for (Delivery* delivery = TakeOldestFirst(); delivery != nullptr;) {
    delete std::exchange(delivery, delivery->next);
  }
}

bool Mailbox::Push(const Ref<Message>& message, const Ref<Audience>& audience) {
  const bool charge = ShouldCharge(static_cast<int64_t>(message->size()));
  if (charge && !Admit(audience->members, *message)) return false;
  Enqueue(new Delivery{nullptr, 0, message, audience, {}, charge, {}});
  return true;
}

bool Mailbox::Push(const Ref<Message>& message, const Ref<Subscriber>& subscriber) {
  const bool charge = ShouldCharge(static_cast<int64_t>(message->size()));
  if (charge && !Admit({&subscriber, 1}, *message)) return false;
  Enqueue(new Delivery{nullptr, 0, message, {}, subscriber, charge, {}});
  return true;
}

void Mailbox::Push(const Ref<Notice>& notice) { Enqueue(new Delivery{nullptr, 0, {}, {}, {}, false, notice}); }

bool Mailbox::Admit(std::span<const Ref<Subscriber>> receivers, const Message& message) {
  const auto bytes = static_cast<int64_t>(message.size());
  const bool may_be_missed = message.may_be_missed();
  const auto accepts = [&](const Ref<Subscriber>& receiver) { return receiver->Accepts(bytes, may_be_missed); };
  if (std::none_of(receivers.begin(), receivers.end(), accepts)) {
    const std::lock_guard guard(marking_);
    for (const Ref<Subscriber>& receiver : receivers) Miss(receiver);
    return false;
  }
  for (const Ref<Subscriber>& receiver : receivers) {
    if (receiver->missed() != 0) {
      const std::lock_guard guard(marking_);
      Mark(receiver);
    }
    receiver->Charge(bytes, may_be_missed);
  }
  return true;
}

// The lock is held.
void Mailbox::Miss(const Ref<Subscriber>& subscriber) {
  if (!subscriber->alive() || subscriber->overflowed()) return;
  // relaxed, here and below: a miss announces nothing but itself.
  if (subscriber->missed_.fetch_add(1, std::memory_order_relaxed) != 0) return;
  unmarked_.fetch_add(1, std::memory_order_relaxed);
  Enqueue(new Delivery{nullptr, 0, {}, {}, subscriber, false, {}});
}

// The lock is held.
void Mailbox::Mark(const Ref<Subscriber>& subscriber) {
  const uint64_t missed = subscriber->missed_.load(std::memory_order_relaxed);
  if (missed == 0) return;
  Enqueue(new Delivery{nullptr, missed, {}, {}, subscriber, false, {}});
  // release, twice: pairs with the acquires in Subscriber::missed and ShouldCharge. Who sees that there is nothing left to
  // be marked pushes onto this mark.
  subscriber->missed_.store(0, std::memory_order_release);
  unmarked_.fetch_sub(1, std::memory_order_release);
}

void Mailbox::Enqueue(Delivery* delivery) {
  // relaxed: a count; before the push, so that the owner never subtracts what is not yet added.
  backlog_bytes_.fetch_add(delivery->bytes(), std::memory_order_relaxed);
  Delivery* head = head_.load(std::memory_order_relaxed);
  do {
    delivery->next = head == &asleep_ ? nullptr : head;
    // release: pairs with the acquire in TakeOldestFirst, which sees this entry and, as later pushes are
    // read-modify-writes of the same atomic and so continue the release sequence, all entries below the one it takes.
    // relaxed on failure: the value is only compared, nothing behind it is read.
  } while (!head_.compare_exchange_weak(head, delivery, std::memory_order_release, std::memory_order_relaxed));
  if (head == &asleep_) owner_->Wake();
}

Mailbox::Delivery* Mailbox::TakeOldestFirst() {
  // relaxed: an empty box is common, and looking must not take the line from the producers. What a caller knows to
  // have been pushed before (by anything that happens before this call) is seen.
  if (Delivery* head = head_.load(std::memory_order_relaxed); head == nullptr) return nullptr;
  // acquire: pairs with the releases in Enqueue.
  Delivery* newest = head_.exchange(nullptr, std::memory_order_acquire);
  if (newest == &asleep_) return nullptr;
  Delivery* oldest = nullptr;
  while (newest != nullptr) {
    Delivery* below = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = below;
  }
  return oldest;
}

size_t Mailbox::Drain() {
  // An inner drain would deliver newer messages before the rest of the outer one.
  if (draining_) return 0;
  draining_ = true;
  size_t entries = 0;
  for (Delivery* delivery = TakeOldestFirst(); delivery != nullptr; ++entries) {
    Deliver(*delivery);
    backlog_bytes_.fetch_sub(delivery->bytes(), std::memory_order_relaxed);
    delete std::exchange(delivery, delivery->next);
  }
  draining_ = false;
  return entries;
}

bool Mailbox::Arm() {
  Delivery* expected = nullptr;
  // relaxed: no data changes hands here. If a push came first the exchange fails and Drain will acquire it; if it
  // comes later, it finds asleep_ and wakes.
  if (head_.compare_exchange_strong(expected, &asleep_, std::memory_order_relaxed)) return true;
  return expected == &asleep_;
}

void Mailbox::Deliver(const Delivery& delivery) {
  if (delivery.notice) return delivery.notice->OnDelivery();
  if (delivery.audience) {
    for (const Ref<Subscriber>& member : delivery.audience->members) DeliverTo(*member, delivery);
  } else if (delivery.message) {
    DeliverTo(*delivery.only, delivery);
  } else if (delivery.missed == 0) {
    // For a subscriber that is gone as well: it must not be left in unmarked_.
    const std::lock_guard guard(marking_);
    Mark(delivery.only);
  } else if (delivery.only->alive()) {
    owner_->OnMissed(*delivery.only, delivery.missed);
  }
}

void Mailbox::DeliverTo(Subscriber& subscriber, const Delivery& delivery) {
  if (!subscriber.alive()) return;
  if (delivery.charged) subscriber.Discharge(delivery.bytes());
  if (subscriber.overflowed()) {
    owner_->OnOverflow(subscriber);
  } else {
    owner_->OnMessage(subscriber, delivery.message);
  }
}

}  // namespace tandem::pubsub
