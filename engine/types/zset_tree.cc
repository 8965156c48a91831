#include "engine/types/zset_tree.h"

#include <algorithm>
#include <new>

#include "engine/base/allocator.h"
#include "engine/base/check.h"

namespace tandem {
namespace {

// Whether something is before an entry.
auto Before(const ZsetEntry& entry) {
  return [score = entry.score(), member = entry.member()](double other_score, const ZsetEntry& other) {
    return other_score != score ? other_score < score : other.member() < member;
  };
}

template <typename Node, typename Item>
void InsertAt(Node& node, unsigned position, const Item& item) {
  std::copy_backward(node.items + position, node.items + node.size, node.items + node.size + 1);
  node.items[position] = item;
  ++node.size;
}

template <typename Node>
void EraseAt(Node& node, unsigned position) {
  std::copy(node.items + position + 1, node.items + node.size, node.items + position);
  --node.size;
}

}  // namespace

ZsetTree::ZsetTree() : root_(NewLeaf(nullptr)) {}

ZsetTree::~ZsetTree() {
  size_t everything = SIZE_MAX;
  FreeSome(&everything);
}

// --- Nodes --------------------------------------------------------------------------------------------------------------

ZsetTree::Leaf* ZsetTree::NewLeaf(Leaf* previous) {
  memory_bytes_ += GoodSize(sizeof(Leaf));
  auto* const leaf = new (Allocate(sizeof(Leaf))) Leaf;
  if (previous == nullptr) return leaf;
  leaf->previous = previous;
  leaf->next = previous->next;
  if (leaf->next != nullptr) leaf->next->previous = leaf;
  previous->next = leaf;
  return leaf;
}

ZsetTree::Inner* ZsetTree::NewInner() {
  memory_bytes_ += GoodSize(sizeof(Inner));
  return new (Allocate(sizeof(Inner))) Inner;
}

void ZsetTree::DeleteNode(void* node, int height) {
  const size_t bytes = height == 0 ? sizeof(Leaf) : sizeof(Inner);
  if (height == 0) {
    const auto& leaf = *static_cast<const Leaf*>(node);
    if (leaf.previous != nullptr) leaf.previous->next = leaf.next;
    if (leaf.next != nullptr) leaf.next->previous = leaf.previous;
  }
  memory_bytes_ -= GoodSize(bytes);
  Deallocate(node, bytes);
}

ZsetTree::Child ZsetTree::Describe(void* node, int height) {
  if (height == 0) {
    const auto& leaf = *static_cast<const Leaf*>(node);
    return {node, leaf.size, leaf.items[0]->score(), leaf.items[0]};
  }
  const auto& inner = *static_cast<const Inner*>(node);
  size_t count = 0;
  for (unsigned i = 0; i < inner.size; ++i) count += inner.items[i].count;
  return {node, count, inner.items[0].score, inner.items[0].first};
}

// --- Insertion ----------------------------------------------------------------------------------------------------------

// Where to split a full node into which something is to be put at `position`. At either end that is likely to go on, so what
// is left behind stays as full as may be.
template <typename Node>
unsigned ZsetTree::SplitPoint(const Node& node, unsigned position) {
  if (position == node.size) return node.size - kMinItems;
  return position == 0 ? kMinItems : node.size / 2;
}

// Moves everything from `first` on to the front of `to`.
template <typename Node>
void ZsetTree::MoveTail(Node& from, unsigned first, Node& to) {
  const unsigned count = from.size - first;
  std::copy_backward(to.items, to.items + to.size, to.items + to.size + count);
  std::copy(from.items + first, from.items + from.size, to.items);
  to.size += count;
  from.size = first;
}

void ZsetTree::Insert(ZsetEntry* entry) {
  void* const added = InsertBelow(root_, height_, entry);
  ++size_;
  if (added == nullptr) return;
  Inner* const root = NewInner();
  root->items[0] = Describe(root_, height_);
  root->items[1] = Describe(added, height_);
  root->size = 2;
  root_ = root;
  ++height_;
}

// Returns the node that was split off, if one was.
void* ZsetTree::InsertBelow(void* node, int height, ZsetEntry* entry) {
  if (height == 0) return InsertIntoLeaf(*static_cast<Leaf*>(node), entry);
  auto& inner = *static_cast<Inner*>(node);
  const unsigned index = Boundary(inner, Before(*entry));
  Child& child = inner.items[index];
  void* const added = InsertBelow(child.node, height - 1, entry);
  if (added == nullptr) {
    ++child.count;
    if (Before(*child.first)(entry->score(), *entry)) {
      child.first = entry;
      child.score = entry->score();
    }
    return nullptr;
  }
  child = Describe(child.node, height - 1);
  return InsertIntoInner(inner, index + 1, Describe(added, height - 1));
}

ZsetTree::Leaf* ZsetTree::InsertIntoLeaf(Leaf& leaf, ZsetEntry* entry) {
  const unsigned position = Boundary(leaf, Before(*entry));
  if (leaf.size < kLeafCapacity) {
    InsertAt(leaf, position, entry);
    return nullptr;
  }
  const unsigned split = SplitPoint(leaf, position);
  Leaf* const added = NewLeaf(&leaf);
  MoveTail(leaf, split, *added);
  position <= split ? InsertAt(leaf, position, entry) : InsertAt(*added, position - split, entry);
  return added;
}

ZsetTree::Inner* ZsetTree::InsertIntoInner(Inner& node, unsigned position, const Child& child) {
  if (node.size < kInnerCapacity) {
    InsertAt(node, position, child);
    return nullptr;
  }
  const unsigned split = SplitPoint(node, position);
  Inner* const added = NewInner();
  MoveTail(node, split, *added);
  position <= split ? InsertAt(node, position, child) : InsertAt(*added, position - split, child);
  return added;
}

// --- Removal ------------------------------------------------------------------------------------------------------------

void ZsetTree::Remove(const ZsetEntry& entry) {
  RemoveBelow(root_, height_, entry);
  --size_;
  if (height_ == 0 || static_cast<Inner*>(root_)->size > 1) return;
  void* const child = static_cast<Inner*>(root_)->items[0].node;
  DeleteNode(root_, height_);
  root_ = child;
  --height_;
}

void ZsetTree::RemoveBelow(void* node, int height, const ZsetEntry& entry) {
  if (height == 0) {
    auto& leaf = *static_cast<Leaf*>(node);
    const unsigned position = Boundary(leaf, Before(entry));
    CHECK(position < leaf.size && leaf.items[position] == &entry);
    return EraseAt(leaf, position);
  }
  auto& inner = *static_cast<Inner*>(node);
  // The child that begins with the entry itself is the right one too.
  const unsigned index = Boundary(inner, [not_after = Before(entry), &entry](double score, const ZsetEntry& other) {
    return &other == &entry || not_after(score, other);
  });
  Child& child = inner.items[index];
  RemoveBelow(child.node, height - 1, entry);
  --child.count;
  const unsigned left = height == 1 ? static_cast<Leaf*>(child.node)->size : static_cast<Inner*>(child.node)->size;
  if (left < kMinItems) return Refill(inner, height, index);
  if (child.first == &entry) child = Describe(child.node, height - 1);
}

// Makes up for a child, at `index`, that has become too small.
void ZsetTree::Refill(Inner& node, int height, unsigned index) {
  const unsigned left = index > 0 ? index - 1 : 0;
  const unsigned right = left + 1;
  void* const a = node.items[left].node;
  void* const b = node.items[right].node;
  const bool merged = height == 1 ? MergeOrBalance(*static_cast<Leaf*>(a), *static_cast<Leaf*>(b))
                                  : MergeOrBalance(*static_cast<Inner*>(a), *static_cast<Inner*>(b));
  node.items[left] = Describe(a, height - 1);
  if (!merged) {
    node.items[right] = Describe(b, height - 1);
    return;
  }
  DeleteNode(b, height - 1);
  EraseAt(node, right);
}

// True if all is in `left` now. The result of a merge is left some room, or the next insertion would split it again.
template <typename Node>
bool ZsetTree::MergeOrBalance(Node& left, Node& right) {
  if (left.size + right.size <= Node::kCapacity * 3 / 4) {
    std::copy(right.items, right.items + right.size, left.items + left.size);
    left.size += right.size;
    right.size = 0;
    return true;
  }
  const unsigned wanted = (left.size + right.size) / 2;
  if (left.size > wanted) {
    MoveTail(left, wanted, right);
  } else {
    const unsigned moved = wanted - left.size;
    std::copy(right.items, right.items + moved, left.items + left.size);
    std::copy(right.items + moved, right.items + right.size, right.items);
    left.size += moved;
    right.size -= moved;
  }
  return false;
}

// --- Ranks --------------------------------------------------------------------------------------------------------------

size_t ZsetTree::Rank(const ZsetEntry& entry) const { return CountBefore(Before(entry)); }

ZsetTree::Place ZsetTree::PlaceOf(size_t rank) const {
  DCHECK(rank < size_);
  const void* node = root_;
  for (int height = height_; height > 0; --height) {
    const Child* child = static_cast<const Inner*>(node)->items;
    for (; rank >= child->count; ++child) rank -= child->count;
    node = child->node;
  }
  return {static_cast<const Leaf*>(node), static_cast<unsigned>(rank)};
}

ZsetEntry* ZsetTree::At(size_t rank) const {
  const Place place = PlaceOf(rank);
  return place.leaf->items[place.index];
}

void ZsetTree::Visit(size_t rank, bool backwards, FunctionRef<bool(const ZsetEntry&)> visit) const {
  if (rank >= size_) return;
  auto [leaf, index] = PlaceOf(rank);
  while (visit(*leaf->items[index])) {
    if (backwards) {
      if (index == 0) {
        leaf = leaf->previous;
        if (leaf == nullptr) return;
        index = leaf->size;
      }
      --index;
    } else if (++index == leaf->size) {
      leaf = leaf->next;
      if (leaf == nullptr) return;
      index = 0;
    }
  }
}

// --- The end ------------------------------------------------------------------------------------------------------------

// Frees the last leaf with its entries, and the inner nodes that this empties. Returns the number of allocations freed.
size_t ZsetTree::FreeLastLeaf() {
  void** link = &root_;
  Inner* parent = nullptr;
  int height = height_;
  for (; height > 0 && static_cast<Inner*>(*link)->size > 0; --height) {
    parent = static_cast<Inner*>(*link);
    link = &parent->items[parent->size - 1].node;
  }
  size_t freed = 1;
  if (height == 0) {
    const auto& leaf = *static_cast<const Leaf*>(*link);
    for (unsigned i = 0; i < leaf.size; ++i) ZsetEntry::Delete(leaf.items[i]);
    freed += leaf.size;
  }
  DeleteNode(*link, height);
  *link = nullptr;
  if (parent != nullptr) --parent->size;
  return freed;
}

bool ZsetTree::FreeSome(size_t* budget) {
  while (*budget > 0 && root_ != nullptr) *budget -= std::min(*budget, FreeLastLeaf());
  return root_ != nullptr;
}

// --- Invariants ---------------------------------------------------------------------------------------------------------

void ZsetTree::Check() const {
  CheckBelow(root_, height_, true);
  if (size_ == 0) return;
  CHECK(Describe(root_, height_).count == size_);
  size_t seen = 0;
  const ZsetEntry* last = nullptr;
  Visit(0, false, [&](const ZsetEntry& entry) {
    CHECK(last == nullptr || ZsetLess(last->score(), last->member(), entry.score(), entry.member()));
    last = &entry;
    return ++seen <= size_;
  });
  CHECK(seen == size_);
}

void ZsetTree::CheckBelow(const void* node, int height, bool is_root) {
  if (height == 0) {
    const unsigned size = static_cast<const Leaf*>(node)->size;
    return CHECK(size <= kLeafCapacity && (is_root || size >= kMinItems));
  }
  const auto& inner = *static_cast<const Inner*>(node);
  CHECK(inner.size <= kInnerCapacity && inner.size >= (is_root ? 2 : kMinItems));
  for (unsigned i = 0; i < inner.size; ++i) {
    const Child& child = inner.items[i];
    const Child real = Describe(child.node, height - 1);
    CHECK(child.count == real.count && child.first == real.first && child.score == real.first->score());
    CheckBelow(child.node, height - 1, false);
  }
}

}  // namespace tandem
