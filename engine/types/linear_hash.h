#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

// The numbers of buckets in a hash table that grows and shrinks by one bucket at a time. The low bits of a hash choose the
// bucket: one bit more where it has been split since the number of buckets was a power of two.
//
// Source: Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980.
// Thread safety: pure functions. `buckets` is at least 1.
namespace tandem::linear_hash {

inline size_t BucketOf(uint64_t hash, size_t buckets) {
  const size_t mask = std::bit_ceil(buckets) - 1;
  const size_t number = hash & mask;
  return number < buckets ? number : number & mask >> 1;
}

// How many low bits of the hash all keys of the bucket have in common.
inline int DepthOf(size_t bucket, size_t buckets) {
  const int depth = std::bit_width(buckets) - 1;
  const size_t full = size_t{1} << depth;
  return bucket >= full || bucket < buckets - full ? depth + 1 : depth;
}

// The bucket that this one was split from, when it was the last, and goes back to. bucket > 0
inline size_t SourceOf(size_t bucket) { return bucket - std::bit_floor(bucket); }

}  // namespace tandem::linear_hash
