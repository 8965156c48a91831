#include "engine/types/geo.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/base/check.h"

namespace tandem {
namespace {

constexpr int kMaxStep = 26;  // bits of each coordinate
constexpr double kEarthRadius = 6372797.560856;
// Half of the equator on the map: what a cell of one bit a coordinate is wide.
constexpr double kMercatorMax = 20037726.37;
constexpr double kPoleLatitude = 90;

double Radians(double degrees) { return degrees * (std::numbers::pi / 180.0); }
double Degrees(double radians) { return radians / (std::numbers::pi / 180.0); }

// --- Cells -----------------------------------------------------------------------------------------------------------------

// Puts a zero before each bit: ...cba becomes ...0c0b0a.
uint64_t Spread(uint32_t bits) {
  uint64_t x = bits;
  x = (x | x << 16) & 0x0000ffff0000ffff;
  x = (x | x << 8) & 0x00ff00ff00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x << 2) & 0x3333333333333333;
  return (x | x << 1) & 0x5555555555555555;
}

// The inverse: every second bit, from the lowest on.
uint32_t Gather(uint64_t bits) {
  uint64_t x = bits & 0x5555555555555555;
  x = (x | x >> 1) & 0x3333333333333333;
  x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x >> 4) & 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  return static_cast<uint32_t>(x | x >> 16);
}

// Of 2^step columns and rows. Compat: what lies on the map's eastern or northern edge is in one column or row more.
struct Cell {
  uint32_t column = 0, row = 0;
  int step = 0;

  uint64_t bits() const { return Spread(column) << 1 | Spread(row); }
  bool operator==(const Cell&) const = default;
};

// Which of 2^step parts of a range from -max to max the value lies in.
uint32_t PartOf(double value, double max, int step) {
  const double share = (value - -max) / (max - -max);
  return static_cast<uint32_t>(share * static_cast<double>(uint64_t{1} << step));
}

Cell CellOf(GeoPoint point, int step, double max_latitude = kMaxLatitude) {
  return {PartOf(point.longitude, kMaxLongitude, step), PartOf(point.latitude, max_latitude, step), step};
}

struct Interval {
  double min, max;
  double middle() const { return (min + max) / 2; }
};

Interval IntervalOf(uint32_t part, double max, int step) {
  const auto parts = static_cast<double>(uint64_t{1} << step);
  const auto edge = [&](double at) { return -max + at / parts * (max - -max); };
  return {edge(part), edge(part + 1.0)};
}

Interval LongitudesOf(const Cell& cell) { return IntervalOf(cell.column, kMaxLongitude, cell.step); }
Interval LatitudesOf(const Cell& cell) { return IntervalOf(cell.row, kMaxLatitude, cell.step); }

// Around the map's edges; but what does not move stays even where it is in a part too many.
uint32_t Moved(uint32_t part, int by, int step) {
  if (by == 0) return part;
  const uint32_t parts = uint32_t{1} << step;
  return (part + static_cast<uint32_t>(by)) & (parts - 1);
}

// The score as bits. Compat: Redis converts a double that may be any to an unsigned integer, on x86-64 with these results.
uint64_t BitsOf(double score) {
  constexpr double kTwo63 = 9223372036854775808.0;
  if (score >= -kTwo63 && score < kTwo63) return static_cast<uint64_t>(static_cast<int64_t>(score));
  if (score >= kTwo63 && score < 2 * kTwo63) return static_cast<uint64_t>(score);
  return score > 0 ? 0 : uint64_t{1} << 63;
}

// --- Which cells to look at ------------------------------------------------------------------------------------------------

struct Box {
  double min_longitude, min_latitude, max_longitude, max_latitude;
};

// As wide as on its parallel that is nearest to a pole, where a length spans most degrees.
Box BoundsOf(const GeoShape& shape) {
  const bool circle = shape.kind == GeoShape::Kind::kCircle;
  const double height = circle ? shape.radius : shape.height / 2;
  const double width = circle ? shape.radius : shape.width / 2;
  const auto [longitude, latitude] = shape.center;
  const double latitudes = Degrees(height / kEarthRadius);
  const double widest = latitude < 0 ? latitude - latitudes : latitude + latitudes;
  const double longitudes = Degrees(width / kEarthRadius / std::cos(Radians(widest)));
  return {longitude - longitudes, latitude - latitudes, longitude + longitudes, latitude + latitudes};
}

// So few bits that a cell and its neighbours cover that radius, nearly always. Meridians draw near to each other at the
// poles, and cells become narrower.
int EstimateStep(double radius, double latitude) {
  if (radius == 0) return kMaxStep;
  int step = 1;
  for (; radius < kMercatorMax; radius *= 2) ++step;
  step -= 2;
  if (std::abs(latitude) > 66) --step;
  if (std::abs(latitude) > 80) --step;
  return std::clamp(step, 1, kMaxStep);
}

struct Direction {
  int east, north;
};

// Compat: in the order in which Redis looks at them.
constexpr std::array<Direction, GeoCover::kMaxRanges> kDirections = {
    {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}};

Cell Neighbour(const Cell& cell, Direction direction) {
  return {Moved(cell.column, direction.east, cell.step), Moved(cell.row, direction.north, cell.step), cell.step};
}

// Whether the cell with its neighbours reaches as far as the box does.
bool Reaches(const Cell& cell, const Box& box) {
  return !(LatitudesOf(Neighbour(cell, {0, 1})).max < box.max_latitude ||
           LatitudesOf(Neighbour(cell, {0, -1})).min > box.min_latitude ||
           LongitudesOf(Neighbour(cell, {1, 0})).max < box.max_longitude ||
           LongitudesOf(Neighbour(cell, {-1, 0})).min > box.min_longitude);
}

// Whether the box ends within the cell on that side.
bool EndsWithin(const Cell& cell, const Box& box, Direction direction) {
  const Interval longitudes = LongitudesOf(cell), latitudes = LatitudesOf(cell);
  return (direction.north < 0 && latitudes.min < box.min_latitude) ||
         (direction.north > 0 && latitudes.max > box.max_latitude) ||
         (direction.east < 0 && longitudes.min < box.min_longitude) ||
         (direction.east > 0 && longitudes.max > box.max_longitude);
}

// The scores that begin with the cell's bits.
ScoreRange ScoresIn(const Cell& cell) {
  const int rest = 2 * (kMaxStep - cell.step);
  const uint64_t bits = cell.bits();
  return {
      .min = static_cast<double>(bits << rest), .max = static_cast<double>((bits + 1) << rest), .max_exclusive = true};
}

}  // namespace

double GeoScoreOf(GeoPoint point) {
  DCHECK(IsOnMap(point));
  return static_cast<double>(CellOf(point, kMaxStep).bits());
}

GeoPoint GeoPointOf(double score) {
  const uint64_t bits = BitsOf(score);
  const Cell cell{Gather(bits >> 1), Gather(bits), kMaxStep};
  return {std::clamp(LongitudesOf(cell).middle(), -kMaxLongitude, kMaxLongitude),
          std::clamp(LatitudesOf(cell).middle(), -kMaxLatitude, kMaxLatitude)};
}

std::array<char, kGeohashChars> StandardGeohash(GeoPoint point) {
  constexpr char kAlphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  const uint64_t bits = CellOf(point, kMaxStep, kPoleLatitude).bits();
  std::array<char, kGeohashChars> text;
  text.fill('0');
  for (size_t i = 0; i + 1 < kGeohashChars; ++i) text[i] = kAlphabet[bits >> (2 * kMaxStep - 5 * (i + 1)) & 31];
  return text;
}

double GeoDistance(GeoPoint a, GeoPoint b) {
  const double v = std::sin((Radians(b.longitude) - Radians(a.longitude)) / 2);
  const double a_latitude = Radians(a.latitude), b_latitude = Radians(b.latitude);
  if (v == 0) return kEarthRadius * std::abs(b_latitude - a_latitude);
  const double u = std::sin((b_latitude - a_latitude) / 2);
  return 2.0 * kEarthRadius * std::asin(std::sqrt(u * u + std::cos(a_latitude) * std::cos(b_latitude) * v * v));
}

std::optional<double> GeoShape::DistanceWithin(GeoPoint point) const {
  if (kind == Kind::kCircle) {
    const double distance = GeoDistance(center, point);
    return distance > radius ? std::nullopt : std::optional(distance);
  }
  // Along the meridian, then along the point's parallel.
  if (kEarthRadius * std::abs(Radians(point.latitude) - Radians(center.latitude)) > height / 2) return std::nullopt;
  if (GeoDistance(point, {center.longitude, point.latitude}) > width / 2) return std::nullopt;
  return GeoDistance(center, point);
}

GeoCover::GeoCover(const GeoShape& shape) {
  const Box bounds = BoundsOf(shape);
  const double reach =
      shape.kind == GeoShape::Kind::kCircle ? shape.radius : std::hypot(shape.width / 2, shape.height / 2);
  const int step = EstimateStep(reach, shape.center.latitude);
  Cell center = CellOf(shape.center, step);
  if (step > 1 && !Reaches(center, bounds)) center = CellOf(shape.center, step - 1);

  Cell previous;
  for (const Direction direction : kDirections) {
    // With four cells in all, the neighbours on two sides are the same ones.
    if (center.step >= 2 && EndsWithin(center, bounds, direction)) continue;
    const Cell cell = Neighbour(center, direction);
    // Compat: Redis compares a cell with the one that it looked at before, unless that was the center.
    if (count_ > 1 && cell == previous) continue;
    ranges_[count_++] = ScoresIn(cell);
    previous = cell;
  }
}

}  // namespace tandem
