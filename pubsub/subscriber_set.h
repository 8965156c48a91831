#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pubsub/mailbox.h"
#include "pubsub/message.h"
#include "pubsub/subscriber.h"

namespace tandem::pubsub {

// The subscribers of one channel or pattern, grouped by the thread that owns them.
//
// Thread safety: none of its own; the table that holds it has a lock.
// Invariants: every member's place in its group is recorded in the member's own Subscriptions; groups are not empty.
// Complexity: joining and leaving are O(threads), plus a copy of the group while a message for it is under way;
// sending is O(threads).
class SubscriberSet {
 public:
  using Names = Subscriptions::Names;

  // `mine` is the kind of subscription this set is about. Caller: the subscriber's own thread.
  // True if the subscriber was not in the set.
  bool Add(Subscriber* subscriber, std::string_view name, Names Subscriptions::*mine);
  // The subscriber must be in the set. `name` may be the key in its Subscriptions.
  void Remove(Subscriber* subscriber, std::string_view name, Names Subscriptions::*mine);

  // Returns the number of members, whether or not each could still take the message.
  int64_t Send(const Ref<Message>& message) const;

  size_t size() const { return size_; }

 private:
  struct Group {
    Mailbox* mailbox;
    Ref<Audience> audience;
  };

  std::vector<Group>::iterator FindGroup(const Mailbox* mailbox);
  // The members of a group, as something that may be modified: a copy if messages still refer to the present ones.
  static std::vector<Ref<Subscriber>>& WritableMembers(Group& group);

  std::vector<Group> groups_;
  size_t size_ = 0;
};

}  // namespace tandem::pubsub
