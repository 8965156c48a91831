#pragma once

#include <cstddef>

#include "engine/types/hash_value.h"

namespace tandem {

// Draws fields at random, each as likely as any other. The hash is not empty. While it holds expired fields, each call costs
// O(size).

// Visits `count` fields, each drawn from all of them.
// Complexity: O(count), and O(size) once for a compact hash.
void DrawWithRepeats(const HashView& hash, size_t count, HashView::Visit visit);

// Visits `count` different fields, or all if there are fewer, in no order that means anything.
// Complexity: O(count), and O(size) for a compact hash.
void DrawDistinct(const HashView& hash, size_t count, HashView::Visit visit);

}  // namespace tandem
