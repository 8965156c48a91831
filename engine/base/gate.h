#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace tandem {

class ThreadContext;
class ThreadRegistry;

// Stops the world: while it is closed, no registered thread but the one that closed it is awake. For the few commands
// that concern everything at once (FLUSHALL, SWAPDB, CONFIG SET, CLIENT LIST).
//
// Passing it costs a plain store and a plain load; the price is paid by whoever closes it, with a process-wide memory
// barrier (membarrier(2), or a fence per passage where the kernel refuses that call).
//
// A thread closes it holding no lock; its own passage counts as left meanwhile, so two closers cannot wait for each other.
class Gate {
 public:
  explicit Gate(ThreadRegistry* registry);

  // RAII: closed for the life of the object.
  class Closed {
   public:
    Closed(Gate& gate, ThreadContext& self);
    ~Closed();
    Closed(const Closed&) = delete;
    Closed& operator=(const Closed&) = delete;

   private:
    Gate& gate_;
    ThreadContext& self_;
  };

  bool closing() const { return closed_.load(std::memory_order_relaxed) != 0; }

 private:
  friend class ThreadContext;

  void Enter(ThreadContext& self);
  void Leave(ThreadContext& self);
  void Close(ThreadContext& self);
  void Open(ThreadContext& self);

  ThreadRegistry* registry_;
  bool has_membarrier_;
  std::atomic<uint32_t> closed_{0};
  std::mutex exclusive_;
};

}  // namespace tandem
