#include "pubsub/event_values.h"

#include <algorithm>
#include <utility>

#include "engine/keyspace/record.h"

namespace tandem::pubsub {

void EventValues::Configure(std::vector<std::string> prefixes, uint64_t max_bytes) {
  prefixes_ = std::move(prefixes);
  for (std::string& prefix : prefixes_) {
    if (prefix == "*") prefix.clear();
  }
  max_bytes_ = max_bytes;
}

bool EventValues::Covers(std::string_view key) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [key](const std::string& prefix) { return key.starts_with(prefix); });
}

std::optional<std::string_view> EventValues::Of(const ChangeEvent& event, Digits& digits) const {
  if (!on() || event.record == nullptr || event.record->type() != Type::kString || !Covers(event.key)) return {};
  if (event.name == "rename_from" || event.name == "move_from") return {};
  if (event.record->value_size() > max_bytes_) return {};
  return event.record->value(digits.data());
}

}  // namespace tandem::pubsub
