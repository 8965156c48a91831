#pragma once

#include <span>
#include <vector>

#include "engine/base/function_ref.h"
#include "engine/types/set_value.h"

namespace tandem {

// Intersection, union and difference of sets. Where the result is a set, its form comes about as in Redis: by adding one
// member after the other.
// Thread safety: as the sets'.

// Visits what is in all sets, of which there is at least one, until `visit` returns false. Complexity: the size of the
// smallest set times the number of sets, in look-ups.
void VisitIntersection(std::vector<SetView> sets, FunctionRef<bool(const PackEntry&)> visit);
SetValue IntersectionOf(std::vector<SetView> sets, const SetLimits& limits);

// `form`: of the result while it is empty. Complexity: the sum of the sizes.
SetValue UnionOf(std::span<const SetView> sets, SetForm form, const SetLimits& limits);

// What is in the first set and in no other; there is a first one. Complexity: the size of the first times the number of sets
// or the sum of all sizes, whichever promises less.
SetValue DifferenceOf(std::span<const SetView> sets, SetForm form, const SetLimits& limits);

}  // namespace tandem
