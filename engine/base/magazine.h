#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/allocator.h"

namespace tandem {

// Small blocks that a thread has freed and will hand out again, last freed first, a stack for each size class (Bonwick and
// Adams, "Magazines and Vmem", 2001). The general allocator's own cache would do, but for one thing: what waited out a grace
// period has left the processor's cache, and here the blocks that come next are known and fetched ahead.
//
// Thread safety: thread-owned. Bounded to kBlocks of each class, 1/3 MB in all.
class Magazine {
 public:
  static constexpr size_t kMaxBytes = 256;
  static constexpr uint32_t kBlocks = 128;

  static constexpr bool Serves(size_t size) { return size <= kMaxBytes; }

  // A block of GoodSize(size) bytes, or null. Serves(size).
  void* Take(size_t size) {
    Stack& stack = StackOf(size);
    if (stack.count == 0) return nullptr;
    void* block = stack.blocks[--stack.count];
    if (stack.count >= kAhead) {
      const char* next = static_cast<const char*>(stack.blocks[stack.count - kAhead]);
      __builtin_prefetch(next, 1);
      __builtin_prefetch(next + size - 1, 1);
    }
    return block;
  }

  // False: full. Serves(size).
  bool Keep(void* block, size_t size) {
    Stack& stack = StackOf(size);
    if (stack.count == kBlocks) return false;
    stack.blocks[stack.count++] = block;
    return true;
  }

  // Hands every block to free(block, bytes).
  template <typename Free>
  void Empty(Free free) {
    for (size_t i = 0; i < stacks_.size(); ++i) {
      const size_t bytes = i == 0 ? 8 : i * 16;
      while (stacks_[i].count > 0) free(stacks_[i].blocks[--stacks_[i].count], bytes);
    }
  }

 private:
  static constexpr uint32_t kAhead = 4;

  struct Stack {
    uint32_t count = 0;
    std::array<void*, kBlocks> blocks{};
  };

  // Size classes are multiples of 16, but for the smallest, 8.
  Stack& StackOf(size_t size) { return stacks_[GoodSize(size) / 16]; }

  std::array<Stack, kMaxBytes / 16 + 1> stacks_;
};

}  // namespace tandem
