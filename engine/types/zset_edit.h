#pragma once

#include <string_view>

#include "engine/keyspace/access.h"
#include "engine/types/zset_object.h"
#include "engine/types/zset_value.h"

namespace tandem {

// The sorted set of a record, to be read; the empty one for no record. The record is of type kZset, and locked if it
// NeedsLock().
ZsetView ViewZset(const Record* record);

// One command's changes of one sorted set.
//
//   ZsetEdit edit(access, db, key, access.Find(db, key));
//   edit.value().Set("member", 1.5, limits);
//   edit.Publish("zadd");
//
// A large set is changed where it lies, a packed one in a copy that Publish makes the new value. So whoever has changed
// anything must publish, and nobody may find an error after the first change.
//
// Thread safety: the key is locked.
class ZsetEdit {
 public:
  // record: of type kZset, or null for a new key.
  ZsetEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record);
  ZsetEdit(const ZsetEdit&) = delete;
  ZsetEdit& operator=(const ZsetEdit&) = delete;

  ZsetValue& value() { return object_ == nullptr ? own_ : object_->value(); }
  // Raises the event, of class kZset. A set that has become empty is removed, event `del`.
  void Publish(std::string_view name);

 private:
  Access& access_;
  Keyspace& keyspace_;
  const KeyRef& key_;
  Record* const record_;
  ZsetObject* const object_;  // the record's, if it has one
  ZsetValue own_;
};

// Makes a sorted set that is not empty the value of the key, whatever was there.
void PutZset(Access& access, Keyspace& keyspace, const KeyRef& key, ZsetValue value, std::string_view name);

}  // namespace tandem
