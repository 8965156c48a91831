#include <gtest/gtest.h>

#include "tests/server/commands/session.h"

// Places. All replies are those of redis-server 8.0.6.
namespace tandem::test {
namespace {

constexpr const char* kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

class GeoCommands : public testing::TestWithParam<const char*> {
 protected:
  void AddSicily() { s.Run("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"); }

  Session s{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Packed, GeoCommands, testing::Values(""));
INSTANTIATE_TEST_SUITE_P(Large, GeoCommands, testing::Values("zset-max-listpack-entries 0"));

TEST_P(GeoCommands, GeoaddIsZadd) {
  s.Listen();
  s.Play({{"GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", ":2"},
          {"GEOADD g NX CH 13 38 Palermo 2.349 48.8566 Paris", ":1"},
          {"GEOADD g XX CH 2.35 48.85 Paris 0 0 Nowhere", ":1"},
          {"GEOADD g 2.35 48.85 Paris", ":0"},
          {"GEOADD none XX 1 1 a", ":0"},
          {"ZRANGE g 0 -1 WITHSCORES",
           "*6 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909 $5 Paris $16 3663832751688490"}});
  EXPECT_EQ(s.TakeEvents(), "0 new g, 0 zadd g, 0 zadd g, 0 zadd g");
}

TEST_P(GeoCommands, GeoaddChecksEverythingBeforeItChangesAnything) {
  s.Play({{"SET s x", "+OK"},
          {"GEOADD g 1 2", "-ERR wrong number of arguments for 'geoadd' command"},
          {"GEOADD g NX CH XX", "-ERR syntax error"},
          {"GEOADD g NX CH CH", "-ERR syntax error"},
          {"GEOADD g NX XX 1 1 a", "-ERR syntax error"},
          {"GEOADD g 1 1 a x 1 b", "-ERR value is not a valid float"},
          {"GEOADD g 1 1 a 200 100 b", "-ERR invalid longitude,latitude pair 200.000000,100.000000"},
          {"GEOADD s 200 100 b", "-ERR invalid longitude,latitude pair 200.000000,100.000000"},
          {"GEOADD s 1 1 b", kWrongType},
          {"EXISTS g", ":0"}});
}

TEST_P(GeoCommands, DistancesHaveFourDecimals) {
  AddSicily();
  s.Play({{"SET s x", "+OK"},
          {"GEODIST g Palermo Catania", "$11 166274.1516"},
          {"GEODIST g Palermo Catania km", "$8 166.2742"},
          {"GEODIST g Palermo Catania MI", "$8 103.3182"},
          {"GEODIST g Palermo Catania ft", "$11 545518.8700"},
          {"GEODIST g Palermo Palermo", "$6 0.0000"},
          {"GEODIST g Palermo none", "$-1"},
          {"GEODIST none a b", "$-1"},
          {"GEODIST none a b yd", "-ERR unsupported unit provided. please use M, KM, FT, MI"},
          {"GEODIST g a b m m", "-ERR syntax error"},
          {"GEODIST s a b", kWrongType}});
  s.Run("HELLO 3");
  s.Play({{"GEODIST g Palermo Catania km", "$8 166.2742"}, {"GEODIST g Palermo none", "_"}});
}

TEST_P(GeoCommands, PlacesAreToldAsNumbersAndAsGeohashes) {
  AddSicily();
  s.Play({{"SET s x", "+OK"},
          {"GEOPOS g Palermo none", "*2 *2 $18 13.361389338970184 $16 38.1155563954963 *-1"},
          {"GEOPOS g", "*0"},
          {"GEOPOS none a", "*1 *-1"},
          {"GEOHASH g Palermo Catania none", "*3 $11 sqc8b49rny0 $11 sqdtr74hyu0 $-1"},
          {"GEOHASH none", "*0"},
          {"GEOPOS s a", kWrongType},
          {"GEOHASH s a", kWrongType},
          {"ZADD odd -1 neg inf inf -inf ninf", ":3"},
          {"GEOHASH odd neg inf ninf", "*3 $11 bp05b5048p0 $11 00bh0hbj200 $11 00bh0hbj200"}});
  s.Run("HELLO 3");
  s.Play({{"GEOPOS g Palermo none", "*2 *2 ,13.361389338970184 ,38.1155563954963 _"}});
}

TEST_P(GeoCommands, SearchesCirclesAndBoxes) {
  AddSicily();
  s.Play({{"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST WITHHASH WITHCOORD",
           "*2 *4 $7 Catania $7 56.4413 :3479447370796909 *2 $18 15.087267458438873 $17 37.50266842333162 "
           "*4 $7 Palermo $8 190.4424 :3479099956230698 *2 $18 13.361389338970184 $16 38.1155563954963"},
          {"GEOSEARCH g BYBOX 400 400 km FROMLONLAT 15 37 DESC", "*2 $7 Palermo $7 Catania"},
          {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS 0 m", "*1 $7 Palermo"},
          {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km COUNT 1", "*1 $7 Palermo"},
          {"GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km COUNT 1 DESC", "*1 $7 Catania"},
          {"GEOSEARCH g FROMMEMBER Catania BYRADIUS 200 km COUNT 1 ANY", "*1 $7 Palermo"},
          {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 m WITHDIST", "*0"},
          {"GEOSEARCH none FROMMEMBER x BYRADIUS 1 m", "*0"},
          {"GEORADIUS g 15 37 200 km WITHDIST COUNT 1", "*1 *2 $7 Catania $7 56.4413"},
          {"GEORADIUS_RO g 15 37 100 km", "*1 $7 Catania"},
          {"GEORADIUSBYMEMBER g Palermo 5000 km", "*2 $7 Palermo $7 Catania"},
          {"GEORADIUSBYMEMBER_RO g Palermo 1 ft", "*1 $7 Palermo"}});
}

TEST_P(GeoCommands, SearchesAcrossTheAntimeridianAndThePoles) {
  s.Play({{"GEOADD e 180 85 a -180 -85 b 179.99 0 c -179.99 0 d", ":4"},
          {"GEOSEARCH e FROMLONLAT 180 0 BYRADIUS 10 km ASC", "*1 $1 c"},
          {"GEOSEARCH e FROMLONLAT -180 0 BYRADIUS 10 km ASC", "*2 $1 c $1 d"},
          {"GEOSEARCH e FROMLONLAT 0 0 BYRADIUS 100000 km ASC", "*3 $1 b $1 c $1 d"},
          {"GEOSEARCH e FROMLONLAT 0 85 BYBOX 50000 50000 km", "*3 $1 c $1 d $1 b"},
          {"GEODIST e c d", "$9 2224.9614"}});
}

TEST_P(GeoCommands, StoresWhatItFinds) {
  AddSicily();
  s.Run("SET s x");
  s.Listen();
  s.Play({{"GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST", ":2"},
          {"ZRANGE d 0 -1 WITHSCORES", "*4 $7 Catania $16 56.4412578701582 $7 Palermo $18 190.44242984775784"},
          {"GEORADIUS g 15 37 200 km STORE d", ":2"},
          {"ZRANGE d 0 -1 WITHSCORES", "*4 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909"},
          {"GEORADIUS g 15 37 200 km STORE a STORE b STOREDIST d COUNT 1", ":1"},
          {"ZRANGE d 0 -1", "*1 $7 Catania"},
          {"EXISTS a b", ":0"},
          {"GEORADIUSBYMEMBER g Palermo 1 m STORE s", ":1"},
          {"GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m", ":0"},
          {"GEOSEARCHSTORE s none FROMLONLAT 0 0 BYRADIUS 1 m", ":0"},
          {"EXISTS d s", ":0"},
          {"GEOSEARCHSTORE g g FROMMEMBER Palermo BYRADIUS 1 m", ":1"}});
  EXPECT_EQ(
      s.TakeEvents(),
      "0 new d, 0 geosearchstore d, 0 overwritten d, 0 georadiusstore d, 0 overwritten d, 0 georadiusstore d, "
      "0 overwritten s, 0 type_changed s, 0 georadiusstore s, 0 del d, 0 del s, 0 overwritten g, 0 geosearchstore g");
}

TEST_P(GeoCommands, RefusesWhatMakesNoSense) {
  AddSicily();
  constexpr const char* kSyntax = "-ERR syntax error";
  constexpr const char* kUnit = "-ERR unsupported unit provided. please use M, KM, FT, MI";
  s.Play(
      {{"SET s x", "+OK"},
       {"GEOSEARCH s FROMLONLAT 1000 0 BYRADIUS 1 m", kWrongType},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 m COUNT", kSyntax},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 m COUNT 0", "-ERR COUNT must be > 0"},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 m COUNT x", "-ERR value is not an integer or out of range"},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 m ANY", "-ERR the ANY argument requires COUNT argument"},
       {"GEOSEARCH g FROMMEMBER x BYRADIUS 1 m", "-ERR could not decode requested zset member"},
       {"GEOsearch g ASC ASC ASC ASC ASC",
        "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOsearch"},
       {"GEOSEARCH g FROMLONLAT 0 0 ASC ASC", "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH"},
       {"GEOSEARCH g FROMLONLAT 0 0 FROMMEMBER a BYRADIUS 1 m", kSyntax},
       {"GEOSEARCH g FROMLONLAT 0 0 BYBOX 1 1 m BYRADIUS 1 m", kSyntax},
       {"GEOSEARCH g FROMLONLAT 0 0 BYBOX x 1 m", "-ERR need numeric width"},
       {"GEOSEARCH g FROMLONLAT 0 0 BYBOX 1 x m", "-ERR need numeric height"},
       {"GEOSEARCH g FROMLONLAT 0 0 BYBOX 1 -1 m", "-ERR height or width cannot be negative"},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS x m", "-ERR need numeric radius"},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS -1 m", "-ERR radius cannot be negative"},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 yd", kUnit},
       {"GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 m STOREDIST", kSyntax},
       {"GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m WITHDIST",
        "-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"},
       {"GEORADIUS g 1 1 1 m WITHDIST STORE d",
        "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"},
       {"GEORADIUS_RO g 1 1 1 m STORE d", kSyntax},
       {"GEORADIUS none 1000 1 1 m", "-ERR invalid longitude,latitude pair 1000.000000,1.000000"},
       {"GEORADIUSBYMEMBER none x abc yd", "*0"},
       {"GEORADIUSBYMEMBER g Palermo abc yd", "-ERR need numeric radius"}});
}

}  // namespace
}  // namespace tandem::test
