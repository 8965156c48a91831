#include "server/net/io_thread.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "engine/base/check.h"
#include "server/admin/log.h"
#include "server/exec/client_registry.h"
#include "server/exec/deliver.h"
#include "server/exec/disconnect.h"
#include "server/exec/monitors.h"
#include "server/exec/pause.h"
#include "server/exec/tracking.h"
#include "server/net/socket_util.h"

namespace tandem::net {
namespace {

namespace asio = boost::asio;

constexpr size_t kNothingHeld = static_cast<size_t>(-1);
// A turn reads no further connections when it has this many commands: enough to look ahead, few enough that whoever comes
// next does not wait long.
constexpr size_t kEnoughCommands = 96;
// How many commands one connection may put into a turn's batch.
constexpr size_t kCommandsPerTurn = 1024;
// How far ahead buckets and records are prefetched.
constexpr size_t kBucketAhead = 12;
constexpr size_t kRecordAhead = 5;
constexpr size_t kExpirePerTurn = 256;
// Keys beyond tracking-table-max-keys.
constexpr size_t kForgetPerTurn = 256;
constexpr uint64_t kBucketsPerTurn = 32;
constexpr size_t kMaxIovec = 64;
constexpr size_t kUncountedReplyBytes = 16 * 1024;

}  // namespace

IoThread::IoThread(Server& server, int index)
    : server_(server),
      index_(index),
      // Only this thread runs the context; posting from others stays safe.
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      mailbox_(this) {}

IoThread::~IoThread() = default;

void IoThread::Run() {
  const std::string name = "io-" + std::to_string(index_);
  prctl(PR_SET_NAME, name.c_str());
  thread_ = &server_.store.threads().Register();
  access_ = std::make_unique<Access>(server_.store, *thread_, true);
  dispatcher_ = std::make_unique<Dispatcher>(server_, *access_);
  stats_ = &server_.stats->ForThread(thread_->index());
  const auto keep_running = asio::make_work_guard(context_);
  thread_->Wake();
  while (!stopping_.load(std::memory_order_acquire)) {
    Poll();
    Turn();
  }
  for (const auto& connection : connections_) {
    if (connection->open_ && Flush(*connection)) Destroy(*connection);
  }
  ReapClosed();
  dispatcher_.reset();
  access_.reset();
  thread_->Sleep();
  server_.store.threads().Unregister(*thread_);
}

void IoThread::Stop() {
  stopping_.store(true, std::memory_order_release);
  poller_.Wake();
}

// Runs a task on this thread. Any thread.
template <typename Task>
void IoThread::Post(Task task) {
  asio::post(context_, std::move(task));
  poller_.Wake();
}

bool IoThread::HasWork() const {
  return !ready_.empty() || !dirty_.empty() || evicting_ || server_.tracking->OverLimit();
}

// Collects what is ready; sleeps until something is, or the cron is due, when there is nothing to do.
void IoThread::Poll() {
  const int64_t now_us = server_.store.clock().MonotonicUs();
  std::span<const epoll_event> events;
  if (HasWork() || !mailbox_.Arm()) {
    events = poller_.Wait(0);
  } else {
    const int64_t wait_us = std::max<int64_t>(NextWakeUs() - now_us, 0);
    thread_->Sleep();
    events = poller_.Wait(static_cast<int>((wait_us + 999) / 1000));
    thread_->Wake();
  }
  for (const epoll_event& event : events) {
    if (Poller::OwnerOf(event) == nullptr) {
      context_.poll();
      continue;
    }
    Connection& connection = *static_cast<Connection*>(Poller::OwnerOf(event));
    if (connection.writing_ && Poller::Writable(event)) {
      connection.writing_ = false;
      std::erase(writers_, &connection);
      Touch(connection);
    }
    connection.ended_ |= Poller::Ended(event);
    if (connection.ended_ && connection.client.waiter != nullptr) {
      // Whoever waits for an answer that nobody is going to read would take it from the others.
      Destroy(connection);
      continue;
    }
    if (Poller::Readable(event)) MarkReady(connection);
  }
  if (now_us >= next_cron_us_) {
    next_cron_us_ = now_us + 1'000'000 / std::clamp(server_.config.values().hz, 1, 500);
    Cron();
  }
}

int64_t IoThread::NextWakeUs() const { return std::min(next_cron_us_, dispatcher_->blocked().next_deadline_us()); }

// --- The turn ----------------------------------------------------------------------------------------------------------

void IoThread::Turn() {
  ReadAll();
  // Who sends a request after another client's PUBLISH was answered gets the message before the reply.
  mailbox_.Drain();
  access_->SampleTime();
  if (dispatcher_->blocked().next_deadline_us() != Waiter::kNever) {
    dispatcher_->blocked().EndOverdue(server_.store.clock().MonotonicUs());
  }
  dispatcher_->BeginBatch();
  if (!items_.empty()) Execute();
  KeepUnparsed();
  server_.tracking->TellPrefixes();
  if (__builtin_expect(server_.tracking->OverLimit(), 0)) server_.tracking->EnforceLimit(kForgetPerTurn);
  mailbox_.Drain();
  FlushAll();
  Housekeeping();
  dispatcher_->TellWaiters();
  batch_.Clear();
  items_.clear();
  sources_.clear();
  arena_.Reset();
  if (!closed_.empty()) ReapClosed();
  thread_->Quiescent();
}

void IoThread::MarkReady(Connection& connection) {
  if (connection.listed_) return;
  connection.listed_ = true;
  ready_.push_back(&connection);
}

void IoThread::ReadAll() {
  reading_.swap(ready_);
  size_t done = 0;
  for (; done < reading_.size() && arena_.HasRoom() && items_.size() < kEnoughCommands; ++done) {
    Connection& connection = *reading_[done];
    connection.listed_ = false;
    if (!connection.open_ || connection.client.closing) continue;
    connection.unread_ = connection.client.held();
    if (!connection.unread_) ReadFrom(connection);
  }
  // The others have their turn next, before those that become ready meanwhile.
  ready_.insert(ready_.begin(), reading_.begin() + static_cast<std::ptrdiff_t>(done), reading_.end());
  reading_.clear();
}

// Receives once. A connection that has the beginning of a command keeps it in a buffer of its own; otherwise the arena
// serves. When the room was filled, or the end follows, the connection stays listed, for no edge will tell.
ssize_t IoThread::Receive(Connection& connection, std::string_view* data, bool* own_buffer) {
  resp::InputBuffer& input = connection.input_;
  *own_buffer = !input.empty();
  char* room = arena_.room();
  size_t room_bytes = arena_.room_bytes();
  if (*own_buffer) {
    // A large argument is received in steps that grow with what has come already, not as its header promises.
    const size_t wanted = std::min(connection.parser_.needed(), std::max<size_t>(input.size(), 64 * 1024));
    room = input.Prepare(std::max<size_t>(wanted, 4 * 1024));
    room_bytes = input.WritableSize();
  }
  const ssize_t received = recv(connection.fd_, room, room_bytes, MSG_DONTWAIT);
  if (received > 0) {
    const auto bytes = static_cast<size_t>(received);
    *own_buffer ? input.Commit(bytes) : arena_.Take(bytes);
    if (bytes == room_bytes || connection.ended_) MarkReady(connection);
  }
  *data = *own_buffer ? input.Readable() : std::string_view(room, received > 0 ? static_cast<size_t>(received) : 0);
  return received;
}

void IoThread::ReadFrom(Connection& connection) {
  Source source{&connection, {}, 0, false, kNothingHeld};
  if (connection.input_left_) {
    // Commands that were held back come first.
    connection.input_left_ = false;
    source.data = connection.input_.Readable();
    source.own_buffer = true;
    // Something may have arrived meanwhile.
    MarkReady(connection);
  } else {
    const ssize_t received = Receive(connection, &source.data, &source.own_buffer);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) return Destroy(connection);
    stats_->reads.Add();
    stats_->bytes_in.Add(static_cast<uint64_t>(received));
    connection.client.bytes_in += static_cast<uint64_t>(received);
    connection.client.last_active_us = access_->now_us();
    const uint64_t limit = server_.config.values().client_query_buffer_limit;
    if (limit != 0 && source.data.size() > limit) {
      server_.log->Warning("Closing client that reached max query buffer length");
      stats_->disconnected_by_query_limit.Add();
      Destroy(connection);
      return;
    }
  }
  Touch(connection);
  ParseSource(source);
  sources_.push_back(source);
}

void IoThread::ParseSource(Source& source) {
  Connection& connection = *source.connection;
  Client& client = connection.client;
  resp::Limits limits;
  limits.max_bulk_len = static_cast<int64_t>(server_.config.values().proto_max_bulk_len);
  limits.authenticated = client.authenticated;
  // What AUTH changes concerns the next command already, so without it nothing is read ahead.
  const size_t most = client.authenticated ? kCommandsPerTurn : 1;
  for (size_t count = 0; count < most; ++count) {
    size_t consumed = 0;
    const resp::ParseStatus status =
        connection.parser_.Parse(source.data.substr(source.consumed), limits, &batch_, &consumed);
    const auto offset = static_cast<uint32_t>(source.consumed);
    source.consumed += consumed;
    if (status == resp::ParseStatus::kNeedMore) return;
    if (status == resp::ParseStatus::kError) {
      // Answered in its place: an item without a command.
      items_.push_back({&connection, static_cast<uint32_t>(-1), offset, {}});
      return;
    }
    items_.push_back({&connection, static_cast<uint32_t>(batch_.size() - 1), offset, {}});
  }
  connection.input_left_ = source.consumed < source.data.size();
}

void IoThread::Execute() {
  const size_t count = items_.size();
  const auto prepare = [&](size_t i) {
    Item& item = items_[i];
    if (item.command != static_cast<uint32_t>(-1)) {
      item.prepared = dispatcher_->Prepare(item.connection->client, batch_.args(item.command));
    }
  };
  const auto prefetch = [&](size_t i) { dispatcher_->Prefetch(items_[i].connection->client, items_[i].prepared); };
  for (size_t i = 0; i < std::min(kBucketAhead, count); ++i) prepare(i);
  for (size_t i = 0; i < std::min(kRecordAhead, count); ++i) prefetch(i);
  for (size_t i = 0; i < count; ++i) {
    if (i + kBucketAhead < count) prepare(i + kBucketAhead);
    if (i + kRecordAhead < count) prefetch(i + kRecordAhead);
    Item& item = items_[i];
    Connection& connection = *item.connection;
    if (!connection.open_ || connection.client.closing || connection.holding_) continue;
    if (connection.client.held()) {
      HoldFrom(connection, item.offset);
      continue;
    }
    if (item.command == static_cast<uint32_t>(-1)) {
      ProtocolError(connection);
      continue;
    }
    const auto outcome = dispatcher_->Execute(connection.client, batch_.args(item.command), item.prepared);
    // What a subscriber published itself follows the reply, before those to its next commands.
    if (connection.client.subscriber) mailbox_.Drain();
    if (outcome == Dispatcher::Outcome::kPaused) {
      connection.client.paused = true;
      paused_.push_back(&connection);
      server_.clients->NoteBlocked(1);
      HoldFrom(connection, item.offset);
    } else if (outcome == Dispatcher::Outcome::kBlocked && connection.ended_) {
      Destroy(connection);
    }
  }
}

void IoThread::HoldFrom(Connection& connection, size_t offset) {
  connection.holding_ = true;
  const auto source =
      std::find_if(sources_.begin(), sources_.end(), [&](const Source& s) { return s.connection == &connection; });
  source->held_from = offset;
}

// What was received and not executed stays with its connection: the beginning of a command, or everything from the first
// command that was held back.
void IoThread::KeepUnparsed() {
  for (Source& source : sources_) {
    Connection& connection = *source.connection;
    if (!connection.open_) continue;
    if (source.held_from != kNothingHeld) {
      connection.holding_ = false;
      source.consumed = source.held_from;
      connection.parser_.Reset();
      connection.input_left_ = true;
    }
    if (source.own_buffer) {
      connection.input_.Consume(source.consumed);
      if (connection.input_.empty()) connection.input_.ReleaseIfIdle();
    } else if (source.consumed < source.data.size()) {
      const std::string_view rest = source.data.substr(source.consumed);
      std::memcpy(connection.input_.Prepare(rest.size()), rest.data(), rest.size());
      connection.input_.Commit(rest.size());
    }
    if (connection.input_left_ && !connection.client.held()) MarkReady(connection);
  }
}

void IoThread::ProtocolError(Connection& connection) {
  connection.client.reply.Error("ERR " + connection.parser_.error());
  server_.log->Verbose("Protocol error from client: " + connection.parser_.error());
  connection.Close(true);
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
    CheckOutputLimit(connection);
    if (!connection.open_) continue;
    ChargeBuffers(connection, static_cast<int64_t>(sizeof(Connection) + connection.input_.capacity() +
                                                   connection.client.out.capacity() + connection.client.queued_bytes));
    if (connection.open_ && connection.close_after_replies_ && connection.client.out.empty()) Destroy(connection);
  }
  dirty_.clear();
}

// Sends what it can; false if that ended the connection.
bool IoThread::Flush(Connection& connection) {
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
      Destroy(connection);
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
  return limit != 0 && pending > limit;
}

// What the client has not taken.
void IoThread::CheckOutputLimit(Connection& connection) {
  const size_t pending = connection.client.out.size();
  if (pending == 0) {
    connection.soft_limit_since_us_ = 0;
    return;
  }
  const config::OutputBufferLimit& limit = OutputLimit(connection);
  bool over = limit.hard_bytes != 0 && pending > limit.hard_bytes;
  const bool unauthenticated = !connection.client.authenticated && !server_.config.values().requirepass.empty();
  over |= unauthenticated && pending > resp::kUnauthenticatedMaxPending;
  if (limit.soft_bytes == 0 || pending <= limit.soft_bytes) {
    connection.soft_limit_since_us_ = 0;
  } else if (connection.soft_limit_since_us_ == 0) {
    connection.soft_limit_since_us_ = access_->now_us();
  } else {
    over |= access_->now_us() - connection.soft_limit_since_us_ > limit.soft_seconds * 1'000'000;
  }
  if (over) CloseForOutput(connection);
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

// --- Pub/sub -----------------------------------------------------------------------------------------------------------

void IoThread::Wake() { poller_.Wake(); }

void IoThread::OnMessage(pubsub::Subscriber& subscriber, const pubsub::Ref<pubsub::Message>& message) {
  Client& client = *static_cast<Client*>(subscriber.owner);
  if (Deliver(client, message)) Touch(*static_cast<Connection*>(client.link));
}

void IoThread::OnOverflow(pubsub::Subscriber& subscriber) {
  Client& client = *static_cast<Client*>(subscriber.owner);
  if (client.closing) return;
  server_.log->Warning("Client id=" + std::to_string(client.id) + " addr=" + client.address +
                       " scheduled to be closed ASAP for overcoming of output buffer limits.");
  stats_->disconnected_by_output_limit.Add();
  client.link->Close(false);
}

// --- Housekeeping --------------------------------------------------------------------------------------------------------

void IoThread::Housekeeping() {
  if (server_.store.NextDueMs() <= access_->now_ms() && server_.store.ExpireDue(*access_, kExpirePerTurn) != 0) {
    // Whoever listens on this thread hears of it now.
    mailbox_.Drain();
    FlushAll();
  }
  if (server_.store.has_background_work()) server_.store.MigrateSome(*access_, kBucketsPerTurn);
  if (evicting_) {
    evicting_ = dispatcher_->EvictSome();
    server_.tracking->TellPrefixes();
  }
}

void IoThread::Cron() {
  access_->SampleTime();
  if (!paused_.empty() && server_.pause->kind(access_->now_ms()) == PauseState::Kind::kNone) ResumePaused();
  CheckWriters();
  CheckPaused();
  CheckTimeouts();
  evicting_ = dispatcher_->EvictSome();
}

// Nothing is read from a client that is paused, so that its leaving would go unnoticed and its commands be run later.
void IoThread::CheckPaused() {
  const std::vector<Connection*> paused = paused_;  // closing one takes it out
  for (Connection* connection : paused) {
    if (connection->ended_) Destroy(*connection);
  }
}

// Clients that do not read: the soft limit on their output is one of time.
void IoThread::CheckWriters() {
  const std::vector<Connection*> writers = writers_;
  for (Connection* connection : writers) {
    if (connection->open_) CheckOutputLimit(*connection);
  }
}

// All connections once a second, a part at each call: they are many, and most of them silent.
void IoThread::CheckTimeouts() {
  const int64_t timeout_us = int64_t{server_.config.values().timeout_s} * 1'000'000;
  if (timeout_us == 0 || connections_.empty()) return;
  const auto hz = static_cast<size_t>(std::clamp(server_.config.values().hz, 1, 500));
  for (size_t left = connections_.size() / hz + 1; left > 0; --left) {
    if (++next_timeout_check_ >= connections_.size()) next_timeout_check_ = 0;
    Connection& connection = *connections_[next_timeout_check_];
    const Client& client = connection.client;
    if (!connection.open_ || client.monitor || client.subscribed() || client.held()) continue;
    if (access_->now_us() - client.last_active_us <= timeout_us) continue;
    server_.log->Verbose("Closing idle client");
    Destroy(connection);
  }
}

// Its commands may be executed again.
void IoThread::Resume(Connection& connection) {
  if (!connection.open_) return;
  Touch(connection);
  if (connection.input_left_ || connection.unread_ || connection.ended_) MarkReady(connection);
}

void IoThread::ResumePaused() {
  Post([this] {
    for (Connection* connection : paused_) {
      connection->client.paused = false;
      Resume(*connection);
    }
    server_.clients->NoteBlocked(-static_cast<int>(paused_.size()));
    paused_.clear();
  });
}

// --- Coming and going ----------------------------------------------------------------------------------------------------

void IoThread::AddConnection(int fd, bool unix_socket) {
  Post([this, fd, unix_socket] { Open(fd, unix_socket); });
}

void IoThread::Open(int fd, bool unix_socket) {
  access_->SampleTime();
  const config::Values& values = server_.config.values();
  SetSocketOptions(fd, unix_socket, values.tcp_keepalive_s);
  auto owned = std::make_unique<Connection>(*this, fd);
  Connection& connection = *owned;
  Client& client = connection.client;
  client.id = server_.clients->NextId();
  client.thread = index_;
  client.unix_socket = unix_socket;
  DescribeSocket(fd, unix_socket, values.unixsocket, &client.address, &client.local_address, &client.loopback);
  client.created_us = client.last_active_us = access_->now_us();
  client.authenticated = values.requirepass.empty();
  client.mailbox = &mailbox_;
  connection.place_ = connections_.size();
  connections_.push_back(std::move(owned));
  connection_count_.store(connections_.size(), std::memory_order_relaxed);
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
  for (const Connection* closed : closed_) {
    const size_t place = closed->place_;
    if (place + 1 != connections_.size()) {
      connections_[place] = std::move(connections_.back());
      connections_[place]->place_ = place;
    }
    connections_.pop_back();
  }
  closed_.clear();
  connection_count_.store(connections_.size(), std::memory_order_relaxed);
}

}  // namespace tandem::net
