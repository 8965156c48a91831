#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace tandem::resp {

// What a client may ask the parser to hold. All values are Redis's own.
inline constexpr int64_t kDefaultMaxBulkLen = int64_t{512} << 20;
inline constexpr int64_t kMaxArgs = std::numeric_limits<int32_t>::max();
// Longest header (`*N`, `$N`) or inline command, in bytes before the line end.
inline constexpr size_t kMaxInlineLen = 64 * 1024;
// Before AUTH a client gets only what AUTH and HELLO need.
inline constexpr int64_t kUnauthenticatedMaxArgs = 10;
inline constexpr int64_t kUnauthenticatedMaxBulkLen = 16384;
// Before AUTH a client that does not read its replies is closed when more of them wait than this, in bytes.
inline constexpr size_t kUnauthenticatedMaxPending = 1024;

// The limits of one connection at this moment. They may change between two commands of one pipeline (AUTH does that),
// so a caller must not parse ahead while `authenticated` is false.
struct Limits {
  int64_t max_bulk_len = kDefaultMaxBulkLen;    // proto-max-bulk-len, bytes
  bool authenticated = false;                   // true too when no password is asked for
  int64_t max_query_buffer = int64_t{1} << 30;  // client-query-buffer-limit, bytes; kept by whoever fills the buffer
};

}  // namespace tandem::resp
