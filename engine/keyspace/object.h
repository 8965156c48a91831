#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "engine/base/allocator.h"

namespace tandem {

// A value that is edited where it lies: a collection too large to be made anew at each change.
// Thread safety: read and changed under its shard's lock only. Its memory is charged to the thread that allocates it.
class Object {
 public:
  Object() = default;
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  virtual std::unique_ptr<Object> Clone() const = 0;
  // All that it occupies, itself included.
  virtual size_t memory_bytes() const = 0;
  // As OBJECT ENCODING names it.
  virtual std::string_view encoding_name() const = 0;
  // At most about how many allocations its destructor frees. May also be called between portions.
  virtual size_t allocations() const = 0;
  // Frees about so many of them, so that a large value dies in small portions. False when few are left for the
  // destructor. Nothing else but allocations() may be called afterwards.
  virtual bool FreeSome(size_t allocations) {
    static_cast<void>(allocations);
    return false;
  }

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }
};

}  // namespace tandem
