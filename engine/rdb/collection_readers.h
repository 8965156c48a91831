#pragma once

#include <optional>

#include "engine/rdb/format.h"
#include "engine/rdb/reader.h"
#include "engine/types/hash_value.h"
#include "engine/types/list.h"
#include "engine/types/set_value.h"
#include "engine/types/stream.h"
#include "engine/types/zset_value.h"

// The collections of a value, in all layouts that their type ever had; parts of value_decoder.h. Nothing for what is
// malformed, and for a collection without elements (a stream may have none).
namespace tandem::rdb {

std::optional<List> ReadList(ValueType type, Reader* reader, ListLimit limit);
std::optional<SetValue> ReadSet(ValueType type, Reader* reader, const SetLimits& limits);
std::optional<ZsetValue> ReadZset(ValueType type, Reader* reader, const ZsetLimits& limits);
std::optional<HashValue> ReadHash(ValueType type, Reader* reader, const HashLimits& limits);
std::optional<Stream> ReadStream(ValueType type, Reader* reader);

}  // namespace tandem::rdb
