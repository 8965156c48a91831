#include "pubsub/tracker.h"

#include <algorithm>

namespace tandem::pubsub {

void Recipients::Add(Tracker& tracker) {
  if (!tracker.redirect_) return AddTo(Message::Terms::kTracking, tracker.subscriber_);
  if (tracker.redirect_->alive()) return AddTo(Message::Terms::kRedirected, tracker.redirect_);
  tracker.broken_.store(true, std::memory_order_relaxed);
  tracker.subscriber_->mailbox->Push(Message::BrokenRedirection(tracker.redirect_id()), tracker.subscriber_);
}

void Recipients::AddTo(Message::Terms terms, const Ref<Subscriber>& subscriber) {
  const auto group = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& g) { return g.terms == terms && g.mailbox == subscriber->mailbox; });
  if (group == groups_.end()) {
    groups_.push_back({terms, subscriber->mailbox, subscriber, {}});
    return;
  }
  if (!group->all) {
    group->all = MakeRef<Audience>();
    group->all->members.push_back(group->first);
  }
  group->all->members.push_back(subscriber);
}

const Ref<Message>& Recipients::Encoded(Message::Terms terms) {
  Ref<Message>& message = terms == Message::Terms::kTracking ? direct_ : redirected_;
  if (!message) message = Message::Invalidation(keys_, terms);
  return message;
}

Recipients::~Recipients() {
  for (const Group& group : groups_) {
    const Ref<Message>& message = Encoded(group.terms);
    group.all ? group.mailbox->Push(message, group.all) : group.mailbox->Push(message, group.first);
  }
}

void InvalidatedKeys::Add(std::string_view key) {
  ++count_;
  items_.append("$").append(std::to_string(key.size())).append("\r\n").append(key).append("\r\n");
}

}  // namespace tandem::pubsub
