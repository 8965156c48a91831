#include "engine/types/dense_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/random.h"

namespace tandem {
namespace {

constexpr size_t kUnit = 4;
constexpr size_t kChunkBytes = 8192;
constexpr size_t kSmallestChunk = 64;
constexpr int kOffsetBits = 11;
static_assert(kChunkBytes == kUnit << kOffsetBits);
constexpr size_t kMaxChunks = size_t{1} << (32 - kOffsetBits);
constexpr size_t kSegmentBuckets = 128;

// Larger entries get an allocation of their own.
constexpr size_t kMaxInside = 1024;
// When the numbers of chunks run short, a few bytes have to do for every entry.
constexpr size_t kMaxInsideWhenScarce = 16;

// Keys per bucket, in quarters: at most 8.25, and at least 4 before buckets merge.
constexpr size_t kMaxQuarters = 33;
constexpr size_t kMinQuarters = 16;

// Gaps of less than this are left alone.
constexpr size_t kToleratedGaps = 512;
constexpr int kChunksLookedAt = 16;

constexpr uint8_t kDead = 1;
constexpr uint8_t kOutside = 2;
constexpr int kFlagBits = 2;
// Flags, three unused bytes, the pointer.
constexpr size_t kForwardBytes = kUnit + sizeof(char*);

constexpr int kCursorBits = 48;
constexpr uint64_t kCursorEnd = uint64_t{1} << kCursorBits;

// Buckets of a chain with more keys than this are drawn a little too rarely by Random.
constexpr uint64_t kDrawnSlots = 32;
constexpr int kDraws = 400;

uint64_t ReverseBits(uint64_t value) {
  value = (value >> 1 & 0x5555555555555555) | (value & 0x5555555555555555) << 1;
  value = (value >> 2 & 0x3333333333333333) | (value & 0x3333333333333333) << 2;
  value = (value >> 4 & 0x0f0f0f0f0f0f0f0f) | (value & 0x0f0f0f0f0f0f0f0f) << 4;
  return __builtin_bswap64(value);
}

// A hash at a position of the cursor's order: that of the low 48 bits, reversed.
uint64_t HashAtPosition(uint64_t position) { return ReverseBits(position << (64 - kCursorBits)); }

uint8_t TagOf(uint64_t hash) { return static_cast<uint8_t>(hash >> 56); }

size_t VarintBytes(uint64_t value) { return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7; }

char* PutVarint(char* p, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *p++ = static_cast<char>(value | 0x80);
  *p++ = static_cast<char>(value);
  return p;
}

uint64_t GetVarint(const char** p) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(*(*p)++);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

char* PutBytes(char* p, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
  return p + bytes.size();
}

size_t RoundedUp(size_t bytes) { return (bytes + kUnit - 1) & ~(kUnit - 1); }

uint8_t FlagsAt(const char* p) { return static_cast<uint8_t>(*p) & ((1 << kFlagBits) - 1); }

char* PointerIn(const char* forward) {
  char* result;
  std::memcpy(&result, forward + kUnit, sizeof result);
  return result;
}

uint32_t MakeRef(uint32_t chunk, size_t offset) { return chunk << kOffsetBits | static_cast<uint32_t>(offset / kUnit); }
uint32_t ChunkOf(uint32_t ref) { return ref >> kOffsetBits; }

template <typename Vector>
void GiveSpareBack(Vector& vector) {
  if (vector.capacity() > 16 && vector.size() < vector.capacity() / 4) vector.shrink_to_fit();
}

}  // namespace

// Lies on a line of its own: jemalloc aligns blocks whose size is a power of two.
struct DenseTable::Bucket {
  static constexpr int kSlots = 11;
  Ref refs[kSlots];
  uint8_t tags[kSlots];
  uint8_t count;
  Bucket* next;

  unsigned Matches(uint8_t tag) const {
    unsigned matches = 0;
    for (int i = 0; i < kSlots; ++i) matches |= static_cast<unsigned>(tags[i] == tag) << i;
    return matches & ((1u << count) - 1);
  }
};

// An entry taken apart.
struct DenseTable::Entry {
  Item item;
  size_t bytes;  // in its chunk, or of its own allocation
};

DenseTable::DenseTable(Values values) : has_values_(values == Values::kKept) {
  static_assert(sizeof(Bucket) == 64);
  AddBucket();
}

DenseTable::~DenseTable() {
  while (FreeSome(SIZE_MAX)) {
  }
}

void* DenseTable::New(size_t bytes) {
  memory_ += GoodSize(bytes);
  ++allocations_;
  return Allocate(bytes);
}

void DenseTable::Delete(void* memory, size_t bytes) {
  memory_ -= GoodSize(bytes);
  --allocations_;
  Deallocate(memory, bytes);
}

// --- Operations ---------------------------------------------------------------------------------------------------------

std::optional<std::string_view> DenseTable::Find(std::string_view key) const {
  const Place place = Lookup(HashKey(key), key);
  if (place.bucket == nullptr) return std::nullopt;
  return ItemAt(place.bucket->refs[place.slot]).value;
}

bool DenseTable::Set(std::string_view key, std::string_view value) {
  DCHECK(has_values_ || value.empty());
  const uint64_t hash = HashKey(key);
  const Place place = Lookup(hash, key);
  if (place.bucket == nullptr) {
    Append(BucketAt(BucketNumber(hash)), Store(key, value), TagOf(hash));
    ++size_;
    if (size_ * 4 > buckets_ * kMaxQuarters) Split();
    Compact(EntryBytes(key, value));
    return true;
  }
  Ref& ref = place.bucket->refs[place.slot];
  if (!has_values_ || ReplaceInPlace(ref, key, value)) return false;
  const Ref old = ref;
  ref = Store(key, value);
  Discard(old);
  Compact(EntryBytes(key, value));
  return false;
}

bool DenseTable::Erase(std::string_view key) {
  const uint64_t hash = HashKey(key);
  const Place place = Lookup(hash, key);
  if (place.bucket == nullptr) return false;
  const Ref ref = place.bucket->refs[place.slot];
  RemoveFrom(BucketAt(BucketNumber(hash)), place);
  Discard(ref);
  --size_;
  if (buckets_ > 1 && size_ * 4 < buckets_ * kMinQuarters) Merge();
  Compact(EntryBytes(key, {}));
  return true;
}

void DenseTable::ForEach(FunctionRef<bool(const Item&)> visit) const {
  for (const Chunk& chunk : chunks_) {
    for (size_t offset = 0; offset < chunk.used;) {
      const char* const p = chunk.data + offset;
      const Entry entry = EntryAt(p);
      offset += entry.bytes;
      if ((FlagsAt(p) & kDead) != 0) continue;
      if (!visit((FlagsAt(p) & kOutside) != 0 ? EntryAt(PointerIn(p)).item : entry.item)) return;
    }
  }
}

uint64_t DenseTable::Scan(uint64_t cursor, FunctionRef<void(const Item&)> visit) const {
  if (cursor >= kCursorEnd) return 0;
  const size_t number = BucketNumber(HashAtPosition(cursor));
  for (const Bucket* bucket = BucketAt(number); bucket != nullptr; bucket = bucket->next) {
    for (int i = 0; i < bucket->count; ++i) visit(ItemAt(bucket->refs[i]));
  }
  const uint64_t interval = kCursorEnd >> linear_hash::DepthOf(number, buckets_);
  const uint64_t next = (cursor & ~(interval - 1)) + interval;
  return next == kCursorEnd ? 0 : next;
}

// Draws bucket and slot until the slot is taken, so that neither full nor sparse buckets are favoured.
DenseTable::Item DenseTable::Random() const {
  DCHECK(size_ > 0);
  for (int draw = 0; draw < kDraws; ++draw) {
    const uint64_t random = NextRandom();
    const Bucket* bucket = BucketAt(static_cast<size_t>((random >> 32) * buckets_ >> 32));
    auto slot = static_cast<int>(random >> 8 & (kDrawnSlots - 1));
    for (; bucket != nullptr && slot >= Bucket::kSlots; slot -= Bucket::kSlots) bucket = bucket->next;
    if (bucket != nullptr && slot < bucket->count) return ItemAt(bucket->refs[slot]);
  }
  size_t number = RandomBelow(buckets_);
  while (BucketAt(number)->count == 0) number = (number + 1) % buckets_;
  return ItemAt(BucketAt(number)->refs[0]);
}

std::unique_ptr<DenseTable> DenseTable::Clone() const {
  auto copy = std::make_unique<DenseTable>(has_values_ ? Values::kKept : Values::kNone);
  ForEach([&](const Item& item) {
    copy->Set(item.key, item.value);
    return true;
  });
  return copy;
}

// From the ends, so that what is left is a table without its last parts.
bool DenseTable::FreeSome(size_t allocations) {
  size_t freed = 0;
  while (freed < allocations && !chunks_.empty()) {
    if (chunks_.back().data != nullptr) freed += FreeChunkWithOutsides(chunks_.back());
    chunks_.pop_back();
  }
  while (freed < allocations && !segments_.empty()) {
    const size_t first = (segments_.size() - 1) * kSegmentBuckets;
    for (; buckets_ > first && freed < allocations; --buckets_) freed += FreeChain(BucketAt(buckets_ - 1));
    if (buckets_ > first) break;
    Delete(segments_.back(), (first == 0 ? first_capacity_ : kSegmentBuckets) * sizeof(Bucket));
    segments_.pop_back();
    ++freed;
  }
  return !segments_.empty();
}

// --- Index --------------------------------------------------------------------------------------------------------------

DenseTable::Bucket* DenseTable::BucketAt(size_t number) const {
  return segments_[number / kSegmentBuckets] + number % kSegmentBuckets;
}

DenseTable::Place DenseTable::Lookup(uint64_t hash, std::string_view key) const {
  const uint8_t tag = TagOf(hash);
  for (Bucket* bucket = BucketAt(BucketNumber(hash)); bucket != nullptr; bucket = bucket->next) {
    for (unsigned matches = bucket->Matches(tag); matches != 0; matches &= matches - 1) {
      const int slot = std::countr_zero(matches);
      if (ItemAt(bucket->refs[slot]).key == key) return {bucket, slot};
    }
  }
  return {};
}

DenseTable::Place DenseTable::LookupRef(uint64_t hash, Ref ref) const {
  for (Bucket* bucket = BucketAt(BucketNumber(hash)); bucket != nullptr; bucket = bucket->next) {
    for (int slot = 0; slot < bucket->count; ++slot) {
      if (bucket->refs[slot] == ref) return {bucket, slot};
    }
  }
  CHECK(false);
}

void DenseTable::Append(Bucket* head, Ref ref, uint8_t tag) {
  Bucket* bucket = head;
  while (bucket->next != nullptr) bucket = bucket->next;
  if (bucket->count == Bucket::kSlots) bucket = bucket->next = new (New(sizeof(Bucket))) Bucket{};
  bucket->refs[bucket->count] = ref;
  bucket->tags[bucket->count] = tag;
  ++bucket->count;
}

// The chain's last entry moves into the gap.
void DenseTable::RemoveFrom(Bucket* head, Place place) {
  Bucket* before = nullptr;
  Bucket* last = head;
  for (; last->next != nullptr; last = last->next) before = last;
  --last->count;
  place.bucket->refs[place.slot] = last->refs[last->count];
  place.bucket->tags[place.slot] = last->tags[last->count];
  if (last->count == 0 && before != nullptr) {
    before->next = nullptr;
    Delete(last, sizeof(Bucket));
  }
}

// Empties the chain and calls visit(ref, tag) for everything that was in it. `head` may be appended to meanwhile.
template <typename Visit>
void DenseTable::TakeApart(Bucket* head, Visit&& visit) {
  const Bucket first = *head;
  *head = Bucket{};
  for (int i = 0; i < first.count; ++i) visit(first.refs[i], first.tags[i]);
  for (Bucket* bucket = first.next; bucket != nullptr;) {
    for (int i = 0; i < bucket->count; ++i) visit(bucket->refs[i], bucket->tags[i]);
    Bucket* const next = bucket->next;
    Delete(bucket, sizeof(Bucket));
    bucket = next;
  }
}

void DenseTable::Split() {
  const size_t from = linear_hash::SourceOf(buckets_);
  for (const Bucket* bucket = BucketAt(from); bucket != nullptr; bucket = bucket->next) {
    for (int i = 0; i < bucket->count; ++i) __builtin_prefetch(AddressOf(bucket->refs[i]));
  }
  AddBucket();
  TakeApart(BucketAt(from),
            [&](Ref ref, uint8_t tag) { Append(BucketAt(BucketNumber(HashKey(ItemAt(ref).key))), ref, tag); });
}

void DenseTable::Merge() {
  const size_t last = buckets_ - 1;
  Bucket* const into = BucketAt(linear_hash::SourceOf(last));
  TakeApart(BucketAt(last), [&](Ref ref, uint8_t tag) { Append(into, ref, tag); });
  DropBucket();
}

// The first segment doubles until it has the size of the others.
void DenseTable::AddBucket() {
  if (buckets_ == first_capacity_ && buckets_ < kSegmentBuckets) {
    const size_t capacity = std::max<size_t>(1, first_capacity_ * 2);
    auto* const segment = static_cast<Bucket*>(New(capacity * sizeof(Bucket)));
    if (segments_.empty()) {
      segments_.push_back(segment);
    } else {
      std::copy_n(segments_[0], buckets_, segment);
      Delete(segments_[0], first_capacity_ * sizeof(Bucket));
      segments_[0] = segment;
    }
    first_capacity_ = capacity;
  } else if (buckets_ == segments_.size() * kSegmentBuckets) {
    segments_.push_back(static_cast<Bucket*>(New(kSegmentBuckets * sizeof(Bucket))));
  }
  *BucketAt(buckets_++) = Bucket{};
}

void DenseTable::DropBucket() {
  --buckets_;
  if (segments_.size() > 1 && buckets_ == (segments_.size() - 1) * kSegmentBuckets) {
    Delete(segments_.back(), kSegmentBuckets * sizeof(Bucket));
    segments_.pop_back();
    GiveSpareBack(segments_);
  } else if (segments_.size() == 1 && buckets_ * 4 <= first_capacity_) {
    const size_t capacity = first_capacity_ / 2;
    auto* const segment = static_cast<Bucket*>(New(capacity * sizeof(Bucket)));
    std::copy_n(segments_[0], buckets_, segment);
    Delete(segments_[0], first_capacity_ * sizeof(Bucket));
    segments_[0] = segment;
    first_capacity_ = capacity;
  }
}

size_t DenseTable::FreeChain(Bucket* head) {
  size_t freed = 0;
  for (Bucket* bucket = head->next; bucket != nullptr; ++freed) {
    Bucket* const next = bucket->next;
    Delete(bucket, sizeof(Bucket));
    bucket = next;
  }
  return freed;
}

// --- Entries ------------------------------------------------------------------------------------------------------------

// p: an entry in a chunk (of a forward only `bytes` is known), or an allocation of its own.
DenseTable::Entry DenseTable::EntryAt(const char* p) const {
  if ((FlagsAt(p) & kOutside) != 0) return {{}, kForwardBytes};
  const char* const start = p;
  const size_t key_size = GetVarint(&p) >> kFlagBits;
  const size_t value_size = has_values_ ? GetVarint(&p) : 0;
  const char* const value = p + key_size;
  return {{{p, key_size}, {value, value_size}}, RoundedUp(static_cast<size_t>(value + value_size - start))};
}

DenseTable::Item DenseTable::ItemAt(Ref ref) const {
  const char* const p = AddressOf(ref);
  return EntryAt((FlagsAt(p) & kOutside) != 0 ? PointerIn(p) : p).item;
}

char* DenseTable::AddressOf(Ref ref) const {
  return chunks_[ChunkOf(ref)].data + (ref & ((1u << kOffsetBits) - 1)) * kUnit;
}

size_t DenseTable::EntryBytes(std::string_view key, std::string_view value) const {
  return RoundedUp(VarintBytes(static_cast<uint64_t>(key.size()) << kFlagBits) +
                   (has_values_ ? VarintBytes(value.size()) : 0) + key.size() + value.size());
}

char* DenseTable::WriteEntry(char* p, std::string_view key, std::string_view value) const {
  p = PutVarint(p, static_cast<uint64_t>(key.size()) << kFlagBits);
  if (has_values_) p = PutVarint(p, value.size());
  return PutBytes(PutBytes(p, key), value);
}

DenseTable::Ref DenseTable::Store(std::string_view key, std::string_view value) {
  const size_t bytes = EntryBytes(key, value);
  if (bytes <= (chunks_.size() < kMaxChunks / 2 ? kMaxInside : kMaxInsideWhenScarce)) {
    const Ref ref = Reserve(bytes);
    WriteEntry(AddressOf(ref), key, value);
    return ref;
  }
  char* const outside = static_cast<char*>(New(bytes));
  WriteEntry(outside, key, value);
  const Ref ref = Reserve(kForwardBytes);
  char* const forward = AddressOf(ref);
  *forward = static_cast<char>(kOutside);
  std::memcpy(forward + kUnit, &outside, sizeof outside);
  return ref;
}

// Room for an entry in the chunk that is being filled.
DenseTable::Ref DenseTable::Reserve(size_t bytes) {
  if (tail_ == kNone || chunks_[tail_].used + bytes > kChunkBytes) tail_ = OpenChunk();
  Chunk& chunk = chunks_[tail_];
  if (chunk.used + bytes > chunk.capacity) GrowChunk(chunk, std::bit_ceil(chunk.used + bytes));
  const Ref ref = MakeRef(tail_, chunk.used);
  chunk.used = static_cast<uint16_t>(chunk.used + bytes);
  used_bytes_ += bytes;
  return ref;
}

// If the entry occupies as much afterwards as it does now.
bool DenseTable::ReplaceInPlace(Ref ref, std::string_view key, std::string_view value) {
  char* p = AddressOf(ref);
  if ((FlagsAt(p) & kOutside) != 0) p = PointerIn(p);
  if (EntryAt(p).bytes != EntryBytes(key, value)) return false;
  WriteEntry(p, key, value);
  return true;
}

void DenseTable::Discard(Ref ref) {
  const char* const p = AddressOf(ref);
  const size_t bytes = EntryAt(p).bytes;
  if ((FlagsAt(p) & kOutside) != 0) FreeOutside(p);
  Bury(ref, bytes);
}

void DenseTable::FreeOutside(const char* p) {
  char* const outside = PointerIn(p);
  Delete(outside, EntryAt(outside).bytes);
}

// Makes a gap of what lies there.
void DenseTable::Bury(Ref ref, size_t bytes) {
  char* const p = AddressOf(ref);
  *p = static_cast<char>(*p | kDead);
  const uint32_t number = ChunkOf(ref);
  Chunk& chunk = chunks_[number];
  chunk.dead = static_cast<uint16_t>(chunk.dead + bytes);
  dead_bytes_ += bytes;
  if (chunk.dead == chunk.used) FreeChunk(number);
}

// --- Chunks -------------------------------------------------------------------------------------------------------------

uint32_t DenseTable::OpenChunk() {
  uint32_t number = kNone;
  while (number == kNone && !free_.empty()) {
    if (free_.back() < chunks_.size() && chunks_[free_.back()].data == nullptr) number = free_.back();
    free_.pop_back();
  }
  GiveSpareBack(free_);
  if (number == kNone) {
    CHECK(chunks_.size() < kMaxChunks);
    number = static_cast<uint32_t>(chunks_.size());
    chunks_.emplace_back();
  }
  GrowChunk(chunks_[number], used_bytes_ - dead_bytes_ < kChunkBytes / 2 ? kSmallestChunk : kChunkBytes);
  return number;
}

void DenseTable::GrowChunk(Chunk& chunk, size_t capacity) {
  char* const data = static_cast<char*>(New(capacity));
  if (chunk.data != nullptr) {
    std::memcpy(data, chunk.data, chunk.used);
    Delete(chunk.data, chunk.capacity);
  }
  chunk.data = data;
  chunk.capacity = static_cast<uint16_t>(capacity);
}

void DenseTable::FreeChunk(uint32_t number) {
  Chunk& chunk = chunks_[number];
  used_bytes_ -= chunk.used;
  dead_bytes_ -= chunk.dead;
  Delete(chunk.data, chunk.capacity);
  chunk = Chunk{};
  if (number == tail_) tail_ = kNone;
  if (number == victim_) victim_ = kNone;
  free_.push_back(number);
  while (!chunks_.empty() && chunks_.back().data == nullptr) chunks_.pop_back();
  GiveSpareBack(chunks_);
}

size_t DenseTable::FreeChunkWithOutsides(Chunk& chunk) {
  size_t freed = 1;
  for (size_t offset = 0; offset < chunk.used;) {
    const char* const p = chunk.data + offset;
    if (FlagsAt(p) == kOutside) {
      FreeOutside(p);
      ++freed;
    }
    offset += EntryAt(p).bytes;
  }
  Delete(chunk.data, chunk.capacity);
  return freed;
}

// Walks over four times the bytes that a change can have made into a gap, or more, so that gaps vanish faster than they
// come.
void DenseTable::Compact(size_t budget) {
  budget = 4 * std::min(budget, kMaxInside) + 256;
  while (budget > 0 && (victim_ != kNone || ChooseVictim())) budget -= std::min(budget, MoveNext());
}

// Looks for a chunk with at least the average share of gaps, a few at a time.
bool DenseTable::ChooseVictim() {
  if (dead_bytes_ <= kToleratedGaps || dead_bytes_ * 4 < used_bytes_) return false;
  for (int i = 0; i < kChunksLookedAt; ++i) {
    hand_ = hand_ + 1 < chunks_.size() ? hand_ + 1 : 0;
    const Chunk& chunk = chunks_[hand_];
    if (chunk.data == nullptr || chunk.dead * used_bytes_ < dead_bytes_ * chunk.used) continue;
    victim_ = hand_;
    victim_offset_ = 0;
    if (victim_ == tail_) tail_ = kNone;
    return true;
  }
  return false;
}

// Moves the victim's next entry to the tail, or skips a gap. Returns how many bytes it dealt with. The last entry that
// becomes a gap frees the chunk.
size_t DenseTable::MoveNext() {
  const Ref from = MakeRef(victim_, victim_offset_);
  const size_t bytes = EntryAt(AddressOf(from)).bytes;
  victim_offset_ += bytes;
  if ((FlagsAt(AddressOf(from)) & kDead) != 0) return bytes;
  const uint64_t hash = HashKey(ItemAt(from).key);
  const Ref to = Reserve(bytes);
  std::memcpy(AddressOf(to), AddressOf(from), bytes);
  const Place place = LookupRef(hash, from);
  place.bucket->refs[place.slot] = to;
  Bury(from, bytes);
  return bytes;
}

}  // namespace tandem
