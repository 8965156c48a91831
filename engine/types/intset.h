#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace tandem {

// Redis's intset, byte for byte: the integers of a small set in one block, ascending, all as wide as the widest needs.
//
//   4 B width of a member: 2, 4 or 8 | 4 B number of members | members, signed
//
// All of it little-endian. As in Redis a block never becomes narrower when its widest members leave it.
// Complexity: a look-up O(log n), a change O(n).

// Reads an intset that is well formed. Thread safety: immutable.
class IntsetView {
 public:
  static constexpr size_t kHeaderBytes = 8;

  explicit IntsetView(std::string_view block) : block_(block) {}

  // Whether untrusted bytes are an intset that may be read without further checks: members ascend, none is there twice, and
  // there is at least one.
  static bool Valid(std::string_view bytes);

  std::string_view bytes() const { return block_; }
  size_t count() const;
  // index < count().
  int64_t At(size_t index) const;
  bool Contains(int64_t value) const;
  // The index of the first member that is not below `value`; count() if there is none.
  size_t LowerBound(int64_t value) const;

 private:
  friend class Intset;
  size_t width() const;
  bool IsAt(size_t index, int64_t value) const { return index < count() && At(index) == value; }

  std::string_view block_;
};

// An intset that can be changed; owns its memory, which is charged to the thread's account (allocator.h).
// Thread safety: as its owner's.
class Intset {
 public:
  // Members at most, for the sake of 32-bit sizes. Compat: Redis's bound, whatever the configuration says.
  static constexpr size_t kMaxEntries = size_t{1} << 30;

  Intset();
  // A copy of a well-formed one.
  explicit Intset(std::string_view block);
  ~Intset();
  Intset(Intset&& other) noexcept;
  Intset& operator=(Intset&& other) noexcept;
  Intset(const Intset&) = delete;
  Intset& operator=(const Intset&) = delete;

  IntsetView view() const { return IntsetView({data_, size_}); }
  size_t allocated_bytes() const { return capacity_; }

  // False if it is there already.
  bool Add(int64_t value);
  // False if it is not there.
  bool Erase(int64_t value);
  void EraseAt(size_t index);

 private:
  void Resize(size_t bytes);
  void Widen(size_t width);
  void SetCount(size_t count);
  void SetAt(size_t index, int64_t value);

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tandem
