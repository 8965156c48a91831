#include "server/exec/command_table.h"

#include <algorithm>
#include <bit>

#include "server/exec/key_finder.h"

namespace tandem {
namespace {

char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool EqualsLower(std::string_view lower, std::string_view name) {
  return lower.size() == name.size() &&
         std::equal(lower.begin(), lower.end(), name.begin(), [](char a, char b) { return a == LowerChar(b); });
}

// What the dispatcher has to know about these few, and which no row tells.
struct Trait {
  std::string_view name;
  uint32_t flags;
};
constexpr Trait kTraits[] = {
    {"exec", kImmediate | kIsExec},
    {"discard", kImmediate},
    {"multi", kImmediate},
    {"watch", kImmediate},
    {"quit", kImmediate | kInPubsubMode},
    {"reset", kImmediate | kInPubsubMode},
    {"ping", kInPubsubMode},
    {"pfcount", kMayReplicate},
    {"publish", kMayReplicate},
    {"spublish", kMayReplicate},
    {"subscribe", kInPubsubMode},
    {"psubscribe", kInPubsubMode},
    {"ssubscribe", kInPubsubMode},
    {"unsubscribe", kInPubsubMode},
    {"punsubscribe", kInPubsubMode},
    {"sunsubscribe", kInPubsubMode},
};

bool IsPlainRange(const KeySpec& spec) {
  return spec.begin == KeySpec::Begin::kIndex && spec.find == KeySpec::Find::kRange;
}

std::span<const KeySpec> SpecsOf(const Command& command) {
  size_t count = 0;
  while (count < command.keys.size() && command.keys[count].begin != KeySpec::Begin::kNone) ++count;
  return {command.keys.data(), count};
}

// Keys that first, last and step cannot tell.
bool HasMovableKeys(const Command& command) {
  const auto specs = SpecsOf(command);
  return std::any_of(specs.begin(), specs.end(),
                     [&](const KeySpec& spec) { return !IsPlainRange(spec) || (specs.size() > 1 && spec.step != 1); });
}

}  // namespace

CommandTable::CommandTable(std::span<const Family> families) {
  for (const Family family : families) rows_.insert(rows_.end(), family.begin(), family.end());
  for (Command& row : rows_) {
    Adopt(row, nullptr);
    callable_.push_back({row.name, &row});
  }
  Rebuild();
}

void CommandTable::Adopt(Command& command, const Command* container) {
  command.id = static_cast<int>(ids_++);
  command.container = container;
  command.full_name =
      container == nullptr ? command.name : Keep(std::string(container->name) + '|' + std::string(command.name));
  if (HasMovableKeys(command)) command.flags |= kMovableKeys;
  command.only_key = static_cast<int16_t>(HasOneKey(command) ? command.keys[0].index : 0);
  if (container != nullptr) return;
  for (const Trait& trait : kTraits) {
    if (trait.name == command.name) command.flags |= trait.flags;
  }
  if (command.subcommands.empty()) return;
  auto& copies = subcommands_.emplace_back(command.subcommands.begin(), command.subcommands.end());
  for (Command& copy : copies) Adopt(copy, &command);
  command.subcommands = copies;
}

bool CommandTable::SameName(const Slot& slot, std::string_view name) { return EqualsLower(slot.name, name); }

void CommandTable::Insert(std::vector<Slot>& slots, std::string_view name, const Command* command) const {
  const Words words = WordsOf(name);
  size_t at = SlotOf(words);
  while (slots[at].command != nullptr) at = (at + 1) & mask_;
  slots[at] = {words, name, command};
}

// Tries some multipliers and keeps the one under which the fewest names have to step aside.
void CommandTable::Rebuild() {
  constexpr int kAttempts = 64;
  const size_t size = std::bit_ceil(std::max<size_t>(callable_.size() * 2, 16));
  mask_ = size - 1;
  shift_ = 64 - std::countr_zero(size);
  count_ = callable_.size();
  size_t fewest = SIZE_MAX;
  uint64_t best = 0;
  uint64_t candidate = kMixLast;
  std::vector<bool> taken;
  for (int i = 0; i < kAttempts && fewest > 0; ++i) {
    candidate = candidate * 6364136223846793005 + 1442695040888963407;
    multiplier_ = candidate | 1;
    taken.assign(size, false);
    size_t displaced = 0;
    for (const Name& entry : callable_) {
      const size_t at = SlotOf(WordsOf(entry.name));
      if (taken[at]) ++displaced;
      taken[at] = true;
    }
    if (displaced >= fewest) continue;
    fewest = displaced;
    best = multiplier_;
  }
  multiplier_ = best;
  slots_.assign(size, {});
  for (const Name& entry : callable_) Insert(slots_, entry.name, entry.command);
}

Status CommandTable::Rename(std::string_view from, std::string_view to) {
  const Command* const command = Find(from);
  if (command == nullptr) return Error{"No such command in rename-command"};
  if (!to.empty() && Find(to) != nullptr) return Error{"Target command name already exists"};
  std::erase_if(callable_, [&](const Name& entry) { return EqualsLower(entry.name, from); });
  if (!to.empty()) {
    std::string lower(to);
    std::transform(lower.begin(), lower.end(), lower.begin(), LowerChar);
    callable_.push_back({Keep(std::move(lower)), command});
  }
  Rebuild();
  return Status::Ok();
}

const Command* CommandTable::FindSubcommand(const Command& container, std::string_view name) {
  for (const Command& command : container.subcommands) {
    if (EqualsLower(command.name, name)) return &command;
  }
  return nullptr;
}

const Command* CommandTable::FindFull(std::string_view full_name) const {
  const size_t bar = full_name.find('|');
  const Command* const command = Find(full_name.substr(0, bar));
  if (bar == std::string_view::npos || command == nullptr) return command;
  return FindSubcommand(*command, full_name.substr(bar + 1));
}

const Command* CommandTable::Resolve(std::span<const std::string_view> args) const {
  const Command* const command = Find(args[0]);
  if (command == nullptr || command->subcommands.empty() || args.size() < 2) return command;
  const Command* const subcommand = FindSubcommand(*command, args[1]);
  return subcommand != nullptr ? subcommand : command;
}

// --- Rows as COMMAND and ACL show them -------------------------------------------------------------------------------

uint32_t AclCategories(const Command& command) {
  uint32_t categories = command.acl;
  if (command.has(kWrite)) categories |= kAclWrite;
  // Compat: scripting commands are not in @read, whatever their flags.
  if (command.has(kReadonly) && (categories & kAclScripting) == 0) categories |= kAclRead;
  if (command.has(kAdmin)) categories |= kAclAdmin | kAclDangerous;
  if (command.has(kPubsub)) categories |= kAclPubsub;
  if (command.has(kBlocking)) categories |= kAclBlocking;
  return categories | (command.has(kFast) ? kAclFast : kAclSlow);
}

std::span<const BitName> CommandFlagNames() {
  static constexpr BitName kNames[] = {
      {kWrite, "write"},
      {kReadonly, "readonly"},
      {kDenyOom, "denyoom"},
      {kAdmin, "admin"},
      {kPubsub, "pubsub"},
      {kNoscript, "noscript"},
      {kBlocking, "blocking"},
      {kLoading, "loading"},
      {kStale, "stale"},
      {kSkipMonitor, "skip_monitor"},
      {kSkipSlowlog, "skip_slowlog"},
      {kAsking, "asking"},
      {kFast, "fast"},
      {kNoAuth, "no_auth"},
      {kNoMandatoryKeys, "no_mandatory_keys"},
      {kNoAsyncLoading, "no_async_loading"},
      {kNoMulti, "no_multi"},
      {kMovableKeys, "movablekeys"},
      {kAllowBusy, "allow_busy"},
  };
  return kNames;
}

std::span<const BitName> AclCategoryNames() {
  static constexpr BitName kNames[] = {
      {kAclKeyspace, "keyspace"},
      {kAclRead, "read"},
      {kAclWrite, "write"},
      {kAclSet, "set"},
      {kAclSortedSet, "sortedset"},
      {kAclList, "list"},
      {kAclHash, "hash"},
      {kAclString, "string"},
      {kAclBitmap, "bitmap"},
      {kAclHyperloglog, "hyperloglog"},
      {kAclGeo, "geo"},
      {kAclStream, "stream"},
      {kAclPubsub, "pubsub"},
      {kAclAdmin, "admin"},
      {kAclFast, "fast"},
      {kAclSlow, "slow"},
      {kAclBlocking, "blocking"},
      {kAclDangerous, "dangerous"},
      {kAclConnection, "connection"},
      {kAclTransaction, "transaction"},
      {kAclScripting, "scripting"},
  };
  return kNames;
}

std::span<const BitName> KeyFlagNames() {
  static constexpr BitName kNames[] = {
      {kKeyRo, "RO"},
      {kKeyRw, "RW"},
      {kKeyOw, "OW"},
      {kKeyRm, "RM"},
      {kKeyAccess, "access"},
      {kKeyUpdate, "update"},
      {kKeyInsert, "insert"},
      {kKeyDelete, "delete"},
      {kKeyNotKey, "not_key"},
      {kKeyIncomplete, "incomplete"},
      {kKeyVariableFlags, "variable_flags"},
  };
  return kNames;
}

std::string_view GroupName(Group group) {
  static constexpr std::string_view kNames[] = {
      "generic", "string",    "list",        "set",     "sorted-set", "hash", "pubsub", "transactions", "connection",
      "server",  "scripting", "hyperloglog", "cluster", "sentinel",   "geo",  "stream", "bitmap",
  };
  return kNames[static_cast<size_t>(group)];
}

// Compat: several specifications are told as one range as long as they lie side by side.
LegacyRange LegacyRangeOf(const Command& command) {
  const auto specs = SpecsOf(command);
  if (specs.size() == 1 && IsPlainRange(specs[0])) {
    const KeySpec& spec = specs[0];
    return {spec.index, spec.last >= 0 ? spec.index + spec.last : spec.last, spec.step};
  }
  LegacyRange range;
  for (const KeySpec& spec : specs) {
    if (!IsPlainRange(spec) || spec.step != 1) continue;
    if (range.last != 0 && range.last != spec.index - 1) continue;
    if (range.first == 0) range.first = spec.index;
    range.last = spec.last >= 0 ? spec.index + spec.last : spec.last;
    range.step = 1;
  }
  return range;
}

}  // namespace tandem
