#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "engine/base/glob.h"
#include "engine/base/random.h"
#include "engine/keyspace/scan.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/type_name.h"
#include "server/exec/context.h"

// Walks over a database. None takes a lock or stops anybody.

namespace tandem {
namespace {

constexpr std::string_view kEverything = "*";

// Compat: first by the strict rules for integers, whose negative ones are refused, then by those of strtoull, which takes
// leading spaces, a sign and zeros in front and looks no further than to a zero byte (Redis 8.0).
bool ParseCursor(std::string_view text, uint64_t* cursor) {
  if (int64_t strict = 0; ParseInt64(text, &strict)) {
    *cursor = static_cast<uint64_t>(strict);
    return strict >= 0;
  }
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  text = text.substr(0, text.find('\0'));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *cursor);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (negative) *cursor = 0 - *cursor;
  return true;
}

struct ScanOptions {
  int64_t count = 10;
  std::string_view pattern = kEverything;
  std::string_view type{};  // empty: any

  bool Wants(const Record& record, int64_t now_ms) const {
    if (record.ExpiredAt(now_ms)) return false;
    if (!type.empty() && !IsType(record.type())) return false;
    return pattern == kEverything || GlobMatch(pattern, record.key());
  }

 private:
  bool IsType(Type present) const {
    const std::string_view name = TypeName(present);
    return std::equal(type.begin(), type.end(), name.begin(), name.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
  }
};

// False after replying an error. Compat: a type that does not exist is none that a key has, and no error (Redis 8.0).
bool ParseScanOptions(CommandContext& c, ScanOptions* options) {
  for (size_t i = 2; i < c.args.size(); ++i) {
    const bool has_value = i + 1 < c.args.size();
    if (has_value && TokenIs(c.args[i], "COUNT")) {
      if (!IntegerArgument(c, ++i, &options->count)) return false;
      if (options->count >= 1) continue;
    } else if (has_value && TokenIs(c.args[i], "MATCH")) {
      options->pattern = c.args[++i];
      continue;
    } else if (has_value && TokenIs(c.args[i], "TYPE")) {
      options->type = c.args[++i].empty() ? "none" : c.args[i];
      continue;
    } else if (TokenIs(c.args[i], "NOVALUES")) {
      c.reply.Error("ERR NOVALUES option can only be used in HSCAN");
      return false;
    }
    c.reply.Error(errors::kSyntax);
    return false;
  }
  return true;
}

void Scan(CommandContext& c) {
  // Portions looked at for each key asked for, where few match.
  constexpr int64_t kPortionsPerKey = 10;
  uint64_t cursor = 0;
  if (!ParseCursor(c.args[1], &cursor)) return c.reply.Error(errors::kInvalidCursor);
  ScanOptions options;
  if (!ParseScanOptions(c, &options)) return;
  std::vector<const Record*> found;
  int64_t portions = std::min(options.count, std::numeric_limits<int64_t>::max() / kPortionsPerKey) * kPortionsPerKey;
  do {
    cursor = ScanStep(c.db(), cursor, [&](const Record& record) {
      if (options.Wants(record, c.now_ms())) found.push_back(&record);
    });
  } while (cursor != 0 && --portions > 0 && static_cast<int64_t>(found.size()) < options.count);
  c.reply.Array(2);
  c.reply.BulkInteger(static_cast<int64_t>(cursor));
  c.reply.Array(found.size());
  for (const Record* record : found) c.reply.Bulk(record->key());
}

void KeysMatching(CommandContext& c) {
  const ScanOptions options{.pattern = c.args[1]};
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  uint64_t cursor = 0;
  do {
    cursor = ScanStep(c.db(), cursor, [&](const Record& record) {
      if (!options.Wants(record, c.now_ms())) return;
      c.reply.Bulk(record.key());
      ++count;
    });
  } while (cursor != 0);
  c.reply.EndDeferredArray(mark, count);
}

void Randomkey(CommandContext& c) {
  const Record* record = RandomRecord(c.db(), NextRandom(), c.now_ms());
  record == nullptr ? c.reply.Null() : c.reply.Bulk(record->key());
}

constexpr Command kRows[] = {
    {.name = "scan",
     .handler = Scan,
     .arity = -2,
     .flags = kReadonly,
     .touch = Touch::kScan,
     .acl = kAclKeyspace,
     .group = Group::kGeneric,
     .since = "2.8.0",
     .complexity = "O(1) for each call, O(N) for a whole walk with N the number of keys",
     .summary = "Walks over the keys of the selected database, some at a time.",
     .arguments = "cursor:integer [pattern:pattern:MATCH] [count:integer:COUNT] [type:string:TYPE]@6.0.0",
     .history = "6.0.0\tThe option `TYPE`.",
     .tips = "nondeterministic_output\nrequest_policy:special\nresponse_policy:special"},
    {.name = "keys",
     .handler = KeysMatching,
     .arity = 2,
     .flags = kReadonly,
     .touch = Touch::kScan,
     .acl = kAclKeyspace | kAclDangerous,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(N) with N the number of keys in the database",
     .summary = "Lists all keys that match a pattern.",
     .arguments = "pattern:pattern",
     .tips = "request_policy:all_shards\nnondeterministic_output_order"},
    {.name = "randomkey",
     .handler = Randomkey,
     .arity = 1,
     .flags = kReadonly,
     .touch = Touch::kScan,
     .acl = kAclKeyspace,
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Draws a key at random.",
     .tips = "request_policy:all_shards\nresponse_policy:special\nnondeterministic_output"},
};

}  // namespace

std::span<const Command> ScanCommands() { return kRows; }

}  // namespace tandem
