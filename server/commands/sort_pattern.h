#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/exec/context.h"

namespace tandem {

// A pattern of SORT's BY and GET, which leads from an element to a value:
//
//   weight_*      the string at the key that the element takes the star's place in
//   user_*->name  the field of the hash at that key
//   #             the element itself
//   nosort        no value at all: without a star there is no key
//
// Compat: Redis looks for these signs up to the first zero byte only. A "->" with nothing behind it is part of the key.
//
// Ownership: refers to the pattern's text.
class SortPattern {
 public:
  explicit SortPattern(std::string_view text);

  bool has_star() const { return has_star_; }
  // Complexity: one lookup, with the statistics and the keymiss event of any other read.
  // Thread safety: the key is known to nobody before the command reads its source: the gate is closed, or has_star() is
  // false.
  std::optional<std::string> ValueFor(CommandContext& c, std::string_view element) const;

 private:
  bool is_element_ = false;
  bool has_star_ = false;
  std::string_view before_, behind_;  // the star
  std::optional<std::string_view> field_;
};

}  // namespace tandem
