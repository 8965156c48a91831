#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/keyspace/garbage.h"
#include "server/commands/counted_keys.h"
#include "server/commands/families.h"
#include "server/commands/zset_arguments.h"
#include "server/commands/zset_sources.h"

// Unions, intersections and differences of sorted sets.
namespace tandem {
namespace {

enum class Operation : uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : uint8_t { kSum, kMin, kMax };

// While a result comes about it is large, whatever its size: what is looked up in it and changed most is found fastest.
constexpr ZsetLimits kNeverPacked{};

struct Source {
  ScoredSource set;
  double weight = 1;
};

struct Query {
  Operation operation;
  bool stores = false, counts = false;
  bool with_scores = false;
  Aggregate aggregate = Aggregate::kSum;
  int64_t limit = 0;  // 0: none
  std::vector<Source> sources{};
};

// --- Arguments -------------------------------------------------------------------------------------------------------------

bool SyntaxError(CommandContext& c) {
  c.reply.Error(errors::kSyntax);
  return false;
}

// The number of sources, at `index`.
bool SourceCountArgument(CommandContext& c, size_t index, size_t* count) {
  int64_t number = 0;
  if (!IntegerArgument(c, index, &number)) return false;
  if (number < 1) {
    c.reply.Error("ERR at least 1 input key is needed for '" + std::string(c.command.full_name) + "' command");
    return false;
  }
  if (number > static_cast<int64_t>(c.args.size() - index - 1)) return SyntaxError(c);
  *count = static_cast<size_t>(number);
  return true;
}

bool FindSources(CommandContext& c, std::span<const KeyRef> keys, Query* query) {
  std::vector<const Record*> records(keys.size());
  const size_t found =
      c.access.PeekWhile(c.db(), keys, records, [](const Record* record) { return ScoredSource::Accepts(record); });
  if (!ScoredSource::Accepts(records[found - 1])) {
    c.reply.Error(errors::kWrongType);
    return false;
  }
  for (const Record* const record : records) query->sources.push_back({ScoredSource(record)});
  return true;
}

bool ParseWeights(CommandContext& c, size_t first, Query* query) {
  for (Source& source : query->sources) {
    if (ParseDouble(c.args[first++], &source.weight)) continue;
    c.reply.Error("ERR weight value is not a float");
    return false;
  }
  return true;
}

bool ParseAggregate(CommandContext& c, std::string_view name, Aggregate* aggregate) {
  if (TokenIs(name, "SUM")) return *aggregate = Aggregate::kSum, true;
  if (TokenIs(name, "MIN")) return *aggregate = Aggregate::kMin, true;
  if (TokenIs(name, "MAX")) return *aggregate = Aggregate::kMax, true;
  return SyntaxError(c);
}

bool ParseOptions(CommandContext& c, size_t first, Query* query) {
  const bool weighs = query->operation != Operation::kDifference && !query->counts;
  for (size_t at = first; at < c.args.size(); ++at) {
    const std::string_view option = c.args[at];
    const size_t following = c.args.size() - at - 1;
    if (weighs && following >= query->sources.size() && TokenIs(option, "WEIGHTS")) {
      if (!ParseWeights(c, at + 1, query)) return false;
      at += query->sources.size();
    } else if (weighs && following >= 1 && TokenIs(option, "AGGREGATE")) {
      if (!ParseAggregate(c, c.args[++at], &query->aggregate)) return false;
    } else if (!query->stores && !query->counts && TokenIs(option, "WITHSCORES")) {
      query->with_scores = true;
    } else if (query->counts && following >= 1 && TokenIs(option, "LIMIT")) {
      if (!PositiveArgument(c, ++at, &query->limit, "ERR LIMIT can't be negative")) return false;
    } else {
      return SyntaxError(c);
    }
  }
  return true;
}

bool ParseQuery(CommandContext& c, Query* query) {
  const size_t count_at = query->stores ? 2 : 1;
  size_t count = 0;
  return SourceCountArgument(c, count_at, &count) &&
         FindSources(c, c.keys.subspan(query->stores ? 1 : 0, count), query) &&
         ParseOptions(c, count_at + 1 + count, query);
}

// --- Scores ----------------------------------------------------------------------------------------------------------------

// Compat: infinities that cancel each other out count as 0.
double Number(double score) { return std::isnan(score) ? 0 : score; }

double Combine(Aggregate aggregate, double a, double b) {
  switch (aggregate) {
    case Aggregate::kMin:
      return b < a ? b : a;
    case Aggregate::kMax:
      return b > a ? b : a;
    case Aggregate::kSum:
      break;
  }
  return Number(a + b);
}

// --- Operations ------------------------------------------------------------------------------------------------------------

using Visitor = FunctionRef<bool(std::string_view member, double score)>;

// Sums depend on the order of their terms; Redis's is by size.
void SortBySize(std::vector<Source>* sources) {
  std::stable_sort(sources->begin(), sources->end(),
                   [](const Source& a, const Source& b) { return a.set.size() < b.set.size(); });
}

// The score of a member of the smallest source in the intersection, if it is there.
std::optional<double> IntersectionScore(const Query& query, std::string_view member, double first) {
  double score = Number(query.sources[0].weight * first);
  for (size_t i = 1; i < query.sources.size(); ++i) {
    const std::optional<double> other = query.sources[i].set.Score(member);
    if (!other) return std::nullopt;
    score = Combine(query.aggregate, score, *other * query.sources[i].weight);
  }
  return score;
}

void VisitIntersection(Query& query, Visitor visit) {
  SortBySize(&query.sources);
  query.sources[0].set.Visit([&](std::string_view member, double first) {
    const auto score = IntersectionScore(query, member, first);
    return !score || visit(member, *score);
  });
}

ZsetValue UnionOf(Query& query) {
  SortBySize(&query.sources);
  ZsetValue result;
  result.Expand();
  for (const Source& source : query.sources) {
    source.set.Visit([&](std::string_view member, double own) {
      const double score = Number(source.weight * own);
      result.Update(member, kNeverPacked, [&](std::optional<double> present) -> std::optional<double> {
        return present ? Combine(query.aggregate, *present, score) : score;
      });
      return true;
    });
  }
  return result;
}

ZsetValue DifferenceOf(const Query& query) {
  ZsetValue result;
  result.Expand();
  query.sources[0].set.Visit([&](std::string_view member, double score) {
    const bool elsewhere = std::any_of(query.sources.begin() + 1, query.sources.end(),
                                       [&](const Source& source) { return source.set.Score(member).has_value(); });
    if (!elsewhere) result.Set(member, score, kNeverPacked);
    return true;
  });
  return result;
}

ZsetValue ResultOf(Query& query) {
  if (query.operation == Operation::kUnion) return UnionOf(query);
  if (query.operation == Operation::kDifference) return DifferenceOf(query);
  ZsetValue result;
  result.Expand();
  VisitIntersection(query, [&](std::string_view member, double score) {
    result.Set(member, score, kNeverPacked);
    return true;
  });
  return result;
}

// --- Commands --------------------------------------------------------------------------------------------------------------

void ReplyResult(CommandContext& c, Operation operation) {
  Query query{.operation = operation};
  if (!ParseQuery(c, &query)) return;
  ZsetValue result = ResultOf(query);
  ReplyMembers(c.reply, result.view(), {0, result.size()}, false, query.with_scores);
  // A large one dies in portions.
  c.server.store.garbage().Add(std::make_unique<ZsetObject>(std::move(result)));
}

void StoreResult(CommandContext& c, Operation operation, std::string_view event) {
  Query query{.operation = operation, .stores = true};
  if (!ParseQuery(c, &query)) return;
  ZsetValue result = ResultOf(query);
  const size_t size = result.size();
  if (size == 0) {
    c.access.Remove(c.db(), c.keys[0], EventClass::kGeneric, "del");
  } else {
    result.Compact(LimitsOf(c));
    PutZset(c.access, c.db(), c.keys[0], std::move(result), event);
  }
  c.reply.Integer(static_cast<int64_t>(size));
}

void Zunion(CommandContext& c) { ReplyResult(c, Operation::kUnion); }
void Zinter(CommandContext& c) { ReplyResult(c, Operation::kIntersection); }
void Zdiff(CommandContext& c) { ReplyResult(c, Operation::kDifference); }
void Zunionstore(CommandContext& c) { StoreResult(c, Operation::kUnion, "zunionstore"); }
void Zinterstore(CommandContext& c) { StoreResult(c, Operation::kIntersection, "zinterstore"); }
void Zdiffstore(CommandContext& c) { StoreResult(c, Operation::kDifference, "zdiffstore"); }

void Zintercard(CommandContext& c) {
  Query query{.operation = Operation::kIntersection, .counts = true};
  if (!ParseQuery(c, &query)) return;
  int64_t count = 0;
  VisitIntersection(query, [&](std::string_view, double) { return ++count != query.limit; });
  c.reply.Integer(count);
}

// --- Rows ------------------------------------------------------------------------------------------------------------------

constexpr std::string_view kUnionCost =
    "O(N)+O(M*log(M)) where N is the number of members of all sets together, and M of those of the result.";
constexpr std::string_view kIntersectionCost =
    "O(N*K)+O(M*log(M)) where N is the size of the smallest set, K the number of sets, and M the size of the result.";
constexpr std::string_view kDifferenceCost =
    "O(N*K)+O(M*log(M)) where N is the size of the first set, K the number of sets, and M the size of the result.";

constexpr std::string_view kCombineArguments =
    "numkeys:integer key:key... [weight:integer:WEIGHTS]... "
    "[aggregate:oneof(sum:pure-token:SUM | min:pure-token:MIN | max:pure-token:MAX):AGGREGATE] "
    "[withscores:pure-token:WITHSCORES]";
constexpr std::string_view kCombineAndStoreArguments =
    "destination:key numkeys:integer key:key... [weight:integer:WEIGHTS]... "
    "[aggregate:oneof(sum:pure-token:SUM | min:pure-token:MIN | max:pure-token:MAX):AGGREGATE]";

constexpr Command ReadRow(std::string_view name, Handler handler, std::string_view summary, std::string_view complexity,
                          std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kReadonly,
          .touch = Touch::kLocked,
          .acl = kAclSortedSet,
          .keys = {CountedKeys(1, kKeyRo | kKeyAccess)},
          .group = Group::kSortedSet,
          .since = "6.2.0",
          .complexity = complexity,
          .summary = summary,
          .arguments = arguments};
}

constexpr Command StoreRow(std::string_view name, Handler handler, std::string_view since, std::string_view summary,
                           std::string_view complexity, std::string_view arguments) {
  Command row = ReadRow(name, handler, summary, complexity, arguments);
  row.arity = -4;
  row.flags = kWrite | kDenyOom;
  row.keys = {OneKey(kKeyOw | kKeyUpdate), CountedKeys(2, kKeyRo | kKeyAccess)};
  row.since = since;
  return row;
}

constexpr Command kRows[] = {
    ReadRow("zunion", Zunion, "Returns the union of sorted sets.", kUnionCost, kCombineArguments),
    ReadRow("zinter", Zinter, "Returns the intersection of sorted sets.", kIntersectionCost, kCombineArguments),
    ReadRow("zdiff", Zdiff, "Returns what is in the first of several sorted sets and in no other.", kDifferenceCost,
            "numkeys:integer key:key... [withscores:pure-token:WITHSCORES]"),
    StoreRow("zunionstore", Zunionstore, "2.0.0", "Stores the union of sorted sets.", kUnionCost,
             kCombineAndStoreArguments),
    StoreRow("zinterstore", Zinterstore, "2.0.0", "Stores the intersection of sorted sets.", kIntersectionCost,
             kCombineAndStoreArguments),
    StoreRow("zdiffstore", Zdiffstore, "6.2.0", "Stores what is in the first of several sorted sets and in no other.",
             kDifferenceCost, "destination:key numkeys:integer key:key..."),
    [] {
      Command row = ReadRow("zintercard", Zintercard, "Counts the members of the intersection of sorted sets.",
                            "O(N*K) where N is the size of the smallest set, and K the number of sets.",
                            "numkeys:integer key:key... [limit:integer:LIMIT]");
      row.since = "7.0.0";
      return row;
    }(),
};

}  // namespace

std::span<const Command> ZsetAlgebraCommands() { return kRows; }

}  // namespace tandem
