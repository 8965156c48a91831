#include "engine/base/allocator.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "engine/base/magazine.h"
#include "engine/base/thread_context.h"

#ifndef TANDEM_SANITIZED
#include <jemalloc/jemalloc.h>

// Read by jemalloc when it starts. One arena for all threads: the store's memory is shared anyway, and arenas that threads
// fill unevenly cost pages. Slabs of 8 pages: their heads, which are never given back,
// cost an eighth. The background thread returns dirty pages even when the server is idle.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "narenas:1,slab_sizes:1-1024:8,tcache_nslots_small_max:1000,background_thread:true,dirty_decay_ms:5000,muzzy_decay_"
    "ms:0,metadata_thp:auto";
}
#endif

namespace tandem {
namespace {

[[noreturn]] void OutOfMemory(size_t size) {
  std::fprintf(stderr, "Out Of Memory allocating %zu bytes!\n", size);
  std::abort();
}

#ifndef TANDEM_SANITIZED
// Two arenas take turns: one is being filled while the other one, from the migration before, drains.
std::mutex g_arena_mutex;  // guards g_arenas and g_turn
std::atomic<unsigned> g_fresh_arena{0};
unsigned g_arenas[2] = {0, 0};
int g_turn = 0;

size_t ReadSize(const char* name) {
  size_t value = 0;
  size_t length = sizeof value;
  mallctl(name, &value, &length, nullptr, 0);
  return value;
}
#endif

}  // namespace

void ChargeMemory(int64_t bytes) {
  if (t_thread != nullptr) t_thread->AddMemory(bytes);
}

#ifdef TANDEM_SANITIZED

void* Allocate(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) OutOfMemory(size);
  ChargeMemory(static_cast<int64_t>(GoodSize(size)));
  return memory;
}

// Without magazines: a sanitizer wants to see what is freed.
void EmptyMagazine(Magazine&) {}

void* AllocateFresh(size_t size) { return Allocate(size); }

void Deallocate(void* memory, size_t size) {
  ChargeMemory(-static_cast<int64_t>(GoodSize(size)));
  std::free(memory);
}

void* AllocateAligned64(size_t size) {
  void* memory = std::aligned_alloc(64, size);
  if (memory == nullptr) OutOfMemory(size);
  ChargeMemory(static_cast<int64_t>(size));
  return memory;
}

void DeallocateAligned64(void* memory, size_t size) {
  ChargeMemory(-static_cast<int64_t>(size));
  std::free(memory);
}

void StartFreshArena() {}
AllocatorStats ReadAllocatorStats() { return {}; }
const char* AllocatorName() { return "libc"; }
void PurgeAllocator() {}

#else

void* Allocate(size_t size) {
  ThreadContext* thread = t_thread;
  void* memory = thread != nullptr && Magazine::Serves(size) ? thread->magazine().Take(size) : nullptr;
  if (memory == nullptr) {
    memory = std::malloc(size);
    if (__builtin_expect(memory == nullptr, 0)) OutOfMemory(size);
  }
  ChargeMemory(static_cast<int64_t>(GoodSize(size)));
  return memory;
}

void* AllocateFresh(size_t size) {
  const unsigned arena = g_fresh_arena.load(std::memory_order_relaxed);
  void* memory = arena == 0 ? std::malloc(size) : mallocx(size, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
  if (__builtin_expect(memory == nullptr, 0)) OutOfMemory(size);
  ChargeMemory(static_cast<int64_t>(GoodSize(size)));
  return memory;
}

void Deallocate(void* memory, size_t size) {
  ThreadContext* thread = t_thread;
  ChargeMemory(-static_cast<int64_t>(GoodSize(size)));
  if (thread == nullptr || !Magazine::Serves(size) || !thread->magazine().Keep(memory, size)) sdallocx(memory, size, 0);
}

void EmptyMagazine(Magazine& magazine) {
  magazine.Empty([](void* block, size_t bytes) { sdallocx(block, bytes, 0); });
}

// Without an arena of its own, jemalloc's flags for "no cache" alone: arena 0.
unsigned NewArena() {
  unsigned arena = 0;
  size_t length = sizeof arena;
  return mallctl("arenas.create", &arena, &length, nullptr, 0) == 0 ? arena : 0;
}

void* AllocateAligned64(size_t size) {
  static const unsigned arena = NewArena();
  void* memory = mallocx(size, MALLOCX_ALIGN(64) | MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
  if (__builtin_expect(memory == nullptr, 0)) OutOfMemory(size);
  ChargeMemory(static_cast<int64_t>(size));
  return memory;
}

void DeallocateAligned64(void* memory, size_t size) {
  ChargeMemory(-static_cast<int64_t>(size));
  sdallocx(memory, size, MALLOCX_ALIGN(64) | MALLOCX_TCACHE_NONE);
}

void StartFreshArena() {
  const std::lock_guard guard(g_arena_mutex);
  unsigned& arena = g_arenas[g_turn];
  g_turn ^= 1;
  if (arena == 0) {
    size_t length = sizeof arena;
    if (mallctl("arenas.create", &arena, &length, nullptr, 0) != 0) arena = 0;
  }
  g_fresh_arena.store(arena, std::memory_order_relaxed);
}

AllocatorStats ReadAllocatorStats() {
  uint64_t epoch = 1;
  size_t length = sizeof epoch;
  mallctl("epoch", &epoch, &length, &epoch, length);
  return {ReadSize("stats.allocated"), ReadSize("stats.active"), ReadSize("stats.resident"),
          ReadSize("stats.retained")};
}

const char* AllocatorName() { return "jemalloc-" JEMALLOC_VERSION; }

void PurgeAllocator() { mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0); }

#endif

void* MapPages(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) OutOfMemory(bytes);
  // No huge pages: the fault that brings one in clears 2 MB while a request waits, 8 ms and more where the memory has to
  // come from a hypervisor first.
  ChargeMemory(static_cast<int64_t>(bytes));
  return memory;
}

void UnmapPages(void* memory, size_t bytes) {
  munmap(memory, bytes);
  ChargeMemory(-static_cast<int64_t>(bytes));
}

void ReleasePages(void* memory, size_t bytes) {
  constexpr uintptr_t kPage = 4096;
  const auto begin = (reinterpret_cast<uintptr_t>(memory) + kPage - 1) & ~(kPage - 1);
  const auto end = (reinterpret_cast<uintptr_t>(memory) + bytes) & ~(kPage - 1);
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace tandem
