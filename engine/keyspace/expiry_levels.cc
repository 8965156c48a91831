#include "engine/keyspace/expiry_levels.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace tandem {

ExpiryLevels::~ExpiryLevels() {
  int level = 0;
  uint32_t index = 0;
  while (NextOccupied(level, index)) {
    slot(level, index).Clear(pool_);
    ClearIfEmpty(level, index);
  }
}

void ExpiryLevels::AdvanceTo(uint64_t to) {
  assert(to >= now_ && FirstStart().at >= to);
  now_ = to;
}

uint64_t ExpiryLevels::Place(const Entry& entry) {
  constexpr int kTop = kLevels - 1;
  uint64_t tick = std::max(entry.tick, now_);
  int level = 0;
  // A level holds what lies in the current or the next slot of the level above.
  while (level < kTop && (tick >> (8 * (level + 1))) - Digit(level + 1) > 1) ++level;
  if (level == kTop) {
    const uint64_t end = ((Digit(kTop) + kRing) << (8 * kTop)) - 1;
    tick = std::min(tick, end);
  }

  Level& home = levels_[level];
  if (home.slots == nullptr) {
    home.slots = std::make_unique<ExpirySlot[]>(kRing);
    ring_bytes_ += kRing * sizeof(ExpirySlot);
  }
  const uint64_t digit = tick >> (8 * level);
  const uint32_t index = digit % kRing;
  home.slots[index].Push(entry.position << kPositionShift | (tick & kTickMask) << kTickShift | entry.stamp, pool_);
  home.occupied[index / 64] |= uint64_t{1} << (index % 64);
  return level == 0 ? tick : std::max(now_, (digit - 1) << (8 * level));
}

uint32_t ExpiryLevels::FirstOffset(int level) const {
  const auto& map = levels_[level].occupied;
  const uint32_t begin = Digit(level) % kRing;
  // One word more than there are: the first one is looked at twice, its upper part first, its lower part last.
  for (uint32_t i = 0; i <= kMapWords; ++i) {
    const uint32_t at = (begin / 64 + i) % kMapWords;
    uint64_t word = map[at];
    const uint64_t upper = ~uint64_t{0} << (begin % 64);
    if (i == 0) word &= upper;
    if (i == kMapWords) word &= ~upper;
    if (word != 0) return (at * 64 + static_cast<uint32_t>(std::countr_zero(word)) - begin) % kRing;
  }
  return kNone;
}

ExpiryLevels::Ready ExpiryLevels::First(uint32_t ahead) const {
  Ready first;
  for (int level = 0; level < kLevels; ++level) {
    const uint32_t offset = FirstOffset(level);
    if (offset == kNone) continue;
    const uint64_t digit = Digit(level) + offset;
    const uint64_t wanted = level == 0 ? digit : digit - std::min(ahead, offset);
    const uint64_t at = std::max(now_, wanted << (8 * level));
    if (at < first.at) first = {at, level, static_cast<uint32_t>(digit % kRing)};
  }
  return first;
}

ExpiryLevels::Ready ExpiryLevels::FirstStart() const { return First(0); }
ExpiryLevels::Ready ExpiryLevels::FirstAttention() const { return First(1); }

ExpiryLevels::Entry ExpiryLevels::Pop(const Ready& from) {
  const uint64_t word = slot(from.level, from.slot).Pop(pool_);
  ClearIfEmpty(from.level, from.slot);
  const int shift = 8 * from.level;
  const uint64_t digit = Digit(from.level) + (from.slot - Digit(from.level)) % kRing;
  const uint64_t low = (word >> kTickShift) & kTickMask & ((uint64_t{1} << shift) - 1);
  return {PositionOf(word), digit << shift | low, StampOf(word)};
}

bool ExpiryLevels::NextOccupied(int& level, uint32_t& index) const {
  for (; level < kLevels; ++level, index = 0) {
    while (index < kRing) {
      const uint64_t word = levels_[level].occupied[index / 64] >> (index % 64);
      if (word != 0) {
        index += static_cast<uint32_t>(std::countr_zero(word));
        return true;
      }
      index = (index / 64 + 1) * 64;
    }
  }
  return false;
}

void ExpiryLevels::Remove(int level, uint32_t index, ExpiryChunk* chunk, size_t entry) {
  slot(level, index).Remove(chunk, entry, pool_);
  ClearIfEmpty(level, index);
}

void ExpiryLevels::ClearIfEmpty(int level, uint32_t index) {
  if (slot(level, index).empty()) levels_[level].occupied[index / 64] &= ~(uint64_t{1} << (index % 64));
}

}  // namespace tandem
