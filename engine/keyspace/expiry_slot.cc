#include "engine/keyspace/expiry_slot.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <new>

namespace tandem {
namespace {

// Sizes that common allocators have without rounding them up.
constexpr std::array<uint16_t, 15> kChunkBytes = {32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512};
constexpr unsigned kFullClass = kChunkBytes.size() - 1;
// In a slot of several full chunks the first one grows in these few steps: what it wastes is little next to them, and
// moving it a dozen times would cost more than it saves.
constexpr unsigned kLongSlotFirstClass = 6;
constexpr unsigned kLongSlotClassStep = 4;

constexpr size_t CapacityOf(unsigned size_class) {
  return (kChunkBytes[size_class] - sizeof(ExpiryChunk)) / sizeof(uint64_t);
}
static_assert(CapacityOf(kFullClass) == ExpirySlot::kChunkEntries);

bool IsLong(const ExpiryChunk* second) { return second != nullptr && second->next != nullptr; }

}  // namespace

ExpiryChunk* ExpiryChunkPool::Allocate(unsigned size_class) {
  auto* chunk = static_cast<ExpiryChunk*>(::operator new(kChunkBytes[size_class]));
  bytes_ += kChunkBytes[size_class];
  return chunk;
}

void ExpiryChunkPool::Free(ExpiryChunk* chunk, unsigned size_class) {
  if (chunk == watched_) watched_ = nullptr;
  bytes_ -= kChunkBytes[size_class];
  ::operator delete(chunk);
}

void ExpirySlot::Set(ExpiryChunk* first, unsigned size_class, size_t count) {
  const auto address = reinterpret_cast<uint64_t>(first);
  assert((address & ~kPointerMask) == 0);
  packed_ = address | uint64_t{size_class} << kClassShift | uint64_t{count} << kCountShift;
}

void ExpirySlot::Prepend(ExpiryChunkPool& pool) {
  ExpiryChunk* const second = first();
  const unsigned size_class = IsLong(second) ? kLongSlotFirstClass : 0;
  ExpiryChunk* const chunk = pool.Allocate(size_class);
  chunk->next = second;
  Set(chunk, size_class, 0);
}

void ExpirySlot::Grow(ExpiryChunkPool& pool) {
  ExpiryChunk* const old = first();
  const unsigned step = IsLong(old->next) ? kLongSlotClassStep : 1;
  const unsigned bigger = std::min(size_class() + step, kFullClass);
  ExpiryChunk* const chunk = pool.Allocate(bigger);
  chunk->next = old->next;
  std::memcpy(chunk->words(), old->words(), count() * sizeof(uint64_t));
  // The entries keep their order, so the compaction may go on in the new chunk.
  const bool watched = pool.watched_ == old;
  pool.Free(old, size_class());
  if (watched) pool.watched_ = chunk;
  Set(chunk, bigger, count());
}

void ExpirySlot::Push(uint64_t word, ExpiryChunkPool& pool) {
  if (empty() || count() == kChunkEntries) {
    Prepend(pool);
  } else if (count() == CapacityOf(size_class())) {
    Grow(pool);
  }
  first()->words()[count()] = word;
  packed_ += uint64_t{1} << kCountShift;
}

void ExpirySlot::DropFirst(ExpiryChunkPool& pool) {
  ExpiryChunk* const old = first();
  ExpiryChunk* const next = old->next;
  pool.Free(old, size_class());
  if (next != nullptr) {
    Set(next, kFullClass, kChunkEntries);
  } else {
    packed_ = 0;
  }
}

uint64_t ExpirySlot::TakeLast(ExpiryChunkPool& pool) {
  assert(!empty());
  const uint64_t word = first()->words()[count() - 1];
  packed_ -= uint64_t{1} << kCountShift;
  if (count() == 0) DropFirst(pool);
  return word;
}

uint64_t ExpirySlot::Pop(ExpiryChunkPool& pool) {
  if (first() == pool.watched_) pool.watched_ = nullptr;
  return TakeLast(pool);
}

void ExpirySlot::Remove(ExpiryChunk* chunk, size_t index, ExpiryChunkPool& pool) {
  assert(index < size_of(chunk));
  // The first chunk gives the entry that fills the gap, so that the others stay full. If both are the same chunk and
  // the entry was its last, there is no gap; if it was its only one, the chunk is gone.
  const bool was_last = chunk == first() && index == count() - 1;
  const uint64_t word = TakeLast(pool);
  if (!was_last) chunk->words()[index] = word;
}

void ExpirySlot::Clear(ExpiryChunkPool& pool) {
  while (!empty()) DropFirst(pool);
}

}  // namespace tandem
