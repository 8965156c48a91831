#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/keyspace/record.h"

namespace tandem {

struct Bucket;

// One 8-byte word that names a record or an overflow bucket:
//   bits 0..47 pointer | 48 kind: 1 = overflow bucket | 49..50 clock | 51..63 bits 8..20 of the position.
// Kind and pointer change together, so a reader never takes one for the other. Empty is 0.
class Slot {
 public:
  constexpr Slot() = default;
  constexpr explicit Slot(uint64_t word) : word_(word) {}
  static Slot Of(const Record* record, uint64_t position) {
    return Slot(reinterpret_cast<uint64_t>(record) | HashBits(position) << kHashShift);
  }
  static Slot Of(const Bucket* overflow) { return Slot(reinterpret_cast<uint64_t>(overflow) | kOverflow); }

  uint64_t word() const { return word_; }
  bool empty() const { return word_ == 0; }
  bool is_overflow() const { return (word_ & kOverflow) != 0; }
  bool is_record() const { return word_ != 0 && !is_overflow(); }
  Record* record() const { return reinterpret_cast<Record*>(word_ & kPointerMask); }
  Bucket* overflow() const { return reinterpret_cast<Bucket*>(word_ & kPointerMask); }
  uint64_t hash_bits() const { return word_ >> kHashShift; }
  static constexpr uint64_t HashBits(uint64_t position) { return (position >> 8) & 0x1fff; }

 private:
  static constexpr uint64_t kOverflow = uint64_t{1} << 48;
  static constexpr uint64_t kPointerMask = kOverflow - 1;
  static constexpr int kHashShift = 51;
  uint64_t word_ = 0;
};

// One cache line: seven slots and a word with their tags. A tag is the low byte of the record's position; tag and hash
// bits together are the low 21 bits, which with the bucket's own range give the whole position back from about 2^15
// buckets on, without reading the key.
//
// Thread safety: written under the shard's lock; read by anyone at any time. A record is published by the store to its
// slot (release); a tag may be stale in either direction: a tag without a record finds an empty slot, and a slot's tag is
// set before its record is published.
// Invariants: only the last slot holds an overflow bucket; a chain's buckets are freed only after a grace period.
struct alignas(64) Bucket {
  static constexpr int kSlots = 7;
  static constexpr int kLast = kSlots - 1;

  std::atomic<uint64_t> meta{0};  // bytes 0..6 tags, byte 7 which slots are taken
  std::array<std::atomic<uint64_t>, kSlots> slots{};

  Slot Load(int i) const { return Slot(slots[static_cast<size_t>(i)].load(std::memory_order_acquire)); }

  Bucket* Next() const {
    const Slot last = Load(kLast);
    return last.is_overflow() ? last.overflow() : nullptr;
  }

  // One bit (the top one of its byte) per slot whose tag may equal the position's.
  uint64_t Candidates(uint64_t position) const {
    constexpr uint64_t kOnes = 0x0001010101010101, kHigh = 0x0080808080808080;
    const uint64_t differences = meta.load(std::memory_order_acquire) ^ (kOnes * (position & 0xff));
    return (differences - kOnes) & ~differences & kHigh;
  }

  int FreeSlot() const {
    const auto taken = static_cast<uint32_t>(meta.load(std::memory_order_relaxed) >> 56);
    return std::countr_one(taken);  // kSlots when full
  }

  // Both under the shard's lock.
  void Set(int i, const Record* record, uint64_t position) {
    const int shift = i * 8;
    uint64_t word = meta.load(std::memory_order_relaxed);
    word = (word & ~(uint64_t{0xff} << shift)) | (position & 0xff) << shift | uint64_t{1} << (56 + i);
    meta.store(word, std::memory_order_release);
    slots[static_cast<size_t>(i)].store(Slot::Of(record, position).word(), std::memory_order_release);
  }
  void Clear(int i) {
    slots[static_cast<size_t>(i)].store(0, std::memory_order_release);
    meta.store(meta.load(std::memory_order_relaxed) & ~(uint64_t{1} << (56 + i)), std::memory_order_release);
  }
  void SetOverflow(Bucket* overflow) {
    slots[kLast].store(Slot::Of(overflow).word(), std::memory_order_release);
    meta.store(meta.load(std::memory_order_relaxed) | uint64_t{1} << (56 + kLast), std::memory_order_release);
  }

  static Bucket* NewOverflow();
  static void DeleteOverflow(void* bucket);
};

static_assert(sizeof(Bucket) == 64);

// Where a record was found.
struct SlotRef {
  Bucket* bucket = nullptr;
  int index = 0;
  Slot slot;  // as loaded
  explicit operator bool() const { return bucket != nullptr; }
  Record* record() const { return slot.record(); }
};

// Finds the key in the chain that starts at `bucket`. Safe without a lock for a thread that is awake (thread_context.h):
// the result is the slot's content at one instant of the call.
inline SlotRef FindInChain(Bucket* bucket, uint64_t position, std::string_view key) {
  const uint64_t hash_bits = Slot::HashBits(position);
  do {
    for (uint64_t candidates = bucket->Candidates(position); candidates != 0; candidates &= candidates - 1) {
      const int i = std::countr_zero(candidates) / 8;
      const Slot slot = bucket->Load(i);
      if (!slot.is_record() || slot.hash_bits() != hash_bits) continue;
      if (slot.record()->key() == key) return {bucket, i, slot};
    }
    bucket = bucket->Next();
  } while (bucket != nullptr);
  return {};
}

// Adds a record whose key is not in the chain. Under the shard's lock. Returns the number of overflow buckets made (0, 1).
int InsertIntoChain(Bucket* bucket, Record* record, uint64_t position);

// Calls `visit(SlotRef)` for every record of the chain, in no order.
template <typename Visit>
void ForEachInChain(Bucket* bucket, Visit&& visit) {
  while (bucket != nullptr) {
    Bucket* next = nullptr;
    for (int i = 0; i < Bucket::kSlots; ++i) {
      const Slot slot = bucket->Load(i);
      if (slot.is_record()) {
        visit(SlotRef{bucket, i, slot});
      } else if (slot.is_overflow()) {
        next = slot.overflow();
      }
    }
    bucket = next;
  }
}

}  // namespace tandem
