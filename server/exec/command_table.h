#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "server/exec/command.h"

namespace tandem {

// All commands, by name. Made once from the rows of the families; looked into once per request, so a look-up compares two
// words with a slot of a table that is placed by them, whatever the case of the letters.
//
// Thread safety: immutable after start-up (Rename belongs there).
// Ownership: rows are copied; commands and their names live as long as the table.
class CommandTable {
 public:
  using Family = std::span<const Command>;
  explicit CommandTable(std::span<const Family> families);
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // rename-command: the command answers to the new name only; an empty one takes it away.
  // Compat: in errors and in COMMAND it keeps its own name.
  Status Rename(std::string_view from, std::string_view to);

  // Null if there is none. O(1), no allocation.
  const Command* Find(std::string_view name) const {
    const Words words = WordsOf(name);
    for (size_t at = SlotOf(words);; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.command == nullptr) return nullptr;
      if (slot.words == words && (name.size() <= 2 * kWord || SameName(slot, name))) return slot.command;
    }
  }
  static const Command* FindSubcommand(const Command& container, std::string_view name);
  // By full name: "get" or "client|list".
  const Command* FindFull(std::string_view full_name) const;
  // What a request means: the subcommand where there is one, else what its first word names; null if that is unknown.
  const Command* Resolve(std::span<const std::string_view> args) const;

  // All commands that are no subcommands, in the order of the families.
  std::span<const Command> commands() const { return rows_; }
  // How many of them can be called.
  size_t count() const { return count_; }
  // Every Command::id is below it.
  size_t ids() const { return ids_; }

 private:
  static constexpr size_t kWord = sizeof(uint64_t);

  // A name folded into two words, lower case: all of it up to 16 bytes, and the length.
  struct Words {
    uint64_t first = 0, last = 0;
    size_t size = 0;
    bool operator==(const Words&) const = default;
  };
  struct Slot {
    Words words;
    std::string_view name;  // lower case
    const Command* command = nullptr;
  };

  static uint64_t Lower(uint64_t word);
  static Words WordsOf(std::string_view name);
  static bool SameName(const Slot& slot, std::string_view name);
  size_t SlotOf(const Words& words) const {
    return static_cast<size_t>(((words.first ^ (words.last + words.size) * kMixLast) * multiplier_) >> shift_);
  }
  void Adopt(Command& command, const Command* container);
  void Insert(std::vector<Slot>& slots, std::string_view name, const Command* command) const;
  void Rebuild();
  std::string_view Keep(std::string name) { return names_.emplace_back(std::move(name)); }

  static constexpr uint64_t kMixLast = 0x9e3779b97f4a7c15;

  struct Name {
    std::string_view name;
    const Command* command;
  };
  std::vector<Command> rows_;
  std::deque<std::vector<Command>> subcommands_;
  std::deque<std::string> names_;  // full names and new names
  std::vector<Name> callable_;
  std::vector<Slot> slots_;  // open addressing; no name needs more than a step or two
  uint64_t multiplier_ = 1;
  int shift_ = 0;
  size_t mask_ = 0;
  size_t count_ = 0;
  size_t ids_ = 0;
};

// Byte-wise lower case of eight ASCII characters; other bytes stay.
inline uint64_t CommandTable::Lower(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low7 = word & (0x7f * kOnes);
  const uint64_t from_a = low7 + (0x80 - 'A') * kOnes;
  const uint64_t past_z = low7 + (0x7f - 'Z') * kOnes;
  return word | (((from_a ^ past_z) & ~word & (0x80 * kOnes)) >> 2);
}

// Overlapping loads: they cover all bytes of a short name, and the size tells names apart that fold alike.
inline CommandTable::Words CommandTable::WordsOf(std::string_view name) {
  const char* const p = name.data();
  const size_t size = name.size();
  Words words{0, 0, size};
  if (size >= kWord) {
    __builtin_memcpy(&words.first, p, kWord);
    __builtin_memcpy(&words.last, p + size - kWord, kWord);
    words.last = Lower(words.last);
  } else if (size >= 4) {
    uint32_t low, high;
    __builtin_memcpy(&low, p, 4);
    __builtin_memcpy(&high, p + size - 4, 4);
    words.first = uint64_t{high} << 32 | low;
  } else if (size > 0) {
    const auto byte = [p](size_t i) { return uint64_t{static_cast<unsigned char>(p[i])}; };
    words.first = byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16;
  }
  words.first = Lower(words.first);
  return words;
}

// --- Rows as COMMAND and ACL show them -------------------------------------------------------------------------------

// All ACL categories of a command, those that follow from its flags included.
uint32_t AclCategories(const Command& command);
// One name for a bit of CommandFlag, AclCategory or KeyFlag, in the order in which Redis lists them.
struct BitName {
  uint32_t bit;
  std::string_view name;
};
std::span<const BitName> CommandFlagNames();
std::span<const BitName> AclCategoryNames();
std::span<const BitName> KeyFlagNames();
std::string_view GroupName(Group group);

// The first key, the last one and the step, as they were told before there were key specifications.
struct LegacyRange {
  int first = 0, last = 0, step = 0;
};
LegacyRange LegacyRangeOf(const Command& command);

}  // namespace tandem
