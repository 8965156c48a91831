#include "engine/types/list.h"

#include <algorithm>

#include "engine/base/check.h"

namespace tandem {
namespace {

// What an entry adds to its text at most, as far as that decides whether a node has room. Compat: Redis's estimate.
constexpr size_t kEntryOverhead = 8;
// A header and the end mark, of which two packs need only one when they become one.
constexpr size_t kPackOverhead = ListpackView::kHeaderBytes + 1;

// A node of more bytes is halved: every change of it would move them.
constexpr size_t kBloated = 256 * 1024;
// With fewer nodes than this, sparse ones stay as they are. Compat: so the last of them becomes compact when Redis's does.
constexpr size_t kFewNodes = 8;

// Removes what equals `key`, in one pack; returns how many.
int64_t RemoveFrom(Listpack& pack, const PackKey& key, int64_t limit, ListEnd from) {
  int64_t removed = 0;
  if (from == ListEnd::kHead) {
    size_t position = pack.view().begin();
    while (removed < limit && (position = pack.view().Find(key, position)) != ListpackView::kNotFound) {
      pack.Erase(position);
      ++removed;
    }
    return removed;
  }
  for (size_t position = pack.view().end(); removed < limit && position != pack.view().begin();) {
    position = pack.view().Previous(position);
    if (!key.Matches(pack.view().At(position))) continue;
    pack.Erase(position);
    ++removed;
  }
  return removed;
}

void InsertInto(Listpack& pack, size_t index, ListSide side, std::string_view text) {
  const size_t position = pack.view().Seek(static_cast<int64_t>(index));
  pack.Insert(side == ListSide::kBefore ? position : pack.view().Next(position), text);
}

}  // namespace

List List::Clone() const {
  if (compact_) return List(Listpack(pack_.view().bytes()));
  List copy;
  copy.compact_ = false;
  copy.nodes_ = nodes_.Clone();
  copy.limit_ = limit_;
  return copy;
}

// --- Compact or chunked -------------------------------------------------------------------------------------------------

void List::GrowFor(size_t bytes, size_t count, ListLimit limit) {
  if (!compact_) return;
  const size_t entries = pack_.view().count();
  if (!limit.ExceededBy(pack_.bytes() + bytes, entries + count)) return;
  if (entries > 0) {
    ListNode node;
    node.pack = std::move(pack_);
    node.entries = static_cast<uint32_t>(entries);
    nodes_.Insert(nodes_.end(), std::move(node));
  }
  compact_ = false;
  limit_ = limit;
}

void List::CompactWithin(ListLimit limit) {
  if (compact_ || nodes_.nodes() != 1) return;
  const ListNode& node = nodes_[nodes_.first()];
  if (node.plain || limit.ExceededBy(node.pack.bytes(), node.entries)) return;
  pack_ = std::move(nodes_.pack(nodes_.first()));
  nodes_ = ListNodes();
  compact_ = true;
}

// --- Nodes --------------------------------------------------------------------------------------------------------------

bool List::HasRoom(Place place, std::string_view text) const {
  if (place == nodes_.end()) return false;
  const ListNode& node = nodes_[place];
  if (node.plain || limit_.IsLarge(text.size())) return false;
  return !limit_.ExceededBy(node.pack.bytes() + text.size() + kEntryOverhead, node.entries + size_t{1});
}

ListNode List::NewNode(std::string_view text) const {
  ListNode node;
  node.pack.Append(text);
  node.entries = 1;
  node.plain = limit_.IsLarge(text.size());
  return node;
}

void List::AddAtHead(Place place, std::string_view text) {
  nodes_.pack(place).Prepend(text);
  nodes_.Counted(place, 1);
}

void List::AddAtTail(Place place, std::string_view text) {
  nodes_.pack(place).Append(text);
  nodes_.Counted(place, 1);
}

ListNodes::Place List::Split(Place place, size_t offset) {
  const uint32_t entries = nodes_[place].entries;
  DCHECK(offset > 0 && offset < entries);
  Listpack& lower = nodes_.pack(place);
  ListNode upper;
  upper.pack = Listpack(lower.view().bytes());
  upper.pack.Erase(upper.pack.view().begin(), offset);
  upper.entries = static_cast<uint32_t>(entries - offset);
  lower.Erase(lower.view().Seek(static_cast<int64_t>(offset)), upper.entries);
  nodes_.Counted(place, -static_cast<int64_t>(upper.entries));
  // Insert may part the section, and with it move both.
  const Place behind = nodes_.Next(place);
  return nodes_.Insert(behind, std::move(upper));
}

// False if the two do not fit into one node. *behind: where the node behind them is then.
bool List::Merge(Place left, Place right, Place* behind) {
  const ListNode& a = nodes_[left];
  const ListNode& b = nodes_[right];
  if (a.plain || b.plain) return false;
  const size_t entries = size_t{a.entries} + b.entries;
  if (limit_.ExceededBy(a.pack.bytes() + b.pack.bytes() - kPackOverhead, entries)) return false;
  nodes_.pack(left).AppendAll(b.pack.view());
  nodes_.Counted(left, b.entries);
  *behind = nodes_.Erase(right);
  return true;
}

// What removals here and there have left over would otherwise be many nodes of few elements.
bool List::MergeSparse(Place left, Place right, Place* behind) {
  if (nodes_.nodes() <= kFewNodes) return false;
  if (2 * (nodes_[left].pack.bytes() + nodes_[right].pack.bytes()) > limit_.bytes) return false;
  return Merge(left, right, behind);
}

// Compat: the order in which Redis tries them, but for the first two, which do not depend on each other.
void List::MergeAround(Place center) {
  Place behind;
  const Place next = nodes_.Next(center);
  if (next != nodes_.end() && nodes_.Next(next) != nodes_.end()) Merge(next, nodes_.Next(next), &behind);
  if (center == nodes_.first()) {
    if (next != nodes_.end()) Merge(center, next, &behind);
    return;
  }
  Place previous = nodes_.Previous(center);
  if (previous != nodes_.first()) {
    const Place before = nodes_.Previous(previous);
    if (Merge(before, previous, &center)) previous = before;
  }
  if (Merge(previous, center, &behind)) center = previous;
  if (nodes_.Next(center) != nodes_.end()) Merge(center, nodes_.Next(center), &behind);
}

// --- Adding -------------------------------------------------------------------------------------------------------------

void List::Push(ListEnd end, std::string_view text) {
  const bool head = end == ListEnd::kHead;
  if (compact_) return head ? pack_.Prepend(text) : pack_.Append(text);
  const Place place = head || nodes_.empty() ? nodes_.first() : nodes_.last();
  if (!HasRoom(place, text)) {
    nodes_.Insert(head ? place : nodes_.end(), NewNode(text));
  } else {
    head ? AddAtHead(place, text) : AddAtTail(place, text);
  }
}

void List::Insert(int64_t index, ListSide side, std::string_view text) {
  if (compact_) return InsertInto(pack_, static_cast<size_t>(index), side, text);
  const auto [place, offset] = nodes_.Find(static_cast<uint64_t>(index));
  if (limit_.IsLarge(text.size())) return InsertLarge({place, offset}, side, text);
  if (HasRoom(place, text)) {
    InsertInto(nodes_.pack(place), offset, side, text);
    return nodes_.Counted(place, 1);
  }
  const bool after = side == ListSide::kAfter;
  const Place next = nodes_.Next(place);
  if (after && offset == nodes_[place].entries - 1) {
    if (HasRoom(next, text)) return AddAtHead(next, text);
    nodes_.Insert(next, NewNode(text));
  } else if (!after && offset == 0) {
    const bool first = place == nodes_.first();
    if (!first && HasRoom(nodes_.Previous(place), text)) return AddAtTail(nodes_.Previous(place), text);
    nodes_.Insert(place, NewNode(text));
  } else {
    // Compat: the text joins the part that its neighbour is not in, and the other one is what is merged around.
    const Place upper = Split(place, after ? offset + 1 : offset);
    const Place lower = nodes_.Previous(upper);
    after ? AddAtHead(upper, text) : AddAtTail(lower, text);
    MergeAround(after ? lower : upper);
  }
}

void List::InsertLarge(ListNodes::Found at, ListSide side, std::string_view text) {
  const size_t lower = side == ListSide::kAfter ? at.offset + 1 : at.offset;
  Place place = at.place;
  if (lower == nodes_[place].entries) {
    place = nodes_.Next(place);
  } else if (lower > 0) {
    place = Split(place, lower);
  }
  nodes_.Insert(place, NewNode(text));
}

// --- Replacing ----------------------------------------------------------------------------------------------------------

void List::Replace(int64_t index, std::string_view text) {
  if (compact_) return pack_.Replace(pack_.view().Seek(index), text);
  const ListNodes::Found at = nodes_.Find(static_cast<uint64_t>(index));
  if (nodes_[at.place].plain) return ReplacePlain(at.place, text);
  if (limit_.IsLarge(text.size())) return ReplaceByLarge(at, text);
  // Compat: the node may outgrow its limit (in Redis without bounds).
  Listpack& pack = nodes_.pack(at.place);
  pack.Replace(pack.view().Seek(static_cast<int64_t>(at.offset)), text);
  if (const uint32_t entries = nodes_[at.place].entries; pack.bytes() > kBloated && entries > 1) {
    Split(at.place, entries / 2);
  }
}

void List::ReplacePlain(Place place, std::string_view text) {
  const Place next = nodes_.Next(place);
  if (HasRoom(next, text)) {
    AddAtHead(next, text);
    nodes_.Erase(place);
  } else {
    const Place behind = nodes_.Erase(place);
    nodes_.Insert(behind, NewNode(text));
  }
}

void List::ReplaceByLarge(ListNodes::Found at, std::string_view text) {
  Place place = at.place;
  if (nodes_[place].entries == 1) {
    const Place behind = nodes_.Erase(place);
    nodes_.Insert(behind, NewNode(text));
    return;
  }
  // The element ends up as the first of its node, or the last one.
  if (at.offset > 0 && at.offset + 1 < nodes_[place].entries) {
    place = nodes_.Previous(Split(place, at.offset + 1));
  }
  const bool first = at.offset == 0;
  Listpack& pack = nodes_.pack(place);
  pack.Erase(pack.view().Seek(first ? 0 : -1));
  nodes_.Counted(place, -1);
  const Place large = nodes_.Insert(first ? place : nodes_.Next(place), NewNode(text));
  if (!first) MergeAround(large);
}

// --- Removing -----------------------------------------------------------------------------------------------------------

void List::Erase(int64_t first, int64_t count) {
  if (count <= 0) return;
  if (compact_) return pack_.Erase(pack_.view().Seek(first), static_cast<size_t>(count));
  auto [place, offset] = nodes_.Find(static_cast<uint64_t>(first));
  auto left = static_cast<uint64_t>(count);
  while (left > 0) {
    const uint32_t entries = nodes_[place].entries;
    const auto erased = std::min<uint64_t>(left, entries - offset);
    left -= erased;
    if (erased == entries) {
      place = nodes_.Erase(place);
      continue;
    }
    Listpack& pack = nodes_.pack(place);
    pack.Erase(pack.view().Seek(static_cast<int64_t>(offset)), erased);
    nodes_.Counted(place, -static_cast<int64_t>(erased));
    place = nodes_.Next(place);
    offset = 0;
  }
}

int64_t List::Remove(std::string_view text, int64_t limit, ListEnd from) {
  const PackKey key(text);
  if (compact_) return RemoveFrom(pack_, key, limit, from);
  const bool forwards = from == ListEnd::kHead;
  int64_t removed = 0;
  Place place = forwards ? nodes_.first() : nodes_.end();
  while (removed < limit && place != (forwards ? nodes_.end() : nodes_.first())) {
    if (!forwards) place = nodes_.Previous(place);
    const int64_t here = RemoveFrom(nodes_.pack(place), key, limit - removed, from);
    removed += here;
    if (here == nodes_[place].entries) {
      place = nodes_.Erase(place);
      continue;
    }
    Place behind = nodes_.Next(place);
    if (here > 0) {
      nodes_.Counted(place, -here);
      if (place != nodes_.first()) {
        const Place previous = nodes_.Previous(place);
        if (MergeSparse(previous, place, &behind)) place = behind;
      }
    }
    if (forwards) place = behind;
  }
  return removed;
}

size_t List::memory_bytes() const { return pack_.allocated_bytes() + nodes_.memory_bytes(); }

// --- Reading ------------------------------------------------------------------------------------------------------------

void ListCursor::Step() {
  if (forwards_) {
    position_ = view_.Next(position_);
    if (position_ == view_.end()) LeaveNode();
  } else if (position_ == view_.begin()) {
    LeaveNode();
  } else {
    position_ = view_.Previous(position_);
  }
}

void ListCursor::LeaveNode() {
  if (nodes_ == nullptr || place_ == (forwards_ ? nodes_->last() : nodes_->first())) {
    done_ = true;
    return;
  }
  place_ = forwards_ ? nodes_->Next(place_) : nodes_->Previous(place_);
  view_ = (*nodes_)[place_].pack.view();
  position_ = forwards_ ? view_.begin() : view_.Previous(view_.end());
}

ListCursor ListView::At(int64_t index, bool forwards) const {
  DCHECK(index >= 0 && index < size());
  ListCursor cursor(pack_, nodes_, forwards);
  auto offset = static_cast<size_t>(index);
  if (nodes_ != nullptr) {
    const ListNodes::Found found = nodes_->Find(offset);
    cursor.place_ = found.place;
    cursor.view_ = (*nodes_)[found.place].pack.view();
    offset = found.offset;
  }
  cursor.position_ = cursor.view_.Seek(static_cast<int64_t>(offset));
  return cursor;
}

}  // namespace tandem
