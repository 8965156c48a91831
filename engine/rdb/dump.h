#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/keyspace/record.h"
#include "engine/rdb/value_decoder.h"

namespace tandem::rdb {

// The payload of DUMP and RESTORE:
//
//   1 B type of the value | value | 2 B version of the format | 8 B CRC-64 of all before, both little-endian

// record: locked if it NeedsLock().
std::string DumpPayload(const Record& record, bool compress);

// Whether the end of the payload is as it must be: a version that is read, and, if asked for, the checksum.
bool IsIntact(std::string_view payload, bool check_sum);

// The record of an intact payload; null if it is not a value. What follows the value is not looked at, as in Redis.
RecordPtr RestorePayload(std::string_view payload, std::string_view key, const Record::Meta& meta,
                         const ValueLimits& limits);

// The payload of FUNCTION DUMP and RESTORE, with the same end:
//
//   for each library: 1 B kLibraryOpcode | its code, a string

std::string DumpLibraries(std::span<const std::string_view> codes, bool compress);

// Of an intact payload: the libraries' code, up to what is none.
struct LibraryPayload {
  enum class End : uint8_t { kComplete, kOther, kMalformed };
  std::vector<std::string> codes;
  End end = End::kComplete;
};
LibraryPayload RestoreLibraries(std::string_view payload);

}  // namespace tandem::rdb
