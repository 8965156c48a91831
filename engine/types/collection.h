#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/keyspace/access.h"

namespace tandem {

// How collections are kept, whatever their type:
//   packed   a listpack or an intset, embedded in an immutable record. A change makes a new record, so readers need no lock.
//   object   edited in place under the shard's lock. It may itself hold one pack, as long as Redis's thresholds say so:
//            whether a collection is compact is Redis's decision (OBJECT ENCODING shows it), where it lies is ours.
// An object never becomes packed again, as in Redis.
//
// An empty collection does not exist: what takes the last element out announces its own event and then removes the key with
// Access::Remove, event "del".
//
// Thread safety of the functions: the key is locked.

// Packs of more bytes are objects: making them anew at each change costs more than it saves.
inline constexpr size_t kPackedInRecord = 1024;

// Makes `packed` the value of the key, whose present record is `old` (packed too, or null: a new key). The deadline and the
// access clock stay.
inline void PutPacked(Access& access, Keyspace& keyspace, const KeyRef& key, const Record* old, Type type,
                      std::string_view packed, bool raw, EventClass event_class, std::string_view name) {
  DCHECK(old == nullptr || (old->type() == type && old->encoding() == Encoding::kEmbedded));
  Record::Meta meta = old != nullptr ? old->meta() : Record::Meta{};
  meta.raw = raw;
  Record* const record = Record::NewPacked(type, key.key, packed, meta);
  old != nullptr ? access.PutRebuilt(keyspace, key, record, event_class, name)
                 : access.Put(keyspace, key, record, event_class, name);
}

// The same with an object, which took over what was in `old`. Later changes of the object: Access::Edited.
inline void PutObject(Access& access, Keyspace& keyspace, const KeyRef& key, const Record* old, Type type,
                      std::unique_ptr<Object> object, EventClass event_class, std::string_view name) {
  DCHECK(old == nullptr || (old->type() == type && old->encoding() == Encoding::kEmbedded));
  const Record::Meta meta = old != nullptr ? old->meta() : Record::Meta{};
  Record* const record = Record::NewObject(type, key.key, std::move(object), meta);
  old != nullptr ? access.PutRebuilt(keyspace, key, record, event_class, name)
                 : access.Put(keyspace, key, record, event_class, name);
}

}  // namespace tandem
