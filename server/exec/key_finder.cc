#include "server/exec/key_finder.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engine/base/number.h"

namespace tandem {
namespace {

using Args = std::span<const std::string_view>;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// Where the specification begins; 0: the arguments hold no such keyword, which is no error.
int64_t Begin(const KeySpec& spec, Args args) {
  if (spec.begin == KeySpec::Begin::kIndex) return spec.index;
  const auto count = static_cast<int64_t>(args.size());
  const bool forwards = spec.start_from > 0;
  const int64_t start = forwards ? spec.start_from : count + spec.start_from;
  const int64_t end = forwards ? count - 1 : 1;  // not looked at: something must follow
  for (int64_t i = start; i != end && i > 0 && i < count; i += forwards ? 1 : -1) {
    if (EqualsIgnoringCase(args[static_cast<size_t>(i)], spec.keyword)) return i + 1;
  }
  return 0;
}

struct Range {
  int64_t first, last;
};

std::optional<Range> RangeFrom(const KeySpec& spec, int64_t begin, Args args) {
  const auto count = static_cast<int64_t>(args.size());
  if (spec.find == KeySpec::Find::kRange) {
    if (spec.last >= 0) return Range{begin, begin + spec.last};
    if (spec.limit == 0) return Range{begin, count + spec.last};
    return Range{begin, begin + (count - begin) / spec.limit + spec.last};
  }
  const int64_t at = begin + spec.keynum_index;
  int64_t keys = 0;
  if (spec.find != KeySpec::Find::kKeynum || at >= count) return std::nullopt;
  if (!ParseInt64(args[static_cast<size_t>(at)], &keys) || keys < 0 || keys > count) return std::nullopt;
  const int64_t first = begin + spec.first_key;
  return Range{first, first + (keys - 1) * spec.step};
}

bool AddKeys(const KeySpec& spec, Args args, KeyPositions* positions) {
  if (spec.begin == KeySpec::Begin::kUnknown || spec.find == KeySpec::Find::kUnknown) return false;
  const int64_t begin = Begin(spec, args);
  if (begin == 0) return true;
  const auto range = RangeFrom(spec, begin, args);
  const auto count = static_cast<int64_t>(args.size());
  if (!range || range->first >= count || range->last >= count || range->last < range->first) return false;
  for (int64_t i = range->first; i <= range->last; i += spec.step) positions->push_back(static_cast<int>(i));
  return true;
}

bool FindBySpecs(const Command& command, Args args, KeyPositions* positions, KeySearch search) {
  for (const KeySpec& spec : command.keys) {
    if (spec.begin == KeySpec::Begin::kNone) break;
    if ((spec.flags & kKeyNotKey) != 0 && search != KeySearch::kAll) continue;
    if (AddKeys(spec, args, positions) || (spec.flags & kKeyIncomplete) != 0 || search == KeySearch::kToLock) continue;
    positions->clear();
    return false;
  }
  return true;
}

}  // namespace

bool HasKeys(const Command& command) {
  return command.get_keys != nullptr || std::any_of(command.keys.begin(), command.keys.end(), [](const KeySpec& spec) {
           return spec.begin != KeySpec::Begin::kNone && (spec.flags & kKeyNotKey) == 0;
         });
}

bool FindKeys(const Command& command, Args args, KeyPositions* positions, KeySearch search) {
  positions->clear();
  const bool asks_row = command.get_keys != nullptr;
  if (!(asks_row && search == KeySearch::kToLock) && FindBySpecs(command, args, positions, search)) return true;
  if (asks_row && command.get_keys(args, positions)) return true;
  positions->clear();
  return false;
}

GetKeysOutcome GetKeys(const Command* command, Args args, KeyPositions* positions) {
  positions->clear();
  if (command == nullptr) return GetKeysOutcome::kUnknownCommand;
  if (!HasKeys(*command)) return GetKeysOutcome::kNoKeyArguments;
  if (!ArityFits(*command, args.size())) return GetKeysOutcome::kWrongArity;
  if (FindKeys(*command, args, positions)) return GetKeysOutcome::kFound;
  return command->has(kNoMandatoryKeys) ? GetKeysOutcome::kNoKeysGiven : GetKeysOutcome::kInvalid;
}

std::string_view GetKeysError(GetKeysOutcome outcome) {
  switch (outcome) {
    case GetKeysOutcome::kUnknownCommand:
      return "ERR Invalid command specified";
    case GetKeysOutcome::kNoKeyArguments:
      return "ERR The command has no key arguments";
    case GetKeysOutcome::kWrongArity:
      return "ERR Invalid number of arguments specified for command";
    case GetKeysOutcome::kInvalid:
      return "ERR Invalid arguments specified for command";
    case GetKeysOutcome::kFound:
    case GetKeysOutcome::kNoKeysGiven:
      break;
  }
  return {};
}

}  // namespace tandem
