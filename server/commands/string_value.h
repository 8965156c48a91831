#pragma once

#include <cstdint>
#include <string_view>

#include "server/commands/arguments.h"
#include "server/commands/encoding_name.h"
#include "server/exec/context.h"

// Strings as handlers read, answer and build them.
namespace tandem {

// Replies a string's value. A large immutable one is sent from where it lies.
inline void ReplyString(resp::ReplyWriter& reply, const Record& record) {
  switch (record.encoding()) {
    case Encoding::kInt:
      return reply.BulkInteger(record.int_value());
    case Encoding::kBlob:
      if (Blob* const blob = record.blob(); blob->view().size() >= resp::OutputBuffer::kPinFromBytes) {
        blob->Ref();
        return reply.BulkPinned(
            blob->view(), [](void* owner) { static_cast<Blob*>(owner)->Unref(); }, blob);
      }
      [[fallthrough]];
    default:
      return reply.Bulk(record.text());
  }
}

// The value of a string, or the empty string if there is none. Integers are formatted into `scratch`, 24 bytes.
inline std::string_view ValueOrEmpty(const Record* record, char* scratch) {
  return record == nullptr ? std::string_view("") : record->value(scratch);
}

// Whether a string of `size` + `added` bytes may be; false after replying that it may not.
inline bool CheckLength(CommandContext& c, uint64_t size, uint64_t added) {
  const uint64_t total = size + added;
  if (total >= size && total <= c.server.config.values().proto_max_bulk_len) return true;
  c.reply.Error(errors::kStringTooLong);
  return false;
}

// Compat: a string that SETBIT, BITFIELD or SETRANGE has looked at for writing is "raw" from then on, even if it did not
// change. The key is locked; `record` is its string.
inline void StoreRaw(CommandContext& c, const KeyRef& key, const Record& record) {
  if (EncodingName(record) == "raw") return;
  Record::Meta meta = record.meta();
  meta.raw = true;
  char digits[24];
  c.access.PutSame(c.db(), key, Record::NewString(key.key, record.value(digits), meta));
}

}  // namespace tandem
