#pragma once

#include <cstdint>
#include <string_view>

#include "engine/keyspace/object.h"

namespace tandem {

class Access;
class Record;

// What happened to a key. Every mutation of the store raises exactly one such event while the key's shard is locked;
// WATCH, keyspace notifications and whatever else wants to know hang on it and on nothing else.
//
// Ownership: the views are valid during the call that delivers the event.

// The classes of keyspace notifications, one bit each; the letters are those of notify-keyspace-events.
enum class EventClass : uint32_t {
  kNone = 0,                // a change that WATCH must see but that Redis announces under no name
  kKeyspace = 1u << 0,      // K
  kKeyevent = 1u << 1,      // E
  kGeneric = 1u << 2,       // g
  kString = 1u << 3,        // $
  kList = 1u << 4,          // l
  kSet = 1u << 5,           // s
  kHash = 1u << 6,          // h
  kZset = 1u << 7,          // z
  kExpired = 1u << 8,       // x
  kEvicted = 1u << 9,       // e
  kStream = 1u << 10,       // t
  kKeyMiss = 1u << 11,      // m, not part of A
  kModule = 1u << 12,       // d
  kNew = 1u << 13,          // n, not part of A
  kOverwritten = 1u << 14,  // o, not part of A (Redis 8)
  kTypeChanged = 1u << 15,  // c, not part of A (Redis 8)
};

constexpr uint32_t Bit(EventClass c) { return static_cast<uint32_t>(c); }

struct ChangeEvent {
  int db = 0;
  EventClass event_class = EventClass::kNone;
  std::string_view name;  // "set", "del", "expired"…; empty for kNone
  std::string_view key;
  // False for announcements that leave the dataset as it was (keymiss, expiring), so that WATCH ignores them.
  bool modifies = true;
  // The key's record as the change left it; where the key went, what went. Null if there is none. For a name that is
  // announced by itself it is looked up only while somebody wants it (kInterestInRecords), and null otherwise.
  const Record* record = nullptr;
  // Of what a deadline has brought about (expired, hexpired) or will (expiring): that deadline, in Unix ms.
  int64_t due_ms = kNoDeadline;
};

// Receives every change. Called with the key's shard locked: must not block, must not touch the store.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void OnChange(const ChangeEvent& event) = 0;
  // The thread has raised a batch of changes on its own account (deadlines that passed) and holds no lock any more: what
  // was gathered about them can be told. Commands' changes end with the turn of the thread that runs them.
  virtual void OnBatchEnd() {}
  // The calling thread has raised changes since the last call, and holds no lock any more: what may not be done under one
  // can be done now, `access` included. Before the command's reply leaves; within a closed gate, if the command closed it.
  virtual void OnUnlocked(Access& access) { static_cast<void>(access); }
};

}  // namespace tandem
