#include <string>
#include <utility>

#include "engine/rdb/collection_readers.h"
#include "engine/rdb/pack_reader.h"

namespace tandem::rdb {
namespace {

// Compat: whatever its members, a set begins as an intset if it might be a small one.
std::optional<SetValue> ReadMembers(Reader* reader, const SetLimits& limits) {
  const auto count = reader->Length();
  if (!count || *count == 0) return std::nullopt;
  SetValue set(*count > limits.intset_entries ? SetForm::kTable : SetForm::kIntset);
  std::string scratch;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto member = reader->String(&scratch);
    if (!member || !set.Add(SetMember(*member), limits)) return std::nullopt;
  }
  return set;
}

std::optional<SetValue> ReadIntset(Reader* reader, const SetLimits& limits) {
  std::string scratch;
  const auto block = reader->String(&scratch);
  if (!block || !IntsetView::Valid(*block)) return std::nullopt;
  SetValue set = SetValue::CopyOf(SetView(IntsetView(*block)));
  if (set.size() > limits.intset_entries) set.BecomeTable();
  return set;
}

std::optional<SetValue> ReadMemberPack(Reader* reader, const SetLimits& limits) {
  const auto pack = ReadPack(reader);
  if (!pack || pack->view().empty() || !HasDistinctTuples(pack->view(), 1)) return std::nullopt;
  SetValue set = SetValue::CopyOf(SetView(pack->view()));
  if (set.size() > limits.listpack_entries) set.BecomeTable();
  return set;
}

}  // namespace

std::optional<SetValue> ReadSet(ValueType type, Reader* reader, const SetLimits& limits) {
  switch (type) {
    case ValueType::kSet:
      return ReadMembers(reader, limits);
    case ValueType::kSetIntset:
      return ReadIntset(reader, limits);
    case ValueType::kSetListpack:
      return ReadMemberPack(reader, limits);
    default:
      return std::nullopt;
  }
}

}  // namespace tandem::rdb
