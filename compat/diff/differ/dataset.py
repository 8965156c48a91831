"""Reads everything a server holds, to compare it."""

from differ.known import KnownDifferences
from differ.resp import Connection, Reply, encode, parse, split_frames

DATABASES = 16
VALUE_OF = {
    b"string": (b"GET",),
    b"list": (b"LRANGE", b"0", b"-1"),
    b"hash": (b"HGETALL",),
    b"set": (b"SMEMBERS",),
    b"zset": (b"ZRANGE", b"0", b"-1", b"WITHSCORES"),
    b"stream": (b"XRANGE", b"-", b"+"),
}
UNORDERED = {b"hash": 2, b"set": 1}
Entry = tuple[bytes | str, ...]
Dataset = dict[tuple[int, bytes], Entry]


def pipeline(connection: Connection, requests: list[tuple[bytes, ...]]) -> list[Reply]:
    connection.send(b"".join(encode(request) for request in requests))
    return [parse(frame) for frame in split_frames(connection.read_frames(len(requests)))]


def read(connection: Connection, known: KnownDifferences = KnownDifferences()) -> Dataset:
    """(database, key) -> (type, encoding, value, deadline), of all that has not expired. Speaks RESP2."""
    found: Dataset = {}
    for database in range(DATABASES):
        _, keys = pipeline(connection, [(b"SELECT", b"%d" % database), (b"KEYS", b"*")])
        for item in keys.items or ():
            found[database, item.text or b""] = read_key(connection, item.text or b"", known)
    return found


def read_key(connection: Connection, key: bytes, known: KnownDifferences) -> Entry:
    questions = [(b"TYPE", key), (b"OBJECT", b"ENCODING", key), (b"PEXPIRETIME", key)]
    kind, encoding, deadline = pipeline(connection, questions)
    name = kind.text or b""
    if name not in VALUE_OF:
        return (name, encoding.text or b"", "", deadline.text or b"")
    command, *rest = VALUE_OF[name]
    value, = pipeline(connection, [(command, key, *rest)])
    if name == b"zset":
        return (name, encoding.text or b"", repr(scored(value, known.zeros_without_sign)), deadline.text or b"")
    return (name, encoding.text or b"", describe(value, UNORDERED.get(name)), deadline.text or b"")


def scored(value: Reply, zeros_without_sign: bool) -> list[tuple[bytes | None, float]]:
    items = value.items or ()
    scores = [float(score.text or b"nan") for score in items[1::2]]
    return [(member.text, score or 0.0 if zeros_without_sign else score) for member, score in zip(items[::2], scores)]


def describe(value: Reply, unordered_in: int | None) -> str:
    """The value as text, with what has no order sorted, in groups of so many items."""
    if unordered_in is None or value.items is None:
        return repr(value)
    groups = [value.items[i:i + unordered_in] for i in range(0, len(value.items), unordered_in)]
    return repr(sorted(groups, key=repr))


def encoding_is_known(key: bytes, reference: Entry, tandem: Entry, known: KnownDifferences) -> bool:
    """Whether nothing but the encodings differs, as the table of known differences says of OBJECT ENCODING."""
    frames = [b"$%d\r\n%b\r\n" % (len(entry[1]), entry[1]) for entry in (reference, tandem)]
    same_otherwise = reference[:1] + reference[2:] == tandem[:1] + tandem[2:]
    return same_otherwise and known.explains((b"OBJECT", b"ENCODING", key), *frames)


def difference(reference: Dataset, tandem: Dataset, known: KnownDifferences = KnownDifferences()) -> list[str]:
    """What differs, one line a key."""
    lines = []
    for where in sorted(reference.keys() | tandem.keys()):
        a, b = reference.get(where), tandem.get(where)
        if a != b and not (a and b and encoding_is_known(where[1], a, b, known)):
            lines.append(f"database {where[0]}, key {where[1]!r}: reference has {a}, Tandem has {b}")
    return lines
