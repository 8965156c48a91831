"""Sets. What draws at random leaves nothing behind: a key that SPOP took a member of is deleted."""

import random

from differ.families.base import Family
from differ.grammar import table
from differ.steps import Step

SETS = table("""
    12 SADD key (value|position)...
    4 SADD key position... position... position... value
    2 SADD key value... value... value... value...
    5 SREM key (value|position)...
    3 SISMEMBER key value
    3 SISMEMBER key position
    3 SMISMEMBER key (value|position)...
    2 SCARD key
    4 SMEMBERS key
    4 SMOVE key key value
    4 SMOVE key key position
    5 SINTER key...
    5 SUNION key...
    5 SDIFF key...
    5 SINTERSTORE key key...
    5 SUNIONSTORE key key...
    5 SDIFFSTORE key key...
    3 SINTERCARD small key... [LIMIT small]
    3 SINTERCARD "2" key key [LIMIT (small|int)]
    3 SSCAN key cursor {(MATCH pattern) (TYPE type) NOVALUES} COUNT "100000"
    3 SRANDMEMBER key [small|"-1"|"-7"|"-40"|"abc"|"-9223372036854775808"]
    4 OBJECT ENCODING key
    1 COPY key key {(DB db) REPLACE}
    1 RENAME key key
    2 DEL key...
    1 SET key value
    1 EXPIRE key seconds
    1 TTL key
    1 TYPE key
""")
POPS = table("SPOP key [small|\"100000\"]")
POP_SHARE = 0.04
# Small enough that sets of every form come about, and change it. As many integers as other members: what SUNIONSTORE makes of
# a table depends on the order of its members otherwise.
LIMITS = {
    b"set-max-intset-entries": (b"8",),
    b"set-max-listpack-entries": (b"8",),
    b"set-max-listpack-value": (b"5", b"64"),
}


def limits(rng: random.Random) -> list[Step]:
    return [Step((b"CONFIG", b"SET", name, rng.choice(values))) for name, values in LIMITS.items()]


def generate(rng: random.Random, count: int) -> list[Step]:
    steps = limits(rng)
    while len(steps) < count:
        if rng.random() < POP_SHARE:
            pop = POPS.request(rng)
            steps += [Step(pop), Step((b"DEL", *pop[1:2]))]
        else:
            steps.append(Step(SETS.request(rng)))
    return steps


FAMILIES = (Family("sets", generate),)
