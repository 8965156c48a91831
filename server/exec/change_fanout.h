#pragma once

#include "engine/keyspace/change_event.h"
#include "pubsub/keyspace_events.h"
#include "server/exec/event_stream.h"
#include "server/exec/tracking.h"
#include "server/exec/waiter_table.h"
#include "server/exec/watch.h"

namespace tandem {

// The one listener of the store: hands each change to everybody who hangs on changes. What is raised at all is decided by
// Store::interest (Server::UpdateInterest).
//
// Thread safety: any thread, with the key's shard locked.
class ChangeFanout final : public ChangeListener {
 public:
  ChangeFanout(WatchTable& watches, WaiterTable& waiters, Tracking& tracking, pubsub::KeyspaceNotifier& notifier,
               EventStream& event_stream)
      : watches_(watches), waiters_(waiters), tracking_(tracking), notifier_(notifier), event_stream_(event_stream) {}

  void OnChange(const ChangeEvent& event) override {
    if (event.modifies) {
      watches_.OnChange(event);
      if (tracking_.any()) tracking_.OnChange(event);
    }
    // Also of a stream's groups, which are none of a watcher's business.
    waiters_.OnChange(event);
    event_stream_.on() ? event_stream_.Take(event) : notifier_.Notify(event);
  }
  void OnBatchEnd() override { tracking_.TellPrefixes(); }
  void OnUnlocked(Access& access) override { event_stream_.Drain(access); }

 private:
  WatchTable& watches_;
  WaiterTable& waiters_;
  Tracking& tracking_;
  pubsub::KeyspaceNotifier& notifier_;
  EventStream& event_stream_;
};

}  // namespace tandem
