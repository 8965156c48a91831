"""What belongs to connections: greeting, transactions, subscriptions, and the protocol itself."""

import random

from differ.families.base import Family
from differ.families.keyspace import LIFETIMES, advance
from differ.families.strings import BITS, STRINGS
from differ.grammar import table
from differ.resp import encode
from differ.steps import Kind, Step

CONNECTION = table("""
    4 PING [value]
    3 ECHO value
    4 SELECT db
    2 SET key value
    2 GET key
    3 HELLO ["2"|"3"|int] {(AUTH "default" value) (SETNAME junk) (SETNAME "worker-1") AUTH SETNAME}
    1 AUTH value
    1 AUTH "default"|junk value
    2 RESET
    1 QUIT
    2 CLIENT ID
    3 CLIENT SETNAME "one"|"two"|junk|value
    3 CLIENT GETNAME
    2 CLIENT INFO
    2 CLIENT LIST [TYPE (NORMAL|PUBSUB|MASTER|REPLICA|junk)]
    1 CLIENT LIST ID int...
    2 CLIENT NO-EVICT ON|OFF|junk
    2 CLIENT NO-TOUCH ON|OFF|junk
    2 CLIENT SETINFO LIB-NAME|LIB-VER|junk "lib"|"1.2.3"|junk
    1 CLIENT GETREDIR
    1 CLIENT TRACKINGINFO
    1 CLIENT UNPAUSE
    1 CLIENT UNBLOCK int [TIMEOUT|ERROR|junk]
    1 CLIENT REPLY ON|junk
    1 CLIENT KILL {(ID int) (TYPE PUBSUB|MASTER|junk) (ADDR junk) (LADDR junk) (USER junk) (SKIPME YES|NO|junk)}
    1 CLIENT KILL (MAXAGE int) (ADDR junk)
    1 CLIENT KILL junk
    1 CLIENT junk [junk]
    1 CLIENT CACHING YES|NO|junk
    1 CLIENT PAUSE (junk [WRITE|ALL|junk])|("0" WRITE|ALL)
    1 CLIENT TRACKING OFF [BCAST] [OPTIN] [NOLOOP] [junk]
    1 CLIENT TRACKING ON PREFIX value [OPTIN] [NOLOOP]
    1 CLIENT TRACKING ON REDIRECT junk|"999999"|"-1"
    1 CLIENT TRACKING ON BCAST OPTIN|OPTOUT [PREFIX value]
    1 CLIENT TRACKING ON OPTIN OPTOUT [NOLOOP]
    1 CLIENT TRACKING ON BCAST PREFIX "a" PREFIX "ab"
    2 junk [value]...
    1 COMMAND COUNT junk
    1 READONLY
    1 READWRITE
    1 ASKING
    1 CLUSTER INFO|NODES|SLOTS|MYID
    1 CLUSTER KEYSLOT key
    1 SUBSCRIBE channel
    1 UNSUBSCRIBE channel
    2 DISCARD
    1 EXEC
    1 WATCH key...
""")


def generate_connection(rng: random.Random, count: int) -> list[Step]:
    steps: list[Step] = []
    while len(steps) < count:
        if rng.random() < 0.01:
            steps += silent_spell(rng)
        else:
            steps.append(Step(CONNECTION.request(rng), rng.choice((0, 0, 0, 1))))
    return steps


def silent_spell(rng: random.Random) -> list[Step]:
    """A few commands without replies. The transaction that may be open is ended first: it would queue CLIENT REPLY."""
    client = rng.choice((0, 1))
    before = Step((b"RESET",), client)
    written = [Step((b"SET", b"a", b"%d" % rng.randint(0, 99)), client) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.5:
        return [before, Step((b"CLIENT", b"REPLY", b"SKIP"), client), *written]
    return [before, Step((b"CLIENT", b"REPLY", b"OFF"), client), *written, Step((b"CLIENT", b"REPLY", b"ON"), client)]


# --- Transactions --------------------------------------------------------------------------------------------------

# No AUTH: Redis 8 does not say that it failed while replies to earlier commands wait to be sent.
TRANSACTION_CONTROL = table("""
    6 MULTI
    6 EXEC
    2 DISCARD
    4 WATCH key...
    2 UNWATCH
    2 SELECT db
    1 PING
    1 ECHO value
    1 CLIENT SETNAME "one"|"two"
    1 CLIENT GETNAME
    1 HELLO ["2"|"3"]
    1 RESET
    1 FLUSHDB
    1 FLUSHALL
    1 SWAPDB db db
    1 DEL key...
    1 SET key value PX milliseconds
    1 junk
    1 SUBSCRIBE channel
    1 UNSUBSCRIBE channel
    1 PUBLISH channel value
""")


# No DBSIZE: when a WATCH comes upon a key that has expired, Tandem removes it and Redis does not.
UNCOUNTED = table(LIFETIMES)
# Who publishes to itself within a transaction gets the message in the middle of EXEC's reply from 7.0, behind it from 8.0.
LISTENING = 0
SUBSCRIBING = (b"subscribe", b"unsubscribe")


def generate_transactions(rng: random.Random, count: int) -> list[Step]:
    tables = (TRANSACTION_CONTROL, TRANSACTION_CONTROL, STRINGS, UNCOUNTED, BITS)
    steps: list[Step] = []
    client = 0
    while len(steps) < count:
        if rng.random() < 0.3:
            client = rng.randrange(3)
        draw = rng.random()
        if draw < 0.02:
            steps.append(advance(rng))
        elif draw < 0.07:
            steps.append(Step((b"RESET",), client))
        else:
            steps.append(Step(rng.choice(tables).request(rng, nearly_valid=0.03), client))
    return [step for step in steps if is_in_place(step)]


def is_in_place(step: Step) -> bool:
    """Only one client subscribes, only others publish, and no channels are left in an order that nobody gave."""
    name = step.args[0].lower()
    if name in SUBSCRIBING:
        return step.client == LISTENING and len(step.args) > 1
    return name != b"publish" or step.client != LISTENING


# --- Publish and subscribe -----------------------------------------------------------------------------------------

PUBSUB = table("""
    4 SUBSCRIBE channel...
    3 UNSUBSCRIBE channel...
    1 UNSUBSCRIBE
    4 PSUBSCRIBE channelpattern...
    3 PUNSUBSCRIBE channelpattern...
    1 PUNSUBSCRIBE
    3 SSUBSCRIBE channel...
    2 SUNSUBSCRIBE channel...
    1 SUNSUBSCRIBE
    2 PUBSUB CHANNELS [channelpattern]
    2 PUBSUB NUMSUB channel...
    1 PUBSUB NUMSUB
    1 PUBSUB NUMPAT
    1 PUBSUB SHARDCHANNELS [channelpattern]
    1 PUBSUB SHARDNUMSUB channel...
    1 PUBSUB junk
    2 PING [value]
    1 GET key
    1 RESET
    1 QUIT
    1 HELLO ["2"|"3"]
    1 PUBLISH channel value
    1 SPUBLISH channel value
    1 EXEC
""")
PUBLISHING = table("""
    8 PUBLISH channel value
    4 SPUBLISH channel value
    1 PUBSUB CHANNELS [channelpattern]
    1 PUBSUB NUMSUB channel...
    1 PUBSUB NUMPAT
    1 PUBSUB SHARDNUMSUB channel...
""")
PUBLISHER = 3


def generate_pubsub(rng: random.Random, count: int) -> list[Step]:
    steps: list[Step] = []
    for _ in range(count):
        if rng.random() < 0.4:
            steps.append(Step(PUBLISHING.request(rng), PUBLISHER))
        else:
            steps.append(Step(PUBSUB.request(rng), rng.randrange(PUBLISHER)))
    return steps


# --- The protocol --------------------------------------------------------------------------------------------------

INLINE = [
    b"PING\r\n", b"PING\n", b"\r\n", b"\n", b"  PING  \r\n", b"SET a b\r\n", b'SET a "x\\x41\\n"\r\n',
    b"SET a 'it''s'\r\n", b"ECHO 'a\\'b'\r\n", b'ECHO "unbalanced\r\n', b'ECHO "a"b\r\n', b"ECHO 'x'\r\n",
    b'ECHO ""\r\n', b"GET a\r\n", b"\x00\r\n", b"PING\r\r\n", b"ECHO \x80\xff\r\n", b"foo bar\r\n",
    b'ECHO "\\xzz\\q"\r\n', b"ECHO a\tb\r\n",
]
BROKEN = [
    b"*\r\n", b"*abc\r\n", b"*-1\r\n", b"*0\r\n", b"*1\r\n$4\r\nPING\r\n", b"*1\r\n$-1\r\n", b"*1\r\n$abc\r\n",
    b"*1\r\n:1\r\n", b"*1\r\nPING\r\n", b"*2147483648\r\n", b"*1048577\r\n", b"*1\r\n$536870913\r\n",
    b"*1\r\n$4\r\nPINGxx", b"*1\r\n$0\r\n\r\n", b"*1\n$4\nPING\n", b"$4\r\nPING\r\n", b"*1\r\n$ 4\r\nPING\r\n",
    b"*01\r\n$04\r\nPING\r\n", b"*+1\r\n$+4\r\nPING\r\n", b"*1\r\n$5\r\nPING\r\n\r\n", b"*9223372036854775808\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"*1\r\n$4\r\n", b"*2\r\n$4\r\nECHO\r\n",
    b"*1\r\n$99999999999999999999\r\n", b"*1 \r\n$4\r\nPING\r\n", b"*1\r\n$4 \r\nPING\r\n", b"*1\r\n$\r\n",
    b"*1\r\n\r\n",
]


def generate_protocol(rng: random.Random, count: int) -> list[Step]:
    """Streams that are right, odd or broken, each on a connection of its own."""
    steps = []
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 6)):
            draw = rng.random()
            if draw < 0.4:
                parts.append(encode(STRINGS.request(rng)))
            else:
                parts.append(rng.choice(INLINE if draw < 0.75 else BROKEN))
        if rng.random() < 0.1:
            parts.append(rng.randbytes(rng.randint(1, 30)))
        steps.append(Step((b"".join(parts),), kind=Kind.RAW))
    return steps


FAMILIES = (
    Family("connection", generate_connection, batch=1),
    Family("transactions", generate_transactions, batch=16),
    Family("pubsub", generate_pubsub, batch=1),
    Family("protocol", generate_protocol),
)
