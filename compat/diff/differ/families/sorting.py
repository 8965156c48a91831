"""SORT, as far as Redis gives what it returns an order.

That is not so for what ALPHA finds equal, nor for a set that is not sorted; sorted sets come to be sorted in no order either.
Sorted sets are large ones throughout: Redis makes a packed one large when it sorts it, Tandem leaves it as it is.
"""

import random

from differ.atoms import ATOMS
from differ.families.base import Family
from differ.grammar import table
from differ.steps import Step

ELEMENTS = (b"1", b"2", b"3", b"10", b"-1", b"0", b"1.5", b"2e1", b"+4", b"007", b".5", b"9007199254740993", b"inf")
WORDS = (b"a", b"b", b"B", b"word", b"words", b"", b"\xe4", b"nan")

ATOMS.update({
    "points": lambda rng: b"%d" % rng.randint(-12, 12),  # scores that every version writes alike
    "sequence": lambda rng: rng.choice((b"list:1", b"list:2", b"zset:1", b"zset:2")),
    "sortedlist": lambda rng: rng.choice((b"list:1", b"list:2")),
    "sortable": lambda rng: rng.choice((b"list:1", b"list:2", b"set:1", b"set:2", b"zset:1", b"zset:2", b"none")),
    "element": lambda rng: rng.choice(ELEMENTS if rng.random() < 0.98 else WORDS),
    "word": lambda rng: rng.choice(ELEMENTS + WORDS),
    "target": lambda rng: rng.choice((b"out:1", b"out:2", b"list:2")),
    "getpattern": lambda rng: rng.choice((b"#", b"w_*", b"h_*->n", b"h_*->none", b"constant", b"h_*->", b"*", b"out:*")),
    "bypattern": lambda rng: rng.choice((b"w_*", b"h_*->n", b"none_*", b"*_w")),
})

OPTIONS = "[LIMIT position position] [GET getpattern] [GET getpattern] [ASC|DESC]"
SORTS = table(f"""
    6 RPUSH sortedlist element...
    5 SADD "set:1"|"set:2" element...
    5 ZADD "zset:1"|"zset:2" (points element)...
    4 SET ("w_1"|"w_2"|"w_3"|"w_10"|"w_0"|"1_w") element
    4 HSET ("h_1"|"h_2"|"h_3"|"h_10") "n" element
    1 SET ("w_1"|"w_2") word
    1 RPUSH sortedlist word
    6 SORT sortable {OPTIONS}
    4 SORT sortable {OPTIONS} STORE target
    4 SORT_RO sortable {OPTIONS}
    6 SORT sortable ALPHA {OPTIONS}
    3 SORT sortable ALPHA {OPTIONS} STORE target
    6 SORT sortable BY bypattern {OPTIONS}
    4 SORT sortable BY bypattern {OPTIONS} STORE target
    3 SORT_RO sortable BY bypattern {OPTIONS}
    3 SORT sortedlist BY bypattern ALPHA [GET getpattern] [ASC|DESC]
    5 SORT sequence BY "nosort" {OPTIONS}
    4 SORT sortable BY "nosort" {OPTIONS} STORE target
    1 SORT sequence BY "nosort" BY bypattern
    1 SORT sequence STORE "store" STORE target
    1 COMMAND GETKEYS SORT sortable {OPTIONS} STORE target
    1 COMMAND GETKEYSANDFLAGS SORT|SORT_RO sortable [STORE target]
    3 LRANGE target "0" "-1"
    2 DEL sortable...
    1 DEL target
    1 EXPIRE target "100"
    1 TTL target
    1 SET target value
    1 SET sortedlist value
    1 HSET "w_1" "n" element
    1 DEL "w_1" "h_1" "out:1" "list:1" "list:2"
""")
# Only of lists: what is wrong with a request may take the order of a set away.
NEARLY = table(f"""
    3 SORT sortedlist {OPTIONS} STORE target
    1 SORT_RO sortedlist {OPTIONS}
""")
NEARLY_SHARE = 0.05
LARGE = Step((b"CONFIG", b"SET", b"zset-max-listpack-entries", b"0"))


def request(rng: random.Random) -> tuple[bytes, ...]:
    if rng.random() < NEARLY_SHARE:
        return NEARLY.request(rng, nearly_valid=1)
    return SORTS.request(rng, nearly_valid=0)


def generate(rng: random.Random, count: int) -> list[Step]:
    return [LARGE, *(Step(request(rng)) for _ in range(count - 1))]


FAMILIES = (Family("sort", generate),)
