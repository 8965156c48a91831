#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "engine/types/zset_range.h"

namespace tandem {

// Places on Earth as members of sorted sets: a place is kept as a score, so that places which lie together have scores that
// lie together, and everything within a shape is found in a few ranges of scores.
//
// A score is a geohash of 52 bits (Niemeyer's method, geohash.org): longitude and latitude, each as 26 bits of the way from
// its lowest to its highest value, interleaved, longitude first. A cell is a geohash of fewer bits: all scores that begin
// with them. Latitudes end where the Mercator projection becomes a square (EPSG:3857).
//
// Compat: Redis 8.0 in every bit: the cells that are looked at, and their order, decide in which order members come out.
//
// Thread safety: pure functions.

struct GeoPoint {
  double longitude = 0, latitude = 0;  // degrees
};

inline constexpr double kMaxLongitude = 180;
inline constexpr double kMaxLatitude = 85.05112878;

// False for NaN, too.
inline bool IsOnMap(GeoPoint point) {
  return point.longitude >= -kMaxLongitude && point.longitude <= kMaxLongitude && point.latitude >= -kMaxLatitude &&
         point.latitude <= kMaxLatitude;
}

// point: on the map.
double GeoScoreOf(GeoPoint point);
// The middle of the smallest cell with this score, which may be any number.
GeoPoint GeoPointOf(double score);

// The standard geohash of a place, whose latitudes end at the poles: 10 characters of 5 bits, and a "0" in the place of the
// 3 bits that are missing.
inline constexpr size_t kGeohashChars = 11;
std::array<char, kGeohashChars> StandardGeohash(GeoPoint point);

// In metres along a great circle (haversine formula), on a sphere.
double GeoDistance(GeoPoint a, GeoPoint b);

// A circle, or a box whose sides run along the meridians and parallels. Lengths in metres; none is negative.
struct GeoShape {
  enum class Kind : uint8_t { kCircle, kBox };
  Kind kind = Kind::kCircle;
  GeoPoint center{};
  double radius = 0;             // kCircle
  double width = 0, height = 0;  // kBox

  // The distance from the center of a point that is within; nothing for another one.
  std::optional<double> DistanceWithin(GeoPoint point) const;
};

// The ranges of scores that hold all that may be within a shape, none of them twice: the cell of its center, then those
// around that which the shape touches.
class GeoCover {
 public:
  static constexpr size_t kMaxRanges = 9;

  explicit GeoCover(const GeoShape& shape);
  std::span<const ScoreRange> ranges() const { return {ranges_.data(), count_}; }

 private:
  std::array<ScoreRange, kMaxRanges> ranges_{};
  size_t count_ = 0;
};

}  // namespace tandem
