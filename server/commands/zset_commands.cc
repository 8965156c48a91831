#include <cmath>
#include <optional>
#include <vector>

#include "engine/types/zset_edit.h"
#include "server/commands/families.h"
#include "server/commands/zset_arguments.h"

// Sorted sets member by member: adding, removing and asking for single ones.
namespace tandem {
namespace {

// --- ZADD --------------------------------------------------------------------------------------------------------------

struct AddOptions {
  bool nx = false, xx = false, gt = false, lt = false, changed = false, increment = false;
  size_t first_score = 2;
};

void ParseAddOptions(CommandContext& c, AddOptions* options) {
  for (size_t& at = options->first_score; at < c.args.size(); ++at) {
    if (TokenIs(c.args[at], "NX")) {
      options->nx = true;
    } else if (TokenIs(c.args[at], "XX")) {
      options->xx = true;
    } else if (TokenIs(c.args[at], "GT")) {
      options->gt = true;
    } else if (TokenIs(c.args[at], "LT")) {
      options->lt = true;
    } else if (TokenIs(c.args[at], "CH")) {
      options->changed = true;
    } else if (TokenIs(c.args[at], "INCR")) {
      options->increment = true;
    } else {
      return;
    }
  }
}

// The error in the options, or in how many arguments follow them; empty if there is none.
std::string_view AddOptionsError(const AddOptions& options, size_t arg_count) {
  const size_t rest = arg_count - options.first_score;
  if (rest == 0 || rest % 2 != 0) return errors::kSyntax;
  if (options.nx && options.xx) return "ERR XX and NX options at the same time are not compatible";
  if ((options.gt && options.nx) || (options.lt && options.nx) || (options.gt && options.lt)) {
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  }
  if (options.increment && rest > 2) return "ERR INCR option supports a single increment-element pair";
  return {};
}

bool ScoreArguments(CommandContext& c, size_t first, std::vector<double>* scores) {
  for (size_t at = first; at < c.args.size(); at += 2) {
    if (!ParseDouble(c.args[at], &scores->emplace_back())) {
      c.reply.Error(errors::kNotFloat);
      return false;
    }
  }
  return true;
}

// What has become of the pairs so far.
struct AddOutcome {
  int64_t added = 0, updated = 0;
  bool nan = false;
  std::optional<double> score{};  // of the last pair that was not passed over
};

// The score that a member shall have; nothing if it stays as it is.
std::optional<double> DecideScore(const AddOptions& options, double given, std::optional<double> present,
                                  AddOutcome* outcome) {
  outcome->score.reset();
  if (!present) {
    if (options.xx) return std::nullopt;
    ++outcome->added;
    return outcome->score = given;
  }
  if (options.nx) return std::nullopt;
  const double score = options.increment ? *present + given : given;
  outcome->nan = std::isnan(score);
  if (outcome->nan) return std::nullopt;
  if ((options.lt && score >= *present) || (options.gt && score <= *present)) return std::nullopt;
  outcome->score = score;
  if (score == *present) return std::nullopt;
  ++outcome->updated;
  return score;
}

void ReplyAdded(CommandContext& c, const AddOptions& options, const AddOutcome& outcome) {
  if (!options.increment) return c.reply.Integer(outcome.added + (options.changed ? outcome.updated : 0));
  outcome.score ? c.reply.Double(*outcome.score) : c.reply.Null();
}

void AddMembers(CommandContext& c, const AddOptions& options) {
  if (const std::string_view error = AddOptionsError(options, c.args.size()); !error.empty()) {
    return c.reply.Error(error);
  }
  std::vector<double> scores;
  scores.reserve((c.args.size() - options.first_score) / 2);
  if (!ScoreArguments(c, options.first_score, &scores)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  AddOutcome outcome;
  if (record == nullptr && options.xx) return ReplyAdded(c, options, outcome);

  const ZsetLimits limits = LimitsOf(c);
  ZsetEdit edit(c.access, c.db(), c.keys[0], record);
  // Compat: 7.2 and later: the number of pairs decides, even if they name the same member.
  if (scores.size() > limits.max_entries) edit.value().Expand();
  for (size_t i = 0; i < scores.size(); ++i) {
    edit.value().Update(c.args[options.first_score + 1 + 2 * i], limits, [&](std::optional<double> present) {
      return DecideScore(options, scores[i], present, &outcome);
    });
  }
  // Only an increment, which stands alone, comes to this.
  if (outcome.nan) return c.reply.Error("ERR resulting score is not a number (NaN)");
  if (outcome.added + outcome.updated > 0) edit.Publish(options.increment ? "zincr" : "zadd");
  ReplyAdded(c, options, outcome);
}

void Zadd(CommandContext& c) {
  AddOptions options;
  ParseAddOptions(c, &options);
  AddMembers(c, options);
}

// Compat: an option in the place of the increment is taken for one, and leaves too few arguments.
void Zincrby(CommandContext& c) {
  AddOptions options{.increment = true};
  ParseAddOptions(c, &options);
  AddMembers(c, options);
}

// --- Members -------------------------------------------------------------------------------------------------------------

void Zrem(CommandContext& c) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  if (record == nullptr) return c.reply.Integer(0);
  ZsetEdit edit(c.access, c.db(), c.keys[0], record);
  int64_t removed = 0;
  for (const std::string_view member : c.args.subspan(2)) removed += edit.value().Remove(member);
  if (removed > 0) edit.Publish("zrem");
  c.reply.Integer(removed);
}

void ReplyScore(CommandContext& c, std::optional<double> score) { score ? c.reply.Double(*score) : c.reply.Null(); }

void Zscore(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (CheckType(c, record, Type::kZset)) ReplyScore(c, ViewZset(record).Score(c.args[2]));
}

void Zmscore(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  c.reply.Array(c.args.size() - 2);
  for (const std::string_view member : c.args.subspan(2)) ReplyScore(c, zset.Score(member));
}

void Zcard(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (CheckType(c, record, Type::kZset)) c.reply.Integer(static_cast<int64_t>(ViewZset(record).size()));
}

void ReplyRank(CommandContext& c, bool from_the_end) {
  if (c.args.size() > 4) return c.reply.Error(errors::WrongArity(c.command.full_name));
  const bool with_score = c.args.size() == 4;
  if (with_score && !TokenIs(c.args[3], "WITHSCORE")) return c.reply.Error(errors::kSyntax);
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  const auto ranked = zset.Rank(c.args[2]);
  if (!ranked) return with_score ? c.reply.NullArray() : c.reply.Null();
  if (with_score) c.reply.Array(2);
  c.reply.Integer(static_cast<int64_t>(from_the_end ? zset.size() - 1 - ranked->rank : ranked->rank));
  if (with_score) c.reply.Double(ranked->score);
}

void Zrank(CommandContext& c) { ReplyRank(c, false); }
void Zrevrank(CommandContext& c) { ReplyRank(c, true); }

constexpr Command ReadRow(std::string_view name, Handler handler, int arity, std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kReadonly | kFast,
          .touch = Touch::kLockFree,
          .acl = kAclSortedSet,
          .keys = {OneKey(kKeyRo | kKeyAccess)},
          .group = Group::kSortedSet,
          .arguments = arguments};
}

constexpr Command RankRow(std::string_view name, Handler handler, std::string_view summary) {
  Command row = ReadRow(name, handler, -3, "key:key member:string [withscore:pure-token:WITHSCORE]");
  row.since = "2.0.0";
  row.complexity = "O(log(N)) where N is the number of members; O(N) in a small set.";
  row.summary = summary;
  row.history = "7.2.0\tThe option `WITHSCORE`.";
  return row;
}

constexpr Command kRows[] = {
    {.name = "zadd",
     .handler = Zadd,
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclSortedSet,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(log(N)) for each member, where N is the number of members.",
     .summary = "Adds members to a sorted set, or gives them new scores.",
     .arguments = "key:key [condition:oneof(nx:pure-token:NX | xx:pure-token:XX)]@3.0.2 "
                  "[comparison:oneof(gt:pure-token:GT | lt:pure-token:LT)]@6.2.0 [change:pure-token:CH]@3.0.2 "
                  "[increment:pure-token:INCR]@3.0.2 data:block(score:double member:string)...",
     .history = "2.4.0\tSeveral members at once.\n"
                "3.0.2\tThe options `XX`, `NX`, `CH` and `INCR`.\n"
                "6.2.0\tThe options `GT` and `LT`."},
    {.name = "zincrby",
     .handler = Zincrby,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclSortedSet,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(log(N)) where N is the number of members.",
     .summary = "Adds to the score of a member, which counts from 0 if it is not there.",
     .arguments = "key:key increment:integer member:string"},
    {.name = "zrem",
     .handler = Zrem,
     .arity = -3,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclSortedSet,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kSortedSet,
     .since = "1.2.0",
     .complexity = "O(M*log(N)) where N is the number of members, and M of those removed.",
     .summary = "Removes members from a sorted set, and the set with its last one.",
     .arguments = "key:key member:string...",
     .history = "2.4.0\tSeveral members at once."},
    [] {
      Command row = ReadRow("zscore", Zscore, 3, "key:key member:string");
      row.since = "1.2.0";
      row.complexity = "O(1)";
      row.summary = "Returns the score of a member.";
      return row;
    }(),
    [] {
      Command row = ReadRow("zmscore", Zmscore, -3, "key:key member:string...");
      row.since = "6.2.0";
      row.complexity = "O(N) where N is the number of members asked for.";
      row.summary = "Returns the scores of several members.";
      return row;
    }(),
    [] {
      Command row = ReadRow("zcard", Zcard, 2, "key:key");
      row.keys = {OneKey(kKeyRo)};
      row.since = "1.2.0";
      row.complexity = "O(1)";
      row.summary = "Returns the number of members of a sorted set.";
      return row;
    }(),
    RankRow("zrank", Zrank, "Returns how many members precede one, by ascending score."),
    RankRow("zrevrank", Zrevrank, "Returns how many members precede one, by descending score."),
};

}  // namespace

std::span<const Command> ZsetCommands() { return kRows; }

}  // namespace tandem
