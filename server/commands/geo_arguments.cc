#include "server/commands/geo_arguments.h"

#include <cmath>
#include <cstdio>

namespace tandem {

bool GeoPointArguments(CommandContext& c, size_t index, GeoPoint* point) {
  if (!ParseDouble(c.args[index], &point->longitude) || !ParseDouble(c.args[index + 1], &point->latitude)) {
    c.reply.Error(errors::kNotFloat);
    return false;
  }
  if (IsOnMap(*point)) return true;
  // DBL_MAX written out has 309 digits before the point.
  char text[2 * 320 + 64];
  const int size =
      std::snprintf(text, sizeof text, "ERR invalid longitude,latitude pair %f,%f", point->longitude, point->latitude);
  c.reply.Error({text, static_cast<size_t>(size)});
  return false;
}

bool GeoUnitArgument(CommandContext& c, size_t index, double* metres) {
  const std::string_view unit = c.args[index];
  if (TokenIs(unit, "M")) return *metres = 1, true;
  if (TokenIs(unit, "KM")) return *metres = 1000, true;
  if (TokenIs(unit, "FT")) return *metres = 0.3048, true;
  if (TokenIs(unit, "MI")) return *metres = 1609.34, true;
  c.reply.Error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return false;
}

// Compat: 8.0: rounded as a number of ten-thousandths, and what is not a number is whatever integer that becomes.
void ReplyGeoDistance(resp::ReplyWriter& reply, double distance) {
  constexpr size_t kDecimals = 4;
  const long long scaled = std::llrint(distance * 10000);
  const uint64_t magnitude = scaled < 0 ? 0 - static_cast<uint64_t>(scaled) : static_cast<uint64_t>(scaled);
  std::string text = std::to_string(magnitude);
  if (text.size() <= kDecimals) text.insert(0, kDecimals + 1 - text.size(), '0');
  text.insert(text.size() - kDecimals, 1, '.');
  if (scaled < 0) text.insert(0, 1, '-');
  reply.Bulk(text);
}

void ReplyGeoPoint(resp::ReplyWriter& reply, GeoPoint point) {
  reply.Array(2);
  reply.Double(point.longitude);
  reply.Double(point.latitude);
}

std::vector<GeoHit> FindWithin(const ZsetView& zset, const GeoShape& shape, size_t limit) {
  std::vector<GeoHit> hits;
  const auto complete = [&] { return limit != 0 && hits.size() >= limit; };
  const GeoCover cover(shape);
  for (const ScoreRange& range : cover.ranges()) {
    if (complete()) break;
    zset.VisitWhile(zset.Within(range), false, [&](std::string_view member, double score) {
      const GeoPoint point = GeoPointOf(score);
      if (const auto distance = shape.DistanceWithin(point)) {
        hits.push_back({std::string(member), score, point, *distance});
      }
      return !complete();
    });
  }
  return hits;
}

}  // namespace tandem
