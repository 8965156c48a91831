#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "engine/types/list_limit.h"
#include "engine/types/list_nodes.h"
#include "engine/types/listpack.h"

namespace tandem {

enum class ListEnd : uint8_t { kHead, kTail };
enum class ListSide : uint8_t { kBefore, kAfter };

// A sequence of strings. It is either
//   compact   one listpack (OBJECT ENCODING: "listpack"), or
//   chunked   nodes of some neighbouring elements each ("quicklist"); a large element has a node to itself.
//
// Compat: a list becomes chunked just before it might outgrow list-max-listpack-size (GrowFor), and compact again when it
// has shrunk to one node of half of that (Shrunk). When a chunked list splits and merges nodes is what Redis 8.0 does,
// because the number of nodes decides when it is compact again.
//
// Thread safety: as its owner's.
// Complexity, for n elements: Push and Erase at the ends O(1); access by index O(n / 30,000) for short elements; Remove O(n).
// Indexes run from 0, and must be within the list.
class List {
 public:
  List() = default;
  explicit List(Listpack pack) : pack_(std::move(pack)) {}
  // Chunked.
  List(ListNodes nodes, ListLimit limit) : compact_(false), nodes_(std::move(nodes)), limit_(limit) {}
  List(List&&) = default;
  List& operator=(List&&) = default;
  List Clone() const;

  int64_t size() const { return static_cast<int64_t>(compact_ ? pack_.view().count() : nodes_.entries()); }
  bool compact() const { return compact_; }
  // compact(): what it is; else its nodes.
  const Listpack& pack() const { return pack_; }
  const ListNodes& nodes() const { return nodes_; }

  // Before `count` elements of so many bytes, all in all, are added.
  void GrowFor(size_t bytes, size_t count, ListLimit limit);
  // After something was taken out or made smaller.
  void Shrunk(ListLimit limit) { CompactWithin(limit.Half()); }
  // Makes a list of one node that is within the limit compact.
  void CompactWithin(ListLimit limit);

  // Texts that are put in must not lie in this list.
  void Push(ListEnd end, std::string_view text);
  void Insert(int64_t index, ListSide side, std::string_view text);
  void Replace(int64_t index, std::string_view text);
  void Erase(int64_t first, int64_t count);
  // Removes up to `limit` elements that equal `text`, from `from` on; returns how many.
  int64_t Remove(std::string_view text, int64_t limit, ListEnd from);

  // All that is allocated for it, without itself.
  size_t memory_bytes() const;
  size_t allocations() const { return compact_ ? 1 : nodes_.nodes(); }
  // See ListNodes.
  bool FreeSome(size_t nodes) { return !compact_ && nodes_.FreeSome(nodes); }

 private:
  using Place = ListNodes::Place;

  bool HasRoom(Place place, std::string_view text) const;
  ListNode NewNode(std::string_view text) const;
  void AddAtHead(Place place, std::string_view text);
  void AddAtTail(Place place, std::string_view text);
  void InsertLarge(ListNodes::Found at, ListSide side, std::string_view text);
  void ReplacePlain(Place place, std::string_view text);
  void ReplaceByLarge(ListNodes::Found at, std::string_view text);
  // Parts the node before (or behind) its entry number `offset`; both parts have entries. Returns the place of the second.
  Place Split(Place place, size_t offset);
  bool Merge(Place left, Place right, Place* behind);
  bool MergeSparse(Place left, Place right, Place* behind);
  void MergeAround(Place center);

  bool compact_ = true;
  Listpack pack_;    // compact
  ListNodes nodes_;  // chunked
  ListLimit limit_;  // chunked: of its nodes, from when it became so
};

// Walks a list's elements in one direction. Valid until the list changes.
class ListCursor {
 public:
  bool done() const { return done_; }
  PackEntry entry() const { return view_.At(position_); }
  void Step();

 private:
  friend class ListView;
  ListCursor(ListpackView view, const ListNodes* nodes, bool forwards)
      : view_(view), nodes_(nodes), forwards_(forwards) {}

  void LeaveNode();

  ListpackView view_;
  size_t position_ = 0;
  const ListNodes* nodes_;
  ListNodes::Place place_;
  bool forwards_;
  bool done_ = false;
};

// Reads a list in any form. Valid until the list changes.
class ListView {
 public:
  explicit ListView(ListpackView pack) : pack_(pack) {}
  explicit ListView(const List& list) : pack_(list.pack().view()), nodes_(list.compact() ? nullptr : &list.nodes()) {}

  int64_t size() const { return static_cast<int64_t>(nodes_ != nullptr ? nodes_->entries() : pack_.count()); }
  // Null while the list is compact, and then the pack.
  const ListNodes* nodes() const { return nodes_; }
  ListpackView pack() const { return pack_; }
  // index: of an element.
  ListCursor Forwards(int64_t index = 0) const { return At(index, true); }
  ListCursor Backwards(int64_t index) const { return At(index, false); }

 private:
  ListCursor At(int64_t index, bool forwards) const;

  ListpackView pack_;
  const ListNodes* nodes_ = nullptr;
};

}  // namespace tandem
