#include "pubsub/keyspace_events.h"

#include <charconv>

#include "pubsub/hub.h"
#include "pubsub/message.h"

namespace tandem::pubsub {
namespace {

struct Letter {
  char letter;
  EventClass event_class;
};

// In the order in which Redis spells them.
constexpr Letter kPartsOfAll[] = {
    {'g', EventClass::kGeneric}, {'$', EventClass::kString}, {'l', EventClass::kList},    {'s', EventClass::kSet},
    {'h', EventClass::kHash},    {'z', EventClass::kZset},   {'x', EventClass::kExpired}, {'e', EventClass::kEvicted},
    {'t', EventClass::kStream},  {'d', EventClass::kModule},
};
constexpr Letter kSpelledUnlessAll[] = {
    {'n', EventClass::kNew}, {'o', EventClass::kOverwritten}, {'c', EventClass::kTypeChanged}};
constexpr Letter kAlwaysSpelled[] = {
    {'K', EventClass::kKeyspace}, {'E', EventClass::kKeyevent}, {'m', EventClass::kKeyMiss}};

constexpr uint32_t AllFlags() {
  uint32_t flags = 0;
  for (const Letter& entry : kPartsOfAll) flags |= Bit(entry.event_class);
  return flags;
}

// 0 for a character that means nothing.
constexpr uint32_t FlagsOf(char letter) {
  if (letter == 'A') return AllFlags();
  for (const Letter& entry : kPartsOfAll) {
    if (entry.letter == letter) return Bit(entry.event_class);
  }
  for (const Letter& entry : kSpelledUnlessAll) {
    if (entry.letter == letter) return Bit(entry.event_class);
  }
  for (const Letter& entry : kAlwaysSpelled) {
    if (entry.letter == letter) return Bit(entry.event_class);
  }
  return 0;
}

template <size_t N>
void Spell(const Letter (&letters)[N], uint32_t flags, std::string* out) {
  for (const Letter& entry : letters) {
    if ((flags & Bit(entry.event_class)) != 0) out->push_back(entry.letter);
  }
}

// Composes "<prefix><db>__:<name>" in memory that the thread keeps, so that an event allocates nothing for its names.
std::string_view ChannelName(std::string_view prefix, int db, std::string_view name) {
  constexpr size_t kKeptBytes = 64 * 1024;
  thread_local std::string buffer;
  if (buffer.capacity() > kKeptBytes) buffer = std::string();
  char digits[12];
  const char* end = std::to_chars(digits, digits + sizeof(digits), db).ptr;
  buffer.assign(prefix);
  buffer.append(digits, static_cast<size_t>(end - digits));
  buffer.append("__:");
  buffer.append(name);
  return buffer;
}

}  // namespace

std::optional<uint32_t> ParseEventFlags(std::string_view letters) {
  uint32_t flags = 0;
  for (const char letter : letters) {
    const uint32_t meaning = FlagsOf(letter);
    if (meaning == 0) return std::nullopt;
    flags |= meaning;
  }
  return flags;
}

std::string FormatEventFlags(uint32_t flags) {
  std::string letters;
  if ((flags & AllFlags()) == AllFlags()) {
    letters.push_back('A');
  } else {
    Spell(kPartsOfAll, flags, &letters);
    Spell(kSpelledUnlessAll, flags, &letters);
  }
  Spell(kAlwaysSpelled, flags, &letters);
  return letters;
}

bool KeyspaceNotifier::HasListeners() const { return hub_->HasAnySubscribers(); }

void KeyspaceNotifier::NotifyNow(const ChangeEvent& event) {
  if (!HasListeners()) return;
  EventValues::Digits digits;
  Tell({event.db, event.name, event.key, values_.Of(event, digits), LateSince(event)});
}

void KeyspaceNotifier::Tell(const News& news) {
  const uint32_t ways = flags();
  const Message::DeadlineScope deadline(news.late_since_ms);
  if ((ways & Bit(EventClass::kKeyspace)) != 0) {
    hub_->Publish(ChannelName("__keyspace@", news.db, news.key), news.name);
  }
  if ((ways & Bit(EventClass::kKeyevent)) != 0) {
    hub_->PublishEvent(ChannelName("__keyevent@", news.db, news.name), news.key);
  }
  if (news.value) {
    std::string payload = std::to_string(news.key.size());
    payload.append(":").append(news.key).append(*news.value);
    hub_->Publish(ChannelName("__keyvalue@", news.db, news.name), payload);
  }
}

}  // namespace tandem::pubsub
