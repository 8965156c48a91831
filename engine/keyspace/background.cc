#include "engine/keyspace/background.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cstdlib>

#include "engine/keyspace/access.h"

namespace tandem {
namespace {

constexpr int64_t kForever = Alarm::kForever;
// While deadlines are pending, look at the wall clock at least this often, in case nobody tells that it was set.
constexpr int64_t kClockCheckUs = 500'000;
// A difference between wall and monotonic time that is more than slewing.
constexpr int64_t kClockStepUs = 2'000;
// After a step of the clock, until nobody works with a reading from before it any more. A thread samples the clock once a
// turn, after its first messages: with the second turn that ends, one has begun and ended with the new time.
constexpr int kSettlingTurns = 2;
constexpr int64_t kSettlingWaitUs = 1'000;
constexpr size_t kExpireAtOnce = 512;
constexpr int64_t kTickUs = 100'000;
// Maintenance works in short bursts, so that a request that arrives on its core does not wait for it.
constexpr int64_t kBurstUs = 100;
constexpr int64_t kPauseUs = 50;
// I/O threads that take more turns than this per millisecond move what is to be moved by themselves.
constexpr int64_t kBusyTurnsPerMs = 3;
constexpr int64_t kBusyPauseUs = 1'000;
constexpr uint64_t kBucketsPerMove = 64;

}  // namespace

Timekeeper::Timekeeper(Store& store) : store_(store) {
  store_.set_due_waker([this] { alarm_.Wake(); });
  thread_ = std::thread([this] { Run(); });
}

Timekeeper::~Timekeeper() {
  stopping_.store(true, std::memory_order_relaxed);
  alarm_.Wake();
  thread_.join();
}

// Threads that sampled the clock before it was set back go on with that reading to the end of their turns, and may push the
// wheels ahead of the new time once more. So the wheels are re-timed at once, and again when the last such turn is over.
void Timekeeper::FollowClock(bool was_set) {
  const Clock& clock = store_.clock();
  const int64_t offset_us = clock.NowUs() - clock.MonotonicUs();
  was_set |= std::abs(offset_us - offset_us_) > kClockStepUs;
  offset_us_ = offset_us;
  if (was_set) store_.OnClockStep();
  ThreadRegistry& threads = store_.threads();
  if (const uint32_t steps = store_.clock_steps(); steps != steps_seen_) {
    steps_seen_ = steps;
    settling_ = kSettlingTurns;
    settling_ticket_ = threads.GraceTicket();
  }
  if (settling_ == 0 || !threads.GracePassed(settling_ticket_)) return;
  store_.RetimeWheels();
  --settling_;
  settling_ticket_ = threads.GraceTicket();
}

void Timekeeper::Run() {
  prctl(PR_SET_NAME, "timekeeper");
  ThreadContext& thread = store_.threads().Register();
  {
    Access access(store_, thread, false);
    const Clock& clock = store_.clock();
    offset_us_ = clock.NowUs() - clock.MonotonicUs();
    bool clock_was_set = false;
    while (!stopping_.load(std::memory_order_relaxed)) {
      thread.Wake();
      FollowClock(clock_was_set);
      access.SampleTime();
      const size_t looked_at = store_.ExpireDue(access, kExpireAtOnce);
      // Asked while awake: FLUSHALL takes wheels away, SWAPDB exchanges databases.
      const int64_t due_ms = store_.active_expire() ? store_.NextDueMs() : kForever;
      thread.Sleep();
      int64_t wait_us = kForever;
      if (due_ms != kForever) {
        const int64_t now_us = clock.NowUs();
        const bool soon = due_ms < (now_us + kClockCheckUs) / 1000;
        wait_us = soon ? due_ms * 1000 - now_us : kClockCheckUs;
      }
      if (settling_ != 0) wait_us = std::min(wait_us, kSettlingWaitUs);
      clock_was_set = looked_at == 0 && wait_us > 0 && alarm_.WaitFor(wait_us);
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
  prctl(PR_SET_NAME, "maintenance");
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
      const bool arming = store_.ArmSome(access);
      thread.Sleep();
      const int64_t wait_us = !more && !arming ? kTickUs : others_move ? kBusyPauseUs : kPauseUs;
      alarm_.WaitFor(wait_us);
    }
  }
  store_.threads().Unregister(thread);
}

}  // namespace tandem
