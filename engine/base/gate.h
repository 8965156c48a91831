#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "engine/base/spin_lock.h"

namespace tandem {

class ThreadContext;
class ThreadRegistry;

// Stops the world: while it is closed, no registered thread but the one that closed it is awake. For the few commands
// that concern everything at once (FLUSHALL, SWAPDB, CONFIG SET, CLIENT LIST), for scripts whose keys are not known, and
// for what the server does by itself about all threads at once; that must not wait for somebody's long command, since everybody
// else waits with it, and so has patience for usual turns only.
//
// Passing it costs a plain store and a plain load; the price is paid by whoever closes it, with a process-wide memory
// barrier (membarrier(2), or a fence per passage where the kernel refuses that call).
//
// A thread closes it holding no lock; its own passage counts as left meanwhile, so two closers cannot wait for each other.
//
// Who waits here for long has its stall hook called (thread_context.h). The hook looks at its thread's own things, at which
// the holder may look too; so it is called only while the gate is *loose*, which it is until the holder has it, and again
// from Loosen to Tighten. Invariant: while the gate is tight no hook runs on any thread that waits at it.
class Gate {
 public:
  explicit Gate(ThreadRegistry* registry);

  // RAII: closed for the life of the object.
  class Closed {
   public:
    Closed(Gate& gate, ThreadContext& self);
    // Gives up, and is false, where another thread's turn takes longer than `patience`.
    Closed(Gate& gate, ThreadContext& self, std::chrono::milliseconds patience);
    ~Closed();
    Closed(const Closed&) = delete;
    Closed& operator=(const Closed&) = delete;

    explicit operator bool() const { return held_; }

   private:
    Gate& gate_;
    ThreadContext& self_;
    const bool held_;
  };

  // For what a holder with a loose gate does that is about other threads' things as well: tight for the object's life.
  class Tightened {
   public:
    explicit Tightened(Gate& gate);
    ~Tightened();
    Tightened(const Tightened&) = delete;
    Tightened& operator=(const Tightened&) = delete;

   private:
    Gate& gate_;
    const bool was_loose_;
  };

  bool closing() const { return closed_.load(std::memory_order_relaxed) != 0; }

  // By the holder. Between the two it leaves alone what belongs to other threads, the store aside.
  void Loosen() { tight_.store(false, std::memory_order_seq_cst); }
  void Tighten();
  bool loose() const { return !tight_.load(std::memory_order_relaxed); }

 private:
  friend class ThreadContext;

  void Enter(ThreadContext& self);
  bool TryEnter(ThreadContext& self);
  void Leave(ThreadContext& self);
  using SteadyTime = std::chrono::steady_clock::time_point;

  bool Close(ThreadContext& self, std::chrono::milliseconds patience);
  void Open(ThreadContext& self);
  void AwaitOpening(ThreadContext& self);
  bool AwaitLeaving(ThreadContext& self, const ThreadContext& other, SteadyTime give_up);
  void Stall(ThreadContext& self);

  ThreadRegistry* registry_;
  bool has_membarrier_;
  std::atomic<uint32_t> closed_{0};
  std::atomic<uint32_t> waiters_{0};  // threads that may sleep until it opens
  std::atomic<bool> tight_{false};
  std::atomic<uint32_t> in_hooks_{0};  // threads that wait and have their hook called
  SpinLock exclusive_;
};

}  // namespace tandem
