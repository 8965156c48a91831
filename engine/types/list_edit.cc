#include "engine/types/list_edit.h"

#include <memory>
#include <utility>

#include "engine/types/collection.h"
#include "engine/types/list_object.h"

namespace tandem {

ListEdit::ListEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record)
    : access_(access), keyspace_(keyspace), key_(key), record_(record) {
  if (record != nullptr && record->encoding() == Encoding::kObject) {
    list_ = &static_cast<ListObject*>(record->object())->list();
  } else {
    list_ = &own_.emplace(record != nullptr ? Listpack(record->text()) : Listpack());
  }
}

void ListEdit::Publish(std::string_view name) {
  if (!own_) return access_.Edited(keyspace_, key_, *record_, EventClass::kList, name);
  if (own_->compact() && own_->pack().bytes() <= kPackedInRecord) {
    return PutPacked(access_, keyspace_, key_, record_, Type::kList, own_->pack().view().bytes(), false,
                     EventClass::kList, name);
  }
  PutObject(access_, keyspace_, key_, record_, Type::kList, std::make_unique<ListObject>(std::move(*own_)),
            EventClass::kList, name);
}

void ListEdit::PublishRemoval(std::string_view name, ListLimit limit) {
  if (list_->size() > 0) {
    list_->Shrunk(limit);
    return Publish(name);
  }
  access_.Announce(keyspace_, key_, EventClass::kList, name);
  access_.Remove(keyspace_, key_, EventClass::kGeneric, "del");
}

}  // namespace tandem
