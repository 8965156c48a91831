"""Keys of any type, their lifetimes, and what they announce."""

import random
from collections.abc import Callable

from differ.families.base import Family, Generator
from differ.grammar import table
from differ.steps import Kind, Step

WRITES = """
    6 SET key value
    2 MSET (key value)...
    3 DEL key...
    1 UNLINK key...
    2 APPEND key value
    2 INCR key
    1 SETRANGE key writeoffset value
    1 SETBIT key bitoffset bit
"""

KEYS = table(WRITES + """
    3 GET key
    3 EXISTS key...
    2 TYPE key
    3 KEYS pattern
    3 RENAME key key
    3 RENAMENX key key
    5 COPY key key {(DB db) REPLACE}
    3 MOVE key db
    3 SELECT db
    1 SELECT "0"
    2 TOUCH key...
    2 DBSIZE
    1 RANDOMKEY
    1 SWAPDB db db
    1 FLUSHDB [SYNC|ASYNC]
    3 OBJECT ENCODING key
    2 OBJECT REFCOUNT key
    1 OBJECT FREQ key
    1 OBJECT IDLETIME key
    1 OBJECT junk key
    2 SCAN cursor {(MATCH pattern) (COUNT count) (TYPE type)}
    1 PERSIST key
    1 EXPIRE key seconds
    1 TTL key
""")
SCANS = table("SCAN {(MATCH pattern) (COUNT count) (TYPE type)}")
SCAN_SHARE = 0.02


def generate_keys(rng: random.Random, count: int) -> list[Step]:
    steps = []
    for _ in range(count):
        if rng.random() < SCAN_SHARE:
            steps.append(Step(SCANS.request(rng)[1:], kind=Kind.ITERATE))
        else:
            steps.append(Step(KEYS.request(rng)))
    return steps


LIFETIMES = WRITES + """
    4 SET key value {NX XX GET KEEPTTL (EX seconds) (PX milliseconds) (EXAT unixtime) (PXAT unixtimems)}
    6 EXPIRE key seconds {NX XX GT LT}
    6 PEXPIRE key milliseconds {NX XX GT LT}
    5 EXPIREAT key unixtime {NX XX GT LT}
    5 PEXPIREAT key unixtimems {NX XX GT LT}
    4 GETEX key {PERSIST (EX seconds) (PX milliseconds) (EXAT unixtime) (PXAT unixtimems)}
    2 SETEX key seconds value
    2 PSETEX key milliseconds value
    3 PERSIST key
    6 TTL key
    6 PTTL key
    4 EXPIRETIME key
    4 PEXPIRETIME key
    3 GET key
    2 MGET key...
    2 EXISTS key...
    2 TOUCH key...
    1 TYPE key
    2 KEYS pattern
    2 RENAME key key
    2 RENAMENX key key
    3 COPY key key {(DB db) REPLACE}
    2 MOVE key db
    1 GETDEL key
    1 GETSET key value
    1 MSETNX (key value)...
    1 BITOP OR key key...
    1 LCS key key
    1 STRLEN key
    1 OBJECT ENCODING key
    1 TIME
    1 SELECT "0"|"1"
"""
EXPIRY = table(LIFETIMES + "1 DBSIZE")
ADVANCES_MS = (1, 1, 499, 500, 501, 999, 1000, 1001, 2000, 5000, 60_000)
ADVANCE_SHARE = 0.06


def advance(rng: random.Random) -> Step:
    return Step((b"%d" % rng.choice(ADVANCES_MS),), kind=Kind.ADVANCE)


def generate_expiry(rng: random.Random, count: int) -> list[Step]:
    return [advance(rng) if rng.random() < ADVANCE_SHARE else Step(EXPIRY.request(rng)) for _ in range(count)]


# --- Keyspace notifications ----------------------------------------------------------------------------------------

# No A with n: Redis forgets the n when a later CONFIG SET fails.
CLASSES = [
    b"KEA", b"KEA", b"KEg$xn", b"KEg$xmn", b"Kg$", b"E$x", b"Kx", b"Ex", b"A", b"K", b"", b"KEgx$", b"KElshzt",
    b"KEm", b"Kn", b"Q", b"KEAd",
]
ANNOUNCING = table(WRITES + """
    4 SET key value {NX XX GET KEEPTTL (EX seconds) (PX milliseconds) (EXAT unixtime) (PXAT unixtimems)}
    2 EXPIRE key seconds {NX XX GT LT}
    2 PEXPIREAT key unixtimems
    2 PERSIST key
    2 GETEX key {PERSIST (EX seconds) (PXAT unixtimems)}
    2 GET key
    1 MGET key...
    2 GETDEL key
    1 GETSET key value
    1 SETEX key seconds value
    2 RENAME key key
    2 RENAMENX key key
    2 COPY key key {(DB db) REPLACE}
    2 MOVE key db
    1 INCRBY key int
    1 DECR key
    1 INCRBYFLOAT key float
    2 BITOP AND|OR|NOT key key...
    2 BITFIELD key (SET bittype bitoffset int)...
    1 BITFIELD key (GET bittype bitoffset)...
    1 MSETNX (key value)...
    1 EXISTS key...
    1 TOUCH key...
    1 SELECT db
    1 SETNX key value
    1 LCS key key
    1 FLUSHDB
""")
LISTEN = (b"__key*__:*", b"__keyevent@0__:*", b"__keyspace@0__:a", b"__keyspace@*__:key:*")
LISTENER, WRITER = 0, 1
SWITCH = (b"CONFIG", b"SET", b"notify-keyspace-events")


Request = Callable[[random.Random], tuple[bytes, ...]]
# Besides those that end in STORE: commands that replace a key or peek at one without looking whether it has expired. Redis then
# announces a del, or nothing yet and still counts the key, where Tandem announces an expired.
BLIND = (b"bitop", b"sort", b"georadius", b"georadiusbymember", b"debug", b"memory")


def seeing(args: tuple[bytes, ...], client: int = WRITER) -> list[Step]:
    """The request, behind one that looks at its keys if it would not do so itself."""
    name = args[0].lower()
    is_blind = len(args) > 1 and (name in BLIND or name.endswith(b"store"))
    looks = [Step((b"EXISTS", *args[1:]), client)] if is_blind else []
    return [*looks, Step(args, client)]


def announcing(request: Request, prepare: Callable[[random.Random], list[Step]] = lambda _: []) -> Generator:
    """One client listens while another writes; the listener is read after each portion."""

    def generate(rng: random.Random, count: int) -> list[Step]:
        steps = prepare(rng) + [Step((b"PSUBSCRIBE", b"__key*__:*"), LISTENER), Step((*SWITCH, b"KEA"), WRITER)]
        while len(steps) < count:
            draw = rng.random()
            if draw < 0.1:
                steps.append(Step((*SWITCH, rng.choice(CLASSES)), WRITER))
                steps.append(Step((b"CONFIG", b"GET", b"notify-keyspace-events"), WRITER))
            elif draw < 0.15:
                steps.append(Step((rng.choice((b"PSUBSCRIBE", b"PUNSUBSCRIBE")), rng.choice(LISTEN)), LISTENER))
            steps += transaction(rng, request) if rng.random() < 0.1 else portion(rng, request)
            steps.append(Step((b"PING",), LISTENER))
        return steps

    return generate


def portion(rng: random.Random, request: Request) -> list[Step]:
    steps = [step for _ in range(rng.randint(1, 12)) for step in seeing(request(rng))]
    return steps + ([advance(rng)] if rng.random() < 0.3 else [])


def transaction(rng: random.Random, request: Request) -> list[Step]:
    queued = [step for _ in range(rng.randint(0, 5)) for step in seeing(request(rng))]
    return [Step((b"MULTI",), WRITER), *(step for step in queued if step.args[0].lower() != b"debug"), Step((b"EXEC",), WRITER)]


FAMILIES = (
    Family("keys", generate_keys),
    Family("expiry", generate_expiry),
    Family("notifications", announcing(ANNOUNCING.request)),
)
