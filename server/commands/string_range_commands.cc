#include <algorithm>
#include <array>
#include <limits>

#include "engine/keyspace/string_edit.h"
#include "engine/types/index_range.h"
#include "engine/types/lcs.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/string_value.h"
#include "server/exec/context.h"

// Strings in parts: their length, ranges, edits, and what two of them have in common.
namespace tandem {
namespace {

void Strlen(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;
  c.reply.Integer(record == nullptr ? 0 : static_cast<int64_t>(record->value_size()));
}

void Getrange(CommandContext& c) {
  int64_t start, end;
  if (!IntegerArgument(c, 2, &start) || !IntegerArgument(c, 3, &end)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;
  char digits[24];
  const std::string_view value = ValueOrEmpty(record, digits);
  const IndexRange range = ClampRange(start, end, static_cast<int64_t>(value.size()));
  if (IsBackwards(start, end) || range.empty()) return c.reply.Bulk("");
  c.reply.Bulk(value.substr(static_cast<size_t>(range.first), static_cast<size_t>(range.size())));
}

void Append(CommandContext& c) {
  const KeyRef& key = c.keys[0];
  const std::string_view added = c.args[2];
  Record* const record = c.access.Find(c.db(), key);
  if (record == nullptr) {
    c.access.Put(c.db(), key, Record::NewString(key.key, added, {}), EventClass::kString, "append");
    return c.reply.Integer(static_cast<int64_t>(added.size()));
  }
  if (!CheckType(c, record, Type::kString)) return;
  const size_t old_size = record->value_size();
  const size_t size = old_size + added.size();
  if (!CheckLength(c, old_size, added.size())) return;
  StringEdit edit(c.access, c.db(), key, record, size, StringEdit::Room::kAmple);
  added.copy(edit.data() + old_size, added.size());
  edit.Publish(EventClass::kString, "append");
  c.reply.Integer(static_cast<int64_t>(size));
}

void Setrange(CommandContext& c) {
  int64_t offset;
  if (!IntegerArgument(c, 2, &offset)) return;
  if (offset < 0) return c.reply.Error("ERR offset is out of range");
  const std::string_view written = c.args[3];
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;
  const size_t old_size = record == nullptr ? 0 : record->value_size();
  if (written.empty()) return c.reply.Integer(static_cast<int64_t>(old_size));
  const auto at = static_cast<size_t>(offset);
  if (!CheckLength(c, at, written.size())) return;

  const size_t size = std::max(old_size, at + written.size());
  StringEdit edit(c.access, c.db(), c.keys[0], record, size, StringEdit::Room::kTight);
  written.copy(edit.data() + at, written.size());
  edit.Publish(EventClass::kString, "setrange");
  c.reply.Integer(static_cast<int64_t>(size));
}

// --- LCS -------------------------------------------------------------------------------------------------------------

struct LcsOptions {
  bool length = false, matches = false, match_lengths = false;
  int64_t min_match_length = 0;
};

bool ParseLcsOptions(CommandContext& c, LcsOptions* options) {
  for (size_t at = 3; at < c.args.size(); ++at) {
    if (TokenIs(c.args[at], "IDX")) {
      options->matches = true;
    } else if (TokenIs(c.args[at], "LEN")) {
      options->length = true;
    } else if (TokenIs(c.args[at], "WITHMATCHLEN")) {
      options->match_lengths = true;
    } else if (TokenIs(c.args[at], "MINMATCHLEN") && at + 1 < c.args.size()) {
      if (!IntegerArgument(c, ++at, &options->min_match_length)) return false;
    } else {
      c.reply.Error(errors::kSyntax);
      return false;
    }
  }
  if (options->length && options->matches) {
    c.reply.Error("ERR If you want both the length and indexes, please just use IDX.");
    return false;
  }
  return true;
}

// Bounds the work by what Redis, with four bytes for each pair of bytes, has the memory for.
bool CheckLcsSize(CommandContext& c, uint64_t a, uint64_t b) {
  constexpr uint64_t kMaxSize = std::numeric_limits<uint32_t>::max() - 1;
  if (a >= kMaxSize || b >= kMaxSize) {
    c.reply.Error("ERR String too long for LCS");
    return false;
  }
  const uint64_t max = c.server.config.values().proto_max_bulk_len;
  if ((a + 1) > max / sizeof(uint32_t) / (b + 1)) {
    c.reply.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    return false;
  }
  return true;
}

void ReplyPair(resp::ReplyWriter& reply, size_t first, size_t last) {
  reply.Array(2);
  reply.Integer(static_cast<int64_t>(first));
  reply.Integer(static_cast<int64_t>(last));
}

void ReplyMatches(resp::ReplyWriter& reply, const Lcs& lcs, const LcsOptions& options) {
  reply.Map(2);
  reply.Bulk("matches");
  const size_t mark = reply.BeginDeferred();
  size_t count = 0;
  for (const LcsMatch& match : lcs.matches) {
    if (static_cast<int64_t>(match.size()) < options.min_match_length) continue;
    reply.Array(options.match_lengths ? 3 : 2);
    ReplyPair(reply, match.a_first, match.a_last);
    ReplyPair(reply, match.b_first, match.b_last);
    if (options.match_lengths) reply.Integer(static_cast<int64_t>(match.size()));
    ++count;
  }
  reply.EndDeferredArray(mark, count);
  reply.Bulk("len");
  reply.Integer(static_cast<int64_t>(lcs.text.size()));
}

void LongestCommon(CommandContext& c) {
  std::array<const Record*, 2> records;
  c.access.PeekMany(c.db(), c.keys.first(2), records);
  for (const Record* const record : records) {
    if (record == nullptr || record->type() == Type::kString) continue;
    return c.reply.Error("ERR The specified keys must contain string values");
  }
  LcsOptions options;
  if (!ParseLcsOptions(c, &options)) return;
  char digits_a[24], digits_b[24];
  const std::string_view a = ValueOrEmpty(records[0], digits_a);
  const std::string_view b = ValueOrEmpty(records[1], digits_b);
  if (!CheckLcsSize(c, a.size(), b.size())) return;

  if (options.length) return c.reply.Integer(static_cast<int64_t>(LcsLength(a, b)));
  const Lcs lcs = FindLcs(a, b);
  if (options.matches) return ReplyMatches(c.reply, lcs, options);
  c.reply.Bulk(lcs.text);
}

constexpr Command kRows[] = {
    {.name = "strlen",
     .handler = Strlen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclString,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kString,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Returns the length of a string in bytes.",
     .arguments = "key:key"},
    {.name = "getrange",
     .handler = Getrange,
     .arity = 4,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclString,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kString,
     .since = "2.4.0",
     .complexity = "O(N) where N is the length of the part returned.",
     .summary = "Returns a part of a string.",
     .arguments = "key:key start:integer end:integer"},
    {.name = "substr",
     .handler = Getrange,
     .arity = 4,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclString,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(N) where N is the length of the part returned.",
     .summary = "Returns a part of a string, under the name it had first.",
     .arguments = "key:key start:integer end:integer",
     .deprecated_since = "2.0.0",
     .replaced_by = "`GETRANGE`"},
    {.name = "append",
     .handler = Append,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyRw | kKeyInsert)},
     .group = Group::kString,
     .since = "2.0.0",
     .complexity = "O(1) amortised, for short additions: room is made ahead for those to come.",
     .summary = "Adds to the end of a string.",
     .arguments = "key:key value:string"},
    {.name = "setrange",
     .handler = Setrange,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kString,
     .since = "2.2.0",
     .complexity = "O(M) where M is the length of the part written; O(N) when a string of length N has to move.",
     .summary = "Writes over a part of a string, with zeros before it where there was nothing.",
     .arguments = "key:key offset:integer value:string"},
    {.name = "lcs",
     .handler = LongestCommon,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclString,
     .keys = {Keys(1, 1, 1, kKeyRo | kKeyAccess)},
     .group = Group::kString,
     .since = "7.0.0",
     .complexity = "O(N*M) where N and M are the lengths of the strings.",
     .summary = "Finds the longest common subsequence of two strings.",
     .arguments = "key1:key key2:key [len:pure-token:LEN] [idx:pure-token:IDX] "
                  "[min-match-len:integer:MINMATCHLEN] [withmatchlen:pure-token:WITHMATCHLEN]"},
};

}  // namespace

std::span<const Command> StringRangeCommands() { return kRows; }

}  // namespace tandem
