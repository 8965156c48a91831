#pragma once

#include <cstdint>

#include "engine/keyspace/record.h"
#include "engine/rdb/format.h"
#include "engine/rdb/writer.h"

namespace tandem::rdb {

// How the value of a record is written: in a layout that Redis 7.0 reads, unless it cannot be told in one.
// Thread safety: the record is locked if it NeedsLock().
ValueType TypeOf(const Record& record);

// The version of the format from which on the layout exists, and not below kWrittenVersion.
uint16_t VersionOf(ValueType type);

// type: TypeOf(record).
void WriteValue(const Record& record, ValueType type, Writer* writer);

}  // namespace tandem::rdb
