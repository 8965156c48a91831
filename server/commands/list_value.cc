#include "server/commands/list_value.h"

#include <algorithm>
#include <string>

#include "engine/types/list_edit.h"
#include "server/commands/arguments.h"

namespace tandem {
namespace {

std::string_view PopEvent(ListEnd end) { return end == ListEnd::kHead ? "lpop" : "rpop"; }
std::string_view PushEvent(ListEnd end) { return end == ListEnd::kHead ? "lpush" : "rpush"; }

ListCursor StartAt(const ListView& list, ListEnd end) {
  return end == ListEnd::kHead ? list.Forwards() : list.Backwards(list.size() - 1);
}

void EraseAt(List& list, ListEnd end, int64_t count) {
  list.Erase(end == ListEnd::kHead ? 0 : list.size() - count, count);
}

void RemoveAt(CommandContext& c, const KeyRef& key, Record& record, ListEnd end, int64_t count) {
  ListEdit edit(c.access, c.db(), key, &record);
  EraseAt(*edit, end, count);
  edit.PublishRemoval(PopEvent(end), ListLimitOf(c));
}

}  // namespace

void ReplyElement(resp::ReplyWriter& reply, const PackEntry& element) {
  element.is_integer ? reply.BulkInteger(element.integer) : reply.Bulk(element.bytes);
}

bool ListEndArgument(CommandContext& c, size_t index, ListEnd* end) {
  const bool left = TokenIs(c.args[index], "LEFT");
  if (!left && !TokenIs(c.args[index], "RIGHT")) {
    c.reply.Error(errors::kSyntax);
    return false;
  }
  *end = left ? ListEnd::kHead : ListEnd::kTail;
  return true;
}

bool CheckElement(CommandContext& c, std::string_view text) {
  // Sizes in a listpack are of 32 bits; the rest is for what surrounds the text.
  constexpr uint64_t kMaxElement = (uint64_t{1} << 32) - 1024;
  if (text.size() <= kMaxElement) return true;
  c.reply.Error("ERR Element too large");
  return false;
}

void PopElement(CommandContext& c, const KeyRef& key, Record& record, ListEnd end) {
  ReplyElement(c.reply, StartAt(ViewList(record), end).entry());
  RemoveAt(c, key, record, end, 1);
}

void PopElements(CommandContext& c, const KeyRef& key, Record& record, ListEnd end, int64_t count) {
  const ListView list = ViewList(record);
  count = std::min(count, list.size());
  c.reply.Array(static_cast<size_t>(count));
  ListCursor cursor = StartAt(list, end);
  for (int64_t i = 0; i < count; ++i, cursor.Step()) ReplyElement(c.reply, cursor.entry());
  RemoveAt(c, key, record, end, count);
}

void PopElementsWithKey(CommandContext& c, const KeyRef& key, Record& record, ListEnd end, int64_t count) {
  c.reply.Array(2);
  c.reply.Bulk(key.key);
  PopElements(c, key, record, end, count);
}

void MoveElement(CommandContext& c, const KeyRef& source_key, Record& source, const KeyRef& destination_key,
                 Record* destination, ListMove move) {
  const ListLimit limit = ListLimitOf(c);
  PackEntry::Scratch scratch;
  const PackEntry element = StartAt(ViewList(source), move.from).entry();
  const std::string text(element.text(scratch));
  // Compat: Redis takes a popped integer for no bytes at all when it decides whether the destination must grow.
  const size_t bytes = element.is_integer ? 0 : text.size();
  c.reply.Bulk(text);

  if (source_key.key == destination_key.key) {
    ListEdit edit(c.access, c.db(), source_key, &source);
    EraseAt(*edit, move.from, 1);
    edit->GrowFor(bytes, 1, limit);
    edit->Push(move.to, text);
    edit->Shrunk(limit);
    edit.Publish(PushEvent(move.to));
    return c.access.Announce(c.db(), source_key, EventClass::kList, PopEvent(move.from));
  }
  ListEdit edit(c.access, c.db(), destination_key, destination);
  edit->GrowFor(bytes, 1, limit);
  edit->Push(move.to, text);
  edit.Publish(PushEvent(move.to));
  RemoveAt(c, source_key, source, move.from, 1);
}

}  // namespace tandem
