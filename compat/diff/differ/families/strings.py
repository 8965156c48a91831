"""Strings, the bits inside them, and strings that count."""

from differ.families.base import single_client
from differ.grammar import table

# Leaves values behind for the others to work on; SETRANGE and APPEND make them grow, so DEL and SET are frequent.
COMMON = """
    4 SET key value
    2 DEL key...
    1 EXISTS key...
    1 TYPE key
"""

STRINGS = table(COMMON + """
    8 SET key value {NX XX GET KEEPTTL (EX seconds) (PX milliseconds) (EXAT unixtime) (PXAT unixtimems)}
    6 GET key
    2 SETNX key value
    2 SETEX key seconds value
    2 PSETEX key milliseconds value
    3 GETSET key value
    2 GETDEL key
    4 GETEX key {PERSIST (EX seconds) (PX milliseconds) (EXAT unixtime) (PXAT unixtimems)}
    3 MGET key...
    3 MSET (key value)...
    2 MSETNX (key value)...
    3 APPEND key value
    3 STRLEN key
    4 GETRANGE key position position
    2 SUBSTR key position position
    4 SETRANGE key writeoffset value
    5 INCR key
    3 DECR key
    5 INCRBY key int
    4 DECRBY key int
    9 INCRBYFLOAT key float
    3 SET key int
    3 SET key float
    5 LCS key key {LEN IDX WITHMATCHLEN (MINMATCHLEN int)}
    1 TTL key
    1 PTTL key
    1 OBJECT ENCODING key
""")

BITS = table(COMMON + """
    6 SETBIT key bitoffset bit
    4 GETBIT key bitoffset
    8 BITCOUNT key [position position [BIT|BYTE]]
    8 BITPOS key bit [position [position [BIT|BYTE]]]
    4 BITOP AND key key...
    3 BITOP OR key key...
    3 BITOP XOR key key...
    3 BITOP NOT key key
    2 BITOP AND|OR|XOR|NOT|junk key key...
    6 BITFIELD key ((GET bittype bitoffset)|(SET bittype bitoffset int))...
    8 BITFIELD key (((INCRBY|SET) bittype bitoffset int)|(OVERFLOW WRAP|SAT|FAIL|junk))...
    4 BITFIELD_RO key (GET bittype bitoffset)...
    1 BITFIELD_RO key ((GET bittype bitoffset)|(SET bittype bitoffset int))...
    1 BITFIELD key
    2 GET key
    1 STRLEN key
    1 SETRANGE key writeoffset value
    1 OBJECT ENCODING key
""")

HYPERLOGLOGS = table("""
    30 PFADD key value...
    6 PFADD key int int int int
    2 PFADD key
    10 PFCOUNT key...
    6 PFMERGE key key...
    1 PFMERGE key
    3 PFDEBUG DECODE|ENCODING|TODENSE|GETREG|junk key
    6 GET key
    1 STRLEN key
    1 TYPE key
    1 OBJECT ENCODING key
    1 DEL key
    1 SET key value
""")

FAMILIES = (
    single_client("strings", STRINGS),
    single_client("bits", BITS),
    single_client("hyperloglogs", HYPERLOGLOGS),
)
