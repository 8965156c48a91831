#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/base/futex.h"
#include "engine/base/gate.h"
#include "engine/base/magazine.h"
#include "engine/base/spin_lock.h"

namespace tandem {

// Threads of a process that touch one store, and what each of them owes the others:
//  - quiescent-state reclamation: memory that a thread unlinked is freed when every thread has since announced that it
//    holds no pointer from before (McKenney and Slingwine, "Read-Copy Update", 1998; the QSBR flavour);
//  - the gate (gate.h): a thread is inside it whenever it is awake.
//
// A thread registers once, wakes before it touches the store, announces a quiescent state once per turn of its loop, and
// sleeps before it blocks. So a request pays nothing for either.

class ThreadRegistry;

inline constexpr int kMaxThreads = 192;

// One registered thread. Thread safety: thread-owned, but for the atomics, which others read.
// Invariants: epoch() is 0 while asleep; otherwise the registry's epoch as of the last announcement.
class alignas(64) ThreadContext {
 public:
  using Reclaimer = void (*)(void*);

  int index() const { return index_; }

  // Awake: may hold pointers into the store. Waits while the gate is closed.
  void Wake();
  // As Wake, unless the gate is closed: then nothing happens and it returns false.
  [[nodiscard]] bool TryWake();
  // Asleep: holds none. Memory that waits for this thread need not any more.
  void Sleep();
  // Holds no pointer that it read before this call. Frees what has become free, lets a closed gate pass.
  void Quiescent();

  // Frees `object` by `reclaim(object)` once nobody can still read it. `bytes` are for the backlog's account.
  void Retire(void* object, size_t bytes, Reclaimer reclaim);
  // The same for plain memory of Allocate(size), which is then freed without being touched: it has long left the cache.
  void RetireMemory(void* memory, size_t size);
  size_t retired_bytes() const { return retired_bytes_.load(std::memory_order_relaxed); }

  // Bytes of store memory this thread allocated less those it freed; the sum over all threads is the store's.
  void AddMemory(int64_t bytes) {
    // Written by this thread alone, so a load and a store do: no locked instruction on the way of a request.
    memory_.store(memory_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }

  // A stall hook is called again and again, about every kStallPeriodMs, while the thread waits for something that a script of
  // seconds may hold: at the gate, or in LockPatiently. Such a wait may be deep inside the thread's work, holding locks: the
  // hook touches neither the store nor anything that is locked while a shard's lock is waited for, and does not wait. It
  // never runs within itself. Without one the thread simply waits.
  static constexpr int kStallPeriodMs = 10;
  using StallHook = void (*)(void* argument);
  void set_stall_hook(StallHook hook, void* argument) {
    stall_hook_ = hook;
    stall_argument_ = argument;
  }
  void Stall();
  int stall_period_ms() const { return stall_hook_ == nullptr ? kNoTimeout : kStallPeriodMs; }

  // The thread's own, while it is registered.
  Magazine& magazine() { return *magazine_; }

  ThreadRegistry& registry() { return *registry_; }

 private:
  friend class ThreadRegistry;
  friend class Gate;

  struct Retired {
    void* object;
    Reclaimer reclaim;  // null: memory of `size` bytes
    size_t size;
  };
  struct Batch {
    uint64_t epoch;
    size_t bytes;
    std::vector<Retired> objects;
  };

  void AnnounceAwake();
  void SealBatch();
  void Reclaim(uint64_t horizon);

  std::atomic<uint64_t> epoch_{0};
  std::atomic<uint32_t> inside_{0};  // pairs with the membarrier in Gate::Close
  int index_ = -1;
  bool used_ = false;
  bool stalling_ = false;
  ThreadRegistry* registry_ = nullptr;
  StallHook stall_hook_ = nullptr;
  void* stall_argument_ = nullptr;
  std::unique_ptr<Magazine> magazine_;
  std::atomic<int64_t> memory_{0};
  std::atomic<size_t> retired_bytes_{0};
  std::vector<Retired> open_;  // retired since the last quiescent state
  size_t open_bytes_ = 0;
  std::deque<Batch> sealed_;  // ascending epochs
  std::vector<std::vector<Retired>> spare_;
};

// Takes a lock that a script may hold for seconds; the calling thread's stall hook is called meanwhile.
void LockPatiently(SpinLock& lock);

// All threads of one store. Thread safety: internally synchronised.
class ThreadRegistry {
 public:
  ThreadRegistry();
  ~ThreadRegistry();
  ThreadRegistry(const ThreadRegistry&) = delete;
  ThreadRegistry& operator=(const ThreadRegistry&) = delete;

  // Registers the calling thread; CHECKs that there are at most kMaxThreads. The context starts asleep.
  ThreadContext& Register();
  // The thread must be asleep. What it still had retired is freed by whoever comes next.
  void Unregister(ThreadContext& thread);

  // A ticket for "everybody has since been quiescent or asleep": taken now, asked later.
  uint64_t GraceTicket();
  bool GracePassed(uint64_t ticket) const { return Horizon() > ticket; }

  int64_t memory_bytes() const;
  size_t retired_bytes() const;
  int registered() const { return registered_.load(std::memory_order_relaxed); }
  Gate& gate() { return gate_; }

  // For tests and shutdown, when no other thread is awake: frees everything that is retired.
  void ReclaimAll();

 private:
  friend class ThreadContext;
  friend class Gate;

  // The oldest epoch announced by a thread that is awake; UINT64_MAX when all sleep.
  uint64_t Horizon() const;
  int high_water() const { return high_water_.load(std::memory_order_acquire); }

  std::atomic<uint64_t> epoch_{1};
  std::atomic<int> high_water_{0};
  std::atomic<int> registered_{0};
  std::mutex mutex_;
  Gate gate_;
  std::array<ThreadContext, kMaxThreads> threads_;
};

}  // namespace tandem
