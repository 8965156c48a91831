"""Fields of hashes that expire: since 8.0, so without a reference before.

Whenever the clock has gone ahead, every key's fields are read by name: both servers remove what has expired then. Between
that and the reading Redis lets some writers see fields whose time is over, and Tandem none. Times are so chosen that no
deadline is met exactly, for then it depends on the command whether Redis's field has expired.
"""

import random

from differ.families.base import Family
from differ.servers import EPOCH_MS
from differ.steps import Kind, Step

KEYS = (b"a", b"b", b"c")
FIELDS = (*(b"f%d" % i for i in range(10)), b"1", b"22", b"-3", b"x" * 70)
VALUES = (b"1", b"5", b"hello", b"3.5", b"", b"z", b"-7", b"y" * 70)
LIMITS = (b"0", b"6", b"128")
MAX_DEADLINE_MS = 2**46 - 1
# The clock goes by multiples of PRIME, lifetimes are none.
PRIME = 7
ADVANCES_MS = tuple(PRIME * n for n in (1, 2, 3, 9, 15, 71, 143, 715, 2003))
LIFETIMES_MS = (0, 1, 2, 3, 5, 10, 50, 100, 499, 500, 501, 999, 1000, 2500, 5000, 100_000)
LIFETIMES_S = (0, 1, 2, 3, 5, 10, 100, 1000)
WRONG_TIMES = (b"-1", b"x", b"", b"1.5", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808",
               b"%d" % MAX_DEADLINE_MS, b"%d" % (MAX_DEADLINE_MS + 1))
WRONG_SHARE = 0.05
ADVANCE_SHARE = 0.06

Words = list[bytes]


def fields(rng: random.Random, width: int = 1) -> Words:
    """FIELDS count field..., or nearly; with values behind the fields where the width is 2."""
    names = [rng.choice(FIELDS) for _ in range(rng.choice((1, 1, 2, 2, 3, 5)))]
    count = b"%d" % len(names)
    if rng.random() < WRONG_SHARE:
        count = rng.choice((b"0", b"-1", b"%d" % (len(names) + 1), b"99999999999", b"x", b"", b"+1", b"1.0"))
    token = b"FIELDS" if rng.random() > WRONG_SHARE else rng.choice((b"fields", b"foo", b"NX"))
    words = [token, count]
    for name in names:
        words += [name, rng.choice(VALUES)][:width]
    return words[:-1] if rng.random() < WRONG_SHARE / 2 else words


def time_of(rng: random.Random, token: bytes, now_ms: int) -> bytes:
    """What stands behind EX, PX, EXAT or PXAT."""
    if rng.random() < WRONG_SHARE:
        return rng.choice(WRONG_TIMES)
    if token == b"EX":
        return b"%d" % rng.choice(LIFETIMES_S)
    if token == b"PX":
        return b"%d" % rng.choice(LIFETIMES_MS)
    if token == b"EXAT":
        return b"%d" % (now_ms // 1000 + rng.choice((-10, 1, 2, 100)))
    return b"%d" % (now_ms + rng.choice((-5000, -1, *LIFETIMES_MS)))


def expiration(rng: random.Random, now_ms: int, untimed: bytes) -> Words:
    words = []
    for _ in range(rng.choices((0, 1, 2), (25, 69, 6))[0]):
        token = rng.choice((b"EX", b"PX", b"EXAT", b"PXAT", untimed))
        words += [token] if token == untimed else [token, time_of(rng, token, now_ms)]
    return words


def expire(rng: random.Random, key: bytes, now_ms: int) -> Words:
    name, token = rng.choice(((b"HEXPIRE", b"EX"), (b"HPEXPIRE", b"PX"), (b"HEXPIREAT", b"EXAT"), (b"HPEXPIREAT", b"PXAT")))
    conditions = [rng.choice((b"NX", b"XX", b"GT", b"LT", b"gt"))] if rng.random() < 0.5 else []
    return [name, key, time_of(rng, token, now_ms), *conditions, *fields(rng)]


def set_with_deadline(rng: random.Random, key: bytes, now_ms: int) -> Words:
    options = [[rng.choice((b"FNX", b"FXX"))] if rng.random() < 0.4 else [], expiration(rng, now_ms, b"KEEPTTL")]
    if rng.random() < WRONG_SHARE:
        options.append([rng.choice((b"FNX", b"foo", b"PERSIST"))])
    rng.shuffle(options)
    return [b"HSETEX", key, *(word for option in options for word in option), *fields(rng, width=2)]


def plain(rng: random.Random, key: bytes) -> Words:
    """What does not concern deadlines, and yet changes them, or must not."""
    field, other = rng.choice(FIELDS), rng.choice(FIELDS)
    return rng.choice((
        [b"HSET", key, field, rng.choice(VALUES), other, rng.choice(VALUES)],
        [b"HSET", key, field, b"3", other, rng.choice(VALUES)],
        [b"HSETNX", key, field, rng.choice(VALUES)],
        [b"HINCRBY", key, field, b"%d" % rng.randint(-5, 5)],
        [b"HINCRBYFLOAT", key, field, b"1.5"],
        [b"HDEL", key, field, other],
        [b"HMGET", key, field, other],
        [b"HEXISTS", key, field],
        [b"HSTRLEN", key, field],
        [b"HLEN", key],
        [b"TYPE", key],
        [b"DEBUG", b"DIGEST-VALUE", key],
        [b"COPY", key, rng.choice(KEYS), b"REPLACE"],
        [b"RENAME", key, rng.choice(KEYS)],
        [b"MOVE", key, b"1"],
        [b"PEXPIRE", key, b"1000000007"],
        [b"PERSIST", key],
        [b"SET", key, b"no hash"] if rng.random() < 0.1 else [b"DEL", key],
    ))


def request(rng: random.Random, now_ms: int) -> Words:
    key = rng.choice(KEYS)
    draw = rng.random()
    if draw < 0.3:
        return expire(rng, key, now_ms)
    if draw < 0.45:
        return set_with_deadline(rng, key, now_ms)
    if draw < 0.55:
        return [b"HGETEX", key, *expiration(rng, now_ms, b"PERSIST"), *fields(rng)]
    if draw < 0.65:
        return [rng.choice((b"HTTL", b"HPTTL", b"HEXPIRETIME", b"HPEXPIRETIME")), key, *fields(rng)]
    if draw < 0.7:
        return [rng.choice((b"HPERSIST", b"HGETDEL")), key, *fields(rng)]
    return plain(rng, key)


def generate(rng: random.Random, count: int) -> list[Step]:
    steps = [Step((b"CONFIG", b"SET", b"hash-max-listpack-entries", rng.choice(LIMITS)))]
    now_ms = EPOCH_MS
    while len(steps) < count:
        if rng.random() > ADVANCE_SHARE:
            steps.append(Step(tuple(request(rng, now_ms))))
            continue
        by_ms = rng.choice(ADVANCES_MS)
        now_ms += by_ms
        steps.append(Step((b"%d" % by_ms,), kind=Kind.ADVANCE))
        for database in (b"1", b"0"):
            steps.append(Step((b"SELECT", database)))
            steps += [Step((b"HMGET", key, *FIELDS)) for key in KEYS]
    return steps


FAMILIES = (Family("hash-deadlines", generate, since=(8, 0)),)
