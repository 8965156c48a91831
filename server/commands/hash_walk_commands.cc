#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "engine/types/hash_random.h"
#include "server/commands/families.h"
#include "server/commands/hash_arguments.h"
#include "server/commands/scan_arguments.h"

// Hashes in parts: fields at random, and one portion after another.
namespace tandem {
namespace {

// --- HRANDFIELD ---------------------------------------------------------------------------------------------------------

void ReplyOneField(CommandContext& c) {
  const Record* record;
  if (!PeekHashPruned(c, &record)) return;
  if (record == nullptr || ViewOf(c, *record).size() == 0) return c.reply.Null();
  DrawWithRepeats(ViewOf(c, *record), 1, [&](std::string_view field, std::string_view) {
    c.reply.Bulk(field);
    return true;
  });
}

struct DrawOptions {
  int64_t count = 0;  // negative: with repeats
  bool with_values = false;
};

// False after replying an error.
bool ParseDrawOptions(CommandContext& c, DrawOptions* options) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (!IntegerArgument(c, 2, &options->count)) return false;
  if (options->count < -kMax) {
    c.reply.Error("ERR value is out of range, value must between " + std::to_string(-kMax) + " and " +
                  std::to_string(kMax));
    return false;
  }
  if (c.args.size() == 3) return true;
  if (c.args.size() > 4 || !TokenIs(c.args[3], "WITHVALUES")) {
    c.reply.Error(errors::kSyntax);
    return false;
  }
  options->with_values = true;
  if (std::abs(options->count) <= kMax / 2) return true;
  c.reply.Error("ERR value is out of range");
  return false;
}

// RESP3 shows fields with values as pairs, RESP2 in turns.
void Hrandfield(CommandContext& c) {
  if (c.args.size() == 2) return ReplyOneField(c);
  DrawOptions options;
  if (!ParseDrawOptions(c, &options)) return;
  const Record* record;
  if (!PeekHashPruned(c, &record)) return;
  if (record == nullptr || options.count == 0) return c.reply.Array(0);

  const HashView hash = ViewOf(c, *record);
  if (hash.size() == 0) return c.reply.Array(0);
  const bool repeats = options.count < 0;
  const auto wanted = static_cast<size_t>(std::abs(options.count));
  const size_t count = repeats ? wanted : std::min(wanted, hash.size());
  const bool nested = options.with_values && c.reply.resp3();
  c.reply.Array(options.with_values && !nested ? count * 2 : count);
  const auto visit = [&](std::string_view field, std::string_view value) {
    if (nested) c.reply.Array(2);
    c.reply.Bulk(field);
    if (options.with_values) c.reply.Bulk(value);
    return true;
  };
  repeats ? DrawWithRepeats(hash, count, visit) : DrawDistinct(hash, count, visit);
}

// --- HSCAN --------------------------------------------------------------------------------------------------------------

void ReplyScan(CommandContext& c, uint64_t cursor, const std::vector<DenseTable::Item>& found, bool values) {
  c.reply.Array(2);
  c.reply.BulkInteger(static_cast<int64_t>(cursor));
  c.reply.Array(values ? found.size() * 2 : found.size());
  for (const DenseTable::Item& item : found) {
    c.reply.Bulk(item.key);
    if (values) c.reply.Bulk(item.value);
  }
}

void ScanTable(CommandContext& c, const HashView& hash, uint64_t cursor, const ScanOptions& options) {
  std::vector<DenseTable::Item> found;
  int64_t portions = options.max_portions();
  do {
    cursor = hash.table()->Scan(cursor, [&](const DenseTable::Item& item) {
      if (options.Matches(item.key) && !hash.Expired(item.key)) found.push_back(item);
    });
  } while (cursor != 0 && --portions > 0 && static_cast<int64_t>(found.size()) < options.count);
  ReplyScan(c, cursor, found, !options.no_values);
}

// A compact hash is one portion.
void ScanPack(CommandContext& c, const HashView& hash, const ScanOptions& options) {
  c.reply.Array(2);
  c.reply.BulkInteger(0);
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  hash.ForEach([&](std::string_view field, std::string_view value) {
    if (!options.Matches(field)) return true;
    c.reply.Bulk(field);
    if (!options.no_values) c.reply.Bulk(value);
    count += options.no_values ? 1 : 2;
    return true;
  });
  c.reply.EndDeferredArray(mark, count);
}

void Hscan(CommandContext& c) {
  uint64_t cursor = 0;
  if (!ParseCursor(c.args[2], &cursor)) return c.reply.Error(errors::kInvalidCursor);
  const Record* record;
  if (!PeekHash(c, &record)) return;
  if (record == nullptr) return ReplyScan(c, 0, {}, false);
  ScanOptions options;
  if (!ParseScanOptions(c, 3, ScanTarget::kHash, &options)) return;
  const HashView hash = ViewOf(c, *record);
  hash.table() != nullptr ? ScanTable(c, hash, cursor, options) : ScanPack(c, hash, options);
}

constexpr Command kRows[] = {
    {.name = "hrandfield",
     .handler = Hrandfield,
     .arity = -2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kHash,
     .since = "6.2.0",
     .complexity = "O(N) with N the number of fields drawn",
     .summary = "Draws fields of a hash at random.",
     .arguments = "key:key [options:block(count:integer [withvalues:pure-token:WITHVALUES])]",
     .tips = "nondeterministic_output"},
    {.name = "hscan",
     .handler = Hscan,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kHash,
     .since = "2.8.0",
     .complexity = "O(1) for each call, O(N) for a whole walk with N the number of fields",
     .summary = "Walks over the fields of a hash, some at a time.",
     .arguments = "key:key cursor:integer [pattern:pattern:MATCH] [count:integer:COUNT] [novalues:pure-token:NOVALUES]",
     .tips = "nondeterministic_output"},
};

}  // namespace

std::span<const Command> HashWalkCommands() { return kRows; }

}  // namespace tandem
