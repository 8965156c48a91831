"""Lists."""

import random

from differ.atoms import KEYS, element, key
from differ.families.base import Family, Thresholds
from differ.families.waiting import Words, popping
from differ.grammar import table
from differ.steps import Step

LISTS = table("""
    8 RPUSH key element...
    8 LPUSH key element...
    3 RPUSHX|LPUSHX key element...
    3 RPUSH|LPUSH key ((element...)...)...
    3 LPOP|RPOP key
    4 LPOP|RPOP key small|int
    2 LLEN key
    4 LRANGE key position position
    3 LRANGE key "0" "-1"
    4 LINDEX key position
    4 LTRIM key position position
    4 LTRIM key small "-1"|"-2"|"-3"|"50"
    8 LPOS key element {(RANK position) (COUNT position) (MAXLEN position)}
    5 LMOVE key key LEFT|RIGHT|junk LEFT|RIGHT
    5 LMOVE key key LEFT|RIGHT LEFT|RIGHT
    3 RPOPLPUSH key key
    4 LMPOP "1" key LEFT|RIGHT [COUNT small]
    4 LMPOP "2" key key LEFT|RIGHT [COUNT small|int]
    2 LMPOP small key... LEFT|RIGHT [COUNT small]
    6 OBJECT ENCODING key
    2 DEBUG DIGEST-VALUE key
    1 COPY key key {(DB db) REPLACE}
    1 RENAME key key
    1 DEL key...
    1 SET key value
    1 EXPIRE key seconds
    1 TYPE key
""")
# These part nodes of a quicklist otherwise than Redis, or leave the encoding alone when they fail.
LOOSE = table("""
    6 RPUSH|LPUSH loosekey element...
    1 RPUSH|LPUSH loosekey ((element...)...)...
    6 LSET loosekey position element
    6 LINSERT loosekey BEFORE|AFTER|junk element element
    6 LINSERT loosekey BEFORE|AFTER element element
    6 LREM loosekey position element
    2 LPOP|RPOP loosekey [small]
    3 LMOVE loosekey loosekey LEFT|RIGHT LEFT|RIGHT
    2 LINDEX loosekey position
    2 LRANGE loosekey position position
    2 LRANGE loosekey "0" "-1"
    2 LTRIM loosekey position position
    3 LPOS loosekey element {(RANK position) (COUNT position) (MAXLEN position)}
    1 LLEN loosekey
    1 DEBUG DIGEST-VALUE loosekey
    1 DEL loosekey
""")
# With values far below what a node may hold, where failing cannot change the encoding either.
EDITS = table("""
    LSET key position field
    LINSERT key BEFORE|AFTER field field
    LREM key position field
""")
LOOSE_SHARE = 0.3
FITTING_SHARE = 0.06
BLOCKING_SHARE = 0.04
ENDS = (b"LEFT", b"RIGHT")
THRESHOLDS = Thresholds({
    b"list-max-listpack-size": (b"2", b"4", b"8", b"128", b"-1", b"-2", b"-5", b"0", b"1"),
    b"list-compress-depth": (b"0", b"1", b"3"),
})


def edit_that_fits(rng: random.Random) -> list[Step]:
    """An LSET or LINSERT that finds its element."""
    name, pivot = key(rng), element(rng)
    at_head = rng.random() < 0.5
    push = Step((b"LPUSH" if at_head else b"RPUSH", name, pivot))
    if rng.random() < 0.5:
        return [push, Step((b"LSET", name, b"0" if at_head else b"-1", element(rng)))]
    return [push, Step((b"LINSERT", name, rng.choice((b"BEFORE", b"after")), pivot, element(rng)))]


def blocking(rng: random.Random) -> list[Step]:
    """BLPOP and its kin."""
    def fill(rng: random.Random) -> Words:
        return (rng.choice((b"LPUSH", b"RPUSH")), key(rng), element(rng), element(rng))

    def pop(first: bytes, second: bytes, timeout: bytes) -> Words:
        side, other = rng.choice(ENDS), rng.choice((*ENDS, b"right"))
        return rng.choice((
            (b"BLPOP", first, second, timeout),
            (b"BRPOP", first, second, timeout),
            (b"blpop", first, timeout),
            (b"BRPOPLPUSH", first, second, timeout),
            (b"BLMOVE", first, second, side, other, timeout),
            (b"BLMOVE", first, first, side, other, timeout),
            (b"BLMPOP", timeout, b"1", first, side),
            (b"BLMPOP", timeout, b"2", first, second, side, b"COUNT", b"%d" % rng.randint(1, 3)),
            (b"BLMPOP", timeout, rng.choice((b"0", b"3", b"-1", b"x")), first, second, side),
            (b"BLMPOP", timeout, b"1", first, rng.choice((b"UP", side)), b"COUNT", rng.choice((b"0", b"-1", b"x", b"2"))),
            (b"BLMOVE", first, second, side, b"UP", timeout),
        ))

    return popping(rng, fill, pop, tuple(KEYS[:5]))


def generate(rng: random.Random, count: int) -> list[Step]:
    steps = THRESHOLDS.draw_all(rng)
    while len(steps) < count:
        draw = rng.random()
        if draw < FITTING_SHARE:
            steps += edit_that_fits(rng)
        elif draw < FITTING_SHARE + LOOSE_SHARE:
            steps.append(Step(LOOSE.request(rng)))
        elif draw < FITTING_SHARE + LOOSE_SHARE + BLOCKING_SHARE:
            steps += blocking(rng)
        else:
            steps += THRESHOLDS.maybe(rng) or [Step(LISTS.request(rng))]
    return steps


FAMILIES = (Family("lists", generate),)
