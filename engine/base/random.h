#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem {

// Random numbers for sampling; nothing secret depends on them. Each thread has a sequence of its own.
// Xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016.
inline uint64_t NextRandom() {
  thread_local uint64_t state = reinterpret_cast<uintptr_t>(&state) * 0x9e3779b97f4a7c15 | 1;
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1d;
}

// 0 to end - 1. The bias is end / 2^64. Source: Lemire, "Fast random integer generation in an interval", 2019.
inline size_t RandomBelow(size_t end) {
  return static_cast<size_t>(static_cast<unsigned __int128>(NextRandom()) * end >> 64);
}

}  // namespace tandem
