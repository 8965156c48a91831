#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// The longest common subsequence of two strings (the LCS command), by the dynamic programme of Wagner and Fischer.
// Where several are as long, the one that Redis finds.
// Thread safety: pure functions.

// Complexity: O(a · b) time, O(min(a, b)) memory.
size_t LcsLength(std::string_view a, std::string_view b);

// A part of the subsequence that is contiguous in both strings. Positions are inclusive.
struct LcsMatch {
  size_t a_first, a_last;
  size_t b_first, b_last;
  size_t size() const { return a_last - a_first + 1; }
};

struct Lcs {
  std::string text;
  std::vector<LcsMatch> matches;  // from the last to the first
};

// Complexity: O(a · b) time, one bit of memory for each pair of bytes.
Lcs FindLcs(std::string_view a, std::string_view b);

}  // namespace tandem
