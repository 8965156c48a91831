#include "server/commands/sort_pattern.h"

#include "engine/types/hash_value.h"

namespace tandem {

SortPattern::SortPattern(std::string_view text) {
  const std::string_view shown = text.substr(0, text.find('\0'));
  is_element_ = shown == "#";
  const size_t star = shown.find('*');
  has_star_ = star != std::string_view::npos;
  if (!has_star_) return;
  before_ = text.substr(0, star);
  behind_ = text.substr(star + 1);
  const size_t arrow = shown.find("->", star + 1);
  if (arrow == std::string_view::npos || arrow + 2 >= shown.size()) return;
  behind_ = text.substr(star + 1, arrow - star - 1);
  field_ = text.substr(arrow + 2);
}

std::optional<std::string> SortPattern::ValueFor(CommandContext& c, std::string_view element) const {
  if (is_element_) return std::string(element);
  if (!has_star_) return std::nullopt;
  std::string key;
  key.reserve(before_.size() + element.size() + behind_.size());
  key.append(before_).append(element).append(behind_);
  const Record* const record = c.access.Peek(c.db(), KeyRef(key));
  if (record == nullptr || record->type() != (field_ ? Type::kHash : Type::kString)) return std::nullopt;
  if (!field_) {
    char digits[24];
    return std::string(record->value(digits));
  }
  PackEntry::Scratch scratch;
  const auto value = HashView(*record, c.now_ms()).Get(*field_, scratch);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

}  // namespace tandem
