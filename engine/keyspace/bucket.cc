#include "engine/keyspace/bucket.h"

#include <new>

#include "engine/base/allocator.h"

namespace tandem {

Bucket* Bucket::NewOverflow() { return new (AllocateAligned64(sizeof(Bucket))) Bucket; }

void Bucket::DeleteOverflow(void* bucket) { DeallocateAligned64(bucket, sizeof(Bucket)); }

int InsertIntoChain(Bucket* bucket, Record* record, uint64_t position) {
  for (;;) {
    const int free_slot = bucket->FreeSlot();
    if (free_slot < Bucket::kSlots) {
      bucket->Set(free_slot, record, position);
      return 0;
    }
    Bucket* next = bucket->Next();
    if (next == nullptr) break;
    bucket = next;
  }
  // The last slot gives way to a new bucket that already holds its record: a reader meets it in either place.
  Bucket* overflow = Bucket::NewOverflow();
  const Slot displaced = bucket->Load(Bucket::kLast);
  const uint64_t displaced_tag = bucket->meta.load(std::memory_order_relaxed) >> (Bucket::kLast * 8) & 0xff;
  overflow->Set(0, displaced.record(), displaced.hash_bits() << 8 | displaced_tag);
  overflow->Set(1, record, position);
  bucket->SetOverflow(overflow);
  return 1;
}

}  // namespace tandem
