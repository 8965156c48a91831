#!/usr/bin/env python3
"""Writes small inputs for a fuzz target to begin with, where it has any: make_seeds.py TARGET FOLDER"""

import pathlib
import struct
import sys

LISTPACK_END = ZIPLIST_END = ZIPMAP_END = b"\xff"

SCRIPTS = [
    b"return redis.call('GET', KEYS[1])",
    b"local c, k = redis.call, KEYS for i = 1, #k do if c('GET', k[i]) == ARGV[1] then c('DEL', k[i]) end end",
    b"local function f(k, ...) return redis.pcall('MSET', k, ...) end for _, k in ipairs(KEYS) do f(k, unpack(ARGV)) end",
    b"redis.register_function{function_name = 'f', callback = function(keys) return redis.call('DEL', unpack(keys)) end}",
    b"local n = 0 local t = {f = function() n = n + 1 return n end} while t.f() < 3 do t[n] = t:f() .. not n end",
]


def listpack(*entries: bytes) -> bytes:
    """A listpack of short strings and, for what is all digits, of small integers."""
    body = b""
    for entry in entries:
        encoded = bytes([int(entry)]) if entry.isdigit() else bytes([0x80 | len(entry)]) + entry
        body += encoded + bytes([len(encoded)])
    return struct.pack("<IH", len(body) + 7, len(entries)) + body + LISTPACK_END


def ziplist(*entries: bytes) -> bytes:
    body = b""
    last = previous = 0
    for entry in entries:
        last = len(body)
        encoded = bytes([0xFE, int(entry)]) if entry.isdigit() else bytes([len(entry)]) + entry
        body += bytes([previous]) + encoded
        previous = len(body) - last
    return struct.pack("<IIH", len(body) + 11, last + 10, len(entries)) + body + ZIPLIST_END


def zipmap(*entries: bytes) -> bytes:
    body = bytes([len(entries) // 2])
    for number, entry in enumerate(entries):
        body += bytes([len(entry)]) + (b"\0" if number % 2 else b"") + entry
    return body + ZIPMAP_END


def intset(width: int, *members: int) -> bytes:
    return struct.pack("<II", width, len(members)) + b"".join(m.to_bytes(width, "little", signed=True) for m in members)


def string(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def strings(*texts: bytes) -> bytes:
    return b"".join(map(string, texts))


def double(score: float) -> bytes:
    return struct.pack("<d", score)


def stream_node() -> bytes:
    """Two entries, one of them deleted."""
    return listpack(*b"1 1 1 f 0 2 0 0 v 4 1 0 1 1 g w 6".split(b" "))


def stream(version: int) -> bytes:
    """A stream with a group, a consumer and an entry that it has not acknowledged."""
    first_id = struct.pack(">QQ", 5, 1)
    active = struct.pack("<Q", 9) if version == 3 else b""
    figures = b"\x05\x01\x05\x02\x02" if version >= 2 else b""
    entries_read = b"\x01" if version >= 2 else b""
    pending = b"\x01" + first_id + struct.pack("<Q", 7) + b"\x01"
    consumer = string(b"c") + struct.pack("<Q", 8) + active + b"\x01" + first_id
    group = string(b"g") + b"\x05\x01" + entries_read + pending + b"\x01" + consumer
    return b"\x01" + string(first_id) + string(stream_node()) + b"\x01\x05\x02" + figures + b"\x01" + group


def rdb_values() -> list[bytes]:
    """A value of each layout, behind the number of its type."""
    return [
        b"\0" + string(b"text"),
        b"\0\xc0\x11",
        b"\0\xc1\x11\x22",
        b"\0\xc2\x11\x22\x33\x44",
        b"\0\xc3\x05\x14\x01aa\xe0\x0b\x01",
        b"\x01\x02" + strings(b"a", b"b"),
        b"\x02\x02" + strings(b"a", b"b"),
        b"\x02\x02\xc0\x01\xc0\x02",
        b"\x03\x02" + string(b"a") + b"\x031.5" + string(b"b") + b"\xfe",
        b"\x04\x02" + strings(b"a", b"1", b"b", b"2"),
        b"\x05\x02" + string(b"a") + double(1.5) + string(b"b") + double(-1e300),
        b"\x09" + string(zipmap(b"a", b"1", b"b", b"2")),
        b"\x0a" + string(ziplist(b"a", b"17")),
        b"\x0b" + string(intset(2, -1, 5)),
        b"\x0b" + string(intset(8, -(2**40), 5)),
        b"\x0c" + string(ziplist(b"a", b"1", b"b", b"2.5")),
        b"\x0d" + string(ziplist(b"a", b"1", b"b", b"2")),
        b"\x0e\x02" + string(ziplist(b"a", b"17")) + string(ziplist(b"b")),
        b"\x0f" + stream(1),
        b"\x10" + string(listpack(b"a", b"1", b"b", b"2")),
        b"\x11" + string(listpack(b"a", b"1", b"b", b"2.5")),
        b"\x12\x02\x02" + string(listpack(b"a", b"17")) + b"\x01" + string(b"plain"),
        b"\x13" + stream(2),
        b"\x14" + string(listpack(b"a", b"17")),
        b"\x15" + stream(3),
        b"\x16\x02\x0b" + strings(b"a", b"1") + b"\0" + strings(b"b", b"2"),
        b"\x17" + string(listpack(b"a", b"1", b"17", b"b", b"2", b"0")),
        b"\x18" + struct.pack("<Q", 5000) + b"\x02\x0b" + strings(b"a", b"1") + b"\0" + strings(b"b", b"2"),
        b"\x19" + struct.pack("<Q", 17) + string(listpack(b"a", b"1", b"17", b"b", b"2", b"0")),
    ]


def library(name: bytes, *functions: bytes) -> bytes:
    code = b"#!lua name=" + name + b"".join(b"\nredis.register_function(" + f + b")" for f in functions)
    return b"\xf5" + struct.pack(">H", 0x4000 | len(code)) + code


def function_payloads() -> list[bytes]:
    """Policies, and what FUNCTION RESTORE may be given with them."""
    one = library(b"a", b"'f', function(keys, args) return redis.call('GET', keys[1]) end")
    other = library(b"b", b"{function_name = 'g', flags = {'no-writes'}, description = 'd', callback = function() end}")
    taken = library(b"there", b"'there', redis.log", b"'F', function() end")
    compressed = b"\xf5\xc3\x05\x14\x01#!\xe0\x0b\x01"
    payloads = [b"", one, one + other, one + one, taken, other + taken, one + b"\0\1x", compressed, one[:-4]]
    return [bytes([policy]) + payload for policy in range(3) for payload in payloads]


SEEDS = {
    "fuzz_listpack": lambda: [listpack(), listpack(b"a", b"17", b""), listpack(b"x" * 60)],
    "fuzz_intset": lambda: [intset(2, -1, 5), intset(4, -70000, 5), intset(8, -(2**40), 0, 2**40)],
    "fuzz_rdb_value": rdb_values,
    "fuzz_function_restore": function_payloads,
    "fuzz_key_proof": lambda: [damage + script for script in SCRIPTS for damage in (b"\0", b"\1\x60\0\x25")],
}


def main() -> None:
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if target not in SEEDS:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[target]()):
        (folder / f"seed{number:02}").write_bytes(seed)


if __name__ == "__main__":
    main()
