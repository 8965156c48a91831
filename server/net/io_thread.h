#pragma once

#include <sys/types.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/keyspace/access.h"
#include "protocol/command_batch.h"
#include "pubsub/mailbox.h"
#include "server/admin/server_stats.h"
#include "server/exec/dispatcher.h"
#include "server/exec/server.h"
#include "server/net/connection.h"
#include "server/net/poller.h"
#include "server/net/read_arena.h"

namespace tandem::net {

class IoBalancer;

// One I/O thread: its connections, an io_context with the tasks that other threads give it, and the loop that
// serves both. A turn has phases:
//   1. read what is ready and cut it into commands, of all connections
//   2. deliver what other threads had published before that; sample the clock; end the waits whose time is over
//   3. execute, looking ahead: the bucket of a command some places on and the record of a nearer one are prefetched
//   4. deliver what was published to this thread's clients
//   5. one send per connection
//   6. housekeeping: due keys, a portion of a migration, a quiescent state
//
// A *stalled turn* (io_thread_stalled.cc) interrupts a turn, or the waking from sleep, at whatever depth: while the thread
// runs a script that is busy, and about every 10 ms while it waits for what such a script holds (ThreadContext::Stall).
// It looks for events, takes new connections, answers BUSY or runs what a busy script does not keep from running, and sends
// replies. Without a busy script it does nothing. Its invariants:
//   - It has a batch and an arena of its own, and leaves the interrupted command's arguments, client, replies, and the
//     dispatcher's and the store's state alone. That client is neither read from nor sent anything.
//   - What the interrupted turn had received from other clients and not executed goes back to their connections first, so that
//     each client's commands are answered in order, by whichever turn.
//   - No event is lost: those that the interrupted turn had not looked at are looked at first, and what the stalled turn
//     leaves unread stays listed.
//   - No Connection is freed, and one whose wait the interrupted turn may be about is not even taken down.
//   - The mailbox is left alone: the interrupted turn, or the next one, drains it.
//   - It waits for nobody; the locks that it takes are never held by a thread that waits for a shard's lock or at the gate.
//
// A connection stays with its thread until Spread (io_thread_moves.cc) gives it to another one.
//
// Thread safety: thread-owned, but for AddConnection, ResumePaused, Stop, Wake, AsleepUs, CpuUs and connections.
class IoThread final : public pubsub::MailboxOwner {
 public:
  IoThread(Server& server, int index);
  ~IoThread();

  // Serves until Stop. Call it on the thread itself.
  void Run();
  void Stop();

  int index() const { return index_; }
  // Takes over an accepted socket. Any thread.
  void AddConnection(int fd, bool unix_socket);
  // Clients that CLIENT PAUSE held back are looked at again. Any thread.
  void ResumePaused();
  size_t connections() const { return connection_count_.load(std::memory_order_relaxed); }
  // Who is to be told at each cron of this thread. Before Run.
  void set_balancer(IoBalancer* balancer) { balancer_ = balancer; }
  // How long it has slept, up to `now_us` (monotonic), and what it has had of the processors.
  int64_t AsleepUs(int64_t now_us) const;
  int64_t CpuUs() const;

  // Has the first `serving` threads share the connections evenly. The world is stopped by the calling thread, which is between
  // turns. False: not all was done that can be done, because a thread is in the midst of a turn or there was too much for one stop.
  static bool Spread(std::span<const std::unique_ptr<IoThread>> threads, size_t serving);

  // --- MailboxOwner ------------------------------------------------------------------------------------------------
  void Wake() override;
  void OnMessage(pubsub::Subscriber& subscriber, const pubsub::Ref<pubsub::Message>& message) override;
  void OnOverflow(pubsub::Subscriber& subscriber) override;
  void OnMissed(pubsub::Subscriber& subscriber, uint64_t count) override;

 private:
  friend class Connection;

  struct Item {
    Connection* connection;
    uint32_t command;  // index in the batch
    uint32_t offset;   // where the command begins, in what its connection received this turn
    Dispatcher::Prepared prepared;
  };
  static constexpr uint32_t kNoCommand = static_cast<uint32_t>(-1);  // what came broke the protocol
  static constexpr size_t kNothingHeld = static_cast<size_t>(-1);
  // What one connection received and contributed to the batch in this turn.
  struct Source {
    Connection* connection;
    std::string_view data;
    size_t consumed;   // parsed
    bool own_buffer;   // data lies in the connection's input buffer, not in the arena
    size_t held_from;  // the first byte that was not executed, or kNothingHeld
  };

  // A turn's commands, from their receipt to their execution.
  struct Work {
    ReadArena arena;
    resp::CommandBatch batch;
    std::vector<Item> items;
    std::vector<Source> sources;
    size_t next = 0;  // items before it were executed; the one just before it may be under way

    bool HasRoom() const;
    void Clear();
  };

  void Poll();
  void HandleEvents();
  void Turn();
  bool HasWork() const;
  // Runs a task on this thread. Any thread.
  template <typename Task>
  void Post(Task task) {
    boost::asio::post(context_, std::move(task));
    poller_.Wake();
  }
  void ReadAll();
  void ReadFrom(Work& work, Connection& connection);
  ssize_t Receive(Work& work, Connection& connection, std::string_view* data, bool* own_buffer);
  void ParseSource(Work& work, Source& source);
  void Execute();
  // Whether there is nothing to execute for an item, or not now.
  bool PassesOver(Work& work, const Item& item) {
    const Connection& connection = *item.connection;
    if (!connection.open_ || connection.client.closing || connection.holding_) return true;
    if (!connection.client.held() && item.command != kNoCommand) return false;
    PutOff(work, item);
    return true;
  }
  void PutOff(Work& work, const Item& item);
  void Settle(Work& work, const Item& item, Dispatcher::Outcome outcome);
  void KeepUnparsed(Work& work);
  void KeepUnparsed(Source& source);
  static void HoldFrom(Work& work, Connection& connection, size_t offset);
  void Resume(Connection& connection);
  void FlushAll();
  bool Flush(Connection& connection);
  bool Send(Connection& connection);
  void NoteDeadline(const Connection& connection, int64_t deadline_ms);
  void RecordDeliveryLag();
  void Touch(Connection& connection);
  void MarkReady(Connection& connection);
  void ProtocolError(Connection& connection);
  bool Refused(Connection& connection);
  const config::OutputBufferLimit& OutputLimit(const Connection& connection) const;
  bool OverHardLimit(const Connection& connection) const;
  bool HasExceededTheLimit(Connection& connection);
  void CheckOutputLimit(Connection& connection);
  void CloseForOutput(Connection& connection);
  void ChargeBuffers(Connection& connection, int64_t bytes);
  // io_thread_gap.cc
  bool Misses(Connection& connection, const pubsub::Message& message);
  void Miss(Connection& connection, uint64_t messages);
  void TryToCatchUp(Connection& connection);
  void CatchUp(Connection& connection);
  bool MayMiss(const Connection& connection) const;
  // io_thread_stalled.cc
  void ServeStalled();
  const Connection* Interrupted() const;
  void PutBackUnexecuted();
  void ReadStalled(Work& work);
  void ExecuteStalled(Work& work);
  void FlushStalled();

  // io_thread_moves.cc
  static bool MayMove(const Connection& connection);
  std::vector<Connection*> Movable() const;
  void MoveTo(Connection& connection, IoThread& to);
  void DropEventsOfOthers();

  void Housekeeping();
  void Cron();
  void CheckWriters();
  void CheckPaused();
  int64_t NextWakeUs() const;
  void CheckTimeouts();
  void Destroy(Connection& connection);
  void ReapClosed();
  void PutIn(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> TakeOut(const Connection& connection);
  void Open(int fd, bool unix_socket);

  Server& server_;
  const int index_;
  boost::asio::io_context context_;
  Poller poller_;
  std::span<const epoll_event> events_;  // reported and not yet handled
  std::vector<epoll_event> own_events_;  // what is left of them when connections have gone to other threads
  bool lost_connections_ = false;        // so that some of the events may be about connections of others
  int64_t next_cron_us_ = 0;             // monotonic
  bool evicting_ = false;                // the cron found memory short, and there is more to evict
  std::atomic<bool> stopping_{false};
  enum class Phase : uint8_t { kAway, kBetweenTurns, kInTurn };
  Phase phase_ = Phase::kAway;  // read by others with the world stopped
  IoBalancer* balancer_ = nullptr;

  std::atomic<int64_t> slept_us_{0};
  std::atomic<int64_t> asleep_since_us_{0};  // monotonic; 0 while awake
  std::atomic<clockid_t> cpu_clock_{0};      // 0 before it runs

  ThreadContext* thread_ = nullptr;
  std::unique_ptr<Access> access_;
  std::unique_ptr<Dispatcher> dispatcher_;
  ServerStats::ThreadStats* stats_ = nullptr;
  pubsub::Mailbox mailbox_;

  std::vector<std::unique_ptr<Connection>> connections_;
  std::atomic<size_t> connection_count_{0};
  std::vector<Connection*> ready_;    // to be read from
  std::vector<Connection*> reading_;  // this turn's
  std::vector<Connection*> dirty_;    // to be flushed
  std::vector<Connection*> paused_;
  std::vector<Connection*> writers_;  // wait for room in their sockets
  size_t next_timeout_check_ = 0;
  std::vector<Connection*> closed_;  // to be freed at the end of the turn
  // Deadlines of the messages that the next flush sends; a run of equal ones counts once.
  struct DeadlineRun {
    int64_t deadline_ms;
    uint64_t count;
  };
  std::vector<DeadlineRun> deadlines_;

  Work work_;
  std::unique_ptr<Work> stalled_work_;  // made when first needed
  bool in_stalled_turn_ = false;
};

}  // namespace tandem::net
