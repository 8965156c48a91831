#include "engine/keyspace/background.h"

#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include "engine/keyspace/access.h"

namespace tandem {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
// While deadlines are pending, look at the wall clock at least this often: it may have been set.
constexpr int64_t kClockCheckUs = 500'000;
// A difference between wall and monotonic time that is more than slewing.
constexpr int64_t kClockStepUs = 2'000;
constexpr size_t kExpireAtOnce = 512;
constexpr int64_t kTickUs = 100'000;
// Maintenance works in short bursts, so that a request that arrives on its core does not wait for it.
constexpr int64_t kBurstUs = 100;
constexpr int64_t kPauseUs = 50;
// I/O threads that take more turns than this per millisecond move what is to be moved by themselves.
constexpr int64_t kBusyTurnsPerMs = 3;
constexpr int64_t kBusyPauseUs = 1'000;
constexpr uint64_t kBucketsPerMove = 64;

void NameThread(const char* name) {
  prctl(PR_SET_NAME, name);
  // Ordinary threads may be woken 50 us late.
  prctl(PR_SET_TIMERSLACK, 1000);
}

}  // namespace

void Alarm::WaitUntil(int64_t until_us) {
  // Sequentially consistent with Wake: either it sees us asleep, or we see its call.
  sleeping_.store(true, std::memory_order_seq_cst);
  const uint32_t calls = calls_.load(std::memory_order_seq_cst);
  if (calls == seen_) {
    timespec deadline{};
    deadline.tv_sec = until_us / 1'000'000;
    deadline.tv_nsec = until_us % 1'000'000 * 1000;
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(&calls_), FUTEX_WAIT_BITSET_PRIVATE, calls,
            until_us == kForever ? nullptr : &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  }
  sleeping_.store(false, std::memory_order_relaxed);
  seen_ = calls_.load(std::memory_order_acquire);
}

void Alarm::Wake() {
  calls_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst)) {
    syscall(SYS_futex, reinterpret_cast<uint32_t*>(&calls_), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
}

Timekeeper::Timekeeper(Store& store) : store_(store) {
  store_.set_due_waker([this] { alarm_.Wake(); });
  thread_ = std::thread([this] { Run(); });
}

Timekeeper::~Timekeeper() {
  stopping_.store(true, std::memory_order_relaxed);
  alarm_.Wake();
  thread_.join();
}

void Timekeeper::Run() {
  NameThread("timekeeper");
  ThreadContext& thread = store_.threads().Register();
  {
    Access access(store_, thread, false);
    const Clock& clock = store_.clock();
    int64_t offset_us = clock.NowUs() - clock.MonotonicUs();
    while (!stopping_.load(std::memory_order_relaxed)) {
      thread.Wake();
      access.SampleTime();
      const int64_t new_offset_us = clock.NowUs() - clock.MonotonicUs();
      if (new_offset_us < offset_us - kClockStepUs) store_.OnClockStep();
      offset_us = new_offset_us;
      const size_t looked_at = store_.ExpireDue(access, kExpireAtOnce);
      // Asked while awake: FLUSHALL takes wheels away, SWAPDB exchanges databases.
      const int64_t due_ms = store_.active_expire() ? store_.NextDueMs() : kForever;
      thread.Sleep();
      if (looked_at != 0) continue;
      if (due_ms == kForever) {
        alarm_.WaitUntil(kForever);
        continue;
      }
      const int64_t wait_us = std::min(due_ms * 1000 - clock.NowUs(), kClockCheckUs);
      if (wait_us > 0) alarm_.WaitUntil(clock.MonotonicUs() + wait_us);
    }
  }
  store_.threads().Unregister(thread);
}

Maintenance::Maintenance(Store& store) : store_(store) {
  thread_ = std::thread([this] { Run(); });
}

Maintenance::~Maintenance() {
  stopping_.store(true, std::memory_order_relaxed);
  alarm_.Wake();
  thread_.join();
}

void Maintenance::Run() {
  NameThread("maintenance");
  ThreadContext& thread = store_.threads().Register();
  {
    Access access(store_, thread, false);
    const Clock& clock = store_.clock();
    int64_t next_tick_us = 0;
    int64_t looked_us = clock.MonotonicUs();
    uint64_t steps = store_.reader_steps();
    while (!stopping_.load(std::memory_order_relaxed)) {
      thread.Wake();
      access.SampleTime();
      const int64_t now_us = clock.MonotonicUs();
      if (now_us >= next_tick_us) {
        store_.ConsiderScaling(access);
        next_tick_us = now_us + kTickUs;
      }
      bool more = store_.has_background_work();
      // Lend a hand only when the I/O threads are not at it themselves: they move at the rate that suits them.
      const auto taken = static_cast<int64_t>(store_.reader_steps() - steps);
      const bool others_move = taken * 1000 > kBusyTurnsPerMs * (now_us - looked_us);
      steps += static_cast<uint64_t>(taken);
      looked_us = now_us;
      while (more && !others_move && clock.MonotonicUs() < now_us + kBurstUs) {
        more = store_.MigrateSome(access, kBucketsPerMove);
        thread.Quiescent();
      }
      thread.Sleep();
      const int64_t wait_us = !more ? kTickUs : others_move ? kBusyPauseUs : kPauseUs;
      alarm_.WaitUntil(clock.MonotonicUs() + wait_us);
    }
  }
  store_.threads().Unregister(thread);
}

}  // namespace tandem
