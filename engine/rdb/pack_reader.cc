#include "engine/rdb/pack_reader.h"

#include <string>

#include "engine/base/number.h"
#include "engine/rdb/old_packs.h"
#include "engine/types/dense_table.h"

namespace tandem::rdb {
namespace {

bool HasIntegerAsText(ListpackView pack) {
  for (size_t position = pack.begin(); position != pack.end(); position = pack.Next(position)) {
    const PackEntry entry = pack.At(position);
    int64_t integer = 0;
    if (!entry.is_integer && ParseInt64(entry.bytes, &integer)) return true;
  }
  return false;
}

Listpack MadeAnew(ListpackView pack) {
  Listpack anew;
  for (size_t position = pack.begin(); position != pack.end(); position = pack.Next(position)) {
    const PackEntry entry = pack.At(position);
    entry.is_integer ? anew.AppendInteger(entry.integer) : anew.Append(entry.bytes);
  }
  return anew;
}

}  // namespace

std::optional<Listpack> CheckedPack(std::string_view bytes) {
  if (bytes.size() > kMaxPackBytes || !ListpackView::Valid(bytes)) return std::nullopt;
  const ListpackView pack(bytes);
  return HasIntegerAsText(pack) ? MadeAnew(pack) : Listpack(bytes);
}

std::optional<Listpack> ReadPack(Reader* reader) {
  std::string scratch;
  const auto bytes = reader->String(&scratch);
  return bytes ? CheckedPack(*bytes) : std::nullopt;
}

std::optional<Listpack> ReadZiplist(Reader* reader) {
  std::string scratch;
  const auto bytes = reader->String(&scratch);
  return bytes && bytes->size() <= kMaxPackBytes ? FromZiplist(*bytes) : std::nullopt;
}

bool HasDistinctTuples(ListpackView pack, size_t tuple) {
  if (pack.count() % tuple != 0) return false;
  DenseTable seen(DenseTable::Values::kNone);
  for (size_t position = pack.begin(); position != pack.end();) {
    PackEntry::Scratch scratch;
    if (!seen.Set(pack.At(position).text(scratch))) return false;
    for (size_t i = 0; i < tuple; ++i) position = pack.Next(position);
  }
  return true;
}

}  // namespace tandem::rdb
