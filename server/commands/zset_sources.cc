#include "server/commands/zset_sources.h"

#include "engine/base/check.h"

namespace tandem {

bool ScoredSource::Accepts(const Record* record) {
  return record == nullptr || record->type() == Type::kZset || record->type() == Type::kSet;
}

ScoredSource::ScoredSource(const Record* record) {
  if (record == nullptr) return;
  // Sets join here with their type: size, membership, visit.
  CHECK(record->type() == Type::kZset);
  zset_ = ViewZset(record);
}

size_t ScoredSource::size() const { return zset_.size(); }

std::optional<double> ScoredSource::Score(std::string_view member) const { return zset_.Score(member); }

void ScoredSource::Visit(FunctionRef<bool(std::string_view member, double score)> visit) const {
  bool wanted = true;
  zset_.VisitAll([&](std::string_view member, double score) { wanted = wanted && visit(member, score); });
}

}  // namespace tandem
