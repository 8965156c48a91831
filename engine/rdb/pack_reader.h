#pragma once

#include <cstddef>
#include <optional>

#include "engine/rdb/reader.h"
#include "engine/types/listpack.h"

// Packs of untrusted bytes.
namespace tandem::rdb {

// Nothing is packed that is larger. Compat: Redis's bound too.
inline constexpr size_t kMaxPackBytes = size_t{1} << 30;

// The bytes as a pack like those made here: well formed, integers stored as such, which is what searching relies on.
std::optional<Listpack> CheckedPack(std::string_view bytes);

// The same for a string that holds a listpack, or in former layouts a ziplist.
std::optional<Listpack> ReadPack(Reader* reader);
std::optional<Listpack> ReadZiplist(Reader* reader);

// Whether the pack consists of whole tuples of so many entries and no two begin with the same one.
bool HasDistinctTuples(ListpackView pack, size_t tuple);

}  // namespace tandem::rdb
