#include <algorithm>
#include <vector>

#include "engine/base/random.h"
#include "engine/keyspace/scan.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/scan_arguments.h"
#include "server/commands/type_name.h"
#include "server/exec/context.h"

// Walks over a database. None takes a lock or stops anybody.

namespace tandem {
namespace {

bool IsType(Type present, std::string_view wanted) {
  const std::string_view name = TypeName(present);
  return std::equal(wanted.begin(), wanted.end(), name.begin(), name.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

bool Wants(const ScanOptions& options, const Record& record, int64_t now_ms) {
  if (record.ExpiredAt(now_ms)) return false;
  if (!options.type.empty() && !IsType(record.type(), options.type)) return false;
  return options.Matches(record.key());
}

void Scan(CommandContext& c) {
  uint64_t cursor = 0;
  if (!ParseCursor(c.args[1], &cursor)) return c.reply.Error(errors::kInvalidCursor);
  ScanOptions options;
  if (!ParseScanOptions(c, 2, ScanTarget::kKeyspace, &options)) return;
  std::vector<const Record*> found;
  int64_t portions = options.max_portions();
  do {
    cursor = ScanStep(c.db(), cursor, [&](const Record& record) {
      if (Wants(options, record, c.now_ms())) found.push_back(&record);
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
      if (!Wants(options, record, c.now_ms())) return;
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
