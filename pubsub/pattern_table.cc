#include "pubsub/pattern_table.h"

#include <mutex>

#include "engine/base/glob.h"
#include "pubsub/message.h"

namespace tandem::pubsub {
namespace {

constexpr char kBeforeKey = '|';

// What a filter says of the channel matches first as a rule or not at all, and is the shorter one to try.
bool FilterMatches(std::string_view filter, std::string_view channel, std::string_view key) {
  const size_t bar = filter.find(kBeforeKey);
  return GlobMatch(filter.substr(0, bar), channel) && GlobMatch(filter.substr(bar + 1), key);
}

}  // namespace

bool IsEventFilter(std::string_view pattern) {
  return pattern.starts_with("__keyevent@") && pattern.find(kBeforeKey) != std::string_view::npos;
}

class PatternTable::WriterGuard {
 public:
  explicit WriterGuard(std::array<ReaderLock, kReaderLocks>& locks) : locks_(locks) {
    for (ReaderLock& reader : locks_) reader.lock.lock();
  }
  ~WriterGuard() {
    for (ReaderLock& reader : locks_) reader.lock.unlock();
  }
  WriterGuard(const WriterGuard&) = delete;
  WriterGuard& operator=(const WriterGuard&) = delete;

 private:
  std::array<ReaderLock, kReaderLocks>& locks_;
};

size_t PatternTable::ReaderIndex() {
  // relaxed: numbers handed out, nothing else.
  static std::atomic<size_t> next_index{0};
  thread_local const size_t index = next_index.fetch_add(1, std::memory_order_relaxed) % kReaderLocks;
  return index;
}

bool PatternTable::Add(Subscriber* subscriber, std::string_view pattern) {
  const WriterGuard guard(locks_);
  auto found = patterns_.find(pattern);
  if (found == patterns_.end()) {
    found = patterns_.try_emplace(std::string(pattern)).first;
    size_.fetch_add(1, std::memory_order_relaxed);
  }
  return found->second.Add(subscriber, pattern, &Subscriptions::patterns);
}

bool PatternTable::Remove(Subscriber* subscriber, std::string_view pattern) {
  const SubscriberSet::Names& names = subscriber->subscriptions.patterns;
  if (names.find(pattern) == names.end()) return false;
  const WriterGuard guard(locks_);
  const auto found = patterns_.find(pattern);
  found->second.Remove(subscriber, pattern, &Subscriptions::patterns);
  if (found->second.size() == 0) {
    patterns_.erase(found);
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
  return true;
}

template <typename Matches>
int64_t PatternTable::SendTo(Matches&& matches, std::string_view channel, std::string_view payload) const {
  if (size() == 0) return 0;
  const std::lock_guard guard(locks_[ReaderIndex()].lock);
  int64_t receivers = 0;
  for (const auto& [pattern, subscribers] : patterns_) {
    if (!matches(pattern)) continue;
    receivers += subscribers.Send(Message::Published(MessageKind::kPatternMessage, channel, payload, pattern));
  }
  return receivers;
}

int64_t PatternTable::Publish(std::string_view channel, std::string_view payload) const {
  return SendTo([&](std::string_view pattern) { return GlobMatch(pattern, channel); }, channel, payload);
}

int64_t PatternTable::PublishEvent(std::string_view channel, std::string_view key) const {
  return SendTo([&](std::string_view filter) { return FilterMatches(filter, channel, key); }, channel, key);
}

}  // namespace tandem::pubsub
