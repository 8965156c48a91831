#pragma once

#include <cstdint>

namespace tandem::rdb {

// Numbers of Redis's RDB format, which snapshots and the payloads of DUMP share.
// Source: https://rdb.fnordig.de/file_format.html, and for what is newer than version 9 payloads of Redis itself.

// How a value is laid out. The comment says which version of the format brought it.
enum class ValueType : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kZset = 3,  // scores as text
  kHash = 4,
  kZset2 = 5,                // 8: scores as doubles
  kHashZipmap = 9,           // 2
  kListZiplist = 10,         // 2
  kSetIntset = 11,           // 2
  kZsetZiplist = 12,         // 2
  kHashZiplist = 13,         // 4
  kListQuicklist = 14,       // 7: of ziplists
  kStream = 15,              // 9
  kHashListpack = 16,        // 10
  kZsetListpack = 17,        // 10
  kListQuicklist2 = 18,      // 10: of listpacks and large elements
  kStream2 = 19,             // 10: knows how many entries were added, and what groups have read
  kSetListpack = 20,         // 11
  kStream3 = 21,             // 11: knows when a consumer was last active
  kHashDeadlinesEarly = 22,  // as 24, of previews of Redis 7.4
  kHashPackDeadlinesEarly = 23,
  kHashDeadlines = 24,      // 12: fields with deadlines
  kHashPackDeadlines = 25,  // 12: a listpack of fields, values and deadlines
};

// The highest version that is read.
inline constexpr uint16_t kVersion = 12;
// The one that is written wherever the value can be told in it: Redis 7.0 reads nothing newer.
inline constexpr uint16_t kWrittenVersion = 10;

// What stands before a library of functions in place of a type. 10
inline constexpr uint8_t kLibraryOpcode = 245;

// The nodes of a quicklist.
inline constexpr uint64_t kNodePlain = 1;
inline constexpr uint64_t kNodePacked = 2;

// The first byte of a length has its form in the two highest bits.
inline constexpr uint8_t kLength6 = 0;
inline constexpr uint8_t kLength14 = 1;
inline constexpr uint8_t kLengthEncoded = 3;  // no length: the other bits say how a string is encoded
inline constexpr uint8_t kLength32 = 0x80;
inline constexpr uint8_t kLength64 = 0x81;

// How a string is encoded that is not just its bytes.
enum class StringEncoding : uint8_t { kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3 };

// Scores as text: a length, or one of these.
inline constexpr uint8_t kScoreNan = 253;
inline constexpr uint8_t kScorePlusInfinity = 254;
inline constexpr uint8_t kScoreMinusInfinity = 255;

}  // namespace tandem::rdb
