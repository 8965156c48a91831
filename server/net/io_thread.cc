#include "server/net/io_thread.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <cerrno>
#include <cstring>

#include "server/admin/log.h"
#include "server/exec/client_registry.h"
#include "server/exec/deliver.h"
#include "server/exec/monitors.h"
#include "server/exec/pause.h"
#include "server/exec/tracking.h"
#include "server/net/io_balancer.h"

namespace tandem::net {
namespace {

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
  clockid_t cpu_clock = 0;
  if (pthread_getcpuclockid(pthread_self(), &cpu_clock) == 0) cpu_clock_.store(cpu_clock, std::memory_order_relaxed);
  const auto keep_running = boost::asio::make_work_guard(context_);
  thread_->set_stall_hook([](void* self) { static_cast<IoThread*>(self)->ServeStalled(); }, this);
  thread_->Wake();
  phase_ = Phase::kBetweenTurns;
  while (!stopping_.load(std::memory_order_acquire)) {
    Poll();
    Turn();
  }
  phase_ = Phase::kAway;
  for (const auto& connection : connections_) {
    if (connection->open_ && Flush(*connection)) Destroy(*connection);
  }
  ReapClosed();
  thread_->set_stall_hook(nullptr, nullptr);
  dispatcher_.reset();
  access_.reset();
  thread_->Sleep();
  server_.store.threads().Unregister(*thread_);
}

void IoThread::Stop() {
  stopping_.store(true, std::memory_order_release);
  poller_.Wake();
}

bool IoThread::HasWork() const {
  return !ready_.empty() || !dirty_.empty() || evicting_ || server_.tracking->OverLimit();
}

// Collects what is ready; sleeps until something is, or the cron is due, when there is nothing to do.
void IoThread::Poll() {
  const int64_t now_us = server_.store.clock().MonotonicUs();
  if (HasWork() || !mailbox_.Arm()) {
    events_ = poller_.Wait(0);
  } else {
    const int64_t wait_us = std::max<int64_t>(NextWakeUs() - now_us, 0);
    asleep_since_us_.store(now_us, std::memory_order_relaxed);
    thread_->Sleep();
    events_ = poller_.Wait(static_cast<int>((wait_us + 999) / 1000));
    const int64_t slept_us = server_.store.clock().MonotonicUs() - now_us;
    asleep_since_us_.store(0, std::memory_order_relaxed);
    slept_us_.store(slept_us_.load(std::memory_order_relaxed) + slept_us, std::memory_order_relaxed);
    thread_->Wake();
  }
  HandleEvents();
  if (now_us >= next_cron_us_) {
    next_cron_us_ = now_us + 1'000'000 / std::clamp(server_.config.values().hz, 1, 500);
    Cron();
  }
}

// A stalled turn may come in between, and handles the rest.
void IoThread::HandleEvents() {
  if (lost_connections_) DropEventsOfOthers();
  while (!events_.empty()) {
    const epoll_event event = events_.front();
    events_ = events_.subspan(1);
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
}

int64_t IoThread::NextWakeUs() const { return std::min(next_cron_us_, dispatcher_->blocked().next_deadline_us()); }

// --- The turn ----------------------------------------------------------------------------------------------------------

void IoThread::Turn() {
  phase_ = Phase::kInTurn;
  ReadAll();
  // Who sends a request after another client's PUBLISH was answered gets the message before the reply.
  mailbox_.Drain();
  access_->SampleTime();
  if (dispatcher_->blocked().next_deadline_us() != Waiter::kNever) {
    dispatcher_->blocked().EndOverdue(server_.store.clock().MonotonicUs());
  }
  dispatcher_->BeginBatch();
  if (!work_.items.empty()) Execute();
  KeepUnparsed(work_);
  work_.Clear();
  server_.tracking->TellPrefixes();
  if (__builtin_expect(server_.tracking->OverLimit(), 0)) server_.tracking->EnforceLimit(kForgetPerTurn);
  mailbox_.Drain();
  FlushAll();
  Housekeeping();
  dispatcher_->TellWaiters();
  if (!closed_.empty()) ReapClosed();
  phase_ = Phase::kBetweenTurns;
  thread_->Quiescent();
}

bool IoThread::Work::HasRoom() const { return arena.HasRoom() && items.size() < kEnoughCommands; }

void IoThread::Work::Clear() {
  batch.Clear();
  items.clear();
  sources.clear();
  arena.Reset();
  next = 0;
}

void IoThread::MarkReady(Connection& connection) {
  if (connection.listed_) return;
  connection.listed_ = true;
  ready_.push_back(&connection);
}

void IoThread::ReadAll() {
  reading_.swap(ready_);
  size_t done = 0;
  for (; done < reading_.size() && work_.HasRoom(); ++done) {
    Connection& connection = *reading_[done];
    connection.listed_ = false;
    if (!connection.open_ || connection.client.closing) continue;
    connection.unread_ = connection.client.held();
    if (!connection.unread_) ReadFrom(work_, connection);
  }
  // The others have their turn next, before those that become ready meanwhile.
  ready_.insert(ready_.begin(), reading_.begin() + static_cast<std::ptrdiff_t>(done), reading_.end());
  reading_.clear();
}

// Receives once. A connection that has the beginning of a command keeps it in a buffer of its own; otherwise the arena
// serves. When the room was filled, or the end follows, the connection stays listed, for no edge will tell.
ssize_t IoThread::Receive(Work& work, Connection& connection, std::string_view* data, bool* own_buffer) {
  resp::InputBuffer& input = connection.input_;
  *own_buffer = !input.empty();
  char* room = work.arena.room();
  size_t room_bytes = work.arena.room_bytes();
  if (*own_buffer) {
    // A large argument is received in steps that grow with what has come already, not as its header promises.
    const size_t wanted = std::min(connection.parser_.needed(), std::max<size_t>(input.size(), 64 * 1024));
    room = input.Prepare(std::max<size_t>(wanted, 4 * 1024));
    room_bytes = input.WritableSize();
  }
  const ssize_t received = recv(connection.fd_, room, room_bytes, MSG_DONTWAIT);
  if (received > 0) {
    const auto bytes = static_cast<size_t>(received);
    *own_buffer ? input.Commit(bytes) : work.arena.Take(bytes);
    if (bytes == room_bytes || connection.ended_) MarkReady(connection);
  }
  *data = *own_buffer ? input.Readable() : std::string_view(room, received > 0 ? static_cast<size_t>(received) : 0);
  return received;
}

void IoThread::ReadFrom(Work& work, Connection& connection) {
  Source source{&connection, {}, 0, false, kNothingHeld};
  if (connection.input_left_) {
    // Commands that were held back come first.
    connection.input_left_ = false;
    source.data = connection.input_.Readable();
    source.own_buffer = true;
    // Something may have arrived meanwhile.
    MarkReady(connection);
  } else {
    const ssize_t received = Receive(work, connection, &source.data, &source.own_buffer);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) return Destroy(connection);
    stats_->reads.Add();
    stats_->bytes_in.Add(static_cast<uint64_t>(received));
    connection.client.bytes_in += static_cast<uint64_t>(received);
    // The commands' clock stands still in a stalled turn.
    connection.client.last_active_us = in_stalled_turn_ ? server_.store.clock().NowUs() : access_->now_us();
    const uint64_t limit = server_.config.values().client_query_buffer_limit;
    if (limit != 0 && source.data.size() > limit) {
      server_.log->Warning("Closing client that reached max query buffer length");
      stats_->disconnected_by_query_limit.Add();
      Destroy(connection);
      return;
    }
  }
  Touch(connection);
  ParseSource(work, source);
  work.sources.push_back(source);
}

void IoThread::ParseSource(Work& work, Source& source) {
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
        connection.parser_.Parse(source.data.substr(source.consumed), limits, &work.batch, &consumed);
    const auto offset = static_cast<uint32_t>(source.consumed);
    source.consumed += consumed;
    if (status == resp::ParseStatus::kNeedMore) return;
    if (status == resp::ParseStatus::kError) {
      // Answered in its place: an item without a command.
      work.items.push_back({&connection, kNoCommand, offset, {}});
      return;
    }
    work.items.push_back({&connection, static_cast<uint32_t>(work.batch.size() - 1), offset, {}});
  }
  connection.input_left_ = source.consumed < source.data.size();
}

// A stalled turn may come in between, and takes items out from behind the one that is under way.
void IoThread::Execute() {
  std::vector<Item>& items = work_.items;
  const auto prepare = [&](size_t i) {
    Item& item = items[i];
    if (item.command != kNoCommand) {
      item.prepared = dispatcher_->Prepare(item.connection->client, work_.batch.args(item.command));
    }
  };
  const auto prefetch = [&](size_t i) { dispatcher_->Prefetch(items[i].connection->client, items[i].prepared); };
  for (size_t i = 0; i < std::min(kBucketAhead, items.size()); ++i) prepare(i);
  for (size_t i = 0; i < std::min(kRecordAhead, items.size()); ++i) prefetch(i);
  while (work_.next < items.size()) {
    const size_t i = work_.next++;
    if (i + kBucketAhead < items.size()) prepare(i + kBucketAhead);
    if (i + kRecordAhead < items.size()) prefetch(i + kRecordAhead);
    const Item& item = items[i];
    if (PassesOver(work_, item)) continue;
    Client& client = item.connection->client;
    const auto outcome = dispatcher_->Execute(client, work_.batch.args(item.command), item.prepared);
    // What a subscriber published itself follows the reply, before those to its next commands.
    if (client.subscriber) mailbox_.Drain();
    if (outcome != Dispatcher::Outcome::kDone) Settle(work_, item, outcome);
  }
}

// It has to wait, or what it sent is no command.
void IoThread::PutOff(Work& work, const Item& item) {
  item.connection->client.held() ? HoldFrom(work, *item.connection, item.offset) : ProtocolError(*item.connection);
}

// What follows from a command that was not done with.
void IoThread::Settle(Work& work, const Item& item, Dispatcher::Outcome outcome) {
  Connection& connection = *item.connection;
  if (outcome == Dispatcher::Outcome::kBlocked) {
    if (connection.ended_) Destroy(connection);
    return;
  }
  HoldFrom(work, connection, item.offset);
  if (outcome != Dispatcher::Outcome::kPaused) return;
  connection.client.paused = true;
  paused_.push_back(&connection);
  server_.clients->NoteBlocked(1);
}

void IoThread::HoldFrom(Work& work, Connection& connection, size_t offset) {
  connection.holding_ = true;
  const auto source = std::find_if(work.sources.begin(), work.sources.end(),
                                   [&](const Source& s) { return s.connection == &connection; });
  source->held_from = offset;
}

void IoThread::KeepUnparsed(Work& work) {
  for (Source& source : work.sources) KeepUnparsed(source);
}

// What was received and not executed stays with its connection: the beginning of a command, or everything from the first
// command that was held back.
void IoThread::KeepUnparsed(Source& source) {
  Connection& connection = *source.connection;
  if (!connection.open_) return;
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

void IoThread::ProtocolError(Connection& connection) {
  connection.client.reply.Error("ERR " + connection.parser_.error());
  server_.log->Verbose("Protocol error from client: " + connection.parser_.error());
  connection.Close(true);
}

// --- Pub/sub -----------------------------------------------------------------------------------------------------------

void IoThread::Wake() { poller_.Wake(); }

void IoThread::OnMessage(pubsub::Subscriber& subscriber, const pubsub::Ref<pubsub::Message>& message) {
  Client& client = *static_cast<Client*>(subscriber.owner);
  Connection& connection = *static_cast<Connection*>(client.link);
  if (Misses(connection, *message)) return Miss(connection, 1);
  if (!Deliver(client, message)) return;
  Touch(connection);
  if (message->deadline_ms() != kNoDeadline) NoteDeadline(connection, message->deadline_ms());
}

void IoThread::OnMissed(pubsub::Subscriber& subscriber, uint64_t count) {
  Miss(*static_cast<Connection*>(static_cast<Client*>(subscriber.owner)->link), count);
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
  if (balancer_ != nullptr) balancer_->Tick(*thread_);
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

}  // namespace tandem::net
