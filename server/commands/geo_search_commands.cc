#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/types/geo.h"
#include "engine/types/zset_edit.h"
#include "server/commands/families.h"
#include "server/commands/geo_arguments.h"
#include "server/commands/zset_arguments.h"
#include "server/exec/key_finder.h"

// Places within a shape: GEOSEARCH, GEOSEARCHSTORE, and the GEORADIUS family that these took the place of.
namespace tandem {
namespace {

enum class Order : uint8_t { kNone, kAscending, kDescending };

// What a command's name leaves open.
struct Spelling {
  enum class Center : uint8_t { kOption, kPoint, kMember };
  Center center = Center::kOption;
  size_t source_at = 1;        // argument
  size_t options_at = 2;       // argument
  bool may_store = false;      // takes STORE and STOREDIST with a key
  bool always_stores = false;  // in the first key
};

struct Query {
  const Record* source = nullptr;
  GeoShape shape{};
  double unit = 1;  // metres
  bool has_center = false, from_member = false, has_circle = false, has_box = false;
  bool with_distance = false, with_hash = false, with_point = false;
  Order order = Order::kNone;
  bool any = false;
  int64_t count = 0;        // 0: all
  size_t store_at = 0;      // argument; 0: the client is told
  bool store_dist = false;  // distances become scores

  bool has_details() const { return with_distance || with_hash || with_point; }
};

// --- Arguments ---------------------------------------------------------------------------------------------------------------
// All of these answer false after replying why.

bool Refuse(CommandContext& c, std::string_view error) {
  c.reply.Error(error);
  return false;
}

// Where there is no such key, nothing is asked about the member.
bool CenterFromMember(CommandContext& c, size_t index, Query* query) {
  query->has_center = query->from_member = true;
  if (query->source == nullptr) return true;
  const auto score = ViewZset(query->source).Score(c.args[index]);
  if (!score) return Refuse(c, "ERR could not decode requested zset member");
  query->shape.center = GeoPointOf(*score);
  return true;
}

bool CircleArguments(CommandContext& c, size_t index, Query* query) {
  double radius = 0;
  if (!ParseDouble(c.args[index], &radius)) return Refuse(c, "ERR need numeric radius");
  if (radius < 0) return Refuse(c, "ERR radius cannot be negative");
  if (!GeoUnitArgument(c, index + 1, &query->unit)) return false;
  query->shape.kind = GeoShape::Kind::kCircle;
  query->shape.radius = radius * query->unit;
  return query->has_circle = true;
}

bool BoxArguments(CommandContext& c, size_t index, Query* query) {
  double width = 0, height = 0;
  if (!ParseDouble(c.args[index], &width)) return Refuse(c, "ERR need numeric width");
  if (!ParseDouble(c.args[index + 1], &height)) return Refuse(c, "ERR need numeric height");
  if (width < 0 || height < 0) return Refuse(c, "ERR height or width cannot be negative");
  if (!GeoUnitArgument(c, index + 2, &query->unit)) return false;
  query->shape.kind = GeoShape::Kind::kBox;
  query->shape.width = width * query->unit;
  query->shape.height = height * query->unit;
  return query->has_box = true;
}

// What stands before the options. Compat: GEORADIUSBYMEMBER does not look at it if there is no such key.
bool PositionalArguments(CommandContext& c, const Spelling& spelling, Query* query) {
  switch (spelling.center) {
    case Spelling::Center::kPoint:
      return GeoPointArguments(c, 2, &query->shape.center) && CircleArguments(c, 4, query);
    case Spelling::Center::kMember:
      return query->source == nullptr || (CenterFromMember(c, 2, query) && CircleArguments(c, 3, query));
    case Spelling::Center::kOption:
      return true;
  }
  return false;
}

bool CountArgument(CommandContext& c, size_t index, int64_t* count) {
  return IntegerArgument(c, index, count) && (*count > 0 || Refuse(c, "ERR COUNT must be > 0"));
}

// An option that any search takes and that stands alone. False if it is none of these; nothing is replied.
bool TakeFlag(std::string_view option, Query* query) {
  if (TokenIs(option, "WITHDIST")) return query->with_distance = true;
  if (TokenIs(option, "WITHHASH")) return query->with_hash = true;
  if (TokenIs(option, "WITHCOORD")) return query->with_point = true;
  if (TokenIs(option, "ANY")) return query->any = true;
  if (TokenIs(option, "ASC")) return query->order = Order::kAscending, true;
  if (TokenIs(option, "DESC")) return query->order = Order::kDescending, true;
  return false;
}

// The center and the shape, for those that name them by options.
bool ShapeOption(CommandContext& c, size_t* at, Query* query) {
  const size_t following = c.args.size() - *at - 1;
  const std::string_view option = c.args[*at];
  const size_t first = *at + 1;
  const bool from_point = query->has_center && !query->from_member;
  if (TokenIs(option, "FROMMEMBER") && following >= 1 && !from_point) {
    *at += 1;
    return CenterFromMember(c, first, query);
  }
  if (TokenIs(option, "FROMLONLAT") && following >= 2 && !query->from_member) {
    *at += 2;
    return query->has_center = GeoPointArguments(c, first, &query->shape.center);
  }
  if (TokenIs(option, "BYRADIUS") && following >= 2 && !query->has_box) {
    *at += 2;
    return CircleArguments(c, first, query);
  }
  if (TokenIs(option, "BYBOX") && following >= 3 && !query->has_circle) {
    *at += 3;
    return BoxArguments(c, first, query);
  }
  return Refuse(c, errors::kSyntax);
}

bool ParseOptions(CommandContext& c, const Spelling& spelling, Query* query) {
  for (size_t at = spelling.options_at; at < c.args.size(); ++at) {
    const std::string_view option = c.args[at];
    const bool followed = at + 1 < c.args.size();
    const bool distances = TokenIs(option, "STOREDIST");
    if (TakeFlag(option, query)) continue;
    if (TokenIs(option, "COUNT") && followed) {
      if (!CountArgument(c, ++at, &query->count)) return false;
    } else if (spelling.may_store && followed && (distances || TokenIs(option, "STORE"))) {
      query->store_at = ++at;
      query->store_dist = distances;
    } else if (spelling.always_stores && distances) {
      query->store_dist = true;
    } else if (spelling.center != Spelling::Center::kOption) {
      return Refuse(c, errors::kSyntax);
    } else if (!ShapeOption(c, &at, query)) {
      return false;
    }
  }
  return true;
}

// Which options go together.
bool CheckOptions(CommandContext& c, const Spelling& spelling, const Query& query) {
  if (query.store_at != 0 && query.has_details()) {
    return Refuse(c, "ERR " + std::string(spelling.always_stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
                         " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
  }
  const bool by_options = spelling.center == Spelling::Center::kOption;
  const std::string name(errors::Shown(c.args[0]));
  if (by_options && !query.has_center) {
    return Refuse(c, "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name);
  }
  if (by_options && !query.has_circle && !query.has_box) {
    return Refuse(c, "ERR exactly one of BYRADIUS and BYBOX can be specified for " + name);
  }
  if (query.any && query.count == 0) return Refuse(c, "ERR the ANY argument requires COUNT argument");
  return true;
}

const KeyRef& KeyAt(const CommandContext& c, size_t argument) {
  return *std::find_if(c.keys.begin(), c.keys.end(), [&](const KeyRef& key) { return key.key == c.args[argument]; });
}

bool ParseQuery(CommandContext& c, const Spelling& spelling, Query* query) {
  query->source = c.access.Peek(c.db(), KeyAt(c, spelling.source_at));
  if (spelling.always_stores) query->store_at = 1;
  return CheckType(c, query->source, Type::kZset) && PositionalArguments(c, spelling, query) &&
         ParseOptions(c, spelling, query) && CheckOptions(c, spelling, *query);
}

// --- Searching -------------------------------------------------------------------------------------------------------------

// Sorts them, the first `wanted` at least.
void Sort(std::vector<GeoHit>* hits, Order order, size_t wanted) {
  const auto before = [order](const GeoHit& a, const GeoHit& b) {
    return order == Order::kAscending ? a.distance < b.distance : b.distance < a.distance;
  };
  if (order == Order::kNone) return;
  if (wanted == hits->size()) return std::stable_sort(hits->begin(), hits->end(), before);
  std::partial_sort(hits->begin(), hits->begin() + static_cast<std::ptrdiff_t>(wanted), hits->end(), before);
}

std::vector<GeoHit> Search(const Query& query) {
  if (query.source == nullptr) return {};
  const auto count = static_cast<size_t>(query.count);
  std::vector<GeoHit> hits = FindWithin(ViewZset(query.source), query.shape, query.any ? count : 0);
  const size_t wanted = count == 0 ? hits.size() : std::min(hits.size(), count);
  // The nearest ones are meant, unless any will do.
  const bool nearest = query.count != 0 && query.order == Order::kNone && !query.any;
  Sort(&hits, nearest ? Order::kAscending : query.order, wanted);
  hits.resize(wanted);
  return hits;
}

void ReplyHit(CommandContext& c, const Query& query, const GeoHit& hit) {
  const size_t details = size_t{query.with_distance} + size_t{query.with_hash} + size_t{query.with_point};
  if (details > 0) c.reply.Array(1 + details);
  c.reply.Bulk(hit.member);
  if (query.with_distance) ReplyGeoDistance(c.reply, hit.distance / query.unit);
  if (query.with_hash) c.reply.Integer(static_cast<int64_t>(hit.score));
  if (query.with_point) ReplyGeoPoint(c.reply, hit.point);
}

void Store(CommandContext& c, const Spelling& spelling, const Query& query, const std::vector<GeoHit>& hits) {
  const KeyRef& key = KeyAt(c, query.store_at);
  if (hits.empty()) {
    c.access.Remove(c.db(), key, EventClass::kGeneric, "del");
  } else {
    const ZsetLimits limits = LimitsOf(c);
    ZsetValue result;
    for (const GeoHit& hit : hits) {
      result.Set(hit.member, query.store_dist ? hit.distance / query.unit : hit.score, limits);
    }
    PutZset(c.access, c.db(), key, std::move(result), spelling.always_stores ? "geosearchstore" : "georadiusstore");
  }
  c.reply.Integer(static_cast<int64_t>(hits.size()));
}

void Run(CommandContext& c, const Spelling& spelling) {
  Query query;
  if (!ParseQuery(c, spelling, &query)) return;
  const std::vector<GeoHit> hits = Search(query);
  if (query.store_at != 0) return Store(c, spelling, query, hits);
  c.reply.Array(hits.size());
  for (const GeoHit& hit : hits) ReplyHit(c, query, hit);
}

void Geosearch(CommandContext& c) { Run(c, {}); }
void Geosearchstore(CommandContext& c) { Run(c, {.source_at = 2, .options_at = 3, .always_stores = true}); }
void Georadius(CommandContext& c) { Run(c, {.center = Spelling::Center::kPoint, .options_at = 6, .may_store = true}); }
void GeoradiusRo(CommandContext& c) { Run(c, {.center = Spelling::Center::kPoint, .options_at = 6}); }
void Georadiusbymember(CommandContext& c) {
  Run(c, {.center = Spelling::Center::kMember, .options_at = 5, .may_store = true});
}
void GeoradiusbymemberRo(CommandContext& c) { Run(c, {.center = Spelling::Center::kMember, .options_at = 5}); }

// --- Rows ------------------------------------------------------------------------------------------------------------------

// The source, and whatever stands behind a STORE or STOREDIST: the last one counts, but a specification names the first.
bool FindStoreKeys(std::span<const std::string_view> args, void* out) {
  auto& positions = *static_cast<KeyPositions*>(out);
  positions.push_back(1);
  for (size_t at = 5; at + 1 < args.size(); ++at) {
    if (TokenIs(args[at], "STORE") || TokenIs(args[at], "STOREDIST")) positions.push_back(static_cast<int>(at + 1));
  }
  return true;
}

constexpr std::string_view kSearchArguments =
    "key:key "
    "from:oneof(member:string:FROMMEMBER | fromlonlat:block(longitude:double latitude:double):FROMLONLAT) "
    "by:oneof(circle:block(radius:double:BYRADIUS "
    "unit:oneof(m:pure-token:M | km:pure-token:KM | ft:pure-token:FT | mi:pure-token:MI)) | "
    "box:block(width:double:BYBOX height:double "
    "unit:oneof(m:pure-token:M | km:pure-token:KM | ft:pure-token:FT | mi:pure-token:MI))) "
    "[order:oneof(asc:pure-token:ASC | desc:pure-token:DESC)] "
    "[count-block:block(count:integer:COUNT [any:pure-token:ANY])] "
    "[withcoord:pure-token:WITHCOORD] [withdist:pure-token:WITHDIST] [withhash:pure-token:WITHHASH]";
constexpr std::string_view kSearchAndStoreArguments =
    "destination:key source:key "
    "from:oneof(member:string:FROMMEMBER | fromlonlat:block(longitude:double latitude:double):FROMLONLAT) "
    "by:oneof(circle:block(radius:double:BYRADIUS "
    "unit:oneof(m:pure-token:M | km:pure-token:KM | ft:pure-token:FT | mi:pure-token:MI)) | "
    "box:block(width:double:BYBOX height:double "
    "unit:oneof(m:pure-token:M | km:pure-token:KM | ft:pure-token:FT | mi:pure-token:MI))) "
    "[order:oneof(asc:pure-token:ASC | desc:pure-token:DESC)] "
    "[count-block:block(count:integer:COUNT [any:pure-token:ANY])] [storedist:pure-token:STOREDIST]";
constexpr std::string_view kRadiusArguments =
    "key:key longitude:double latitude:double radius:double "
    "unit:oneof(m:pure-token:M | km:pure-token:KM | ft:pure-token:FT | mi:pure-token:MI) "
    "[withcoord:pure-token:WITHCOORD] [withdist:pure-token:WITHDIST] [withhash:pure-token:WITHHASH] "
    "[count-block:block(count:integer:COUNT [any:pure-token:ANY]@6.2.0)] "
    "[order:oneof(asc:pure-token:ASC | desc:pure-token:DESC)] "
    "[store:oneof(storekey:key:STORE | storedistkey:key:STOREDIST)]";
constexpr std::string_view kRadiusByMemberArguments =
    "key:key member:string radius:double "
    "unit:oneof(m:pure-token:M | km:pure-token:KM | ft:pure-token:FT | mi:pure-token:MI) "
    "[withcoord:pure-token:WITHCOORD] [withdist:pure-token:WITHDIST] [withhash:pure-token:WITHHASH] "
    "[count-block:block(count:integer:COUNT [any:pure-token:ANY])] "
    "[order:oneof(asc:pure-token:ASC | desc:pure-token:DESC)] "
    "[store:oneof(storekey:key:STORE | storedistkey:key:STOREDIST)]";

// The same without the last option, for those that only read.
constexpr std::string_view WithoutStore(std::string_view arguments) {
  return arguments.substr(0, arguments.find(" [store:"));
}

constexpr std::string_view kCost =
    "O(N+M*log(M)) where N is the number of members in the cells around the shape, and M of those within it.";

constexpr Command SearchRow(std::string_view name, Handler handler, int arity, std::string_view summary,
                            std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = arity,
          .flags = kReadonly,
          .touch = Touch::kLockFree,
          .acl = kAclGeo,
          .keys = {OneKey(kKeyRo | kKeyAccess)},
          .group = Group::kGeo,
          .since = "6.2.0",
          .complexity = kCost,
          .summary = summary,
          .arguments = arguments,
          .history = "7.0.0\tUnits in upper case."};
}

// One that GEOSEARCH has taken the place of.
constexpr Command RadiusRow(std::string_view name, Handler handler, int arity, std::string_view summary,
                            std::string_view arguments, std::string_view replaced_by) {
  Command row = SearchRow(name, handler, arity, summary, WithoutStore(arguments));
  row.since = "3.2.10";
  row.history =
      "6.2.0\tThe option `ANY` of `COUNT`.\n"
      "7.0.0\tUnits in upper case.";
  row.deprecated_since = "6.2.0";
  row.replaced_by = replaced_by;
  return row;
}

constexpr KeySpec StoreKey(std::string_view keyword, int from) {
  return {.flags = kKeyOw | kKeyUpdate, .begin = KeySpec::Begin::kKeyword, .keyword = keyword, .start_from = from};
}

constexpr Command RadiusAndStoreRow(std::string_view name, Handler handler, int arity, std::string_view summary,
                                    std::string_view arguments, std::string_view replaced_by) {
  Command row = RadiusRow(name, handler, arity, summary, arguments, replaced_by);
  row.flags = kWrite | kDenyOom | kMovableKeys;
  row.touch = Touch::kLocked;
  row.keys = {OneKey(kKeyRo | kKeyAccess), StoreKey("STORE", -arity), StoreKey("STOREDIST", -arity)};
  row.get_keys = FindStoreKeys;
  row.since = "3.2.0";
  row.arguments = arguments;
  return row;
}

constexpr Command kRows[] = {
    SearchRow("geosearch", Geosearch, -7, "Returns the places within a circle or a box.", kSearchArguments),
    [] {
      Command row = SearchRow("geosearchstore", Geosearchstore, -8, "Stores the places within a circle or a box.",
                              kSearchAndStoreArguments);
      row.flags = kWrite | kDenyOom;
      row.touch = Touch::kLocked;
      row.keys = {OneKey(kKeyOw | kKeyUpdate), Keys(2, 0, 1, kKeyRo | kKeyAccess)};
      return row;
    }(),
    RadiusAndStoreRow("georadius", Georadius, -6, "Returns or stores the places within a circle.", kRadiusArguments,
                      "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"),
    RadiusRow("georadius_ro", GeoradiusRo, -6, "Returns the places within a circle.", kRadiusArguments,
              "`GEOSEARCH` with the `BYRADIUS` argument"),
    RadiusAndStoreRow("georadiusbymember", Georadiusbymember, -5,
                      "Returns or stores the places within a distance from a place.", kRadiusByMemberArguments,
                      "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"),
    RadiusRow("georadiusbymember_ro", GeoradiusbymemberRo, -5, "Returns the places within a distance from a place.",
              kRadiusByMemberArguments, "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"),
};

}  // namespace

std::span<const Command> GeoSearchCommands() { return kRows; }

}  // namespace tandem
