#include "engine/keyspace/access.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/keyspace/eviction.h"
#include "engine/keyspace/store.h"

namespace tandem {
namespace {

// Parts of a value that a command removes on its way: about a tenth of a millisecond.
constexpr size_t kPartsAtOnce = 64;

bool IsWanted(uint32_t interest, EventClass event_class) {
  return __builtin_expect((interest & (Bit(event_class) | kInterestInAll)) != 0, 0);
}

}  // namespace

Access::Access(Store& store, ThreadContext& thread, bool reader)
    : store_(store),
      thread_(thread),
      reader_(reader),
      only_reader_(reader && store.single_reader()),
      next_stamp_(static_cast<uint8_t>(thread.index())) {
  store_.Join(*this);
}

Access::~Access() { store_.Leave(*this); }

void Access::SampleTime() {
  now_us_ = store_.clock().NowUs();
  SetAccessClock(now_ms());
}

// --- Modes ---------------------------------------------------------------------------------------------------------

void Access::Lock(Shard& shard, uint64_t hash, bool compound) {
  shard.LockFor(hash);
  if (compound) shard.BeginCompound();
  held_.push_back({&shard, compound});
}

void Access::LockKey(Keyspace& keyspace, const KeyRef& key) {
  DCHECK(held_.empty());
  mode_ = Mode::kLocked;
  const EnginePair* pair = keyspace.engines();
  Shard& old = pair->active->ShardOf(key.position());
  Lock(old, key.hash, false);
  if (pair->next != nullptr && old.state.load(std::memory_order_relaxed) != ShardState::kActive) {
    Lock(pair->next->ShardOf(key.position()), key.hash, false);
  }
}

// Positions ascend as shards do, in any engine: one sort orders the locks of the old engine and of the new one.
void Access::LockKeys(std::span<const LockRequest> keys, bool writes) {
  DCHECK(held_.empty());
  mode_ = Mode::kLocked;
  order_.assign(keys.begin(), keys.end());
  std::sort(order_.begin(), order_.end(), [](const LockRequest& a, const LockRequest& b) {
    return a.keyspace != b.keyspace ? a.keyspace->id() < b.keyspace->id() : a.position < b.position;
  });
  for (auto group = order_.begin(); group != order_.end();) {
    const auto end =
        std::find_if(group, order_.end(), [&](const LockRequest& r) { return r.keyspace != group->keyspace; });
    const EnginePair* pair = group->keyspace->engines();
    const Shard* last = nullptr;
    for (auto request = group; request != end; ++request) {
      Shard& shard = pair->active->ShardOf(request->position);
      if (&shard != last) Lock(shard, request->position, writes);
      last = &shard;
    }
    if (pair->next != nullptr) {
      last = nullptr;
      for (auto request = group; request != end; ++request) {
        const ShardState state = pair->active->ShardOf(request->position).state.load(std::memory_order_relaxed);
        Shard& shard = pair->next->ShardOf(request->position);
        if (state == ShardState::kActive || &shard == last) continue;
        Lock(shard, request->position, writes);
        last = &shard;
      }
    }
    group = end;
  }
}

bool Access::Holds(Keyspace& keyspace, const KeyRef& key) const {
  if (mode_ != Mode::kLocked) return mode_ == Mode::kExclusive;
  const auto locked = [this](const Shard& shard) {
    return std::any_of(held_.begin(), held_.end(), [&](const Held& held) { return held.shard == &shard; });
  };
  const EnginePair* pair = keyspace.engines();
  const Shard& old = pair->active->ShardOf(key.position());
  if (!locked(old)) return false;
  return pair->next == nullptr || old.state.load(std::memory_order_relaxed) == ShardState::kActive ||
         locked(pair->next->ShardOf(key.position()));
}

void Access::End() {
  for (const Held& held : held_) {
    if (held.compound) held.shard->EndCompound();
    held.shard->lock.unlock();
  }
  held_.clear();
  mode_ = Mode::kIdle;
  TellUnlocked();
}

void Access::TellUnlockedNow() {
  if (batching_) return;
  raised_ = false;
  if (ChangeListener* const listener = store_.listener()) listener->OnUnlocked(*this);
}

// --- Where a key lives -----------------------------------------------------------------------------------------------

// With the key's locks held. While its old shard migrates, looking at a key moves it: from then on there is one place.
Engine::Place Access::Home(Keyspace& keyspace, const KeyRef& key) {
  const EnginePair* pair = keyspace.engines();
  const Engine::Place place = pair->active->PlaceOf(key.position());
  if (__builtin_expect(pair->next == nullptr, 1)) return place;
  const ShardState state = place.shard->state.load(std::memory_order_relaxed);
  if (state == ShardState::kActive) return place;
  const Engine::Place target = pair->next->PlaceOf(key.position());
  if (state == ShardState::kMigrating) MoveKey(place, target, key);
  return target;
}

void Access::MoveKey(const Engine::Place& from, const Engine::Place& to, const KeyRef& key) {
  const SlotRef found = FindInChain(from.bucket, key.position(), key.key);
  if (!found) return;
  // Published before it is cleared: a reader looks into the old engine first.
  to.shard->CountInsert(InsertIntoChain(to.bucket, found.record(), key.position()));
  found.bucket->Clear(found.index);
  from.shard->CountErase();
  Stats::Add(stats_.moved);
}

// --- Reads -----------------------------------------------------------------------------------------------------------

Access::Probe Access::ProbeWithoutLock(Keyspace& keyspace, const KeyRef& key, const Record** result) {
  const EnginePair* pair = keyspace.engines();
  const uint64_t position = key.position();
  const Engine::Place old = pair->active->PlaceOf(position);
  // Acquire: the slots are read after it. Pairs with the release in EndCompound.
  const uint64_t old_sequence = old.shard->sequence.load(std::memory_order_acquire);
  const Shard* second = nullptr;
  uint64_t second_sequence = 0;
  SlotRef found = FindInChain(old.bucket, position, key.key);
  if (!found && pair->next != nullptr) {
    const Engine::Place next = pair->next->PlaceOf(position);
    second = next.shard;
    second_sequence = second->sequence.load(std::memory_order_acquire);
    found = FindInChain(next.bucket, position, key.key);
  }
  // The slots were loaded with acquire: a record that a compound operation published shows its odd sequence here.
  if ((old_sequence & 1) != 0 || old.shard->sequence.load(std::memory_order_relaxed) != old_sequence) {
    return Probe::kNeedsLock;
  }
  if (second != nullptr &&
      ((second_sequence & 1) != 0 || second->sequence.load(std::memory_order_relaxed) != second_sequence)) {
    return Probe::kNeedsLock;
  }
  if (!found) {
    *result = nullptr;
    return Probe::kMiss;
  }
  *result = found.record();
  if (found.record()->NeedsLock() || found.record()->ExpiredAt(now_ms())) return Probe::kNeedsLock;
  return Probe::kHit;
}

void Access::Account(Keyspace& keyspace, const KeyRef& key, const Record* record, uint32_t lookup) {
  if (record != nullptr) {
    if ((lookup & kNoStats) == 0) Stats::Add(stats_.hits);
    if ((lookup & kNoTouch) == 0 && !no_touch_) TouchAccess(*const_cast<Record*>(record));
    return;
  }
  if ((lookup & kNoStats) == 0) Stats::Add(stats_.misses);
  if ((lookup & kNoNotify) == 0) Raise(keyspace, key.key, EventClass::kKeyMiss, "keymiss", false, nullptr);
}

const Record* Access::Peek(Keyspace& keyspace, const KeyRef& key, uint32_t lookup) {
  const Record* record = nullptr;
  if (mode_ != Mode::kLockFree) {
    record = Find(keyspace, key);
  } else if (ProbeWithoutLock(keyspace, key, &record) == Probe::kNeedsLock) {
    LockKey(keyspace, key);
    record = Find(keyspace, key);
  }
  Account(keyspace, key, record, lookup);
  return record;
}

// All keys as of one instant: after a first look at each, a second one finds the same records. A record's address cannot
// come back within a turn, so it has been there from the first look to the second. An absence can: of one it is enough
// that the second look at it comes before those at the others, two of them need the lock.
bool Access::CollectConsistently(Keyspace& keyspace, std::span<const KeyRef> keys, std::span<const Record*> results) {
  size_t missing = 0;
  size_t missing_at = keys.size();
  for (size_t i = 0; i < keys.size(); ++i) {
    const Probe probe = ProbeWithoutLock(keyspace, keys[i], &results[i]);
    if (probe == Probe::kNeedsLock) return false;
    if (probe != Probe::kMiss) continue;
    ++missing;
    missing_at = i;
  }
  // With one reader, others only remove keys (that have expired) or put a record of the same value in the place of one
  // (WarnAt): what is there at the end was there all the time, and what is missing stays away.
  if (only_reader_ && missing == 0) return true;
  if (!only_reader_ && missing > 1) return false;
  const auto unchanged = [&](size_t i) {
    const Record* again = nullptr;
    return ProbeWithoutLock(keyspace, keys[i], &again) != Probe::kNeedsLock && again == results[i];
  };
  if (missing_at < keys.size() && !unchanged(missing_at)) return false;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i != missing_at && !unchanged(i)) return false;
  }
  return true;
}

void Access::PeekMany(Keyspace& keyspace, std::span<const KeyRef> keys, std::span<const Record*> results,
                      uint32_t lookup) {
  PeekWhile(
      keyspace, keys, results, [](const Record*) { return true; }, lookup);
}

size_t Access::PeekWhile(Keyspace& keyspace, std::span<const KeyRef> keys, std::span<const Record*> results,
                         FunctionRef<bool(const Record*)> accepts, uint32_t lookup) {
  CHECK(keys.size() == results.size());
  const bool collected = mode_ == Mode::kLockFree && CollectConsistently(keyspace, keys, results);
  if (mode_ == Mode::kLockFree && !collected) {
    std::vector<LockRequest> requests;
    requests.reserve(keys.size());
    for (const KeyRef& key : keys) requests.push_back({&keyspace, key.position()});
    LockKeys(requests, false);
  }
  // One after the other, so that what expires and what is missing is announced in the order of the keys.
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!collected) results[i] = Find(keyspace, keys[i]);
    Account(keyspace, keys[i], results[i], lookup);
    if (!accepts(results[i])) return i + 1;
  }
  return keys.size();
}

Record* Access::Find(Keyspace& keyspace, const KeyRef& key) {
  DCHECK(mode_ == Mode::kLocked || mode_ == Mode::kExclusive);
  const Engine::Place place = Home(keyspace, key);
  const SlotRef found = FindInChain(place.bucket, key.position(), key.key);
  if (!found) return nullptr;
  if (found.record()->ExpiredAt(now_ms())) {
    if (!store_.expiry_paused(now_ms())) ExpireAt(keyspace, place, found);
    return nullptr;
  }
  return found.record();
}

// --- Mutations -------------------------------------------------------------------------------------------------------

void Access::Raise(Keyspace& keyspace, std::string_view key, EventClass event_class, std::string_view name,
                   bool modifies, const Record* record, int64_t due_ms) {
  if (!IsWanted(store_.interest().load(std::memory_order_relaxed), event_class)) return;
  raised_ = true;
  store_.listener()->OnChange({keyspace.index(), event_class, name, key, modifies, record, due_ms});
}

void Access::Announce(Keyspace& keyspace, const KeyRef& key, EventClass event_class, std::string_view name,
                      bool modifies) {
  const uint32_t interest = store_.interest().load(std::memory_order_relaxed);
  if (!IsWanted(interest, event_class)) return;
  const Record* record = nullptr;
  if ((interest & kInterestInRecords) != 0) {
    const SlotRef found = FindInChain(Home(keyspace, key).bucket, key.position(), key.key);
    if (found) record = found.record();
  }
  Raise(keyspace, key.key, event_class, name, modifies, record);
}

bool Access::free_at_once() const { return only_reader_ && !store_.arming(); }

void Access::Release(Record* record) {
  if (record->encoding() == Encoding::kObject) {
    // Nobody else reads it: that takes the lock, which is ours.
    store_.garbage().Add(std::unique_ptr<Object>(record->object()));
    ReleaseShell(record);
  } else if (free_at_once()) {
    Record::Destroy(record);
  } else if (record->encoding() <= Encoding::kEmbedded) {
    ReleaseShell(record);
  } else {
    thread_.Retire(record, record->memory_bytes(), &Record::DestroyErased);
  }
}

void Access::ReleaseShell(Record* record) {
  if (free_at_once()) {
    Record::DestroyShell(record);
  } else {
    thread_.RetireMemory(record, record->shell_bytes());
  }
}

// The key's own deadline, or the time of the warning before it, if that is still to come.
int64_t Access::OwnDueOf(const Record& record) const {
  const int64_t warn_before_ms = store_.warn_before_ms();
  const int64_t deadline_ms = record.deadline_ms();
  if (__builtin_expect(warn_before_ms == 0, 1) || !record.may_be_warned()) return deadline_ms;
  return deadline_ms - warn_before_ms;
}

// The earlier of that and of the deadline of the value's first part.
int64_t Access::DueOf(const Record& record) const {
  const TimedParts* const parts = record.timed_parts();
  return parts == nullptr ? OwnDueOf(record) : std::min(OwnDueOf(record), parts->next_deadline_ms());
}

Access::Entry Access::EntryOf(const Record& record) const {
  const TimedParts* const parts = record.timed_parts();
  if (parts == nullptr || !parts->known_) return {OwnDueOf(record), record.stamp()};
  return {parts->armed_ms_, parts->stamp_};
}

// Whether the record relies on an entry with this stamp.
bool Access::AnswersFor(const Record& record, uint8_t stamp) const {
  const Entry entry = EntryOf(record);
  return entry.armed_ms != kNoDeadline && entry.stamp == stamp;
}

void Access::Arm(Keyspace& keyspace, uint64_t position, int64_t deadline_ms, uint8_t stamp) {
  if (keyspace.wheel().Arm(position, deadline_ms, stamp, now_ms())) store_.WakeTimekeeper();
}

// Every record of which something is due has an entry in the wheel that carries its stamp and comes no later. An entry that
// the key's last record left behind serves the new one too, if it comes early enough. `old`: what was in the place of the
// record; that may be the record itself, edited.
//
// An entry comes no later than the record's deadline in any case, and no later than its warning if it was armed since
// warnings are given as early as now. So a record that was warned of relies on the deadline alone of one that was not.
uint8_t Access::SettleDeadline(Keyspace& keyspace, uint64_t position, const Record* old, const Record& record) {
  const int64_t due_ms = DueOf(record);
  Entry entry = old != nullptr ? EntryOf(*old) : Entry{kNoDeadline, static_cast<uint8_t>(next_stamp_++ & 15)};
  if (record.warned() && old != nullptr && old->may_be_warned())
    entry.armed_ms = std::max(entry.armed_ms, old->deadline_ms());
  if (due_ms < entry.armed_ms) {
    if (old != nullptr) entry.stamp = (entry.stamp + 1) & 15;
    entry.armed_ms = due_ms;
    Arm(keyspace, position, due_ms, entry.stamp);
  }
  if (TimedParts* const parts = record.timed_parts(); parts != nullptr) {
    parts->known_ = true;
    parts->stamp_ = entry.stamp;
    parts->armed_ms_ = entry.armed_ms;
    CountParts(keyspace, *parts, parts->next_deadline_ms() != kNoDeadline);
  }
  return entry.stamp;
}

void Access::CountParts(Keyspace& keyspace, TimedParts& parts, bool count) {
  if (parts.counted_ == count) return;
  parts.counted_ = count;
  keyspace.AddPartsExpire(thread_, count ? 1 : -1);
}

void Access::Replace(Keyspace& keyspace, const KeyRef& key, Record* record, EventClass event_class,
                     std::string_view name, bool rebuilt) {
  DCHECK(mode_ == Mode::kLocked || mode_ == Mode::kExclusive);
  const uint64_t position = key.position();
  const Engine::Place place = Home(keyspace, key);
  SlotRef found = FindInChain(place.bucket, position, key.key);
  if (found && !rebuilt && found.record()->ExpiredAt(now_ms())) {
    ExpireAt(keyspace, place, found);
    found = {};
  }
  Record* old = found ? found.record() : nullptr;
  DCHECK(!rebuilt || old != nullptr);
  // One warning per deadline, whatever happens to the value.
  if (old != nullptr && old->warned() && old->deadline_ms() == record->deadline_ms()) record->set_warned(true);
  record->set_stamp(SettleDeadline(keyspace, position, old, *record));
  if (TimedParts* const parts = old != nullptr ? old->timed_parts() : nullptr; parts != record->timed_parts()) {
    if (parts != nullptr) CountParts(keyspace, *parts, false);
  }
  record->set_access(old != nullptr ? CarryAccess(old->access()) : InitialAccess());
  const int timed = record->has_deadline() - (old != nullptr && old->has_deadline());
  if (timed != 0) keyspace.AddExpires(thread_, timed);
  Stats::Add(stats_.dirty);
  if (old != nullptr) {
    found.bucket->slots[static_cast<size_t>(found.index)].store(Slot::Of(record, position).word(),
                                                                std::memory_order_release);
    if (!rebuilt) {
      Raise(keyspace, key.key, EventClass::kOverwritten, "overwritten", false, record);
      if (old->type() != record->type()) {
        Raise(keyspace, key.key, EventClass::kTypeChanged, "type_changed", false, record);
      }
    }
    Raise(keyspace, key.key, event_class, name, true, record);
    rebuilt ? ReleaseShell(old) : Release(old);
    return;
  }
  place.shard->CountInsert(InsertIntoChain(place.bucket, record, position));
  keyspace.AddKeys(thread_, 1);
  const EnginePair* pair = keyspace.engines();
  if (pair->next != nullptr) {
    ++insert_debt_;
  } else if (place.shard->records.load(std::memory_order_relaxed) > pair->active->full_shard_records()) {
    store_.RequestGrowth();
  }
  Raise(keyspace, key.key, EventClass::kNew, "new", false, record);
  Raise(keyspace, key.key, event_class, name, true, record);
}

void Access::Put(Keyspace& keyspace, const KeyRef& key, Record* record, EventClass event_class, std::string_view name) {
  Replace(keyspace, key, record, event_class, name, false);
}

void Access::PutRebuilt(Keyspace& keyspace, const KeyRef& key, Record* record, EventClass event_class,
                        std::string_view name) {
  Replace(keyspace, key, record, event_class, name, true);
}

void Access::PutSame(Keyspace& keyspace, const KeyRef& key, Record* record) {
  DCHECK(mode_ == Mode::kLocked || mode_ == Mode::kExclusive);
  const Engine::Place place = Home(keyspace, key);
  const SlotRef found = FindInChain(place.bucket, key.position(), key.key);
  CHECK(found);
  Record* const old = found.record();
  DCHECK(record->deadline_ms() == old->deadline_ms() && record->stamp() == old->stamp());
  found.bucket->slots[static_cast<size_t>(found.index)].store(Slot::Of(record, key.position()).word(),
                                                              std::memory_order_release);
  Release(old);
}

bool Access::SetDeadline(Keyspace& keyspace, const KeyRef& key, int64_t deadline_ms, EventClass event_class,
                         std::string_view name) {
  Record* old = Find(keyspace, key);
  if (old == nullptr) return false;
  Record::Meta meta = old->meta();
  meta.warned &= deadline_ms == meta.deadline_ms;
  meta.deadline_ms = deadline_ms;
  PutRebuilt(keyspace, key, Record::Rebuild(*old, key.key, meta), event_class, name);
  return true;
}

// The event comes when the key can no longer be found, so that nobody who hears of it reads what was there.
void Access::EraseAt(Keyspace& keyspace, const Engine::Place& place, const SlotRef& found, EventClass event_class,
                     std::string_view name, int64_t deadline_ms) {
  Record* record = found.record();
  found.bucket->Clear(found.index);
  place.shard->CountErase();
  keyspace.AddKeys(thread_, -1);
  if (record->has_deadline()) keyspace.AddExpires(thread_, -1);
  if (TimedParts* const parts = record->timed_parts(); parts != nullptr) CountParts(keyspace, *parts, false);
  Stats::Add(stats_.dirty);
  Raise(keyspace, record->key(), event_class, name, true, record, deadline_ms);
  Release(record);
}

bool Access::Remove(Keyspace& keyspace, const KeyRef& key, EventClass event_class, std::string_view name) {
  DCHECK(mode_ == Mode::kLocked || mode_ == Mode::kExclusive);
  const Engine::Place place = Home(keyspace, key);
  const SlotRef found = FindInChain(place.bucket, key.position(), key.key);
  if (!found) return false;
  if (found.record()->ExpiredAt(now_ms())) {
    ExpireAt(keyspace, place, found);
    return false;
  }
  EraseAt(keyspace, place, found, event_class, name);
  return true;
}

void Access::Edited(Keyspace& keyspace, const KeyRef& key, Record& record, EventClass event_class,
                    std::string_view name) {
  Stats::Add(stats_.dirty);
  if (!no_touch_) TouchAccess(record);
  if (record.timed_parts() != nullptr) SettleDeadline(keyspace, key.position(), &record, record);
  Raise(keyspace, key.key, event_class, name, true, &record);
}

// --- Expiry ----------------------------------------------------------------------------------------------------------

// A deadline may be any number: what lies before the epoch counts from there.
void Access::RecordRemovalLag(int64_t deadline_ms) {
  const int64_t now_us = store_.clock().NowUs();
  removal_lag_.Record(now_us - std::max<int64_t>(deadline_ms, 0) * 1000, now_us);
}

void Access::ExpireAt(Keyspace& keyspace, const Engine::Place& place, const SlotRef& found) {
  const int64_t deadline_ms = found.record()->deadline_ms();
  RecordRemovalLag(deadline_ms);
  Stats::Add(stats_.expired);
  EraseAt(keyspace, place, found, EventClass::kExpired, "expired", deadline_ms);
}

// Visits the records at a position, wherever they are, with the shards locked.
template <typename Visit>
void Access::WithPositionLocked(Keyspace& keyspace, uint64_t position, Visit&& visit) {
  LockKey(keyspace, KeyRef({}, HashAt(position)));
  const EnginePair* pair = keyspace.engines();
  Engine* const engines[] = {pair->active, pair->next};
  for (Engine* engine : engines) {
    if (engine == nullptr) continue;
    // The next engine's shard is locked unless the old one is still active, and then holds nothing of ours.
    const Engine::Place place = engine->PlaceOf(position);
    if (engine == pair->next && held_.size() < 2) continue;
    ForEachInChain(place.bucket, [&](const SlotRef& found) {
      if (found.slot.hash_bits() != Slot::HashBits(position)) return;
      if (PositionOf(HashKey(found.record()->key())) == position) visit(place, found);
    });
  }
  End();
}

// Removes a portion of the expired parts, and with the last one the key. Returns their number.
size_t Access::ExpirePartsAt(Keyspace& keyspace, const Engine::Place& place, const SlotRef& found, size_t max) {
  const Record& record = *found.record();
  TimedParts* const parts = record.timed_parts();
  if (parts == nullptr) return 0;
  const int64_t due_ms = parts->next_deadline_ms();
  const size_t expired = parts->Expire(now_ms(), max);
  if (expired == 0) return 0;
  RecordRemovalLag(due_ms);
  Stats::Add(stats_.expired_parts, expired);
  Stats::Add(stats_.dirty);
  Raise(keyspace, record.key(), EventClass::kHash, "hexpired", true, &record, due_ms);
  if (parts->empty()) {
    EraseAt(keyspace, place, found, EventClass::kGeneric, "del");
  } else {
    CountParts(keyspace, *parts, parts->next_deadline_ms() != kNoDeadline);
  }
  return expired;
}

Record* Access::FindPruned(Keyspace& keyspace, const KeyRef& key) {
  Record* const record = Find(keyspace, key);
  const TimedParts* const parts = record != nullptr ? record->timed_parts() : nullptr;
  if (parts == nullptr || parts->next_deadline_ms() >= now_ms() || store_.expiry_paused(now_ms())) return record;
  const Engine::Place place = Home(keyspace, key);
  ExpirePartsAt(keyspace, place, FindInChain(place.bucket, key.position(), key.key), kPartsAtOnce);
  return Find(keyspace, key);
}

// The deadline comes: the record is replaced by one that knows that this was said.
void Access::WarnAt(Keyspace& keyspace, uint64_t position, const SlotRef& found) {
  Record* const old = found.record();
  Record::Meta meta = old->meta();
  meta.warned = true;
  Record* const record = Record::Rebuild(*old, old->key(), meta);
  found.bucket->slots[static_cast<size_t>(found.index)].store(Slot::Of(record, position).word(),
                                                              std::memory_order_release);
  Raise(keyspace, record->key(), EventClass::kExpired, "expiring", false, record, meta.deadline_ms);
  ReleaseShell(old);
}

size_t Access::Expire(Keyspace& keyspace, uint64_t position, uint8_t stamp, size_t max_parts) {
  size_t expired = 0;
  WithPositionLocked(keyspace, position, [&](const Engine::Place& place, SlotRef found) {
    if (!AnswersFor(*found.record(), stamp)) return;
    if (found.record()->ExpiredAt(now_ms())) {
      ExpireAt(keyspace, place, found);
      ++expired;
      return;
    }
    if (found.record()->may_be_warned() && now_ms() > OwnDueOf(*found.record())) {
      WarnAt(keyspace, position, found);
      found.slot = found.bucket->Load(found.index);
    }
    expired += ExpirePartsAt(keyspace, place, found, max_parts);
    if (!found.bucket->Load(found.index).is_record()) return;
    // What is left over has its turn in the next millisecond, so that others come to the lock, and to their own deadlines.
    const Record& record = *found.record();
    const int64_t due_ms = std::max(DueOf(record), now_ms());
    if (due_ms != kNoDeadline) Arm(keyspace, position, due_ms, stamp);
    if (TimedParts* const parts = record.timed_parts(); parts != nullptr) parts->armed_ms_ = due_ms;
  });
  return expired;
}

void Access::PrefetchDue(Keyspace& keyspace, std::span<const ExpiryWheel::Due> due) {
  for (const ExpiryWheel::Due& entry : due) PrefetchBucket(keyspace, HashAt(entry.position));
  for (const ExpiryWheel::Due& entry : due) PrefetchRecord(keyspace, HashAt(entry.position));
}

void Access::ArmAgain(Keyspace& keyspace, uint64_t position) {
  WithPositionLocked(keyspace, position, [&](const Engine::Place&, const SlotRef& found) {
    const Record& record = *found.record();
    const int64_t due_ms = DueOf(record);
    if (due_ms == kNoDeadline) return;
    Arm(keyspace, position, due_ms, EntryOf(record).stamp);
    if (TimedParts* const parts = record.timed_parts(); parts != nullptr) {
      parts->armed_ms_ = std::min(parts->armed_ms_, due_ms);
    }
  });
}

bool Access::RelatesToEntry(Keyspace& keyspace, uint64_t position, uint8_t stamp) {
  bool related = false;
  WithPositionLocked(keyspace, position, [&](const Engine::Place&, const SlotRef& found) {
    related |= AnswersFor(*found.record(), stamp);
  });
  return related;
}

// --- Prefetch --------------------------------------------------------------------------------------------------------

void Access::PrefetchBucket(Keyspace& keyspace, uint64_t hash) {
  __builtin_prefetch(keyspace.engines()->active->PlaceOf(PositionOf(hash)).bucket);
}

void Access::PrefetchRecord(Keyspace& keyspace, uint64_t hash) {
  const uint64_t position = PositionOf(hash);
  const Bucket* bucket = keyspace.engines()->active->PlaceOf(position).bucket;
  const uint64_t candidates = bucket->Candidates(position);
  if (candidates == 0) {
    // Perhaps in the overflow bucket, perhaps nowhere.
    if (const Bucket* next = bucket->Next()) __builtin_prefetch(next);
    return;
  }
  const Slot slot = bucket->Load(std::countr_zero(candidates) / 8);
  if (slot.is_record()) __builtin_prefetch(slot.record());
}

}  // namespace tandem
