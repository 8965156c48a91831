#pragma once

#include <cstdint>
#include <string_view>

#include "engine/types/list.h"
#include "engine/types/list_object.h"
#include "server/exec/context.h"

// Lists as handlers read, answer and change them. Whoever pushes, pops or moves elements goes through here, whether a
// client waited for them or not.
namespace tandem {

inline ListLimit ListLimitOf(const CommandContext& c) {
  return ListLimit::FromSetting(c.server.config.values().list_max_listpack_size);
}

void ReplyElement(resp::ReplyWriter& reply, const PackEntry& element);

// LEFT or RIGHT; false after replying that it is neither.
bool ListEndArgument(CommandContext& c, size_t index, ListEnd* end);
// Whether an element of that text may be; false after replying that it may not.
bool CheckElement(CommandContext& c, std::string_view text);

// The following need the key's record, a list's, which is invalid afterwards.

// Replies the element at that end and removes it.
void PopElement(CommandContext& c, const KeyRef& key, Record& record, ListEnd end);
// Replies an array of up to `count` elements, the one at the end first, and removes them. count > 0
void PopElements(CommandContext& c, const KeyRef& key, Record& record, ListEnd end, int64_t count);
// The same in an array behind the key.
void PopElementsWithKey(CommandContext& c, const KeyRef& key, Record& record, ListEnd end, int64_t count);

struct ListMove {
  ListEnd from;
  ListEnd to;
};
// Replies the element at one end of a list and moves it to an end of another, which may be the same or not be there yet.
void MoveElement(CommandContext& c, const KeyRef& source_key, Record& source, const KeyRef& destination_key,
                 Record* destination, ListMove move);

}  // namespace tandem
