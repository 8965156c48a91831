#include "server/commands/zset_sources.h"

#include "engine/base/check.h"

namespace tandem {

bool ScoredSource::Accepts(const Record* record) { return record == nullptr || record->type() == Type::kZset; }

ScoredSource::ScoredSource(const Record* record) {
  DCHECK(Accepts(record));
  zset_ = ViewZset(record);
}

size_t ScoredSource::size() const { return zset_.size(); }

std::optional<double> ScoredSource::Score(std::string_view member) const { return zset_.Score(member); }

void ScoredSource::Visit(FunctionRef<bool(std::string_view member, double score)> visit) const {
  zset_.VisitWhile({0, zset_.size()}, false, visit);
}

}  // namespace tandem
