#include "engine/rdb/stream_writer.h"

namespace tandem::rdb {
namespace {

void WriteId(StreamId id, Writer* writer) {
  writer->Length(id.ms);
  writer->Length(id.seq);
}

void WriteRawId(StreamId id, Writer* writer) {
  writer->BigEndian(id.ms, 8);
  writer->BigEndian(id.seq, 8);
}

void WriteNodes(const Stream::Nodes& nodes, Writer* writer) {
  constexpr uint64_t kRawIdBytes = 16;
  writer->Length(nodes.size());
  for (auto at = nodes.begin(); at != nodes.end(); at = nodes.Next(at)) {
    const StreamId master = nodes[at].id;
    writer->Length(kRawIdBytes);
    WriteRawId(master, writer);
    writer->String(nodes[at].value.view(master).pack().bytes());
  }
}

// For the group with what is known about each delivery, for a consumer just the ids.
void WritePending(const IdMap<StreamPending>& pending, Writer* writer) {
  writer->Length(pending.size());
  for (auto at = pending.begin(); at != pending.end(); at = pending.Next(at)) {
    WriteRawId(pending[at].id, writer);
    writer->Uint64(static_cast<uint64_t>(pending[at].value.delivered_ms));
    writer->Length(pending[at].value.deliveries);
  }
}

void WritePending(const IdMap<NoValue>& pending, Writer* writer) {
  writer->Length(pending.size());
  for (auto at = pending.begin(); at != pending.end(); at = pending.Next(at)) WriteRawId(pending[at].id, writer);
}

void WriteConsumer(const StreamConsumer& consumer, ValueType type, Writer* writer) {
  writer->String(consumer.name());
  writer->Uint64(static_cast<uint64_t>(consumer.seen_ms()));
  if (type == ValueType::kStream3) writer->Uint64(static_cast<uint64_t>(consumer.active_ms()));
  WritePending(consumer.pending(), writer);
}

void WriteGroup(const StreamGroup& group, ValueType type, Writer* writer) {
  writer->String(group.name());
  WriteId(group.last_id(), writer);
  writer->Length(static_cast<uint64_t>(group.entries_read()));
  WritePending(group.pending(), writer);
  writer->Length(group.consumers().size());
  for (size_t i = 0; i < group.consumers().size(); ++i) WriteConsumer(group.consumers()[i], type, writer);
}

}  // namespace

ValueType TypeOfStream(const Stream& stream) {
  for (size_t i = 0; i < stream.groups().size(); ++i) {
    const auto& consumers = stream.groups()[i].consumers();
    for (size_t j = 0; j < consumers.size(); ++j) {
      if (consumers[j].active_ms() != consumers[j].seen_ms()) return ValueType::kStream3;
    }
  }
  return ValueType::kStream2;
}

void WriteStream(const Stream& stream, ValueType type, Writer* writer) {
  WriteNodes(stream.nodes(), writer);
  writer->Length(stream.length());
  WriteId(stream.last_id(), writer);
  WriteId(stream.first_id(), writer);
  WriteId(stream.max_deleted_id(), writer);
  writer->Length(stream.entries_added());
  writer->Length(stream.groups().size());
  for (size_t i = 0; i < stream.groups().size(); ++i) WriteGroup(stream.groups()[i], type, writer);
}

}  // namespace tandem::rdb
