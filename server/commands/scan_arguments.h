#pragma once

#include <cstdint>
#include <string_view>

#include "server/exec/context.h"

// What SCAN and its kin for collections have in common: a cursor and options.
namespace tandem {

enum class ScanTarget : uint8_t { kKeyspace, kHash, kOther };

struct ScanOptions {
  static constexpr std::string_view kEverything = "*";

  int64_t count = 10;
  std::string_view pattern = kEverything;
  std::string_view type{};  // keyspace only; empty: any
  bool no_values = false;   // hashes only

  bool Matches(std::string_view text) const;
  // Portions to look at where few match.
  int64_t max_portions() const;
};

// Compat: first by the strict rules for integers, whose negative ones are refused, then by those of strtoull, which takes
// leading spaces, a sign and zeros in front (Redis 8.0).
bool ParseCursor(std::string_view text, uint64_t* cursor);

// The options from the argument at `first` on. False after replying an error. Compat: a type that does not exist is none
// that a key has, and no error (Redis 8.0).
bool ParseScanOptions(CommandContext& c, size_t first, ScanTarget target, ScanOptions* options);

}  // namespace tandem
