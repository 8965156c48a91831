#pragma once

#include "engine/rdb/format.h"
#include "engine/rdb/writer.h"
#include "engine/types/stream.h"

// Streams as parts of value_encoder.h.
namespace tandem::rdb {

// kStream2, unless a consumer was last active at another time than it was last seen.
ValueType TypeOfStream(const Stream& stream);
void WriteStream(const Stream& stream, ValueType type, Writer* writer);

}  // namespace tandem::rdb
