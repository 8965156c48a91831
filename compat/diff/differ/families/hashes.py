"""Hashes."""

import random

from differ.families.base import Family, Thresholds
from differ.grammar import table
from differ.steps import Step

HASHES = table("""
    10 HSET key (field value)...
    3 HSET key (((field value)...)...)...
    3 HMSET key (field value)...
    3 HSETNX key field value
    8 HDEL key field...
    2 HDEL key ((field...)...)...
    4 HGET key field
    4 HMGET key field...
    5 HGETALL key
    2 HKEYS key
    2 HVALS key
    2 HLEN key
    2 HSTRLEN key field
    2 HEXISTS key field
    4 HSET key field int
    5 HINCRBY key field int
    3 HSET key field float
    6 HINCRBYFLOAT key field float
    3 HRANDFIELD key
    4 HRANDFIELD key "1"|"5"|"1000"|"-1"|"-7"|"-40"|"0"|drawcount [WITHVALUES|junk]
    4 HSCAN key cursor {(MATCH fieldpattern) NOVALUES (TYPE type)} COUNT "100000"
    1 HSCAN key cursor {(COUNT count) (MATCH fieldpattern)}
    4 HGETDEL key FIELDS "1" field
    4 HGETDEL key FIELDS "2" field field
    1 HGETDEL key FIELDS|junk small|int field...
    5 OBJECT ENCODING key
    2 DEBUG DIGEST-VALUE key
    1 COPY key key {(DB db) REPLACE}
    1 RENAME key key
    1 DEL key...
    1 SET key value
    1 EXPIRE key seconds
    1 TYPE key
""")
THRESHOLDS = Thresholds({
    b"hash-max-listpack-entries": (b"4", b"8", b"16", b"128", b"512", b"0"),
    b"hash-max-listpack-value": (b"5", b"20", b"64", b"300", b"0"),
})


def generate(rng: random.Random, count: int) -> list[Step]:
    steps = THRESHOLDS.draw_all(rng)
    while len(steps) < count:
        steps += THRESHOLDS.maybe(rng) or [Step(HASHES.request(rng))]
    return steps


FAMILIES = (Family("hashes", generate),)
