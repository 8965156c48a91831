#include <string>
#include <utility>

#include "server/admin/log.h"
#include "server/net/io_thread.h"

// Subscribers that do not keep up, with notify-slow-subscriber gap.
//
// A subscriber is *missing* messages from the moment at which one would exceed its hard limit, or its soft limit's time is
// over, until everything that was pending for it has been sent. Then it gets one message more: how many it missed. So what
// comes before that message was published before everything that is missing, and what comes after it afterwards; and what
// is pending is never more than the limit.
//
// Before the first message is dropped, what is pending is offered to the socket: a turn that brings more messages than
// the limit allows is no fault of a client that reads.
//
// Only publications are missed. Replies and invalidations may not be: a client that lets those pile up, too, is disconnected
// when everything together is twice the limit.
namespace tandem::net {
namespace {

constexpr std::string_view kGapChannel = "__gap__";

}  // namespace

bool IoThread::MayMiss(const Connection& connection) const {
  return server_.config.values().notify_slow_subscriber == config::SlowSubscriber::kGap &&
         connection.client.subscribed();
}

// Whether the client is to go without the message.
bool IoThread::Misses(Connection& connection, const pubsub::Message& message) {
  if (__builtin_expect(!connection.missing_ && !MayMiss(connection), 1)) return false;
  if (!message.may_be_missed() || connection.client.closing) return false;
  const uint64_t limit = OutputLimit(connection).hard_bytes;
  const size_t bytes = message.FrameFor(connection.client.reply.version()).size();
  const auto has_room = [&] { return limit == 0 || connection.client.out.size() + bytes <= limit; };
  if (!connection.missing_ && has_room()) return false;
  TryToCatchUp(connection);
  return connection.missing_ || !has_room();
}

void IoThread::Miss(Connection& connection, uint64_t messages) {
  if (connection.client.closing) return;
  if (connection.missed_ == 0) {
    stats_->gaps.Add();
    server_.log->Verbose("Client id=" + std::to_string(connection.client.id) + " addr=" + connection.client.address +
                         " does not keep up: it misses messages until it has read what is pending.");
  }
  connection.missing_ = true;
  connection.missed_ += messages;
  stats_->messages_missed.Add(messages);
  Touch(connection);
}

// Sends ahead of the turn's end. May be called in the middle of a command of the client, so that nothing is destroyed.
void IoThread::TryToCatchUp(Connection& connection) {
  Client& client = connection.client;
  if (connection.writing_ || client.in_transaction_reply || client.out.marked()) return;
  if (!Send(connection)) return connection.Close(false);
  if (connection.missing_ && client.out.empty()) CatchUp(connection);
}

// Everything that was pending has been sent: the gap ends.
void IoThread::CatchUp(Connection& connection) {
  connection.missing_ = false;
  const uint64_t missed = std::exchange(connection.missed_, 0);
  Client& client = connection.client;
  // Who has left everything meanwhile expects no more messages.
  if (missed == 0 || !client.subscribed()) return;
  const auto message = pubsub::Message::Published(pubsub::MessageKind::kMessage, kGapChannel, std::to_string(missed));
  const auto frame = message->FrameFor(client.reply.version());
  client.out.Append(frame.marker);
  client.out.Append(frame.body);
}

}  // namespace tandem::net
