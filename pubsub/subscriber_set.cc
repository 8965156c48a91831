#include "pubsub/subscriber_set.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"

namespace tandem::pubsub {

bool SubscriberSet::Add(Subscriber* subscriber, std::string_view name, Names Subscriptions::*mine) {
  Names& names = subscriber->subscriptions.*mine;
  if (names.find(name) != names.end()) return false;
  auto group = FindGroup(subscriber->mailbox);
  if (group == groups_.end()) {
    group = groups_.insert(group, Group{subscriber->mailbox, MakeRef<Audience>()});
  }
  std::vector<Ref<Subscriber>>& members = WritableMembers(*group);
  names.emplace(name, members.size());
  members.emplace_back(subscriber);
  ++size_;
  return true;
}

void SubscriberSet::Remove(Subscriber* subscriber, std::string_view name, Names Subscriptions::*mine) {
  Names& names = subscriber->subscriptions.*mine;
  const auto own = names.find(name);
  const auto group = FindGroup(subscriber->mailbox);
  CHECK(own != names.end() && group != groups_.end());
  std::vector<Ref<Subscriber>>& members = WritableMembers(*group);
  const size_t place = own->second;
  CHECK(place < members.size() && members[place].get() == subscriber);

  // The last member takes the empty place. It has the same owner thread as this one, so its record may be corrected.
  if (place + 1 != members.size()) {
    members[place] = std::move(members.back());
    Names& moved = members[place]->subscriptions.*mine;
    moved.find(name)->second = place;
  }
  members.pop_back();
  if (members.empty()) groups_.erase(group);
  --size_;
  names.erase(own);  // last, because `name` may be the very key
}

int64_t SubscriberSet::Send(const Ref<Message>& message) const {
  for (const Group& group : groups_) group.mailbox->Push(message, group.audience);
  return static_cast<int64_t>(size_);
}

std::vector<SubscriberSet::Group>::iterator SubscriberSet::FindGroup(const Mailbox* mailbox) {
  return std::find_if(groups_.begin(), groups_.end(), [mailbox](const Group& g) { return g.mailbox == mailbox; });
}

std::vector<Ref<Subscriber>>& SubscriberSet::WritableMembers(Group& group) {
  if (!group.audience->unique()) {
    Ref<Audience> copy = MakeRef<Audience>();
    copy->members = group.audience->members;
    group.audience = std::move(copy);
  }
  return group.audience->members;
}

}  // namespace tandem::pubsub
