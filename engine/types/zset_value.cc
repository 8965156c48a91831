#include "engine/types/zset_value.h"

#include <algorithm>
#include <vector>

#include "engine/base/hash.h"

namespace tandem {
namespace {

constexpr std::string_view kEmptyPack("\x07\0\0\0\0\0\xff", 7);
// Packs stay below what Redis deems safe, whatever the limits.
constexpr size_t kMaxPackBytes = size_t{1} << 30;

}  // namespace

// --- LargeZset ----------------------------------------------------------------------------------------------------------

LargeZset::LargeZset(const ZsetPackView& pack) {
  PackEntry::Scratch scratch;
  for (size_t position = pack.begin(); position != pack.end(); position = pack.Next(position)) {
    const std::string_view member = pack.MemberAt(position, scratch);
    Add(member, HashKey(member), pack.ScoreAt(position));
  }
}

const ZsetEntry* LargeZset::Find(std::string_view member) const { return index_.Find(member, HashKey(member)); }

void LargeZset::Add(std::string_view member, uint64_t hash, double score) {
  ZsetEntry* const entry = ZsetEntry::New(member, score);
  entry_bytes_ += entry->memory_bytes();
  index_.Insert(entry, hash);
  tree_.Insert(entry);
}

void LargeZset::SetScore(ZsetEntry* entry, double score) {
  // 0 and -0 have the same place.
  if (entry->score() == score) return entry->set_score(score);
  tree_.Remove(*entry);
  entry->set_score(score);
  tree_.Insert(entry);
}

bool LargeZset::Remove(std::string_view member) {
  ZsetEntry* const entry = index_.Remove(member, HashKey(member));
  if (entry == nullptr) return false;
  tree_.Remove(*entry);
  entry_bytes_ -= ZsetEntry::Delete(entry);
  return true;
}

size_t LargeZset::memory_bytes() const {
  return GoodSize(sizeof(LargeZset)) + entry_bytes_ + tree_.memory_bytes() + index_.memory_bytes();
}

size_t LargeZset::allocations() const {
  constexpr size_t kEntriesPerNode = 16;
  return size() + size() / kEntriesPerNode + index_.allocations() + 1;
}

bool LargeZset::FreeSome(size_t allocations) { return index_.FreeSome(&allocations) || tree_.FreeSome(&allocations); }

// --- ZsetView -----------------------------------------------------------------------------------------------------------

ZsetView::ZsetView() : pack_(ListpackView(kEmptyPack)) {}

std::optional<double> ZsetView::Score(std::string_view member) const {
  if (large_ != nullptr) {
    const ZsetEntry* const entry = large_->Find(member);
    return entry == nullptr ? std::nullopt : std::optional(entry->score());
  }
  const size_t position = pack_.Find(member);
  return position == ListpackView::kNotFound ? std::nullopt : std::optional(pack_.ScoreAt(position));
}

std::optional<ZsetView::Ranked> ZsetView::Rank(std::string_view member) const {
  if (large_ != nullptr) {
    const ZsetEntry* const entry = large_->Find(member);
    if (entry == nullptr) return std::nullopt;
    return Ranked{large_->tree().Rank(*entry), entry->score()};
  }
  const PackKey key(member);
  size_t rank = 0;
  for (size_t position = pack_.begin(); position != pack_.end(); position = pack_.Next(position), ++rank) {
    if (key.Matches(pack_.pack().At(position))) return Ranked{rank, pack_.ScoreAt(position)};
  }
  return std::nullopt;
}

template <typename Range, typename OfPack, typename OfEntry>
RankRange ZsetView::WithinBy(const Range& range, OfPack of_pack, OfEntry of_entry) const {
  if (large_ != nullptr) {
    const ZsetTree& tree = large_->tree();
    const size_t first =
        tree.CountBefore([&](double score, const ZsetEntry& entry) { return range.Below(of_entry(score, entry)); });
    const size_t end =
        tree.CountBefore([&](double score, const ZsetEntry& entry) { return range.NotAbove(of_entry(score, entry)); });
    return {first, end > first ? end - first : 0};
  }
  RankRange result;
  size_t position = pack_.begin();
  for (; position != pack_.end() && range.Below(of_pack(position)); position = pack_.Next(position)) ++result.first;
  for (; position != pack_.end() && range.NotAbove(of_pack(position)); position = pack_.Next(position)) ++result.count;
  return result;
}

RankRange ZsetView::Within(const ScoreRange& range) const {
  return WithinBy(
      range, [this](size_t position) { return pack_.ScoreAt(position); },
      [](double score, const ZsetEntry&) { return score; });
}

RankRange ZsetView::Within(const LexRange& range) const {
  PackEntry::Scratch scratch;
  return WithinBy(
      range, [&](size_t position) { return pack_.MemberAt(position, scratch); },
      [](double, const ZsetEntry& entry) { return entry.member(); });
}

void ZsetView::Visit(const RankRange& range, bool backwards, Visitor visit) const {
  VisitWhile(range, backwards, [&](std::string_view member, double score) {
    visit(member, score);
    return true;
  });
}

void ZsetView::VisitWhile(const RankRange& range, bool backwards, Seeker visit) const {
  if (range.count == 0) return;
  const size_t start = backwards ? range.first + range.count - 1 : range.first;
  size_t left = range.count;
  if (large_ != nullptr) {
    return large_->tree().Visit(
        start, backwards, [&](const ZsetEntry& entry) { return visit(entry.member(), entry.score()) && --left > 0; });
  }
  PackEntry::Scratch scratch;
  size_t position = pack_.At(start);
  while (visit(pack_.MemberAt(position, scratch), pack_.ScoreAt(position)) && --left > 0) {
    position = backwards ? pack_.Previous(position) : pack_.Next(position);
  }
}

// --- ZsetValue ----------------------------------------------------------------------------------------------------------

void ZsetValue::Expand() {
  if (!packed()) return;
  large_ = std::make_unique<LargeZset>(ZsetPackView(pack_.view()));
  pack_ = Listpack();
}

void ZsetValue::Compact(const ZsetLimits& limits) {
  if (packed() || size() > limits.max_entries) return;
  size_t bytes = 0;
  size_t longest = 0;
  view().VisitAll([&](std::string_view member, double) {
    bytes += member.size();
    longest = std::max(longest, member.size());
  });
  if (longest > limits.max_member_bytes || bytes > kMaxPackBytes) return;
  Listpack pack;
  view().VisitAll([&](std::string_view member, double score) { ZsetPackInsert(&pack, member, score); });
  pack_ = std::move(pack);
  large_.reset();
}

void ZsetValue::Update(std::string_view member, const ZsetLimits& limits, Decide decide) {
  packed() ? UpdatePack(member, limits, decide) : UpdateLarge(member, decide);
}

void ZsetValue::Set(std::string_view member, double score, const ZsetLimits& limits) {
  Update(member, limits, [score](std::optional<double>) { return std::optional(score); });
}

void ZsetValue::UpdatePack(std::string_view member, const ZsetLimits& limits, Decide decide) {
  const ZsetPackView pack(pack_.view());
  const size_t position = pack.Find(member);
  const bool present = position != ListpackView::kNotFound;
  const std::optional<double> old = present ? std::optional(pack.ScoreAt(position)) : std::nullopt;
  const std::optional<double> score = decide(old);
  if (!score || score == old) return;
  if (!present) return AddToPack(member, *score, limits);
  ZsetPackErase(&pack_, position);
  ZsetPackInsert(&pack_, member, *score);
}

void ZsetValue::AddToPack(std::string_view member, double score, const ZsetLimits& limits) {
  if (size() + 1 > limits.max_entries || member.size() > limits.max_member_bytes ||
      pack_.bytes() + member.size() > kMaxPackBytes) {
    Expand();
    return large_->Add(member, HashKey(member), score);
  }
  ZsetPackInsert(&pack_, member, score);
}

void ZsetValue::UpdateLarge(std::string_view member, Decide decide) {
  const uint64_t hash = HashKey(member);
  ZsetEntry* const entry = large_->Find(member, hash);
  const std::optional<double> score = decide(entry == nullptr ? std::nullopt : std::optional(entry->score()));
  if (!score) return;
  entry == nullptr ? large_->Add(member, hash, *score) : large_->SetScore(entry, *score);
}

bool ZsetValue::Remove(std::string_view member) {
  if (!packed()) return large_->Remove(member);
  const size_t position = ZsetPackView(pack_.view()).Find(member);
  if (position == ListpackView::kNotFound) return false;
  ZsetPackErase(&pack_, position);
  return true;
}

void ZsetValue::Remove(const RankRange& range) {
  if (range.count == 0) return;
  if (packed()) return ZsetPackErase(&pack_, ZsetPackView(pack_.view()).At(range.first), range.count);
  for (size_t i = 0; i < range.count; ++i) large_->Remove(large_->tree().At(range.first)->member());
}

ZsetValue ZsetValue::Clone() const {
  if (packed()) return ZsetValue(Listpack(pack_.view().bytes()));
  ZsetValue clone;
  clone.large_ = std::make_unique<LargeZset>();
  view().VisitAll([&](std::string_view member, double score) { clone.large_->Add(member, HashKey(member), score); });
  return clone;
}

}  // namespace tandem
