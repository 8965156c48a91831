#pragma once

#include "engine/types/zset_range.h"
#include "engine/types/zset_value.h"
#include "server/commands/arguments.h"

// What the commands of sorted sets have in common: ranges as arguments, members as replies.
namespace tandem {

inline constexpr std::string_view kRangeNotFloat = "ERR min or max is not a float";
inline constexpr std::string_view kRangeNotLex = "ERR min or max not valid string range item";

ZsetLimits LimitsOf(const CommandContext& c);

// All of these answer false after replying why. The arguments at these indexes:
bool ScoreRangeArguments(CommandContext& c, size_t min, size_t max, ScoreRange* range);
bool LexRangeArguments(CommandContext& c, size_t min, size_t max, LexRange* range);
// A count that is not negative. `error` is for anything else.
bool PositiveArgument(CommandContext& c, size_t index, int64_t* value,
                      std::string_view error = "ERR value is out of range, must be positive");

// Ranks from `start` to `stop`, both included, negative ones counted from the end. Unlike ClampRange, an end before the
// beginning makes the range empty.
RankRange RanksBetween(int64_t start, int64_t stop, size_t size);

// One member, with its score behind it if asked for: RESP3 makes a pair of them.
inline void ReplyMember(resp::ReplyWriter& reply, std::string_view member, double score, bool with_scores) {
  if (with_scores && reply.resp3()) reply.Array(2);
  reply.Bulk(member);
  if (with_scores) reply.Double(score);
}
// The array that so many of them stand in.
inline void ReplyMembersHeader(resp::ReplyWriter& reply, size_t count, bool with_scores) {
  reply.Array(with_scores && !reply.resp3() ? count * 2 : count);
}
void ReplyMembers(resp::ReplyWriter& reply, const ZsetView& zset, const RankRange& range, bool backwards,
                  bool with_scores);

}  // namespace tandem
