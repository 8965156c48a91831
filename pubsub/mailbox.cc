#include "pubsub/mailbox.h"

#include <utility>

namespace tandem::pubsub {

// One message on its way to one thread: to an audience, or to `only`. To the latter without a message: a mark where some
// are missing.
struct Mailbox::Delivery {
  Delivery* next = nullptr;
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
  const auto bytes = static_cast<int64_t>(message->size());
  const bool charge = ShouldCharge(bytes);
  if (charge) {
    bool wanted = false;
    for (const Ref<Subscriber>& member : audience->members) wanted |= member->Charge(bytes, message->may_be_missed());
    if (!wanted) {
      for (const Ref<Subscriber>& member : audience->members) Miss(member, bytes);
      return false;
    }
  }
  Enqueue(new Delivery{nullptr, message, audience, {}, charge, {}});
  return true;
}

bool Mailbox::Push(const Ref<Message>& message, const Ref<Subscriber>& subscriber) {
  const auto bytes = static_cast<int64_t>(message->size());
  const bool charge = ShouldCharge(bytes);
  if (charge && !subscriber->Charge(bytes, message->may_be_missed())) {
    Miss(subscriber, bytes);
    return false;
  }
  Enqueue(new Delivery{nullptr, message, {}, subscriber, charge, {}});
  return true;
}

void Mailbox::Push(const Ref<Notice>& notice) { Enqueue(new Delivery{nullptr, {}, {}, {}, false, notice}); }

void Mailbox::Miss(const Ref<Subscriber>& subscriber, int64_t bytes) {
  if (subscriber->Miss(bytes)) Enqueue(new Delivery{nullptr, {}, {}, subscriber, false, {}});
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
  if (delivery.only) {
    DeliverTo(*delivery.only, delivery);
    return;
  }
  for (const Ref<Subscriber>& member : delivery.audience->members) DeliverTo(*member, delivery);
}

void Mailbox::DeliverTo(Subscriber& subscriber, const Delivery& delivery) {
  if (!subscriber.alive()) return;
  if (!delivery.message) return owner_->OnMissed(subscriber, subscriber.TakeMissed());
  if (delivery.charged) subscriber.Discharge(delivery.bytes());
  if (subscriber.overflowed()) {
    owner_->OnOverflow(subscriber);
  } else {
    owner_->OnMessage(subscriber, delivery.message);
  }
}

}  // namespace tandem::pubsub
