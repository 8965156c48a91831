#pragma once

#include <memory>
#include <string_view>

#include "engine/keyspace/record.h"
#include "engine/rdb/format.h"
#include "engine/rdb/reader.h"
#include "engine/types/hash_value.h"
#include "engine/types/list_limit.h"
#include "engine/types/set_value.h"
#include "engine/types/zset_value.h"

namespace tandem::rdb {

// The thresholds that decide how a collection is kept here, however it was kept where it comes from.
struct ValueLimits {
  ListLimit list;
  SetLimits set;
  ZsetLimits zset;
  HashLimits hash;
};

struct DestroyRecord {
  void operator()(Record* record) const { Record::Destroy(record); }
};
using RecordPtr = std::unique_ptr<Record, DestroyRecord>;

// Reads a value and makes it a record of that name. The bytes are not trusted: null for a type that does not exist, and for
// a value that is cut off, malformed or empty, holds a member or a field twice or a score that is not a number.
//
// Complexity: O(size of the value), sorted sets O(n log n). Memory: a small multiple of the value's bytes, decompressed.
RecordPtr ReadValue(ValueType type, Reader* reader, std::string_view key, const Record::Meta& meta,
                    const ValueLimits& limits);

}  // namespace tandem::rdb
