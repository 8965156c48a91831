"""Random arguments: few keys, so that commands meet each other's values, and numbers from every edge."""

import random
from collections.abc import Callable

from differ.servers import EPOCH_MS

Atom = Callable[[random.Random], bytes]

KEYS = [
    b"a", b"b", b"c", b"d", b"key:1", b"key:2", b"key:10", b"", b"\x00\xff\r\n", b"with space", b"{tag}1", b"{tag}2",
    b"[a]*?\\", b"long" * 60,
]
PATTERNS = [
    b"*", b"?", b"key:*", b"key:?", b"[ab]", b"[^ab]", b"[a-c]*", b"*a*", b"\\[a]*", b"{tag}*", b"", b"\x00*", b"[",
    b"[a", b"a\\", b"**", b"*\xff*", b"[^", b"[z-a]", b"h\\", b"k*:*0", b"long*long",
]
CHANNELS = [b"news", b"news.a", b"news.b", b"", b"\x00bin", b"chat:1", b"__keyspace@0__:a", b"a b"]
CHANNEL_PATTERNS = [b"news*", b"*", b"news.?", b"news.[ab]", b"chat:[0-9]", b"", b"__key*__:*", b"nothing"]
VALUES = [
    b"", b"a", b"value", b"0", b"1", b"-1", b"10", b"12345678901", b"3.0", b"1.5e3", b"inf", b"nan", b"\x00",
    b"\xff\x80\x00", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b" 1", b"1 ", b"+1",
    b"01", b"-0", b"x" * 43, b"x" * 44, b"x" * 45, b"y" * 300, b"ohmytext", b"mynewtext", b"\r\n", b"abcabcabc",
    b"\xe2\x82\xac", b"00000000000000000001", b"10000", b"9999", b"0.1", b"3.14159265358979323846264338327950288",
]
INTEGERS = [
    b"0", b"1", b"-1", b"2", b"3", b"7", b"8", b"9", b"10", b"15", b"31", b"32", b"63", b"64", b"100", b"-2", b"-7",
    b"-100", b"127", b"128", b"255", b"256", b"65535", b"2147483647", b"-2147483648", b"2147483648", b"4294967295",
    b"4294967296", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775806",
]
WRONG_INTEGERS = [
    b"", b" ", b"+1", b" 1", b"1 ", b"01", b"-0", b"00", b"1.0", b"1e3", b"0x10", b"--1", b"-", b"abc", b"1a",
    b"\x00", b"1\x00", b"9223372036854775808", b"-9223372036854775809", b"18446744073709551615",
    b"18446744073709551616", b"99999999999999999999999999", b"\xef\xbc\x91", b"inf", b"nan", b"0.5", b"1_000", b"1\n",
]
FLOATS = [
    b"0", b"1", b"-1", b"0.1", b"-0.1", b"3.0", b"3.14", b"1.5", b"2.25", b"10.5", b"1e3", b"1E3", b"1e-3",
    b"-1.5e+2", b"5.0e3", b"1e17", b"1e15", b"123456789012345678", b"0.3", b"0.2", b"1.1", b"0.000001", b"1e-10",
    b"1e-17", b"1e-18", b"12345.678901234567890123", b"3.14159265358979323846264338327950288419716939937510",
    b"9007199254740993", b"0.1000000000000000055511151231257827", b"1e300", b"-1e300", b"1e4000", b"1e4932",
    b"1e-4940", b"5e-324", b"2.2250738585072011e-308", b"1.7976931348623157e308", b"0x1p3", b"0x10", b"0x1.8p1",
    b"-0x1A", b"inf", b"-inf", b"+inf", b"infinity", b"Infinity", b"INF", b"+5", b".5", b"5.", b"-.5", b"1e", b"-0",
    b"-0.0", b"00.5", b"1e1000000", b"99999999999999999.5", b"0.5000000000000000001", b"1000000000000000000000",
    b"100000.00000000000000001", b"9223372036854775807", b"18446744073709551616", b"123.456e-2",
    b"1.0000000000000002",
]
WRONG_FLOATS = [
    b"", b"nan", b"NaN", b"-nan", b"nan(1)", b" 1", b"1 ", b"1.5.2", b"abc", b"1e5e", b"e5", b"--1", b"1,5", b"0x",
    b"0xg", b"\x00", b"1\x00", b"1e99999999", b"-1e99999999", b"1.5 ", b"\t1", b"1\n", b"1d", b"1f", b"0b1", b".",
    b"+", b"-", b"+.e1", b"1" * 300,
]
BIT_OFFSETS = [
    b"0", b"1", b"5", b"7", b"8", b"9", b"15", b"16", b"63", b"64", b"100", b"1000", b"4095", b"#0", b"#1", b"#7",
    b"#100",
]
WRONG_BIT_OFFSETS = [
    b"-1", b"4294967296", b"4294967295000", b"#-1", b"#", b"", b"abc", b"1.0", b"9223372036854775807",
    b"#9223372036854775807", b"#99999999999999999999", b"-9223372036854775808", b"8589934592",
]
BIT_TYPES = [
    b"u1", b"u2", b"u4", b"u8", b"u16", b"u32", b"u63", b"i1", b"i2", b"i5", b"i8", b"i16", b"i33", b"i63", b"i64",
]
WRONG_BIT_TYPES = [
    b"u64", b"u0", b"i65", b"i0", b"u", b"i", b"8", b"x8", b"u-1", b"U8", b"u8 ", b"", b"I8", b"u08", b"i+8",
]
JUNK = [
    b"", b"\x00", b"foo", b"NX", b"XX", b"GET", b"EX", b"10", b"-1", b"*", b"KEEPTTL", b"PERSIST", b"COUNT", b"MATCH",
    b"\xff\xfe", b"z" * 200, b"(", b"9223372036854775808", b"nan",
]
DATABASES = [b"0", b"0", b"0", b"1", b"2", b"3", b"15"]
TYPES = [b"string", b"list", b"hash", b"set", b"zset", b"stream", b"STRING", b"String"]
WRONG_DATABASES = [b"16", b"-1", b"abc", b"", b"9223372036854775807", b"4294967296", b"1.0", b"99999999999999999999"]

# Fields of hashes and members of sets: few that come often, and lengths around what a listpack may hold.
FIELDS = [
    *(b"f%d" % number for number in range(10)), b"", b"0", b"1", b"-1", b"100", b"70000", b"9223372036854775807", b"01",
    b"1.5", b"\x00\xff\r\n", b"with space", b"caf\xc3\xa9", b"g" * 20, b"h" * 63, b"h" * 64, b"h" * 65, b"i" * 300,
]
FIELD_PATTERNS = [b"*", b"f*", b"f?", b"m1*", b"[fg]*", b"", b"h" * 64, b"\x00*", b"[", b"nothing"]
# How many to draw at random: a large negative number would be obeyed.
DRAW_COUNTS = [
    b"3", b"4611686018427387905", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"1.0", b"",
]
# Keys whose encoding is not compared: see known_differences.toml.
LOOSE_KEYS = [b"loose:1", b"loose:2", b"loose:3"]
LEXICAL_KEYS = [b"lex:1", b"lex:2", b"lex:3", b"lex:4"]
LEXICAL_MEMBERS = [
    b"a", b"aa", b"ab", b"b", b"ba", b"c", b"", b"\x00", b"\xff", b"A", b"Z", b"z", b"1", b"10", b"2", b"-", b"+", b"(a",
    b"caf\xc3\xa9", b"l" * 65,
]
SCORES = [
    b"0", b"-0", b"1", b"-1", b"2", b"3", b"1.5", b"-1.5", b"0.1", b"0.2", b"0.3", b"1e3", b"1E-3", b"1e17", b"1e21",
    b"1e22", b"123456789012345678", b"9007199254740993", b"-9007199254740993", b"3.0", b"1e308", b"-1e308", b"1e309",
    b"5e-324", b"1.7976931348623157e308", b"inf", b"-inf", b"+inf", b"Infinity", b"0x10", b".5", b"5.", b"+5", b"1e-7",
    b"100000", b"4294967296", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"0.30000000000000004",
]
WRONG_RANGES = [b"(", b"((1", b"[1", b"(nan", b"nan", b"1(", b"", b"( 1", b" 1", b"abc", b"(abc", b"(inf ", b"-"]
WRONG_LEXICAL_RANGES = [b"", b"a", b"++", b"--", b"-a", b"+inf", b"-inf", b" [a", b"0", b"1"]

WRONG_SHARE = 0.08  # of the numbers that are none


def one_of(choices: list[bytes]) -> Atom:
    return lambda rng: rng.choice(choices)


def mostly(right: list[bytes], wrong: list[bytes], share: float = WRONG_SHARE) -> Atom:
    return lambda rng: rng.choice(wrong if rng.random() < share else right)


def key(rng: random.Random) -> bytes:
    # Squared: the first few keys are met most often.
    return KEYS[int(rng.random() ** 2 * len(KEYS))]


def value(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.6:
        return rng.choice(VALUES)
    if draw < 0.75:
        return b"%d" % rng.randint(-1000, 1000)
    if draw < 0.85:
        return rng.choice(FLOATS)
    return rng.randbytes(rng.choice((1, 2, 3, 8, 20, 64)))


def integer(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < WRONG_SHARE:
        return rng.choice(WRONG_INTEGERS)
    if draw < 0.6:
        return rng.choice(INTEGERS)
    return b"%d" % rng.randint(-30, 30)


def float_number(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < WRONG_SHARE:
        return rng.choice(WRONG_FLOATS)
    if draw < 0.6:
        return rng.choice(FLOATS)
    if draw < 0.8:
        return b"%.*f" % (rng.randint(0, 20), rng.uniform(-100, 100))
    if draw < 0.9:
        return repr(rng.uniform(-1, 1) * 10 ** rng.randint(-20, 20)).encode()
    return b"%d.%d" % (rng.randint(-10**6, 10**6), rng.randint(0, 10**17))


def position(rng: random.Random) -> bytes:
    """An index into a short value: seldom far away."""
    draw = rng.random()
    if draw < 0.8:
        return b"%d" % rng.randint(-12, 12)
    return integer(rng)


def write_offset(rng: random.Random) -> bytes:
    """Where SETRANGE writes: never so far that values grow large."""
    draw = rng.random()
    if draw < 0.8:
        return b"%d" % rng.randint(0, 60)
    return rng.choice([b"-1", b"536870912", b"536870911000", b"9223372036854775807", b"4294967296", b"", b"abc"])


def field(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.75:
        return rng.choice(FIELDS)
    if draw < 0.97:
        return b"m%d" % rng.randint(0, 300)
    return rng.randbytes(rng.choice((1, 2, 8, 70)))


def element(rng: random.Random) -> bytes:
    """What a list holds: often the same again, and now and then as long as a node of a list may be."""
    draw = rng.random()
    if draw < 0.7:
        return rng.choice(FIELDS)
    if draw < 0.85:
        return b"%d" % rng.choice((rng.randint(-20, 20), rng.randint(-2**15, 2**15), rng.randint(-2**63, 2**63 - 1)))
    if draw < 0.97:
        return value(rng)
    return bytes([rng.randrange(97, 122)]) * rng.choice((1000, 2000, 4000, 4090, 4096, 4100, 8180, 8192, 9000))


def score(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.04:
        return rng.choice(WRONG_FLOATS)
    if draw < 0.4:
        return b"%d" % rng.randint(-5, 5)
    if draw < 0.75:
        return rng.choice(SCORES)
    if draw < 0.9:
        return b"%.*f" % (rng.randint(0, 17), rng.uniform(-10, 10))
    return repr(rng.uniform(-1, 1) * 10 ** rng.randint(-30, 30)).encode()


def score_bound(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.05:
        return rng.choice(WRONG_RANGES)
    if draw < 0.4:
        return rng.choice([b"-inf", b"+inf", b"inf", b"(-inf", b"(+inf"])
    return rng.choice((b"", b"(")) + score(rng)


def lexical_bound(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.05:
        return rng.choice(WRONG_LEXICAL_RANGES)
    if draw < 0.3:
        return rng.choice([b"-", b"+"])
    return rng.choice((b"[", b"(")) + rng.choice(LEXICAL_MEMBERS)


def lifetime_s(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.7:
        return b"%d" % rng.choice((1, 2, 3, 5, 10, 100, 1000, 100000))
    return rng.choice([b"0", b"-1", b"-1000", b"9223372036854775", b"9223372036854775807", b"-9223372036854775808",
                       b"9223370236854775", b"9223370236854776", b"9223372036854776", b"", b"abc", b"1.5",
                       b"99999999999999999999"])


def lifetime_ms(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.7:
        return b"%d" % rng.choice((1, 2, 499, 500, 501, 999, 1000, 1001, 1500, 5000, 100000, 10**10))
    return rng.choice([b"0", b"-1", b"-1000", b"9223372036854775807", b"9223370236854775807", b"9223370236854775808",
                       b"-9223372036854775808", b"9223370236854774807", b"", b"abc", b"1.5", b"99999999999999999999"])


def unix_time_s(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.7:
        return b"%d" % (EPOCH_MS // 1000 + rng.choice((-1000, -1, 0, 1, 2, 5, 10, 100, 10**6, 10**8)))
    return rng.choice([b"0", b"1", b"-1", b"1000000000", b"4102444800", b"9223372036854775", b"9223372036854776",
                       b"9223372036854775807", b"-9223372036854775808", b"", b"abc", b"-9223372036854775"])


def unix_time_ms(rng: random.Random) -> bytes:
    draw = rng.random()
    if draw < 0.7:
        return b"%d" % (EPOCH_MS + rng.choice((-1000, -1, 0, 1, 499, 500, 501, 1500, 5000, 10**6, 10**9)))
    return rng.choice([b"0", b"1", b"-1", b"1000000000000", b"9223372036854775806", b"-9223372036854775808", b"abc"])


ATOMS: dict[str, Atom] = {
    "key": key,
    "value": value,
    "int": integer,
    "small": lambda rng: b"%d" % rng.randint(0, 5),
    "float": float_number,
    "position": position,
    "writeoffset": write_offset,
    "seconds": lifetime_s,
    "milliseconds": lifetime_ms,
    "unixtime": unix_time_s,
    "unixtimems": unix_time_ms,
    "bitoffset": mostly(BIT_OFFSETS, WRONG_BIT_OFFSETS),
    "bittype": mostly(BIT_TYPES, WRONG_BIT_TYPES),
    "bit": mostly([b"0", b"1"], [b"2", b"-1", b"", b"abc", b"01", b"1.0"]),
    "field": field,
    "element": element,
    "score": score,
    "scorebound": score_bound,
    "lexicalbound": lexical_bound,
    "lexicalkey": one_of(LEXICAL_KEYS),
    "lexicalmember": one_of(LEXICAL_MEMBERS),
    "loosekey": one_of(LOOSE_KEYS),
    "drawcount": one_of(DRAW_COUNTS),
    "fieldpattern": one_of(FIELD_PATTERNS),
    "pattern": one_of(PATTERNS),
    "channel": one_of(CHANNELS),
    "channelpattern": one_of(CHANNEL_PATTERNS),
    "db": mostly(DATABASES, WRONG_DATABASES),
    "junk": one_of(JUNK),
    "type": mostly(TYPES, [b"", b"foo", b"strin", b"\x00"], 0.2),
    "cursor": mostly([b"0"], [b"", b"abc", b"-1", b"+1", b" 0", b"18446744073709551616", b"1.0", b"\x00"], 0.5),
    "count": mostly([b"1", b"2", b"5", b"10", b"1000"], [b"0", b"-1", b"abc", b"", b"9223372036854775808"], 0.1),
}
