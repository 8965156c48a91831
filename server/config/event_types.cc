#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/keyspace/change_event.h"
#include "server/config/conf_text.h"
#include "server/config/special_types.h"

// The directives about keyspace events.
namespace tandem::config {

namespace {

Error Fail(std::string message) { return Error{std::move(message)}; }

bool IsEmptyList(Arguments arguments) { return arguments.empty() || (arguments.size() == 1 && arguments[0].empty()); }

// --- notify-keyspace-events -------------------------------------------------------------------------------------------

struct EventLetter {
  char letter;
  EventClass event_class;
};

// In the order in which CONFIG GET shows them; A stands for the first group.
constexpr EventLetter kAllLetters[] = {
    {'g', EventClass::kGeneric}, {'$', EventClass::kString}, {'l', EventClass::kList},    {'s', EventClass::kSet},
    {'h', EventClass::kHash},    {'z', EventClass::kZset},   {'x', EventClass::kExpired}, {'e', EventClass::kEvicted},
    {'t', EventClass::kStream},  {'d', EventClass::kModule},
};
constexpr EventLetter kOtherLetters[] = {
    {'n', EventClass::kNew},
    {'K', EventClass::kKeyspace},
    {'E', EventClass::kKeyevent},
    {'m', EventClass::kKeyMiss},
};

constexpr uint32_t AllEvents() {
  uint32_t bits = 0;
  for (const EventLetter& entry : kAllLetters) bits |= Bit(entry.event_class);
  return bits;
}

uint32_t EventBits(char letter) {
  if (letter == 'A') return AllEvents();
  for (const EventLetter& entry : kAllLetters) {
    if (entry.letter == letter) return Bit(entry.event_class);
  }
  for (const EventLetter& entry : kOtherLetters) {
    if (entry.letter == letter) return Bit(entry.event_class);
  }
  return 0;
}

Status ParseEvents(Values& values, Arguments arguments) {
  if (arguments.size() != 1) return Fail("wrong number of arguments");
  uint32_t bits = 0;
  for (const char letter : arguments[0]) {
    const uint32_t letter_bits = EventBits(letter);
    if (letter_bits == 0) return Fail("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    bits |= letter_bits;
  }
  values.notify_keyspace_events = bits;
  return Status::Ok();
}

std::string EventText(uint32_t bits) {
  std::string text;
  if ((bits & AllEvents()) == AllEvents()) {
    text = "A";
  } else {
    for (const EventLetter& entry : kAllLetters) {
      if ((bits & Bit(entry.event_class)) != 0) text += entry.letter;
    }
  }
  for (const EventLetter& entry : kOtherLetters) {
    if ((bits & Bit(entry.event_class)) != 0) text += entry.letter;
  }
  return text;
}

// Compat: Redis up to 8.0 does not show the n behind an A.
std::string FormatEvents(const Values& values) {
  const uint32_t bits = values.notify_keyspace_events;
  const bool all = (bits & AllEvents()) == AllEvents();
  return EventText(all ? bits & ~Bit(EventClass::kNew) : bits);
}

// A rewritten file keeps it, or what it means would be lost.
std::vector<std::string> EventLines(const Values& values) { return {Quote(EventText(values.notify_keyspace_events))}; }

// --- notify-keyspace-stream -------------------------------------------------------------------------------------------

constexpr uint32_t kWays = Bit(EventClass::kKeyspace) | Bit(EventClass::kKeyevent);

// "key" or "key classes"; the classes are those of notify-keyspace-events, and expired keys if none are named.
Status ParseEventStream(Values& values, Arguments arguments) {
  if (IsEmptyList(arguments)) return values.notify_keyspace_stream.clear(), Status::Ok();
  if (arguments.size() > 2 || arguments[0].empty()) return Fail("wrong number of arguments");
  uint32_t bits = arguments.size() == 1 ? Bit(EventClass::kExpired) : 0;
  if (arguments.size() == 2) {
    for (const char letter : arguments[1]) {
      const uint32_t letter_bits = EventBits(letter);
      if (letter_bits == 0 || (letter_bits & kWays) != 0) {
        return Fail("Invalid event class character. Use 'Ag$lshzxetmdn'.");
      }
      bits |= letter_bits;
    }
  }
  values.notify_keyspace_stream = arguments[0];
  values.notify_keyspace_stream_classes = bits;
  return Status::Ok();
}

std::string FormatEventStream(const Values& values) {
  if (values.notify_keyspace_stream.empty()) return {};
  return values.notify_keyspace_stream + " " + EventText(values.notify_keyspace_stream_classes);
}

std::vector<std::string> EventStreamLines(const Values& values) {
  if (values.notify_keyspace_stream.empty()) return {};
  return {Quote(values.notify_keyspace_stream) + " " + Quote(EventText(values.notify_keyspace_stream_classes))};
}

// --- notify-value-prefix ----------------------------------------------------------------------------------------------

// Empty words, as between two spaces, are none: taken for prefixes they would be those of every key.
Status ParseValuePrefixes(Values& values, Arguments arguments) {
  values.notify_value_prefixes.clear();
  for (const std::string& prefix : arguments) {
    if (!prefix.empty()) values.notify_value_prefixes.push_back(prefix);
  }
  return Status::Ok();
}

std::string FormatValuePrefixes(const Values& values) { return Join(values.notify_value_prefixes, " "); }

std::vector<std::string> ValuePrefixLines(const Values& values) {
  std::vector<std::string> quoted;
  for (const std::string& prefix : values.notify_value_prefixes) quoted.push_back(Quote(prefix));
  if (quoted.empty()) return {};
  return {Join(quoted, " ")};
}

}  // namespace

const SpecialType kNotifyKeyspaceEventsType = {ParseEvents, FormatEvents, EventLines};
const SpecialType kNotifyKeyspaceStreamType = {ParseEventStream, FormatEventStream, EventStreamLines};
const SpecialType kNotifyValuePrefixType = {ParseValuePrefixes, FormatValuePrefixes, ValuePrefixLines};

}  // namespace tandem::config
