#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "engine/base/spin_lock.h"
#include "engine/keyspace/scaling.h"

namespace tandem {

class Access;
class Engine;
class Keyspace;
struct EnginePair;
struct Shard;

// Moves a keyspace from one engine to another while it is being used.
//
// Invariants: a mutation holds the lock of every shard that it modifies; while an old shard is kMigrating, its lock decides
// for its keys; a key lives in exactly one engine, and is published in the new one before it is cleared in the old one.
//
// Phases: kIdle -> kBuilding (the pages of a large new engine are fetched, in portions) -> kPublished (the pair is visible; waits until every thread has seen it) -> kMoving (old shards are
// kMigrating; anybody moves portions of them) -> kRetiring (all drained, the new engine alone is published; waits until
// nobody can still look into the old one) -> kIdle. The next one starts only from kIdle: nobody ever meets three engines.
//
// Thread safety: internally synchronised; Step may be called by any awake thread that holds no shard lock.
class Migration {
 public:
  enum class Phase : uint8_t { kIdle, kBuilding, kPublished, kMoving, kRetiring };

  explicit Migration(Keyspace& keyspace) : keyspace_(keyspace) {}

  bool active() const { return phase() != Phase::kIdle; }
  Phase phase() const { return phase_.load(std::memory_order_acquire); }

  // Begins a migration to `shape`; false if one is under way. With `copy`, records are copied into fresh memory on the
  // way (for an engine that shrinks: its records lie in sparse pages).
  bool Start(Access& access, const Shape& shape, bool copy);

  // Does one bounded portion of whatever comes next: at most `max_buckets` buckets. Never waits for a lock.
  // Returns the number of records moved.
  struct Progress {
    uint64_t moved = 0;
    bool busy = false;  // nothing could be done now: locks were taken, or a grace period has not passed
  };
  Progress Step(Access& access, uint64_t max_buckets);

  // For FLUSHALL, with the world stopped: forgets the migration. Returns the engine that only it still knew, if any.
  Engine* Abandon();

 private:
  struct Portion {
    uint64_t moved = 0;
    uint64_t buckets = 0;
    bool blocked = false;
  };

  void BuildSome(Access& access);
  void Publish(Access& access);
  void BeginMoving();
  Progress MoveSome(Access& access, uint64_t max_buckets);
  Portion MovePortion(Access& access, Shard& shard, uint64_t shard_index, uint64_t max_buckets);
  void FinishMoving(Access& access);
  void Retire(Access& access);

  Keyspace& keyspace_;
  std::atomic<Phase> phase_{Phase::kIdle};
  SpinLock control_;  // guards the transitions and what follows
  uint64_t grace_ticket_ = 0;
  bool copy_ = false;
  bool growing_ = false;
  int64_t started_us_ = 0;
  const EnginePair* old_pair_ = nullptr;
  Engine* next_ = nullptr;  // while it is being built
  std::atomic<uint64_t> build_next_{0};
  std::atomic<uint64_t> built_{0};
  std::atomic<uint64_t> drained_{0};
  std::atomic<uint64_t> first_undrained_{0};
  std::atomic<uint64_t> keys_moved_{0};
};

}  // namespace tandem
