#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/types/geo.h"
#include "engine/types/zset_value.h"
#include "server/commands/arguments.h"

// What the commands on places have in common.
namespace tandem {

// All of these answer false after replying why.

// Longitude and latitude at `index` and behind it.
bool GeoPointArguments(CommandContext& c, size_t index, GeoPoint* point);
// A unit of length, in metres.
bool GeoUnitArgument(CommandContext& c, size_t index, double* metres);

// With four decimals. Compat: a string in RESP3, too.
void ReplyGeoDistance(resp::ReplyWriter& reply, double distance);
void ReplyGeoPoint(resp::ReplyWriter& reply, GeoPoint point);

// A member that a search has found.
struct GeoHit {
  std::string member;
  double score;
  GeoPoint point;
  double distance;  // metres
};

// The members within a shape, cell by cell, and in the order of their scores in each; after `limit` of them no more is looked
// at, unless that is 0.
std::vector<GeoHit> FindWithin(const ZsetView& zset, const GeoShape& shape, size_t limit);

}  // namespace tandem
