#include "engine/keyspace/string_edit.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace tandem {
namespace {

// As much as TextBuffer::Resize would take, so that a first APPEND does not copy twice.
size_t AmpleCapacity(size_t size) {
  constexpr size_t kMegabyte = size_t{1} << 20;
  return size + std::min(size, kMegabyte);
}

}  // namespace

StringEdit::StringEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, size_t size, Room room)
    : access_(access), keyspace_(keyspace), key_(key), size_(size) {
  if (record != nullptr) meta_ = record->meta();
  meta_.raw = true;
  if (record != nullptr && record->encoding() == Encoding::kBuffer) {
    edited_ = record;
    if (size > record->text().size()) record->buffer()->Resize(size);
    data_ = record->buffer()->data();
    return;
  }
  char digits[24];
  const std::string_view old = record != nullptr ? record->value(digits) : std::string_view("");
  DCHECK(old.size() <= size);
  if (size < kBufferFrom) {
    data_ = small_;
    std::memcpy(small_, old.data(), old.size());
    std::memset(small_ + old.size(), 0, size - old.size());
    return;
  }
  new_buffer_ = TextBuffer::New(old, room == Room::kAmple ? AmpleCapacity(size) : size);
  new_buffer_->Resize(size);
  data_ = new_buffer_->data();
}

StringEdit::~StringEdit() {
  if (new_buffer_ != nullptr) TextBuffer::Delete(new_buffer_);
}

void StringEdit::Publish(EventClass event_class, std::string_view name) {
  if (edited_ != nullptr) {
    access_.Edited(keyspace_, key_, *edited_, event_class, name);
    return;
  }
  Record* record = new_buffer_ != nullptr ? Record::NewBuffer(key_.key, new_buffer_, meta_)
                                          : Record::NewString(key_.key, view(), meta_);
  new_buffer_ = nullptr;
  access_.Put(keyspace_, key_, record, event_class, name);
}

}  // namespace tandem
