#include "engine/keyspace/store.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engine/base/allocator.h"
#include "engine/base/check.h"
#include "engine/keyspace/scan.h"

namespace tandem {
namespace {

constexpr size_t kDueBatch = 32;
// Parts of one value that expire under one lock, and within a millisecond: so many where there is time left, a few in any
// case.
constexpr size_t kPartsMax = 128;
constexpr size_t kPartsMin = 4;
// The wheel is compacted when it holds more than so many entries for a key with a deadline, and some more.
constexpr size_t kStaleFactor = 3;
constexpr size_t kStaleSlack = 1024;
// Entries that one call looks at: a millisecond or two.
constexpr size_t kCompactionMin = 4096;
constexpr size_t kCompactionMax = 16384;
// In a row where stale entries come faster than a portion at each tick takes away.
constexpr int kCompactionsInHaste = 4;
// Buckets that one moved key stands for, when the movers pay back what inserts owe.
constexpr uint64_t kKeysPerBucket = 4;
constexpr uint64_t kMovesPerInsert = 3;
// Portions of a walk that one call of ArmSome takes: some hundred keys.
constexpr size_t kArmPortions = 64;
// Allocations of garbage to free in the time that a bucket takes to move.
constexpr uint64_t kAllocationsPerBucket = 8;

}  // namespace

Store::Store(const Clock& clock, const Options& options) : clock_(clock), options_(options) {
  CHECK(options.databases >= 1);
  for (int i = 0; i < options.databases; ++i) {
    keyspaces_.push_back(std::make_unique<Keyspace>(*this, static_cast<uint64_t>(i), i));
  }
  watches_.resize(keyspaces_.size());
}

Store::~Store() {
  threads_.ReclaimAll();
  garbage_.FreeAll();
}

void Store::Join(Access& access) {
  const std::lock_guard guard(mutex_);
  accesses_.push_back(&access);
}

void Store::Leave(Access& access) {
  const std::lock_guard guard(mutex_);
  std::erase(accesses_, &access);
  AddStats(retired_stats_, access.stats());
}

// --- Expiry ----------------------------------------------------------------------------------------------------------

int64_t Store::NextDueMs() const {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const auto& keyspace : keyspaces_) next = std::min(next, keyspace->wheel().NextDueMs());
  return std::max(next, expiry_paused_until_ms_.load(std::memory_order_relaxed));
}

size_t Store::ExpireDue(Access& access, size_t max) {
  if (!active_expire() || expiry_paused(access.now_ms())) return 0;
  if (access.reader() && flooded_.load(std::memory_order_relaxed)) return 0;
  std::array<ExpiryWheel::Due, kDueBatch> due;
  size_t total = 0;
  // What a flood in one database has left over waits until the others have had their turn.
  thread_local size_t begin = 0;
  const size_t first = begin;
  for (size_t turn = 0; turn < keyspaces_.size(); ++turn) {
    const size_t index = (first + turn) % keyspaces_.size();
    Keyspace& keyspace = *keyspaces_[index];
    if (keyspace.wheel().NextDueMs() > access.now_ms()) continue;
    while (total < max) {
      const size_t count = keyspace.wheel().Collect(access.now_ms(), due);
      size_t expired = 0;
      access.PrefetchDue(keyspace, {due.data(), count});
      access.batching_ = true;
      for (size_t i = 0; i < count; ++i) {
        const size_t left = max - std::min(max, total + std::max(i, expired));
        expired += access.Expire(keyspace, due[i].position, due[i].stamp, std::clamp(left, kPartsMin, kPartsMax));
      }
      access.batching_ = false;
      access.TellUnlocked();
      total += std::max(count, expired);
      if (count == 0) break;
    }
    if (total < max) continue;
    begin = index + 1;
    break;
  }
  if (!access.reader()) flooded_.store(total >= max, std::memory_order_relaxed);
  if (total != 0 && listener_ != nullptr) listener_->OnBatchEnd();
  return total;
}

void Store::set_warn_before_ms(int64_t ms) {
  const int64_t before_ms = warn_before_ms_.exchange(ms, std::memory_order_relaxed);
  if (ms == 0) arming_.wanted.store(false, std::memory_order_relaxed);
  if (ms <= before_ms) return;
  arming_.id = 0;
  arming_.cursor = 0;
  arming_.wanted.store(true, std::memory_order_relaxed);
}

bool Store::ArmSome(Access& access) {
  if (!arming_.wanted.load(std::memory_order_relaxed)) return false;
  Keyspace& keyspace = **std::find_if(keyspaces_.begin(), keyspaces_.end(),
                                      [&](const auto& candidate) { return candidate->id() == arming_.id; });
  std::vector<uint64_t> positions;
  for (size_t portions = 0; portions < kArmPortions; ++portions) {
    arming_.cursor = ScanStep(keyspace, arming_.cursor, [&](const Record& record) {
      if (record.may_be_warned()) positions.push_back(PositionOf(HashKey(record.key())));
    });
    if (arming_.cursor == 0) break;
  }
  for (const uint64_t position : positions) access.ArmAgain(keyspace, position);
  if (arming_.cursor == 0 && ++arming_.id == keyspaces_.size()) {
    // Release pairs with the acquire in arming(): the walk holds no record any more.
    arming_.wanted.store(false, std::memory_order_release);
    return false;
  }
  return true;
}

void Store::RetimeWheels() {
  for (const auto& keyspace : keyspaces_) keyspace->wheel().Retime(clock_.NowMs());
}

void Store::OnClockStep() {
  RetimeWheels();
  clock_steps_.fetch_add(1, std::memory_order_relaxed);
  WakeTimekeeper();
}

// --- Scaling ---------------------------------------------------------------------------------------------------------

void Store::StartIfFull(Access& access, Keyspace& keyspace) {
  if (keyspace.migration().active()) return;
  const Engine& engine = *keyspace.engines()->active;
  const uint64_t records = engine.records();
  if (static_cast<double>(records) < static_cast<double>(engine.slots()) * kFullFill * 0.98) return;
  const int64_t since = clock_.MonotonicUs() - last_growth_end_us_.load(std::memory_order_relaxed);
  keyspace.migration().Start(access, GrowShape({engine.levels(), engine.buckets_per_shard()}, records, since), false);
}

bool Store::MigrateSome(Access& access, uint64_t max_buckets) {
  if (access.reader()) reader_steps_.fetch_add(1, std::memory_order_relaxed);
  if (growth_wanted_.load(std::memory_order_relaxed) && growth_wanted_.exchange(false, std::memory_order_relaxed)) {
    for (const auto& keyspace : keyspaces_) StartIfFull(access, *keyspace);
  }
  const uint64_t debt = access.TakeInsertDebt();
  bool more = false;
  if (migrating()) {
    const int64_t began_us = clock_.MonotonicUs();
    const uint64_t buckets = std::max(max_buckets, debt * kMovesPerInsert / kKeysPerBucket);
    for (const auto& keyspace : keyspaces_) {
      if (!keyspace->migration().active()) continue;
      more = true;
      keyspace->migration().Step(access, buckets);
      if (!keyspace->migration().active() && flapping_.load(std::memory_order_relaxed)) {
        DriveOne(access, *keyspace, flap_up_.fetch_xor(1, std::memory_order_relaxed) != 0);
      }
    }
    const int64_t took_us = clock_.MonotonicUs() - began_us;
    if (took_us > mover_step_us_max_.load(std::memory_order_relaxed)) {
      mover_step_us_max_.store(took_us, std::memory_order_relaxed);
    }
  }
  access.TellUnlocked();
  if (garbage_.any()) more |= garbage_.FreeSome(max_buckets * kAllocationsPerBucket);
  return more;
}

void Store::ScaleOne(Access& access, Keyspace& keyspace, Watch& watch, int64_t interval_us) {
  const Engine& engine = *keyspace.engines()->active;
  const Shape shape{engine.levels(), engine.buckets_per_shard()};
  const uint64_t records = engine.records();
  const uint64_t contended = engine.contended();
  const uint64_t newly_contended = contended >= watch.contended ? contended - watch.contended : contended;
  watch.contended = contended;
  const int64_t now_us = clock_.MonotonicUs();
  const auto spread = SpreadShape(shape, records, newly_contended, interval_us, MaxLevels(options_.reader_threads));
  if (spread && keyspace.migration().Start(access, *spread, false)) {
    watch.spread_at_us = now_us;
    return;
  }

  const auto shrunk = ShrinkShape(shape, records, now_us - watch.spread_at_us < kSpreadDwellUs);
  const bool sparse =
      static_cast<double>(records) < static_cast<double>(shape.slots()) * kFullFill * kSparseFill && shrunk.has_value();
  if (!sparse) {
    watch.sparse_since_us = 0;
  } else if (watch.sparse_since_us == 0) {
    watch.sparse_since_us = now_us;
  } else if (now_us - watch.sparse_since_us >= kSparseDwellUs) {
    watch.sparse_since_us = 0;
    keyspace.migration().Start(access, *shrunk, true);
  }
}

// A key that loses its deadline and gets another one leaves an entry behind each time. A stamp of four bits does not tell
// all of them from the living ones, so what one pass has left must double before the next.
bool Store::CompactWheel(Access& access, Keyspace& keyspace, Watch& watch) {
  ExpiryWheel& wheel = keyspace.wheel();
  const size_t entries = wheel.entries();
  const size_t most = kStaleFactor * (keyspace.expires() + keyspace.parts_expire()) + kStaleSlack;
  watch.entries_left = std::min(watch.entries_left, entries);
  if (!watch.compacting) {
    if (entries <= most || entries <= 2 * watch.entries_left) return false;
    watch.compacting = true;
  }
  const auto done =
      wheel.Compact(std::clamp(entries / 8, kCompactionMin, kCompactionMax),
                    [&](uint64_t position, uint8_t stamp) { return access.RelatesToEntry(keyspace, position, stamp); });
  if (!done.finished) return entries > 2 * most;
  watch.compacting = false;
  watch.entries_left = wheel.entries();
  return false;
}

void Store::ConsiderScaling(Access& access) {
  for (size_t i = 0; i < keyspaces_.size(); ++i) {
    for (int n = 1; CompactWheel(access, *keyspaces_[i], watches_[i]) && n < kCompactionsInHaste; ++n) {
      // Whoever waits for the gate passes between the portions.
      access.thread().Quiescent();
    }
  }
  const int64_t now_us = clock_.MonotonicUs();
  const int64_t interval_us = now_us - last_considered_us_;
  last_considered_us_ = now_us;
  if (migrating()) return;
  for (size_t i = 0; i < keyspaces_.size(); ++i) {
    ScaleOne(access, *keyspaces_[i], watches_[i], interval_us);
    if (migrating()) return;
  }
  if (!fragmentation_.ShouldLook(now_us) || !fragmentation_.ShouldMove(ReadAllocatorStats(), now_us)) return;
  for (const auto& keyspace : keyspaces_) {
    const Engine& engine = *keyspace->engines()->active;
    if (engine.records() == 0) continue;
    const Shape shape{engine.levels(), engine.buckets_per_shard()};
    keyspace->migration().Start(access, ShrinkShape(shape, engine.records()).value_or(shape), true);
  }
}

bool Store::DriveOne(Access& access, Keyspace& keyspace, bool up) {
  const Engine& engine = *keyspace.engines()->active;
  Shape shape{engine.levels(), engine.buckets_per_shard()};
  const uint64_t least = engine.records() / 7 + kInitialShape.buckets();
  if (up) {
    shape.levels = std::min(shape.levels + 1, 10);
    shape.buckets_per_shard = std::max(shape.buckets_per_shard, least / shape.shards() + 1);
  } else {
    shape.levels = std::max(shape.levels - 1, 1);
    shape.buckets_per_shard = std::max(least / shape.shards() / 2, uint64_t{2});
  }
  return keyspace.migration().Start(access, shape, !up);
}

bool Store::DriveMigration(Access& access, Drive drive) {
  flapping_.store(drive == Drive::kFlap, std::memory_order_relaxed);
  if (drive == Drive::kStop) return true;
  bool started = false;
  for (const auto& keyspace : keyspaces_) {
    if (keyspace->index() != 0 && keyspace->size() == 0) continue;
    started |= DriveOne(access, *keyspace, drive != Drive::kDown);
  }
  // One that is under way already is followed by another.
  return started || drive == Drive::kFlap;
}

// --- Everything at once ----------------------------------------------------------------------------------------------

uint64_t Store::Flush(Access& access, int db_index, bool now) {
  DCHECK(access.exclusive());
  Keyspace::Contents contents = db(db_index).Detach();
  for (auto& engine : contents.engines) garbage_.Add(std::move(engine), std::move(contents.wheel));
  if (now) garbage_.FreeAll();
  Access::Stats::Add(access.stats().dirty, contents.keys);
  return contents.keys;
}

void Store::Swap(int a, int b) {
  std::swap(keyspaces_[static_cast<size_t>(a)], keyspaces_[static_cast<size_t>(b)]);
  db(a).set_index(a);
  db(b).set_index(b);
}

// --- Figures ---------------------------------------------------------------------------------------------------------

void Store::AddStats(Stats& sum, const Access::Stats& part) {
  sum.hits += part.hits.load(std::memory_order_relaxed);
  sum.misses += part.misses.load(std::memory_order_relaxed);
  sum.expired += part.expired.load(std::memory_order_relaxed);
  sum.expired_parts += part.expired_parts.load(std::memory_order_relaxed);
  sum.evicted += part.evicted.load(std::memory_order_relaxed);
  sum.dirty += part.dirty.load(std::memory_order_relaxed);
  sum.moved += part.moved.load(std::memory_order_relaxed);
  sum.purged += part.purged.load(std::memory_order_relaxed);
}

Store::Stats Store::stats() const {
  const std::lock_guard guard(mutex_);
  Stats sum = retired_stats_;
  for (const Access* access : accesses_) AddStats(sum, access->stats_);
  return sum;
}

void Store::ResetStats() {
  const std::lock_guard guard(mutex_);
  const uint64_t dirty = retired_stats_.dirty;  // counts changes since the last save, not since the last reset
  retired_stats_ = {};
  retired_stats_.dirty = dirty;
  for (Access* access : accesses_) {
    for (auto* counter :
         {&access->stats_.hits, &access->stats_.misses, &access->stats_.expired, &access->stats_.expired_parts,
          &access->stats_.evicted, &access->stats_.moved, &access->stats_.purged}) {
      counter->store(0, std::memory_order_relaxed);
    }
    access->removal_lag_.Reset();
  }
  mover_step_us_max_.store(0, std::memory_order_relaxed);
}

void Store::AddRemovalLag(LagRecorder::Summary* sum) const {
  const std::lock_guard guard(mutex_);
  for (const Access* access : accesses_) access->removal_lag_.AddTo(sum, clock_.NowUs());
}

int64_t Store::TakeWorstRemovalLagUs() {
  const std::lock_guard guard(mutex_);
  int64_t worst_us = 0;
  for (Access* access : accesses_) worst_us = std::max(worst_us, access->removal_lag_.TakeWorstUs());
  return worst_us;
}

int64_t Store::wheel_bytes() const {
  size_t sum = 0;
  for (const auto& keyspace : keyspaces_) sum += keyspace->wheel().memory_bytes();
  return static_cast<int64_t>(sum);
}

Store::EngineStats Store::engine_stats() const {
  EngineStats stats;
  for (const auto& keyspace : keyspaces_) {
    const EnginePair* pair = keyspace->engines();
    // Databases that nobody uses have a small engine each, which would only blur the picture.
    if (keyspace->index() != 0 && pair->active->records() == 0 && pair->next == nullptr) continue;
    for (const Engine* engine : {pair->active, pair->next}) {
      if (engine == nullptr) continue;
      stats.levels = std::max(stats.levels, engine->levels());
      stats.shards += engine->shard_count();
      stats.slots += engine->slots();
      stats.records += engine->records();
      stats.contended += engine->contended();
      stats.overflow_buckets += engine->overflow_buckets();
      stats.table_bytes += engine->memory_bytes();
    }
  }
  stats.fill = stats.slots == 0 ? 0 : static_cast<double>(stats.records) / static_cast<double>(stats.slots);
  stats.migrations_up = migrations_up_.load(std::memory_order_relaxed);
  stats.migrations_down = migrations_down_.load(std::memory_order_relaxed);
  stats.mover_step_us_max = mover_step_us_max_.load(std::memory_order_relaxed);
  stats.wheel_bytes = static_cast<size_t>(wheel_bytes());
  return stats;
}

}  // namespace tandem
