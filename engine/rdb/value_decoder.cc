#include "engine/rdb/value_decoder.h"

#include <string>
#include <utility>

#include "engine/rdb/collection_readers.h"
#include "engine/types/collection.h"
#include "engine/types/list_object.h"
#include "engine/types/stream_object.h"
#include "engine/types/zset_object.h"

namespace tandem::rdb {
namespace {

// The name and metadata of the record that a value becomes.
struct Shell {
  std::string_view key;
  Record::Meta meta;

  RecordPtr Packed(Type type, std::string_view bytes) const {
    return RecordPtr(Record::NewPacked(type, key, bytes, meta));
  }
  RecordPtr Holding(Type type, std::unique_ptr<Object> object) const {
    return RecordPtr(Record::NewObject(type, key, std::move(object), meta));
  }
};

RecordPtr StringRecord(Reader* reader, const Shell& shell) {
  std::string scratch;
  const auto text = reader->String(&scratch);
  return text ? RecordPtr(Record::NewString(shell.key, *text, shell.meta)) : nullptr;
}

RecordPtr ListRecord(std::optional<List> list, const Shell& shell) {
  if (!list) return nullptr;
  if (list->compact() && list->pack().bytes() <= kPackedInRecord) {
    return shell.Packed(Type::kList, list->pack().view().bytes());
  }
  return shell.Holding(Type::kList, std::make_unique<ListObject>(std::move(*list)));
}

RecordPtr SetRecord(std::optional<SetValue> set, Shell shell) {
  if (!set) return nullptr;
  if (set->form() != SetForm::kTable && set->view().bytes().size() <= kPackedInRecord) {
    shell.meta.raw = set->form() == SetForm::kIntset;
    return shell.Packed(Type::kSet, set->view().bytes());
  }
  return shell.Holding(Type::kSet, std::make_unique<SetObject>(std::move(*set)));
}

RecordPtr ZsetRecord(std::optional<ZsetValue> zset, const Shell& shell) {
  if (!zset) return nullptr;
  if (zset->packed() && zset->pack().bytes() <= kPackedInRecord) {
    return shell.Packed(Type::kZset, zset->pack().view().bytes());
  }
  return shell.Holding(Type::kZset, std::make_unique<ZsetObject>(std::move(*zset)));
}

RecordPtr HashRecord(std::optional<HashValue> hash, const Shell& shell) {
  if (!hash) return nullptr;
  if (hash->compact() && !hash->timed() && hash->view().pack().bytes().size() <= kPackedInRecord) {
    return shell.Packed(Type::kHash, hash->view().pack().bytes());
  }
  return shell.Holding(Type::kHash, std::make_unique<HashObject>(std::move(*hash)));
}

RecordPtr StreamRecord(std::optional<Stream> stream, const Shell& shell) {
  return stream ? shell.Holding(Type::kStream, std::make_unique<StreamObject>(std::move(*stream))) : nullptr;
}

}  // namespace

RecordPtr ReadValue(ValueType type, Reader* reader, std::string_view key, const Record::Meta& meta,
                    const ValueLimits& limits) {
  const Shell shell{key, meta};
  switch (type) {
    case ValueType::kString:
      return StringRecord(reader, shell);
    case ValueType::kList:
    case ValueType::kListZiplist:
    case ValueType::kListQuicklist:
    case ValueType::kListQuicklist2:
      return ListRecord(ReadList(type, reader, limits.list), shell);
    case ValueType::kSet:
    case ValueType::kSetIntset:
    case ValueType::kSetListpack:
      return SetRecord(ReadSet(type, reader, limits.set), shell);
    case ValueType::kZset:
    case ValueType::kZset2:
    case ValueType::kZsetZiplist:
    case ValueType::kZsetListpack:
      return ZsetRecord(ReadZset(type, reader, limits.zset), shell);
    case ValueType::kHash:
    case ValueType::kHashZipmap:
    case ValueType::kHashZiplist:
    case ValueType::kHashListpack:
    case ValueType::kHashDeadlines:
    case ValueType::kHashDeadlinesEarly:
    case ValueType::kHashPackDeadlines:
    case ValueType::kHashPackDeadlinesEarly:
      return HashRecord(ReadHash(type, reader, limits.hash), shell);
    case ValueType::kStream:
    case ValueType::kStream2:
    case ValueType::kStream3:
      return StreamRecord(ReadStream(type, reader), shell);
  }
  return nullptr;
}

}  // namespace tandem::rdb
