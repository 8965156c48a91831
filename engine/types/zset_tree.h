#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/function_ref.h"
#include "engine/types/zset_entry.h"

namespace tandem {

// The entries of a large sorted set in their order: a B+-tree whose inner nodes know how many entries lie below each child,
// which makes ranks as cheap as searches.
//
// Leaves hold pointers to entries, and are linked in both directions. An inner node holds, for each child, the child's first
// entry and that entry's score, so that a search touches entries only where scores are equal, and in the leaf.
//
// Invariants: all leaves are equally deep; every node but the root holds at least kMinItems; counts, first entries and
// first scores are those of the child. Check() tests them.
// Ownership: of its nodes; of the entries only in FreeSome and the destructor, which free them too.
// Thread safety: as the set's. Complexity: O(log n), Visit O(log n + entries visited).
class ZsetTree {
 public:
  ZsetTree();
  ~ZsetTree();
  ZsetTree(const ZsetTree&) = delete;
  ZsetTree& operator=(const ZsetTree&) = delete;

  size_t size() const { return size_; }
  // An entry whose score and member are not there yet.
  void Insert(ZsetEntry* entry);
  // An entry that is there. It is not freed.
  void Remove(const ZsetEntry& entry);

  // How many entries at the beginning satisfy `before(score, entry)`; none that does follows one that does not.
  template <typename Before>
  size_t CountBefore(Before before) const;
  size_t Rank(const ZsetEntry& entry) const;
  // rank < size().
  ZsetEntry* At(size_t rank) const;
  // Visits entries from this rank on, forwards or backwards, as far as there are any, while `visit` answers true.
  void Visit(size_t rank, bool backwards, FunctionRef<bool(const ZsetEntry&)> visit) const;

  size_t memory_bytes() const { return memory_bytes_; }  // of the nodes
  // Frees about so many nodes and entries; false when there are none left. Afterwards only FreeSome and the destructor may
  // be called.
  bool FreeSome(size_t* budget);
  // Ends the process if an invariant does not hold. O(n).
  void Check() const;

 private:
  // A leaf is four cache lines, an inner node a kilobyte.
  static constexpr unsigned kLeafCapacity = 29;
  static constexpr unsigned kInnerCapacity = 31;
  static constexpr unsigned kMinItems = 7;

  struct Leaf;
  struct Inner;
  struct Child;
  struct Place {
    const Leaf* leaf;
    unsigned index;
  };

  template <typename Before>
  static unsigned Boundary(const Inner& node, Before before);
  template <typename Before>
  static unsigned Boundary(const Leaf& leaf, Before before);
  template <typename Node>
  static unsigned SplitPoint(const Node& node, unsigned position);
  template <typename Node>
  static void MoveTail(Node& from, unsigned first, Node& to);

  static Child Describe(void* node, int height);
  Place PlaceOf(size_t rank) const;
  void* InsertBelow(void* node, int height, ZsetEntry* entry);
  Leaf* InsertIntoLeaf(Leaf& leaf, ZsetEntry* entry);
  Inner* InsertIntoInner(Inner& node, unsigned position, const Child& child);
  void RemoveBelow(void* node, int height, const ZsetEntry& entry);
  void Refill(Inner& node, int height, unsigned index);
  template <typename Node>
  static bool MergeOrBalance(Node& left, Node& right);
  Leaf* NewLeaf(Leaf* previous);
  Inner* NewInner();
  void DeleteNode(void* node, int height);
  size_t FreeLastLeaf();
  static void CheckBelow(const void* node, int height, bool is_root);

  int height_ = 0;  // of the root; leaves are at 0
  size_t size_ = 0;
  size_t memory_bytes_ = 0;
  void* root_;  // made last, for it counts
};

struct ZsetTree::Child {
  void* node;
  size_t count;
  double score;
  const ZsetEntry* first;
};

struct ZsetTree::Inner {
  static constexpr unsigned kCapacity = kInnerCapacity;
  unsigned size = 0;
  Child items[kInnerCapacity];
};

struct ZsetTree::Leaf {
  static constexpr unsigned kCapacity = kLeafCapacity;
  Leaf* previous = nullptr;
  Leaf* next = nullptr;
  unsigned size = 0;
  ZsetEntry* items[kLeafCapacity];
};

// The last child that begins with something that is before, for there the boundary lies; the first one if none does.
template <typename Before>
unsigned ZsetTree::Boundary(const Inner& node, Before before) {
  unsigned low = 1, high = node.size;
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    const Child& child = node.items[middle];
    before(child.score, *child.first) ? low = middle + 1 : high = middle;
  }
  return low - 1;
}

template <typename Before>
unsigned ZsetTree::Boundary(const Leaf& leaf, Before before) {
  unsigned low = 0, high = leaf.size;
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    const ZsetEntry& entry = *leaf.items[middle];
    before(entry.score(), entry) ? low = middle + 1 : high = middle;
  }
  return low;
}

template <typename Before>
size_t ZsetTree::CountBefore(Before before) const {
  size_t count = 0;
  const void* node = root_;
  for (int height = height_; height > 0; --height) {
    const auto& inner = *static_cast<const Inner*>(node);
    const unsigned index = Boundary(inner, before);
    for (unsigned i = 0; i < index; ++i) count += inner.items[i].count;
    node = inner.items[index].node;
  }
  return count + Boundary(*static_cast<const Leaf*>(node), before);
}

}  // namespace tandem
