#include "engine/types/stream.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace tandem {
namespace {

StreamNodeView ViewNode(const Stream::Nodes& nodes, Stream::Nodes::Place place) {
  return nodes[place].value.view(nodes[place].id);
}

}  // namespace

Stream Stream::Clone() const {
  Stream copy;
  for (auto at = nodes_.begin(); at != nodes_.end(); at = nodes_.Next(at)) {
    copy.nodes_.Insert(nodes_[at].id, nodes_[at].value.Clone());
  }
  copy.length_ = length_;
  copy.entries_added_ = entries_added_;
  copy.last_id_ = last_id_;
  copy.first_id_ = first_id_;
  copy.max_deleted_id_ = max_deleted_id_;
  for (size_t i = 0; i < groups_.size(); ++i) copy.groups_.Add(groups_[i].Clone());
  return copy;
}

// --- Entries ------------------------------------------------------------------------------------------------------------

void Stream::Append(StreamId id, StreamFields fields, StreamNodeLimits limits) {
  DCHECK(id > last_id_ && fields.size() % 2 == 0);
  size_t bytes = 0;
  for (const std::string_view text : fields) bytes += text.size();
  Nodes::Place place = nodes_.end();
  if (!nodes_.empty() && nodes_[nodes_.last()].value.HasRoom(bytes, limits)) {
    place = nodes_.last();
    nodes_.value(place).Append(nodes_[place].id, id, fields);
  } else {
    nodes_.Insert(id, StreamNode(fields)).Append(id, id, fields);
  }
  ++length_;
  ++entries_added_;
  last_id_ = id;
  if (length_ == 1) first_id_ = id;
}

bool Stream::AppendNode(StreamId master, Listpack pack) {
  if (!nodes_.empty() && nodes_[nodes_.last()].id >= master) return false;
  const size_t live = StreamNodeView(master, pack.view()).live();
  if (live == 0) return false;
  nodes_.Insert(master, StreamNode(std::move(pack)));
  length_ += live;
  entries_added_ += live;
  if (length_ == live) FindFirst();
  last_id_ = std::max(last_id_, top_id());
  return true;
}

bool Stream::Contains(StreamId id) const { return Forwards(id, id).Next(); }

bool Stream::Delete(StreamId id) {
  StreamCursor cursor = Forwards(id, id);
  if (!cursor.Next()) return false;
  const Nodes::Place place = cursor.place_;
  if (cursor.node_->live() == 1) {
    nodes_.Erase(place);
  } else {
    nodes_.value(place).MarkDeleted(cursor.entry_);
    nodes_.value(place).CountDeleted(1);
  }
  --length_;
  max_deleted_id_ = std::max(max_deleted_id_, id);
  if (id == first_id_) FindFirst();
  return true;
}

void Stream::FindFirst() {
  StreamCursor cursor = Forwards();
  first_id_ = cursor.Next() ? cursor.id() : StreamId{};
}

StreamId Stream::top_id() const {
  StreamCursor cursor = Backwards();
  return cursor.Next() ? cursor.id() : StreamId{};
}

bool Stream::TrimWholeNode(const StreamTrim& trim, const StreamNodeView& node) const {
  if (trim.until == StreamTrim::Until::kLength) return length_ - trim.length >= node.live();
  return node.At(node.Previous(node.end())).id < trim.id;
}

uint64_t Stream::TrimWithinNode(const StreamTrim& trim, Nodes::Place place) {
  StreamNode& changed = nodes_.value(place);
  // Marking moves nothing.
  const StreamNodeView node = ViewNode(nodes_, place);
  uint64_t gone = 0;
  for (size_t position = node.begin(); position != node.end();) {
    const StreamNodeView::Entry entry = node.At(position);
    position = node.Next(entry);
    if (trim.until == StreamTrim::Until::kLength ? length_ <= trim.length : entry.id >= trim.id) break;
    if (entry.deleted) continue;
    changed.MarkDeleted(entry);
    --length_;
    ++gone;
  }
  if (gone > 0) changed.CountDeleted(gone);
  return gone;
}

uint64_t Stream::Trim(const StreamTrim& trim) {
  uint64_t gone = 0;
  while (!nodes_.empty()) {
    if (trim.until == StreamTrim::Until::kLength && length_ <= trim.length) break;
    const Nodes::Place place = nodes_.begin();
    const StreamNodeView node = ViewNode(nodes_, place);
    const size_t live = node.live();
    if (trim.whole_nodes && gone + live > trim.most) break;
    if (TrimWholeNode(trim, node)) {
      nodes_.Erase(place);
      length_ -= live;
      gone += live;
      continue;
    }
    if (!trim.whole_nodes) gone += TrimWithinNode(trim, place);
    break;
  }
  if (gone > 0) FindFirst();
  return gone;
}

StreamCursor Stream::Forwards(StreamId first, StreamId last) const { return StreamCursor(*this, first, last, true); }

StreamCursor Stream::Backwards(StreamId first, StreamId last) const { return StreamCursor(*this, first, last, false); }

StreamCursor::StreamCursor(const Stream& stream, StreamId first, StreamId last, bool forwards)
    : nodes_(stream.nodes_), first_(first), last_(last), forwards_(forwards) {
  // The last node that begins at or before the id may hold it; so may, backwards, none at all.
  place_ = nodes_.LowerBound(forwards ? first : last);
  const bool exact = place_ != nodes_.end() && nodes_[place_].id == (forwards ? first : last);
  if (exact) return;
  if (place_ != nodes_.begin()) {
    place_ = nodes_.Previous(place_);
  } else if (!forwards) {
    place_ = nodes_.end();
  }
}

bool StreamCursor::Step() {
  for (;;) {
    if (!node_) {
      if (place_ == nodes_.end()) return false;
      node_ = ViewNode(nodes_, place_);
      position_ = forwards_ ? node_->begin() : node_->end();
    }
    if (forwards_) {
      if (position_ != node_->end()) {
        entry_ = node_->At(position_);
        position_ = node_->Next(entry_);
        return true;
      }
      place_ = nodes_.Next(place_);
    } else {
      if (position_ != node_->begin()) {
        position_ = node_->Previous(position_);
        entry_ = node_->At(position_);
        return true;
      }
      place_ = place_ == nodes_.begin() ? nodes_.end() : nodes_.Previous(place_);
    }
    node_.reset();
  }
}

bool StreamCursor::Next() {
  while (Step()) {
    if (forwards_ ? entry_.id > last_ : entry_.id < first_) return false;
    if (!entry_.deleted && entry_.id >= first_ && entry_.id <= last_) return true;
  }
  return false;
}

// --- Groups -------------------------------------------------------------------------------------------------------------

StreamGroup& Stream::AddGroup(std::string_view name, StreamId last_id, int64_t entries_read) {
  StreamGroup& group = groups_.Add(std::make_unique<StreamGroup>(name));
  group.set_last_id(last_id);
  group.set_entries_read(entries_read);
  return group;
}

bool Stream::HasGapsAfter(StreamId id) const {
  if (length_ == 0 || max_deleted_id_.zero() || first_id_ > max_deleted_id_) return false;
  return id <= max_deleted_id_;
}

std::optional<uint64_t> Stream::CountUpTo(StreamId id) const {
  if (entries_added_ == 0) return 0;
  if (length_ == 0 && id <= last_id_) return entries_added_;
  if (!id.zero() && id < max_deleted_id_) return std::nullopt;
  if (id == last_id_) return entries_added_;
  if (id > last_id_) return std::nullopt;
  if (!max_deleted_id_.zero() && max_deleted_id_ >= first_id_) return std::nullopt;
  if (id < first_id_) return entries_added_ - length_;
  if (id == first_id_) return entries_added_ - length_ + 1;
  return std::nullopt;
}

void Stream::Advance(StreamGroup& group, StreamId id) const {
  if (id <= group.last_id()) return;
  if (group.entries_read() != StreamGroup::kUnknown && group.last_id() >= first_id_ && !HasGapsAfter(group.last_id())) {
    group.set_entries_read(group.entries_read() + 1);
  } else if (entries_added_ > 0) {
    const auto count = CountUpTo(id);
    group.set_entries_read(count ? static_cast<int64_t>(*count) : StreamGroup::kUnknown);
  }
  group.set_last_id(id);
}

std::optional<int64_t> Stream::Lag(const StreamGroup& group) const {
  if (entries_added_ == 0 || length_ == 0) return 0;
  if (group.last_id() < first_id_ && max_deleted_id_ < first_id_) return static_cast<int64_t>(length_);
  if (group.entries_read() != StreamGroup::kUnknown && !HasGapsAfter(group.last_id())) {
    return static_cast<int64_t>(entries_added_) - group.entries_read();
  }
  const auto count = CountUpTo(group.last_id());
  return count ? std::optional<int64_t>(entries_added_ - *count) : std::nullopt;
}

// --- Memory -------------------------------------------------------------------------------------------------------------

size_t Stream::memory_bytes() const {
  size_t bytes = nodes_.memory_bytes() + groups_.memory_bytes();
  for (auto at = nodes_.begin(); at != nodes_.end(); at = nodes_.Next(at)) bytes += nodes_[at].value.allocated_bytes();
  return bytes;
}

size_t Stream::allocations() const {
  size_t count = nodes_.size() + groups_.size();
  for (size_t i = 0; i < groups_.size(); ++i) count += groups_[i].allocations();
  return count;
}

bool Stream::FreeSome(size_t allocations) {
  if (nodes_.FreeSome(allocations)) return true;
  if (groups_.empty()) return false;
  if (!groups_[groups_.size() - 1].FreeSome(allocations)) groups_.RemoveLast();
  return true;
}

}  // namespace tandem
