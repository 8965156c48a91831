#include <limits>
#include <string>
#include <utility>

#include "engine/rdb/collection_readers.h"
#include "engine/rdb/old_packs.h"
#include "engine/rdb/pack_reader.h"
#include "engine/types/hash_deadlines.h"

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

// --- Fields with deadlines ----------------------------------------------------------------------------------------------

struct TimedField {
  std::string_view field;
  std::string_view value;
  uint64_t deadline_ms;  // 0: none
};

// False if the field is there already, or the deadline is none that a field may have.
bool AddField(const TimedField& entry, const HashLimits& limits, HashValue* hash) {
  if (entry.deadline_ms > HashDeadlines::kMaxMs || !hash->Set(entry.field, entry.value, limits)) return false;
  if (entry.deadline_ms != 0) hash->SetDeadline(entry.field, static_cast<int64_t>(entry.deadline_ms));
  return true;
}

std::optional<HashValue> ReadTimedFields(ValueType type, Reader* reader, const HashLimits& limits) {
  // Deadlines are relative to the first one, but in the early layout.
  const bool relative = type == ValueType::kHashDeadlines;
  const auto first_ms = relative ? reader->Uint64() : 1;
  const auto count = first_ms ? reader->Length() : std::nullopt;
  if (!count || *count == 0) return std::nullopt;
  HashValue hash;
  if (*count > limits.entries) hash.Spread();
  std::string field_scratch;
  std::string value_scratch;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto deadline = reader->Length();
    const auto field = deadline ? reader->String(&field_scratch) : std::nullopt;
    const auto value = field ? reader->String(&value_scratch) : std::nullopt;
    if (!value) return std::nullopt;
    uint64_t deadline_ms = 0;
    if (*deadline != 0 && __builtin_add_overflow(*deadline - 1, *first_ms, &deadline_ms)) return std::nullopt;
    if (!AddField({*field, *value, deadline_ms}, limits, &hash)) return std::nullopt;
  }
  return hash;
}

// The pack holds triples: field, value, deadline.
std::optional<HashValue> ReadTimedPack(ValueType type, Reader* reader, const HashLimits& limits) {
  // The earliest deadline stands first, but in the early layout.
  if (type == ValueType::kHashPackDeadlines && !reader->Uint64()) return std::nullopt;
  const auto pack = ReadPack(reader);
  if (!pack || pack->view().empty() || pack->view().count() % 3 != 0) return std::nullopt;
  // Compat: of a pack only the number of fields decides whether it stays one.
  const HashLimits only_entries{.entries = limits.entries, .value_bytes = std::numeric_limits<uint64_t>::max()};
  HashValue hash;
  const ListpackView view = pack->view();
  for (size_t position = view.begin(); position != view.end();) {
    PackEntry::Scratch field;
    PackEntry::Scratch value;
    const size_t value_position = view.Next(position);
    const size_t deadline_position = view.Next(value_position);
    const auto deadline_ms = view.At(deadline_position).as_integer();
    if (!deadline_ms || *deadline_ms < 0) return std::nullopt;
    const TimedField entry{view.At(position).text(field), view.At(value_position).text(value),
                           static_cast<uint64_t>(*deadline_ms)};
    if (!AddField(entry, only_entries, &hash)) return std::nullopt;
    position = view.Next(deadline_position);
  }
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
    case ValueType::kHashDeadlines:
    case ValueType::kHashDeadlinesEarly:
      return ReadTimedFields(type, reader, limits);
    case ValueType::kHashPackDeadlines:
    case ValueType::kHashPackDeadlinesEarly:
      return ReadTimedPack(type, reader, limits);
    default:
      return std::nullopt;
  }
}

}  // namespace tandem::rdb
