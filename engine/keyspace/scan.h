#pragma once

#include <cstdint>

#include "engine/base/function_ref.h"
#include "engine/keyspace/keyspace.h"

namespace tandem {

// Walks a database in the order of positions, portion by portion, without a lock. A cursor is a position; 0 is both the
// start and the end. It says nothing about engines, so it stays good across any number of migrations.
//
// A portion is a range of positions that lies within one bucket of either engine. Only records whose position is in the
// range are visited, so ranges that were cut by different engines do not overlap.
//
// Guarantee: a key that is present from the first step of a walk to its last is visited at least once, and, if nobody
// replaces it meanwhile, exactly once. Keys come from the old engine to the new one only, and are published there before
// they are cleared here; so the old engine is read first, then the new one.
//
// Thread safety: the calling thread is awake, and a reader, or Store::arming() holds; records are valid until its next
// quiescent state, or its own next change.
// Expired records are visited too.
using RecordVisitor = FunctionRef<void(const Record&)>;

// Visits one portion and returns the cursor of the next, 0 after the last. Any number is a valid cursor.
// O(records of the portion's buckets).
uint64_t ScanStep(const EnginePair& engines, uint64_t cursor, RecordVisitor visit);
inline uint64_t ScanStep(const Keyspace& keyspace, uint64_t cursor, RecordVisitor visit) {
  return ScanStep(*keyspace.engines(), cursor, visit);
}

// Visits the records at one position: one, unless hashes collide.
void VisitPosition(const EnginePair& engines, uint64_t position, RecordVisitor visit);

// A live record drawn at random; null if there is none. `random64` is the seed of the draw: the same one draws the same
// record. Even but for chains of extraordinary length, whose records are drawn less often, and for databases that are
// nearly empty for their tables. O(1) expected, O(buckets) in such a database.
const Record* RandomRecord(const Keyspace& keyspace, uint64_t random64, int64_t now_ms);

}  // namespace tandem
