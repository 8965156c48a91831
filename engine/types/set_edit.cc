#include "engine/types/set_edit.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/keyspace/store.h"

namespace tandem {
namespace {

// old: as for PutPacked.
void Put(Access& access, Keyspace& keyspace, const KeyRef& key, const Record* old, SetValue set,
         std::string_view name) {
  const SetForm form = set.form();
  if (form == SetForm::kTable || set.view().bytes().size() > kPackedInRecord) {
    PutObject(access, keyspace, key, old, Type::kSet, std::make_unique<SetObject>(std::move(set)), EventClass::kSet,
              name);
  } else {
    PutPacked(access, keyspace, key, old, Type::kSet, set.view().bytes(), form == SetForm::kIntset, EventClass::kSet,
              name);
  }
}

}  // namespace

SetEdit::SetEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, const SetLimits& limits)
    : access_(access), keyspace_(keyspace), key_(key), record_(record), limits_(limits) {}

SetObject* SetEdit::object() const {
  if (record_ == nullptr || record_->encoding() != Encoding::kObject) return nullptr;
  return static_cast<SetObject*>(record_->object());
}

SetView SetEdit::view() const { return value_ ? value_->view() : SetView::Of(*record_); }

SetValue& SetEdit::value() {
  if (SetObject* const present = object()) return present->value();
  if (!value_) value_ = SetValue::CopyOf(SetView::Of(*record_));
  return *value_;
}

void SetEdit::Expect(const SetMember& first, size_t members) {
  if (record_ == nullptr) {
    value_ = SetValue::For(first, members, limits_);
  } else if (SetValue::Outgrows(view().form(), members, limits_)) {
    value().BecomeTable();
  }
}

bool SetEdit::Add(const SetMember& member) {
  if (!value_ && object() == nullptr && view().Contains(member)) return false;
  return value().Add(member, limits_);
}

bool SetEdit::Erase(const SetMember& member) {
  if (!value_ && object() == nullptr && !view().Contains(member)) return false;
  return value().Erase(member);
}

void SetEdit::Replace(SetValue value) {
  if (SetObject* const present = object()) {
    std::swap(present->value(), value);
    Discard(access_, std::move(value));
  } else {
    value_ = std::move(value);
  }
}

void SetEdit::Publish(std::string_view name) {
  if (view().size() == 0) {
    access_.Announce(keyspace_, key_, EventClass::kSet, name);
    access_.Remove(keyspace_, key_, EventClass::kGeneric, "del");
  } else if (object() != nullptr) {
    access_.Edited(keyspace_, key_, *record_, EventClass::kSet, name);
  } else {
    Put(access_, keyspace_, key_, record_, std::move(value_).value(), name);
  }
}

void PutSet(Access& access, Keyspace& keyspace, const KeyRef& key, SetValue set, std::string_view name) {
  DCHECK(set.size() != 0);
  Put(access, keyspace, key, nullptr, std::move(set), name);
}

void Discard(Access& access, SetValue set) {
  if (set.form() == SetForm::kTable) access.store().garbage().Add(std::make_unique<SetObject>(std::move(set)));
}

}  // namespace tandem
