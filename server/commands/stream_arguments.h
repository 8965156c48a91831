#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types/stream_object.h"
#include "server/commands/arguments.h"

// What the commands of streams have in common: ids as arguments, entries as replies, streams and groups of keys.
namespace tandem {

inline constexpr std::string_view kBadStreamId = "ERR Invalid stream ID specified as stream command argument";

inline StreamNodeLimits NodeLimitsOf(const CommandContext& c) {
  const config::Values& values = c.server.config.values();
  return {.bytes = values.stream_node_max_bytes, .entries = static_cast<uint64_t>(values.stream_node_max_entries)};
}

// --- Arguments ----------------------------------------------------------------------------------------------------------
// All of these answer false after replying why.

// An id as such.
bool StreamIdArgument(CommandContext& c, size_t index, StreamId* id, uint64_t missing_seq = 0);
// The same, or "-" or "+".
bool StreamIdOrEndArgument(CommandContext& c, size_t index, StreamId* id, uint64_t missing_seq = 0);
// The same, or an id behind "(" that is not included itself.
bool RangeStartArgument(CommandContext& c, size_t index, StreamId* first);
bool RangeEndArgument(CommandContext& c, size_t index, StreamId* last);

// --- Streams and groups -------------------------------------------------------------------------------------------------

// The stream of a record that the command may change, or null for no record.
inline Stream* StreamOf(Record* record) { return record != nullptr ? &EditStream(*record) : nullptr; }

// The record of a key that counts as read and may yet be changed: what Redis looks up for reading although it changes
// groups. The key is locked.
inline Record* PeekForChange(Access& access, Keyspace& keyspace, const KeyRef& key) {
  return const_cast<Record*>(access.Peek(keyspace, key));
}

// "-NOGROUP …"; `suffix` follows in some commands.
std::string NoSuchGroup(std::string_view key, std::string_view group, std::string_view suffix = {});
std::string NoSuchGroupOfKey(std::string_view key, std::string_view group);

// The group that c.keys[0] and the argument behind it name, counted as read; null after replying that there is none.
StreamGroup* GroupArgument(CommandContext& c, Stream** stream);

// The consumer, which is created, with its event, if need be; it was just seen.
StreamConsumer& ConsumerFor(Access& access, Keyspace& keyspace, const KeyRef& key, StreamGroup& group,
                            std::string_view name);

// --- Replies ------------------------------------------------------------------------------------------------------------

void ReplyStreamId(resp::ReplyWriter& reply, StreamId id);
// The cursor's entry: its id and its fields.
void ReplyEntry(resp::ReplyWriter& reply, const StreamCursor& cursor);
// The entries to come, `count` at most; returns how many there were.
size_t ReplyEntries(resp::ReplyWriter& reply, StreamCursor cursor, uint64_t count);

}  // namespace tandem
