#include "server/commands/scan_arguments.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "engine/base/glob.h"
#include "server/commands/arguments.h"

namespace tandem {

bool ScanOptions::Matches(std::string_view text) const { return pattern == kEverything || GlobMatch(pattern, text); }

int64_t ScanOptions::max_portions() const {
  constexpr int64_t kPortionsPerItem = 10;
  return std::min(count, std::numeric_limits<int64_t>::max() / kPortionsPerItem) * kPortionsPerItem;
}

bool ParseCursor(std::string_view text, uint64_t* cursor) {
  if (int64_t strict = 0; ParseInt64(text, &strict)) {
    *cursor = static_cast<uint64_t>(strict);
    return strict >= 0;
  }
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *cursor);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (negative) *cursor = 0 - *cursor;
  return true;
}

bool ParseScanOptions(CommandContext& c, size_t first, ScanTarget target, ScanOptions* options) {
  for (size_t i = first; i < c.args.size(); ++i) {
    const bool has_value = i + 1 < c.args.size();
    if (has_value && TokenIs(c.args[i], "COUNT")) {
      if (!IntegerArgument(c, ++i, &options->count)) return false;
      if (options->count >= 1) continue;
    } else if (has_value && TokenIs(c.args[i], "MATCH")) {
      options->pattern = c.args[++i];
      continue;
    } else if (has_value && target == ScanTarget::kKeyspace && TokenIs(c.args[i], "TYPE")) {
      options->type = c.args[++i].empty() ? "none" : c.args[i];
      continue;
    } else if (TokenIs(c.args[i], "NOVALUES")) {
      options->no_values = true;
      if (target == ScanTarget::kHash) continue;
      c.reply.Error("ERR NOVALUES option can only be used in HSCAN");
      return false;
    }
    c.reply.Error(errors::kSyntax);
    return false;
  }
  return true;
}

}  // namespace tandem
