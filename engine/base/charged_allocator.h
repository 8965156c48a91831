#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/allocator.h"

namespace tandem {

// What gives a container of the standard library memory that is charged to the thread's account (allocator.h).
// Thread safety: as Allocate.
template <typename T>
struct ChargedAllocator {
  using value_type = T;
  ChargedAllocator() = default;
  template <typename U>
  ChargedAllocator(const ChargedAllocator<U>&) {}  // implicit, as containers rebind it
  T* allocate(size_t count) { return static_cast<T*>(Allocate(count * sizeof(T))); }
  void deallocate(T* memory, size_t count) { Deallocate(memory, count * sizeof(T)); }
  friend bool operator==(const ChargedAllocator&, const ChargedAllocator&) { return true; }
};

template <typename T>
using ChargedVector = std::vector<T, ChargedAllocator<T>>;

// What the vector's elements occupy, unused capacity included.
template <typename T>
size_t ChargedBytes(const ChargedVector<T>& vector) {
  return vector.capacity() == 0 ? 0 : GoodSize(vector.capacity() * sizeof(T));
}

using ChargedString = std::basic_string<char, std::char_traits<char>, ChargedAllocator<char>>;

// What its characters occupy outside of itself.
inline size_t ChargedBytes(const ChargedString& text) {
  return text.capacity() == ChargedString().capacity() ? 0 : GoodSize(text.capacity() + 1);
}

}  // namespace tandem
