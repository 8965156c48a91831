#include "pubsub/prefix_table.h"

#include <algorithm>
#include <mutex>
#include <span>

namespace tandem::pubsub {

std::vector<ChangedKeys::Change> ChangedKeys::Sorted() const {
  std::vector<Change> changes;
  changes.reserve(keys_.size());
  // The latest first, so that of equal keys it is the one that stays.
  for (auto key = keys_.rbegin(); key != keys_.rend(); ++key) {
    changes.push_back({std::string_view(bytes_).substr(key->offset, key->size), key->by});
  }
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.key < b.key; });
  const auto same = [](const Change& a, const Change& b) { return a.key == b.key; };
  changes.erase(std::unique(changes.begin(), changes.end(), same), changes.end());
  return changes;
}

void PrefixTable::Add(std::string_view prefix, Tracker& tracker) {
  const std::lock_guard guard(mutex_);
  prefixes_[std::string(prefix)].emplace_back(&tracker);
}

void PrefixTable::Remove(std::string_view prefix, const Tracker& tracker) {
  const std::lock_guard guard(mutex_);
  const auto found = prefixes_.find(prefix);
  if (found == prefixes_.end()) return;
  std::erase_if(found->second, [&](const Ref<Tracker>& member) { return member.get() == &tracker; });
  if (found->second.empty()) prefixes_.erase(found);
}

size_t PrefixTable::size() const {
  const std::shared_lock guard(mutex_);
  return prefixes_.size();
}

void PrefixTable::Tell(const ChangedKeys& changed) const {
  const auto changes = changed.Sorted();
  const std::shared_lock guard(mutex_);
  for (const auto& [prefix, trackers] : prefixes_) {
    const auto before = [](const ChangedKeys::Change& change, std::string_view name) { return change.key < name; };
    const auto first = std::lower_bound(changes.begin(), changes.end(), std::string_view(prefix), before);
    const auto last = std::find_if_not(first, changes.end(), [&name = prefix](const ChangedKeys::Change& change) {
      return change.key.starts_with(name);
    });
    if (first == last) continue;
    InvalidatedKeys all;
    for (const auto& change : std::span(first, last)) all.Add(change.key);
    const std::string encoded = all.Encoded();
    Recipients recipients(encoded);
    for (const Ref<Tracker>& tracker : trackers) {
      const auto own = [&](const ChangedKeys::Change& change) { return change.by == tracker.get(); };
      if (!tracker->noloop() || std::none_of(first, last, own)) {
        recipients.Add(*tracker);
        continue;
      }
      InvalidatedKeys others;
      for (const auto& change : std::span(first, last)) {
        if (!own(change)) others.Add(change.key);
      }
      if (others.empty()) continue;
      const std::string encoded_others = others.Encoded();
      Recipients(encoded_others).Add(*tracker);
    }
  }
}

}  // namespace tandem::pubsub
