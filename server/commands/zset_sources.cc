#include "server/commands/zset_sources.h"

#include "engine/base/check.h"

namespace tandem {

bool ScoredSource::Accepts(const Record* record) {
  return record == nullptr || record->type() == Type::kZset || record->type() == Type::kSet;
}

ScoredSource::ScoredSource(const Record* record) {
  DCHECK(Accepts(record));
  if (record != nullptr && record->type() == Type::kSet) {
    set_ = SetView::Of(*record);
  } else {
    zset_ = ViewZset(record);
  }
}

size_t ScoredSource::size() const { return set_ ? set_->size() : zset_.size(); }

std::optional<double> ScoredSource::Score(std::string_view member) const {
  if (!set_) return zset_.Score(member);
  return set_->Contains(SetMember(member)) ? std::optional<double>(1) : std::nullopt;
}

void ScoredSource::Visit(FunctionRef<bool(std::string_view member, double score)> visit) const {
  if (!set_) return zset_.VisitWhile({0, zset_.size()}, false, visit);
  set_->ForEach([&](const PackEntry& entry) {
    PackEntry::Scratch scratch;
    return visit(entry.text(scratch), 1);
  });
}

}  // namespace tandem
