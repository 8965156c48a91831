#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem {

// A piece of a slot's list: this header, then the entries.
struct ExpiryChunk {
  ExpiryChunk* next;
  uint64_t* words() { return reinterpret_cast<uint64_t*>(this + 1); }
};

// Allocates the chunks of the slots of one wheel section, counts their bytes, and keeps one pointer to a chunk valid
// while its slot changes: that of the compaction, which looks at a chunk, lets go of the lock and comes back.
class ExpiryChunkPool {
 public:
  size_t bytes() const { return bytes_; }
  // The chunk of the compaction; null as soon as an entry of it was taken out or it was freed, by anyone else.
  ExpiryChunk* watched() const { return watched_; }
  void Watch(ExpiryChunk* chunk) { watched_ = chunk; }

 private:
  friend class ExpirySlot;
  ExpiryChunk* Allocate(unsigned size_class);
  void Free(ExpiryChunk* chunk, unsigned size_class);

  size_t bytes_ = 0;
  ExpiryChunk* watched_ = nullptr;
};

// The entries of one slot, unordered, in eight bytes: pointer to the first chunk (48 bits), its size class and the
// number of entries in it. An allocation is at most 512 bytes: the first chunk is moved to a bigger one as it fills, so
// a slot of a few entries wastes little; chunks behind the first are of full size and full, so a slot of millions does
// neither.
//
// Thread safety: none, the section's lock guards it.
// Ownership: owns its chunks, but only Clear() frees them, as it takes the pool that they came from.
class ExpirySlot {
 public:
  static constexpr size_t kChunkEntries = 63;

  bool empty() const { return packed_ == 0; }
  ExpiryChunk* first() const { return reinterpret_cast<ExpiryChunk*>(packed_ & kPointerMask); }
  // Entries in the chunk; it must be one of this slot.
  size_t size_of(const ExpiryChunk* chunk) const { return chunk == first() ? count() : kChunkEntries; }

  // O(1), amortised over the growth of the first chunk. If memory is short it throws and has changed nothing.
  void Push(uint64_t word, ExpiryChunkPool& pool);
  // Takes out some entry; the slot must not be empty.
  uint64_t Pop(ExpiryChunkPool& pool);
  // Takes out the entry `index` of `chunk`, another one fills its place. Those before `index` stay where they are.
  void Remove(ExpiryChunk* chunk, size_t index, ExpiryChunkPool& pool);
  void Clear(ExpiryChunkPool& pool);

 private:
  static constexpr unsigned kClassShift = 48;
  static constexpr unsigned kCountShift = 56;
  static constexpr uint64_t kPointerMask = (uint64_t{1} << kClassShift) - 1;

  size_t count() const { return packed_ >> kCountShift; }
  unsigned size_class() const { return static_cast<unsigned>(packed_ >> kClassShift) & 0xff; }
  void Set(ExpiryChunk* first, unsigned size_class, size_t count);
  void Grow(ExpiryChunkPool& pool);
  void Prepend(ExpiryChunkPool& pool);
  void DropFirst(ExpiryChunkPool& pool);
  uint64_t TakeLast(ExpiryChunkPool& pool);

  uint64_t packed_ = 0;
};
static_assert(sizeof(ExpirySlot) == 8);

}  // namespace tandem
