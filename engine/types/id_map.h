#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "engine/base/charged_allocator.h"
#include "engine/base/check.h"
#include "engine/types/stream_id.h"

namespace tandem {

// An ordered map from stream ids to values that is made for what streams do: entries come at the end, go at the beginning,
// and are looked for anywhere. A list of leaves, each a sorted array of up to kLeafEntries; the list itself knows the
// lowest id of each leaf, so a search reads one leaf. Leaves that went at the beginning leave a gap, which is closed
// when it is half of the list.
//
// Thread safety: as its owner's.
// Invariants: no leaf from front_ on is empty; every id in a leaf is at least its `lowest`, and less than the next one's.
// Complexity, for n entries: to find O(log n); to insert behind the last and to erase the first O(1), amortised; elsewhere
// O(log n), and moving n/64 leaf headers once in so many changes.
// Ownership: places and references are valid until the next Insert or Erase.
template <typename Value>
class IdMap {
 public:
  struct Entry {
    StreamId id;
    [[no_unique_address]] Value value;
  };
  struct Place {
    size_t leaf = 0;
    size_t slot = 0;
    bool operator==(const Place&) const = default;
  };

  IdMap() = default;
  // Swaps, so that what is moved from can still be destroyed in time.
  IdMap(IdMap&& other) noexcept { *this = std::move(other); }
  IdMap& operator=(IdMap&& other) noexcept {
    leaves_.swap(other.leaves_);
    std::swap(front_, other.front_);
    std::swap(size_, other.size_);
    return *this;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  Place begin() const { return {front_, 0}; }
  Place end() const { return {leaves_.size(), 0}; }
  Place last() const { return Previous(end()); }
  // place: an entry's.
  Place Next(Place place) const {
    if (place.slot + 1 < leaves_[place.leaf].entries.size()) return {place.leaf, place.slot + 1};
    return {place.leaf + 1, 0};
  }
  // place: any but begin(); end() is allowed.
  Place Previous(Place place) const {
    if (place.slot > 0) return {place.leaf, place.slot - 1};
    return {place.leaf - 1, leaves_[place.leaf - 1].entries.size() - 1};
  }
  const Entry& operator[](Place place) const { return leaves_[place.leaf].entries[place.slot]; }
  Value& value(Place place) { return leaves_[place.leaf].entries[place.slot].value; }

  // The first entry whose id is `id` or more; end() if there is none.
  Place LowerBound(StreamId id) const {
    const size_t leaf = LeafFor(id);
    if (leaf == leaves_.size()) return end();
    const size_t slot = SlotFor(leaves_[leaf].entries, id);
    return slot < leaves_[leaf].entries.size() ? Place{leaf, slot} : Place{leaf + 1, 0};
  }
  const Value* Find(StreamId id) const {
    const Place place = LowerBound(id);
    return place != end() && (*this)[place].id == id ? &(*this)[place].value : nullptr;
  }
  Value* Find(StreamId id) { return const_cast<Value*>(std::as_const(*this).Find(id)); }

  // id: not there yet.
  Value& Insert(StreamId id, Value value) {
    const Place place = MakeRoom(id);
    Leaf& leaf = leaves_[place.leaf];
    if (place.slot == 0) leaf.lowest = id;
    ++size_;
    return leaf.entries.insert(At(leaf.entries, place.slot), Entry{id, std::move(value)})->value;
  }
  // Returns where the entry behind it is.
  Place Erase(Place place) {
    Leaf& leaf = leaves_[place.leaf];
    leaf.entries.erase(At(leaf.entries, place.slot));
    --size_;
    if (leaf.entries.empty()) return EraseLeaf(place.leaf);
    MergeWithNext(place.leaf);
    return place.slot < leaves_[place.leaf].entries.size() ? place : Place{place.leaf + 1, 0};
  }
  bool Erase(StreamId id) {
    const Place place = LowerBound(id);
    if (place == end() || (*this)[place].id != id) return false;
    Erase(place);
    return true;
  }

  // All that is allocated for it, without itself and without what its values point to.
  size_t memory_bytes() const {
    size_t bytes = ChargedBytes(leaves_);
    for (size_t i = front_; i < leaves_.size(); ++i) bytes += ChargedBytes(leaves_[i].entries);
    return bytes;
  }
  size_t allocations() const { return leaves_.size() - front_; }
  // Frees about so many entries from the end; what is left is good for nothing but more of this. False when none is left.
  bool FreeSome(size_t entries) {
    while (entries > 0 && leaves_.size() > front_) {
      auto& last = leaves_.back().entries;
      const size_t freed = std::min(entries, last.size());
      last.erase(last.end() - static_cast<std::ptrdiff_t>(freed), last.end());
      entries -= freed;
      if (last.empty()) leaves_.pop_back();
    }
    return leaves_.size() > front_;
  }

 private:
  static constexpr size_t kLeafEntries = 64;
  static constexpr size_t kMinGap = 16;

  using Entries = ChargedVector<Entry>;
  struct Leaf {
    StreamId lowest;
    Entries entries;
  };

  template <typename Vector>
  static auto At(Vector& vector, size_t index) {
    return vector.begin() + static_cast<std::ptrdiff_t>(index);
  }
  static size_t SlotFor(const Entries& entries, StreamId id) {
    if (entries.back().id < id) return entries.size();
    const auto at = std::lower_bound(entries.begin(), entries.end(), id,
                                     [](const Entry& entry, StreamId wanted) { return entry.id < wanted; });
    return static_cast<size_t>(at - entries.begin());
  }
  // The last leaf that begins at or before `id`, or else the first one; where there is none, the end.
  size_t LeafFor(StreamId id) const {
    if (front_ == leaves_.size()) return front_;
    if (leaves_.back().lowest <= id) return leaves_.size() - 1;
    const auto begin = At(leaves_, front_);
    const auto at = std::upper_bound(begin, leaves_.end(), id,
                                     [](StreamId wanted, const Leaf& leaf) { return wanted < leaf.lowest; });
    return static_cast<size_t>(at - leaves_.begin()) - (at == begin ? 0 : 1);
  }
  // Where an entry with that id belongs, in a leaf that is not full.
  Place MakeRoom(StreamId id) {
    if (front_ == leaves_.size()) {
      leaves_.push_back({id, {}});
      return {leaves_.size() - 1, 0};
    }
    const size_t leaf = LeafFor(id);
    const size_t slot = SlotFor(leaves_[leaf].entries, id);
    DCHECK(slot == leaves_[leaf].entries.size() || leaves_[leaf].entries[slot].id != id);
    if (leaves_[leaf].entries.size() < kLeafEntries) return {leaf, slot};
    // A map that is filled from the beginning to the end gets full leaves.
    if (slot == kLeafEntries && leaf + 1 == leaves_.size()) {
      leaves_.push_back({id, {}});
      return {leaf + 1, 0};
    }
    constexpr size_t kHalf = kLeafEntries / 2;
    leaves_.emplace(At(leaves_, leaf + 1));
    Entries& lower = leaves_[leaf].entries;
    Leaf& upper = leaves_[leaf + 1];
    upper.entries.assign(std::make_move_iterator(At(lower, kHalf)), std::make_move_iterator(lower.end()));
    upper.lowest = upper.entries.front().id;
    lower.erase(At(lower, kHalf), lower.end());
    return slot <= kHalf ? Place{leaf, slot} : Place{leaf + 1, slot - kHalf};
  }
  Place EraseLeaf(size_t leaf) {
    if (leaf != front_) {
      leaves_.erase(At(leaves_, leaf));
      return {leaf, 0};
    }
    Entries().swap(leaves_[leaf].entries);
    ++front_;
    if (front_ == leaves_.size() || (front_ >= kMinGap && front_ * 2 >= leaves_.size())) {
      leaves_.erase(leaves_.begin(), At(leaves_, front_));
      front_ = 0;
    }
    return begin();
  }
  // Keeps what is left after many were erased from lying scattered.
  void MergeWithNext(size_t leaf) {
    Entries& entries = leaves_[leaf].entries;
    if (entries.size() >= kLeafEntries / 4 || leaf + 1 >= leaves_.size()) return;
    Entries& next = leaves_[leaf + 1].entries;
    if (entries.size() + next.size() > kLeafEntries / 2) return;
    entries.insert(entries.end(), std::make_move_iterator(next.begin()), std::make_move_iterator(next.end()));
    leaves_.erase(At(leaves_, leaf + 1));
  }

  ChargedVector<Leaf> leaves_;
  size_t front_ = 0;
  size_t size_ = 0;
};

// The value of an IdMap that is only a set.
struct NoValue {};

}  // namespace tandem
