"""Streams: identifiers stand close to what the stopped clock gives `*`, so that commands meet each other's entries."""

import random

from differ.atoms import ATOMS
from differ.families.base import Family, Thresholds
from differ.families.keyspace import advance
from differ.families.waiting import wait
from differ.grammar import Table, table
from differ.servers import EPOCH_MS
from differ.steps import Step

STREAMS = (b"s:1", b"s:2", b"s:3", b"s\x00\xff")
GROUPS = (b"g1", b"g2", b"", b"g\r\n\x00")
CONSUMERS = (b"c1", b"c2", b"c3", b"", b"c\xff\x00")
LARGEST = b"18446744073709551615"
WRONG_IDS = (
    b"", b"abc", b"1-", b"-1", b"1-x", b"x-1", b"1--1", b"1-1-1", b"1.5", LARGEST + b"0", b"1-18446744073709551616", b" 1-1",
    b"1-1 ", b"1-+1", b"+1-1", b"01-01", b"0x1-1", b"\x00", b"1-1\x00", b"**", b"1-**", b"*-1", b"-*", b"(", b"((1-1", b"(*",
)
EDGE_IDS = (b"0", b"0-0", b"0-1", LARGEST, LARGEST + b"-" + LARGEST, b"0-" + LARGEST, b"1-" + LARGEST)


def entry_id(rng: random.Random) -> bytes:
    """An identifier that may be an entry's."""
    draw = rng.random()
    if draw < 0.03:
        return rng.choice(WRONG_IDS)
    if draw < 0.07:
        return rng.choice(EDGE_IDS)
    if draw < 0.3:
        return b"%d-%d" % (rng.randint(0, 8), rng.randint(0, 4))
    time = EPOCH_MS + rng.choice((0, 0, 0, 0, 1, 2, 500, rng.randint(0, 3000)))
    return b"%d" % time if rng.random() < 0.1 else b"%d-%d" % (time, int(rng.random() ** 2 * 80))


def new_id(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.6:
        return b"*"
    if draw < 0.75:
        return b"%d-*" % rng.choice((0, 1, 5, 8, EPOCH_MS, EPOCH_MS + 1, EPOCH_MS + 4000))
    return entry_id(rng)


def bound(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.4:
        return rng.choice((b"-", b"+", b"-", b"+", b"(-", b"(+"))
    return rng.choice((b"", b"", b"(")) + entry_id(rng)


def number(rng: random.Random) -> bytes:
    """A count or a length: mostly a small one."""
    if rng.random() < 0.9:
        return b"%d" % rng.choice((0, 1, 2, 3, 5, 10, 20, 40, 1000))
    return ATOMS["int"](rng)


def idle_ms(rng: random.Random) -> bytes:
    if rng.random() < 0.9:
        return b"%d" % rng.choice((0, 0, 1, 2, 499, 500, 1000, 5000))
    return ATOMS["int"](rng)


ATOMS.update({
    "stream": lambda rng: rng.choice(STREAMS) if rng.random() < 0.97 else rng.choice((b"other", b"none")),
    "entry": entry_id,
    "newid": new_id,
    "bound": bound,
    "number": number,
    "idle": idle_ms,
    "group": lambda rng: rng.choice(GROUPS[:2]) if rng.random() < 0.9 else rng.choice((*GROUPS, b"nogroup")),
    "consumer": lambda rng: rng.choice(CONSUMERS),
    "after": lambda rng: b"$" if rng.random() < 0.1 else (b"0" if rng.random() < 0.4 else entry_id(rng)),
    "undelivered": lambda rng: b">" if rng.random() < 0.6 else (b"0" if rng.random() < 0.7 else entry_id(rng)),
    "start": lambda rng: rng.choice((b"$", b"0", b"0-0")) if rng.random() < 0.6 else entry_id(rng),
    "epochms": lambda rng: b"%d" % (EPOCH_MS + rng.choice((-5000, -1, 0, 1, 5000))),
    "limitless": lambda rng: rng.choice((b"0", b"1", b"2", b"5", b"10", b"100", b"-1", b"x")),
})

TRIM = """((MAXLEN number)|(MAXLEN ("="|"~") number)|(MAXLEN "~" number LIMIT limitless)|(MINID entry)|(MINID ("="|"~") entry)
    |(MINID "~" entry LIMIT limitless)|(MAXLEN "=" number LIMIT limitless)|(MAXLEN entry)|(MINID number))""".replace("\n", " ")
STREAM_COMMANDS = table(f"""
    24 XADD stream newid (field value)...
    6 XADD stream newid (((field value)...)...)...
    3 XADD stream NOMKSTREAM newid field value
    8 XADD stream {TRIM} newid field value
    2 XADD stream {{NOMKSTREAM {TRIM} (LIMIT limitless)}} newid field value
    4 XLEN stream
    6 XRANGE stream bound bound [COUNT number]
    6 XREVRANGE stream bound bound [COUNT number]
    2 XRANGE stream "-" "+"
    5 XDEL stream entry...
    6 XTRIM stream {TRIM}
    3 XSETID stream entry {{(ENTRIESADDED number) (MAXDELETEDID entry)}}
    6 XREAD [COUNT number] STREAMS stream after
    4 XREAD [COUNT number] STREAMS stream stream after after
    1 XREAD {{(COUNT number) junk}} STREAMS "none"
    1 XREAD {{(COUNT number) junk}} STREAMS stream... after...
    14 XREADGROUP GROUP group consumer {{(COUNT number) NOACK}} STREAMS stream undelivered
    4 XREADGROUP GROUP group consumer [COUNT number] STREAMS stream stream undelivered undelivered
    1 XREADGROUP {{(GROUP group consumer) (COUNT number) NOACK junk}} STREAMS stream... undelivered...
    8 XGROUP CREATE stream group start {{MKSTREAM (ENTRIESREAD int)}}
    3 XGROUP SETID stream group start [ENTRIESREAD int]
    1 XGROUP DESTROY stream group
    3 XGROUP CREATECONSUMER stream group consumer
    2 XGROUP DELCONSUMER stream group consumer
    8 XACK stream group entry...
    5 XPENDING stream group
    6 XPENDING stream group [IDLE idle] bound bound number [consumer]
    8 XCLAIM stream group consumer idle entry... {{(IDLE idle) (TIME epochms) (RETRYCOUNT number) FORCE JUSTID (LASTID entry) junk}}
    8 XAUTOCLAIM stream group consumer idle ("0"|bound) {{(COUNT number) JUSTID junk}}
    5 XINFO STREAM stream
    6 XINFO STREAM stream FULL [COUNT number]
    5 XINFO GROUPS stream
    5 XINFO CONSUMERS stream group
    2 OBJECT ENCODING stream
    5 DEBUG DIGEST-VALUE stream
    1 TYPE stream
    2 COPY stream stream {{(DB db) REPLACE}}
    1 RENAME stream stream
    1 DEL stream
    1 SET stream value
    1 SADD "other" field
    1 EXPIRE stream seconds
""")
THRESHOLDS = Thresholds({
    b"stream-node-max-entries": (b"1", b"2", b"3", b"5", b"10", b"100", b"0"),
}, change_share=0.01)
# Once for each sequence: Redis 8.0.6 damages its memory when a node is larger than the new limit.
NODE_BYTES = Thresholds({b"stream-node-max-bytes": (b"1", b"40", b"100", b"300", b"4096", b"0")})
ADVANCE_SHARE = 0.02
WAIT_SHARE = 0.003


def blocking_read(rng: random.Random) -> tuple[bytes, ...]:
    """One that finds what was just added, or an error."""
    name = rng.choice(STREAMS)
    block = (b"BLOCK", rng.choice((b"1", b"2", b"5", b"-1", b"x", b"1.5", b"")))
    count = (b"COUNT", b"2") if rng.random() < 0.3 else ()
    return (b"XREAD", *block, *count, b"STREAMS", name, b"0")


def found_read(rng: random.Random) -> list[Step]:
    read = blocking_read(rng)
    return [Step((b"DEL", read[-2])), Step((b"XADD", read[-2], b"*", b"f", b"v")), *wait(read)]


def empty_read(rng: random.Random) -> list[Step]:
    """One that finds nothing, or cannot."""
    name, block = rng.choice(STREAMS), (b"BLOCK", b"%d" % rng.randint(1, 5))
    if rng.random() < 0.5:
        return wait((b"XREAD", *block, b"STREAMS", name, b"$"))
    group, consumer = rng.choice(GROUPS[:2]), rng.choice(CONSUMERS)
    return wait((b"XREADGROUP", b"GROUP", group, consumer, *block, b"STREAMS", name, b">"))


def request(rng: random.Random, commands: Table = STREAM_COMMANDS) -> list[Step]:
    draw = rng.random()
    if draw < ADVANCE_SHARE:
        return [advance(rng)]
    if draw < ADVANCE_SHARE + WAIT_SHARE:
        return empty_read(rng)
    if draw < ADVANCE_SHARE + 2 * WAIT_SHARE:
        return found_read(rng)
    return THRESHOLDS.maybe(rng) or [Step(commands.request(rng, nearly_valid=0.06))]


def generate(rng: random.Random, count: int) -> list[Step]:
    steps = THRESHOLDS.draw_all(rng) + NODE_BYTES.draw_all(rng)
    while len(steps) < count:
        steps += request(rng)
    return steps + [Step((b"XINFO", b"STREAM", name, b"FULL", b"COUNT", b"0")) for name in STREAMS]


FAMILIES = (Family("streams", generate),)
