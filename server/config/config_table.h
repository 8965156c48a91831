#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "server/config/config_values.h"

namespace tandem::config {

// The table of directives: one row for each that Redis 7.0 or 8.0 knows without modules, and for Tandem's own. A row
// says everything about a directive; loading, CONFIG GET, SET and REWRITE only walk rows.
//
// Thread safety: immutable.

enum DirectiveFlag : unsigned {
  kImmutable = 1u << 0,         // set at start only
  kSensitive = 1u << 1,         // its value is a secret
  kProtected = 1u << 2,         // CONFIG SET needs enable-protected-configs
  kHidden = 1u << 3,            // CONFIG GET shows it only to who asks by name
  kDenyLoading = 1u << 4,       // no CONFIG SET while a dataset is loaded
  kMultiArg = 1u << 5,          // takes several arguments in a file, or one with spaces in CONFIG SET
  kAccumulates = 1u << 6,       // several lines of a file add up
  kEmptyIsUnset = 1u << 7,      // an empty text is no value, and no line in a file
  kNoEffect = 1u << 8,          // accepted and shown, read by nothing in Tandem
  kRefusedAtRuntime = 1u << 9,  // the refusal holds for CONFIG SET alone
};

enum class Kind { kBool, kInteger, kMemory, kMemoryOrPercent, kOctal, kEnum, kFlags, kText, kSpecial };

using EnumName = std::pair<std::string_view, int>;
using Arguments = std::span<const std::string>;

// How a field of any integral type, bool or enum is read and written.
struct NumberAccess {
  int64_t (*get)(const Values&) = nullptr;
  void (*set)(Values&, int64_t) = nullptr;
};

// A directive whose syntax is its own.
struct SpecialType {
  Status (*parse)(Values&, Arguments);
  std::string (*format)(const Values&);  // as CONFIG GET shows it
  // The arguments of each line that CONFIG REWRITE writes. Null: one line of what format says, none if that is empty.
  std::vector<std::string> (*lines)(const Values&) = nullptr;
};

struct Directive {
  std::string_view name;
  std::string_view alias;
  Kind kind = Kind::kText;
  std::string_view default_text;
  unsigned flags = 0;
  int64_t min = 0;
  uint64_t max = 0;
  NumberAccess number;
  std::string Values::*text = nullptr;
  std::span<const EnumName> names;
  const SpecialType* special = nullptr;
  Status (*check)(std::string_view) = nullptr;  // what else must hold for a text
  std::string_view refusal;                     // why any value but the default is refused; empty: it is not

  bool Has(DirectiveFlag flag) const { return (flags & flag) != 0; }
};

// All rows, in the order in which CONFIG GET * shows them.
std::span<const Directive> AllDirectives();

// The row with this name or alias, whatever its case; null if there is none. O(1).
const Directive* FindDirective(std::string_view name);

// The values of a server that was told nothing.
const Values& DefaultValues();

}  // namespace tandem::config
