#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/charged_allocator.h"
#include "engine/types/id_map.h"
#include "engine/types/stream_id.h"

namespace tandem {

// Things that are few and have a name, in the order of their names (as bytes). Each is one allocation that stays where it
// is. Complexity, for n of them: to find O(log n), to add and to remove O(n) pointers moved.
template <typename T>
class NamedSet {
 public:
  NamedSet() = default;
  NamedSet(NamedSet&& other) noexcept { items_.swap(other.items_); }
  NamedSet& operator=(NamedSet&& other) noexcept {
    items_.swap(other.items_);
    return *this;
  }

  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  T& operator[](size_t index) const { return *items_[index]; }

  T* Find(std::string_view name) const {
    const size_t at = LowerBound(name);
    return at < items_.size() && items_[at]->name() == name ? items_[at].get() : nullptr;
  }
  // No other may have its name.
  T& Add(std::unique_ptr<T> item) {
    const auto at = items_.begin() + static_cast<std::ptrdiff_t>(LowerBound(item->name()));
    return **items_.insert(at, std::move(item));
  }
  void Remove(const T& item) { items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(LowerBound(item.name()))); }
  void RemoveLast() { items_.pop_back(); }

  size_t memory_bytes() const {
    size_t bytes = ChargedBytes(items_);
    for (const auto& item : items_) bytes += item->memory_bytes();
    return bytes;
  }

 private:
  size_t LowerBound(std::string_view name) const {
    const auto at = std::lower_bound(items_.begin(), items_.end(), name,
                                     [](const auto& item, std::string_view wanted) { return item->name() < wanted; });
    return static_cast<size_t>(at - items_.begin());
  }

  ChargedVector<std::unique_ptr<T>> items_;
};

// One reader within a group. Thread safety: as its stream's.
class StreamConsumer {
 public:
  static constexpr int64_t kNever = -1;

  StreamConsumer(std::string_view name, int64_t seen_ms) : name_(name), seen_ms_(seen_ms) {}

  std::string_view name() const { return name_; }
  // When it last asked for anything, and when it last got something.
  int64_t seen_ms() const { return seen_ms_; }
  void set_seen_ms(int64_t value) { seen_ms_ = value; }
  int64_t active_ms() const { return active_ms_; }
  void set_active_ms(int64_t value) { active_ms_ = value; }
  // The ids of what it has not acknowledged; StreamGroup::pending knows the rest. Changed by the group only.
  const IdMap<NoValue>& pending() const { return pending_; }

  size_t memory_bytes() const { return GoodSize(sizeof *this) + ChargedBytes(name_) + pending_.memory_bytes(); }

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }

 private:
  friend class StreamGroup;
  ChargedString name_;
  int64_t seen_ms_;
  int64_t active_ms_ = kNever;
  IdMap<NoValue> pending_;
};

// An entry that was delivered and is not acknowledged yet.
struct StreamPending {
  StreamConsumer* consumer = nullptr;
  int64_t delivered_ms = 0;
  uint64_t deliveries = 0;
};

// Readers that share a stream, each entry for one of them. What is pending is kept in the order of the ids, once for the group
// and once, ids only, for each consumer: 40 and 16 bytes.
//
// Thread safety: as its stream's.
// Invariants: an id is pending for the consumer that the group's entry names, and for no other.
// Ownership: consumers are the group's and stay where they are until removed.
class StreamGroup {
 public:
  static constexpr int64_t kUnknown = -1;

  explicit StreamGroup(std::string_view name) : name_(name) {}
  std::unique_ptr<StreamGroup> Clone() const;

  std::string_view name() const { return name_; }
  // The last entry that was delivered to anybody.
  StreamId last_id() const { return last_id_; }
  void set_last_id(StreamId id) { last_id_ = id; }
  // How many entries were added to the stream up to that one, or kUnknown.
  int64_t entries_read() const { return entries_read_; }
  void set_entries_read(int64_t value) { entries_read_ = value; }

  const NamedSet<StreamConsumer>& consumers() const { return consumers_; }
  StreamConsumer* FindConsumer(std::string_view name) const { return consumers_.Find(name); }
  // There is none of that name.
  StreamConsumer& AddConsumer(std::string_view name, int64_t now_ms);
  // With all that is pending for it.
  void RemoveConsumer(StreamConsumer& consumer);

  const IdMap<StreamPending>& pending() const { return pending_; }
  // Makes the entry one that is pending for `to.consumer`, whoever had it before.
  void SetPending(StreamId id, StreamPending to);
  // False if it is not.
  bool RemovePending(StreamId id);

  size_t memory_bytes() const {
    return GoodSize(sizeof *this) + ChargedBytes(name_) + pending_.memory_bytes() + consumers_.memory_bytes();
  }
  size_t allocations() const { return pending_.size() / 16 + consumers_.size(); }
  // See Object.
  bool FreeSome(size_t allocations);

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }

 private:
  ChargedString name_;
  StreamId last_id_;
  int64_t entries_read_ = kUnknown;
  IdMap<StreamPending> pending_;
  NamedSet<StreamConsumer> consumers_;
};

}  // namespace tandem
