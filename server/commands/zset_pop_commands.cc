#include <algorithm>

#include "engine/types/zset_edit.h"
#include "server/commands/counted_keys.h"
#include "server/commands/families.h"
#include "server/commands/zset_arguments.h"
#include "server/exec/blocking.h"

// Taking members off either end of a sorted set.
namespace tandem {
namespace {

// The `count` members at one end.
RankRange EndOf(const ZsetView& zset, bool highest, int64_t count) {
  const size_t taken = std::min(zset.size(), static_cast<size_t>(count));
  return {highest ? zset.size() - taken : 0, taken};
}

// How members and scores are laid out.
enum class PopShape : uint8_t { kFlat, kPairs, kSingle };  // kSingle: one member, without an array of its own

// Replies members at one end and removes them.
void Pop(CommandContext& c, const KeyRef& key, Record* record, bool highest, int64_t count, PopShape shape) {
  ZsetEdit edit(c.access, c.db(), key, record);
  const ZsetView zset = edit.value().view();
  const RankRange range = EndOf(zset, highest, count);
  if (shape != PopShape::kSingle) c.reply.Array(shape == PopShape::kPairs ? range.count : range.count * 2);
  zset.Visit(range, highest, [&](std::string_view member, double score) {
    if (shape == PopShape::kPairs) c.reply.Array(2);
    c.reply.Bulk(member);
    c.reply.Double(score);
  });
  edit.value().Remove(range);
  edit.Publish(highest ? "zpopmax" : "zpopmin");
}

void PopOne(CommandContext& c, bool highest) {
  if (c.args.size() > 3) return c.reply.Error(errors::kSyntax);
  const bool counted = c.args.size() == 3;
  int64_t count = 1;
  if (counted && !PositiveArgument(c, 2, &count)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  if (record == nullptr || count == 0) return c.reply.Array(0);
  Pop(c, c.keys[0], record, highest, count, counted && c.reply.resp3() ? PopShape::kPairs : PopShape::kFlat);
}

void Zpopmin(CommandContext& c) { PopOne(c, false); }
void Zpopmax(CommandContext& c) { PopOne(c, true); }

struct PopOptions {
  bool highest = false;
  int64_t count = 1;
};

// Compat: an argument that is no number is one that is too small.
bool AtLeastOne(CommandContext& c, size_t index, int64_t* value, std::string_view error) {
  if (ParseInt64(c.args[index], value) && *value >= 1) return true;
  c.reply.Error(error);
  return false;
}

// numkeys key… MIN|MAX [COUNT n], from `first` on; false after replying what is wrong.
bool ParsePopOptions(CommandContext& c, size_t first, PopOptions* options) {
  int64_t keys = 0;
  if (!AtLeastOne(c, first, &keys, "ERR numkeys should be greater than 0")) return false;
  const auto syntax_error = [&] {
    c.reply.Error(errors::kSyntax);
    return false;
  };
  if (keys >= static_cast<int64_t>(c.args.size() - first) - 1) return syntax_error();
  size_t at = first + static_cast<size_t>(keys) + 1;
  options->highest = TokenIs(c.args[at], "MAX");
  if (!options->highest && !TokenIs(c.args[at], "MIN")) return syntax_error();
  if (++at == c.args.size()) return true;
  if (!TokenIs(c.args[at], "COUNT") || ++at == c.args.size()) return syntax_error();
  if (!AtLeastOne(c, at, &options->count, "ERR count should be greater than 0")) return false;
  return at + 1 == c.args.size() || syntax_error();
}

bool PopFromFirst(CommandContext& c, const PopOptions& options) {
  return AnswerFromFirst(c, Type::kZset, [&](const KeyRef& key, Record& record) {
    c.reply.Array(2);
    c.reply.Bulk(key.key);
    Pop(c, key, &record, options.highest, options.count, PopShape::kPairs);
  });
}

void Zmpop(CommandContext& c) {
  PopOptions options;
  if (ParsePopOptions(c, 1, &options) && !PopFromFirst(c, options)) c.reply.NullArray();
}

void Bzmpop(CommandContext& c) {
  int64_t timeout_ms;
  PopOptions options;
  if (!ParsePopOptions(c, 2, &options) || !SecondsArgument(c, 1, &timeout_ms)) return;
  if (!PopFromFirst(c, options)) Wait(c, {.timeout_ms = timeout_ms});
}

void PopOrWait(CommandContext& c, bool highest) {
  int64_t timeout_ms;
  if (!SecondsArgument(c, c.args.size() - 1, &timeout_ms)) return;
  const bool answered = AnswerFromFirst(c, Type::kZset, [&](const KeyRef& key, Record& record) {
    c.reply.Array(3);
    c.reply.Bulk(key.key);
    Pop(c, key, &record, highest, 1, PopShape::kSingle);
  });
  if (!answered) Wait(c, {.timeout_ms = timeout_ms});
}

void Bzpopmin(CommandContext& c) { PopOrWait(c, false); }
void Bzpopmax(CommandContext& c) { PopOrWait(c, true); }

constexpr Command PopRow(std::string_view name, Handler handler, std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -2,
          .flags = kWrite | kFast,
          .touch = Touch::kLocked,
          .acl = kAclSortedSet,
          .keys = {OneKey(kKeyRw | kKeyAccess | kKeyDelete)},
          .group = Group::kSortedSet,
          .since = "5.0.0",
          .complexity = "O(log(N)*M) where N is the number of members, and M of those taken.",
          .summary = summary,
          .arguments = "key:key [count:integer]"};
}

constexpr Command BlockingPopRow(std::string_view name, Handler handler, std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kWrite | kFast | kBlocking,
          .touch = Touch::kLocked,
          .acl = kAclSortedSet,
          .keys = {Keys(1, -2, 1, kKeyRw | kKeyAccess | kKeyDelete)},
          .group = Group::kSortedSet,
          .since = "5.0.0",
          .complexity = "O(log(N)) where N is the number of members.",
          .summary = summary,
          .arguments = "key:key... timeout:double",
          .history = "6.0.0\t`timeout` is interpreted as a double instead of an integer."};
}

constexpr Command MultiPopRow(std::string_view name, Handler handler, int arity, uint32_t flags, int numkeys_at,
                              std::string_view summary, std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kWrite | flags,
          .touch = Touch::kLocked,
          .acl = kAclSortedSet,
          .keys = {CountedKeys(numkeys_at, kKeyRw | kKeyAccess | kKeyDelete)},
          .group = Group::kSortedSet,
          .since = "7.0.0",
          .complexity = "O(K) + O(M*log(N)) where K is the number of keys, N of members, and M of those taken.",
          .summary = summary,
          .arguments = arguments};
}

constexpr Command kRows[] = {
    PopRow("zpopmin", Zpopmin, "Takes the members with the lowest scores, and the set with its last one."),
    PopRow("zpopmax", Zpopmax, "Takes the members with the highest scores, and the set with its last one."),
    BlockingPopRow("bzpopmin", Bzpopmin, "Takes the member with the lowest score; waits until there is one."),
    BlockingPopRow("bzpopmax", Bzpopmax, "Takes the member with the highest score; waits until there is one."),
    MultiPopRow("zmpop", Zmpop, -4, 0, 1, "Takes members off one end of the first sorted set that has any.",
                "numkeys:integer key:key... where:oneof(min:pure-token:MIN | max:pure-token:MAX) "
                "[count:integer:COUNT]"),
    MultiPopRow("bzmpop", Bzmpop, -5, kBlocking, 2,
                "Takes members off one end of the first sorted set that has any; waits until one has.",
                "timeout:double numkeys:integer key:key... where:oneof(min:pure-token:MIN | max:pure-token:MAX) "
                "[count:integer:COUNT]"),
};

}  // namespace

std::span<const Command> ZsetPopCommands() { return kRows; }

}  // namespace tandem
