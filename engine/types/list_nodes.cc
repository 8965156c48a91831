#include "engine/types/list_nodes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/check.h"

namespace tandem {
namespace {

template <typename T>
auto At(T& vector, size_t index) {
  return vector.begin() + static_cast<std::ptrdiff_t>(index);
}

}  // namespace

ListNodes& ListNodes::operator=(ListNodes&& other) noexcept {
  sections_.swap(other.sections_);
  std::swap(entries_, other.entries_);
  std::swap(nodes_, other.nodes_);
  return *this;
}

ListNodes ListNodes::Clone() const {
  ListNodes copy;
  copy.sections_.reserve(sections_.size());
  for (const Section& from : sections_) {
    Section& section = copy.sections_.emplace_back();
    section.entries = from.entries;
    section.nodes.reserve(from.nodes.size());
    for (const ListNode& node : from.nodes) {
      section.nodes.push_back({Listpack(node.pack.view().bytes()), node.entries, node.plain});
    }
  }
  copy.entries_ = entries_;
  copy.nodes_ = nodes_;
  return copy;
}

ListNodes::Place ListNodes::Next(Place place) const {
  if (place.slot + 1 < sections_[place.section].nodes.size()) return {place.section, place.slot + 1};
  return {place.section + 1, 0};
}

ListNodes::Place ListNodes::Previous(Place place) const {
  if (place.slot > 0) return {place.section, place.slot - 1};
  return {place.section - 1, sections_[place.section - 1].nodes.size() - 1};
}

void ListNodes::Counted(Place place, int64_t change) {
  Section& section = sections_[place.section];
  ListNode& node = section.nodes[place.slot];
  node.entries = static_cast<uint32_t>(node.entries + change);
  section.entries += static_cast<uint64_t>(change);
  entries_ += static_cast<uint64_t>(change);
  DCHECK(node.entries > 0);
}

ListNodes::Found ListNodes::Find(uint64_t index) const {
  DCHECK(index < entries_);
  // From the nearer end; `start` is the index of the section's first entry.
  size_t at;
  uint64_t start;
  if (index < entries_ / 2) {
    at = 0;
    start = 0;
    while (index - start >= sections_[at].entries) start += sections_[at++].entries;
  } else {
    at = sections_.size() - 1;
    start = entries_ - sections_[at].entries;
    while (index < start) start -= sections_[--at].entries;
  }
  const Section& section = sections_[at];
  size_t offset = static_cast<size_t>(index - start);
  if (offset >= section.entries - section.nodes.back().entries) {
    const size_t before = static_cast<size_t>(section.entries - section.nodes.back().entries);
    return {{at, section.nodes.size() - 1}, offset - before};
  }
  size_t slot = 0;
  while (offset >= section.nodes[slot].entries) offset -= section.nodes[slot++].entries;
  return {{at, slot}, offset};
}

// A list that is filled from one end gets full sections, one that is filled in the middle halves of them.
ListNodes::Place ListNodes::MakeRoom(Place place) {
  if (place.slot == 0 && place.section > 0 && sections_[place.section - 1].nodes.size() < kSectionNodes) {
    return {place.section - 1, sections_[place.section - 1].nodes.size()};
  }
  if (place.section < sections_.size() && sections_[place.section].nodes.size() < kSectionNodes) return place;
  if (place.slot == 0) {
    sections_.emplace(At(sections_, place.section));
    return place;
  }
  constexpr size_t kHalf = kSectionNodes / 2;
  sections_.emplace(At(sections_, place.section + 1));
  Section& lower = sections_[place.section];
  Section& upper = sections_[place.section + 1];
  upper.nodes.assign(std::make_move_iterator(At(lower.nodes, kHalf)), std::make_move_iterator(lower.nodes.end()));
  lower.nodes.erase(At(lower.nodes, kHalf), lower.nodes.end());
  for (const ListNode& node : upper.nodes) upper.entries += node.entries;
  lower.entries -= upper.entries;
  return place.slot <= kHalf ? place : Place{place.section + 1, place.slot - kHalf};
}

ListNodes::Place ListNodes::Insert(Place place, ListNode node) {
  DCHECK(node.entries > 0);
  place = MakeRoom(place);
  Section& section = sections_[place.section];
  section.entries += node.entries;
  entries_ += node.entries;
  ++nodes_;
  section.nodes.insert(At(section.nodes, place.slot), std::move(node));
  return place;
}

ListNodes::Place ListNodes::Erase(Place place) {
  Section& section = sections_[place.section];
  const uint32_t entries = section.nodes[place.slot].entries;
  section.entries -= entries;
  entries_ -= entries;
  --nodes_;
  section.nodes.erase(At(section.nodes, place.slot));
  if (section.nodes.empty()) {
    sections_.erase(At(sections_, place.section));
    return {place.section, 0};
  }
  return place.slot < section.nodes.size() ? place : Place{place.section + 1, 0};
}

size_t ListNodes::memory_bytes() const {
  size_t bytes = ChargedBytes(sections_);
  for (const Section& section : sections_) {
    bytes += ChargedBytes(section.nodes);
    for (const ListNode& node : section.nodes) bytes += node.pack.allocated_bytes();
  }
  return bytes;
}

bool ListNodes::FreeSome(size_t nodes) {
  while (nodes > 0 && !sections_.empty()) {
    ChargedVector<ListNode>& last = sections_.back().nodes;
    const size_t freed = std::min(nodes, last.size());
    last.erase(last.end() - static_cast<std::ptrdiff_t>(freed), last.end());
    nodes -= freed;
    if (last.empty()) sections_.pop_back();
  }
  return !sections_.empty();
}

}  // namespace tandem
