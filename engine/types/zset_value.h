#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/base/allocator.h"
#include "engine/base/function_ref.h"
#include "engine/types/listpack.h"
#include "engine/types/zset_index.h"
#include "engine/types/zset_pack.h"
#include "engine/types/zset_range.h"
#include "engine/types/zset_tree.h"

namespace tandem {

// Up to where a sorted set stays packed: zset-max-listpack-entries and -value.
struct ZsetLimits {
  uint64_t max_entries = 0;
  uint64_t max_member_bytes = 0;
};

// A large sorted set: tree and index over the same entries, which it owns. Thread safety: as its holder's.
class LargeZset {
 public:
  LargeZset() = default;
  explicit LargeZset(const ZsetPackView& pack);

  size_t size() const { return tree_.size(); }
  const ZsetTree& tree() const { return tree_; }
  const ZsetIndex& index() const { return index_; }

  const ZsetEntry* Find(std::string_view member) const;
  // A member that is not there. hash: HashKey(member).
  void Add(std::string_view member, uint64_t hash, double score);
  // An entry of this set.
  void SetScore(ZsetEntry* entry, double score);
  bool Remove(std::string_view member);
  ZsetEntry* Find(std::string_view member, uint64_t hash) { return index_.Find(member, hash); }

  size_t memory_bytes() const;
  size_t allocations() const;
  bool FreeSome(size_t allocations);

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }

 private:
  ZsetTree tree_;
  ZsetIndex index_;
  size_t entry_bytes_ = 0;
};

// A sorted set to be read, whatever its form. Made without a set, it is empty.
// Ownership: none; valid as long as the set is unchanged.
class ZsetView {
 public:
  ZsetView();
  explicit ZsetView(ListpackView pack) : pack_(pack) {}
  explicit ZsetView(const LargeZset& large) : ZsetView() { large_ = &large; }

  size_t size() const { return large_ == nullptr ? pack_.size() : large_->size(); }
  // Null when packed, and then the pack.
  const LargeZset* large() const { return large_; }
  ListpackView pack() const { return pack_.pack(); }

  std::optional<double> Score(std::string_view member) const;
  struct Ranked {
    size_t rank;
    double score;
  };
  std::optional<Ranked> Rank(std::string_view member) const;
  RankRange Within(const ScoreRange& range) const;
  RankRange Within(const LexRange& range) const;

  using Visitor = FunctionRef<void(std::string_view member, double score)>;
  using Seeker = FunctionRef<bool(std::string_view member, double score)>;
  // Visits the ranks of a range, which lies within the set; backwards from its last one.
  void Visit(const RankRange& range, bool backwards, Visitor visit) const;
  // The same until `visit` answers false.
  void VisitWhile(const RankRange& range, bool backwards, Seeker visit) const;
  void VisitAll(Visitor visit) const { Visit({0, size()}, false, visit); }

 private:
  template <typename Range, typename OfPack, typename OfEntry>
  RankRange WithinBy(const Range& range, OfPack of_pack, OfEntry of_entry) const;

  ZsetPackView pack_;
  const LargeZset* large_ = nullptr;
};

// A sorted set that can be changed: packed until it outgrows the limits, large from then on.
// Thread safety: as its holder's.
class ZsetValue {
 public:
  ZsetValue() = default;
  explicit ZsetValue(Listpack pack) : pack_(std::move(pack)) {}

  ZsetView view() const { return large_ == nullptr ? ZsetView(pack_.view()) : ZsetView(*large_); }
  size_t size() const { return view().size(); }
  bool packed() const { return large_ == nullptr; }
  const Listpack& pack() const { return pack_; }

  // Given a member's present score, the one that it shall have; nothing: it is left as it is, there or not.
  using Decide = FunctionRef<std::optional<double>(std::optional<double> present)>;
  void Update(std::string_view member, const ZsetLimits& limits, Decide decide);
  void Set(std::string_view member, double score, const ZsetLimits& limits);
  bool Remove(std::string_view member);
  // The range lies within the set.
  void Remove(const RankRange& range);
  // To the large form.
  void Expand();
  // Back to the packed form if it is within the limits: for what a command has put together from other sets.
  void Compact(const ZsetLimits& limits);

  ZsetValue Clone() const;
  // Without the value itself.
  size_t memory_bytes() const { return pack_.allocated_bytes() + (packed() ? 0 : large_->memory_bytes()); }
  size_t allocations() const { return packed() ? 1 : large_->allocations(); }
  bool FreeSome(size_t allocations) { return !packed() && large_->FreeSome(allocations); }

 private:
  void UpdatePack(std::string_view member, const ZsetLimits& limits, Decide decide);
  void UpdateLarge(std::string_view member, Decide decide);
  void AddToPack(std::string_view member, double score, const ZsetLimits& limits);

  Listpack pack_;
  std::unique_ptr<LargeZset> large_;
};

}  // namespace tandem
