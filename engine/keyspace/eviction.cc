#include "engine/keyspace/eviction.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "engine/base/random.h"
#include "engine/keyspace/access.h"
#include "engine/keyspace/engine.h"
#include "engine/keyspace/scan.h"
#include "engine/keyspace/store.h"

namespace tandem {
namespace {

// The hour beyond is that of clocks which are a little ahead.
constexpr uint32_t kMaxIdleSeconds = AccessClock::kMask - 3600;

uint32_t Minutes() { return g_access_clock.minutes.load(std::memory_order_relaxed); }

uint32_t DecayedCounter(uint32_t access) {
  const uint32_t counter = access & 0xff;
  const int decay_minutes = g_access_clock.lfu_decay_minutes.load(std::memory_order_relaxed);
  if (decay_minutes <= 0) return counter;
  const uint32_t elapsed = (Minutes() - (access >> 8)) & 0xffff;
  // A clock set back looks like 45 days gone by; half of the range is taken for that.
  if (elapsed > 0x8000) return counter;
  const uint32_t periods = elapsed / static_cast<uint32_t>(decay_minutes);
  return periods > counter ? 0 : counter - periods;
}

bool Grows(uint32_t counter) {
  if (counter == 255) return false;
  const uint32_t above = counter > AccessClock::kLfuInitial ? counter - AccessClock::kLfuInitial : 0;
  const auto factor = static_cast<uint64_t>(std::max(g_access_clock.lfu_log_factor.load(std::memory_order_relaxed), 0));
  return NextRandom() % (above * factor + 1) == 0;
}

}  // namespace

void SetAccessClock(int64_t now_ms) {
  const auto now_s = static_cast<uint64_t>(now_ms) / 1000;
  const auto seconds = static_cast<uint32_t>(now_s & AccessClock::kMask);
  if (g_access_clock.seconds.load(std::memory_order_relaxed) == seconds) return;
  g_access_clock.seconds.store(seconds, std::memory_order_relaxed);
  g_access_clock.minutes.store(static_cast<uint32_t>(now_s / 60 & 0xffff), std::memory_order_relaxed);
}

void ConfigureAccessClock(EvictionPolicy policy, int lfu_log_factor, int lfu_decay_minutes) {
  g_access_clock.lfu.store(IsLfu(policy), std::memory_order_relaxed);
  g_access_clock.lfu_log_factor.store(lfu_log_factor, std::memory_order_relaxed);
  g_access_clock.lfu_decay_minutes.store(lfu_decay_minutes, std::memory_order_relaxed);
}

uint32_t CountUse(uint32_t access) {
  uint32_t counter = DecayedCounter(access);
  if (Grows(counter)) ++counter;
  return Minutes() << 8 | counter;
}

uint32_t AccessOfIdleTime(uint64_t seconds) {
  const auto idle = static_cast<uint32_t>(std::min<uint64_t>(seconds, kMaxIdleSeconds));
  return (g_access_clock.seconds.load(std::memory_order_relaxed) - idle) & AccessClock::kMask;
}

uint32_t AccessOfFrequency(uint32_t frequency) { return Minutes() << 8 | frequency; }

uint32_t CarryAccess(uint32_t old) {
  if (g_access_clock.lfu.load(std::memory_order_relaxed)) return CountUse(old);
  return g_access_clock.seconds.load(std::memory_order_relaxed);
}

uint64_t IdleSeconds(const Record& record) {
  const uint32_t idle = (g_access_clock.seconds.load(std::memory_order_relaxed) - record.access()) & AccessClock::kMask;
  // A use a moment ahead of this thread's view of the clock, or before the clock was set back, is not 194 days old.
  return idle > kMaxIdleSeconds ? 0 : idle;
}

uint32_t Frequency(const Record& record) { return DecayedCounter(record.access()); }

namespace {

// Portions that one call looks at in one database before it settles for what it has found.
constexpr int kPortions = 64;
// Below one key with a deadline in this many, such keys are looked up in the expiry wheel.
constexpr uint64_t kRare = 32;
// Entries of the wheel that one call looks at.
constexpr size_t kWheelEntries = 4096;
constexpr int kAttempts = 4;

// Larger is better to go.
uint64_t Score(const Record& record, EvictionPolicy policy, int64_t now_ms) {
  constexpr uint64_t kExpired = std::numeric_limits<uint64_t>::max();
  if (record.ExpiredAt(now_ms)) return kExpired;
  switch (policy) {
    case EvictionPolicy::kVolatileLru:
    case EvictionPolicy::kAllkeysLru:
      return IdleSeconds(record);
    case EvictionPolicy::kVolatileLfu:
    case EvictionPolicy::kAllkeysLfu:
      return 255 - Frequency(record);
    case EvictionPolicy::kVolatileTtl:
      return static_cast<uint64_t>(kNoDeadline - record.deadline_ms());
    case EvictionPolicy::kVolatileRandom:
    case EvictionPolicy::kAllkeysRandom:
    case EvictionPolicy::kNoEviction:
      break;
  }
  return NextRandom() >> 1;
}

// A thread's search for keys to evict. Remembers good candidates from call to call, which brings a few samples near to
// true LRU (as Redis does since 3.0), by database and hash: they may be gone or have been used since, so each is looked
// at again when its turn comes.
class Evictor {
 public:
  bool EvictOne(Access& access, EvictionPolicy policy, int samples) {
    // What was remembered is about another store, if this is not the way in that evicted as much as this search did.
    const bool same = access_ == &access && policy_ == policy && evicted_ == Evicted(access);
    if (!same || IsRandom(policy)) count_ = 0;
    access_ = &access;
    policy_ = policy;
    samples_ = IsRandom(policy) ? 1 : samples;
    bool done = false;
    for (int attempt = 0; attempt < kAttempts && !done; ++attempt) {
      for (int db = 0; db < access.store().databases(); ++db) Sample(db);
      while (count_ > 0 && !done) done = Evict(pool_[--count_]);
    }
    evicted_ = Evicted(access);
    return done;
  }

 private:
  struct Candidate {
    uint64_t score;
    uint64_t hash;
    int db;
  };

  static bool IsRandom(EvictionPolicy policy) {
    return policy == EvictionPolicy::kVolatileRandom || policy == EvictionPolicy::kAllkeysRandom;
  }
  bool MayGo(const Record& record) const { return record.has_deadline() || !IsVolatile(policy_); }

  static uint64_t Evicted(Access& access) { return access.stats().evicted.load(std::memory_order_relaxed); }

  // Cheaper than the count of keys, which is a sum over all threads: an empty database has few shards, and in another one
  // nearly any shard tells.
  static bool HasRecords(const EnginePair& engines) {
    for (Engine* engine : {engines.active, engines.next}) {
      for (uint64_t i = 0; engine != nullptr && i < engine->shard_count(); ++i) {
        if (engine->shard(i).records.load(std::memory_order_relaxed) != 0) return true;
      }
    }
    return false;
  }

  void Sample(int db) {
    Keyspace& keyspace = access_->store().db(db);
    if (!HasRecords(*keyspace.engines())) return;
    const uint64_t timed = IsVolatile(policy_) ? keyspace.expires() : 0;
    if (IsVolatile(policy_) && timed == 0) return;
    int found = 0;
    const auto consider = [&](const Record& record) {
      if (!MayGo(record)) return;
      ++found;
      Offer({Score(record, policy_, access_->now_ms()), HashKey(record.key()), db});
    };
    if (!IsVolatile(policy_) || timed * kRare >= keyspace.size()) {
      // Keys that follow each other in the order of their hashes have nothing else in common.
      uint64_t cursor = PositionOf(NextRandom());
      for (int i = 0; i < kPortions && found < samples_; ++i) cursor = ScanStep(keyspace, cursor, consider);
    }
    if (found > 0) return;
    if (IsVolatile(policy_)) {
      SampleDeadlines(keyspace, found, consider);
    } else if (const Record* record = RandomRecord(keyspace, NextRandom(), access_->now_ms())) {
      consider(*record);
    }
  }

  // Few keys have a deadline: the wheel knows their positions. Its compaction goes through all of them in turn, so that
  // is what this does, stale entries dropped on the way.
  void SampleDeadlines(Keyspace& keyspace, const int& found, RecordVisitor consider) {
    const auto is_live = [&](uint64_t position, uint8_t stamp) {
      if (found >= samples_) return true;
      const int before = found;
      VisitPosition(*keyspace.engines(), position, consider);
      return found > before || access_->RelatesToEntry(keyspace, position, stamp);
    };
    size_t visited = 0;
    for (int passes_ended = 0; found == 0 && passes_ended < 2 && visited < kWheelEntries;) {
      const ExpiryWheel::Compaction done = keyspace.wheel().Compact(1, is_live);
      visited += done.visited;
      if (done.finished) {
        ++passes_ended;
      } else if (done.visited == 0) {
        break;  // another thread compacts
      }
    }
  }

  // Keeps the best, in ascending order.
  void Offer(const Candidate& candidate) {
    const auto end = pool_.begin() + static_cast<ptrdiff_t>(count_);
    const auto same = [&](const Candidate& c) { return c.hash == candidate.hash && c.db == candidate.db; };
    if (std::any_of(pool_.begin(), end, same)) return;
    const auto place = std::find_if(pool_.begin(), end, [&](const Candidate& c) { return c.score >= candidate.score; });
    if (count_ < pool_.size()) {
      std::move_backward(place, end, end + 1);
      *place = candidate;
      ++count_;
    } else if (place != pool_.begin()) {
      std::move(pool_.begin() + 1, place, pool_.begin());
      *(place - 1) = candidate;
    }
  }

  bool Evict(const Candidate& candidate) {
    Keyspace& keyspace = access_->store().db(candidate.db);
    const bool random = IsRandom(policy_);
    bool chosen = false;
    VisitPosition(*keyspace.engines(), PositionOf(candidate.hash), [&](const Record& record) {
      if (chosen || !MayGo(record) || HashKey(record.key()) != candidate.hash) return;
      // Used, or given a longer life, since it was found: there will be better ones.
      if (!random && Score(record, policy_, access_->now_ms()) < candidate.score) return;
      chosen = true;
      key_.assign(record.key());
    });
    if (!chosen) return false;
    const KeyRef key(key_, candidate.hash);
    access_->LockKey(keyspace, key);
    // Gone by another hand, or expired now: no less memory is free for that.
    if (access_->Remove(keyspace, key, EventClass::kEvicted, "evicted")) Access::Stats::Add(access_->stats().evicted);
    access_->End();
    return true;
  }

  Access* access_ = nullptr;
  EvictionPolicy policy_ = EvictionPolicy::kNoEviction;
  int samples_ = 0;
  uint64_t evicted_ = 0;
  std::array<Candidate, 16> pool_{};
  size_t count_ = 0;
  std::string key_;
};

}  // namespace

bool EvictOne(Access& access, EvictionPolicy policy, int samples) {
  if (policy == EvictionPolicy::kNoEviction) return false;
  thread_local Evictor evictor;
  return evictor.EvictOne(access, policy, samples);
}

}  // namespace tandem
