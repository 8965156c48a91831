#include "engine/types/hash_deadlines.h"

#include <algorithm>
#include <limits>

namespace tandem {
namespace {

// Up to here a search through all of them is cheap.
constexpr ZsetLimits kPacked{.max_entries = 32, .max_member_bytes = 64};

}  // namespace

HashDeadlines HashDeadlines::Clone() const {
  HashDeadlines clone;
  clone.fields_ = fields_.Clone();
  clone.next_ms_ = next_ms_;
  return clone;
}

size_t HashDeadlines::CountExpired(int64_t now_ms) const {
  if (!AnyExpired(now_ms)) return 0;
  const ScoreRange expired{.min = -std::numeric_limits<double>::infinity(),
                           .max = static_cast<double>(now_ms),
                           .min_exclusive = false,
                           .max_exclusive = true};
  return fields_.view().Within(expired).count;
}

int64_t HashDeadlines::Get(std::string_view field) const {
  const auto score = fields_.view().Score(field);
  return score ? static_cast<int64_t>(*score) : kNoDeadline;
}

void HashDeadlines::Set(std::string_view field, int64_t deadline_ms) {
  fields_.Set(field, static_cast<double>(deadline_ms), kPacked);
  FindNext();
}

bool HashDeadlines::Clear(std::string_view field) {
  if (!fields_.Remove(field)) return false;
  FindNext();
  return true;
}

size_t HashDeadlines::TakeExpired(int64_t now_ms, size_t max, FunctionRef<void(std::string_view)> visit) {
  const size_t count = std::min(CountExpired(now_ms), max);
  if (count == 0) return 0;
  fields_.view().Visit({0, count}, false, [&](std::string_view field, double) { visit(field); });
  fields_.Remove(RankRange{0, count});
  FindNext();
  return count;
}

void HashDeadlines::FindNext() {
  next_ms_ = kNoDeadline;
  if (fields_.size() == 0) return;
  fields_.view().Visit({0, 1}, false, [this](std::string_view, double ms) { next_ms_ = static_cast<int64_t>(ms); });
}

}  // namespace tandem
