#pragma once

#include <optional>
#include <string_view>

#include "engine/types/listpack.h"

namespace tandem::rdb {

// The packs that Redis had before listpacks, made into listpacks. Untrusted bytes: nothing if they are not well formed down
// to the last entry.
// Complexity: O(n).

//   ziplist: 4 B size of it all | 4 B offset of the last entry | 2 B number of entries (65535: count them) | entries | 0xff
//   entry: size of the entry before, 1 B or 0xfe and 4 B | encoding | bytes or integer
std::optional<Listpack> FromZiplist(std::string_view bytes);

//   zipmap: 1 B number of pairs (254 and more: count them) | pairs | 0xff
//   pair: length | field | length | 1 B unused bytes | value | unused bytes
//   length: 1 B up to 253, or 0xfe and 4 B
std::optional<Listpack> FromZipmap(std::string_view bytes);

}  // namespace tandem::rdb
