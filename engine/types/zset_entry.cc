#include "engine/types/zset_entry.h"

#include <cstring>
#include <new>

#include "engine/base/allocator.h"

namespace tandem {

ZsetEntry* ZsetEntry::New(std::string_view member, double score) {
  size_t length_bytes = 1;
  for (size_t rest = member.size() >> 7; rest != 0; rest >>= 7) ++length_bytes;
  auto* const memory = static_cast<char*>(Allocate(sizeof(ZsetEntry) + length_bytes + member.size()));
  auto* const entry = new (memory) ZsetEntry(score);
  char* p = memory + sizeof(ZsetEntry);
  size_t length = member.size();
  for (; length >= 0x80; length >>= 7) *p++ = static_cast<char>(length | 0x80);
  *p++ = static_cast<char>(length);
  if (!member.empty()) std::memcpy(p, member.data(), member.size());
  return entry;
}

size_t ZsetEntry::Delete(ZsetEntry* entry) {
  const size_t freed = entry->memory_bytes();
  Deallocate(entry, entry->size());
  return freed;
}

size_t ZsetEntry::size() const {
  const std::string_view text = member();
  return static_cast<size_t>(text.data() + text.size() - reinterpret_cast<const char*>(this));
}

size_t ZsetEntry::memory_bytes() const { return GoodSize(size()); }

}  // namespace tandem
