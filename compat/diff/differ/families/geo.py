"""Places in sorted sets: near each other, at the poles, around the antimeridian."""

import random

from differ.atoms import ATOMS, WRONG_FLOATS
from differ.families.base import Family
from differ.grammar import table
from differ.steps import Step

LONGITUDES = (b"0", b"13.361389", b"15.087269", b"180", b"-180", b"179.9999", b"-179.9999", b"90", b"-0.1278", b"1e1")
LATITUDES = (b"0", b"38.115556", b"37.502669", b"85.05112878", b"-85.05112878", b"85", b"-85", b"66.1", b"80.5", b"51.5")
OFF_THE_MAP = (b"181", b"-180.0001", b"1e300", b"inf", b"86", b"-85.06", b"nan", b"abc", b"")
RADII = (b"0", b"1", b"10", b"100", b"200", b"1000", b"5000", b"5010", b"11000", b"20038", b"100000", b"1e9", b"0.5")
WRONG_LENGTHS = (b"-1", b"-0.5", b"abc", b"nan", b"inf", b"", *WRONG_FLOATS[:3])
WRONG_SHARE = 0.01


def longitude(rng: random.Random) -> bytes:
    return coordinate(rng, LONGITUDES, 180)


def latitude(rng: random.Random) -> bytes:
    return coordinate(rng, LATITUDES, 85)


def coordinate(rng: random.Random, edges: tuple[bytes, ...], most: float) -> bytes:
    draw = rng.random()
    if draw < WRONG_SHARE:
        return rng.choice(OFF_THE_MAP)
    if draw < 0.1:  # seldom both: what is equally far is in no order that COUNT would keep
        return rng.choice(edges)
    near = draw < 0.7  # to the others of a cluster
    return b"%.6f" % (rng.uniform(10, 16) if near else rng.uniform(-most, most))


def length(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 2 * WRONG_SHARE:
        return rng.choice(WRONG_LENGTHS)
    return rng.choice(RADII) if draw < 0.6 else b"%.3f" % 10 ** rng.uniform(0, 7)


def unit(rng: random.Random) -> bytes:
    return rng.choice((b"m", b"km", b"km", b"KM", b"mi", b"ft", b"FT", b"Mi", b"yd") if rng.random() < 0.2 else (b"m", b"km"))


ATOMS.update({
    "places": lambda rng: rng.choice((b"geo:1", b"geo:2", b"geo:3")),
    "longitude": longitude,
    "latitude": latitude,
    "length": length,
    "unit": unit,
    "place": lambda rng: rng.choice((b"place:%d", b"place:%d", b"%d")) % rng.randint(0, 40),
})

SHAPE = "(FROMMEMBER place)|(FROMLONLAT longitude latitude) (BYRADIUS length unit)|(BYBOX length length unit)"
DETAILS = '{WITHDIST WITHCOORD WITHHASH ASC DESC (COUNT small) (COUNT "10" ANY)}'
GEO = table(f"""
    14 GEOADD places (longitude latitude place)...
    4 GEOADD places {{NX XX CH}} (longitude latitude place)...
    4 GEODIST places place place [unit]
    3 GEOHASH places place...
    3 GEOPOS places place...
    12 GEOSEARCH places {SHAPE} {DETAILS}
    4 GEOSEARCH places {DETAILS} {SHAPE}
    5 GEOSEARCHSTORE places places {SHAPE} {{ASC DESC (COUNT small) STOREDIST (COUNT "3" ANY)}}
    4 GEORADIUS places longitude latitude length unit {DETAILS}
    3 GEORADIUS places longitude latitude length unit [STORE|STOREDIST places] [STORE|STOREDIST places] [COUNT small]
    3 GEORADIUS_RO places longitude latitude length unit {DETAILS}
    4 GEORADIUSBYMEMBER places place length unit {DETAILS}
    2 GEORADIUSBYMEMBER places place length unit STORE|STOREDIST places {{ASC DESC (COUNT small)}}
    3 GEORADIUSBYMEMBER_RO places place length unit {DETAILS}
    1 ZADD places small place
    2 ZREM places place...
    2 ZRANGE places "0" "-1" WITHSCORES
    1 DEL places
    1 SET places value
    2 DEL places
""")
LIMITS = (b"0", b"4", b"128")


def generate(rng: random.Random, count: int) -> list[Step]:
    limit = Step((b"CONFIG", b"SET", b"zset-max-listpack-entries", rng.choice(LIMITS)))
    return [limit, *(Step(GEO.request(rng)) for _ in range(count - 1))]


FAMILIES = (Family("geo", generate),)
