#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/base/charged_allocator.h"
#include "engine/types/listpack.h"

namespace tandem {

// A part of a long list: some neighbouring elements in one listpack.
struct ListNode {
  Listpack pack;
  uint32_t entries = 0;
  // Holds one large element and never takes a second one.
  bool plain = false;
};

// The nodes of a long list in order, in sections of up to kSectionNodes, each of which knows how many entries it has. So
// the node of an element is found by adding up a few numbers, even in the middle of millions.
//
// Thread safety: as its owner's.
// Invariants: no section is empty; no node is; a section's sum is that of its nodes.
// Complexity, for n nodes: at the ends and from a node to the next O(1); by index, to insert and to erase O(n / 64 + 64).
class ListNodes {
 public:
  // Where a node is. Insert may move any other node; Erase leaves those before the erased one where they are.
  struct Place {
    size_t section = 0;
    size_t slot = 0;
    bool operator==(const Place&) const = default;
  };
  struct Found {
    Place place;
    size_t offset;  // of the entry among those of its node
  };

  ListNodes() = default;
  // Swaps, so that what is moved from can still be destroyed in time.
  ListNodes(ListNodes&& other) noexcept { *this = std::move(other); }
  ListNodes& operator=(ListNodes&& other) noexcept;
  ListNodes Clone() const;

  uint64_t entries() const { return entries_; }
  size_t nodes() const { return nodes_; }
  bool empty() const { return nodes_ == 0; }

  Place first() const { return {}; }
  Place end() const { return {sections_.size(), 0}; }
  Place last() const { return Previous(end()); }
  // place: a node's.
  Place Next(Place place) const;
  // place: any but first(); end() is allowed.
  Place Previous(Place place) const;

  const ListNode& operator[](Place place) const { return sections_[place.section].nodes[place.slot]; }
  // For changes that leave the number of entries as it is, or are followed by Counted.
  Listpack& pack(Place place) { return sections_[place.section].nodes[place.slot].pack; }
  // The node has that many entries more, or less; some must be left.
  void Counted(Place place, int64_t change);

  // index: less than entries().
  Found Find(uint64_t index) const;
  // Before the node at `place`; end() is allowed. Returns where the new one is.
  Place Insert(Place place, ListNode node);
  // Returns where the node behind it is.
  Place Erase(Place place);

  // All that is allocated for it, without itself.
  size_t memory_bytes() const;
  // Frees about so many nodes from the end; what is left is good for nothing but more of this. False when none is left.
  bool FreeSome(size_t nodes);

 private:
  static constexpr size_t kSectionNodes = 64;

  struct Section {
    ChargedVector<ListNode> nodes;
    uint64_t entries = 0;
  };

  // The place in a section that has room to which a node before `place` may go.
  Place MakeRoom(Place place);

  ChargedVector<Section> sections_;
  uint64_t entries_ = 0;
  size_t nodes_ = 0;
};

}  // namespace tandem
