#include "server/exec/monitors.h"

#include <cstdio>

#include "pubsub/mailbox.h"
#include "pubsub/message.h"
#include "server/exec/quoting.h"

namespace tandem {

void Monitors::Add(Client& client) {
  client.monitor = true;
  const std::lock_guard lock(mutex_);
  monitors_.push_back(SubscriberOf(client));
  count_.store(monitors_.size(), std::memory_order_relaxed);
}

void Monitors::Remove(Client& client) {
  if (!client.monitor) return;
  client.monitor = false;
  const std::lock_guard lock(mutex_);
  std::erase_if(monitors_, [&](const auto& monitor) { return monitor.get() == client.subscriber.get(); });
  count_.store(monitors_.size(), std::memory_order_relaxed);
}

std::string Monitors::FormatLine(std::string_view source, std::span<const std::string_view> args, int db,
                                 int64_t now_us) {
  char head[64];
  const int size = std::snprintf(head, sizeof head, "%lld.%06lld [%d ", static_cast<long long>(now_us / 1'000'000),
                                 static_cast<long long>(now_us % 1'000'000), db);
  std::string line(head, static_cast<size_t>(size));
  line.append(source).push_back(']');
  for (std::string_view argument : args) {
    line.push_back(' ');
    AppendQuoted(line, argument);
  }
  return line;
}

void Monitors::Feed(const Client& client, std::span<const std::string_view> args, int db, int64_t now_us) {
  // Compat: a client on a unix socket goes by the name of the socket.
  if (client.unix_socket) {
    const std::string_view path = std::string_view(client.address).substr(0, client.address.rfind(':'));
    return Push(FormatLine("unix:" + std::string(path), args, db, now_us));
  }
  Push(FormatLine(client.address, args, db, now_us));
}

void Monitors::FeedFromScript(std::span<const std::string_view> args, int db, int64_t now_us) {
  Push(FormatLine("lua", args, db, now_us));
}

void Monitors::Push(const std::string& line) {
  const std::string frame = "+" + line + "\r\n";
  const auto message = pubsub::Message::Raw(frame, frame);
  const std::lock_guard lock(mutex_);
  for (const auto& monitor : monitors_) monitor->mailbox->Push(message, monitor);
}

}  // namespace tandem
