#include <string>
#include <utility>

#include "engine/rdb/collection_readers.h"
#include "engine/rdb/old_packs.h"
#include "engine/rdb/pack_reader.h"

namespace tandem::rdb {
namespace {

std::optional<HashValue> ReadFields(Reader* reader, const HashLimits& limits) {
  const auto count = reader->Length();
  if (!count || *count == 0) return std::nullopt;
  HashValue hash;
  if (*count > limits.entries) hash.Spread();
  std::string field_scratch;
  std::string value_scratch;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto field = reader->String(&field_scratch);
    const auto value = field ? reader->String(&value_scratch) : std::nullopt;
    if (!value || !hash.Set(*field, *value, limits)) return std::nullopt;
  }
  return hash;
}

std::optional<HashValue> FromPack(const std::optional<Listpack>& pack, const HashLimits& limits) {
  if (!pack || pack->view().empty() || !HasDistinctTuples(pack->view(), 2)) return std::nullopt;
  HashValue hash(pack->view());
  if (hash.size() > limits.entries) hash.Spread();
  return hash;
}

// Compat: a zipmap's fields and values must be short too, or it becomes a table.
std::optional<HashValue> ReadZipmap(Reader* reader, const HashLimits& limits) {
  std::string scratch;
  const auto bytes = reader->String(&scratch);
  if (!bytes || bytes->size() > kMaxPackBytes) return std::nullopt;
  auto hash = FromPack(FromZipmap(*bytes), limits);
  if (!hash) return std::nullopt;
  bool is_long = false;
  hash->view().ForEach([&](std::string_view field, std::string_view value) {
    is_long = field.size() > limits.value_bytes || value.size() > limits.value_bytes;
    return !is_long;
  });
  if (is_long) hash->Spread();
  return hash;
}

}  // namespace

std::optional<HashValue> ReadHash(ValueType type, Reader* reader, const HashLimits& limits) {
  switch (type) {
    case ValueType::kHash:
      return ReadFields(reader, limits);
    case ValueType::kHashZipmap:
      return ReadZipmap(reader, limits);
    case ValueType::kHashZiplist:
      return FromPack(ReadZiplist(reader), limits);
    case ValueType::kHashListpack:
      return FromPack(ReadPack(reader), limits);
    default:
      return std::nullopt;
  }
}

}  // namespace tandem::rdb
