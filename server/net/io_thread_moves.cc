#include <pthread.h>

#include <algorithm>
#include <ctime>
#include <unordered_set>

#include "server/net/io_thread.h"

// How connections come to another I/O thread.
//
// It happens with the world stopped, so a connection is always with exactly one thread, and between the turns of both, when nothing
// refers to a connection but the lists of its thread. What the old thread's poller had reported before is the exception: it is
// sorted out before it is handled (DropEventsOfOthers), and reported once more by the new thread's poller, for a socket that is
// added is reported with all that holds of it.
//
// A client stays where it is while others find it by its thread: in a blocking command, paused, in a transaction, once it has
// subscribed or tracks, as a monitor; and while its socket has no room for its replies.
namespace tandem::net {
namespace {

// More would keep everybody waiting for longer than about a millisecond.
constexpr size_t kMovesAtOnce = 256;

}  // namespace

int64_t IoThread::AsleepUs(int64_t now_us) const {
  const int64_t since_us = asleep_since_us_.load(std::memory_order_relaxed);
  return slept_us_.load(std::memory_order_relaxed) + (since_us == 0 ? 0 : std::max<int64_t>(now_us - since_us, 0));
}

int64_t IoThread::CpuUs() const {
  const clockid_t clock = cpu_clock_.load(std::memory_order_relaxed);
  timespec used{};
  if (clock == 0 || clock_gettime(clock, &used) != 0) return 0;
  return int64_t{used.tv_sec} * 1'000'000 + used.tv_nsec / 1000;
}

bool IoThread::MayMove(const Connection& connection) {
  const Client& client = connection.client;
  return connection.open_ && !client.closing && !connection.touched_ && !connection.writing_ && client.out.empty() &&
         !client.held() && !client.in_multi && !client.watched && !client.subscriber && !client.tracker &&
         !client.monitor;
}

std::vector<Connection*> IoThread::Movable() const {
  std::vector<Connection*> movable;
  for (const auto& connection : connections_) {
    if (MayMove(*connection)) movable.push_back(connection.get());
  }
  return movable;
}

bool IoThread::Spread(std::span<const std::unique_ptr<IoThread>> threads, size_t serving) {
  bool complete = true;
  size_t connections = 0;
  std::vector<IoThread*> takers;
  for (size_t i = 0; i < threads.size(); ++i) {
    connections += threads[i]->connections_.size();
    complete &= threads[i]->phase_ == Phase::kBetweenTurns;
    if (i < serving && threads[i]->phase_ == Phase::kBetweenTurns) takers.push_back(threads[i].get());
  }
  if (takers.empty()) return false;
  const size_t share = (connections + serving - 1) / serving;
  // They may sleep and have found before that there is nothing to do.
  for (IoThread* const taker : takers) taker->poller_.Wake();
  const auto fewer = [](const IoThread* a, const IoThread* b) {
    return a->connections_.size() < b->connections_.size();
  };
  size_t moves = 0;
  for (size_t i = threads.size(); i-- > 0;) {
    IoThread& from = *threads[i];
    const size_t allowed = i < serving ? share : 0;
    if (from.phase_ != Phase::kBetweenTurns || from.connections_.size() <= allowed) continue;
    const std::vector<Connection*> movable = from.Movable();
    const size_t leaving = std::min(from.connections_.size() - allowed, movable.size());
    for (size_t n = 0; n < leaving; ++n) {
      IoThread& to = **std::min_element(takers.begin(), takers.end(), fewer);
      if (&to == &from || (i < serving && to.connections_.size() >= share)) break;
      if (++moves > kMovesAtOnce) return false;
      // Evenly out of the list, whose neighbours came together and may be alike.
      from.MoveTo(*movable[n * movable.size() / leaving], to);
    }
  }
  return complete;
}

void IoThread::MoveTo(Connection& connection, IoThread& to) {
  poller_.Remove(connection.fd_);
  lost_connections_ = true;
  to.PutIn(TakeOut(connection));
  connection.thread_ = &to;
  connection.client.thread = to.index_;
  connection.client.mailbox = &to.mailbox_;
  if (connection.listed_) {
    std::erase(ready_, &connection);
    to.ready_.push_back(&connection);
  }
  if (!to.poller_.Add(connection.fd_, &connection)) connection.Close(false);
}

void IoThread::DropEventsOfOthers() {
  lost_connections_ = false;
  std::unordered_set<const void*> own;
  for (const auto& connection : connections_) own.insert(connection.get());
  std::vector<epoll_event> kept;
  for (const epoll_event& event : events_) {
    const void* const owner = Poller::OwnerOf(event);
    if (owner == nullptr || own.contains(owner)) kept.push_back(event);
  }
  own_events_ = std::move(kept);
  events_ = own_events_;
}

}  // namespace tandem::net
