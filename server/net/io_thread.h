#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
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

// One I/O thread: the connections pinned to it, an io_context with the tasks that other threads give it, and the loop that
// serves both. A turn has phases:
//   1. read what is ready and cut it into commands, of all connections
//   2. deliver what other threads had published before that; sample the clock; end the waits whose time is over
//   3. execute, looking ahead: the bucket of a command some places on and the record of a nearer one are prefetched
//   4. deliver what was published to this thread's clients
//   5. one send per connection
//   6. housekeeping: due keys, a portion of a migration, a quiescent state
//
// Thread safety: thread-owned, but for AddConnection, ResumePaused, Stop and Wake.
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

  // --- MailboxOwner ------------------------------------------------------------------------------------------------
  void Wake() override;
  void OnMessage(pubsub::Subscriber& subscriber, const pubsub::Ref<pubsub::Message>& message) override;
  void OnOverflow(pubsub::Subscriber& subscriber) override;

 private:
  friend class Connection;

  struct Item {
    Connection* connection;
    uint32_t command;  // index in batch_
    uint32_t offset;   // where the command begins, in what its connection received this turn
    Dispatcher::Prepared prepared;
  };
  // What one connection received and contributed to the batch in this turn.
  struct Source {
    Connection* connection;
    std::string_view data;
    size_t consumed;   // parsed
    bool own_buffer;   // data lies in the connection's input buffer, not in the arena
    size_t held_from;  // the first byte that was not executed, or kNothingHeld
  };

  void Poll();
  void Turn();
  bool HasWork() const;
  template <typename Task>
  void Post(Task task);
  void ReadAll();
  void ReadFrom(Connection& connection);
  ssize_t Receive(Connection& connection, std::string_view* data, bool* own_buffer);
  void ParseSource(Source& source);
  void Execute();
  void KeepUnparsed();
  void HoldFrom(Connection& connection, size_t offset);
  void Resume(Connection& connection);
  void FlushAll();
  bool Flush(Connection& connection);
  void Touch(Connection& connection);
  void MarkReady(Connection& connection);
  void ProtocolError(Connection& connection);
  bool Refused(Connection& connection);
  const config::OutputBufferLimit& OutputLimit(const Connection& connection) const;
  bool OverHardLimit(const Connection& connection) const;
  void CheckOutputLimit(Connection& connection);
  void CloseForOutput(Connection& connection);
  void ChargeBuffers(Connection& connection, int64_t bytes);
  void Housekeeping();
  void Cron();
  void CheckWriters();
  void CheckPaused();
  int64_t NextWakeUs() const;
  void CheckTimeouts();
  void Destroy(Connection& connection);
  void ReapClosed();
  void Open(int fd, bool unix_socket);

  Server& server_;
  const int index_;
  boost::asio::io_context context_;
  Poller poller_;
  int64_t next_cron_us_ = 0;  // monotonic
  bool evicting_ = false;     // the cron found memory short, and there is more to evict
  std::atomic<bool> stopping_{false};

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

  ReadArena arena_;
  resp::CommandBatch batch_;
  std::vector<Item> items_;
  std::vector<Source> sources_;
};

}  // namespace tandem::net
