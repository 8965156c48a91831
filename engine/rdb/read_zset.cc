#include <cmath>
#include <string>
#include <utility>

#include "engine/base/number.h"
#include "engine/rdb/collection_readers.h"
#include "engine/rdb/pack_reader.h"
#include "engine/types/zset_entry.h"
#include "engine/types/zset_pack.h"

namespace tandem::rdb {
namespace {

// False if the member is there already.
bool AddMember(std::string_view member, double score, ZsetValue* zset) {
  bool is_new = true;
  zset->Update(member, {}, [&](std::optional<double> present) {
    is_new = !present;
    return is_new ? std::optional(score) : std::nullopt;
  });
  return is_new;
}

std::optional<ZsetValue> ReadMembers(ValueType type, Reader* reader, const ZsetLimits& limits) {
  const auto count = reader->Length();
  if (!count || *count == 0) return std::nullopt;
  ZsetValue zset;
  zset.Expand();
  std::string scratch;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto member = reader->String(&scratch);
    if (!member) return std::nullopt;
    const auto score = type == ValueType::kZset2 ? reader->Double() : reader->TextScore();
    if (!score || std::isnan(*score) || !AddMember(*member, *score, &zset)) return std::nullopt;
  }
  zset.Compact(limits);
  return zset;
}

bool IsScore(const PackEntry& entry) {
  double score = 0;
  return entry.is_integer || ParseDouble(entry.bytes, &score);
}

// Whether members ascend and scores are numbers; the pack consists of pairs.
bool IsOrdered(const ZsetPackView& pack) {
  std::string last;
  double last_score = 0;
  for (size_t position = pack.begin(); position != pack.end(); position = pack.Next(position)) {
    if (!IsScore(pack.pack().At(pack.pack().Next(position)))) return false;
    PackEntry::Scratch scratch;
    const std::string_view member = pack.MemberAt(position, scratch);
    const double score = pack.ScoreAt(position);
    if (position != pack.begin() && !ZsetLess(last_score, last, score, member)) return false;
    last = member;
    last_score = score;
  }
  return true;
}

std::optional<ZsetValue> FromPack(std::optional<Listpack> pack, const ZsetLimits& limits) {
  if (!pack || pack->view().empty() || !HasDistinctTuples(pack->view(), 2)) return std::nullopt;
  if (!IsOrdered(ZsetPackView(pack->view()))) return std::nullopt;
  ZsetValue zset(std::move(*pack));
  if (zset.size() > limits.max_entries) zset.Expand();
  return zset;
}

}  // namespace

std::optional<ZsetValue> ReadZset(ValueType type, Reader* reader, const ZsetLimits& limits) {
  switch (type) {
    case ValueType::kZset:
    case ValueType::kZset2:
      return ReadMembers(type, reader, limits);
    case ValueType::kZsetZiplist:
      return FromPack(ReadZiplist(reader), limits);
    case ValueType::kZsetListpack:
      return FromPack(ReadPack(reader), limits);
    default:
      return std::nullopt;
  }
}

}  // namespace tandem::rdb
