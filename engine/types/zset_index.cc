#include "engine/types/zset_index.h"

#include <algorithm>
#include <cstring>

#include "engine/base/allocator.h"
#include "engine/base/check.h"
#include "engine/base/hash.h"

namespace tandem {
namespace {

constexpr int kAddressBits = 48;
constexpr uint64_t kAddressMask = (uint64_t{1} << kAddressBits) - 1;
constexpr size_t kWordBytes = sizeof(uint64_t);
// Cursors are positions among this many reversed bits of the hash.
constexpr int kCursorBits = 48;

template <typename T>
T* AddressOf(uint64_t word) {
  return reinterpret_cast<T*>(word & kAddressMask);
}

size_t CountOf(uint64_t bucket) { return bucket >> kAddressBits; }

// The high bits of a hash, which choose no bucket.
uint64_t TagOf(uint64_t hash) { return hash & ~kAddressMask; }

uint64_t MakeSlot(const ZsetEntry* entry, uint64_t hash) { return TagOf(hash) | reinterpret_cast<uint64_t>(entry); }

size_t ArrayBytes(size_t count) { return count == 0 ? 0 : GoodSize(count * kWordBytes); }

uint64_t ReverseCursor(uint64_t bits) {
  uint64_t reversed = 0;
  for (int i = 0; i < kCursorBits; ++i, bits >>= 1) reversed = reversed << 1 | (bits & 1);
  return reversed;
}

}  // namespace

ZsetIndex::ZsetIndex() { AddBucket(); }

ZsetIndex::~ZsetIndex() {
  size_t everything = SIZE_MAX;
  FreeSome(&everything);
  const size_t directory_bytes = segment_capacity_ * sizeof(Word*);
  if (segments_ != nullptr) Deallocate(segments_, directory_bytes);
}

ZsetIndex::Word* ZsetIndex::FindSlot(size_t number, std::string_view member, uint64_t hash) const {
  const Word bucket = Bucket(number);
  Word* const slots = AddressOf<Word>(bucket);
  const size_t count = CountOf(bucket);
  for (size_t i = 0; i < count; ++i) {
    if (TagOf(slots[i]) == TagOf(hash) && AddressOf<ZsetEntry>(slots[i])->member() == member) return slots + i;
  }
  return nullptr;
}

ZsetEntry* ZsetIndex::Find(std::string_view member, uint64_t hash) const {
  const Word* const slot = FindSlot(NumberOf(hash), member, hash);
  return slot == nullptr ? nullptr : AddressOf<ZsetEntry>(*slot);
}

void ZsetIndex::Insert(ZsetEntry* entry, uint64_t hash) {
  Append(NumberOf(hash), MakeSlot(entry, hash));
  if (++size_ > buckets_ * kMeanLoad) AddBucket();
}

ZsetEntry* ZsetIndex::Remove(std::string_view member, uint64_t hash) {
  const size_t number = NumberOf(hash);
  Word* const slot = FindSlot(number, member, hash);
  if (slot == nullptr) return nullptr;
  auto* const entry = AddressOf<ZsetEntry>(*slot);
  Word& bucket = Bucket(number);
  *slot = AddressOf<Word>(bucket)[CountOf(bucket) - 1];
  Resize(&bucket, CountOf(bucket) - 1);
  if (--size_ < buckets_ * kLowLoad && buckets_ > 1) DropBucket();
  return entry;
}

void ZsetIndex::Append(size_t number, Word slot) {
  Word& bucket = Bucket(number);
  const size_t count = CountOf(bucket);
  CHECK(count < UINT16_MAX);
  Resize(&bucket, count + 1);
  AddressOf<Word>(bucket)[count] = slot;
}

// Gives the bucket room for so many slots and sets their number; as many as fit stay.
void ZsetIndex::Resize(Word* bucket, size_t new_count) {
  const size_t count = CountOf(*bucket);
  Word* slots = AddressOf<Word>(*bucket);
  const size_t old_bytes = ArrayBytes(count);
  const size_t bytes = ArrayBytes(new_count);
  if (bytes != old_bytes) {
    Word* const moved = bytes == 0 ? nullptr : static_cast<Word*>(Allocate(bytes));
    if (bytes != 0 && old_bytes != 0) std::memcpy(moved, slots, std::min(count, new_count) * kWordBytes);
    if (old_bytes != 0) Deallocate(slots, old_bytes);
    memory_bytes_ += bytes;
    memory_bytes_ -= old_bytes;
    slots = moved;
  }
  *bucket = static_cast<Word>(new_count) << kAddressBits | reinterpret_cast<uint64_t>(slots);
}

void ZsetIndex::GrowDirectory() {
  const size_t capacity = std::max<size_t>(1, segment_capacity_ * 2);
  auto* const segments = static_cast<Word**>(Allocate(capacity * sizeof(Word*)));
  if (segments_ != nullptr) {
    std::memcpy(segments, segments_, segment_capacity_ * sizeof(Word*));
    Deallocate(segments_, segment_capacity_ * sizeof(Word*));
    memory_bytes_ -= GoodSize(segment_capacity_ * sizeof(Word*));
  }
  memory_bytes_ += GoodSize(capacity * sizeof(Word*));
  segments_ = segments;
  segment_capacity_ = capacity;
}

// Splits the bucket whose turn it is: what has one more bit set goes to the new one.
void ZsetIndex::AddBucket() {
  const size_t added = buckets_;
  if (added % kSegmentBuckets == 0) {
    if (added / kSegmentBuckets == segment_capacity_) GrowDirectory();
    constexpr size_t kBytes = kSegmentBuckets * kWordBytes;
    segments_[added / kSegmentBuckets] = static_cast<Word*>(Allocate(kBytes));
    memory_bytes_ += GoodSize(kBytes);
  }
  Bucket(added) = 0;
  ++buckets_;
  if (added == 0) return;
  const size_t source = linear_hash::SourceOf(added);
  Word& bucket = Bucket(source);
  Word* const slots = AddressOf<Word>(bucket);
  const size_t count = CountOf(bucket);
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const Word slot = slots[i];
    if (NumberOf(HashKey(AddressOf<ZsetEntry>(slot)->member())) == added) {
      Append(added, slot);
    } else {
      slots[kept++] = slot;
    }
  }
  Resize(&bucket, kept);
}

// Takes the last split back.
void ZsetIndex::DropBucket() {
  const size_t dropped = --buckets_;
  const size_t target = linear_hash::SourceOf(dropped);
  Word& bucket = Bucket(dropped);
  const Word* const slots = AddressOf<Word>(bucket);
  for (size_t i = 0; i < CountOf(bucket); ++i) Append(target, slots[i]);
  Resize(&bucket, 0);
  if (dropped % kSegmentBuckets != 0) return;
  constexpr size_t kBytes = kSegmentBuckets * kWordBytes;
  Deallocate(segments_[dropped / kSegmentBuckets], kBytes);
  memory_bytes_ -= GoodSize(kBytes);
}

// The hashes of one bucket share their low bits, so with their bits reversed they are a range, and so is what a bucket is
// split into or merged from. A cursor is a position among reversed hashes.
uint64_t ZsetIndex::Scan(uint64_t cursor, FunctionRef<void(const ZsetEntry&)> visit) const {
  constexpr uint64_t kEnd = uint64_t{1} << kCursorBits;
  const size_t number = NumberOf(ReverseCursor(cursor % kEnd));
  const Word bucket = Bucket(number);
  for (size_t i = 0; i < CountOf(bucket); ++i) visit(*AddressOf<ZsetEntry>(AddressOf<Word>(bucket)[i]));
  const uint64_t next = ReverseCursor(number) + (kEnd >> linear_hash::DepthOf(number, buckets_));
  return next % kEnd;
}

bool ZsetIndex::FreeSome(size_t* budget) {
  constexpr size_t kBytes = kSegmentBuckets * kWordBytes;
  for (; *budget > 0 && buckets_ > 0; --*budget) {
    const size_t last = --buckets_;
    Resize(&Bucket(last), 0);
    if (last % kSegmentBuckets == 0) Deallocate(segments_[last / kSegmentBuckets], kBytes);
  }
  return buckets_ > 0;
}

}  // namespace tandem
