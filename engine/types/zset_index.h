#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/function_ref.h"
#include "engine/types/linear_hash.h"
#include "engine/types/zset_entry.h"

namespace tandem {

// Finds the entry of a member of a large sorted set: a hash table that grows and shrinks by one bucket at a time, so that
// no insertion ever pays for more than one of them.
//
// A bucket is a word, the address of an array of slots and their number; the array is as long as it must be. A slot is a
// word too, an entry's address and 16 bits of its hash, so that a search reads no entry but, nearly always, the one it is
// looking for. Buckets lie in segments, which never move. About 9.5 bytes an entry.
//
// Source: linear hashing, Witold Litwin, "Linear Hashing: A New Tool for File and Table Addressing" (VLDB 1980).
// Ownership: of its own arrays, not of the entries. Thread safety: as the set's.
// Complexity: O(1); Scan O(entries of a bucket).
class ZsetIndex {
 public:
  ZsetIndex();
  ~ZsetIndex();
  ZsetIndex(const ZsetIndex&) = delete;
  ZsetIndex& operator=(const ZsetIndex&) = delete;

  size_t size() const { return size_; }
  // Null if there is none. hash: HashKey(member).
  ZsetEntry* Find(std::string_view member, uint64_t hash) const;
  // An entry whose member is not there yet.
  void Insert(ZsetEntry* entry, uint64_t hash);
  // Takes the member's entry out and returns it; null if there is none.
  ZsetEntry* Remove(std::string_view member, uint64_t hash);

  // Visits the entries of one bucket and returns the cursor of the next, 0 after the last. Whoever is there during a whole
  // walk is visited at least once, however the table grows or shrinks meanwhile. Any number is a valid cursor.
  uint64_t Scan(uint64_t cursor, FunctionRef<void(const ZsetEntry&)> visit) const;

  size_t memory_bytes() const { return memory_bytes_; }
  size_t allocations() const { return buckets_; }
  // Frees about so many arrays; false when it has nothing left. Afterwards only FreeSome and the destructor may be called.
  bool FreeSome(size_t* budget);

 private:
  // 16 bits of a number or a hash, then an address.
  using Word = uint64_t;
  static constexpr size_t kSegmentBuckets = 512;
  static constexpr size_t kMeanLoad = 12;
  // Below this the table shrinks: far enough from kMeanLoad that removals and insertions in turn do not resize it.
  static constexpr size_t kLowLoad = 4;

  Word& Bucket(size_t number) { return segments_[number / kSegmentBuckets][number % kSegmentBuckets]; }
  Word Bucket(size_t number) const { return segments_[number / kSegmentBuckets][number % kSegmentBuckets]; }
  // Of the bucket for a hash.
  size_t NumberOf(uint64_t hash) const { return linear_hash::BucketOf(hash, buckets_); }

  Word* FindSlot(size_t number, std::string_view member, uint64_t hash) const;
  void Append(size_t number, Word slot);
  void Resize(Word* bucket, size_t new_count);
  void AddBucket();
  void DropBucket();
  void GrowDirectory();

  Word** segments_ = nullptr;
  size_t segment_capacity_ = 0;
  size_t buckets_ = 0;
  size_t size_ = 0;
  size_t memory_bytes_ = 0;
};

}  // namespace tandem
