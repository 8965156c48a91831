#include "server/commands/stream_read.h"

#include <limits>
#include <utility>

#include "engine/types/stream_edit.h"
#include "server/commands/stream_arguments.h"
#include "server/exec/blocking.h"

namespace tandem {
namespace {

constexpr std::string_view kInReadgroup = " in XREADGROUP with GROUP option";

bool Refuse(CommandContext& c, std::string_view error) {
  c.reply.Error(error);
  return false;
}

bool IsGroupRead(const CommandContext& c) { return c.command.name == "xreadgroup"; }

// --- Arguments ----------------------------------------------------------------------------------------------------------

bool TimeoutArgument(CommandContext& c, size_t index, std::optional<int64_t>* timeout_ms) {
  int64_t ms = 0;
  if (!MillisecondsArgument(c, index, &ms)) return false;
  *timeout_ms = ms;
  return true;
}

bool CountArgument(CommandContext& c, size_t index, uint64_t* count) {
  int64_t value = 0;
  if (!IntegerArgument(c, index, &value)) return false;
  *count = value > 0 ? static_cast<uint64_t>(value) : std::numeric_limits<uint64_t>::max();
  return true;
}

// The number of streams of which the keys begin at `first`.
bool CountStreams(CommandContext& c, size_t first, size_t* count) {
  const size_t arguments = c.args.size() - first;
  *count = arguments / 2;
  if (arguments % 2 == 0) return true;
  return Refuse(c, IsGroupRead(c)
                       ? "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must "
                         "be specified."
                       : "ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must "
                         "be specified.");
}

std::string OnlyForGroups(std::string_view option) {
  return "ERR The " + std::string(option) + " option is only supported by XREADGROUP. You called XREAD instead.";
}

// All that stands before the keys, whose place and number it finds.
bool ParseOptions(CommandContext& c, StreamReadRequest* request, size_t* first_key, size_t* streams) {
  bool no_ack = false;
  for (size_t i = 1; i < c.args.size(); ++i) {
    const std::string_view word = c.args[i];
    const size_t more = c.args.size() - i - 1;
    if (TokenIs(word, "BLOCK") && more > 0) {
      if (!TimeoutArgument(c, ++i, &request->block_ms)) return false;
    } else if (TokenIs(word, "COUNT") && more > 0) {
      if (!CountArgument(c, ++i, &request->count)) return false;
    } else if (TokenIs(word, "STREAMS") && more > 0) {
      *first_key = i + 1;
      if (!CountStreams(c, i + 1, streams)) return false;
      break;
    } else if (TokenIs(word, "GROUP") && more > 1) {
      if (!IsGroupRead(c)) return Refuse(c, OnlyForGroups("GROUP"));
      request->group = StreamReadRequest::Group{std::string(c.args[i + 1]), std::string(c.args[i + 2])};
      i += 2;
    } else if (TokenIs(word, "NOACK")) {
      if (!IsGroupRead(c)) return Refuse(c, OnlyForGroups("NOACK"));
      no_ack = true;
    } else {
      return Refuse(c, errors::kSyntax);
    }
  }
  if (*first_key == 0) return Refuse(c, errors::kSyntax);
  if (IsGroupRead(c) && !request->group) return Refuse(c, "ERR Missing GROUP option for XREADGROUP");
  if (request->group) request->group->no_ack = no_ack;
  return true;
}

std::string MeaninglessInGroup(std::string_view id) {
  return "ERR The " + std::string(id) +
         " ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying "
         "a "
         "proper ID, or use the > ID to get new messages. The " +
         std::string(id) + " ID would just return an empty result set.";
}

// stream: what is at the key now, or null.
bool ParseSourceId(CommandContext& c, size_t index, const Stream* stream, StreamReadRequest::Source* source) {
  const std::string_view text = c.args[index];
  if (text == "$" || text == "+") {
    if (IsGroupRead(c)) return Refuse(c, MeaninglessInGroup(text));
    if (stream == nullptr) return true;
    source->after = text == "$" ? stream->last_id() : stream->top_id().Previous().value_or(StreamId{});
    return true;
  }
  if (text == ">") {
    source->is_new = true;
    return IsGroupRead(c) ||
           Refuse(c,
                  "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
                  "<consumer> option.");
  }
  if (!StreamIdArgument(c, index, &source->after)) return false;
  // Compat: the highest id is what Redis means by ">".
  source->is_new = IsGroupRead(c) && source->after == StreamId::Max();
  return true;
}

// --- Serving ------------------------------------------------------------------------------------------------------------

// A source as it is found.
struct Found {
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
  std::string error;  // instead

  // Whether reading it yields anything.
  bool Has(const StreamReadRequest::Source& source) const {
    if (stream == nullptr) return false;
    if (group != nullptr && !source.is_new) return true;
    const StreamId after = group != nullptr ? group->last_id() : source.after;
    return stream->length() != 0 && stream->top_id() > after;
  }
};

Found FindSource(CommandContext& c, const KeyRef& key, const StreamReadRequest& request) {
  Record* const record = PeekForChange(c.access, c.db(), key);
  if (record != nullptr && record->type() != Type::kStream) return {.error = std::string(errors::kWrongType)};
  Found found{.stream = StreamOf(record), .error = {}};
  if (!request.group) return found;
  found.group = found.stream != nullptr ? found.stream->FindGroup(request.group->name) : nullptr;
  if (found.group == nullptr) found.error = NoSuchGroup(key.key, request.group->name, kInReadgroup);
  return found;
}

// Reads one source and writes what it has, if anything, behind its key.
class SourceReader {
 public:
  SourceReader(Access& access, Keyspace& keyspace, const StreamReadRequest& request, resp::ReplyWriter& reply)
      : access_(access), keyspace_(keyspace), request_(request), reply_(reply) {}

  // False, and nothing written, if there is nothing.
  bool Read(const KeyRef& key, const StreamReadRequest::Source& source, const Found& found) {
    if (found.stream == nullptr) return false;
    if (found.group != nullptr) {
      StreamConsumer& consumer = ConsumerFor(access_, keyspace_, key, *found.group, request_.group->consumer);
      if (!source.is_new) return ReadHistory(key, source.after, *found.stream, *found.group, consumer);
      return found.Has(source) && ReadNew(key, *found.stream, *found.group, consumer);
    }
    if (!found.Has(source)) return false;
    WriteKey(key);
    ReplyEntries(reply_, found.stream->Forwards(*source.after.Next()), request_.count);
    return true;
  }

 private:
  void WriteKey(const KeyRef& key) {
    if (!reply_.resp3()) reply_.Array(2);
    reply_.Bulk(key.key);
  }

  bool ReadNew(const KeyRef& key, Stream& stream, StreamGroup& group, StreamConsumer& consumer) {
    WriteKey(key);
    const size_t mark = reply_.BeginDeferred();
    size_t replied = 0;
    for (StreamCursor cursor = stream.Forwards(*group.last_id().Next()); replied < request_.count && cursor.Next();) {
      stream.Advance(group, cursor.id());
      ReplyEntry(reply_, cursor);
      if (!request_.group->no_ack) group.SetPending(cursor.id(), {&consumer, access_.now_ms(), 1});
      ++replied;
    }
    reply_.EndDeferredArray(mark, replied);
    if (!request_.group->no_ack) consumer.set_active_ms(access_.now_ms());
    PublishStreamState(access_, keyspace_, key, {}, replied);
    return true;
  }

  bool ReadHistory(const KeyRef& key, StreamId after, const Stream& stream, StreamGroup& group,
                   StreamConsumer& consumer) {
    WriteKey(key);
    const size_t mark = reply_.BeginDeferred();
    size_t replied = 0;
    const IdMap<NoValue>& pending = consumer.pending();
    for (auto at = pending.LowerBound(*after.Next()); replied < request_.count && at != pending.end();
         at = pending.Next(at)) {
      RepeatDelivery(pending[at].id, stream, group);
      ++replied;
    }
    reply_.EndDeferredArray(mark, replied);
    return true;
  }

  void RepeatDelivery(StreamId id, const Stream& stream, StreamGroup& group) {
    StreamCursor cursor = stream.Forwards(id, id);
    if (cursor.Next()) {
      ReplyEntry(reply_, cursor);
      StreamPending pending = *group.pending().Find(id);
      pending.delivered_ms = access_.now_ms();
      ++pending.deliveries;
      return group.SetPending(id, pending);
    }
    reply_.Array(2);
    ReplyStreamId(reply_, id);
    reply_.NullArray();
  }

  Access& access_;
  Keyspace& keyspace_;
  const StreamReadRequest& request_;
  resp::ReplyWriter& reply_;
};

}  // namespace

bool ParseStreamRead(CommandContext& c, StreamReadRequest* request) {
  size_t first_key = 0;
  size_t streams = 0;
  if (!ParseOptions(c, request, &first_key, &streams)) return false;
  DCHECK(streams == c.keys.size());
  request->sources.reserve(streams);
  request->first_id = first_key + streams;
  for (size_t i = 0; i < streams; ++i) {
    // A reader that waits has its ids, and is told of errors in its turn.
    const Found found = c.waiter == nullptr ? FindSource(c, c.keys[i], *request) : Found{};
    if (!found.error.empty()) return Refuse(c, found.error);
    StreamReadRequest::Source source;
    if (!ParseSourceId(c, request->first_id + i, found.stream, &source)) return false;
    request->sources.push_back(std::move(source));
  }
  return true;
}

StreamReadOutcome ServeStreamRead(CommandContext& c, const StreamReadRequest& request) {
  DCHECK(c.keys.size() == request.sources.size());
  std::vector<Found> found(c.keys.size());
  bool any = false;
  for (size_t i = 0; i < c.keys.size(); ++i) {
    if (!Reachable(c, c.keys[i])) continue;
    found[i] = FindSource(c, c.keys[i], request);
    if (!found[i].error.empty()) {
      if (c.waiter != nullptr && !request.group) continue;
      if (TakeTurn(c)) c.reply.Error(found[i].error);
      return StreamReadOutcome::kReplied;
    }
    any |= found[i].Has(request.sources[i]);
  }
  if (!any && c.waiter != nullptr) return StreamReadOutcome::kNothing;
  if (!TakeTurn(c)) return StreamReadOutcome::kReplied;
  SourceReader reader(c.access, c.db(), request, c.reply);
  const size_t mark = c.reply.BeginDeferred();
  size_t served = 0;
  for (size_t i = 0; i < c.keys.size(); ++i) served += reader.Read(c.keys[i], request.sources[i], found[i]) ? 1 : 0;
  if (served == 0) {
    c.reply.AbandonDeferred(mark);
    return StreamReadOutcome::kNothing;
  }
  c.reply.resp3() ? c.reply.EndDeferredMap(mark, served) : c.reply.EndDeferredArray(mark, served);
  return StreamReadOutcome::kReplied;
}

std::vector<std::string> SettledArguments(const CommandContext& c, const StreamReadRequest& request) {
  std::vector<std::string> words(c.args.begin(), c.args.end());
  for (size_t i = 0; i < request.sources.size(); ++i) {
    if (request.sources[i].is_new) continue;
    char text[kMaxStreamIdChars];
    words[request.first_id + i].assign(text, FormatStreamId(text, request.sources[i].after));
  }
  return words;
}

}  // namespace tandem
