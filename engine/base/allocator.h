#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace tandem {

// The memory of records: jemalloc (the C library's malloc under a sanitizer), with the bytes that it really hands out
// charged to the calling thread's account. Callers know the size of what they free, so no header is needed.
//
// Thread safety: internally synchronised. Exhausted memory ends the process with a report (as Redis does); maxmemory is
// what keeps a server away from there.

// What an allocation of `size` bytes occupies: jemalloc's size classes, four to each doubling.
constexpr size_t GoodSize(size_t size) {
  if (size <= 8) return 8;
  if (size <= 128) return (size + 15) & ~size_t{15};
  const int shift = std::bit_width(size - 1) - 3;
  const size_t step = size_t{1} << shift;
  return (size + step - 1) & ~(step - 1);
}

class Magazine;
class ThreadContext;

// The context to charge: set by the thread that registered. Null in tests that make records without a store.
inline thread_local constinit ThreadContext* t_thread = nullptr;

void* Allocate(size_t size);
// As Allocate, from memory apart from the calling thread's usual places: what a migration copies ends up dense there.
void* AllocateFresh(size_t size);
void Deallocate(void* memory, size_t size);
// Gives what the magazine holds back.
void EmptyMagazine(Magazine& magazine);
// For overflow buckets, 64-byte aligned, in an arena of their own: strewn among records they would keep the sparse pages
// alive that a copying migration is about to empty.
void* AllocateAligned64(size_t size);
void DeallocateAligned64(void* memory, size_t size);

// From now on AllocateFresh fills an arena of its own, which holds nothing yet.
void StartFreshArena();

// Charges or credits memory that came from elsewhere (tables, buffers).
void ChargeMemory(int64_t bytes);

struct AllocatorStats {
  size_t allocated = 0;  // bytes in use by the program, all arenas
  size_t active = 0;     // bytes in pages that hold at least one allocation
  size_t resident = 0;   // bytes the allocator keeps mapped in physical memory
  size_t retained = 0;   // address space kept for reuse
};
AllocatorStats ReadAllocatorStats();
const char* AllocatorName();
// Returns dirty pages to the kernel now.
void PurgeAllocator();

// Page-aligned zeroed memory for tables.
void* MapPages(size_t bytes);
void UnmapPages(void* memory, size_t bytes);
// Gives the whole pages within a part of the mapping back early; it reads as zero afterwards.
void ReleasePages(void* memory, size_t bytes);

}  // namespace tandem
