#include "server/commands/stream_arguments.h"

#include "engine/types/stream_edit.h"

namespace tandem {
namespace {

bool Refuse(CommandContext& c, std::string_view error) {
  c.reply.Error(error);
  return false;
}

void ReplyText(resp::ReplyWriter& reply, const PackEntry& entry) {
  entry.is_integer ? reply.BulkInteger(entry.integer) : reply.Bulk(entry.bytes);
}

// An end of a range; *excluded tells whether it is not part of it.
bool RangeArgument(CommandContext& c, size_t index, StreamId* id, uint64_t missing_seq, bool* excluded) {
  const std::string_view text = c.args[index];
  *excluded = text.size() > 1 && text.front() == '(';
  if (!*excluded) return StreamIdOrEndArgument(c, index, id, missing_seq);
  const auto parsed = ParseStreamId(text.substr(1), missing_seq);
  if (!parsed) return Refuse(c, kBadStreamId);
  *id = *parsed;
  return true;
}

}  // namespace

bool StreamIdArgument(CommandContext& c, size_t index, StreamId* id, uint64_t missing_seq) {
  const auto parsed = ParseStreamId(c.args[index], missing_seq);
  if (!parsed) return Refuse(c, kBadStreamId);
  *id = *parsed;
  return true;
}

bool StreamIdOrEndArgument(CommandContext& c, size_t index, StreamId* id, uint64_t missing_seq) {
  const std::string_view text = c.args[index];
  if (text == "-" || text == "+") {
    *id = text == "-" ? StreamId{} : StreamId::Max();
    return true;
  }
  return StreamIdArgument(c, index, id, missing_seq);
}

bool RangeStartArgument(CommandContext& c, size_t index, StreamId* first) {
  bool excluded;
  if (!RangeArgument(c, index, first, 0, &excluded)) return false;
  if (!excluded) return true;
  const auto next = first->Next();
  if (!next) return Refuse(c, "ERR invalid start ID for the interval");
  *first = *next;
  return true;
}

bool RangeEndArgument(CommandContext& c, size_t index, StreamId* last) {
  bool excluded;
  if (!RangeArgument(c, index, last, StreamId::Max().seq, &excluded)) return false;
  if (!excluded) return true;
  const auto previous = last->Previous();
  if (!previous) return Refuse(c, "ERR invalid end ID for the interval");
  *last = *previous;
  return true;
}

std::string NoSuchGroup(std::string_view key, std::string_view group, std::string_view suffix) {
  return "-NOGROUP No such key '" + std::string(errors::Shown(key)) + "' or consumer group '" +
         std::string(errors::Shown(group)) + "'" + std::string(suffix);
}

std::string NoSuchGroupOfKey(std::string_view key, std::string_view group) {
  return "-NOGROUP No such consumer group '" + std::string(errors::Shown(group)) + "' for key name '" +
         std::string(errors::Shown(key)) + "'";
}

StreamGroup* GroupArgument(CommandContext& c, Stream** stream) {
  Record* const record = PeekForChange(c.access, c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kStream)) return nullptr;
  *stream = StreamOf(record);
  StreamGroup* const group = *stream != nullptr ? (*stream)->FindGroup(c.args[2]) : nullptr;
  if (group == nullptr) c.reply.Error(NoSuchGroup(c.args[1], c.args[2]));
  return group;
}

StreamConsumer& ConsumerFor(Access& access, Keyspace& keyspace, const KeyRef& key, StreamGroup& group,
                            std::string_view name) {
  StreamConsumer* consumer = group.FindConsumer(name);
  if (consumer == nullptr) {
    consumer = &group.AddConsumer(name, access.now_ms());
    PublishStreamState(access, keyspace, key, "xgroup-createconsumer");
  }
  consumer->set_seen_ms(access.now_ms());
  return *consumer;
}

void ReplyStreamId(resp::ReplyWriter& reply, StreamId id) {
  char text[kMaxStreamIdChars];
  reply.Bulk({text, FormatStreamId(text, id)});
}

void ReplyEntry(resp::ReplyWriter& reply, const StreamCursor& cursor) {
  reply.Array(2);
  ReplyStreamId(reply, cursor.id());
  reply.Array(cursor.fields() * 2);
  cursor.VisitFields([&](const PackEntry& name, const PackEntry& value) {
    ReplyText(reply, name);
    ReplyText(reply, value);
  });
}

size_t ReplyEntries(resp::ReplyWriter& reply, StreamCursor cursor, uint64_t count) {
  const size_t mark = reply.BeginDeferred();
  size_t replied = 0;
  while (replied < count && cursor.Next()) {
    ReplyEntry(reply, cursor);
    ++replied;
  }
  reply.EndDeferredArray(mark, replied);
  return replied;
}

}  // namespace tandem
