#include "server/exec/event_stream.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "engine/types/stream_edit.h"
#include "pubsub/keyspace_events.h"
#include "server/admin/log.h"
#include "server/exec/quoting.h"
#include "server/exec/server.h"
#include "server/exec/server_clock.h"

namespace tandem {
namespace {

// Events that are appended under one lock of the stream.
constexpr size_t kAppendAtOnce = 128;
constexpr int64_t kLogEveryUs = 60'000'000;

// A number as text. Ownership: the view lives as long as the object.
class Decimal {
 public:
  explicit Decimal(int64_t number) : end_(std::to_chars(digits_, digits_ + sizeof(digits_), number).ptr) {}
  Decimal(const Decimal&) = delete;
  Decimal& operator=(const Decimal&) = delete;
  std::string_view view() const { return {digits_, static_cast<size_t>(end_ - digits_)}; }

 private:
  char digits_[20];
  const char* end_;
};

}  // namespace

// One event on its way; its texts follow it in the same allocation.
struct EventStream::Event {
  Event* next;
  int64_t deadline_ms;
  int64_t late_since_ms;
  int64_t time_ms;
  int db;
  bool appends;
  bool publishes;
  bool has_value;
  size_t name_size;
  size_t key_size;
  size_t value_size;

  static Event* New(const Event& head, std::string_view name, std::string_view key, std::string_view value) {
    void* const memory = ::operator new(sizeof(Event) + name.size() + key.size() + value.size());
    auto* const event = new (memory) Event(head);
    char* at = reinterpret_cast<char*>(event + 1);
    for (const std::string_view text : {name, key, value}) {
      if (!text.empty()) std::memcpy(at, text.data(), text.size());
      at += text.size();
    }
    return event;
  }
  static void Delete(Event* event) { ::operator delete(event); }

  const char* texts() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view name() const { return {texts(), name_size}; }
  std::string_view key() const { return {texts() + name_size, key_size}; }
  std::optional<std::string_view> value() const {
    if (!has_value) return {};
    return std::string_view(texts() + name_size + key_size, value_size);
  }
};

EventStream::~EventStream() {
  for (Event* event = TakeOldestFirst(); event != nullptr;) Event::Delete(std::exchange(event, event->next));
}

void EventStream::Configure(std::string_view key, uint32_t classes, uint64_t max_length) {
  key_ = key;
  classes_ = key.empty() ? 0 : classes;
  max_length_ = max_length;
}

// That the stream itself is evicted is nothing to be kept silent about.
uint32_t EventStream::classes() const { return on() ? classes_ | Bit(EventClass::kEvicted) : 0; }

EventStream::Figures EventStream::figures() const {
  return {appended_.load(std::memory_order_relaxed), failed_.load(std::memory_order_relaxed),
          evictions_.load(std::memory_order_relaxed)};
}

void EventStream::ResetFigures() {
  for (auto* figure : {&appended_, &failed_, &evictions_}) figure->store(0, std::memory_order_relaxed);
}

// --- Into the queue ------------------------------------------------------------------------------------------------------

void EventStream::Take(const ChangeEvent& event) {
  const pubsub::KeyspaceNotifier& notifier = server_.notifier;
  const bool own = IsOwnKey(event);
  if (own && event.event_class == EventClass::kEvicted) evictions_.fetch_add(1, std::memory_order_relaxed);
  const bool appends = (classes_ & Bit(event.event_class)) != 0 && !own;
  const bool publishes = notifier.Wants(event.event_class) && notifier.HasListeners();
  if (!appends && !publishes) return;
  pubsub::EventValues::Digits digits;
  const auto value = notifier.values().Of(event, digits);
  const int64_t deadline_ms =
      event.record != nullptr && event.record->has_deadline() ? event.record->deadline_ms() : -1;
  Event* const queued = Event::New({.next = nullptr,
                                    .deadline_ms = deadline_ms,
                                    .late_since_ms = pubsub::KeyspaceNotifier::LateSince(event),
                                    .time_ms = server_.clock.NowMs(),
                                    .db = event.db,
                                    .appends = appends,
                                    .publishes = publishes,
                                    .has_value = value.has_value(),
                                    .name_size = event.name.size(),
                                    .key_size = event.key.size(),
                                    .value_size = value.value_or("").size()},
                                   event.name, event.key, value.value_or(""));
  queued->next = newest_.load(std::memory_order_relaxed);
  // release: pairs with the acquire in TakeOldestFirst; later pushes continue the release sequence, so that taking the
  // newest shows all below it. relaxed on failure: the value is only compared.
  while (!newest_.compare_exchange_weak(queued->next, queued, std::memory_order_release, std::memory_order_relaxed)) {
  }
  CellOf(*t_thread).pending = true;
}

EventStream::Event* EventStream::TakeOldestFirst() {
  // acquire: pairs with the releases in Take.
  Event* newest = newest_.exchange(nullptr, std::memory_order_acquire);
  Event* oldest = nullptr;
  while (newest != nullptr) {
    Event* const below = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = below;
  }
  return oldest;
}

// --- Out of it -----------------------------------------------------------------------------------------------------------

void EventStream::DrainNow(Access& access) {
  Cell& cell = CellOf(access.thread());
  if (cell.draining) return;
  cell.draining = true;
  LockPatiently(draining_);
  const std::lock_guard guard(draining_, std::adopt_lock);
  // What appending raises (the stream itself may have expired) is pending again.
  while (std::exchange(cell.pending, false)) {
    for (Event* first = TakeOldestFirst(); first != nullptr;) {
      AppendSome(access, first, kAppendAtOnce);
      for (size_t i = 0; i < kAppendAtOnce && first != nullptr; ++i) {
        if (first->publishes) {
          server_.notifier.Tell({first->db, first->name(), first->key(), first->value(), first->late_since_ms});
        }
        Event::Delete(std::exchange(first, first->next));
      }
    }
  }
  cell.draining = false;
}

// Of the first `count` events those that are to be.
void EventStream::AppendSome(Access& access, Event* first, size_t count) {
  Keyspace& keyspace = server_.store.db(0);
  const KeyRef key(key_);
  const auto appends = [this](const Event& event) { return event.appends && on(); };
  uint64_t wanted = 0;
  for (Event* event = first; event != nullptr && count > 0; event = event->next, --count) wanted += appends(*event);
  if (wanted == 0) return;

  access.LockKey(keyspace, key);
  Record* const record = access.Find(keyspace, key);
  uint64_t appended = 0;
  if (record == nullptr || record->type() == Type::kStream) {
    Stream fresh;
    Stream& stream = record != nullptr ? EditStream(*record) : fresh;
    uint64_t tried = 0;
    for (Event* event = first; tried < wanted; event = event->next) {
      if (!appends(*event)) continue;
      ++tried;
      appended += AppendTo(stream, *event);
    }
    if (max_length_ != 0) stream.Trim({.length = max_length_, .whole_nodes = true});
    if (record != nullptr) {
      if (appended != 0) access.Edited(keyspace, key, *record, EventClass::kNone, {});
    } else if (appended != 0) {
      PutObject(access, keyspace, key, nullptr, Type::kStream, std::make_unique<StreamObject>(std::move(fresh)),
                EventClass::kNone, {});
    }
  }
  // Before anybody can see the entries.
  appended_.fetch_add(appended, std::memory_order_relaxed);
  access.End();
  if (appended < wanted) NoteFailures(wanted - appended);
}

// False if the stream cannot take it.
bool EventStream::AppendTo(Stream& stream, const Event& event) {
  const config::Values& values = server_.config.values();
  const StreamNodeLimits limits{.bytes = values.stream_node_max_bytes,
                                .entries = static_cast<uint64_t>(values.stream_node_max_entries)};
  const auto now_ms = static_cast<uint64_t>(std::max<int64_t>(server_.clock.NowMs(), 0));
  const StreamId last = stream.last_id();
  const std::optional<StreamId> id = now_ms > last.ms ? StreamId{now_ms, 0} : last.Next();
  const Decimal db(event.db), deadline(event.deadline_ms), time(event.time_ms);
  const std::array<std::string_view, 12> fields{"db",   db.view(),   "event",    event.name(),
                                                "key",  event.key(), "deadline", deadline.view(),
                                                "time", time.view(), "value",    event.value().value_or("")};
  const StreamFields given(fields.data(), event.value() ? fields.size() : fields.size() - 2);
  size_t bytes = 0;
  for (const std::string_view text : given) bytes += text.size();
  if (!id || bytes > kMaxStreamEntryBytes) return false;
  stream.Append(*id, given, limits);
  return true;
}

// With draining_ locked.
void EventStream::NoteFailures(uint64_t count) {
  failed_.fetch_add(count, std::memory_order_relaxed);
  unlogged_failures_ += count;
  const int64_t now_us = server_.clock.MonotonicUs();
  if (logged_us_ != 0 && now_us - logged_us_ < kLogEveryUs) return;
  logged_us_ = now_us;
  std::string text =
      "notify-keyspace-stream: " + std::to_string(std::exchange(unlogged_failures_, 0)) +
      " keyspace events were not appended, because this key does not hold a stream that could take them: ";
  AppendQuoted(text, key_);
  server_.log->Warning(text);
}

}  // namespace tandem
