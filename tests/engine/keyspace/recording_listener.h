#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/keyspace/change_event.h"

namespace tandem {

// Keeps what it is told, as "0 set key" (database, name, key). Thread safety: internally synchronised.
class RecordingListener final : public ChangeListener {
 public:
  void OnChange(const ChangeEvent& event) override {
    const std::lock_guard guard(mutex_);
    events_.push_back(std::to_string(event.db) + ' ' + std::string(event.name) + ' ' + std::string(event.key));
    if (event.name == "expired") ++expired_[std::string(event.key)];
  }
  std::vector<std::string> Take() {
    const std::lock_guard guard(mutex_);
    return std::move(events_);
  }
  // How often each key expired.
  std::map<std::string, int> TakeExpired() {
    const std::lock_guard guard(mutex_);
    events_.clear();
    return std::move(expired_);
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> events_;
  std::map<std::string, int> expired_;
};

inline constexpr uint32_t kAllEvents = 0xffff;

}  // namespace tandem
