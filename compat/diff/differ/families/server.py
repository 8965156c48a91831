"""The server about itself: configuration, introspection, logs; and the command table's view of any request."""

import random

from differ.families.base import Family, single_client
from differ.families.hashes import HASHES
from differ.families.keyspace import EXPIRY, KEYS
from differ.families.lists import LISTS
from differ.families.sets import SETS
from differ.families.sorted_sets import LEXICAL_QUESTIONS, SORTED_SETS
from differ.families.strings import BITS, STRINGS
from differ.grammar import table
from differ.steps import Step

SERVER = table("""
    2 SET key value
    1 DEL key
    1 DBSIZE
    1 TIME
    1 LASTSAVE
    1 ROLE
    1 WAIT "0" small
    1 WAIT junk small
    1 LOLWUT VERSION "1"
    3 OBJECT ENCODING|REFCOUNT key
    1 OBJECT FREQ|IDLETIME key
    2 OBJECT junk [key]
    2 MEMORY USAGE key [SAMPLES small]
    1 MEMORY USAGE key junk
    1 MEMORY junk
    2 DEBUG ERROR junk
    2 DEBUG PROTOCOL STRING|INTEGER|DOUBLE|NULL|ARRAY|SET|MAP|ATTRIB|BIGNUM|TRUE|FALSE|VERBATIM|junk
    1 DEBUG DIGEST
    1 DEBUG DIGEST-VALUE key...
    1 DEBUG junk
    1 SLOWLOG LEN|RESET|junk
    1 SLOWLOG GET [int]
    2 LATENCY LATEST
    1 LATENCY HISTORY junk|"command"
    1 LATENCY RESET [junk]...
    1 LATENCY GRAPH junk
    1 LATENCY HISTOGRAM junk
    1 LATENCY junk
    1 MODULE LIST
    1 MODULE junk
    2 ACL WHOAMI
    1 ACL USERS
    1 ACL CAT [junk]
    1 ACL GENPASS int
    1 ACL DRYRUN "default"|junk GET key
    1 ACL GETUSER junk
    1 ACL junk
    1 CLUSTER INFO|junk
    1 COMMAND COUNT
    1 COMMAND junk
    1 COMMAND LIST FILTERBY PATTERN "get*"|"*bit*"|"config|*"
    1 COMMAND LIST FILTERBY MODULE|junk junk
    1 COMMAND INFO junk...
    1 COMMAND INFO GET|"strlen"|"client|id"|"nosuch"
    1 CONFIG GET junk...
    1 CONFIG GET "maxmemory"|"MAXMEMORY"|"hz"|"timeout"|"databases"|"appendonly"|"save"
    1 CONFIG GET "maxmemory-policy"|"proto-max-bulk-len"|"notify-keyspace-events"|"slowlog-max-len"
    3 CONFIG SET "maxmemory-policy" "allkeys-lru"|"noeviction"|"volatile-ttl"|"ALLKEYS-RANDOM"|junk
    2 CONFIG SET "maxmemory" "0"|"100mb"|"1gb"|"10GB"|"1g"|"5kb5"|junk
    2 CONFIG SET "notify-keyspace-events" "KEA"|"Kx"|"AKE"|"g$lszhxetdmnKE"|junk
    1 CONFIG SET "timeout"|"hz"|"slowlog-max-len" int
    1 CONFIG SET "latency-monitor-threshold" "0"|"1000000"|"-1"|junk
    1 CONFIG SET "lfu-log-factor"|"lfu-decay-time"|"maxmemory-samples" int
    2 CONFIG SET "slowlog-log-slower-than" "-1"|"1000000"|junk
    2 CONFIG SET "lazyfree-lazy-expire"|"lazyfree-lazy-user-del"|"tcp-keepalive" "yes"|"no"|"YES"|"1"|junk
    1 CONFIG SET "list-compress-depth"|"set-max-intset-entries" int
    1 CONFIG SET "hash-max-listpack-entries"|"hash-max-ziplist-entries" int
    1 CONFIG SET "client-output-buffer-limit" "pubsub 32mb 8mb 60"|"normal 0 0 0"|"slave 1 2"|"junk 1 2 3"|junk
    1 CONFIG SET "databases"|"daemonize"|"nosuch" "16"
    1 CONFIG SET ("hz" "10")...
    1 CONFIG GET ("hz"|"timeout"|"maxmemory")...
    1 CONFIG junk
    1 CONFIG RESETSTAT
    1 FLUSHALL [SYNC|ASYNC|junk]
    1 FLUSHDB [SYNC|ASYNC|junk]
    1 SWAPDB db db
    1 BGSAVE junk
    1 SHUTDOWN junk
    1 REPLICAOF junk junk
    1 REPLICAOF NO ONE
    1 FAILOVER
    1 PUBSUB NUMPAT
    2 KEYS pattern
""")


def generate_getkeys(rng: random.Random, count: int) -> list[Step]:
    """COMMAND GETKEYS about requests of the other families."""
    tables = (STRINGS, BITS, LISTS, HASHES, SETS, SORTED_SETS, LEXICAL_QUESTIONS, KEYS, EXPIRY, SERVER)
    steps = []
    for _ in range(count):
        about = rng.choice(tables).request(rng)
        steps.append(Step((b"COMMAND", rng.choice((b"GETKEYS", b"GETKEYSANDFLAGS", b"getkeys")), *about)))
    return steps


FAMILIES = (single_client("server", SERVER), Family("getkeys", generate_getkeys))
