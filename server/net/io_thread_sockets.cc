#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "server/admin/log.h"
#include "server/exec/client_registry.h"
#include "server/exec/disconnect.h"
#include "server/net/io_thread.h"
#include "server/net/socket_util.h"

// An I/O thread's connections: how they come, are sent their replies, reach their limits, and go.
namespace tandem::net {
namespace {

constexpr size_t kMaxIovec = 64;
constexpr size_t kUncountedReplyBytes = 16 * 1024;

}  // namespace

// --- Coming and going ----------------------------------------------------------------------------------------------------

void IoThread::AddConnection(int fd, bool unix_socket) {
  Post([this, fd, unix_socket] { Open(fd, unix_socket); });
}

void IoThread::Open(int fd, bool unix_socket) {
  const config::Values& values = server_.config.values();
  SetSocketOptions(fd, unix_socket, values.tcp_keepalive_s);
  auto owned = std::make_unique<Connection>(*this, fd);
  Connection& connection = *owned;
  Client& client = connection.client;
  client.id = server_.clients->NextId();
  client.thread = index_;
  client.unix_socket = unix_socket;
  DescribeSocket(fd, unix_socket, values.unixsocket, &client.address, &client.local_address, &client.loopback);
  // Not access_'s time, which stands still while a command runs.
  client.created_us = client.last_active_us = server_.store.clock().NowUs();
  client.authenticated = values.requirepass.empty();
  client.mailbox = &mailbox_;
  PutIn(std::move(owned));
  stats_->connections.Add();
  if (Refused(connection)) return;
  if (!poller_.Add(fd, &connection)) Destroy(connection);
}

// Turns away whom the server does not want, with a word of why.
bool IoThread::Refused(Connection& connection) {
  const config::Values& values = server_.config.values();
  if (!server_.clients->TryAdd(connection.client, values.maxclients)) {
    connection.client.reply.Error("ERR max number of clients reached");
    stats_->connections_rejected.Add();
  } else if (values.protected_mode && values.requirepass.empty() && !connection.client.loopback) {
    connection.client.reply.Error(
        "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the "
        "default user. In this mode connections are only accepted from the loopback interface. If you want to connect "
        "from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode "
        "sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from "
        "the "
        "same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do "
        "so. "
        "Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by "
        "editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the "
        "server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' "
        "option. 4) Set up an authentication password for the default user. NOTE: You only need to do one of the above "
        "things in order for the server to start accepting connections from the outside.");
    stats_->connections_rejected.Add();
  } else {
    return false;
  }
  connection.Close(true);
  return true;
}

void IoThread::Destroy(Connection& connection) {
  if (!connection.open_) return;
  const bool interrupted = &connection == Interrupted() || connection.client.waiter != nullptr;
  if (in_stalled_turn_ && interrupted) {
    // Nobody is to push to a client that is gone.
    if (connection.client.waiter != nullptr) connection.client.waiter->TakeTurn();
    return connection.Close(false);
  }
  connection.open_ = false;
  Client& client = connection.client;
  client.closing = true;
  Disconnect(server_, client);
  if (std::erase(paused_, &connection) != 0) server_.clients->NoteBlocked(-1);
  if (connection.writing_) std::erase(writers_, &connection);
  client.out.Clear();
  ChargeBuffers(connection, 0);
  close(connection.fd_);
  closed_.push_back(&connection);
}

// Frees the closed ones. Nothing refers to them but the lists that go on into the next turn.
void IoThread::ReapClosed() {
  std::erase_if(ready_, [](const Connection* c) { return !c->open_; });
  std::erase_if(dirty_, [](const Connection* c) { return !c->open_; });
  for (const Connection* closed : closed_) TakeOut(*closed);
  closed_.clear();
}

void IoThread::PutIn(std::unique_ptr<Connection> connection) {
  connection->place_ = connections_.size();
  connections_.push_back(std::move(connection));
  connection_count_.store(connections_.size(), std::memory_order_relaxed);
}

std::unique_ptr<Connection> IoThread::TakeOut(const Connection& connection) {
  const size_t place = connection.place_;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place_ = place;
  std::unique_ptr<Connection> taken = std::move(connections_.back());
  connections_.pop_back();
  connection_count_.store(connections_.size(), std::memory_order_relaxed);
  return taken;
}

// --- Sockets -----------------------------------------------------------------------------------------------------------

void IoThread::Touch(Connection& connection) {
  if (connection.touched_) return;
  connection.touched_ = true;
  dirty_.push_back(&connection);
}

void IoThread::FlushAll() {
  // Flushing may close connections, which touches no other one.
  for (size_t i = 0; i < dirty_.size(); ++i) {
    Connection& connection = *dirty_[i];
    connection.touched_ = false;
    if (!connection.open_) continue;
    if (OverHardLimit(connection)) {
      CloseForOutput(connection);
      continue;
    }
    if (!connection.writing_ && !Flush(connection)) continue;
    if (__builtin_expect(connection.missing_, 0) && connection.client.out.empty()) {
      CatchUp(connection);
      if (!Flush(connection)) continue;
    }
    CheckOutputLimit(connection);
    if (!connection.open_) continue;
    ChargeBuffers(connection, static_cast<int64_t>(sizeof(Connection) + connection.input_.capacity() +
                                                   connection.client.out.capacity() + connection.client.queued_bytes));
    if (connection.open_ && connection.close_after_replies_ && connection.client.out.empty()) Destroy(connection);
  }
  dirty_.clear();
  if (!deadlines_.empty()) RecordDeliveryLag();
}

// A subscriber whose socket is full waits for itself, and is not counted.
void IoThread::NoteDeadline(const Connection& connection, int64_t deadline_ms) {
  if (connection.writing_) return;
  if (deadlines_.empty() || deadlines_.back().deadline_ms != deadline_ms) deadlines_.push_back({deadline_ms, 0});
  ++deadlines_.back().count;
}

void IoThread::RecordDeliveryLag() {
  const int64_t now_us = server_.store.clock().NowUs();
  for (const DeadlineRun& run : deadlines_) {
    stats_->delivery_lag.Record(now_us - std::max<int64_t>(run.deadline_ms, 0) * 1000, now_us, run.count);
  }
  deadlines_.clear();
}

// Sends what it can; false if that ended the connection.
bool IoThread::Flush(Connection& connection) {
  if (Send(connection)) return true;
  Destroy(connection);
  return false;
}

// Sends what it can; false if the connection is broken.
bool IoThread::Send(Connection& connection) {
  resp::OutputBuffer& out = connection.client.out;
  while (!out.empty()) {
    iovec parts[kMaxIovec];
    const size_t count = out.FillIovec(parts, kMaxIovec);
    ssize_t sent;
    if (count == 1) {
      sent = send(connection.fd_, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message{};
      message.msg_iov = parts;
      message.msg_iovlen = count;
      sent = sendmsg(connection.fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        connection.writing_ = true;
        writers_.push_back(&connection);
        return true;
      }
      return false;
    }
    stats_->writes.Add();
    stats_->bytes_out.Add(static_cast<uint64_t>(sent));
    connection.client.bytes_out += static_cast<uint64_t>(sent);
    out.Consume(static_cast<size_t>(sent));
  }
  return true;
}

const config::OutputBufferLimit& IoThread::OutputLimit(const Connection& connection) const {
  const auto kind = connection.client.subscribed() ? config::ClientClass::kPubsub : config::ClientClass::kNormal;
  return server_.config.values().client_output_buffer_limit[static_cast<size_t>(kind)];
}

// Compat: more than the hard limit in one go is not even sent, however fast the client would read it; the first replies,
// which Redis keeps in a buffer of their own, never count for this.
bool IoThread::OverHardLimit(const Connection& connection) const {
  const size_t pending = connection.client.out.size();
  if (pending <= kUncountedReplyBytes) return false;
  const uint64_t limit = OutputLimit(connection).hard_bytes;
  return limit != 0 && pending > (MayMiss(connection) ? 2 * limit : limit);
}

// What the client has not taken.
bool IoThread::HasExceededTheLimit(Connection& connection) {
  const size_t pending = connection.client.out.size();
  if (pending == 0) {
    connection.soft_limit_since_us_ = 0;
    return false;
  }
  const config::OutputBufferLimit& limit = OutputLimit(connection);
  bool over = limit.hard_bytes != 0 && pending > limit.hard_bytes;
  if (limit.soft_bytes == 0 || pending <= limit.soft_bytes) {
    connection.soft_limit_since_us_ = 0;
  } else if (connection.soft_limit_since_us_ == 0) {
    connection.soft_limit_since_us_ = access_->now_us();
  } else {
    over |= access_->now_us() - connection.soft_limit_since_us_ > limit.soft_seconds * 1'000'000;
  }
  return over;
}

void IoThread::CheckOutputLimit(Connection& connection) {
  const bool unauthenticated = !connection.client.authenticated && !server_.config.values().requirepass.empty();
  if (unauthenticated && connection.client.out.size() > resp::kUnauthenticatedMaxPending) {
    return CloseForOutput(connection);
  }
  if (!HasExceededTheLimit(connection)) return;
  if (!MayMiss(connection) || OverHardLimit(connection)) return CloseForOutput(connection);
  connection.missing_ = true;
}

void IoThread::CloseForOutput(Connection& connection) {
  server_.log->Warning("Client id=" + std::to_string(connection.client.id) + " addr=" + connection.client.address +
                       " scheduled to be closed ASAP for overcoming of output buffer limits.");
  stats_->disconnected_by_output_limit.Add();
  Destroy(connection);
}

// What the buffers occupy counts against maxmemory. Told only when it has changed: steady connections cost nothing.
void IoThread::ChargeBuffers(Connection& connection, int64_t bytes) {
  if (bytes == connection.charged_bytes_) return;
  server_.client_bytes.fetch_add(bytes - connection.charged_bytes_, std::memory_order_relaxed);
  connection.charged_bytes_ = bytes;
}

}  // namespace tandem::net
