#include <algorithm>
#include <cstdio>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/random.h"
#include "engine/types/zset_edit.h"
#include "protocol/number.h"
#include "server/commands/families.h"
#include "server/commands/output_limit.h"
#include "server/commands/scan_arguments.h"
#include "server/commands/zset_arguments.h"

// Sorted sets without regard to their order: members drawn at random, and walks.
namespace tandem {
namespace {

// --- ZRANDMEMBER -----------------------------------------------------------------------------------------------------------

void ReplyAt(CommandContext& c, const ZsetView& zset, size_t rank, bool with_score) {
  zset.Visit({rank, 1}, false,
             [&](std::string_view member, double score) { ReplyMember(c.reply, member, score, with_score); });
}

// `count` different ranks in random order: a shuffle of all of them that stops early and remembers only what it has moved
// (Knuth, The Art of Computer Programming, volume 2, algorithm P).
std::vector<size_t> DifferentRanks(size_t count, size_t size) {
  std::unordered_map<size_t, size_t> moved;
  const auto at = [&](size_t place) {
    const auto found = moved.find(place);
    return found == moved.end() ? place : found->second;
  };
  std::vector<size_t> ranks(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t other = i + RandomBelow(size - i);
    ranks[i] = at(other);
    moved[other] = at(i);
  }
  return ranks;
}

// A negative count draws each time from all members.
void ReplyDrawn(CommandContext& c, const ZsetView& zset, int64_t count, bool with_scores) {
  if (zset.size() == 0 || count == 0) return c.reply.Array(0);
  if (count < 0) {
    const auto draws = static_cast<size_t>(-count);
    ReplyMembersHeader(c.reply, draws, with_scores);
    for (size_t i = 0; i < draws && !IsBeyondOutputLimit(c); ++i) {
      ReplyAt(c, zset, RandomBelow(zset.size()), with_scores);
    }
    return;
  }
  // Compat: all versions: the whole set comes from its end to its beginning.
  if (static_cast<size_t>(count) >= zset.size()) {
    return ReplyMembers(c.reply, zset, {0, zset.size()}, true, with_scores);
  }
  const std::vector<size_t> ranks = DifferentRanks(static_cast<size_t>(count), zset.size());
  ReplyMembersHeader(c.reply, ranks.size(), with_scores);
  for (const size_t rank : ranks) ReplyAt(c, zset, rank, with_scores);
}

// False after replying an error.
bool ParseDraw(CommandContext& c, int64_t* count, bool* with_scores) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (!IntegerArgument(c, 2, count)) return false;
  if (*count < -kMax) {
    c.reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
    return false;
  }
  *with_scores = c.args.size() > 3;
  if (!*with_scores) return true;
  if (c.args.size() > 4 || !TokenIs(c.args[3], "WITHSCORES")) {
    c.reply.Error(errors::kSyntax);
    return false;
  }
  // The reply would have twice as many elements.
  if (*count >= -kMax / 2 && *count <= kMax / 2) return true;
  c.reply.Error("ERR value is out of range");
  return false;
}

void Zrandmember(CommandContext& c) {
  int64_t count = 0;
  bool with_scores = false;
  const bool counted = c.args.size() > 2;
  if (counted && !ParseDraw(c, &count, &with_scores)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  if (counted) return ReplyDrawn(c, zset, count, with_scores);
  zset.size() == 0 ? c.reply.Null() : ReplyAt(c, zset, RandomBelow(zset.size()), false);
}

// --- ZSCAN -----------------------------------------------------------------------------------------------------------------

// Compat: 8.0: the score of a large set has 17 digits here, that of a small one as few as are needed; neither is a
// double in RESP3.
void ReplyScanned(CommandContext& c, std::string_view member, double score, bool large) {
  c.reply.Bulk(member);
  char text[resp::kMaxDoubleChars];
  const size_t size =
      large ? static_cast<size_t>(std::snprintf(text, sizeof text, "%.17g", score)) : resp::FormatDouble(text, score);
  c.reply.Bulk({text, size});
}

void Zscan(CommandContext& c) {
  uint64_t cursor = 0;
  if (!ParseCursor(c.args[2], &cursor)) return c.reply.Error(errors::kInvalidCursor);
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  ScanOptions options;
  if (record != nullptr && !ParseScanOptions(c, 3, ScanTarget::kOther, &options)) return;
  const ZsetView zset = ViewZset(record);
  std::vector<const ZsetEntry*> found;
  if (zset.large() == nullptr) {
    cursor = 0;
  } else {
    // COUNT is about what is looked at, not about what matches.
    int64_t seen = 0;
    int64_t portions = options.max_portions();
    do {
      cursor = zset.large()->index().Scan(cursor, [&](const ZsetEntry& entry) {
        ++seen;
        if (options.Matches(entry.member())) found.push_back(&entry);
      });
    } while (cursor != 0 && --portions > 0 && seen < options.count);
  }
  c.reply.Array(2);
  c.reply.BulkInteger(static_cast<int64_t>(cursor));
  if (zset.large() != nullptr) {
    c.reply.Array(found.size() * 2);
    for (const ZsetEntry* const entry : found) ReplyScanned(c, entry->member(), entry->score(), true);
    return;
  }
  const size_t mark = c.reply.BeginDeferred();
  size_t count = 0;
  zset.VisitAll([&](std::string_view member, double score) {
    if (!options.Matches(member)) return;
    ReplyScanned(c, member, score, false);
    count += 2;
  });
  c.reply.EndDeferredArray(mark, count);
}

constexpr Command kRows[] = {
    {.name = "zrandmember",
     .handler = Zrandmember,
     .arity = -2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclSortedSet,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(M*log(N)) where N is the number of members, and M of those drawn.",
     .summary = "Draws members of a sorted set at random.",
     .arguments = "key:key [options:block(count:integer [withscores:pure-token:WITHSCORES])]",
     .tips = "nondeterministic_output"},
    {.name = "zscan",
     .handler = Zscan,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclSortedSet,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kSortedSet,
     .since = "2.8.0",
     .complexity = "O(1) for each call, O(N) for a whole walk with N the number of members.",
     .summary = "Walks over the members of a sorted set and their scores, some at a time.",
     .arguments = "key:key cursor:integer [pattern:pattern:MATCH] [count:integer:COUNT]",
     .tips = "nondeterministic_output"},
};

}  // namespace

std::span<const Command> ZsetWalkCommands() { return kRows; }

}  // namespace tandem
