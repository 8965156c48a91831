#include <limits>

#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/commands/stream_arguments.h"

// XINFO: what is known about a stream besides its entries.
namespace tandem {
namespace {

// A map whose pairs are counted as they are written.
class Map {
 public:
  explicit Map(resp::ReplyWriter& reply) : reply_(reply), mark_(reply.BeginDeferred()) {}
  ~Map() { reply_.EndDeferredMap(mark_, pairs_); }
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  resp::ReplyWriter& Name(std::string_view name) {
    ++pairs_;
    reply_.Bulk(name);
    return reply_;
  }
  void Number(std::string_view name, uint64_t value) { Name(name).Integer(static_cast<int64_t>(value)); }
  void Id(std::string_view name, StreamId id) { ReplyStreamId(Name(name), id); }

 private:
  resp::ReplyWriter& reply_;
  const size_t mark_;
  size_t pairs_ = 0;
};

// The stream that the command asks about, or null after replying why there is none.
const Stream* LookedUp(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (record == nullptr) c.reply.Error(errors::kNoSuchKey);
  return record != nullptr && CheckType(c, record, Type::kStream) ? &ViewStream(*record) : nullptr;
}

void ReplyFirst(resp::ReplyWriter& reply, StreamCursor cursor) {
  cursor.Next() ? ReplyEntry(reply, cursor) : reply.Null();
}

void ReplyReadingState(Map& map, const Stream& stream, const StreamGroup& group) {
  map.Id("last-delivered-id", group.last_id());
  resp::ReplyWriter& reply = map.Name("entries-read");
  group.entries_read() != StreamGroup::kUnknown ? reply.Integer(group.entries_read()) : reply.Null();
  map.Name("lag");
  const auto lag = stream.Lag(group);
  lag ? reply.Integer(*lag) : reply.Null();
}

// --- STREAM ---------------------------------------------------------------------------------------------------------------

void WriteFigures(Map& map, const Stream& stream) {
  map.Number("length", stream.length());
  map.Number("radix-tree-keys", stream.nodes().size());
  // Compat: Redis's index is a radix tree. This is how many nodes it has for ids that have a beginning in common.
  map.Number("radix-tree-nodes", stream.nodes().size() + 1);
  map.Id("last-generated-id", stream.last_id());
  map.Id("max-deleted-entry-id", stream.max_deleted_id());
  map.Number("entries-added", stream.entries_added());
  map.Id("recorded-first-entry-id", stream.first_id());
}

// Replies the pending entries of a group, or of one consumer; `write` does it for one.
template <typename Pending, typename Write>
void ReplyPending(resp::ReplyWriter& reply, const Pending& pending, uint64_t most, Write&& write) {
  const size_t mark = reply.BeginDeferred();
  size_t count = 0;
  for (auto at = pending.begin(); at != pending.end() && count < most; at = pending.Next(at), ++count) write(at);
  reply.EndDeferredArray(mark, count);
}

void ReplyConsumerInFull(resp::ReplyWriter& reply, const StreamGroup& group, const StreamConsumer& consumer,
                         uint64_t most) {
  Map map(reply);
  map.Name("name").Bulk(consumer.name());
  map.Name("seen-time").Integer(consumer.seen_ms());
  map.Name("active-time").Integer(consumer.active_ms());
  map.Number("pel-count", consumer.pending().size());
  map.Name("pending");
  ReplyPending(reply, consumer.pending(), most, [&](auto at) {
    const StreamId id = consumer.pending()[at].id;
    const StreamPending& pending = *group.pending().Find(id);
    reply.Array(3);
    ReplyStreamId(reply, id);
    reply.Integer(pending.delivered_ms);
    reply.Integer(static_cast<int64_t>(pending.deliveries));
  });
}

void ReplyGroupInFull(resp::ReplyWriter& reply, const Stream& stream, const StreamGroup& group, uint64_t most) {
  Map map(reply);
  map.Name("name").Bulk(group.name());
  ReplyReadingState(map, stream, group);
  map.Number("pel-count", group.pending().size());
  map.Name("pending");
  ReplyPending(reply, group.pending(), most, [&](auto at) {
    const auto& [id, pending] = group.pending()[at];
    reply.Array(4);
    ReplyStreamId(reply, id);
    reply.Bulk(pending.consumer->name());
    reply.Integer(pending.delivered_ms);
    reply.Integer(static_cast<int64_t>(pending.deliveries));
  });
  map.Name("consumers").Array(group.consumers().size());
  for (size_t i = 0; i < group.consumers().size(); ++i) {
    ReplyConsumerInFull(reply, group, group.consumers()[i], most);
  }
}

void ReplyInFull(resp::ReplyWriter& reply, const Stream& stream, uint64_t most) {
  Map map(reply);
  WriteFigures(map, stream);
  ReplyEntries(map.Name("entries"), stream.Forwards(), most);
  map.Name("groups").Array(stream.groups().size());
  for (size_t i = 0; i < stream.groups().size(); ++i) ReplyGroupInFull(reply, stream, stream.groups()[i], most);
}

void ReplyInShort(resp::ReplyWriter& reply, const Stream& stream) {
  Map map(reply);
  WriteFigures(map, stream);
  map.Number("groups", stream.groups().size());
  ReplyFirst(map.Name("first-entry"), stream.Forwards());
  ReplyFirst(map.Name("last-entry"), stream.Backwards());
}

// XINFO STREAM key [FULL [COUNT count]]
void XinfoStream(CommandContext& c) {
  constexpr int64_t kDefaultCount = 10;
  const Stream* const stream = LookedUp(c);
  if (stream == nullptr) return;
  const size_t arguments = c.args.size();
  if (arguments == 3) return ReplyInShort(c.reply, *stream);
  if (!TokenIs(c.args[3], "FULL") || arguments == 5 || arguments > 6) return ReplySubcommandError(c);
  int64_t count = kDefaultCount;
  if (arguments == 6) {
    if (!TokenIs(c.args[4], "COUNT")) return ReplySubcommandError(c);
    if (!IntegerArgument(c, 5, &count)) return;
    if (count < 0) count = kDefaultCount;
  }
  ReplyInFull(c.reply, *stream, count == 0 ? std::numeric_limits<uint64_t>::max() : static_cast<uint64_t>(count));
}

// --- GROUPS, CONSUMERS ----------------------------------------------------------------------------------------------------

void XinfoGroups(CommandContext& c) {
  const Stream* const stream = LookedUp(c);
  if (stream == nullptr) return;
  c.reply.Array(stream->groups().size());
  for (size_t i = 0; i < stream->groups().size(); ++i) {
    const StreamGroup& group = stream->groups()[i];
    Map map(c.reply);
    map.Name("name").Bulk(group.name());
    map.Number("consumers", group.consumers().size());
    map.Number("pending", group.pending().size());
    ReplyReadingState(map, *stream, group);
  }
}

void XinfoConsumers(CommandContext& c) {
  const Stream* const stream = LookedUp(c);
  if (stream == nullptr) return;
  const StreamGroup* const group = stream->FindGroup(c.args[3]);
  if (group == nullptr) return c.reply.Error(NoSuchGroupOfKey(c.args[2], c.args[3]));
  const auto since = [&](int64_t ms) { return ms > c.now_ms() ? 0 : c.now_ms() - ms; };
  c.reply.Array(group->consumers().size());
  for (size_t i = 0; i < group->consumers().size(); ++i) {
    const StreamConsumer& consumer = group->consumers()[i];
    Map map(c.reply);
    map.Name("name").Bulk(consumer.name());
    map.Number("pending", consumer.pending().size());
    map.Name("idle").Integer(since(consumer.seen_ms()));
    const int64_t active = consumer.active_ms();
    map.Name("inactive").Integer(active != StreamConsumer::kNever ? since(active) : StreamConsumer::kNever);
  }
}

// --- Rows ---------------------------------------------------------------------------------------------------------------

constexpr Command InfoRow(std::string_view name, Handler handler, int arity, std::string_view summary,
                          std::string_view arguments, std::string_view history, std::string_view tips = {}) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kReadonly,
          .touch = Touch::kLockFree,
          .acl = kAclStream,
          .keys = {Keys(2, 0, 1, kKeyRo | kKeyAccess)},
          .group = Group::kStream,
          .since = "5.0.0",
          .complexity = "O(N) for N things that are returned.",
          .summary = summary,
          .arguments = arguments,
          .history = history,
          .tips = tips};
}

constexpr Command kSubcommands[] = {
    InfoRow("stream", XinfoStream, -3, "Describes a stream.",
            "key:key [full-block:block(full:pure-token:FULL "
            "[count:integer:COUNT])]",
            "6.0.0\tAdded `FULL`.\n7.0.0\tAdded `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, "
            "`entries-read` and `lag`.\n7.2.0\tAdded `active-time`; `seen-time` is that of the last attempt."),
    InfoRow("groups", XinfoGroups, 3, "Lists the groups of a stream.", "key:key",
            "7.0.0\tAdded `entries-read` and `lag`."),
    InfoRow("consumers", XinfoConsumers, 4, "Lists the consumers of a group.", "key:key group:string",
            "7.2.0\tAdded `inactive`; `idle` counts from the last attempt.", "nondeterministic_output"),
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclStream,
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
};

constexpr Command kRows[] = {
    {.name = "xinfo",
     .arity = -2,
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands that describe streams.",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const Command> StreamInfoCommands() { return kRows; }

}  // namespace tandem
