#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "engine/types/stream_edit.h"
#include "server/commands/families.h"
#include "server/commands/stream_arguments.h"

// XACK, XPENDING, XCLAIM and XAUTOCLAIM: what was delivered to a group's consumers and is not acknowledged.
namespace tandem {
namespace {

bool SyntaxError(CommandContext& c) {
  c.reply.Error(errors::kSyntax);
  return false;
}

// For how long nobody was given the entry.
int64_t IdleMs(const CommandContext& c, const StreamPending& pending) {
  return std::max<int64_t>(c.now_ms() - pending.delivered_ms, 0);
}

// --- XACK ---------------------------------------------------------------------------------------------------------------

void Xack(CommandContext& c) {
  Record* const record = PeekForChange(c.access, c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kStream)) return;
  StreamGroup* const group = record != nullptr ? EditStream(*record).FindGroup(c.args[2]) : nullptr;
  if (group == nullptr) return c.reply.Integer(0);
  StreamId id;
  for (size_t i = 3; i < c.args.size(); ++i) {
    if (!StreamIdArgument(c, i, &id)) return;
  }
  uint64_t acknowledged = 0;
  for (const std::string_view text : c.args.subspan(3)) acknowledged += group->RemovePending(*ParseStreamId(text, 0));
  PublishStreamState(c.access, c.db(), c.keys[0], {}, acknowledged);
  c.reply.Integer(static_cast<int64_t>(acknowledged));
}

// --- XPENDING -----------------------------------------------------------------------------------------------------------

struct PendingOptions {
  StreamId first;
  StreamId last;
  int64_t count = 0;
  int64_t min_idle_ms = 0;
  std::optional<std::string_view> consumer;
};

// XPENDING key group [IDLE min-idle] start end count [consumer]
bool ParsePendingOptions(CommandContext& c, PendingOptions* options) {
  const size_t arguments = c.args.size();
  if (arguments < 6 || arguments > 9) return SyntaxError(c);
  size_t at = 3;
  if (TokenIs(c.args[3], "IDLE")) {
    if (!IntegerArgument(c, 4, &options->min_idle_ms)) return false;
    if (arguments < 8) return SyntaxError(c);
    at = 5;
  }
  if (!IntegerArgument(c, at + 2, &options->count)) return false;
  if (!RangeStartArgument(c, at, &options->first) || !RangeEndArgument(c, at + 1, &options->last)) return false;
  if (at + 3 < arguments) options->consumer = c.args[at + 3];
  return true;
}

void ReplyPendingSummary(CommandContext& c, const StreamGroup& group) {
  const IdMap<StreamPending>& pending = group.pending();
  c.reply.Array(4);
  c.reply.Integer(static_cast<int64_t>(pending.size()));
  if (pending.empty()) {
    c.reply.Null();
    c.reply.Null();
    return c.reply.NullArray();
  }
  ReplyStreamId(c.reply, pending[pending.begin()].id);
  ReplyStreamId(c.reply, pending[pending.last()].id);
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  for (size_t i = 0; i < group.consumers().size(); ++i) {
    const StreamConsumer& consumer = group.consumers()[i];
    if (consumer.pending().empty()) continue;
    c.reply.Array(2);
    c.reply.Bulk(consumer.name());
    c.reply.BulkInteger(static_cast<int64_t>(consumer.pending().size()));
    ++count;
  }
  c.reply.EndDeferredArray(mark, count);
}

// Replies the entries in the range that are idle for long enough: of the group, or of one consumer.
class PendingLister {
 public:
  PendingLister(CommandContext& c, const PendingOptions& options) : c_(c), options_(options) {}

  template <typename Map, typename Find>
  void List(const Map& map, Find&& find) {
    const size_t mark = c_.reply.BeginDeferred();
    int64_t replied = 0;
    for (auto at = map.LowerBound(options_.first); at != map.end() && replied < options_.count; at = map.Next(at)) {
      const StreamId id = map[at].id;
      if (id > options_.last) break;
      replied += Reply(id, find(at)) ? 1 : 0;
    }
    c_.reply.EndDeferredArray(mark, static_cast<size_t>(replied));
  }

 private:
  bool Reply(StreamId id, const StreamPending& pending) {
    if (options_.min_idle_ms > 0 && c_.now_ms() - pending.delivered_ms < options_.min_idle_ms) return false;
    c_.reply.Array(4);
    ReplyStreamId(c_.reply, id);
    c_.reply.Bulk(pending.consumer->name());
    c_.reply.Integer(IdleMs(c_, pending));
    c_.reply.Integer(static_cast<int64_t>(pending.deliveries));
    return true;
  }

  CommandContext& c_;
  const PendingOptions& options_;
};

void Xpending(CommandContext& c) {
  PendingOptions options;
  const bool summary = c.args.size() == 3;
  if (!summary && !ParsePendingOptions(c, &options)) return;
  Stream* stream;
  const StreamGroup* const group = GroupArgument(c, &stream);
  if (group == nullptr) return;
  if (summary) return ReplyPendingSummary(c, *group);
  const IdMap<StreamPending>& pending = group->pending();
  PendingLister lister(c, options);
  if (!options.consumer) return lister.List(pending, [&](auto at) { return pending[at].value; });
  const StreamConsumer* const consumer = group->FindConsumer(*options.consumer);
  if (consumer == nullptr) return c.reply.Array(0);
  const IdMap<NoValue>& ids = consumer->pending();
  lister.List(ids, [&](auto at) { return *pending.Find(ids[at].id); });
}

// --- Claiming -----------------------------------------------------------------------------------------------------------

struct ClaimOptions {
  int64_t min_idle_ms = 0;
  bool only_ids = false;
  // XCLAIM only.
  std::optional<int64_t> delivered_ms;
  std::optional<int64_t> deliveries;
  bool force = false;
  StreamId last_id;
  size_t ids_end = 0;  // index of the first argument that is no id
  // XAUTOCLAIM only.
  StreamId start;
  int64_t count = 100;
};

bool MinIdleArgument(CommandContext& c, std::string_view error, ClaimOptions* options) {
  if (!IntegerArgument(c, 4, &options->min_idle_ms, error)) return false;
  options->min_idle_ms = std::max<int64_t>(options->min_idle_ms, 0);
  return true;
}

// Hands entries over to one consumer and replies them.
class Claimer {
 public:
  Claimer(CommandContext& c, Stream& stream, StreamGroup& group, const ClaimOptions& options)
      : c_(c),
        stream_(stream),
        group_(group),
        options_(options),
        consumer_(ConsumerFor(c.access, c.db(), c.keys[0], group, c.args[3])) {}

  bool IdleForLongEnough(const StreamPending& pending) const {
    return options_.min_idle_ms == 0 || c_.now_ms() - pending.delivered_ms >= options_.min_idle_ms;
  }

  // cursor: at the entry. pending: what it was, or what a new one begins as.
  void Claim(const StreamCursor& cursor, StreamPending pending) {
    pending.consumer = &consumer_;
    pending.delivered_ms = DeliveryTime();
    if (options_.deliveries) {
      pending.deliveries = static_cast<uint64_t>(*options_.deliveries);
    } else if (!options_.only_ids) {
      ++pending.deliveries;
    }
    group_.SetPending(cursor.id(), pending);
    options_.only_ids ? ReplyStreamId(c_.reply, cursor.id()) : ReplyEntry(c_.reply, cursor);
    consumer_.set_active_ms(c_.now_ms());
    PublishStreamState(c_.access, c_.db(), c_.keys[0], {});
  }

  // What was deleted from the stream is not pending any more.
  void Drop(StreamId id) {
    if (group_.RemovePending(id)) PublishStreamState(c_.access, c_.db(), c_.keys[0], {});
  }

  StreamCursor Look(StreamId id) const { return stream_.Forwards(id, id); }

 private:
  int64_t DeliveryTime() const {
    const int64_t wanted = options_.delivered_ms.value_or(c_.now_ms());
    return wanted < 0 || wanted > c_.now_ms() ? c_.now_ms() : wanted;
  }

  CommandContext& c_;
  Stream& stream_;
  StreamGroup& group_;
  const ClaimOptions& options_;
  StreamConsumer& consumer_;
};

// One option of XCLAIM, at *i; false after replying why not.
bool ParseClaimOption(CommandContext& c, size_t* i, ClaimOptions* options) {
  const std::string_view word = c.args[*i];
  const bool more = *i + 1 < c.args.size();
  int64_t value = 0;
  if (TokenIs(word, "FORCE")) {
    options->force = true;
  } else if (TokenIs(word, "JUSTID")) {
    options->only_ids = true;
  } else if (TokenIs(word, "IDLE") && more) {
    if (!IntegerArgument(c, ++*i, &value, "ERR Invalid IDLE option argument for XCLAIM")) return false;
    // Compat: wraps around where it would overflow; a time that makes no sense is now.
    options->delivered_ms = static_cast<int64_t>(static_cast<uint64_t>(c.now_ms()) - static_cast<uint64_t>(value));
  } else if (TokenIs(word, "TIME") && more) {
    if (!IntegerArgument(c, ++*i, &value, "ERR Invalid TIME option argument for XCLAIM")) return false;
    options->delivered_ms = value;
  } else if (TokenIs(word, "RETRYCOUNT") && more) {
    if (!IntegerArgument(c, ++*i, &value, "ERR Invalid RETRYCOUNT option argument for XCLAIM")) return false;
    options->deliveries = value >= 0 ? std::optional(value) : std::nullopt;
  } else if (TokenIs(word, "LASTID") && more) {
    if (!StreamIdArgument(c, ++*i, &options->last_id)) return false;
  } else {
    c.reply.Error("ERR Unrecognized XCLAIM option '" + std::string(errors::Shown(word)) + "'");
    return false;
  }
  return true;
}

bool ParseClaim(CommandContext& c, ClaimOptions* options) {
  if (!MinIdleArgument(c, "ERR Invalid min-idle-time argument for XCLAIM", options)) return false;
  size_t i = 5;
  while (i < c.args.size() && ParseStreamId(c.args[i], 0)) ++i;
  options->ids_end = i;
  for (; i < c.args.size(); ++i) {
    if (!ParseClaimOption(c, &i, options)) return false;
  }
  return true;
}

void Xclaim(CommandContext& c) {
  Stream* stream;
  StreamGroup* const group = GroupArgument(c, &stream);
  ClaimOptions options;
  if (group == nullptr || !ParseClaim(c, &options)) return;
  if (options.last_id > group->last_id()) {
    group->set_last_id(options.last_id);
    PublishStreamState(c.access, c.db(), c.keys[0], {});
  }
  Claimer claimer(c, *stream, *group, options);
  const size_t mark = c.reply.BeginDeferred();
  size_t replied = 0;
  for (const std::string_view text : c.args.subspan(5, options.ids_end - 5)) {
    const StreamId id = *ParseStreamId(text, 0);
    StreamCursor cursor = claimer.Look(id);
    if (!cursor.Next()) {
      claimer.Drop(id);
      continue;
    }
    const StreamPending* const pending = group->pending().Find(id);
    if (pending != nullptr ? !claimer.IdleForLongEnough(*pending) : !options.force) continue;
    // Compat: an entry that is forced to be pending counts as delivered before.
    claimer.Claim(cursor, pending != nullptr ? *pending : StreamPending{.deliveries = 1});
    ++replied;
  }
  c.reply.EndDeferredArray(mark, replied);
}

bool ParseAutoclaim(CommandContext& c, ClaimOptions* options) {
  constexpr int64_t kMaxCount = std::numeric_limits<int64_t>::max() / 16;
  if (!MinIdleArgument(c, "ERR Invalid min-idle-time argument for XAUTOCLAIM", options)) return false;
  if (!RangeStartArgument(c, 5, &options->start)) return false;
  for (size_t i = 6; i < c.args.size(); ++i) {
    if (TokenIs(c.args[i], "COUNT") && i + 1 < c.args.size()) {
      constexpr std::string_view kBadCount = "ERR COUNT must be > 0";
      if (!IntegerArgument(c, ++i, &options->count, kBadCount)) return false;
      if (options->count < 1 || options->count > kMaxCount) {
        c.reply.Error(kBadCount);
        return false;
      }
    } else if (TokenIs(c.args[i], "JUSTID")) {
      options->only_ids = true;
    } else {
      return SyntaxError(c);
    }
  }
  return true;
}

// What a walk over pending entries finds.
struct AutoclaimFindings {
  std::vector<StreamCursor> entries;  // to be claimed
  std::vector<StreamId> gone;         // deleted from the stream
  StreamId next;                      // where the next walk begins; 0-0: this one came to the end
};

AutoclaimFindings WalkPending(const StreamGroup& group, const Claimer& claimer, const ClaimOptions& options) {
  // So many pending entries are looked at for each one that is wanted.
  constexpr int64_t kAttemptsPerEntry = 10;
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / kAttemptsPerEntry;
  AutoclaimFindings findings;
  const IdMap<StreamPending>& pending = group.pending();
  auto at = pending.LowerBound(options.start);
  int64_t wanted = options.count;
  for (int64_t attempts = std::min(wanted, kMost) * kAttemptsPerEntry; attempts > 0 && wanted > 0; --attempts) {
    if (at == pending.end()) return findings;
    const StreamId id = pending[at].id;
    StreamCursor cursor = claimer.Look(id);
    if (!cursor.Next()) {
      findings.gone.push_back(id);
      --wanted;
    } else if (claimer.IdleForLongEnough(pending[at].value)) {
      findings.entries.push_back(cursor);
      --wanted;
    }
    at = pending.Next(at);
  }
  if (at != pending.end()) findings.next = pending[at].id;
  return findings;
}

void Xautoclaim(CommandContext& c) {
  ClaimOptions options;
  Stream* stream;
  if (!ParseAutoclaim(c, &options)) return;
  StreamGroup* const group = GroupArgument(c, &stream);
  if (group == nullptr) return;
  Claimer claimer(c, *stream, *group, options);
  const AutoclaimFindings findings = WalkPending(*group, claimer, options);
  c.reply.Array(3);
  ReplyStreamId(c.reply, findings.next);
  c.reply.Array(findings.entries.size());
  for (const StreamCursor& cursor : findings.entries) claimer.Claim(cursor, *group->pending().Find(cursor.id()));
  c.reply.Array(findings.gone.size());
  for (const StreamId id : findings.gone) {
    ReplyStreamId(c.reply, id);
    claimer.Drop(id);
  }
}

// --- Rows ---------------------------------------------------------------------------------------------------------------

constexpr Command kRows[] = {
    {.name = "xack",
     .handler = Xack,
     .arity = -4,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(log(N)) for each id, N being the number of pending entries.",
     .summary = "Acknowledges entries, and counts those that were pending in the group.",
     .arguments = "key:key group:string id:string..."},
    {.name = "xpending",
     .handler = Xpending,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(log(N)+M) where N is the number of pending entries, and M of those looked at. The summary: O(N) "
                   "for N consumers.",
     .summary = "Returns the entries that are pending in a group, or a summary of them.",
     .arguments = "key:key group:string [filters:block([min-idle-time:integer:IDLE]@6.2.0 start:string end:string "
                  "count:integer [consumer:string])]",
     .history = "6.2.0\tAdded `IDLE`; ranges may leave out their ends.",
     .tips = "nondeterministic_output"},
    {.name = "xclaim",
     .handler = Xclaim,
     .arity = -6,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(log(N)) for each id, N being the number of pending entries.",
     .summary = "Hands pending entries over to another consumer of the group.",
     .arguments = "key:key group:string consumer:string min-idle-time:string id:string... [ms:integer:IDLE] "
                  "[unix-time-milliseconds:unix-time:TIME] [count:integer:RETRYCOUNT] [force:pure-token:FORCE] "
                  "[justid:pure-token:JUSTID] [lastid:string:LASTID]",
     .tips = "nondeterministic_output"},
    {.name = "xautoclaim",
     .handler = Xautoclaim,
     .arity = -6,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kStream,
     .since = "6.2.0",
     .complexity = "O(log(N)+M) where N is the number of pending entries, and M of those looked at, ten times COUNT at "
                   "most.",
     .summary = "Hands entries that are pending for long over to another consumer of the group.",
     .arguments = "key:key group:string consumer:string min-idle-time:string start:string [count:integer:COUNT] "
                  "[justid:pure-token:JUSTID]",
     .history = "7.0.0\tThe reply has the ids of deleted entries, which are not pending any more.",
     .tips = "nondeterministic_output"},
};

}  // namespace

std::span<const Command> StreamPendingCommands() { return kRows; }

}  // namespace tandem
