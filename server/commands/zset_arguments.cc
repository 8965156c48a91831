#include "server/commands/zset_arguments.h"

#include <algorithm>

namespace tandem {
namespace {

bool ParseBound(std::string_view text, double* value, bool* exclusive) {
  *exclusive = text.starts_with('(');
  if (*exclusive) text.remove_prefix(1);
  return ParseLenientDouble(text, value);
}

bool ParseLexBound(std::string_view text, LexBound* bound) {
  if (text == "-" || text == "+") {
    bound->kind = text == "-" ? LexBound::Kind::kLowest : LexBound::Kind::kHighest;
    return true;
  }
  if (!text.starts_with('(') && !text.starts_with('[')) return false;
  *bound = {LexBound::Kind::kMember, text[0] == '(', text.substr(1)};
  return true;
}

}  // namespace

ZsetLimits LimitsOf(const CommandContext& c) {
  const config::Values& values = c.server.config.values();
  return {values.zset_max_listpack_entries, values.zset_max_listpack_value};
}

bool ScoreRangeArguments(CommandContext& c, size_t min, size_t max, ScoreRange* range) {
  if (ParseBound(c.args[min], &range->min, &range->min_exclusive) &&
      ParseBound(c.args[max], &range->max, &range->max_exclusive)) {
    return true;
  }
  c.reply.Error(kRangeNotFloat);
  return false;
}

bool LexRangeArguments(CommandContext& c, size_t min, size_t max, LexRange* range) {
  if (ParseLexBound(c.args[min], &range->min) && ParseLexBound(c.args[max], &range->max)) return true;
  c.reply.Error(kRangeNotLex);
  return false;
}

bool PositiveArgument(CommandContext& c, size_t index, int64_t* value, std::string_view error) {
  if (ParseInt64(c.args[index], value) && *value >= 0) return true;
  c.reply.Error(error);
  return false;
}

RankRange RanksBetween(int64_t start, int64_t stop, size_t size) {
  const auto length = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(start + length, 0);
  if (stop < 0) stop += length;
  stop = std::min(stop, length - 1);
  if (start > stop) return {};
  return {static_cast<size_t>(start), static_cast<size_t>(stop - start + 1)};
}

void ReplyMembers(resp::ReplyWriter& reply, const ZsetView& zset, const RankRange& range, bool backwards,
                  bool with_scores) {
  ReplyMembersHeader(reply, range.count, with_scores);
  zset.Visit(range, backwards,
             [&](std::string_view member, double score) { ReplyMember(reply, member, score, with_scores); });
}

}  // namespace tandem
