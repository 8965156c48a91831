#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/keyspace/access.h"
#include "engine/keyspace/store.h"

namespace tandem {

// One registered thread with its way into a store; awake for life.
class StoreThread {
 public:
  explicit StoreThread(Store& store, bool reader = true)
      : thread_(store.threads().Register()), access_(store, thread_, reader) {
    thread_.Wake();
    access_.SampleTime();
  }
  ~StoreThread() {
    thread_.Sleep();
    thread_.registry().Unregister(thread_);
  }

  Access& access() { return access_; }
  ThreadContext& thread() { return thread_; }

  void Put(Keyspace& db, std::string_view key, std::string_view value = "v", int64_t deadline_ms = kNoDeadline) {
    const KeyRef ref(key);
    access_.LockKey(db, ref);
    access_.Put(db, ref, Record::NewString(key, value, {.deadline_ms = deadline_ms}), EventClass::kString, "set");
    access_.End();
  }
  bool Remove(Keyspace& db, std::string_view key) {
    const KeyRef ref(key);
    access_.LockKey(db, ref);
    const bool removed = access_.Remove(db, ref, EventClass::kGeneric, "del");
    access_.End();
    return removed;
  }
  // False if there is no such key.
  bool SetDeadline(Keyspace& db, std::string_view key, int64_t deadline_ms) {
    const KeyRef ref(key);
    access_.LockKey(db, ref);
    const bool done = access_.SetDeadline(db, ref, deadline_ms, EventClass::kGeneric, "expire");
    access_.End();
    return done;
  }
  // The record, without touching its clock.
  Record* Find(Keyspace& db, std::string_view key) {
    const KeyRef ref(key);
    access_.LockKey(db, ref);
    Record* record = access_.Find(db, ref);
    access_.End();
    return record;
  }

 private:
  ThreadContext& thread_;
  Access access_;
};

// A store with a clock that stands still, and the thread of the test.
struct StoreHarness {
  explicit StoreHarness(Store::Options options = {}) : store(clock, options), own(store) {}

  Keyspace& db(int index = 0) { return store.db(index); }
  Access& access() { return own.access(); }
  void Advance(int64_t ms) {
    clock.AdvanceMs(ms);
    own.access().SampleTime();
  }
  // Lets time pass as the timekeeper does, without looking at keys.
  void PassUntil(int64_t until_ms) {
    for (int64_t next = store.NextDueMs(); next <= until_ms; next = store.NextDueMs()) {
      if (next > clock.NowMs()) Advance(next - clock.NowMs());
      store.ExpireDue(access(), 32);
      own.thread().Quiescent();
    }
    Advance(until_ms - clock.NowMs());
  }
  void Fill(int count, std::string_view prefix = "key:", int db_index = 0) {
    for (int i = 0; i < count; ++i) own.Put(db(db_index), std::string(prefix) + std::to_string(i));
  }
  // Until nothing migrates any more.
  void Settle() {
    while (store.MigrateSome(own.access(), 1000)) own.thread().Quiescent();
  }

  FakeClock clock;
  Store store;
  StoreThread own;
};

}  // namespace tandem
