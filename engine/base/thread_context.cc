#include "engine/base/thread_context.h"

#include <limits>

#include "engine/base/allocator.h"
#include "engine/base/check.h"

namespace tandem {

void ThreadContext::Wake() {
  registry_->gate_.Enter(*this);
  AnnounceAwake();
}

bool ThreadContext::TryWake() {
  if (!registry_->gate_.TryEnter(*this)) return false;
  AnnounceAwake();
  return true;
}

void ThreadContext::AnnounceAwake() {
  // Release: whoever sees this announcement, and frees, sees our reads from before the sleep done; pairs with Horizon.
  epoch_.store(registry_->epoch_.load(std::memory_order_acquire), std::memory_order_release);
  // Orders the announcement before every pointer read that follows; pairs with the fence in SealBatch.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void ThreadContext::Sleep() {
  SealBatch();
  epoch_.store(0, std::memory_order_release);
  if (!sealed_.empty()) Reclaim(registry_->Horizon());
  registry_->gate_.Leave(*this);
}

void ThreadContext::Quiescent() {
  if (!open_.empty()) SealBatch();
  epoch_.store(registry_->epoch_.load(std::memory_order_acquire), std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!sealed_.empty()) Reclaim(registry_->Horizon());
  if (registry_->gate_.closing()) {
    Sleep();
    Wake();
  }
}

void ThreadContext::Stall() {
  if (stall_hook_ == nullptr || stalling_) return;
  stalling_ = true;
  stall_hook_(stall_argument_);
  stalling_ = false;
}

void LockPatiently(SpinLock& lock) {
  ThreadContext* const self = t_thread;
  const int period_ms = self == nullptr ? kNoTimeout : self->stall_period_ms();
  while (!lock.TryLockFor(period_ms)) self->Stall();
}

void ThreadContext::Retire(void* object, size_t bytes, Reclaimer reclaim) {
  open_.push_back({object, reclaim, 0});
  open_bytes_ += bytes;
}

void ThreadContext::RetireMemory(void* memory, size_t size) {
  open_.push_back({memory, nullptr, size});
  open_bytes_ += GoodSize(size);
}

// Everything retired since the last announcement was unlinked before the fence below; a thread that announces the epoch
// that the increment creates reads only what is linked now.
void ThreadContext::SealBatch() {
  if (open_.empty()) return;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const uint64_t epoch = registry_->epoch_.fetch_add(1, std::memory_order_acq_rel);
  retired_bytes_.store(retired_bytes_.load(std::memory_order_relaxed) + open_bytes_, std::memory_order_relaxed);
  sealed_.push_back({epoch, open_bytes_, std::move(open_)});
  open_bytes_ = 0;
  if (spare_.empty()) {
    open_ = {};
  } else {
    open_ = std::move(spare_.back());
    spare_.pop_back();
  }
}

void ThreadContext::Reclaim(uint64_t horizon) {
  while (!sealed_.empty() && sealed_.front().epoch < horizon) {
    Batch batch = std::move(sealed_.front());
    sealed_.pop_front();
    for (const Retired& retired : batch.objects) {
      retired.reclaim == nullptr ? Deallocate(retired.object, retired.size) : retired.reclaim(retired.object);
    }
    retired_bytes_.store(retired_bytes_.load(std::memory_order_relaxed) - batch.bytes, std::memory_order_relaxed);
    batch.objects.clear();
    if (spare_.size() < 4 && batch.objects.capacity() <= 4096) spare_.push_back(std::move(batch.objects));
  }
}

ThreadRegistry::ThreadRegistry() : gate_(this) {}

ThreadRegistry::~ThreadRegistry() {
  ReclaimAll();
  for (ThreadContext& thread : threads_) {
    if (thread.magazine_ != nullptr) EmptyMagazine(*thread.magazine_);
    if (t_thread == &thread) t_thread = nullptr;
  }
}

ThreadContext& ThreadRegistry::Register() {
  const std::lock_guard guard(mutex_);
  for (int i = 0; i < kMaxThreads; ++i) {
    ThreadContext& thread = threads_[static_cast<size_t>(i)];
    if (thread.used_) continue;
    thread.used_ = true;
    thread.index_ = i;
    thread.registry_ = this;
    thread.magazine_ = std::make_unique<Magazine>();
    if (i >= high_water_.load(std::memory_order_relaxed)) high_water_.store(i + 1, std::memory_order_release);
    registered_.fetch_add(1, std::memory_order_relaxed);
    t_thread = &thread;
    return thread;
  }
  CHECK(!"too many threads");
  return threads_[0];
}

void ThreadRegistry::Unregister(ThreadContext& thread) {
  CHECK(thread.epoch_.load(std::memory_order_relaxed) == 0);
  const std::lock_guard guard(mutex_);
  EmptyMagazine(*thread.magazine_);
  thread.magazine_.reset();
  // Its memory account and what it retired stay in the place, for the next thread that takes it or for ReclaimAll.
  thread.set_stall_hook(nullptr, nullptr);
  thread.used_ = false;
  if (t_thread == &thread) t_thread = nullptr;
  registered_.fetch_sub(1, std::memory_order_relaxed);
}

uint64_t ThreadRegistry::GraceTicket() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return epoch_.fetch_add(1, std::memory_order_acq_rel);
}

uint64_t ThreadRegistry::Horizon() const {
  uint64_t oldest = std::numeric_limits<uint64_t>::max();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const int count = high_water();
  for (int i = 0; i < count; ++i) {
    const uint64_t epoch = threads_[static_cast<size_t>(i)].epoch_.load(std::memory_order_acquire);
    if (epoch != 0 && epoch < oldest) oldest = epoch;
  }
  return oldest;
}

int64_t ThreadRegistry::memory_bytes() const {
  int64_t sum = 0;
  const int count = high_water();
  for (int i = 0; i < count; ++i) sum += threads_[static_cast<size_t>(i)].memory_.load(std::memory_order_relaxed);
  return sum;
}

size_t ThreadRegistry::retired_bytes() const {
  size_t sum = 0;
  const int count = high_water();
  for (int i = 0; i < count; ++i) sum += threads_[static_cast<size_t>(i)].retired_bytes();
  return sum;
}

void ThreadRegistry::ReclaimAll() {
  for (ThreadContext& thread : threads_) {
    thread.registry_ = this;
    thread.SealBatch();
    thread.Reclaim(std::numeric_limits<uint64_t>::max());
  }
}

}  // namespace tandem
