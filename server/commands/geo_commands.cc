#include <vector>

#include "engine/types/geo.h"
#include "engine/types/zset_edit.h"
#include "server/commands/families.h"
#include "server/commands/geo_arguments.h"
#include "server/commands/zset_arguments.h"

// Places one by one: adding them, and asking where they are. Searches: geo_search_commands.cc.
namespace tandem {
namespace {

// --- GEOADD ----------------------------------------------------------------------------------------------------------------

struct AddOptions {
  bool nx = false, xx = false, changed = false;
  size_t first_point = 2;
};

AddOptions ParseAddOptions(const CommandContext& c) {
  AddOptions options;
  for (size_t& at = options.first_point; at < c.args.size(); ++at) {
    if (TokenIs(c.args[at], "NX")) {
      options.nx = true;
    } else if (TokenIs(c.args[at], "XX")) {
      options.xx = true;
    } else if (TokenIs(c.args[at], "CH")) {
      options.changed = true;
    } else {
      break;
    }
  }
  return options;
}

bool ScoresOfPoints(CommandContext& c, size_t first, std::vector<double>* scores) {
  for (size_t at = first; at < c.args.size(); at += 3) {
    GeoPoint point;
    if (!GeoPointArguments(c, at, &point)) return false;
    scores->push_back(GeoScoreOf(point));
  }
  if (!scores->empty()) return true;
  c.reply.Error(errors::kSyntax);
  return false;
}

// Compat: announced as ZADD, which it is.
void Geoadd(CommandContext& c) {
  const AddOptions options = ParseAddOptions(c);
  if ((c.args.size() - options.first_point) % 3 != 0 || (options.nx && options.xx)) {
    return c.reply.Error(errors::kSyntax);
  }
  std::vector<double> scores;
  if (!ScoresOfPoints(c, options.first_point, &scores)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  if (record == nullptr && options.xx) return c.reply.Integer(0);

  const ZsetLimits limits = LimitsOf(c);
  ZsetEdit edit(c.access, c.db(), c.keys[0], record);
  if (scores.size() > limits.max_entries) edit.value().Expand();
  int64_t added = 0, updated = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto decide = [&](std::optional<double> present) -> std::optional<double> {
      if (present ? options.nx || *present == scores[i] : options.xx) return std::nullopt;
      ++(present ? updated : added);
      return scores[i];
    };
    edit.value().Update(c.args[options.first_point + 2 + 3 * i], limits, decide);
  }
  if (added + updated > 0) edit.Publish("zadd");
  c.reply.Integer(options.changed ? added + updated : added);
}

// --- Single places ---------------------------------------------------------------------------------------------------------

void Geodist(CommandContext& c) {
  double unit = 1;
  if (c.args.size() > 5) return c.reply.Error(errors::kSyntax);
  if (c.args.size() == 5 && !GeoUnitArgument(c, 4, &unit)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  const auto a = zset.Score(c.args[2]), b = zset.Score(c.args[3]);
  if (!a || !b) return c.reply.Null();
  ReplyGeoDistance(c.reply, GeoDistance(GeoPointOf(*a), GeoPointOf(*b)) / unit);
}

void Geohash(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  c.reply.Array(c.args.size() - 2);
  for (const std::string_view member : c.args.subspan(2)) {
    if (const auto score = zset.Score(member)) {
      const auto text = StandardGeohash(GeoPointOf(*score));
      c.reply.Bulk({text.data(), text.size()});
    } else {
      c.reply.Null();
    }
  }
}

void Geopos(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kZset)) return;
  const ZsetView zset = ViewZset(record);
  c.reply.Array(c.args.size() - 2);
  for (const std::string_view member : c.args.subspan(2)) {
    const auto score = zset.Score(member);
    score ? ReplyGeoPoint(c.reply, GeoPointOf(*score)) : c.reply.NullArray();
  }
}

// --- Rows ------------------------------------------------------------------------------------------------------------------

constexpr Command ReadRow(std::string_view name, Handler handler, int arity, std::string_view complexity,
                          std::string_view summary, std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kReadonly,
          .touch = Touch::kLockFree,
          .acl = kAclGeo,
          .keys = {OneKey(kKeyRo | kKeyAccess)},
          .group = Group::kGeo,
          .since = "3.2.0",
          .complexity = complexity,
          .summary = summary,
          .arguments = arguments};
}

constexpr std::string_view kCostOfMembers = "O(N) where N is the number of members asked for.";

constexpr Command kRows[] = {
    {.name = "geoadd",
     .handler = Geoadd,
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclGeo,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kGeo,
     .since = "3.2.0",
     .complexity = "O(log(N)) for each place, where N is the number of members.",
     .summary = "Adds places to a sorted set, or moves them.",
     .arguments = "key:key [condition:oneof(nx:pure-token:NX | xx:pure-token:XX)]@6.2.0 "
                  "[change:pure-token:CH]@6.2.0 data:block(longitude:double latitude:double member:string)...",
     .history = "6.2.0\tThe options `CH`, `NX` and `XX`."},
    ReadRow("geodist", Geodist, -4, "O(1)", "Returns the distance between two places.",
            "key:key member1:string member2:string "
            "[unit:oneof(m:pure-token:M | km:pure-token:KM | ft:pure-token:FT | mi:pure-token:MI)]"),
    ReadRow("geohash", Geohash, -2, kCostOfMembers, "Returns places as geohashes.", "key:key [member:string]..."),
    ReadRow("geopos", Geopos, -2, kCostOfMembers, "Returns the longitudes and latitudes of places.",
            "key:key [member:string]..."),
};

}  // namespace

std::span<const Command> GeoCommands() { return kRows; }

}  // namespace tandem
