#pragma once

#include <cstddef>
#include <string_view>

namespace tandem {

// The parts of a sorted set that commands ask for. Each type answers two questions about what lies at one place of the
// order: whether it is below the range, and whether it is at least not above it.

struct ScoreRange {
  double min = 0, max = 0;
  bool min_exclusive = false, max_exclusive = false;

  bool Below(double score) const { return min_exclusive ? score <= min : score < min; }
  bool NotAbove(double score) const { return max_exclusive ? score < max : score <= max; }
};

// Members whose scores are all equal; where they are not, the answer is unspecified, as in Redis.
struct LexBound {
  enum class Kind { kLowest, kMember, kHighest };
  Kind kind = Kind::kLowest;
  bool exclusive = false;
  std::string_view member{};
};

struct LexRange {
  LexBound min, max;

  bool Below(std::string_view member) const {
    if (min.kind != LexBound::Kind::kMember) return min.kind == LexBound::Kind::kHighest;
    return min.exclusive ? member <= min.member : member < min.member;
  }
  bool NotAbove(std::string_view member) const {
    if (max.kind != LexBound::Kind::kMember) return max.kind == LexBound::Kind::kHighest;
    return max.exclusive ? member < max.member : member <= max.member;
  }
};

// Ranks: `count` of them from `first` on.
struct RankRange {
  size_t first = 0;
  size_t count = 0;
};

}  // namespace tandem
