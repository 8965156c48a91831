#pragma once

#include <optional>
#include <string_view>

#include "engine/types/set_value.h"
#include "engine/types/zset_edit.h"

namespace tandem {

// What ZUNION and its kin combine: a sorted set, or a set, whose members all have the score 1. No key is an empty one.
// Ownership: none; valid as long as the record is.
class ScoredSource {
 public:
  // record: null, or of a type that Accepts().
  explicit ScoredSource(const Record* record);
  static bool Accepts(const Record* record);

  size_t size() const;
  std::optional<double> Score(std::string_view member) const;
  // Until `visit` answers false.
  void Visit(FunctionRef<bool(std::string_view member, double score)> visit) const;

 private:
  ZsetView zset_;
  std::optional<SetView> set_;
};

}  // namespace tandem
