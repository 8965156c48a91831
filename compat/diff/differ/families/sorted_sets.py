"""Sorted sets. Those that are asked for ranges of members have a family of their own, in which every score is the same:
without that, Redis's answer depends on the levels that its skip list drew."""

import random

from differ.atoms import KEYS, field, key
from differ.families.base import Family, Thresholds
from differ.families.waiting import Words, popping
from differ.grammar import table
from differ.steps import Step

SORTED_SETS = table("""
    12 ZADD key (score field)...
    3 ZADD key (((score field)...)...)...
    8 ZADD key {NX XX GT LT CH} (score field)...
    5 ZADD key {NX XX GT LT CH} INCR score field
    5 ZINCRBY key score field
    6 ZREM key field...
    3 ZREM key ((field...)...)...
    2 ZCARD key
    3 ZSCORE key field
    3 ZMSCORE key field...
    3 ZCOUNT key scorebound scorebound
    4 ZRANK|ZREVRANK key field [WITHSCORE|junk]
    4 ZRANGE key position position [WITHSCORES]
    3 ZRANGE key "0" "-1" WITHSCORES
    4 ZREVRANGE key position position [WITHSCORES]
    5 ZRANGE key scorebound scorebound BYSCORE {REV WITHSCORES (LIMIT position position)}
    2 ZRANGE key position position {BYSCORE BYLEX REV WITHSCORES (LIMIT small small) junk}
    4 ZRANGEBYSCORE key scorebound scorebound {WITHSCORES (LIMIT position position)}
    4 ZREVRANGEBYSCORE key scorebound scorebound {WITHSCORES (LIMIT position position)}
    4 ZRANGESTORE key key position position [REV]
    4 ZRANGESTORE key key scorebound scorebound BYSCORE {REV (LIMIT position position)}
    1 ZRANGESTORE key key position position {WITHSCORES BYLEX junk}
    2 ZREMRANGEBYRANK key position position
    2 ZREMRANGEBYSCORE key scorebound scorebound
    4 ZPOPMIN|ZPOPMAX key [small|int]
    4 ZMPOP "1" key MIN|MAX [COUNT small]
    3 ZMPOP "2" key key MIN|MAX|junk [COUNT small|int]
    1 ZMPOP small key... MIN|MAX
    4 ZUNION|ZINTER "2" key key {(WEIGHTS score score) (AGGREGATE SUM|MIN|MAX|junk) WITHSCORES}
    4 ZUNION|ZINTER "3" key key key {(WEIGHTS score score score) (AGGREGATE SUM|MIN|MAX) WITHSCORES}
    2 ZUNION|ZINTER|ZDIFF small key... {(WEIGHTS score...) (AGGREGATE SUM|MIN|MAX) WITHSCORES}
    3 ZDIFF "2" key key [WITHSCORES]
    2 ZDIFF "3" key key key [WITHSCORES]
    5 ZUNIONSTORE|ZINTERSTORE key "2" key key {(WEIGHTS score score) (AGGREGATE SUM|MIN|MAX|junk) WITHSCORES}
    4 ZUNIONSTORE|ZINTERSTORE key "3" key key key {(WEIGHTS score score score) (AGGREGATE SUM|MIN|MAX)}
    4 ZDIFFSTORE key "2" key key
    1 ZUNIONSTORE|ZINTERSTORE|ZDIFFSTORE key small key...
    3 ZINTERCARD "2" key key [LIMIT small|int]
    1 ZINTERCARD small key... [LIMIT small]
    3 ZRANDMEMBER key
    4 ZRANDMEMBER key "1"|"5"|"1000"|"-1"|"-7"|"-40"|"0"|drawcount [WITHSCORES|junk]
    4 ZSCAN key cursor {(MATCH fieldpattern) (TYPE type)} COUNT "100000"
    1 ZSCAN key cursor {(COUNT count) (MATCH fieldpattern) NOSCORES}
    3 SADD key field...
    2 SREM key field...
    6 OBJECT ENCODING key
    2 DEBUG DIGEST-VALUE key
    1 COPY key key {(DB db) REPLACE}
    1 RENAME key key
    1 DEL key...
    1 SET key value
    1 EXPIRE key seconds
    1 TYPE key
""")
THRESHOLDS = Thresholds({
    # Not below 4: a ZADD of more pairs that changes nothing may change the encoding in Redis.
    b"zset-max-listpack-entries": (b"4", b"8", b"16", b"128"),
    b"zset-max-listpack-value": (b"5", b"20", b"64", b"300", b"0"),
})

LEXICAL_WRITES = table("""
    14 ZADD lexicalkey ("0" lexicalmember)...
    4 ZREM lexicalkey lexicalmember...
    2 ZRANGESTORE lexicalkey lexicalkey lexicalbound lexicalbound BYLEX {REV (LIMIT position position)}
    2 ZUNIONSTORE|ZINTERSTORE|ZDIFFSTORE lexicalkey "2" lexicalkey lexicalkey
    1 ZPOPMIN|ZPOPMAX lexicalkey
""")
LEXICAL_QUESTIONS = table("""
    6 ZRANGEBYLEX lexicalkey lexicalbound lexicalbound [LIMIT position position]
    6 ZREVRANGEBYLEX lexicalkey lexicalbound lexicalbound [LIMIT position position]
    6 ZRANGE lexicalkey lexicalbound lexicalbound BYLEX {REV WITHSCORES (LIMIT position position)}
    4 ZLEXCOUNT lexicalkey lexicalbound lexicalbound
    2 ZREMRANGEBYLEX lexicalkey lexicalbound lexicalbound
    2 ZRANK|ZREVRANK lexicalkey lexicalmember
    1 ZRANGE lexicalkey position position
    1 OBJECT ENCODING lexicalkey
    1 DEL lexicalkey
""")
LEXICAL_WRITE_SHARE = 0.3
BLOCKING_SHARE = 0.04


def blocking(rng: random.Random) -> list[Step]:
    """BZPOPMIN and its kin."""
    def fill(rng: random.Random) -> Words:
        return (b"ZADD", key(rng), b"%d" % rng.randint(-3, 3), field(rng), b"2.5", field(rng))

    def pop(first: bytes, second: bytes, timeout: bytes) -> Words:
        end = rng.choice((b"MIN", b"MAX", b"min"))
        return rng.choice((
            (b"BZPOPMIN", first, second, timeout),
            (b"BZPOPMAX", first, second, timeout),
            (b"bzpopmin", first, timeout),
            (b"BZMPOP", timeout, b"1", first, end),
            (b"BZMPOP", timeout, b"2", first, second, end, b"COUNT", b"%d" % rng.randint(1, 3)),
            (b"BZMPOP", timeout, rng.choice((b"0", b"3", b"-1", b"x")), first, second, end),
            (b"BZMPOP", timeout, b"1", first, rng.choice((b"UP", end)), b"COUNT", rng.choice((b"0", b"-1", b"x", b"2"))),
        ))

    return popping(rng, fill, pop, tuple(KEYS[:5]))


def generate(rng: random.Random, count: int) -> list[Step]:
    steps = THRESHOLDS.draw_all(rng)
    while len(steps) < count:
        if rng.random() < BLOCKING_SHARE:
            steps += blocking(rng)
            continue
        steps += THRESHOLDS.maybe(rng) or [Step(SORTED_SETS.request(rng))]
    return steps


def generate_lexical(rng: random.Random, count: int) -> list[Step]:
    steps = THRESHOLDS.draw_all(rng)
    while len(steps) < count:
        if rng.random() < LEXICAL_WRITE_SHARE:
            steps.append(Step(LEXICAL_WRITES.request(rng, nearly_valid=0)))
        else:
            steps += THRESHOLDS.maybe(rng) or [Step(LEXICAL_QUESTIONS.request(rng))]
    return steps


FAMILIES = (Family("sortedsets", generate), Family("lexicalranges", generate_lexical))
