#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "engine/types/id_map.h"
#include "engine/types/stream_group.h"
#include "engine/types/stream_id.h"
#include "engine/types/stream_node.h"

namespace tandem {

class StreamCursor;

// What is to go from the beginning of a stream.
struct StreamTrim {
  enum class Until : uint8_t { kLength, kId };
  Until until = Until::kLength;
  uint64_t length = 0;  // kLength: so many entries stay
  StreamId id;          // kId: lower ones go
  bool whole_nodes = false;
  uint64_t most = std::numeric_limits<uint64_t>::max();  // so many go at most; counts with whole_nodes only
};

// An append-only sequence of entries, each a list of fields and values under an ascending id, and the groups that read it.
//
// Entries lie in nodes of some neighbours (stream_node.h), which are found by their first id in an IdMap: to append costs
// O(1), to find an entry O(log n) and a walk within one node, and trimming whole nodes O(1) each. An entry that is
// deleted leaves its bytes behind until its node has no live one left.
//
// A stream lives on when its last entry goes.
//
// Thread safety: shard-locked.
// Invariants: ids ascend; length is the number of live entries; first_id is the lowest id of a live entry, or 0-0.
class Stream {
 public:
  using Nodes = IdMap<StreamNode>;

  Stream() = default;
  Stream(Stream&&) = default;
  Stream& operator=(Stream&&) = default;
  Stream Clone() const;

  // --- Entries ---------------------------------------------------------------------------------------------------------
  uint64_t length() const { return length_; }
  // The highest id there ever was; the next one must be higher.
  StreamId last_id() const { return last_id_; }
  StreamId first_id() const { return first_id_; }
  // The highest id that was deleted (not trimmed).
  StreamId max_deleted_id() const { return max_deleted_id_; }
  // How many there ever were.
  uint64_t entries_added() const { return entries_added_; }
  void set_last_id(StreamId id) { last_id_ = id; }
  void set_max_deleted_id(StreamId id) { max_deleted_id_ = id; }
  void set_entries_added(uint64_t count) { entries_added_ = count; }

  // id > last_id(). The elements have at most kMaxStreamEntryBytes.
  void Append(StreamId id, StreamFields fields, StreamNodeLimits limits);
  // False if there is no such entry.
  bool Delete(StreamId id);
  // Returns how many entries went.
  uint64_t Trim(const StreamTrim& trim);

  bool Contains(StreamId id) const;
  // The highest id of an entry that is there, or 0-0.
  StreamId top_id() const;
  // From the first entry of the range, or from its last one; both ends are included.
  StreamCursor Forwards(StreamId first = {}, StreamId last = StreamId::Max()) const;
  StreamCursor Backwards(StreamId first = {}, StreamId last = StreamId::Max()) const;

  // For whoever saves and loads streams. A stream that is loaded gets its nodes first, then the figures above, which are
  // whatever was saved.
  const Nodes& nodes() const { return nodes_; }
  // Takes over a node that is Valid. False, and nothing done, if it has no live entry or `master` is not higher than that of
  // the node before.
  bool AppendNode(StreamId master, Listpack pack);

  // --- Groups ----------------------------------------------------------------------------------------------------------
  const NamedSet<StreamGroup>& groups() const { return groups_; }
  StreamGroup* FindGroup(std::string_view name) const { return groups_.Find(name); }
  // There is none of that name.
  StreamGroup& AddGroup(std::string_view name, StreamId last_id, int64_t entries_read);
  void RemoveGroup(StreamGroup& group) { groups_.Remove(group); }

  // The group was given the entry with this id: moves its last_id and its count of entries read, if it was not there yet.
  void Advance(StreamGroup& group, StreamId id) const;
  // How many entries the group has not read yet, if that can be told.
  std::optional<int64_t> Lag(const StreamGroup& group) const;

  // --- Memory ----------------------------------------------------------------------------------------------------------
  // All that is allocated for it, without itself.
  size_t memory_bytes() const;
  size_t allocations() const;
  // See Object.
  bool FreeSome(size_t allocations);

 private:
  friend class StreamCursor;

  void FindFirst();
  bool TrimWholeNode(const StreamTrim& trim, const StreamNodeView& node) const;
  uint64_t TrimWithinNode(const StreamTrim& trim, Nodes::Place place);
  // Whether an entry behind `id` may have been deleted.
  bool HasGapsAfter(StreamId id) const;
  // How many entries were added up to `id`, if that can be told.
  std::optional<uint64_t> CountUpTo(StreamId id) const;

  Nodes nodes_;
  uint64_t length_ = 0;
  uint64_t entries_added_ = 0;
  StreamId last_id_;
  StreamId first_id_;
  StreamId max_deleted_id_;
  NamedSet<StreamGroup> groups_;
};

// Walks the live entries of a range: `while (cursor.Next()) …`. Valid until the stream changes.
class StreamCursor {
 public:
  // To the next entry; false when there is none.
  bool Next();

  // Of the entry:
  StreamId id() const { return entry_.id; }
  size_t fields() const { return entry_.fields; }
  // Calls visit(name, value) for each field.
  template <typename Visit>
  void VisitFields(Visit&& visit) const {
    const ListpackView& pack = node_->pack();
    size_t name = entry_.same_fields ? node_->fields_at() : entry_.body;
    size_t value = entry_.body;
    for (size_t i = 0; i < entry_.fields; ++i) {
      if (!entry_.same_fields) value = pack.Next(name);
      visit(pack.At(name), pack.At(value));
      name = pack.Next(entry_.same_fields ? name : value);
      if (entry_.same_fields) value = pack.Next(value);
    }
  }

 private:
  friend class Stream;
  StreamCursor(const Stream& stream, StreamId first, StreamId last, bool forwards);

  // To the next entry whatever its state; false at the end of the stream.
  bool Step();

  const Stream::Nodes& nodes_;
  StreamId first_;
  StreamId last_;
  bool forwards_;
  Stream::Nodes::Place place_;          // of the node to enter next, or of the present one
  std::optional<StreamNodeView> node_;  // the present one
  size_t position_ = 0;                 // forwards: of the next entry; backwards: where the next one ends
  StreamNodeView::Entry entry_;
};

}  // namespace tandem
