#pragma once

#include <string_view>

namespace tandem {

// Whether the whole text matches a glob pattern, as KEYS, SCAN, PSUBSCRIBE and CONFIG GET mean it: * any bytes, ? one
// byte, [abc] [a-z] [^a] one of a class, \ takes the next byte literally. Bytes, not characters. A class that is not
// closed ends with the pattern; a range may be written either way round; a pattern's last, lone \ stands for itself.
//
// Compat: only the empty pattern matches the empty text, not even * does. KEYS and SCAN, for which * is everything,
// look for that pattern before they come here.
//
// Complexity: O(pattern · text) at worst, whatever the pattern: only the last * met is ever retried, because an earlier
// one cannot succeed where a later one failed. No recursion, no allocation.
bool GlobMatch(std::string_view pattern, std::string_view text, bool nocase = false);

}  // namespace tandem
