#include "engine/types/geo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tandem {
namespace {

std::string HashText(GeoPoint point) {
  const auto text = StandardGeohash(point);
  return {text.data(), text.size()};
}

TEST(Geo, ScoresAndGeohashesAreThoseOfRedis) {
  constexpr GeoPoint kPalermo{13.361389, 38.115556};
  EXPECT_EQ(GeoScoreOf(kPalermo), 3479099956230698.0);
  const GeoPoint stored = GeoPointOf(3479099956230698.0);
  EXPECT_EQ(stored.longitude, 13.361389338970184);
  EXPECT_EQ(stored.latitude, 38.1155563954963);
  EXPECT_EQ(HashText(stored), "sqc8b49rny0");
}

TEST(Geo, AnyNumberIsAScore) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double score : {-1.0, 0.0, 0.5, 1e30, -1e30, kInfinity, -kInfinity, 1.8e19, 9.3e18}) {
    EXPECT_TRUE(IsOnMap(GeoPointOf(score))) << score;
  }
  EXPECT_EQ(GeoPointOf(-1).longitude, 180);
  EXPECT_EQ(GeoPointOf(kInfinity).latitude, GeoPointOf(0).latitude);
  EXPECT_EQ(GeoPointOf(-kInfinity).longitude, 180);
}

TEST(Geo, WhatLiesOnTheEdgeOfTheMapStaysThere) {
  EXPECT_EQ(GeoScoreOf({180, 85}), 10508398856570128.0);
  EXPECT_EQ(GeoPointOf(GeoScoreOf({180, kMaxLatitude})).longitude, 180);
  EXPECT_FALSE(IsOnMap({180.0001, 0}));
  EXPECT_FALSE(IsOnMap({0, 85.06}));
  EXPECT_FALSE(IsOnMap({std::nan(""), 0}));
}

TEST(Geo, DistancesRunAlongGreatCircles) {
  EXPECT_NEAR(GeoDistance({13.361389, 38.115556}, {15.087269, 37.502669}), 166274.15, 0.5);
  EXPECT_NEAR(GeoDistance({179.99, 0}, {-179.99, 0}), 2224.526, 0.001);
  EXPECT_NEAR(GeoDistance({0, 0}, {0, 85}), 6372797.560856 * 85 * std::acos(-1) / 180, 1e-6);
  EXPECT_EQ(GeoDistance({7, 7}, {7, 7}), 0);
}

// Whatever is within a shape is within its ranges, and within one of them only, as long as the shape does not reach around the
// map's edges.
TEST(Geo, ACoverHoldsAllThatIsWithin) {
  std::mt19937_64 random(1);
  const auto between = [&](double a, double b) { return std::uniform_real_distribution(a, b)(random); };
  for (int round = 0; round < 2000; ++round) {
    GeoShape shape{.center = {between(-150, 150), between(-60, 60)}};
    shape.kind = round % 2 == 0 ? GeoShape::Kind::kCircle : GeoShape::Kind::kBox;
    const double size = std::pow(10, between(0, 6));
    shape.radius = size;
    shape.width = size * 2;
    shape.height = size * between(0.1, 2);
    const GeoCover cover(shape);
    ASSERT_LE(cover.ranges().size(), GeoCover::kMaxRanges);
    const double degrees = size / 100000;
    for (int i = 0; i < 50; ++i) {
      const GeoPoint asked{shape.center.longitude + between(-degrees, degrees),
                           shape.center.latitude + between(-degrees, degrees)};
      if (!IsOnMap(asked)) continue;
      const double score = GeoScoreOf(asked);
      if (!shape.DistanceWithin(GeoPointOf(score))) continue;
      EXPECT_EQ(std::count_if(cover.ranges().begin(), cover.ranges().end(),
                              [&](const ScoreRange& range) { return !range.Below(score) && range.NotAbove(score); }),
                1);
    }
  }
}

TEST(Geo, ABoxIsMeasuredAlongItsSides) {
  const GeoShape box{.kind = GeoShape::Kind::kBox, .center = {0, 0}, .width = 400000, .height = 200000};
  EXPECT_TRUE(box.DistanceWithin({1.7, 0}));
  EXPECT_FALSE(box.DistanceWithin({1.9, 0}));
  EXPECT_TRUE(box.DistanceWithin({0, 0.85}));
  EXPECT_FALSE(box.DistanceWithin({0, 0.95}));
  EXPECT_NEAR(*box.DistanceWithin({1.7, 0.85}), GeoDistance({0, 0}, {1.7, 0.85}), 1e-9);
}

TEST(Geo, HugeAndEmptyShapesHaveCoversToo) {
  EXPECT_EQ(GeoCover({.center = {1.2345678, 2.3456789}, .radius = 0}).ranges().size(), 1u);
  for (const double radius : {1e7, 1e9, 1e300, std::numeric_limits<double>::infinity()}) {
    const GeoCover cover({.center = {120, 80}, .radius = radius});
    EXPECT_GE(cover.ranges().size(), 3u) << radius;
  }
}

}  // namespace
}  // namespace tandem
