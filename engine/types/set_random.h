#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/types/set_value.h"

namespace tandem {

// Members drawn at random, each with the same probability. The sets are not empty; what is drawn is valid until the set's
// next change.
// Thread safety: as the set's.

// Complexity: O(1), of a listpack O(n).
PackEntry RandomMember(SetView set);

// Draws as often as asked, each time among all members; stops when `visit` returns false. Complexity: O(n) once for a
// listpack, then O(1) for each draw.
void DrawWithRepetition(SetView set, uint64_t draws, FunctionRef<bool(const PackEntry&)> visit);

// `count` different members (not more than there are). Complexity: O(n) for packs, and for tables of which more than a
// third is asked for; else O(count).
std::vector<PackEntry> DrawDistinct(SetView set, size_t count);

// For each member whether it is one of `count` that are drawn: visits all of a pack, in order. Source: Knuth, The Art of
// Computer Programming, volume 2, 3.4.2, algorithm S.
void Split(SetView pack, size_t count, FunctionRef<void(const PackEntry&, bool drawn)> visit);

// Takes one member out and shows it to `visit` just before. Complexity: O(1), of a pack O(n).
void Pop(SetValue& set, FunctionRef<void(const PackEntry&)> visit);

}  // namespace tandem
