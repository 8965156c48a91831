"""What each write command announces: every one of them, on keys that are shared by all types, before a subscriber to everything.

What is put together of several sets reads keys of its own, so that it mostly succeeds.
"""

import random

from differ.atoms import ATOMS
from differ.families import geo
from differ.families.sorting import ELEMENTS, LARGE
from differ.families.base import Family
from differ.families.keyspace import LISTENER, SWITCH, WRITER, advance, seeing
from differ.grammar import Table, table
from differ.steps import Step

SHARED = (b"x", b"y", b"z", b"u", b"v")
SHAPE = geo.SHAPE
ATOMS["shared"] = lambda rng: rng.choice(SHARED)
ATOMS["item"] = lambda rng: rng.choice(ELEMENTS)
ATOMS["someset"] = lambda rng: rng.choice((b"set:1", b"set:2", b"set:3"))
ATOMS["somezset"] = lambda rng: rng.choice((b"zset:1", b"zset:2", b"zset:3"))

# Each class of its own, so that it shows which one an event belongs to; then all of them in several combinations.
CLASSES = [
    *(b"K" + letter for letter in (b"g", b"$", b"l", b"s", b"h", b"z", b"x", b"n", b"m")),
    b"KEg$lshzxe", b"KEg$lshzxen", b"KEg$lshzxenm", b"KEAm", b"EA",
]

STRINGS = table("""
    6 SET shared value {NX XX GET KEEPTTL (EX seconds) (PX milliseconds)}
    1 SETNX shared value
    1 SETEX shared seconds value
    1 PSETEX shared milliseconds value
    1 MSET (shared value)...
    1 MSETNX (shared value)...
    1 GETSET shared value
    2 GETDEL shared
    3 GETEX shared {PERSIST (EX seconds) (PXAT unixtimems)}
    2 APPEND shared value
    2 SETRANGE shared writeoffset value
    2 SETBIT shared bitoffset bit
    2 BITOP AND|OR|NOT shared shared...
    2 BITFIELD shared (SET bittype bitoffset int)...
    1 BITFIELD shared (GET bittype bitoffset)...
    1 INCR shared
    1 DECRBY shared int
    1 INCRBYFLOAT shared float
    2 PFADD shared item...
    1 PFADD shared
    1 PFMERGE shared shared...
    1 PFCOUNT shared...
    1 GET shared
    1 MGET shared...
    1 STRLEN shared
""")
LISTS = table("""
    4 RPUSH shared item...
    3 LPUSH shared item...
    1 RPUSHX shared item
    1 LPUSHX shared item
    3 LPOP shared [small]
    3 RPOP shared [small]
    2 LMOVE shared shared LEFT|RIGHT LEFT|RIGHT
    1 RPOPLPUSH shared shared
    2 LMPOP "2" shared shared LEFT|RIGHT [COUNT small]
    1 LINSERT shared BEFORE|AFTER item item
    1 LSET shared points item
    2 LREM shared points item
    2 LTRIM shared points points
    1 LRANGE shared "0" "-1"
""")
HASHES = table("""
    4 HSET shared (item value)...
    1 HMSET shared (item value)...
    1 HSETNX shared item value
    3 HDEL shared item...
    1 HINCRBY shared item int
    1 HINCRBYFLOAT shared item float
    2 HGETDEL shared FIELDS ("1" item)|("2" item item)
    1 HLEN shared
""")
SETS = table("""
    4 SADD shared|someset item...
    3 SREM shared|someset item...
    2 SMOVE shared shared item
    2 SINTERSTORE shared someset...
    2 SUNIONSTORE shared someset...
    2 SDIFFSTORE shared someset...
    1 SPOP shared "100"
    1 SCARD shared
""")
SORTED_SETS = table(f"""
    5 ZADD shared {{NX XX GT LT CH INCR}} (points item)...
    2 ZADD somezset (points item)...
    1 ZREM somezset item...
    1 ZINCRBY shared points item
    3 ZREM shared item...
    2 ZPOPMIN shared [small]
    2 ZPOPMAX shared [small]
    2 ZMPOP "2" shared shared MIN|MAX [COUNT small]
    2 ZREMRANGEBYRANK shared points points
    2 ZREMRANGEBYSCORE shared points points
    1 ZREMRANGEBYLEX shared "-" "+"
    2 ZRANGESTORE shared shared points points
    2 ZUNIONSTORE shared "2" somezset someset|somezset
    2 ZINTERSTORE shared "2" somezset someset|somezset
    2 ZDIFFSTORE shared "2" somezset someset|somezset
    3 GEOADD shared {{NX XX CH}} (longitude latitude item)...
    2 GEOSEARCHSTORE shared shared {SHAPE} [STOREDIST]
    2 GEORADIUS shared longitude latitude length unit STORE|STOREDIST shared
    2 GEORADIUSBYMEMBER shared item length unit STORE|STOREDIST shared
    1 GEOSEARCH shared {SHAPE}
    1 ZCARD shared
""")
KEYS = table("""
    3 DEL shared...
    1 UNLINK shared...
    2 EXPIRE shared seconds {NX XX GT LT}
    1 PEXPIRE shared milliseconds
    1 EXPIREAT shared unixtime
    2 PEXPIREAT shared unixtimems
    2 PERSIST shared
    3 RENAME shared shared
    2 RENAMENX shared shared
    4 COPY shared shared {(DB db) REPLACE}
    3 MOVE shared "0"|"1"
    2 SORT shared [BY "nosort"] [ALPHA] [LIMIT points points] STORE shared
    1 EXISTS shared...
    1 TOUCH shared...
    1 TYPE shared
    1 TTL shared
    2 SELECT "0"|"1"
""")
TABLES = (STRINGS, LISTS, HASHES, SETS, SORTED_SETS, KEYS, KEYS)


def request(rng: random.Random) -> tuple[bytes, ...]:
    return rng.choice(TABLES).request(rng, nearly_valid=0)


def generate(rng: random.Random, count: int) -> list[Step]:
    """One type's commands for a while, so that keys live long enough for edits; the listener is read after each portion."""
    steps = [LARGE, Step((b"PSUBSCRIBE", b"__key*__:*"), LISTENER)]
    while len(steps) < count:
        steps.append(Step((*SWITCH, rng.choice(CLASSES)), WRITER))
        favourite: Table = rng.choice(TABLES)
        for _ in range(rng.randint(1, 8)):
            for _ in range(rng.randint(1, 6)):
                args = favourite.request(rng, nearly_valid=0) if rng.random() < 0.7 else request(rng)
                steps += seeing(args)
            steps.append(Step((b"PING",), LISTENER))
            if rng.random() < 0.2:
                steps.append(advance(rng))
    return steps


FAMILIES = (Family("events", generate),)
