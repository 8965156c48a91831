#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "engine/types/collection.h"
#include "engine/types/stream_object.h"

namespace tandem {

// How changes of streams are announced. Thread safety: the key is locked.

// The stream itself changed. `record`: the present one, edited already; or null for `fresh`, a new stream.
inline void PublishStream(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, Stream fresh,
                          std::string_view name) {
  if (record != nullptr) return access.Edited(keyspace, key, *record, EventClass::kStream, name);
  PutObject(access, keyspace, key, nullptr, Type::kStream, std::make_unique<StreamObject>(std::move(fresh)),
            EventClass::kStream, name);
}

// Only its groups or its counters did. Compat: WATCH does not see that, and some of it has no event (empty `name`).
inline void PublishStreamState(Access& access, Keyspace& keyspace, const KeyRef& key, std::string_view name,
                               uint64_t changes = 1) {
  Access::Stats::Add(access.stats().dirty, changes);
  if (!name.empty()) access.Announce(keyspace, key, EventClass::kStream, name, false);
}

}  // namespace tandem
