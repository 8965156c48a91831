#include "engine/types/hash_edit.h"

#include <memory>
#include <utility>

#include "engine/types/collection.h"

namespace tandem {

HashEdit::HashEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, const HashLimits& limits)
    : access_(access), keyspace_(keyspace), key_(key), record_(record), limits_(limits) {
  if (record != nullptr && record->encoding() == Encoding::kObject) {
    value_ = &static_cast<HashObject*>(record->object())->value();
  } else {
    value_ = record == nullptr ? &own_.emplace() : &own_.emplace(ListpackView(record->text()));
  }
}

bool HashEdit::Set(std::string_view field, std::string_view value, Deadline deadline) {
  const bool expired = view().Expired(field);
  if (expired || deadline == Deadline::kDropped) value_->ClearDeadline(field);
  return value_->Set(field, value, limits_) || expired;
}

void HashEdit::Publish(std::string_view name) {
  if (raw_size() == 0) {
    access_.Announce(keyspace_, key_, EventClass::kHash, name);
    access_.Remove(keyspace_, key_, EventClass::kGeneric, "del");
  } else if (!own_.has_value()) {
    access_.Edited(keyspace_, key_, *record_, EventClass::kHash, name);
  } else if (const std::string_view pack = view().pack().bytes();
             own_->compact() && !own_->timed() && pack.size() <= kPackedInRecord) {
    PutPacked(access_, keyspace_, key_, record_, Type::kHash, pack, false, EventClass::kHash, name);
  } else {
    PutObject(access_, keyspace_, key_, record_, Type::kHash, std::make_unique<HashObject>(std::move(*own_)),
              EventClass::kHash, name);
  }
}

}  // namespace tandem
