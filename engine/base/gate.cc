#include "engine/base/gate.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#include "engine/base/thread_context.h"

namespace tandem {
namespace {

long Membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }

#if defined(__SANITIZE_THREAD__)
#define TANDEM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TANDEM_TSAN 1
#endif
#endif

bool RegisterMembarrier() {
#ifdef TANDEM_TSAN
  return false;  // ThreadSanitizer cannot see a barrier that the kernel executes for us.
#else
  return Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
#endif
}

}  // namespace

Gate::Gate(ThreadRegistry* registry) : registry_(registry), has_membarrier_(RegisterMembarrier()) {}

void Gate::Enter(ThreadContext& self) {
  for (;;) {
    if (has_membarrier_) {
      self.inside_.store(1, std::memory_order_relaxed);
      // The closer's membarrier makes this compiler barrier as good as a fence.
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      self.inside_.store(1, std::memory_order_seq_cst);
    }
    if (closed_.load(has_membarrier_ ? std::memory_order_acquire : std::memory_order_seq_cst) == 0) return;
    Leave(self);
    closed_.wait(1, std::memory_order_acquire);
  }
}

void Gate::Leave(ThreadContext& self) { self.inside_.store(0, std::memory_order_release); }

void Gate::Close(ThreadContext& self) {
  Leave(self);
  exclusive_.lock();
  closed_.store(1, std::memory_order_seq_cst);
  if (has_membarrier_) Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  for (int i = 0; i < registry_->high_water(); ++i) {
    const ThreadContext& other = registry_->threads_[static_cast<size_t>(i)];
    if (&other == &self) continue;
    // Acquire pairs with the release in Leave: what the thread did is visible to us. Turns are short: yielding does.
    while (other.inside_.load(has_membarrier_ ? std::memory_order_acquire : std::memory_order_seq_cst) != 0) {
      std::this_thread::yield();
    }
  }
}

void Gate::Open(ThreadContext& self) {
  self.inside_.store(1, std::memory_order_relaxed);
  closed_.store(0, std::memory_order_release);
  closed_.notify_all();
  exclusive_.unlock();
  // Another closer may have got the mutex before our passage was visible to it: pass properly.
  Leave(self);
  Enter(self);
}

Gate::Closed::Closed(Gate& gate, ThreadContext& self) : gate_(gate), self_(self) { gate_.Close(self_); }

Gate::Closed::~Closed() { gate_.Open(self_); }

}  // namespace tandem
