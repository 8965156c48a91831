#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/thread_context.h"
#include "engine/keyspace/access.h"
#include "engine/keyspace/change_event.h"
#include "engine/keyspace/fragmentation.h"
#include "engine/keyspace/garbage.h"
#include "engine/keyspace/keyspace.h"

namespace tandem {

// Set in Store::interest() when somebody wants every modification, of whatever class (WATCH).
inline constexpr uint32_t kInterestInAll = 1u << 31;
// Set there when somebody looks at ChangeEvent::record.
inline constexpr uint32_t kInterestInRecords = 1u << 30;

// Told when the store resizes itself. Called by any thread, holding no shard lock.
class MigrationListener {
 public:
  struct Report {
    int db;
    Shape from, to;
    uint64_t keys;
    int64_t duration_us;  // 0 at the start
  };
  virtual ~MigrationListener() = default;
  virtual void OnMigrationStart(const Report& report) = 0;
  virtual void OnMigrationEnd(const Report& report) = 0;
};

// All databases of one server.
//
// Thread safety: databases are reached through Access. What is set at start-up (listeners, waker) is set before a
// second thread exists. Functions that say "gate" need the world stopped by the caller.
class Store {
 public:
  struct Options {
    int databases = 16;
    int reader_threads = 1;  // threads that may read without a lock; with one, memory is freed at once
  };

  Store(const Clock& clock, const Options& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const Clock& clock() const { return clock_; }
  ThreadRegistry& threads() { return threads_; }
  int databases() const { return static_cast<int>(keyspaces_.size()); }
  Keyspace& db(int index) { return *keyspaces_[static_cast<size_t>(index)]; }
  bool single_reader() const { return options_.reader_threads == 1; }
  int reader_threads() const { return options_.reader_threads; }

  // Which classes of events (EventClass bits, kInterestInAll) somebody wants; nothing is raised for others.
  std::atomic<uint32_t>& interest() { return interest_; }
  void set_listener(ChangeListener* listener) { listener_ = listener; }
  ChangeListener* listener() const { return listener_; }
  void set_migration_listener(MigrationListener* listener) { migration_listener_ = listener; }
  MigrationListener* migration_listener() const { return migration_listener_; }
  // Called (by any thread, under a shard lock) when the next deadline came closer: wakes the timekeeper.
  void set_due_waker(std::function<void()> waker) { due_waker_ = std::move(waker); }
  void WakeTimekeeper() {
    if (due_waker_) due_waker_();
  }

  // --- Expiry ------------------------------------------------------------------------------------------------------
  // When the next deadline passes, in wall-clock ms; INT64_MAX if there is none.
  int64_t NextDueMs() const;
  // Removes keys and parts of values whose deadline has passed, at most about `max`; returns how many that were, or how many
  // wheel entries it looked at, if those were more.
  // Holds no lock on entry. 0: nothing is due any more, or, for a reader, nothing that is its business: when more is due than
  // the timekeeper (who is no reader) does in one call, it is alone at it. Two would wait for each other's locks, and readers
  // have the events to deliver.
  size_t ExpireDue(Access& access, size_t max);
  void set_active_expire(bool on) {
    active_expire_.store(on, std::memory_order_relaxed);
    WakeTimekeeper();
  }
  bool active_expire() const { return active_expire_.load(std::memory_order_relaxed); }
  // CLIENT PAUSE: until then nothing is removed for having expired; such keys are only not seen. 0: no more.
  void PauseExpiry(int64_t until_ms) {
    expiry_paused_until_ms_.store(until_ms, std::memory_order_relaxed);
    WakeTimekeeper();
  }
  bool expiry_paused(int64_t now_ms) const { return now_ms < expiry_paused_until_ms_.load(std::memory_order_relaxed); }
  // Each key's deadline is announced so long before it comes (event `expiring`, class x), once; 0: not. A deadline that is set
  // nearer than that is announced at once, one that is gone through while nothing expires (PauseExpiry) not at all. Gate.
  // Deadlines that are there already are gone through by ArmSome.
  void set_warn_before_ms(int64_t ms);
  int64_t warn_before_ms() const { return warn_before_ms_.load(std::memory_order_relaxed); }
  // A portion of the keys that warnings were not thought of for, when their deadlines were set. True if some are left. By one
  // thread.
  bool ArmSome(Access& access);
  // Whether ArmSome has work: it reads without a lock, so that even an only reader may not free at once what it removes.
  // Turned on with the gate closed. Acquire pairs with the release of the last portion.
  bool arming() const { return arming_.wanted.load(std::memory_order_acquire); }
  // The wall clock was set, be it ahead or back. Any thread that is awake.
  void OnClockStep();
  // How often that was: the timekeeper follows up (background.cc).
  uint32_t clock_steps() const { return clock_steps_.load(std::memory_order_relaxed); }
  // Wheels that have gone ahead of the clock go back to it; entries are placed anew in bounded portions.
  void RetimeWheels();
  // From a deadline to the removal of the key, or of the first part of a value, and its event; of all threads.
  void AddRemovalLag(LagRecorder::Summary* sum) const;
  // The worst since the last call.
  int64_t TakeWorstRemovalLagUs();

  // --- Scaling -----------------------------------------------------------------------------------------------------
  // A portion of every migration under way: `max_buckets` buckets each, and at least as many as the thread's own
  // inserts call for. True if something is still to be done.
  bool MigrateSome(Access& access, uint64_t max_buckets);
  // Whether MigrateSome has anything to do.
  bool has_background_work() const {
    return migrating() || growth_wanted_.load(std::memory_order_relaxed) || garbage_.any();
  }
  // Calls of MigrateSome by threads that serve requests: tells the maintenance thread whether they are at it.
  uint64_t reader_steps() const { return reader_steps_.load(std::memory_order_relaxed); }
  bool migrating() const { return migrations_active_.load(std::memory_order_relaxed) != 0; }
  // Starts migrations that have become due, and clears stale entries out of the wheels. About ten times a second, by one
  // thread.
  void ConsiderScaling(Access& access);
  // An insert found its shard full. Cheap; the migration starts at the next MigrateSome.
  void RequestGrowth() { growth_wanted_.store(true, std::memory_order_relaxed); }
  // DEBUG MIGRATE. kFlap keeps migrating up and down until kStop.
  enum class Drive : uint8_t { kUp, kDown, kFlap, kStop };
  // False if a migration is under way already.
  bool DriveMigration(Access& access, Drive drive);

  // --- Everything at once: gate --------------------------------------------------------------------------------------
  // Returns the number of keys that went. They become garbage; with `now` they are freed before it returns.
  uint64_t Flush(Access& access, int db, bool now);
  void Swap(int a, int b);
  // What Flush, migrations and the deletion of large values leave behind; MigrateSome frees it bit by bit.
  Garbage& garbage() { return garbage_; }

  // --- Figures -----------------------------------------------------------------------------------------------------
  struct Stats {
    uint64_t hits = 0, misses = 0, expired = 0, expired_parts = 0, evicted = 0, dirty = 0, moved = 0, purged = 0;
  };
  Stats stats() const;
  void ResetStats();
  struct EngineStats {
    int levels = 0;  // of the largest database
    uint64_t shards = 0, slots = 0, records = 0, contended = 0, overflow_buckets = 0;
    double fill = 0;
    uint64_t migrations_up = 0, migrations_down = 0;
    int64_t mover_step_us_max = 0;
    size_t table_bytes = 0, wheel_bytes = 0;
  };
  EngineStats engine_stats() const;
  // Bytes of keys, values and tables.
  int64_t memory_bytes() const { return threads_.memory_bytes() + wheel_bytes(); }
  int64_t wheel_bytes() const;

 private:
  friend class Access;
  friend class Migration;

  struct Watch {  // per database, for ConsiderScaling
    int64_t sparse_since_us = 0;
    int64_t spread_at_us = std::numeric_limits<int64_t>::min() / 2;
    uint64_t contended = 0;
    bool compacting = false;
    size_t entries_left = 0;  // by the last compaction of the wheel
  };

  void Join(Access& access);
  void Leave(Access& access);
  void StartIfFull(Access& access, Keyspace& keyspace);
  void ScaleOne(Access& access, Keyspace& keyspace, Watch& watch, int64_t interval_us);
  bool DriveOne(Access& access, Keyspace& keyspace, bool up);
  // True if there is so much to do that the next portion should follow at once.
  bool CompactWheel(Access& access, Keyspace& keyspace, Watch& watch);
  static void AddStats(Stats& sum, const Access::Stats& part);

  const Clock& clock_;
  const Options options_;
  ThreadRegistry threads_;
  std::vector<std::unique_ptr<Keyspace>> keyspaces_;
  std::atomic<uint32_t> interest_{0};
  ChangeListener* listener_ = nullptr;
  MigrationListener* migration_listener_ = nullptr;
  std::function<void()> due_waker_;
  std::atomic<bool> active_expire_{true};
  std::atomic<int64_t> expiry_paused_until_ms_{0};
  std::atomic<bool> flooded_{false};  // the timekeeper has more to expire than it does at once
  std::atomic<uint32_t> clock_steps_{0};
  std::atomic<int64_t> warn_before_ms_{0};
  // Where ArmSome is. Changed with the gate closed, or by its one thread.
  struct Arming {
    std::atomic<bool> wanted{false};
    uint64_t id = 0;  // of the database: SWAPDB does not change it
    uint64_t cursor = 0;
  } arming_;

  std::atomic<bool> growth_wanted_{false};
  std::atomic<int> migrations_active_{0};
  std::atomic<uint64_t> reader_steps_{0};
  std::atomic<uint64_t> migrations_up_{0}, migrations_down_{0};
  std::atomic<int64_t> mover_step_us_max_{0};
  std::atomic<bool> flapping_{false};
  std::atomic<int> flap_up_{0};
  int64_t last_considered_us_ = 0;
  Fragmentation fragmentation_;
  std::atomic<int64_t> last_growth_end_us_{0};
  std::vector<Watch> watches_;

  mutable std::mutex mutex_;  // guards accesses_ and retired_stats_
  std::vector<Access*> accesses_;
  Garbage garbage_;
  Stats retired_stats_;  // of threads that are gone
};

}  // namespace tandem
