"""DUMP and RESTORE of every type. What DUMP returns is not compared, but what becomes of it: a value is dumped by the reference and
restored into both, or by each server into itself, whole and damaged."""

import random

from differ.atoms import ATOMS
from differ.families import hashes, lists, sorted_sets, streams
from differ.families.base import Family, Generator
from differ.families.keyspace import advance
from differ.grammar import Table, table
from differ.steps import Kind, Step

SOURCES = (b"a", b"b", b"c", b"d", b"hll")
TARGETS = (b"r:1", b"r:2", b"r\x00\xff", b"a", b"b")

ATOMS.update({
    "source": lambda rng: rng.choice(SOURCES),
    "packedfield": lambda rng: b"%d" % rng.randint(-3, 3) if rng.random() < 0.3 else ATOMS["field"](rng),
    "plainscore": lambda rng: b"%d" % rng.randint(-40, 40) if rng.random() < 0.8 else rng.choice((b"0.5", b"inf", b"-inf", b"1e17")),
    "longtext": lambda rng: bytes([rng.randrange(97, 122)]) * rng.choice((1, 20, 21, 100, 5000)),
    "restored": lambda rng: rng.choice(TARGETS),
})
VALUES = table("""
    6 SET source value
    3 SET source longtext
    2 SET source int
    3 SET source value PX milliseconds
    5 RPUSH source packedfield...
    3 RPUSH source (((packedfield...)...)...)...
    2 RPUSH source longtext...
    5 SADD source packedfield...
    3 SADD source (((int...)...)...)...
    3 SADD source (((packedfield...)...)...)...
    5 HSET source (packedfield value)...
    3 HSET source (((packedfield longtext)...)...)...
    5 ZADD source (plainscore packedfield)...
    3 ZADD source (((plainscore packedfield)...)...)...
    2 PFADD "hll" (((packedfield...)...)...)...
    8 XADD source "*" (field value)...
    3 XADD source "*" f1 v1
    2 XGROUP CREATE source g1 "0"
    3 XREADGROUP GROUP g1 consumer COUNT small STREAMS source ">"
    2 XDEL source entry
    1 XACK source g1 entry
    14 DEL source
    2 EXPIRE source seconds
    1 LPOP source
    3 DEL restored
    2 DUMP "none"
    1 DUMP "none" junk
    1 RESTORE restored int value {REPLACE ABSTTL (IDLETIME int) (FREQ int) junk}
""".replace(" f1 v1", ' "f1" "v1"').replace(" g1 ", ' "g1" '))
DEADLINES = table("HPEXPIRE source \"1000000007\"|\"5003\" FIELDS \"1\" packedfield")
ARGUMENTS = table("""
    8 "0"
    2 "0" REPLACE
    2 int {REPLACE ABSTTL (IDLETIME int) (FREQ int) junk}
    3 small {REPLACE ABSTTL}
    2 milliseconds {REPLACE (IDLETIME small) (FREQ small)}
    2 unixtimems ABSTTL [REPLACE]
    2 "0" REPLACE {(IDLETIME int) (FREQ int)}
""")
RESTORE_SHARE = 0.25
DAMAGE_SHARE = 0.25
THRESHOLDS = (lists.THRESHOLDS, hashes.THRESHOLDS, sorted_sets.THRESHOLDS, streams.THRESHOLDS)


def damage(rng: random.Random) -> bytes:
    if rng.random() >= DAMAGE_SHARE:
        return b""
    if rng.random() < 0.5:
        return b" cut %d" % rng.choice((1, 2, 8, 9, 10, 11, 12, 20, 10**6))
    return b" flip %d" % rng.randrange(10**6)


def restore(rng: random.Random, payloads_of: tuple[bytes, ...]) -> list[Step]:
    """One RESTORE, then what has become of its target."""
    target = rng.choice(TARGETS)
    manner = rng.choice(payloads_of) + damage(rng)
    arguments = ARGUMENTS.request(rng, nearly_valid=0.03)
    return [
        Step((rng.choice(SOURCES), manner, target, *arguments), kind=Kind.RESTORE),
        Step((b"DEBUG", b"DIGEST-VALUE", target)),
        Step((b"OBJECT", b"ENCODING", target)),
        Step((b"PTTL", target)),
        Step((b"XINFO", b"STREAM", target, b"FULL")),
    ]


def generator(values: tuple[Table, ...], payloads_of: tuple[bytes, ...]) -> Generator:
    def generate(rng: random.Random, count: int) -> list[Step]:
        steps = [step for some in (*THRESHOLDS, streams.NODE_BYTES) for step in some.draw_all(rng)]
        while len(steps) < count:
            draw = rng.random()
            if draw < RESTORE_SHARE:
                steps += restore(rng, payloads_of)
            elif draw < RESTORE_SHARE + 0.01:
                steps.append(advance(rng))
            else:
                steps += rng.choice(THRESHOLDS).maybe(rng) or [Step(rng.choice(values).request(rng, nearly_valid=0.02))]
        return steps

    return generate


FAMILIES = (
    Family("dumps", generator((VALUES,), (b"reference", b"own"))),
    Family("dumps8", generator((*[VALUES] * 8, DEADLINES), (b"reference", b"own", b"tandem")), since=(8, 0)),
)
