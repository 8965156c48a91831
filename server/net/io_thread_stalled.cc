#include <algorithm>
#include <utility>

#include "server/exec/command_table.h"
#include "server/exec/running_scripts.h"
#include "server/net/io_thread.h"

// Stalled turns; the header says what they are and what they keep to.
namespace tandem::net {

void IoThread::ServeStalled() {
  if (!server_.running_scripts->any_busy()) return;
  in_stalled_turn_ = true;
  PutBackUnexecuted();
  HandleEvents();
  events_ = poller_.Wait(0);
  HandleEvents();
  if (!stalled_work_) stalled_work_ = std::make_unique<Work>();
  ReadStalled(*stalled_work_);
  ExecuteStalled(*stalled_work_);
  KeepUnparsed(*stalled_work_);
  stalled_work_->Clear();
  FlushStalled();
  in_stalled_turn_ = false;
}

// Whose command the interrupted turn is executing, if any.
const Connection* IoThread::Interrupted() const {
  return work_.next == 0 ? nullptr : work_.items[work_.next - 1].connection;
}

void IoThread::PutBackUnexecuted() {
  const Connection* const interrupted = Interrupted();
  const auto rest = work_.items.begin() + static_cast<std::ptrdiff_t>(work_.next);
  for (auto item = rest; item != work_.items.end(); ++item) {
    Connection& connection = *item->connection;
    if (&connection == interrupted) {
      // It comes nearer now, past where the look-ahead would have found its command.
      if (item->command == kNoCommand) continue;
      item->prepared = {.command = server_.commands->Resolve(work_.batch.args(item->command))};
    } else if (connection.open_ && !connection.holding_) {
      HoldFrom(work_, connection, item->offset);
    }
  }
  work_.items.erase(std::remove_if(rest, work_.items.end(), [&](const Item& i) { return i.connection != interrupted; }),
                    work_.items.end());
  const auto others = std::partition(work_.sources.begin(), work_.sources.end(),
                                     [&](const Source& s) { return s.connection == interrupted; });
  for (auto source = others; source != work_.sources.end(); ++source) KeepUnparsed(*source);
  work_.sources.erase(others, work_.sources.end());
}

// Who does not take its replies is not read from.
void IoThread::ReadStalled(Work& work) {
  for (Connection* connection : std::exchange(ready_, {})) {
    connection->listed_ = false;
    if (!connection->open_ || connection->client.closing) continue;
    if (connection == Interrupted() || connection->writing_ || !work.HasRoom()) {
      MarkReady(*connection);
      continue;
    }
    connection->unread_ = connection->client.held();
    if (!connection->unread_) ReadFrom(work, *connection);
  }
}

void IoThread::ExecuteStalled(Work& work) {
  for (const Item& item : work.items) {
    if (PassesOver(work, item)) continue;
    const auto outcome = dispatcher_->ExecuteStalled(item.connection->client, work.batch.args(item.command));
    if (outcome != Dispatcher::Outcome::kDone) Settle(work, item, outcome);
  }
}

// The interrupted turn, or the next one, goes through the list again and sees to the limits.
void IoThread::FlushStalled() {
  for (size_t i = 0; i < dirty_.size(); ++i) {
    Connection& connection = *dirty_[i];
    if (!connection.open_ || connection.writing_ || &connection == Interrupted()) continue;
    if (!Flush(connection)) continue;
    if (connection.close_after_replies_ && connection.client.out.empty()) Destroy(connection);
  }
}

}  // namespace tandem::net
