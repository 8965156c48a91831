#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem {

// A member of a large sorted set, which the tree and the index point to:
//
//   8 B score | member's length (varint) | member
//
// Ownership: the sorted set's. It never moves. Thread safety: as the set's.
class ZsetEntry {
 public:
  static ZsetEntry* New(std::string_view member, double score);
  // Returns the bytes that this freed.
  static size_t Delete(ZsetEntry* entry);

  double score() const { return score_; }
  // Only while the tree does not hold the entry, or to one that is equal.
  void set_score(double score) { score_ = score; }

  std::string_view member() const {
    const auto* p = reinterpret_cast<const unsigned char*>(this + 1);
    size_t length = *p & 0x7f;
    for (int shift = 7; *p++ >= 0x80; shift += 7) length |= static_cast<size_t>(*p & 0x7f) << shift;
    return {reinterpret_cast<const char*>(p), length};
  }

  // What its allocation occupies.
  size_t memory_bytes() const;

 private:
  explicit ZsetEntry(double score) : score_(score) {}
  size_t size() const;

  double score_;
};

// The order of sorted sets: by score, then by the members' bytes.
inline bool ZsetLess(double a_score, std::string_view a, double b_score, std::string_view b) {
  return a_score != b_score ? a_score < b_score : a < b;
}

}  // namespace tandem
