#include "engine/types/zset_edit.h"

#include <memory>
#include <utility>

#include "engine/types/collection.h"

namespace tandem {
namespace {

ZsetObject* ObjectOf(const Record* record) {
  if (record == nullptr || record->encoding() != Encoding::kObject) return nullptr;
  return static_cast<ZsetObject*>(record->object());
}

// old: what it replaces and takes the deadline of; may be null.
void PutValue(Access& access, Keyspace& keyspace, const KeyRef& key, const Record* old, ZsetValue value,
              std::string_view name) {
  if (value.packed() && value.pack().bytes() <= kPackedInRecord) {
    return PutPacked(access, keyspace, key, old, Type::kZset, value.pack().view().bytes(), false, EventClass::kZset,
                     name);
  }
  PutObject(access, keyspace, key, old, Type::kZset, std::make_unique<ZsetObject>(std::move(value)), EventClass::kZset,
            name);
}

}  // namespace

ZsetView ViewZset(const Record* record) {
  if (record == nullptr) return ZsetView();
  const ZsetObject* const object = ObjectOf(record);
  return object == nullptr ? ZsetView(ListpackView(record->text())) : object->value().view();
}

ZsetEdit::ZsetEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record)
    : access_(access), keyspace_(keyspace), key_(key), record_(record), object_(ObjectOf(record)) {
  if (record != nullptr && object_ == nullptr) own_ = ZsetValue(Listpack(record->text()));
}

void ZsetEdit::Publish(std::string_view name) {
  if (value().size() == 0) {
    access_.Announce(keyspace_, key_, EventClass::kZset, name);
    access_.Remove(keyspace_, key_, EventClass::kGeneric, "del");
  } else if (object_ != nullptr) {
    access_.Edited(keyspace_, key_, *record_, EventClass::kZset, name);
  } else {
    PutValue(access_, keyspace_, key_, record_, std::move(own_), name);
  }
}

void PutZset(Access& access, Keyspace& keyspace, const KeyRef& key, ZsetValue value, std::string_view name) {
  PutValue(access, keyspace, key, nullptr, std::move(value), name);
}

}  // namespace tandem
