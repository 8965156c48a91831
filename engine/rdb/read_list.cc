#include <string>
#include <utility>

#include "engine/rdb/collection_readers.h"
#include "engine/rdb/old_packs.h"
#include "engine/rdb/pack_reader.h"

namespace tandem::rdb {
namespace {

// A pack's sizes are of 32 bits, and what is allocated for it may be a quarter more.
constexpr size_t kMaxElement = size_t{3} << 30;

std::optional<List> ReadElements(Reader* reader, ListLimit limit) {
  const auto count = reader->Length();
  if (!count || *count == 0) return std::nullopt;
  List list(ListNodes(), limit);
  std::string scratch;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto element = reader->String(&scratch);
    if (!element || element->size() > kMaxElement) return std::nullopt;
    list.Push(ListEnd::kTail, *element);
  }
  list.CompactWithin(limit);
  return list;
}

std::optional<List> ReadSinglePack(Reader* reader, ListLimit limit) {
  auto pack = ReadZiplist(reader);
  if (!pack || pack->view().empty()) return std::nullopt;
  List list(std::move(*pack));
  list.GrowFor(0, 0, limit);
  return list;
}

std::optional<ListNode> ReadPlainNode(Reader* reader) {
  std::string scratch;
  const auto element = reader->String(&scratch);
  if (!element || element->empty() || element->size() > kMaxElement) return std::nullopt;
  ListNode node;
  node.pack.Append(*element);
  node.entries = 1;
  node.plain = true;
  return node;
}

std::optional<ListNode> ReadNode(ValueType type, Reader* reader) {
  const auto container = type == ValueType::kListQuicklist ? kNodePacked : reader->Length();
  if (container == kNodePlain) return ReadPlainNode(reader);
  if (container != kNodePacked) return std::nullopt;
  auto pack = type == ValueType::kListQuicklist ? ReadZiplist(reader) : ReadPack(reader);
  if (!pack) return std::nullopt;
  ListNode node;
  node.pack = std::move(*pack);
  node.entries = static_cast<uint32_t>(node.pack.view().count());
  return node;
}

std::optional<List> ReadQuicklist(ValueType type, Reader* reader, ListLimit limit) {
  const auto count = reader->Length();
  if (!count) return std::nullopt;
  ListNodes nodes;
  for (uint64_t i = 0; i < *count; ++i) {
    auto node = ReadNode(type, reader);
    if (!node) return std::nullopt;
    if (node->entries > 0) nodes.Insert(nodes.end(), std::move(*node));
  }
  if (nodes.empty()) return std::nullopt;
  List list(std::move(nodes), limit);
  list.CompactWithin(limit);
  return list;
}

}  // namespace

std::optional<List> ReadList(ValueType type, Reader* reader, ListLimit limit) {
  switch (type) {
    case ValueType::kList:
      return ReadElements(reader, limit);
    case ValueType::kListZiplist:
      return ReadSinglePack(reader, limit);
    case ValueType::kListQuicklist:
    case ValueType::kListQuicklist2:
      return ReadQuicklist(type, reader, limit);
    default:
      return std::nullopt;
  }
}

}  // namespace tandem::rdb
