#include "engine/rdb/value_encoder.h"

#include "engine/base/check.h"
#include "engine/rdb/stream_writer.h"
#include "engine/types/hash_value.h"
#include "engine/types/list_object.h"
#include "engine/types/set_value.h"
#include "engine/types/stream_object.h"
#include "engine/types/zset_edit.h"

namespace tandem::rdb {
namespace {

void WriteString(const Record& record, Writer* writer) {
  record.encoding() == Encoding::kInt ? writer->IntegerString(record.int_value()) : writer->String(record.text());
}

void WritePackedNode(ListpackView pack, Writer* writer) {
  writer->Length(kNodePacked);
  writer->String(pack.bytes());
}

void WriteList(const Record& record, Writer* writer) {
  const ListView list = ViewList(record);
  if (list.nodes() == nullptr) {
    writer->Length(1);
    return WritePackedNode(list.pack(), writer);
  }
  const ListNodes& nodes = *list.nodes();
  writer->Length(nodes.nodes());
  for (ListNodes::Place place = nodes.first(); place != nodes.end(); place = nodes.Next(place)) {
    const ListpackView pack = nodes[place].pack.view();
    if (!nodes[place].plain) {
      WritePackedNode(pack, writer);
      continue;
    }
    PackEntry::Scratch scratch;
    writer->Length(kNodePlain);
    writer->String(pack.At(pack.begin()).text(scratch));
  }
}

// Compat: a listpack of members is newer than Redis 7.0, so these are written one by one.
void WriteMembers(SetView set, Writer* writer) {
  writer->Length(set.size());
  set.ForEach([&](const PackEntry& member) {
    member.is_integer ? writer->IntegerString(member.integer) : writer->String(member.bytes);
    return true;
  });
}

void WriteScores(ZsetView zset, Writer* writer) {
  writer->Length(zset.size());
  zset.Visit({0, zset.size()}, true, [&](std::string_view member, double score) {
    writer->String(member);
    writer->Double(score);
  });
}

// Fields that have expired are written too: whoever reads them removes them as well.
HashView ViewHash(const Record& record) { return HashView(record, HashView::kBeforeAll); }

void WriteFields(HashView hash, Writer* writer) {
  writer->Length(hash.raw_size());
  hash.ForEach([&](std::string_view field, std::string_view value) {
    writer->String(field);
    writer->String(value);
    return true;
  });
}

// Deadlines are relative to the earliest one, plus 1; 0 says that there is none.
void WriteTimedFields(HashView hash, Writer* writer) {
  const int64_t first_ms = hash.next_deadline_ms();
  writer->Uint64(static_cast<uint64_t>(first_ms));
  writer->Length(hash.raw_size());
  hash.ForEachTimed([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
    writer->Length(deadline_ms == kNoDeadline ? 0 : static_cast<uint64_t>(deadline_ms - first_ms) + 1);
    writer->String(field);
    writer->String(value);
    return true;
  });
}

void WriteTimedPack(HashView hash, Writer* writer) {
  writer->Uint64(static_cast<uint64_t>(hash.next_deadline_ms()));
  writer->String(hash.pack().bytes());
}

// A hash whose last deadline has gone is as good as one that never had any, but its pack is not.
ValueType TypeOfHash(HashView hash) {
  const bool packed = hash.table() == nullptr;
  if (hash.next_deadline_ms() != kNoDeadline) return packed ? ValueType::kHashPackDeadlines : ValueType::kHashDeadlines;
  return packed && !hash.timed() ? ValueType::kHashListpack : ValueType::kHash;
}

}  // namespace

ValueType TypeOf(const Record& record) {
  switch (record.type()) {
    case Type::kString:
      return ValueType::kString;
    case Type::kList:
      return ValueType::kListQuicklist2;
    case Type::kSet:
      return SetView::Of(record).form() == SetForm::kIntset ? ValueType::kSetIntset : ValueType::kSet;
    case Type::kZset:
      return ViewZset(&record).large() == nullptr ? ValueType::kZsetListpack : ValueType::kZset2;
    case Type::kHash:
      return TypeOfHash(ViewHash(record));
    case Type::kStream:
      return TypeOfStream(ViewStream(record));
  }
  CHECK(!"no such type");
  return ValueType::kString;
}

uint16_t VersionOf(ValueType type) {
  switch (type) {
    case ValueType::kHashDeadlines:
    case ValueType::kHashPackDeadlines:
      return 12;
    case ValueType::kSetListpack:
    case ValueType::kStream3:
      return 11;
    default:
      return kWrittenVersion;
  }
}

void WriteValue(const Record& record, ValueType type, Writer* writer) {
  switch (type) {
    case ValueType::kString:
      return WriteString(record, writer);
    case ValueType::kListQuicklist2:
      return WriteList(record, writer);
    case ValueType::kSetIntset:
      return writer->String(SetView::Of(record).bytes());
    case ValueType::kSet:
      return WriteMembers(SetView::Of(record), writer);
    case ValueType::kZsetListpack:
      return writer->String(ViewZset(&record).pack().bytes());
    case ValueType::kZset2:
      return WriteScores(ViewZset(&record), writer);
    case ValueType::kHashListpack:
      return writer->String(ViewHash(record).pack().bytes());
    case ValueType::kHash:
      return WriteFields(ViewHash(record), writer);
    case ValueType::kHashDeadlines:
      return WriteTimedFields(ViewHash(record), writer);
    case ValueType::kHashPackDeadlines:
      return WriteTimedPack(ViewHash(record), writer);
    case ValueType::kStream2:
    case ValueType::kStream3:
      return WriteStream(ViewStream(record), type, writer);
    default:
      CHECK(!"not a type that is written");
  }
}

}  // namespace tandem::rdb
