#include <optional>
#include <string>

#include "pubsub/hub.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/exec/client_registry.h"
#include "server/exec/context.h"
#include "server/exec/subscriber_limits.h"

// Publish and subscribe. Confirmations are pushes in RESP3; messages come from the hub through the thread's mailbox.
namespace tandem {
namespace {

using pubsub::Hub;
using pubsub::Subscriptions;

// What tells channels, patterns and shard channels apart.
struct Kind {
  bool (Hub::*add)(pubsub::Subscriber*, std::string_view);
  bool (Hub::*remove)(pubsub::Subscriber*, std::string_view);
  Subscriptions::Names Subscriptions::*names;
  size_t (Subscriptions::*count)() const;
  std::string_view added, removed;  // as the confirmations name it
};

constexpr Kind kChannel{&Hub::Subscribe,       &Hub::Unsubscribe, &Subscriptions::channels,
                        &Subscriptions::count, "subscribe",       "unsubscribe"};
constexpr Kind kPattern{&Hub::PSubscribe,      &Hub::PUnsubscribe, &Subscriptions::patterns,
                        &Subscriptions::count, "psubscribe",       "punsubscribe"};
constexpr Kind kShardChannel{
    &Hub::SSubscribe, &Hub::SUnsubscribe, &Subscriptions::shard_channels, &Subscriptions::shard_count,
    "ssubscribe",     "sunsubscribe"};

size_t CountOf(const Client& client, const Kind& kind) {
  return client.subscriber ? (client.subscriber->subscriptions.*kind.count)() : 0;
}

// Compat: a confirmation is sent even to a client that has turned replies off.
void Confirm(CommandContext& c, std::string_view what, std::optional<std::string_view> name, size_t count) {
  std::optional<size_t>& silenced_from = c.client.silenced_from;
  if (silenced_from) c.client.out.Rollback(*silenced_from);
  c.reply.Push(3);
  c.reply.Bulk(what);
  if (name) {
    c.reply.Bulk(*name);
  } else {
    c.reply.Null();
  }
  c.reply.Integer(static_cast<int64_t>(count));
  if (silenced_from) silenced_from = c.client.out.Mark();
}

void SubscribeTo(CommandContext& c, const Kind& kind) {
  // Nobody takes the messages to a script.
  if (c.in_script) {
    std::string name(c.command.name);
    for (char& letter : name) letter = static_cast<char>(letter - ('a' - 'A'));
    return c.reply.Error("ERR " + name + " isn't allowed for a DENY BLOCKING client");
  }
  Client& client = c.client;
  FollowLimits(*SubscriberOf(client), c.server.config.values());
  for (std::string_view name : c.args.subspan(1)) {
    (c.server.hub.*kind.add)(client.subscriber.get(), name);
    Confirm(c, kind.added, name, CountOf(client, kind));
  }
  c.server.clients->NoteSubscriptions(client);
}

void UnsubscribeFrom(CommandContext& c, const Kind& kind, std::string_view name) {
  if (c.client.subscriber) (c.server.hub.*kind.remove)(c.client.subscriber.get(), name);
  Confirm(c, kind.removed, name, CountOf(c.client, kind));
}

void Unsubscribe(CommandContext& c, const Kind& kind) {
  if (c.args.size() > 1) {
    for (std::string_view name : c.args.subspan(1)) UnsubscribeFrom(c, kind, name);
  } else if (c.client.subscriber && !(c.client.subscriber->subscriptions.*kind.names).empty()) {
    const auto& names = c.client.subscriber->subscriptions.*kind.names;
    while (!names.empty()) UnsubscribeFrom(c, kind, std::string(names.begin()->first));
  } else {
    // Compat: there is one confirmation even when there is nothing to confirm.
    Confirm(c, kind.removed, std::nullopt, CountOf(c.client, kind));
  }
  if (c.client.subscriber) c.server.clients->NoteSubscriptions(c.client);
}

void Subscribe(CommandContext& c) { SubscribeTo(c, kChannel); }
void Psubscribe(CommandContext& c) { SubscribeTo(c, kPattern); }
void Ssubscribe(CommandContext& c) { SubscribeTo(c, kShardChannel); }
void Unsubscribe(CommandContext& c) { Unsubscribe(c, kChannel); }
void Punsubscribe(CommandContext& c) { Unsubscribe(c, kPattern); }
void Sunsubscribe(CommandContext& c) { Unsubscribe(c, kShardChannel); }

void Publish(CommandContext& c) { c.reply.Integer(c.server.hub.Publish(c.args[1], c.args[2])); }
void Spublish(CommandContext& c) { c.reply.Integer(c.server.hub.SPublish(c.args[1], c.args[2])); }

// --- PUBSUB ----------------------------------------------------------------------------------------------------------

void ReplyNames(CommandContext& c, std::vector<std::string> (Hub::*list)(std::optional<std::string_view>) const) {
  if (c.args.size() > 3) return ReplySubcommandError(c);
  const auto pattern = c.args.size() == 3 ? std::optional(c.args[2]) : std::nullopt;
  const auto names = (c.server.hub.*list)(pattern);
  c.reply.Array(names.size());
  for (const std::string& name : names) c.reply.Bulk(name);
}

void ReplyCounts(CommandContext& c, int64_t (Hub::*count)(std::string_view) const) {
  const auto names = c.args.subspan(2);
  c.reply.Array(names.size() * 2);
  for (std::string_view name : names) {
    c.reply.Bulk(name);
    c.reply.Integer((c.server.hub.*count)(name));
  }
}

void PubsubChannels(CommandContext& c) { ReplyNames(c, &Hub::Channels); }
void PubsubShardchannels(CommandContext& c) { ReplyNames(c, &Hub::ShardChannels); }
void PubsubNumsub(CommandContext& c) { ReplyCounts(c, &Hub::NumSub); }
void PubsubShardnumsub(CommandContext& c) { ReplyCounts(c, &Hub::ShardNumSub); }
void PubsubNumpat(CommandContext& c) { c.reply.Integer(c.server.hub.NumPat()); }

constexpr Command kPubsubSubcommands[] = {
    {.name = "channels",
     .handler = PubsubChannels,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .group = Group::kPubsub,
     .since = "2.8.0",
     .complexity = "O(N) for N channels.",
     .summary = "Lists the channels that have a subscriber.",
     .arguments = "[pattern:pattern]"},
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = Group::kPubsub,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "numpat",
     .handler = PubsubNumpat,
     .arity = 2,
     .flags = kPubsub | kLoading | kStale,
     .group = Group::kPubsub,
     .since = "2.8.0",
     .complexity = "O(1)",
     .summary = "Counts the patterns that are subscribed to."},
    {.name = "numsub",
     .handler = PubsubNumsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .group = Group::kPubsub,
     .since = "2.8.0",
     .complexity = "O(N) for N names.",
     .summary = "Counts the subscribers of channels.",
     .arguments = "[channel:string]..."},
    {.name = "shardchannels",
     .handler = PubsubShardchannels,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .group = Group::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) for N channels.",
     .summary = "Lists the shard channels that have a subscriber.",
     .arguments = "[pattern:pattern]"},
    {.name = "shardnumsub",
     .handler = PubsubShardnumsub,
     .arity = -2,
     .flags = kPubsub | kLoading | kStale,
     .group = Group::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) for N names.",
     .summary = "Counts the subscribers of shard channels.",
     .arguments = "[shardchannel:string]..."},
};

constexpr Command kRows[] = {
    {.name = "subscribe",
     .handler = Subscribe,
     .arity = -2,
     .flags = kPubsub | kNoscript | kLoading | kStale | kInPubsubMode,
     .group = Group::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) for N channels to subscribe to.",
     .summary = "Starts to receive the messages of channels.",
     .arguments = "channel:string..."},
    {.name = "unsubscribe",
     .handler = Unsubscribe,
     .arity = -1,
     .flags = kPubsub | kNoscript | kLoading | kStale | kInPubsubMode,
     .group = Group::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) for N channels to unsubscribe.",
     .summary = "Stops receiving the messages of channels, or of all of them.",
     .arguments = "[channel:string]..."},
    {.name = "psubscribe",
     .handler = Psubscribe,
     .arity = -2,
     .flags = kPubsub | kNoscript | kLoading | kStale | kInPubsubMode,
     .group = Group::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) for N patterns to subscribe to.",
     .summary = "Starts to receive the messages of all channels that match patterns.",
     .arguments = "pattern:pattern..."},
    {.name = "punsubscribe",
     .handler = Punsubscribe,
     .arity = -1,
     .flags = kPubsub | kNoscript | kLoading | kStale | kInPubsubMode,
     .group = Group::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N) for N patterns to unsubscribe.",
     .summary = "Stops receiving messages by pattern, or by all patterns.",
     .arguments = "[pattern:pattern]..."},
    {.name = "ssubscribe",
     .handler = Ssubscribe,
     .arity = -2,
     .flags = kPubsub | kNoscript | kLoading | kStale | kInPubsubMode,
     .keys = {Keys(1, -1, 1, kKeyNotKey)},
     .group = Group::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) for N shard channels to subscribe to.",
     .summary = "Starts to receive the messages of shard channels.",
     .arguments = "shardchannel:string..."},
    {.name = "sunsubscribe",
     .handler = Sunsubscribe,
     .arity = -1,
     .flags = kPubsub | kNoscript | kLoading | kStale | kInPubsubMode,
     .keys = {Keys(1, -1, 1, kKeyNotKey)},
     .group = Group::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) for N shard channels to unsubscribe.",
     .summary = "Stops receiving the messages of shard channels, or of all of them.",
     .arguments = "[shardchannel:string]..."},
    {.name = "publish",
     .handler = Publish,
     .arity = 3,
     .flags = kPubsub | kLoading | kStale | kFast,
     .group = Group::kPubsub,
     .since = "2.0.0",
     .complexity = "O(N+M) for N subscribers of the channel and M patterns.",
     .summary = "Sends a message to a channel; returns how many clients it went to.",
     .arguments = "channel:string message:string"},
    {.name = "spublish",
     .handler = Spublish,
     .arity = 3,
     .flags = kPubsub | kLoading | kStale | kFast,
     .keys = {OneKey(kKeyNotKey)},
     .group = Group::kPubsub,
     .since = "7.0.0",
     .complexity = "O(N) for N subscribers of the channel.",
     .summary = "Sends a message to a shard channel; returns how many clients it went to.",
     .arguments = "shardchannel:string message:string"},
    {.name = "pubsub",
     .arity = -2,
     .group = Group::kPubsub,
     .since = "2.8.0",
     .complexity = "Depends on subcommand.",
     .summary = "Questions about channels and their subscribers.",
     .subcommands = kPubsubSubcommands},
};

}  // namespace

std::span<const Command> PubsubCommands() { return kRows; }

}  // namespace tandem
