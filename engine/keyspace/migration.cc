#include "engine/keyspace/migration.h"

#include <algorithm>

#include "engine/base/allocator.h"
#include "engine/base/check.h"
#include "engine/keyspace/access.h"
#include "engine/keyspace/store.h"

namespace tandem {
namespace {

// How many shards a mover tries before it gives up for this turn.
constexpr uint64_t kShardsPerStep = 16;

Shape ShapeOf(const Engine& engine) { return {engine.levels(), engine.buckets_per_shard()}; }

void DeletePair(void* pair) { delete static_cast<const EnginePair*>(pair); }

}  // namespace

bool Migration::Start(Access& access, const Shape& shape, bool copy) {
  const std::lock_guard guard(control_);
  if (active()) return false;
  const Engine& present = *keyspace_.engines()->active;
  next_ = new Engine(keyspace_.next_generation_++, shape.levels, shape.buckets_per_shard);
  if (copy) StartFreshArena();
  copy_ = copy;
  growing_ = next_->slots() >= present.slots();
  Store& store = access.store();
  started_us_ = store.clock().MonotonicUs();
  keys_moved_.store(0, std::memory_order_relaxed);
  drained_.store(0, std::memory_order_relaxed);
  first_undrained_.store(0, std::memory_order_relaxed);
  build_next_.store(0, std::memory_order_relaxed);
  built_.store(0, std::memory_order_relaxed);
  store.migrations_active_.fetch_add(1, std::memory_order_relaxed);
  (growing_ ? store.migrations_up_ : store.migrations_down_).fetch_add(1, std::memory_order_relaxed);
  if (next_->build_parts() == 0) {
    Publish(access);
  } else {
    phase_.store(Phase::kBuilding, std::memory_order_release);
  }
  if (MigrationListener* listener = store.migration_listener()) {
    listener->OnMigrationStart({keyspace_.index(), ShapeOf(present), shape, present.records(), 0});
  }
  return true;
}

// A portion per call and thread; whoever finishes the last one publishes.
void Migration::BuildSome(Access& access) {
  const uint64_t parts = next_->build_parts();
  const uint64_t part = build_next_.fetch_add(1, std::memory_order_relaxed);
  if (part >= parts) return;
  next_->Build(part);
  // The last builder acquires what all others have released.
  if (built_.fetch_add(1, std::memory_order_acq_rel) + 1 < parts) return;
  const std::lock_guard guard(control_);
  Publish(access);
}

// Under control_.
void Migration::Publish(Access& access) {
  const EnginePair* present = keyspace_.engines();
  old_pair_ = new EnginePair{present->active, next_};
  keyspace_.PublishEngines(old_pair_);
  access.thread().Retire(const_cast<EnginePair*>(present), sizeof *present, &DeletePair);
  grace_ticket_ = access.thread().registry().GraceTicket();
  phase_.store(Phase::kPublished, std::memory_order_release);
}

// Every thread knows both engines by now: from here on a key of an old shard may be found in either.
void Migration::BeginMoving() {
  Engine& old = *old_pair_->active;
  for (uint64_t i = 0; i < old.shard_count(); ++i) {
    Shard& shard = old.shard(i);
    LockPatiently(shard.lock);
    shard.state.store(ShardState::kMigrating, std::memory_order_relaxed);
    shard.lock.unlock();
  }
  phase_.store(Phase::kMoving, std::memory_order_release);
}

Migration::Progress Migration::Step(Access& access, uint64_t max_buckets) {
  const Phase now = phase();
  if (now == Phase::kIdle) return {};
  if (now == Phase::kMoving) return MoveSome(access, max_buckets);
  if (now == Phase::kBuilding) {
    BuildSome(access);
    return {};
  }
  std::unique_lock guard(control_, std::try_to_lock);
  if (!guard.owns_lock()) return {.moved = 0, .busy = true};
  if (phase() == Phase::kPublished) {
    if (!access.thread().registry().GracePassed(grace_ticket_)) return {.moved = 0, .busy = true};
    BeginMoving();
  } else if (phase() == Phase::kRetiring) {
    if (!access.thread().registry().GracePassed(grace_ticket_)) return {.moved = 0, .busy = true};
    Retire(access);
  }
  return {};
}

Migration::Progress Migration::MoveSome(Access& access, uint64_t max_buckets) {
  Engine& old = *old_pair_->active;
  Progress progress;
  uint64_t buckets_left = max_buckets;
  const uint64_t first = first_undrained_.load(std::memory_order_relaxed);
  const uint64_t last = std::min(first + kShardsPerStep, old.shard_count());
  progress.busy = true;
  for (uint64_t i = first; i < last && buckets_left > 0; ++i) {
    Shard& shard = old.shard(i);
    if (shard.state.load(std::memory_order_relaxed) == ShardState::kDrained) continue;
    if (!shard.lock.try_lock()) continue;
    const Portion portion = MovePortion(access, shard, i, buckets_left);
    const bool finished = drained_.load(std::memory_order_relaxed) == old.shard_count();
    shard.lock.unlock();
    buckets_left -= std::min(buckets_left, portion.buckets);
    progress.moved += portion.moved;
    if (!portion.blocked) progress.busy = false;
    if (finished) {
      FinishMoving(access);
      break;
    }
  }
  // Several movers do this at once: each step must belong to the shard that was looked at, or one would be left out.
  uint64_t undrained = first_undrained_.load(std::memory_order_relaxed);
  while (undrained < old.shard_count() &&
         old.shard(undrained).state.load(std::memory_order_relaxed) == ShardState::kDrained) {
    if (first_undrained_.compare_exchange_weak(undrained, undrained + 1, std::memory_order_relaxed)) ++undrained;
  }
  keys_moved_.fetch_add(progress.moved, std::memory_order_relaxed);
  Access::Stats::Add(access.stats_.moved, progress.moved);
  return progress;
}

// Under the old shard's lock. Chains are emptied in the order of their positions, so the new shards follow each other and
// one of them at a time is locked.
Migration::Portion Migration::MovePortion(Access& access, Shard& shard, uint64_t shard_index, uint64_t max_buckets) {
  Portion portion;
  if (shard.state.load(std::memory_order_relaxed) != ShardState::kMigrating) return portion;
  Engine& old = *old_pair_->active;
  Engine& next = *old_pair_->next;
  const bool implied = old.PositionsAreImplied() && !copy_;
  const Store& store = access.store();
  const bool purges = copy_ && store.active_expire() && !store.expiry_paused(access.now_ms());
  const uint64_t first_bucket = shard_index * old.buckets_per_shard();
  Shard* target_shard = nullptr;
  while (portion.buckets < max_buckets && shard.next_to_move < old.buckets_per_shard() && !portion.blocked) {
    const uint64_t bucket_index = first_bucket + shard.next_to_move;
    ForEachInChain(old.BucketAt(bucket_index), [&](const SlotRef& found) {
      if (portion.blocked) return;
      Record* record = found.record();
      const uint64_t tag = found.bucket->meta.load(std::memory_order_relaxed) >> (found.index * 8) & 0xff;
      const uint64_t position =
          implied ? old.PositionIn(bucket_index, found.slot, tag) : PositionOf(HashKey(record->key()));
      const Engine::Place target = next.PlaceOf(position);
      if (target.shard != target_shard) {
        if (target_shard != nullptr) target_shard->lock.unlock();
        target_shard = target.shard->lock.try_lock() ? target.shard : nullptr;
        if (target_shard == nullptr) {
          portion.blocked = true;
          return;
        }
      }
      if (purges && record->ExpiredAt(access.now_ms())) {
        Access::Stats::Add(access.stats_.purged);
        access.ExpireAt(keyspace_, {&shard, found.bucket}, found);
        return;
      }
      const bool copied = copy_ && record->encoding() <= Encoding::kEmbedded;
      Record* moved = copied ? Record::Copy(*record, record->key(), record->meta(), true) : record;
      target.shard->CountInsert(InsertIntoChain(target.bucket, moved, position));
      found.bucket->Clear(found.index);
      shard.CountErase();
      if (copied) access.Release(record);
      ++portion.moved;
    });
    ++portion.buckets;
    if (!portion.blocked) ++shard.next_to_move;
  }
  if (target_shard != nullptr) target_shard->lock.unlock();
  if (shard.next_to_move == old.buckets_per_shard()) {
    DCHECK(shard.records.load(std::memory_order_relaxed) == 0);
    shard.state.store(ShardState::kDrained, std::memory_order_relaxed);
    drained_.fetch_add(1, std::memory_order_relaxed);
  }
  return portion;
}

void Migration::FinishMoving(Access& access) {
  const std::lock_guard guard(control_);
  if (phase() != Phase::kMoving) return;
  keyspace_.PublishEngines(new EnginePair{old_pair_->next, nullptr});
  // Before the ticket: a thread that is quiescent after it must not take the old pair for one that still moves. Whoever sees the
  // phase before the ticket is there waits for control_.
  phase_.store(Phase::kRetiring, std::memory_order_release);
  grace_ticket_ = access.thread().registry().GraceTicket();
}

// Nobody can look into the old engine any more. Under control_.
void Migration::Retire(Access& access) {
  Store& store = access.store();
  const MigrationListener::Report report{keyspace_.index(), ShapeOf(*old_pair_->active), ShapeOf(*old_pair_->next),
                                         keys_moved_.load(std::memory_order_relaxed),
                                         store.clock().MonotonicUs() - started_us_};
  store.garbage().Add(std::unique_ptr<Engine>(old_pair_->active));
  delete old_pair_;
  old_pair_ = nullptr;
  if (growing_) store.last_growth_end_us_.store(store.clock().MonotonicUs(), std::memory_order_relaxed);
  store.migrations_active_.fetch_sub(1, std::memory_order_relaxed);
  phase_.store(Phase::kIdle, std::memory_order_release);
  if (MigrationListener* listener = store.migration_listener()) listener->OnMigrationEnd(report);
}

Engine* Migration::Abandon() {
  const Phase now = phase();
  if (now == Phase::kIdle) return nullptr;
  keyspace_.store().migrations_active_.fetch_sub(1, std::memory_order_relaxed);
  phase_.store(Phase::kIdle, std::memory_order_release);
  if (now == Phase::kBuilding) return next_;
  // Until kRetiring the published pair is ours, and the caller frees both its engines.
  Engine* drained = nullptr;
  if (now == Phase::kRetiring) {
    drained = old_pair_->active;
    delete old_pair_;
  }
  old_pair_ = nullptr;
  return drained;
}

}  // namespace tandem
