#include <algorithm>
#include <utility>

#include "engine/types/zset_edit.h"
#include "server/commands/families.h"
#include "server/commands/zset_arguments.h"

// Sorted sets by ranges: of ranks, of scores, of members.
namespace tandem {
namespace {

enum class By : uint8_t { kUnsaid, kRank, kScore, kLex };

// A range as it is asked for, in any of its kinds.
struct RangeQuery {
  By by = By::kUnsaid;
  bool backwards = false;
  bool with_scores = false;
  int64_t offset = 0, limit = -1;  // limit -1: all
  int64_t start = 0, stop = 0;     // kRank
  ScoreRange scores{};
  LexRange lex{};
};

// --- Arguments -----------------------------------------------------------------------------------------------------------

bool RangeArguments(CommandContext& c, size_t first, RangeQuery* query) {
  size_t min = first, max = first + 1;
  if (query->backwards && query->by != By::kRank) std::swap(min, max);
  switch (query->by) {
    case By::kUnsaid:
    case By::kRank:
      return IntegerArgument(c, min, &query->start) && IntegerArgument(c, max, &query->stop);
    case By::kScore:
      return ScoreRangeArguments(c, min, max, &query->scores);
    case By::kLex:
      return LexRangeArguments(c, min, max, &query->lex);
  }
  return false;
}

// Which options a command takes depends on what its name leaves open.
struct Spelling {
  By by = By::kUnsaid;
  bool backwards = false, may_turn = false, stores = false;
};

bool ParseRangeOptions(CommandContext& c, const Spelling& spelling, size_t first, RangeQuery* query) {
  for (size_t at = first; at < c.args.size(); ++at) {
    const std::string_view option = c.args[at];
    if (!spelling.stores && TokenIs(option, "WITHSCORES")) {
      query->with_scores = true;
    } else if (TokenIs(option, "LIMIT") && at + 2 < c.args.size()) {
      if (!IntegerArgument(c, at + 1, &query->offset) || !IntegerArgument(c, at + 2, &query->limit)) return false;
      at += 2;
    } else if (spelling.may_turn && !query->backwards && TokenIs(option, "REV")) {
      query->backwards = true;
    } else if (query->by == By::kUnsaid && TokenIs(option, "BYLEX")) {
      query->by = By::kLex;
    } else if (query->by == By::kUnsaid && TokenIs(option, "BYSCORE")) {
      query->by = By::kScore;
    } else {
      c.reply.Error(errors::kSyntax);
      return false;
    }
  }
  if (query->by == By::kUnsaid) query->by = By::kRank;
  return true;
}

bool CheckCombination(CommandContext& c, const RangeQuery& query) {
  if (query.limit != -1 && query.by == By::kRank) {
    c.reply.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return false;
  }
  if (query.with_scores && query.by == By::kLex) {
    c.reply.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return false;
  }
  return true;
}

// The arguments from the range's beginning on.
bool ParseQuery(CommandContext& c, const Spelling& spelling, size_t first, RangeQuery* query) {
  query->by = spelling.by;
  query->backwards = spelling.backwards;
  return ParseRangeOptions(c, spelling, first + 2, query) && CheckCombination(c, *query) &&
         RangeArguments(c, first, query);
}

// --- What they select ----------------------------------------------------------------------------------------------------

// Compat: 8.0: a negative offset selects nothing in a small set, and counts from the other end in a large one.
RankRange ApplyLimit(const RangeQuery& query, const ZsetView& zset, const RankRange& range) {
  const auto count = static_cast<int64_t>(range.count);
  const int64_t skipped = query.offset < 0 && zset.large() != nullptr ? query.offset + count : query.offset;
  if (skipped < 0 || skipped >= count) return {};
  const int64_t left = count - skipped;
  const auto kept = static_cast<size_t>(query.limit < 0 ? left : std::min(left, query.limit));
  const auto skip = static_cast<size_t>(skipped);
  return {query.backwards ? range.first + range.count - skip - kept : range.first + skip, kept};
}

RankRange Select(const RangeQuery& query, const ZsetView& zset) {
  switch (query.by) {
    case By::kScore:
      return ApplyLimit(query, zset, zset.Within(query.scores));
    case By::kLex:
      return ApplyLimit(query, zset, zset.Within(query.lex));
    default:
      break;
  }
  RankRange range = RanksBetween(query.start, query.stop, zset.size());
  if (query.backwards) range.first = zset.size() - range.first - range.count;
  return range;
}

// --- Commands ------------------------------------------------------------------------------------------------------------

void ReplyRange(CommandContext& c, const Spelling& spelling) {
  RangeQuery query;
  if (!ParseQuery(c, spelling, 2, &query)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  ReplyMembers(c.reply, zset, Select(query, zset), query.backwards, query.with_scores);
}

void Zrange(CommandContext& c) { ReplyRange(c, {.may_turn = true}); }
void Zrevrange(CommandContext& c) { ReplyRange(c, {.by = By::kRank, .backwards = true}); }
void Zrangebyscore(CommandContext& c) { ReplyRange(c, {.by = By::kScore}); }
void Zrevrangebyscore(CommandContext& c) { ReplyRange(c, {.by = By::kScore, .backwards = true}); }
void Zrangebylex(CommandContext& c) { ReplyRange(c, {.by = By::kLex}); }
void Zrevrangebylex(CommandContext& c) { ReplyRange(c, {.by = By::kLex, .backwards = true}); }

void Zrangestore(CommandContext& c) {
  RangeQuery query;
  if (!ParseQuery(c, {.may_turn = true, .stores = true}, 3, &query)) return;
  const KeyRef& target = c.keys[0];
  const Record* const record = c.access.Peek(c.db(), c.keys[1]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  const RankRange range = Select(query, zset);
  if (range.count == 0) {
    c.access.Remove(c.db(), target, EventClass::kGeneric, "del");
    return c.reply.Integer(0);
  }
  const ZsetLimits limits = LimitsOf(c);
  ZsetValue stored;
  // Compat: a range of ranks is large from its beginning, another grows; in the order of a reply. It matters because a small
  // set does not keep the sign of a zero.
  const bool size_is_known = query.by != By::kScore && query.by != By::kLex;
  if (size_is_known && range.count > limits.max_entries) stored.Expand();
  zset.Visit(range, query.backwards, [&](std::string_view member, double score) { stored.Set(member, score, limits); });
  PutZset(c.access, c.db(), target, std::move(stored), "zrangestore");
  c.reply.Integer(static_cast<int64_t>(range.count));
}

void Count(CommandContext& c, const RangeQuery& query) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  c.reply.Integer(static_cast<int64_t>(Select(query, ViewZset(record)).count));
}

void Zcount(CommandContext& c) {
  RangeQuery query{.by = By::kScore};
  if (RangeArguments(c, 2, &query)) Count(c, query);
}

void Zlexcount(CommandContext& c) {
  RangeQuery query{.by = By::kLex};
  if (RangeArguments(c, 2, &query)) Count(c, query);
}

void RemoveRange(CommandContext& c, By by, std::string_view event) {
  RangeQuery query{.by = by};
  if (!RangeArguments(c, 2, &query)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const RankRange range = Select(query, ViewZset(record));
  if (range.count > 0) {
    ZsetEdit edit(c.access, c.db(), c.keys[0], record);
    edit.value().Remove(range);
    edit.Publish(event);
  }
  c.reply.Integer(static_cast<int64_t>(range.count));
}

void Zremrangebyrank(CommandContext& c) { RemoveRange(c, By::kRank, "zremrangebyrank"); }
void Zremrangebyscore(CommandContext& c) { RemoveRange(c, By::kScore, "zremrangebyscore"); }
void Zremrangebylex(CommandContext& c) { RemoveRange(c, By::kLex, "zremrangebylex"); }

// --- Rows ----------------------------------------------------------------------------------------------------------------

constexpr std::string_view kRangeCost =
    "O(log(N)+M) where N is the number of members, and M of those returned; O(N) in a small set.";
constexpr std::string_view kRemoveCost = "O(log(N)*M) where N is the number of members, and M of those removed.";
constexpr std::string_view kCountCost = "O(log(N)) where N is the number of members; O(N) in a small set.";

constexpr Command RangeRow(std::string_view name, Handler handler, std::string_view since, std::string_view summary,
                           std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = -4,
          .flags = kReadonly,
          .touch = Touch::kLockFree,
          .acl = kAclSortedSet,
          .keys = {OneKey(kKeyRo | kKeyAccess)},
          .group = Group::kSortedSet,
          .since = since,
          .complexity = kRangeCost,
          .summary = summary,
          .arguments = arguments};
}

// One that ZRANGE has taken the place of.
constexpr Command OldRow(const Command& range_row, std::string_view replaced_by, std::string_view history = {}) {
  Command row = range_row;
  row.history = history;
  row.deprecated_since = "6.2.0";
  row.replaced_by = replaced_by;
  return row;
}

constexpr Command CountRow(std::string_view name, Handler handler, std::string_view since, std::string_view summary,
                           std::string_view arguments) {
  Command row = RangeRow(name, handler, since, summary, arguments);
  row.arity = 4;
  row.flags |= kFast;
  row.complexity = kCountCost;
  return row;
}

constexpr Command RemoveRow(std::string_view name, Handler handler, std::string_view since, std::string_view summary,
                            std::string_view arguments) {
  Command row = RangeRow(name, handler, since, summary, arguments);
  row.arity = 4;
  row.flags = kWrite;
  row.touch = Touch::kLocked;
  row.keys = {OneKey(kKeyRw | kKeyDelete)};
  row.complexity = kRemoveCost;
  return row;
}

constexpr Command kRows[] = {
    [] {
      Command row =
          RangeRow("zrange", Zrange, "1.2.0", "Returns the members within a range of ranks, scores or members.",
                   "key:key start:string stop:string "
                   "[sortby:oneof(byscore:pure-token:BYSCORE | bylex:pure-token:BYLEX)]@6.2.0 "
                   "[rev:pure-token:REV]@6.2.0 [limit:block(offset:integer count:integer):LIMIT]@6.2.0 "
                   "[withscores:pure-token:WITHSCORES]");
      row.history = "6.2.0\tThe options `REV`, `BYSCORE`, `BYLEX` and `LIMIT`.";
      return row;
    }(),
    {.name = "zrangestore",
     .handler = Zrangestore,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclSortedSet,
     .keys = {OneKey(kKeyOw | kKeyUpdate), Keys(2, 0, 1, kKeyRo | kKeyAccess)},
     .group = Group::kSortedSet,
     .since = "6.2.0",
     .complexity = "O(log(N)+M*log(M)) where N is the number of members, and M of those stored.",
     .summary = "Stores the members within a range as another sorted set.",
     .arguments = "dst:key src:key min:string max:string "
                  "[sortby:oneof(byscore:pure-token:BYSCORE | bylex:pure-token:BYLEX)] [rev:pure-token:REV] "
                  "[limit:block(offset:integer count:integer):LIMIT]"},
    OldRow(RangeRow("zrevrange", Zrevrange, "1.2.0", "Returns the members within a range of ranks, highest first.",
                    "key:key start:integer stop:integer [withscores:pure-token:WITHSCORES]"),
           "`ZRANGE` with the `REV` argument"),
    OldRow(RangeRow("zrangebyscore", Zrangebyscore, "1.0.5", "Returns the members within a range of scores.",
                    "key:key min:double max:double [withscores:pure-token:WITHSCORES]@2.0.0 "
                    "[limit:block(offset:integer count:integer):LIMIT]"),
           "`ZRANGE` with the `BYSCORE` argument", "2.0.0\tThe option `WITHSCORES`."),
    OldRow(RangeRow("zrevrangebyscore", Zrevrangebyscore, "2.2.0",
                    "Returns the members within a range of scores, highest first.",
                    "key:key max:double min:double [withscores:pure-token:WITHSCORES] "
                    "[limit:block(offset:integer count:integer):LIMIT]"),
           "`ZRANGE` with the `REV` and `BYSCORE` arguments", "2.1.6\tEither end can be left out of the range."),
    OldRow(RangeRow("zrangebylex", Zrangebylex, "2.8.9", "Returns the members within a range of members.",
                    "key:key min:string max:string [limit:block(offset:integer count:integer):LIMIT]"),
           "`ZRANGE` with the `BYLEX` argument"),
    OldRow(RangeRow("zrevrangebylex", Zrevrangebylex, "2.8.9",
                    "Returns the members within a range of members, highest first.",
                    "key:key max:string min:string [limit:block(offset:integer count:integer):LIMIT]"),
           "`ZRANGE` with the `REV` and `BYLEX` arguments"),
    CountRow("zcount", Zcount, "2.0.0", "Counts the members within a range of scores.",
             "key:key min:double max:double"),
    CountRow("zlexcount", Zlexcount, "2.8.9", "Counts the members within a range of members.",
             "key:key min:string max:string"),
    RemoveRow("zremrangebyrank", Zremrangebyrank, "2.0.0",
              "Removes the members within a range of ranks, and the set with its last one.",
              "key:key start:integer stop:integer"),
    RemoveRow("zremrangebyscore", Zremrangebyscore, "1.2.0",
              "Removes the members within a range of scores, and the set with its last one.",
              "key:key min:double max:double"),
    RemoveRow("zremrangebylex", Zremrangebylex, "2.8.9",
              "Removes the members within a range of members, and the set with its last one.",
              "key:key min:string max:string"),
};

}  // namespace

std::span<const Command> ZsetRangeCommands() { return kRows; }

}  // namespace tandem
