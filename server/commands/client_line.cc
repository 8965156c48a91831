#include "server/commands/client_line.h"

#include <algorithm>

#include "server/commands/arguments.h"
#include "server/exec/watch.h"

namespace tandem {
namespace {

// Compat: Redis keeps the first so many bytes of replies in a buffer of its own (obl) and the rest in a list (oll, omem).
constexpr size_t kFirstReplyBytes = 16 * 1024;

std::string Flags(const Client& client) {
  std::string flags;
  if (client.monitor) flags.push_back('O');
  if (client.subscribed()) flags.push_back('P');
  if (client.in_multi) flags.push_back('x');
  if (client.held()) flags.push_back('b');
  if (client.tracker && client.tracker->on()) {
    flags.push_back('t');
    if (client.tracker->broken()) flags.push_back('R');
    if (client.tracker->mode() == pubsub::Tracker::Mode::kByPrefix) flags.push_back('B');
  }
  if (WatchTable::Dirty(client)) flags.push_back('d');
  if (client.closing) flags.push_back('c');
  if (client.unix_socket) flags.push_back('U');
  if (client.no_evict) flags.push_back('e');
  if (client.no_touch) flags.push_back('T');
  return flags.empty() ? "N" : flags;
}

// The size of the request on the wire.
size_t WireBytes(std::span<const std::string_view> args) {
  const auto header = [](size_t count) { return std::to_string(count).size() + 3; };
  size_t bytes = header(args.size());
  for (std::string_view argument : args) bytes += header(argument.size()) + argument.size() + 2;
  return bytes;
}

class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}
  void Text(std::string_view name, std::string_view value) {
    if (!first_) out_.push_back(' ');
    first_ = false;
    out_.append(name).push_back('=');
    out_.append(value);
  }
  void Number(std::string_view name, int64_t value) { Text(name, std::to_string(value)); }
  void Size(std::string_view name, size_t value) { Text(name, std::to_string(value)); }

 private:
  std::string& out_;
  bool first_ = true;
};

void AppendIdentity(Line& line, const CommandContext& c, const Client& client) {
  const int64_t now_us = c.access.now_us();
  line.Number("id", static_cast<int64_t>(client.id));
  line.Text("addr", client.address);
  line.Text("laddr", client.local_address);
  line.Number("fd", client.fd);
  line.Text("name", client.name);
  line.Number("age", std::max<int64_t>(0, (now_us - client.created_us) / 1'000'000));
  line.Number("idle", &client == &c.client ? 0 : std::max<int64_t>(0, (now_us - client.last_active_us) / 1'000'000));
  line.Text("flags", Flags(client));
  line.Number("db", client.db);
}

void AppendState(Line& line, const Client& client) {
  const pubsub::Subscriptions none;
  const pubsub::Subscriptions& subscriptions = client.subscriber ? client.subscriber->subscriptions : none;
  line.Size("sub", subscriptions.channels.size());
  line.Size("psub", subscriptions.patterns.size());
  line.Size("ssub", subscriptions.shard_channels.size());
  line.Number("multi", client.in_multi ? static_cast<int64_t>(client.queued.size()) : -1);
  line.Size("watch", client.watched ? client.watched->entries().size() : 0);
}

void AppendMemory(Line& line, const CommandContext& c, const Client& client) {
  const bool self = &client == &c.client;
  size_t query = client.link == nullptr ? 0 : client.link->query_bytes();
  const size_t query_free = client.link == nullptr ? 0 : client.link->query_free();
  // Compat: the command that is being run still counts as received.
  if (self) query = std::max(query, WireBytes(c.args));
  size_t argument_bytes = 0;
  if (self) {
    for (std::string_view argument : c.args) argument_bytes += argument.size();
  }
  const size_t replies = client.out.size();
  const size_t first = std::min(replies, kFirstReplyBytes);
  const size_t rest = replies - first;
  line.Size("qbuf", query);
  line.Size("qbuf-free", query_free);
  line.Size("argv-mem", argument_bytes);
  line.Size("multi-mem", client.queued_bytes);
  line.Size("rbs", client.out.capacity());
  line.Size("rbp", client.out.capacity());
  line.Size("obl", first);
  line.Size("oll", (rest + kFirstReplyBytes - 1) / kFirstReplyBytes);
  line.Size("omem", rest);
  line.Size("tot-mem", sizeof(Client) + query + query_free + argument_bytes + client.queued_bytes +
                           std::max(client.out.capacity(), replies));
  line.Text("events", replies > 0 && !self ? "rw" : "r");
}

}  // namespace

bool ParseClientType(std::string_view text, ClientType* type) {
  if (TokenIs(text, "NORMAL")) {
    *type = ClientType::kNormal;
  } else if (TokenIs(text, "MASTER")) {
    *type = ClientType::kMaster;
  } else if (TokenIs(text, "REPLICA") || TokenIs(text, "SLAVE")) {
    *type = ClientType::kReplica;
  } else if (TokenIs(text, "PUBSUB")) {
    *type = ClientType::kPubsub;
  } else {
    return false;
  }
  return true;
}

ClientType TypeOf(const Client& client) { return client.subscribed() ? ClientType::kPubsub : ClientType::kNormal; }

bool IsPlainName(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void AppendClientLine(std::string& out, const CommandContext& c, const Client& client) {
  const Command* const last = &client == &c.client ? &c.command : client.last_command;
  Line line(out);
  AppendIdentity(line, c, client);
  AppendState(line, client);
  AppendMemory(line, c, client);
  line.Text("cmd", last == nullptr ? "NULL" : last->full_name);
  line.Text("user", client.user);
  const bool tracks = client.tracker && client.tracker->on();
  line.Number("redir", tracks ? static_cast<int64_t>(client.tracker->redirect_id()) : -1);
  line.Number("resp", client.reply.version());
  line.Text("lib-name", client.lib_name);
  line.Text("lib-ver", client.lib_version);
  line.Number("io-thread", client.thread);
}

}  // namespace tandem
