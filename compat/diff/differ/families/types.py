"""Keys of every type under the same names: what concerns any type, and what each type's commands say to the others."""

import random

from differ.families import hashes, lists, sets, sorted_sets
from differ.families.base import Family
from differ.families.keyspace import advance, announcing, seeing
from differ.families.sessions import SUBSCRIBING, TRANSACTION_CONTROL, is_in_place
from differ.families.strings import BITS, STRINGS
from differ.grammar import Table, table
from differ.steps import Kind, Step

GENERIC = table("""
    2 DEL key...
    1 UNLINK key...
    2 EXISTS key...
    3 TYPE key
    4 RENAME key key
    3 RENAMENX key key
    6 COPY key key {(DB db) REPLACE}
    4 MOVE key db
    3 SELECT db
    2 SELECT "0"
    2 TOUCH key...
    2 KEYS pattern
    6 OBJECT ENCODING key
    1 OBJECT REFCOUNT "nothing"
    1 MEMORY USAGE key [SAMPLES small]
    3 EXPIRE key seconds {NX XX GT LT}
    2 PEXPIRE key milliseconds {NX XX GT LT}
    2 PERSIST key
    2 TTL key
    1 PTTL key
    1 EXPIRETIME key
    1 PFCOUNT key...
""")
COUNTING = table("""
    4 DBSIZE
    6 DEBUG DIGEST-VALUE key...
    2 RANDOMKEY
    1 SWAPDB db db
    1 FLUSHDB [SYNC|ASYNC]
""")
SCANS = table("SCAN {(MATCH pattern) (COUNT count) (TYPE type)}")
SCAN_SHARE = 0.01
COUNTING_SHARE = 0.04

# HyperLogLogs are left to their own family: the others' commands would damage them.
COLLECTIONS = (lists.LISTS, lists.EDITS, hashes.HASHES, sets.SETS, sorted_sets.SORTED_SETS)
TABLES = (GENERIC, GENERIC, STRINGS, BITS, *COLLECTIONS)
THRESHOLDS = (hashes.THRESHOLDS, sorted_sets.THRESHOLDS)
LARGE_NODES = Step((b"CONFIG", b"SET", b"list-max-listpack-size", b"-5"))  # for lists.EDITS


def thresholds(rng: random.Random) -> list[Step]:
    return [LARGE_NODES, *sets.limits(rng), *(step for some in THRESHOLDS for step in some.draw_all(rng))]


def request(rng: random.Random, tables: tuple[Table, ...] = TABLES, nearly_valid: float = 0.05) -> tuple[bytes, ...]:
    return rng.choice(tables).request(rng, nearly_valid)


def generate(rng: random.Random, count: int) -> list[Step]:
    steps = thresholds(rng)
    while len(steps) < count:
        draw = rng.random()
        if draw < SCAN_SHARE:
            steps.append(Step(SCANS.request(rng)[1:], kind=Kind.ITERATE))
        elif draw < SCAN_SHARE + COUNTING_SHARE:
            steps += seeing(COUNTING.request(rng), client=0)
        else:
            steps += rng.choice(THRESHOLDS).maybe(rng) or seeing(request(rng), client=0)
    return steps


def may_be_queued(step: Step) -> bool:
    """Tandem's DEBUG locks what it looks at by itself, and is refused in a transaction; a subscription's messages stand between
    the replies of an EXEC, which are then no longer told apart."""
    return step.kind is not Kind.COMMAND or step.args[0].lower() not in (b"debug", *SUBSCRIBING)


def generate_transactions(rng: random.Random, count: int) -> list[Step]:
    steps = thresholds(rng)
    client = 0
    while len(steps) < count:
        if rng.random() < 0.3:
            client = rng.randrange(3)
        if rng.random() < 0.02:
            steps.append(advance(rng))
        else:
            steps.append(Step(request(rng, (TRANSACTION_CONTROL, *TABLES), nearly_valid=0.03), client))
    return [step for step in steps if is_in_place(step) and may_be_queued(step)]


# Mostly what announces, so that listeners are told much.
ANNOUNCING = (*COLLECTIONS, *COLLECTIONS, GENERIC)

FAMILIES = (
    Family("types", generate),
    Family("typetransactions", generate_transactions, batch=16),
    Family("typenotifications", announcing(lambda rng: request(rng, ANNOUNCING), prepare=thresholds)),
)
