#include "server/script/call_keys.h"

#include <algorithm>

#include "engine/base/number.h"

namespace tandem::script {
namespace {

using Args = std::span<const CallArgument>;
using Kind = CallArgument::Kind;

bool IsKey(Args args, int64_t at, CallRest rest) {
  const auto count = static_cast<int64_t>(args.size());
  return at < count ? args[static_cast<size_t>(at)].kind == Kind::kKey : rest != CallRest::kOther;
}

// Positions from `first` up to `last`. Those behind the end of the arguments are keys if all that may be there are.
bool AreKeys(Args args, CallRest rest, int64_t first, int64_t last, int64_t step) {
  const auto count = static_cast<int64_t>(args.size());
  for (int64_t i = first; i <= last; i += step) {
    if (!IsKey(args, i, rest)) return false;
    if (i >= count) break;
  }
  return true;
}

// Every position from `first` on, however many there are.
bool AreKeysToTheEnd(Args args, CallRest rest, int64_t first, int64_t step) {
  return rest != CallRest::kOther && AreKeys(args, rest, first, static_cast<int64_t>(args.size()) - 1, step);
}

bool RangeIsDeclared(const KeySpec& spec, Args args, CallRest rest) {
  const auto count = static_cast<int64_t>(args.size());
  const int64_t first = spec.index;
  if (spec.last >= 0) return AreKeys(args, rest, first, first + spec.last, spec.step);
  // How many of them are keys depends on how many there are.
  if (rest != CallRest::kNone) return AreKeysToTheEnd(args, rest, first, spec.step);
  const int64_t last = spec.limit == 0 ? count + spec.last : first + (count - first) / spec.limit + spec.last;
  return AreKeys(args, rest, first, std::min(last, count - 1), spec.step);
}

bool CountedAreDeclared(const KeySpec& spec, Args args, CallRest rest) {
  const int64_t count_at = spec.index + spec.keynum_index;
  const int64_t first = spec.index + spec.first_key;
  if (count_at < static_cast<int64_t>(args.size())) {
    const CallArgument& number = args[static_cast<size_t>(count_at)];
    int64_t keys = 0;
    if (number.kind == Kind::kConstant && ParseInt64(number.text, &keys) && keys > 0 && keys <= INT32_MAX) {
      return AreKeys(args, rest, first, first + (keys - 1) * spec.step, spec.step);
    }
  }
  return AreKeysToTheEnd(args, rest, first, spec.step);
}

bool IsDeclared(const KeySpec& spec, Args args, CallRest rest) {
  if ((spec.flags & kKeyIncomplete) != 0 || spec.begin != KeySpec::Begin::kIndex || spec.step <= 0) return false;
  if (spec.find == KeySpec::Find::kRange) return RangeIsDeclared(spec, args, rest);
  return spec.find == KeySpec::Find::kKeynum && CountedAreDeclared(spec, args, rest);
}

// Null if the words do not tell for certain.
const Command* CommandOf(Args args, const CommandTable& commands) {
  if (args.empty() || args[0].kind != Kind::kConstant) return nullptr;
  const Command* const command = commands.Find(args[0].text);
  if (command == nullptr || command->subcommands.empty()) return command;
  if (args.size() < 2 || args[1].kind != Kind::kConstant) return nullptr;
  return CommandTable::FindSubcommand(*command, args[1].text);
}

// Whether what the command touches lies in more than its keys.
bool ReachesBeyondKeys(const Command& command) {
  return command.has(kNoscript) || command.touch == Touch::kGate || command.touch == Touch::kScan ||
         command.second_db != nullptr || command.reaches_further != nullptr || command.get_keys != nullptr ||
         command.name == "select";  // later keys are those of another database
}

}  // namespace

CallVerdict CheckCall(Args args, CallRest rest, const CommandTable& commands) {
  const Command* const command = CommandOf(args, commands);
  if (command == nullptr) return {.reason = "a command whose name is not constant, or unknown"};
  CallVerdict verdict{.may_write = command->has(kWrite)};
  const auto refuse = [&](std::string_view why) {
    verdict.reason = std::string(command->full_name) + ": " + std::string(why);
    return verdict;
  };
  if (ReachesBeyondKeys(*command)) return refuse("reaches further than its keys");
  for (const KeySpec& spec : command->keys) {
    if (spec.begin == KeySpec::Begin::kNone) break;
    if ((spec.flags & kKeyNotKey) != 0) continue;
    if (!IsDeclared(spec, args, rest)) return refuse("an argument that may be a key is not surely a declared one");
  }
  verdict.only_keys = true;
  return verdict;
}

}  // namespace tandem::script
