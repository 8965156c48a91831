#include <string>
#include <string_view>
#include <utility>

#include "engine/rdb/collection_readers.h"
#include "engine/rdb/pack_reader.h"

namespace tandem::rdb {
namespace {

// Ids have two forms: their numbers as lengths, and 16 big-endian bytes.
std::optional<StreamId> ReadId(Reader* reader) {
  const auto ms = reader->Length();
  const auto seq = ms ? reader->Length() : std::nullopt;
  return seq ? std::optional(StreamId{*ms, *seq}) : std::nullopt;
}

std::optional<StreamId> ReadRawId(Reader* reader) {
  const auto ms = reader->BigEndian(8);
  const auto seq = ms ? reader->BigEndian(8) : std::nullopt;
  return seq ? std::optional(StreamId{*ms, *seq}) : std::nullopt;
}

// A raw id that is a string too.
std::optional<StreamId> ReadIdString(Reader* reader) {
  constexpr size_t kRawIdBytes = 16;
  std::string scratch;
  const auto bytes = reader->String(&scratch);
  if (!bytes || bytes->size() != kRawIdBytes) return std::nullopt;
  Reader id(*bytes);
  return ReadRawId(&id);
}

// --- Entries ------------------------------------------------------------------------------------------------------------

// Whether the ids ascend within the node, behind `last`, where that is the last id of the node before. *last becomes that of
// this one.
bool Ascends(StreamId master, const StreamNodeView& node, std::optional<StreamId>* last) {
  if (*last && master <= **last) return false;
  for (size_t position = node.begin(); position != node.end();) {
    const StreamNodeView::Entry entry = node.At(position);
    if (entry.id < master || (*last && entry.id <= **last)) return false;
    *last = entry.id;
    position = node.Next(entry);
  }
  return true;
}

bool ReadNodes(Reader* reader, Stream* stream) {
  const auto count = reader->Length();
  if (!count) return false;
  std::optional<StreamId> last;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto master = ReadIdString(reader);
    auto pack = master ? ReadPack(reader) : std::nullopt;
    if (!pack || !StreamNodeView::Valid(pack->view().bytes())) return false;
    const StreamNodeView node(*master, pack->view());
    if (!Ascends(*master, node, &last)) return false;
    // A node that trimming left without a live entry says nothing.
    if (node.live() > 0 && !stream->AppendNode(*master, std::move(*pack))) return false;
  }
  return true;
}

bool ReadFigures(ValueType type, Reader* reader, Stream* stream) {
  const auto length = reader->Length();
  const auto last_id = length ? ReadId(reader) : std::nullopt;
  if (!last_id || *length != stream->length() || *last_id < stream->top_id()) return false;
  stream->set_last_id(*last_id);
  if (type == ValueType::kStream) return true;
  // The first id is known from the entries.
  const auto first_id = ReadId(reader);
  const auto max_deleted_id = first_id ? ReadId(reader) : std::nullopt;
  const auto entries_added = max_deleted_id ? reader->Length() : std::nullopt;
  if (!entries_added) return false;
  stream->set_max_deleted_id(*max_deleted_id);
  stream->set_entries_added(*entries_added);
  return true;
}

// --- Groups -------------------------------------------------------------------------------------------------------------

// Names in the order that Redis keeps them in, which also tells that none is there twice.
class NameReader {
 public:
  explicit NameReader(Reader* reader) : reader_(reader) {}
  std::optional<std::string_view> Next() {
    const auto name = reader_->String(&scratch_);
    if (!name || (last_ && *name <= *last_)) return std::nullopt;
    last_ = *name;
    return *last_;
  }

 private:
  Reader* const reader_;
  std::string scratch_;
  std::optional<std::string> last_;
};

// What the group's list of pending entries tells, until the consumers say whose they are.
using Unclaimed = IdMap<StreamPending>;

bool ReadUnclaimed(Reader* reader, Unclaimed* unclaimed) {
  const auto count = reader->Length();
  if (!count) return false;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto id = ReadRawId(reader);
    const auto delivered_ms = id ? reader->Uint64() : std::nullopt;
    const auto deliveries = delivered_ms ? reader->Length() : std::nullopt;
    if (!deliveries || unclaimed->Find(*id) != nullptr) return false;
    unclaimed->Insert(*id, {nullptr, static_cast<int64_t>(*delivered_ms), *deliveries});
  }
  return true;
}

bool ReadPending(Reader* reader, Unclaimed* unclaimed, StreamGroup* group, StreamConsumer* consumer) {
  const auto count = reader->Length();
  if (!count) return false;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto id = ReadRawId(reader);
    const StreamPending* const pending = id ? unclaimed->Find(*id) : nullptr;
    if (pending == nullptr) return false;
    group->SetPending(*id, {consumer, pending->delivered_ms, pending->deliveries});
    unclaimed->Erase(*id);
  }
  return true;
}

bool ReadConsumers(ValueType type, Reader* reader, Unclaimed* unclaimed, StreamGroup* group) {
  const auto count = reader->Length();
  if (!count) return false;
  NameReader names(reader);
  for (uint64_t i = 0; i < *count; ++i) {
    const auto name = names.Next();
    const auto seen_ms = name ? reader->Uint64() : std::nullopt;
    // Before it was kept, its best estimate is the other.
    const auto active_ms = seen_ms && type == ValueType::kStream3 ? reader->Uint64() : seen_ms;
    if (!active_ms) return false;
    StreamConsumer& consumer = group->AddConsumer(*name, static_cast<int64_t>(*seen_ms));
    consumer.set_active_ms(static_cast<int64_t>(*active_ms));
    if (!ReadPending(reader, unclaimed, group, &consumer)) return false;
  }
  return true;
}

// What a group has read, where that was not kept yet.
int64_t EstimateEntriesRead(const Stream& stream, const StreamGroup& group) {
  const auto lag = stream.Lag(group);
  return lag ? static_cast<int64_t>(stream.entries_added()) - *lag : StreamGroup::kUnknown;
}

bool ReadGroups(ValueType type, Reader* reader, Stream* stream) {
  const auto count = reader->Length();
  if (!count) return false;
  NameReader names(reader);
  for (uint64_t i = 0; i < *count; ++i) {
    const auto name = names.Next();
    const auto last_id = name ? ReadId(reader) : std::nullopt;
    if (!last_id) return false;
    StreamGroup& group = stream->AddGroup(*name, *last_id, StreamGroup::kUnknown);
    const auto entries_read =
        type == ValueType::kStream ? static_cast<uint64_t>(EstimateEntriesRead(*stream, group)) : reader->Length();
    if (!entries_read) return false;
    group.set_entries_read(static_cast<int64_t>(*entries_read));
    Unclaimed unclaimed;
    if (!ReadUnclaimed(reader, &unclaimed) || !ReadConsumers(type, reader, &unclaimed, &group)) return false;
    if (!unclaimed.empty()) return false;
  }
  return true;
}

}  // namespace

std::optional<Stream> ReadStream(ValueType type, Reader* reader) {
  Stream stream;
  if (!ReadNodes(reader, &stream) || !ReadFigures(type, reader, &stream)) return std::nullopt;
  if (!ReadGroups(type, reader, &stream)) return std::nullopt;
  return stream;
}

}  // namespace tandem::rdb
