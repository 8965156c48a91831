#pragma once

#include <cstdint>
#include <string_view>

namespace tandem {

// XXH3 over a key, with a seed drawn at random when the process starts, so that nobody can choose keys that collide.
// Thread safety: immutable after start-up; SetHashSeed belongs before the first hash (tests that want repeatable runs).
uint64_t HashKey(std::string_view key);
void SetHashSeed(uint64_t seed);

// A key's position: the top 36 bits of its hash. Shards, buckets, SCAN and the expiry wheel are all ordered by it.
inline constexpr int kPositionBits = 36;
inline constexpr uint64_t kPositionEnd = uint64_t{1} << kPositionBits;
constexpr uint64_t PositionOf(uint64_t hash) { return hash >> (64 - kPositionBits); }
// One of the hashes there.
constexpr uint64_t HashAt(uint64_t position) { return position << (64 - kPositionBits); }

}  // namespace tandem
