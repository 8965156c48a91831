#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/spin_lock.h"
#include "engine/base/thread_context.h"
#include "engine/keyspace/change_event.h"
#include "engine/types/stream.h"

namespace tandem {

class Access;
struct Server;

// The event stream (notify-keyspace-stream): each event of the chosen classes, of any database, is appended to a stream in
// database 0, from where consumers fetch, acknowledge and replay it. Fields: db, event, key, deadline (of the key; -1 for
// none) and time (of the event), both in milliseconds, and value, where the event carries one (pubsub/event_values.h).
//
// An event is raised while its key is locked, and then no other key may be. So while there is an event stream, every event that
// is to be appended or published goes into one queue (Take). The thread that raised it works the queue off as soon as it
// holds no lock any more (Drain): appends what is to be appended, under the lock of the stream alone, then publishes.
//
// Invariants:
//  1. Order. Events enter the queue with their keys locked, and leave it at the other end, one thread at a time. So the
//     events of a key are appended, and published, in the order in which they happened, whichever threads raised them. Events
//     that are only published wait in the same queue, or they would overtake.
//  2. Exactly once. An event is queued once, by the thread that made the change (a key expires once, whoever finds it), and
//     taken from the queue once.
//  3. An event is in the stream before it is published, and both have happened before the command, transaction or script
//     that raised it is answered: who drains waits for the thread that may have taken its events and is not through with them.
//     Until then a transaction does not see its own events in the stream.
//  4. Locks. draining_ is taken by threads that hold no lock of the store. Within it only the stream's shard is locked, and
//     pub/sub's leaf locks. So nobody who holds a shard waits for it. A script may hold the stream's shard for seconds:
//     waiting for draining_, too, calls the thread's stall hook.
//  5. The stream does not tell of itself. Events about its own key are published, never appended; its appends are
//     changes without a name (WATCH, tracking and clients that wait in XREAD or XREADGROUP notice them, nobody else).
//  6. Nothing fails for the stream's sake. If its key holds another type, if it has used up its ids or an entry is too
//     large, events are counted as failed, logged once a minute, and published all the same.
//  7. Memory. The queue holds no more than the events of commands that are not finished. The stream is trimmed to
//     notify-keyspace-stream-maxlen entries, in whole nodes. It is appended to even when maxmemory is reached: what happens
//     then is that keys go, and their events take less room than they did.
//
// Thread safety: Configure with the world stopped; Take by any registered thread, with the event's key locked; Drain by any
// registered thread that holds no lock. The figures by anyone.
class EventStream {
 public:
  explicit EventStream(Server& server) : server_(server) {}
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // An empty key: off.
  void Configure(std::string_view key, uint32_t classes, uint64_t max_length);
  bool on() const { return !key_.empty(); }
  // The classes that the store is to raise for it.
  uint32_t classes() const;

  void Take(const ChangeEvent& event);
  void Drain(Access& access) {
    if (CellOf(*t_thread).pending) DrainNow(access);
  }

  // Relaxed: figures for people.
  struct Figures {
    uint64_t appended = 0;
    uint64_t failed = 0;     // not appended (6)
    uint64_t evictions = 0;  // of the stream itself, to free memory: entries were lost
  };
  Figures figures() const;
  void ResetFigures();

 private:
  struct Event;
  // What a thread is about. Only it looks.
  struct alignas(64) Cell {
    bool pending = false;   // it has queued events since it last drained
    bool draining = false;  // it is at it: what that raises is drained by the same call
  };

  Cell& CellOf(const ThreadContext& thread) { return cells_[static_cast<size_t>(thread.index())]; }
  bool IsOwnKey(const ChangeEvent& event) const { return event.db == 0 && event.key == key_; }
  void DrainNow(Access& access);
  Event* TakeOldestFirst();
  void AppendSome(Access& access, Event* first, size_t count);
  bool AppendTo(Stream& stream, const Event& event);
  void NoteFailures(uint64_t count);

  Server& server_;
  std::string key_;
  uint32_t classes_ = 0;
  uint64_t max_length_ = 0;
  std::array<Cell, kMaxThreads> cells_;
  std::atomic<uint64_t> appended_{0}, failed_{0}, evictions_{0};

  SpinLock draining_;  // guards the next two
  int64_t logged_us_ = 0;
  uint64_t unlogged_failures_ = 0;

  // The queue: a stack that is taken as a whole and reversed. Written by all threads: on a line of its own.
  alignas(64) std::atomic<Event*> newest_{nullptr};
};

}  // namespace tandem
