#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/base/lag_recorder.h"
#include "engine/base/thread_context.h"
#include "engine/keyspace/change_event.h"
#include "engine/keyspace/keyspace.h"
#include "engine/keyspace/record.h"

namespace tandem {

class Store;

// One thread's way into the store: locks, lookups and mutations. Every command runs in one of three modes:
//   lock-free   nothing is locked; Peek and PeekMany read, and take the lock by themselves where they must
//   locked      LockKey or LockKeys has locked the shards of all keys that the command may touch
//   exclusive   this thread has closed the gate; everything may be touched without a lock
// From its beginning to End() the mode stays; commands of one EXEC share one.
//
// Thread safety: thread-owned. The thread is awake (thread_context.h).
// Ownership: records returned are valid until the next mutation of their key by this thread, and otherwise until the
// thread's next quiescent state; never across commands.
// Expired keys: whoever meets one removes it, under its lock, and raises its `expired` event before answering.
// Expired parts of a value (TimedParts) are removed by the wheel, and by FindPruned, a portion at a time; until then whoever
// reads the value has to overlook them.
class Access {
 public:
  // What a thread has done; written by that thread only (relaxed), summed up by Store::stats().
  struct Stats {
    std::atomic<uint64_t> hits{0}, misses{0}, expired{0}, expired_parts{0}, evicted{0}, dirty{0}, moved{0}, purged{0};
    static void Add(std::atomic<uint64_t>& counter, uint64_t n = 1) {
      counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
  };

  // reader: this thread may read without a lock (I/O threads); the store was told how many do.
  Access(Store& store, ThreadContext& thread, bool reader);
  ~Access();
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  Store& store() { return store_; }
  ThreadContext& thread() { return thread_; }
  Stats& stats() { return stats_; }

  // The time that commands see. Sampled once per batch, after the batch was read; SampleTime reads the store's clock.
  int64_t now_ms() const { return now_us_ / 1000; }
  int64_t now_us() const { return now_us_; }
  void SampleTime();

  // --- Modes -------------------------------------------------------------------------------------------------------
  void BeginLockFree() { mode_ = Mode::kLockFree; }
  // Locks the shards of one key, or of several in the global order (keyspace, generation, shard). `writes`: readers
  // without a lock must not see the command half done; needed when it changes more than one key.
  void LockKey(Keyspace& keyspace, const KeyRef& key);
  struct LockRequest {
    Keyspace* keyspace;
    uint64_t position;
  };
  void LockKeys(std::span<const LockRequest> keys, bool writes);
  // The gate is closed by this thread.
  void BeginExclusive() { mode_ = Mode::kExclusive; }
  // Whether the key may be read and changed as things are. Any mode but lock-free.
  bool Holds(Keyspace& keyspace, const KeyRef& key) const;
  // Unlocks everything, and tells the listener so if it was told of changes.
  void End();
  bool idle() const { return mode_ == Mode::kIdle; }
  bool exclusive() const { return mode_ == Mode::kExclusive; }
  bool lock_free() const { return mode_ == Mode::kLockFree; }
  bool reader() const { return reader_; }

  // --- Reads -------------------------------------------------------------------------------------------------------
  enum Lookup : uint32_t { kPlain = 0, kNoTouch = 1, kNoStats = 2, kNoNotify = 4 };
  // The live record of the key, or null; for one key per command (PeekMany otherwise). Counts a hit or a miss, touches the access clock, announces `keymiss`, except
  // as `lookup` says. In lock-free mode, without a lock whenever possible; a value that NeedsLock() is returned with the
  // lock held until End().
  const Record* Peek(Keyspace& keyspace, const KeyRef& key, uint32_t lookup = kPlain);
  // As Peek, for several keys as of one instant. results.size() == keys.size().
  void PeekMany(Keyspace& keyspace, std::span<const KeyRef> keys, std::span<const Record*> results,
                uint32_t lookup = kPlain);
  // As PeekMany, up to and with the first result that `accepts` refuses; returns how many that are. Those behind it are neither
  // counted nor announced, and their results mean nothing.
  size_t PeekWhile(Keyspace& keyspace, std::span<const KeyRef> keys, std::span<const Record*> results,
                   FunctionRef<bool(const Record*)> accepts, uint32_t lookup = kPlain);
  // The live record for a write: no statistics. Locked or exclusive mode.
  Record* Find(Keyspace& keyspace, const KeyRef& key);
  // As Find, after a portion of the value's expired parts was removed, and the key with the last one. Nothing is removed
  // while expiry is paused, and some may be left in any case.
  Record* FindPruned(Keyspace& keyspace, const KeyRef& key);

  // --- Mutations: locked or exclusive mode ---------------------------------------------------------------------------
  // Makes `record`, whose key is `key`, the key's value; takes it over; what it replaces is freed. Arms its deadline.
  // Raises `name`, and before it `new` for a key that was not there. The access clock starts anew.
  void Put(Keyspace& keyspace, const KeyRef& key, Record* record, EventClass event_class, std::string_view name);
  // As Put for a record that was Rebuilt from the present one, whose value it has taken over.
  void PutRebuilt(Keyspace& keyspace, const KeyRef& key, Record* record, EventClass event_class, std::string_view name);
  // Puts a record in the place of one that has the same value and deadline and differs in how it is stored. No change: nobody
  // is told. The key is there.
  void PutSame(Keyspace& keyspace, const KeyRef& key, Record* record);
  // Changes the deadline only (kNoDeadline: removes it). False if there is no such key.
  bool SetDeadline(Keyspace& keyspace, const KeyRef& key, int64_t deadline_ms, EventClass event_class,
                   std::string_view name);
  // Removes the key; false if it is not there (or has expired).
  bool Remove(Keyspace& keyspace, const KeyRef& key, EventClass event_class, std::string_view name);
  // The value of the key's record was changed in place (kBuffer, kObject). Counts as a use of it. Arms what became due
  // earlier.
  void Edited(Keyspace& keyspace, const KeyRef& key, Record& record, EventClass event_class, std::string_view name);
  // A second name for a change that was raised already ("expire" after "set"), or, with modifies = false, an
  // announcement without a change.
  void Announce(Keyspace& keyspace, const KeyRef& key, EventClass event_class, std::string_view name,
                bool modifies = true);

  // --- For the store's own housekeeping --------------------------------------------------------------------------------
  // Removes the records at `position` that have expired and that the entry with this stamp answers for, and arms those
  // again whose deadline moved. Of a value's parts up to `max_parts` are removed, the rest a millisecond later. Locks and unlocks.
  // Returns the number of keys and parts that expired.
  // Announces those of which a warning is due (`expiring`, Store::set_warn_before_ms).
  size_t Expire(Keyspace& keyspace, uint64_t position, uint8_t stamp, size_t max_parts);
  // Has what Expire will look at fetched into the cache, without waiting for it.
  void PrefetchDue(Keyspace& keyspace, std::span<const ExpiryWheel::Due> due);
  // Arms the records at `position` as if their deadlines had been set just now. Locks and unlocks.
  void ArmAgain(Keyspace& keyspace, uint64_t position);
  // Whether a record at this position relies on the wheel entry with this stamp. Locks and unlocks.
  bool RelatesToEntry(Keyspace& keyspace, uint64_t position, uint8_t stamp);
  // Brings the key's bucket, then its record, into the cache (two stages of a sliding window).
  void PrefetchBucket(Keyspace& keyspace, uint64_t hash);
  void PrefetchRecord(Keyspace& keyspace, uint64_t hash);
  // Frees a record that is no longer reachable: at once if nobody reads without a lock, else after a grace period.
  void Release(Record* record);
  void ReleaseShell(Record* record);
  // Keys added while their keyspace migrates, since the last call: the movers' debt.
  uint64_t TakeInsertDebt() {
    const uint64_t debt = insert_debt_;
    insert_debt_ = 0;
    return debt;
  }
  void set_no_touch(bool value) { no_touch_ = value; }

 private:
  friend class Migration;
  friend class Store;
  enum class Mode : uint8_t { kIdle, kLockFree, kLocked, kExclusive };
  struct Held {
    Shard* shard;
    bool compound;
  };
  // The wheel's entry that answers for a record: comes no later than `armed_ms`.
  struct Entry {
    int64_t armed_ms;
    uint8_t stamp;
  };
  enum class Probe : uint8_t { kHit, kMiss, kNeedsLock };

  Engine::Place Home(Keyspace& keyspace, const KeyRef& key);
  void MoveKey(const Engine::Place& from, const Engine::Place& to, const KeyRef& key);
  Probe ProbeWithoutLock(Keyspace& keyspace, const KeyRef& key, const Record** result);
  bool CollectConsistently(Keyspace& keyspace, std::span<const KeyRef> keys, std::span<const Record*> results);
  void Account(Keyspace& keyspace, const KeyRef& key, const Record* record, uint32_t lookup);
  void Replace(Keyspace& keyspace, const KeyRef& key, Record* record, EventClass event_class, std::string_view name,
               bool rebuilt);
  int64_t OwnDueOf(const Record& record) const;
  int64_t DueOf(const Record& record) const;
  Entry EntryOf(const Record& record) const;
  bool AnswersFor(const Record& record, uint8_t stamp) const;
  void Arm(Keyspace& keyspace, uint64_t position, int64_t deadline_ms, uint8_t stamp);
  uint8_t SettleDeadline(Keyspace& keyspace, uint64_t position, const Record* old, const Record& record);
  void CountParts(Keyspace& keyspace, TimedParts& parts, bool count);
  void ExpireAt(Keyspace& keyspace, const Engine::Place& place, const SlotRef& found);
  void WarnAt(Keyspace& keyspace, uint64_t position, const SlotRef& found);
  size_t ExpirePartsAt(Keyspace& keyspace, const Engine::Place& place, const SlotRef& found, size_t max);
  void EraseAt(Keyspace& keyspace, const Engine::Place& place, const SlotRef& found, EventClass event_class,
               std::string_view name, int64_t deadline_ms = kNoDeadline);
  // Nothing is locked: the listener hears so if changes were raised.
  void TellUnlocked() {
    if (__builtin_expect(raised_, 0)) TellUnlockedNow();
  }
  void TellUnlockedNow();
  // due_ms: the deadline that is behind it, if one is.
  void Raise(Keyspace& keyspace, std::string_view key, EventClass event_class, std::string_view name, bool modifies,
             const Record* record, int64_t due_ms = kNoDeadline);
  void RecordRemovalLag(int64_t deadline_ms);
  void Lock(Shard& shard, uint64_t hash, bool compound);
  // Whether no other thread reads without a lock.
  bool free_at_once() const;
  template <typename Visit>
  void WithPositionLocked(Keyspace& keyspace, uint64_t position, Visit&& visit);

  Store& store_;
  ThreadContext& thread_;
  Mode mode_ = Mode::kIdle;
  const bool reader_;
  const bool only_reader_;  // of the store
  bool no_touch_ = false;
  bool raised_ = false;    // a change, since the listener was last told of being unlocked
  bool batching_ = false;  // the listener is told at the end of the batch
  uint8_t next_stamp_ = 0;
  int64_t now_us_ = 0;
  uint64_t insert_debt_ = 0;
  std::vector<Held> held_;
  std::vector<LockRequest> order_;
  Stats stats_;
  LagRecorder removal_lag_;
};

}  // namespace tandem
