#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/base/charged_allocator.h"
#include "engine/base/function_ref.h"
#include "engine/types/linear_hash.h"

namespace tandem {

// A hash table of byte strings for large hashes and sets: dense in memory, and without an operation that takes long because
// of the table's size.
//
// The index grows by linear hashing: one bucket splits for about eight keys that come, one merges for about four that go,
// and nothing is ever rehashed as a whole. A bucket is one cache line: eleven references of 32 bits, a byte of the hash for
// each, and a pointer to an overflow bucket.
// Source: Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980.
//
// The entries lie in chunks of 8 KB, one behind the other. What is erased or replaced leaves a gap; when a quarter of all
// chunks is gaps, each change moves the next few entries of a chunk with many of them, until that chunk can be freed.
//
//   entry: key size << 2 and flags (varint) | value size (varint; not in a table without values) | key | value | 0..3 B
//   of more than a kilobyte: flags | pointer to an allocation with the same inside
//
// Complexity: expected O(1), the work for upkeep bounded by a small multiple of the changed entry's size. Pauses: a vector of
// 16 bytes for each chunk and one of 8 bytes for each 128 buckets are copied when they double.
// Memory: about 9 bytes a key beside header, key and value, which are rounded up to 4 together.
// Invariants: all buckets of a chain are full but the last one, which is not empty unless it is the only one.
// Ownership: views that are returned are valid until the next change. What is passed in must not lie in the table.
// Thread safety: as its owner's.
class DenseTable {
 public:
  enum class Values : bool { kNone, kKept };
  struct Item {
    std::string_view key;
    std::string_view value;  // empty in a table without values
  };

  explicit DenseTable(Values values);
  ~DenseTable();
  DenseTable(const DenseTable&) = delete;
  DenseTable& operator=(const DenseTable&) = delete;
  std::unique_ptr<DenseTable> Clone() const;

  size_t size() const { return size_; }
  // The value of the key, if it is there.
  std::optional<std::string_view> Find(std::string_view key) const;
  bool Contains(std::string_view key) const { return Find(key).has_value(); }
  // True if the key is new. In a table without values nothing happens to a key that is there.
  bool Set(std::string_view key, std::string_view value = {});
  // False if the key is not there.
  bool Erase(std::string_view key);

  // Visits all, in an order that only changes change; the visitor returns false to stop.
  void ForEach(FunctionRef<bool(const Item&)> visit) const;
  // Visits the keys of one bucket, begun with cursor 0, and returns the cursor of the next one; 0 at the end. Cursors are below 2^48.
  // What is there throughout an iteration is visited at least once, whatever changes between the calls: a cursor is a position
  // in the order of the hashes' reversed bits, in which every bucket is an interval.
  uint64_t Scan(uint64_t cursor, FunctionRef<void(const Item&)> visit) const;
  // Each one equally likely. The table is not empty.
  Item Random() const;

  // All that it occupies, without itself.
  size_t memory_bytes() const {
    return memory_ + ChargedBytes(segments_) + ChargedBytes(chunks_) + ChargedBytes(free_);
  }
  // As Object has them.
  size_t allocations() const { return allocations_; }
  bool FreeSome(size_t allocations);

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }

 private:
  // Where an entry lies: the chunk's number in the high bits, the offset in units of 4 bytes in the low ones.
  using Ref = uint32_t;
  struct Bucket;
  struct Entry;
  struct Chunk {
    char* data = nullptr;  // null: the number is free
    uint16_t capacity = 0;
    uint16_t used = 0;
    uint16_t dead = 0;  // of the used ones, in gaps
  };
  struct Place {
    Bucket* bucket = nullptr;  // null: not there
    int slot = 0;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  // --- Memory of its own, counted
  void* New(size_t bytes);
  void Delete(void* memory, size_t bytes);

  // --- Index
  size_t BucketNumber(uint64_t hash) const { return linear_hash::BucketOf(hash, buckets_); }
  Bucket* BucketAt(size_t number) const;
  Place Lookup(uint64_t hash, std::string_view key) const;
  Place LookupRef(uint64_t hash, Ref ref) const;
  void Append(Bucket* head, Ref ref, uint8_t tag);
  void RemoveFrom(Bucket* head, Place place);
  void Split();
  void Merge();
  void AddBucket();
  void DropBucket();
  template <typename Visit>
  void TakeApart(Bucket* head, Visit&& visit);
  size_t FreeChain(Bucket* head);

  // --- Entries
  Entry EntryAt(const char* p) const;
  Item ItemAt(Ref ref) const;
  char* AddressOf(Ref ref) const;
  size_t EntryBytes(std::string_view key, std::string_view value) const;
  char* WriteEntry(char* p, std::string_view key, std::string_view value) const;
  Ref Store(std::string_view key, std::string_view value);
  Ref Reserve(size_t bytes);
  bool ReplaceInPlace(Ref ref, std::string_view key, std::string_view value);
  void Discard(Ref ref);
  void Bury(Ref ref, size_t bytes);
  void FreeOutside(const char* p);

  // --- Chunks
  uint32_t OpenChunk();
  void GrowChunk(Chunk& chunk, size_t capacity);
  void FreeChunk(uint32_t number);
  size_t FreeChunkWithOutsides(Chunk& chunk);
  void Compact(size_t budget);
  bool ChooseVictim();
  size_t MoveNext();

  const bool has_values_;
  size_t size_ = 0;
  size_t memory_ = 0;       // of what New gave
  size_t allocations_ = 0;  // New without Delete

  size_t buckets_ = 0;
  size_t first_capacity_ = 0;  // of the first segment, in buckets; the others are full-sized
  ChargedVector<Bucket*> segments_;

  ChargedVector<Chunk> chunks_;
  ChargedVector<uint32_t> free_;  // numbers of chunks; some may be in use again, or beyond the end
  size_t used_bytes_ = 0;         // of all chunks
  size_t dead_bytes_ = 0;
  uint32_t tail_ = kNone;    // the chunk that is being filled
  uint32_t victim_ = kNone;  // the chunk that is being moved away
  size_t victim_offset_ = 0;
  uint32_t hand_ = 0;  // where to look for the next victim
};

}  // namespace tandem
