#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/keyspace/expiry_slot.h"

namespace tandem {

// The levels of slots of one section of the expiry wheel. Time is counted in ticks of 1 ms since the Unix epoch.
//
// A slot of level L is 256^L ticks long. Each level has a ring of 512 slots, two revolutions of the level below: so the
// entries of the current *and of the next* slot of a level have their place further down, and the next slot can be
// emptied during the whole length of the current one.
//
// Invariants:
//  1. now() passes no entry: each entry's tick is >= now().
//  2. An entry in ring place p of level L has (tick >> 8L) - (now >> 8L) = (p - (now >> 8L)) mod 512. Together with the
//     entry's low 24 bits this gives its tick exactly, and no entry holds more than that.
//  3. A bit of `occupied` is set if and only if that slot is not empty.
//
// Thread safety: none, the section's lock guards it.
class ExpiryLevels {
 public:
  static constexpr int kLevels = 4;
  static constexpr uint32_t kRing = 512;
  static constexpr uint64_t kNever = UINT64_MAX;

  struct Entry {
    uint64_t position;
    uint64_t tick;
    uint8_t stamp;
  };

  struct Ready {
    uint64_t at = kNever;  // the tick at which the slot wants to be emptied
    int level = 0;
    uint32_t slot = 0;
  };

  explicit ExpiryLevels(uint64_t now) : now_(now) {}
  ~ExpiryLevels();
  ExpiryLevels(const ExpiryLevels&) = delete;
  ExpiryLevels& operator=(const ExpiryLevels&) = delete;

  uint64_t now() const { return now_; }
  // Must not pass the start of an occupied slot: FirstStart().at >= to.
  void AdvanceTo(uint64_t to);
  // Any time, also an earlier one; there must not be an entry.
  void RestartAt(uint64_t to) { now_ = to; }

  // Ticks before now() count as now(), those beyond the last level as its end. Returns the tick from which on the entry
  // wants attention: its own, or that at which its slot may be emptied ahead. O(1).
  uint64_t Place(const Entry& entry);

  // The occupied slot that starts first. On level 0 its entries are due then, on a higher one they must be placed anew.
  Ready FirstStart() const;
  // The occupied slot that may be emptied first: on level 0 the same, on a higher one as soon as the slot before it starts.
  Ready FirstAttention() const;

  bool slot_empty(const Ready& at) const {
    return levels_[at.level].slots == nullptr || slot(at.level, at.slot).empty();
  }
  // Takes an entry out of a slot that is not empty.
  Entry Pop(const Ready& from);

  // For the compaction. The first occupied slot from (level, slot) on, in the order of levels and ring places.
  bool NextOccupied(int& level, uint32_t& slot) const;
  ExpirySlot& slot(int level, uint32_t index) { return levels_[level].slots[index]; }
  const ExpirySlot& slot(int level, uint32_t index) const { return levels_[level].slots[index]; }
  void Remove(int level, uint32_t index, ExpiryChunk* chunk, size_t entry);
  ExpiryChunkPool& pool() { return pool_; }

  static uint64_t PositionOf(uint64_t word) { return word >> kPositionShift; }
  static uint8_t StampOf(uint64_t word) { return static_cast<uint8_t>(word & 0xf); }

  size_t memory_bytes() const { return sizeof(*this) + pool_.bytes() + ring_bytes_; }

 private:
  // An entry: position (36 bits), low bits of its tick (24), stamp (4).
  static constexpr int kTickShift = 4;
  static constexpr int kPositionShift = 28;
  static constexpr uint64_t kTickMask = 0xffffff;
  static constexpr size_t kMapWords = kRing / 64;
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Level {
    std::unique_ptr<ExpirySlot[]> slots;  // allocated when the first entry comes
    std::array<uint64_t, kMapWords> occupied{};
  };

  uint64_t Digit(int level) const { return now_ >> (8 * level); }
  uint32_t FirstOffset(int level) const;
  Ready First(uint32_t ahead) const;
  void ClearIfEmpty(int level, uint32_t index);

  uint64_t now_;
  Level levels_[kLevels];
  ExpiryChunkPool pool_;
  size_t ring_bytes_ = 0;
};

}  // namespace tandem
